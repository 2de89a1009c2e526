/* SPDX-License-Identifier: BSD-3-Clause */
/* What channels promise, call by call.  Rank 0 sends and the last rank receives, unless a test says
 * otherwise; a single rank is both.  What Go does in the same place is the expectation. */
#include "chan/chan.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static tern_comm *c;
static int rank, size;

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL(call, to)

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &c))
        return 1;
    rank = tern_rank(c);
    size = tern_size(c);
    return 0;
}

static int teardown(void)
{
    tern_comm_free(c);
    return 0;
}

static bool sends(void)
{
    return rank == 0;
}

static bool receives(void)
{
    return rank == size - 1;
}

/* Between nodes some is known later, and lengths only roughly: what has left, what was taken. Where
 * there are two, or it is as if, odd ranks are on one and even ranks on the other. */
static bool spread(void)
{
    int here;

    MPI_Comm_size(tern_comm_node(c), &here);
    return here < size || strcmp(tern_env("TERN_CHAN"), "auto") != 0;
}

/* The sender and the receiver are on different nodes. */
static bool wired(void)
{
    return spread() && (size % 2 == 0 || strcmp(tern_env("TERN_CHAN"), "wire") == 0);
}

static tern_chan *open_chan(size_t item, size_t capacity)
{
    tern_chan *ch = NULL;
    int role = (sends() ? TERN_SENDER : 0) | (receives() ? TERN_RECEIVER : 0);

    OK(tern_chan_open(
        c, &((tern_chan_spec){.item = item, .capacity = capacity, .role = role, .name = "test"}),
        &ch));
    CU_ASSERT_EQUAL(ch != NULL, role != 0);
    return ch;
}

/* ---- Go's table -------------------------------------------------------------------------------
 */

enum state {
    OPEN,        /* and empty */
    FULL,        /* as many items as it can hold */
    CLOSED,      /* by the sender, and empty */
    CLOSED_FULL, /* by the sender, and full */
    LEFT         /* by the receiver */
};

enum { SEND = TERN_CASE_SEND, RECV = TERN_CASE_RECV, CLOSE = 2 };

static const struct row {
    int call;
    enum state state;
    int result[3]; /* for capacity 0, 1 and 5 */
} table[] = {
    {SEND, OPEN, {TERN_EAGAIN, TERN_OK, TERN_OK}},
    {SEND, FULL, {TERN_EAGAIN, TERN_EAGAIN, TERN_EAGAIN}},
    {SEND, CLOSED, {TERN_EINVAL, TERN_EINVAL, TERN_EINVAL}},
    {SEND, CLOSED_FULL, {TERN_EINVAL, TERN_EINVAL, TERN_EINVAL}},
    {SEND, LEFT, {TERN_EPIPE, TERN_EPIPE, TERN_EPIPE}},
    {RECV, OPEN, {TERN_EAGAIN, TERN_EAGAIN, TERN_EAGAIN}},
    {RECV, FULL, {TERN_EAGAIN, TERN_OK, TERN_OK}},
    {RECV, CLOSED, {TERN_CLOSED, TERN_CLOSED, TERN_CLOSED}},
    {RECV, CLOSED_FULL, {TERN_CLOSED, TERN_OK, TERN_OK}},
    {RECV, LEFT, {TERN_EINVAL, TERN_EINVAL, TERN_EINVAL}},
    {CLOSE, OPEN, {TERN_OK, TERN_OK, TERN_OK}},
    {CLOSE, FULL, {TERN_OK, TERN_OK, TERN_OK}},
    {CLOSE, CLOSED, {TERN_EINVAL, TERN_EINVAL, TERN_EINVAL}},
    {CLOSE, LEFT, {TERN_OK, TERN_OK, TERN_OK}},
};
static const size_t capacities[] = {0, 1, 5};

static tern_chan *in_state(enum state state, size_t capacity)
{
    tern_chan *ch = open_chan(sizeof(int), capacity);
    int value = 1;

    for (size_t i = 0; i < capacity && sends() && (state == FULL || state == CLOSED_FULL); i++)
        OK(tern_chan_send(ch, &value, TERN_NOW));
    if (sends() && (state == CLOSED || state == CLOSED_FULL))
        OK(tern_chan_close(ch));
    if (receives() && state == LEFT)
        OK(tern_chan_leave(ch));
    OK(tern_barrier(c));
    return ch;
}

