/* SPDX-License-Identifier: BSD-3-Clause */
/* What is special where items are messages: several receivers without room, receivers that leave
 * while others stay, and room that is known on the other side.  All ranks are on one node, and
 * TERN_CHAN=wire makes no use of it. */
#include "chan/chan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/mpitap.h"

enum { ITEMS = 600 /* of each sender */ };

static tern_comm *c;
static int rank, size;

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL(call, to)

static int setup(void)
{
    setenv("TERN_CHAN", "wire", 1);
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

static tern_chan *open_chan(size_t item, size_t capacity, int role)
{
    tern_chan *ch = NULL;

    OK(tern_chan_open(
        c, &(tern_chan_spec){.item = item, .most = 100, .capacity = capacity, .role = role}, &ch));
    return ch;
}

/* What a rank has sent, and received. */
struct tally {
    uint64_t sent, received, sum_sent, sum_received;
};

/* Everything came once. */
static void compare(const struct tally *mine, uint64_t total)
{
    struct tally all;

    OK(tern_allreduce(c, mine, &all, 4, MPI_UINT64_T, MPI_SUM));
    CU_ASSERT_EQUAL(all.sent, total);
    CU_ASSERT_EQUAL(all.received, total);
    CU_ASSERT_EQUAL(all.sum_sent, all.sum_received);
}

/* ---- Without room ---------------------------------------------------------------------------- */

/* In one of the ways of sending: whether it was sent. */
static bool send_one(tern_chan *ch, uint64_t item, uint64_t way)
{
    tern_case k = {.chan = ch, .kind = TERN_CASE_SEND, .item = &item};

    switch (way % 4) {
    case 0: return tern_chan_trysend(ch, &item) == TERN_OK;
    case 1: return tern_chan_send(ch, &item, tern_after(1e-4)) == TERN_OK;
    case 2: return tern_select(&k, 1, tern_after(1e-4)) == 0 && k.status == TERN_OK;
    default: return tern_chan_send(ch, &item, TERN_FOREVER) == TERN_OK;
    }
}

static int receive_one(tern_chan *ch, uint64_t *item, uint64_t way)
{
    tern_case k = {.chan = ch, .kind = TERN_CASE_RECV, .item = item};

    switch (way % 4) {
    case 0: return tern_chan_tryrecv(ch, item);
    case 1: return tern_chan_recv(ch, item, tern_after(1e-4));
    case 2: return tern_select(&k, 1, tern_after(1e-4)) == 0 ? k.status : TERN_EAGAIN;
    default: return tern_chan_recv(ch, item, TERN_FOREVER);
    }
}

static void meet(int senders)
{
    int role = rank < senders ? TERN_SENDER : TERN_RECEIVER, error = TERN_OK;
    tern_chan *ch = open_chan(sizeof(uint64_t), 0, role);
    struct tally t = {0};
    uint64_t item, next[64] = {0};

    for (uint64_t i = 0; role == TERN_SENDER && t.sent < ITEMS; i++) {
        item = (uint64_t)rank << 32 | t.sent;
        if (!send_one(ch, item, tern_random(1, (uint64_t)rank, i)))
            continue;
        t.sum_sent += item;
        t.sent++;
    }
    if (role == TERN_SENDER)
        OK(tern_chan_close(ch));
    for (uint64_t i = 0; role == TERN_RECEIVER && error != TERN_CLOSED; i++) {
        error = receive_one(ch, &item, tern_random(2, (uint64_t)rank, i));
        if (error != TERN_OK)
            continue;
        CU_ASSERT((item & UINT32_MAX) >= next[item >> 32]);
        next[item >> 32] = (item & UINT32_MAX) + 1;
        t.sum_received += item;
        t.received++;
    }
    compare(&t, (uint64_t)ITEMS * (uint64_t)senders);
    tern_chan_free(ch);
}

static void many_receivers_without_room(void)
{
    if (size < 3)
        MPITAP_SKIP("needs three ranks");
    for (int senders = 1; senders < size; senders++)
        meet(senders);
}

/* Each rank offers to all ranks, itself included, and takes from all, whichever comes first. */
static void all_to_all_without_room(void)
{
    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    tern_chan *ch = open_chan(sizeof(uint64_t), 0, TERN_SENDER | TERN_RECEIVER), *out = ch;
    struct tally t = {0};
    uint64_t item = (uint64_t)rank << 32, got = 0;

    for (bool open = true; open;) {
        tern_case k[2] = {{.chan = out, .kind = TERN_CASE_SEND, .item = &item},
                          {.chan = ch, .kind = TERN_CASE_RECV, .item = &got}};
        int i = tern_select(k, 2, tern_after(60));
        CU_ASSERT_FATAL(i >= 0);
        open = k[i].status != TERN_CLOSED;
        if (!open)
            break;
        CU_ASSERT_EQUAL_FATAL(k[i].status, TERN_OK);
        t.sum_received += i == 1 ? got : 0;
        t.received += i == 1;
        if (i == 1)
            continue;
        t.sum_sent += item++;
        if (++t.sent < ITEMS)
            continue;
        OK(tern_chan_close(out));
        out = NULL;
    }
    compare(&t, (uint64_t)ITEMS * (uint64_t)size);
    tern_chan_free(ch);
}

/* An item that is longer than a receiver's buffer stays with its sender. */
static void sizes_without_room(void)
{
    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    char item[100] = "an item that is long";
    tern_chan *ch = open_chan(TERN_VARIABLE, 0, rank == 0 ? TERN_SENDER : TERN_RECEIVER);
    size_t bytes = 0;

    if (rank == 0)
        OK(tern_chan_send_bytes(ch, item, 50, TERN_FOREVER));
    if (rank == size - 1) {
        IS(tern_chan_recv_bytes(ch, item, 49, &bytes, TERN_FOREVER), TERN_ETRUNC);
        CU_ASSERT_EQUAL(bytes, 50);
        memset(item, 0, sizeof(item));
        OK(tern_chan_recv_bytes(ch, item, 50, &bytes, TERN_FOREVER));
        CU_ASSERT_STRING_EQUAL(item, "an item that is long");
        IS(tern_chan_recv_bytes(ch, item, 50, &bytes, tern_after(0.002)), TERN_ETIMEDOUT);
    }
    OK(tern_barrier(c)); /* nobody leaves or closes before */
    tern_chan_free(ch);
}

/* A receiver that computes stands in nobody's way, and neither does one that has left. */
static void absent_receivers(void)
{
    if (size < 4)
        MPITAP_SKIP("needs four ranks");
    tern_chan *ch = open_chan(sizeof(uint64_t), 0, rank == 0 ? TERN_SENDER : TERN_RECEIVER);
    uint64_t item = 0;

    if (rank == 3) /* an invitation that is never followed up */
        IS(tern_chan_tryrecv(ch, &item), TERN_EAGAIN);
    if (rank == 2)
        OK(tern_chan_leave(ch));
    for (int i = 0; i < ITEMS; i++) {
        if (rank == 0)
            OK(tern_chan_send(ch, &item, tern_after(60)));
        if (rank == 1)
            OK(tern_chan_recv(ch, &item, tern_after(60)));
    }
    MPI_Barrier(MPI_COMM_WORLD); /* of which no channel hears */
    tern_chan_free(ch);
}

/* ---- With room ------------------------------------------------------------------------------- */

/* All but one receiver leave one after the other, with items on their way to them. */
static void leave_in_turn(size_t item, size_t capacity, int senders)
{
    enum { PART = 40 };
    int role = rank < senders ? TERN_SENDER : TERN_RECEIVER;
    tern_chan *ch = open_chan(item, capacity, role);
    struct tally t = {0};
    uint64_t value[12] = {0};
    size_t bytes = sizeof(value[0]);
    bool variable = item == TERN_VARIABLE;

    for (int leaver = senders; leaver < size; leaver++) {
        for (int i = 0; i < PART && role == TERN_SENDER; i++) { /* until there is no room */
            value[0] = (uint64_t)rank << 32 | t.sent;
            bytes = sizeof(value[0]) + t.sent % sizeof(value[0]);
            int error = variable ? tern_chan_send_bytes(ch, value, bytes, TERN_NOW)
                                 : tern_chan_trysend(ch, value);
            if (error != TERN_OK)
                break;
            t.sum_sent += value[0] * (variable ? bytes : 1);
            t.sent++;
        }
        OK(tern_barrier(c));
        if (rank == leaver && leaver < size - 1)
            OK(tern_chan_leave(ch));
        OK(tern_barrier(c));
    }
    /* The last one gets all; until then no sender closes, which would say that it has said all. */
    uint64_t sent = t.sent, all = 0;
    OK(tern_allreduce(c, &sent, &all, 1, MPI_UINT64_T, MPI_SUM));
    while (rank == size - 1 && t.received < all) {
        int error = variable
                        ? tern_chan_recv_bytes(ch, value, sizeof(value), &bytes, tern_after(60))
                        : tern_chan_recv(ch, value, tern_after(60));
        CU_ASSERT_EQUAL_FATAL(error, TERN_OK);
        t.sum_received += value[0] * (variable ? bytes : 1);
        t.received++;
    }
    compare(&t, all);
    CU_ASSERT(all >= ((size_t)senders < capacity ? (size_t)senders : capacity));
    tern_chan_free(ch);
}

static void handed_back(void)
{
    static const size_t capacities[] = {1, 3, 8, 100};

    if (size < 3)
        MPITAP_SKIP("needs three ranks");
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++)
        for (int senders = 1; senders < size - 1; senders++) {
            leave_in_turn(sizeof(uint64_t), capacities[i], senders);
            leave_in_turn(TERN_VARIABLE, capacities[i], senders);
        }
}