/* What a call gives without waiting, in each of its forms; TERN_EAGAIN for "not now". */
static int try_call(tern_chan *ch, int call, int form)
{
    int value = 0, at;
    tern_case k = {.chan = ch, .kind = (enum tern_case_kind)call, .item = &value};

    if (call == CLOSE)
        return tern_chan_close(ch);
    if (form == 0)
        return call == SEND ? tern_chan_trysend(ch, &value) : tern_chan_tryrecv(ch, &value);
    if (form == 1)
        at = call == SEND ? tern_chan_send(ch, &value, TERN_NOW)
                          : tern_chan_recv(ch, &value, TERN_NOW);
    else
        at = form == 2 ? tern_select(&k, 1, TERN_NOW) : tern_select_first(&k, 1, tern_after(0.001));
    if (form > 1 && at >= 0)
        return k.status;
    return at == TERN_ETIMEDOUT ? TERN_EAGAIN : at;
}

static void go_table(void)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (int k = 0; k < 3; k++)
            for (int form = 0;
                 form < (wired() && table[i].state == LEFT && table[i].call == SEND ? 0
                         : table[i].call == CLOSE                                   ? 1
                                                                                    : 4);
                 form++) {
                tern_chan *ch = in_state(table[i].state, capacities[k]);
                bool mine = table[i].call == RECV ? receives() : sends();
                if (mine) {
                    int result = try_call(ch, table[i].call, form);
                    if (result != table[i].result[k])
                        fprintf(stderr, "# row %zu, capacity %zu, form %d: %d in place of %d\n", i,
                                capacities[k], form, result, table[i].result[k]);
                    CU_ASSERT_EQUAL(result, table[i].result[k]);
                }
                OK(tern_barrier(c));
                tern_chan_free(ch);
            }
}

/* On the wire a sender learns that the receiver has left while it sends on. */
static void receiver_leaves(void)
{
    for (int k = 0; k < 3; k++) {
        tern_chan *ch = in_state(LEFT, capacities[k]);
        int value = 1, error = TERN_OK;
        while (sends() && error == TERN_OK)
            error = tern_chan_send(ch, &value, TERN_FOREVER);
        CU_ASSERT(!sends() || error == TERN_EPIPE);
        tern_chan_free(ch);
    }
}

static void null_channel(void)
{
    int value = 0;
    tern_case k[2] = {{.kind = TERN_CASE_SEND, .item = &value}, {.item = &value}};

    IS(tern_chan_trysend(NULL, &value), TERN_EINVAL);
    IS(tern_chan_send(NULL, &value, TERN_FOREVER), TERN_EINVAL);
    IS(tern_chan_recv(NULL, &value, TERN_FOREVER), TERN_EINVAL);
    IS(tern_chan_close(NULL), TERN_EINVAL);
    IS(tern_chan_leave(NULL), TERN_EINVAL);
    IS(tern_select(k, 2, TERN_NOW), TERN_ETIMEDOUT);
    IS(tern_select(k, 0, TERN_NOW), TERN_EINVAL);
    tern_chan_free(NULL);
}

/* ---- Streams ----------------------------------------------------------------------------------
 */

static void fill(unsigned char *item, size_t bytes, uint64_t i)
{
    for (size_t k = 0; k < bytes; k++)
        item[k] = (unsigned char)(i * 31 + k * 7 + (i >> 8));
}

static size_t wrong(const unsigned char *item, size_t bytes, uint64_t i)
{
    size_t bad = 0;

    for (size_t k = 0; k < bytes; k++)
        bad += item[k] != (unsigned char)(i * 31 + k * 7 + (i >> 8));
    return bad;
}

/* One after the other: a single rank must not wait for itself. */
static void stream_of(size_t bytes, size_t capacity)
{
    enum { ITEMS = 300 };
    tern_chan *ch = open_chan(bytes, capacity);
    unsigned char *item = malloc(bytes);
    size_t bad = 0;

    for (uint64_t i = 0; i < ITEMS; i++) {
        fill(item, bytes, i);
        if (sends())
            OK(tern_chan_send(ch, item, TERN_FOREVER));
        if (receives()) {
            memset(item, 0xee, bytes);
            OK(tern_chan_recv(ch, item, TERN_FOREVER));
            bad += wrong(item, bytes, i);
        }
    }
    CU_ASSERT_EQUAL(bad, 0);
    if (sends())
        OK(tern_chan_close(ch));
    if (receives())
        IS(tern_chan_recv(ch, item, TERN_FOREVER), TERN_CLOSED);
    free(item);
    tern_chan_free(ch);
}

static void item_sizes(void)
{
    static const size_t bytes[] = {1, 3, 7, 8, 9, 28, 56, 57, 64, 100, 1023, 1024, 5000, 70000};
    static const size_t many[] = {1, 2, 7, 13, 64};

    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
        for (size_t k = 0; k < sizeof(many) / sizeof(many[0]); k++)
            stream_of(bytes[i], many[k]);
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]) && size > 1; i++)
        stream_of(bytes[i], 0);
}

/* Send an item, or receive one: waiting, or by attempts. */
static void send_sized(tern_chan *ch, const void *item, size_t bytes, bool tries)
{
    int error = tries ? TERN_EAGAIN : tern_chan_send_bytes(ch, item, bytes, TERN_FOREVER);

    while (tries && (error = tern_chan_trysend_bytes(ch, item, bytes)) == TERN_EAGAIN)
        sched_yield();
    OK(error);
}

static int recv_sized(tern_chan *ch, void *item, size_t room, size_t *bytes, bool tries)
{
    int error = TERN_EAGAIN;

    if (!tries)
        return tern_chan_recv_bytes(ch, item, room, bytes, TERN_FOREVER);
    while ((error = tern_chan_tryrecv_bytes(ch, item, room, bytes)) == TERN_EAGAIN)
        sched_yield();
    return error;
}

static void variable_sizes(void)
{
    enum { MOST = 3000, ITEMS = 200 };
    static unsigned char item[MOST];
    tern_chan *ch = NULL;
    size_t bytes = 99;
    int role = (sends() ? TERN_SENDER : 0) | (receives() ? TERN_RECEIVER : 0);

    for (size_t capacity = size > 1 ? 0 : 1; capacity < 5; capacity += 2) {
        OK(tern_chan_open(
            c,
            &((tern_chan_spec){
                .item = TERN_VARIABLE, .most = MOST, .capacity = capacity, .role = role}),
            &ch));
        for (uint64_t i = 0; i < ITEMS; i++) {
            size_t length = (size_t)(tern_random(5, 0, i) % (MOST + 1)), small = length / 2;
            /* an attempt succeeds only where a receiver waits, if there is no room */
            bool tries_to_send = i % 2, tries_to_recv = i % 3 == 0 && (capacity > 0 || i % 2 == 0);
            fill(item, length, i);
            if (sends())
                send_sized(ch, item, length, tries_to_send);
            if (!receives())
                continue;
            if (length > 0) {
                IS(recv_sized(ch, item, small, &bytes, tries_to_recv), TERN_ETRUNC);
                CU_ASSERT_EQUAL(bytes, length);
            }
            memset(item, 0xee, MOST);
            OK(recv_sized(ch, item, MOST, &bytes, tries_to_recv));
            CU_ASSERT_EQUAL(bytes, length);
            CU_ASSERT_EQUAL(wrong(item, length, i), 0);
        }
        if (sends()) {
            IS(tern_chan_send_bytes(ch, item, MOST + 1, TERN_NOW), TERN_EINVAL);
            IS(tern_chan_trysend_bytes(ch, item, MOST + 1), TERN_EINVAL);
            IS(tern_chan_trysend(ch, item), TERN_EINVAL);
            IS(tern_chan_send(ch, item, TERN_NOW), TERN_EINVAL);
        }
        tern_chan_free(ch);
    }
}