/* Whether the sender has gone on; for a tenth of a second, nothing is done with channels. */
static bool has_gone_on(int tag)
{
    double until = tern_clock() + 0.1;
    int there = 0;

    while (!there && tern_clock() < until) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        MPI_Iprobe(0, tag, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
    }
    return there;
}

/* A sender goes on soon after an item is taken, although the receiver then has nothing to do with
 * channels, and long before half of what is there is taken. */
static void room_is_known(void)
{
    enum { CAPACITY = 200, TAG = 1 };
    int role = rank == 0 ? TERN_SENDER : rank == 1 ? TERN_RECEIVER : 0, taken = 0;
    uint64_t item = 0;

    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    tern_chan *ch = open_chan(sizeof(item), CAPACITY, role);
    for (int i = 0; i < CAPACITY && rank == 0; i++)
        OK(tern_chan_send(ch, &item, TERN_NOW));
    OK(tern_barrier(c));
    if (rank == 0) {
        OK(tern_chan_send(ch, &item, tern_after(60)));
        MPI_Send(&rank, 1, MPI_INT, 1, TAG, MPI_COMM_WORLD);
    }
    if (rank == 1) {
        do {
            OK(tern_chan_recv(ch, &item, TERN_FOREVER));
        } while (++taken < CAPACITY / 2 && !has_gone_on(TAG));
        MPI_Recv(&(int){0}, 1, MPI_INT, 0, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    CU_ASSERT(taken < CAPACITY / 2);
    tern_chan_free(ch);
}

/* How many of the senders' items the channel accepts: until those that are wanted, and while each
 * sender tries some times more. */
static uint64_t fill(tern_chan *ch, bool sends, uint64_t wanted)
{
    uint64_t item = 0, mine = 0, all = 0;
    double until = tern_after(60);

    for (int more = 20, late = 0; more > 0 && !late; more -= all >= wanted) {
        mine += sends && tern_chan_trysend(ch, &item) == TERN_OK;
        OK(tern_allreduce(c, &mine, &all, 1, MPI_UINT64_T, MPI_SUM));
        OK(tern_allreduce(c, &(int){tern_clock() > until}, &late, 1, MPI_INT, MPI_MAX));
    }
    return all;
}

/* All senders together have no more on the way than the capacity, which is less than they are, and
 * one alone may have as many. */
static void little_room(void)
{
    if (size < 3)
        MPITAP_SKIP("needs three ranks");
    for (size_t capacity = 1; capacity < (size_t)size - 1; capacity++) {
        tern_chan *ch =
            open_chan(sizeof(uint64_t), capacity, rank == 0 ? TERN_RECEIVER : TERN_SENDER);
        uint64_t item, wanted = capacity;

        CU_ASSERT_EQUAL(tern_chan_cap(ch), capacity);
        for (int round = 0; round < 3; round++) {
            CU_ASSERT_EQUAL(fill(ch, round == 0 ? rank == 1 : rank > 0, wanted), wanted);
            if (rank == 0)
                OK(tern_chan_recv(ch, &item, tern_after(60)));
            wanted = 1;
        }
        tern_chan_free(ch);
    }
}

/* Who asked for room and does not use it stands in nobody's way, even for ever. */
static void unused_room(void)
{
    if (size < 3)
        MPITAP_SKIP("needs three ranks");
    tern_chan *ch = open_chan(sizeof(uint64_t), 1, rank == 0 ? TERN_RECEIVER : TERN_SENDER);
    uint64_t item = (uint64_t)rank;

    if (rank == 1)
        IS(tern_chan_trysend(ch, &item), TERN_EAGAIN);
    OK(tern_barrier(c));
    for (int i = 0; i < 5; i++) {
        if (rank == 2)
            OK(tern_chan_send(ch, &item, tern_after(60)));
        if (rank == 0)
            OK(tern_chan_recv(ch, &item, tern_after(60)));
        CU_ASSERT(rank != 0 || item == 2);
    }
    OK(tern_barrier(c));
    tern_chan_free(ch);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"many_receivers_without_room", many_receivers_without_room},
        {"all_to_all_without_room", all_to_all_without_room},
        {"sizes_without_room", sizes_without_room},
        {"absent_receivers", absent_receivers},
        {"handed_back", handed_back},
        {"room_is_known", room_is_known},
        {"little_room", little_room},
        {"unused_room", unused_room},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"wire", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