/* Batches are cut anywhere, and keep their order. */
static void batches(void)
{
    enum { TOTAL = 5000 };
    static const size_t many[] = {1, 5, 7, 64, 1000};
    uint64_t out[100], in[77];

    for (size_t k = 0; k < sizeof(many) / sizeof(many[0]); k++) {
        tern_chan *ch = open_chan(sizeof(uint64_t), many[k]);
        uint64_t sent = 0, received = 0, bad = 0;
        while ((sends() && sent < TOTAL) || (receives() && received < TOTAL)) {
            size_t n = 1 + (size_t)(tern_random(6, k, sent) % 100), done = 0;
            if (sends() && sent < TOTAL) {
                n = n < TOTAL - sent ? n : (size_t)(TOTAL - sent);
                for (size_t i = 0; i < n; i++)
                    out[i] = sent + i;
                int error = tern_chan_sendv(ch, out, n, &done, size > 1 ? TERN_FOREVER : TERN_NOW);
                CU_ASSERT(error == TERN_OK ? done == n : error == TERN_ETIMEDOUT && done < n);
                sent += done;
            }
            if (receives() && received < TOTAL) {
                OK(tern_chan_recvv(ch, in, 77, &done, TERN_FOREVER));
                CU_ASSERT(done >= 1 && done <= 77);
                for (size_t i = 0; i < done; i++)
                    bad += in[i] != received + i;
                received += done;
            }
        }
        CU_ASSERT_EQUAL(bad, 0);
        tern_chan_free(ch);
    }
}

/* More than 2^31 items, of one byte. */
static void many_items(void)
{
    enum { PERIOD = 251, PIECE = 1 << 20 };
    static unsigned char want[PIECE + PERIOD], got[PIECE];
    const uint64_t total = (UINT64_C(1) << 31) + 5;
    uint64_t at = 0, bad = 0;
    size_t n;

    if (size != 2)
        MPITAP_SKIP("runs at 2 ranks only");
    tern_chan *ch = open_chan(1, 1 << 16);
    for (size_t i = 0; i < sizeof(want); i++)
        want[i] = (unsigned char)(i % PERIOD);
    for (; sends() && at < total; at += n) {
        size_t piece = total - at < PIECE ? (size_t)(total - at) : PIECE;
        OK(tern_chan_sendv(ch, want + at % PERIOD, piece, &n, TERN_FOREVER));
    }
    if (sends())
        OK(tern_chan_close(ch));
    while (receives() && tern_chan_recvv(ch, got, PIECE, &n, TERN_FOREVER) == TERN_OK) {
        bad += memcmp(got, want + at % PERIOD, n) != 0;
        at += n;
    }
    CU_ASSERT_EQUAL(at, total);
    CU_ASSERT_EQUAL(bad, 0);
    tern_chan_free(ch);
}

static void without_copies(void)
{
    enum { BYTES = 200, ITEMS = 100 };
    void *slot;
    const void *item;
    size_t bytes;

    for (size_t capacity = 1; capacity <= 9; capacity += 4) {
        tern_chan *ch = open_chan(BYTES, capacity);
        for (uint64_t i = 0; i < ITEMS; i++) {
            if (sends()) {
                OK(tern_chan_reserve(ch, &slot, TERN_FOREVER));
                CU_ASSERT_EQUAL((uintptr_t)slot % 8, 0);
                IS(tern_chan_reserve(ch, &slot, TERN_NOW), TERN_EINVAL);
                fill(slot, BYTES, i);
                OK(tern_chan_commit(ch, BYTES));
                IS(tern_chan_commit(ch, BYTES), TERN_EINVAL);
            }
            if (receives()) {
                OK(tern_chan_peek(ch, &item, &bytes, TERN_FOREVER));
                CU_ASSERT_EQUAL(bytes, BYTES);
                CU_ASSERT_EQUAL(wrong(item, BYTES, i), 0);
                OK(tern_chan_release(ch));
                IS(tern_chan_release(ch), TERN_EINVAL);
            }
        }
        if (sends())
            OK(tern_chan_close(ch));
        if (receives())
            IS(tern_chan_peek(ch, &item, NULL, TERN_FOREVER), TERN_CLOSED);
        tern_chan_free(ch);
    }
}

/* A receiver that leaves with an item in its hands does not stand in the way of the others. */
static void leaves_with_an_item(void)
{
    enum { BYTES = 30, ITEMS = 20 };
    static unsigned char item[BYTES];
    int role = rank == 0 ? TERN_SENDER : rank < 3 ? TERN_RECEIVER : 0;
    size_t bytes, got = 0, all = 0;
    tern_chan *ch = NULL;

    if (size < 3 || spread())
        MPITAP_SKIP("needs three ranks on a node");
    OK(tern_chan_open(
        c, &(tern_chan_spec){.item = TERN_VARIABLE, .most = BYTES, .capacity = 2, .role = role},
        &ch));
    if (rank == 0)
        OK(tern_chan_send_bytes(ch, item, BYTES, TERN_NOW));
    if (rank == 2) {
        IS(tern_chan_recv_bytes(ch, item, 1, &bytes, tern_after(60)), TERN_ETRUNC);
        OK(tern_chan_leave(ch));
    }
    OK(tern_barrier(c));
    for (int i = 1; i < ITEMS && rank == 0; i++)
        OK(tern_chan_send_bytes(ch, item, BYTES, tern_after(60)));
    if (rank == 0)
        OK(tern_chan_close(ch));
    while (rank == 1 && tern_chan_recv_bytes(ch, item, BYTES, &bytes, tern_after(60)) == TERN_OK)
        got++;
    OK(tern_allreduce(c, &got, &all, 1, MPI_UNSIGNED_LONG, MPI_SUM));
    CU_ASSERT_EQUAL(all, ITEMS - 1);
    tern_chan_free(ch);
}

static void close_with_a_reservation(void)
{
    tern_chan *ch = open_chan(8, 2);
    void *slot;

    if (sends()) {
        OK(tern_chan_reserve(ch, &slot, TERN_NOW));
        IS(tern_chan_close(ch), TERN_EINVAL);
        OK(tern_chan_commit(ch, 8));
        OK(tern_chan_close(ch));
    }
    OK(tern_barrier(c)); /* the receiver must not have left before */
    tern_chan_free(ch);
}

/* ---- Length and limits ------------------------------------------------------------------------
 */

static void exact_capacity(void)
{
    for (size_t capacity = 1; capacity <= 40; capacity += 13) {
        tern_chan *ch = open_chan(8, capacity);
        uint64_t value = 0;
        for (size_t i = 0; i < capacity && sends(); i++)
            OK(tern_chan_trysend(ch, &value));
        if (sends()) {
            IS(tern_chan_trysend(ch, &value), TERN_EAGAIN);
            IS(tern_chan_send(ch, &value, tern_after(0.002)), TERN_ETIMEDOUT);
            CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "test_chan.c:"));
        }
        OK(tern_barrier(c));
        if (ch != NULL) {
            CU_ASSERT_EQUAL(tern_chan_cap(ch), capacity);
            CU_ASSERT(tern_chan_len(ch) == capacity || (wired() && !sends()));
        }
        OK(tern_barrier(c));
        if (receives())
            OK(tern_chan_tryrecv(ch, &value));
        OK(tern_barrier(c));
        if (ch != NULL && !wired())
            CU_ASSERT_EQUAL(tern_chan_len(ch), capacity - 1);
        OK(tern_barrier(c));
        if (sends() && !wired())
            OK(tern_chan_trysend(ch, &value));
        OK(tern_barrier(c)); /* the receiver must not have left before */
        tern_chan_free(ch);
    }
}

static void statistics(void)
{
    tern_chan *ch = open_chan(8, 10);
    tern_chan_stats s;
    uint64_t value = 0;

    for (int i = 0; i < 7 && sends(); i++)
        OK(tern_chan_send(ch, &value, TERN_FOREVER));
    for (int i = 0; i < 7 && receives(); i++)
        OK(tern_chan_recv(ch, &value, TERN_FOREVER));
    if (ch != NULL) {
        tern_chan_stat(ch, &s);
        CU_ASSERT_STRING_EQUAL(s.name, "test");
        CU_ASSERT_STRING_EQUAL(s.transport, wired() ? "wire" : "ring");
        CU_ASSERT_EQUAL(s.sent, sends() ? 7 : 0);
        CU_ASSERT_EQUAL(s.received, receives() ? 7 : 0);
        CU_ASSERT(s.bytes > 80 && s.bytes_peak >= s.bytes);
    }
    tern_chan_free(ch);
}

/* ---- Opening ----------------------------------------------------------------------------------
 */

static void refused(void)
{
    tern_chan *ch = NULL;
    bool last = rank == size - 1;
    int role = (sends() ? TERN_SENDER : 0) | (receives() ? TERN_RECEIVER : 0);
    tern_chan_spec good = {.item = 8, .capacity = 4, .role = role, .name = "odd"}, bad = good;

    IS(tern_chan_open(c, &((tern_chan_spec){.item = 8, .role = TERN_SENDER}), &ch), TERN_EINVAL);
    IS(tern_chan_open(c, &((tern_chan_spec){.item = 8, .role = TERN_RECEIVER}), &ch), TERN_EINVAL);
    IS(tern_chan_open(c, &((tern_chan_spec){.item = 8, .role = 0}), &ch), TERN_EINVAL);
    IS(tern_chan_open(c, &((tern_chan_spec){.role = 3}), &ch), TERN_EINVAL);
    IS(tern_chan_open(c, &((tern_chan_spec){.item = 8, .role = 3, .capacity = (size_t)1 << 60}),
                      &ch),
       TERN_ENOMEM);
    if (size > 1) { /* every rank learns what one says differently */
        bad.item = last ? 16 : 8;
        IS(tern_chan_open(c, &bad, &ch), TERN_EMISMATCH);
        CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "odd"));
        bad = good;
        bad.capacity = last ? 5 : 4;
        IS(tern_chan_open(c, &bad, &ch), TERN_EMISMATCH);
        bad = good;
        bad.item = last ? 0 : 8;
        IS(tern_chan_open(c, &bad, &ch) == TERN_OK, 0);
    }
    CU_ASSERT_PTR_NULL(ch);
    OK(tern_chan_open(c, &good, &ch)); /* nothing stands in the way afterwards */
    tern_chan_free(ch);
}

static void wrong_role(void)
{
    tern_chan *ch = open_chan(8, 4);
    uint64_t value = 0;
    size_t done;

    if (ch != NULL && !receives()) {
        IS(tern_chan_recv(ch, &value, TERN_FOREVER), TERN_EINVAL);
        IS(tern_chan_leave(ch), TERN_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "test"));
    }
    if (ch != NULL && !sends()) {
        IS(tern_chan_send(ch, &value, TERN_FOREVER), TERN_EINVAL);
        IS(tern_chan_close(ch), TERN_EINVAL);
    }
    if (receives())
        IS(tern_chan_recvv(ch, &value, 0, &done, TERN_NOW), TERN_EINVAL);
    tern_chan_free(ch);
}

static void memory_limit(void)
{
    tern_chan *ch = NULL;
    tern_chan_spec spec = {.item = 1000, .capacity = 1000, .role = TERN_SENDER | TERN_RECEIVER};

    setenv("TERN_MEM_MAX", "100k", 1);
    IS(tern_chan_open(c, &spec, &ch), TERN_ENOMEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "TERN_MEM_MAX"));
    setenv("TERN_MEM_MAX", "10M", 1);
    OK(tern_chan_open(c, &spec, &ch));
    unsetenv("TERN_MEM_MAX");
    tern_chan_free(ch);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"go_table", go_table},
        {"receiver_leaves", receiver_leaves},
        {"null_channel", null_channel},
        {"item_sizes", item_sizes},
        {"variable_sizes", variable_sizes},
        {"batches", batches},
        {"many_items", many_items},
        {"without_copies", without_copies},
        {"leaves_with_an_item", leaves_with_an_item},
        {"close_with_a_reservation", close_with_a_reservation},
        {"exact_capacity", exact_capacity},
        {"statistics", statistics},
        {"refused", refused},
        {"wrong_role", wrong_role},
        {"memory_limit", memory_limit},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"chan", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
