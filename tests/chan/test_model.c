/* SPDX-License-Identifier: BSD-3-Clause */
/* Random use of one channel by all ranks, in every call there is, with random delays, against what
 * a sequential channel would do:
 *
 *   order     a receiver sees the items of each sender in the order in which they were sent
 *   content   each item is received once, and as it was sent
 *   capacity  at no time are more items sent than the capacity and the receives begun so far
 *   end       receivers get TERN_CLOSED when all is received, and no sooner
 *
 * Delays are injected: ranks sleep, compute, and are stopped and continued by each other.
 * TERN_TEST_OPS is the number of items of each channel (default 4000; 360000 makes 10^7 in all),
 * TERN_TEST_SEED the seed (default 11). */
#include "chan/chan.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/mpitap.h"
#include "topo/topo.h"

enum { MOST_RANKS = 64, BATCH = 20 };

/* An item: who sent it, its number there, and a word that follows from both. */
typedef struct item {
    uint32_t sender, number;
    uint64_t check;
} item;

/* What the ranks of a node count together. */
struct counts {
    _Atomic int64_t sent;  /* items whose send has returned */
    _Atomic int64_t begun; /* items that receives have asked for, less those they did not get */
    _Atomic int excess;    /* most above the capacity */
    atomic_flag stopping;  /* a rank is stopped: two could stop each other for ever */
    _Atomic int pid[MOST_RANKS]; /* of the ranks of the node */
};

/* What each rank counts alone. */
struct tally {
    uint64_t sent, received, sum_sent, sum_received; /* the sums are of check words */
};

static tern_comm *c;
static int rank, size;
static tern_window *window;
static struct counts *counts;
static struct tally tally;
static bool one_node;
static int here; /* ranks of the node */
static uint64_t seed = 11;
static tern_chan *ch;
static uint64_t stream, step; /* of this rank's random numbers */
static int64_t capacity;
static uint32_t next_number;           /* to be sent */
static uint32_t next_from[MOST_RANKS]; /* least that may come */
static size_t disorder, damage;

#define OK(call) CU_ASSERT_EQUAL_FATAL(call, TERN_OK)

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &c)
        || tern_window_open(tern_comm_node(c), sizeof(*counts), &window))
        return 1;
    counts = tern_window_base(window);
    rank = tern_rank(c);
    size = tern_size(c);
    int me;
    MPI_Comm_size(tern_comm_node(c), &here);
    MPI_Comm_rank(tern_comm_node(c), &me);
    one_node = here == size;
    atomic_store(&counts->pid[me], getpid());
    if (getenv("TERN_TEST_SEED") != NULL)
        seed = strtoull(getenv("TERN_TEST_SEED"), NULL, 10);
    return tern_agree(c, TERN_OK) != TERN_OK;
}

static int teardown(void)
{
    tern_window_close(window);
    tern_comm_free(c);
    return 0;
}

static uint64_t draw(void)
{
    return tern_random(seed, stream, step++);
}

static uint64_t check_word(uint32_t sender, uint32_t number)
{
    return tern_mix((uint64_t)sender << 32 | number);
}

/* Stop another rank of the node for 1 to 3 ms. */
static void stop_another(void)
{
    pid_t pid = atomic_load(&counts->pid[draw() % (unsigned)here]);

    if (pid == getpid() || atomic_flag_test_and_set(&counts->stopping))
        return;
    kill(pid, SIGSTOP);
    nanosleep(&(struct timespec){.tv_nsec = (long)(1 + draw() % 3) * 1000000}, NULL);
    kill(pid, SIGCONT);
    atomic_flag_clear(&counts->stopping);
}

static void compute(double seconds)
{
    double end = tern_after(seconds);

    while (tern_clock() < end) {}
}

/* Some rarely sleep, some yield, most go on. */
static void dawdle(void)
{
    uint64_t what = draw() % 10000;

    if (what == 9999)
        stop_another();
    else if (what == 9998)
        compute(1e-3);
    else if (what < 10)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    else if (what < 1000)
        sched_yield();
}

/* ---- Sending --------------------------------------------------------------------------------- */

static item next_item(uint32_t ahead)
{
    uint32_t number = next_number + ahead;

    return (item){(uint32_t)rank, number, check_word((uint32_t)rank, number)};
}

static void count_sent(size_t n)
{
    for (size_t i = 0; i < n; i++)
        tally.sum_sent += next_item((uint32_t)i).check;
    tally.sent += n;
    next_number += (uint32_t)n;
    int64_t sent = atomic_fetch_add(&counts->sent, (int64_t)n) + (int64_t)n;
    int excess = (int)(sent - atomic_load(&counts->begun) - capacity);
    if (excess > atomic_load(&counts->excess))
        atomic_store(&counts->excess, excess);
}

/* In one of the ways; how many were sent. */
static size_t send_some(size_t most)
{
    item items[BATCH];
    size_t n = 1, sent = 0;
    uint64_t way = draw() % 6;
    tern_case k = {.chan = ch, .kind = TERN_CASE_SEND, .item = items};
    void *slot;
    int error;

    if (way == 3)
        n = 1 + draw() % (most < BATCH ? most : BATCH);
    for (size_t i = 0; i < n; i++)
        items[i] = next_item((uint32_t)i);
    switch (way) {
    case 0: return tern_chan_trysend(ch, items) == TERN_OK;
    case 1: return tern_chan_send(ch, items, tern_after(1e-4)) == TERN_OK;
    case 2: return tern_select(&k, 1, tern_after(1e-4)) == 0 && k.status == TERN_OK;
    case 3:
        error = tern_chan_sendv(ch, items, n, &sent, tern_after(1e-3));
        CU_ASSERT_FATAL(error == TERN_OK || error == TERN_ETIMEDOUT);
        return sent;
    case 4:
        if (capacity == 0 || tern_chan_reserve(ch, &slot, tern_after(1e-3)) != TERN_OK)
            return 0;
        memcpy(slot, items, sizeof(items[0]));
        OK(tern_chan_commit(ch, sizeof(items[0])));
        return 1;
    default: OK(tern_chan_send(ch, items, TERN_FOREVER)); return 1;
    }
}

static void send_all(size_t total)
{
    while (next_number < total) {
        size_t sent = send_some(total - next_number);
        if (sent > 0)
            count_sent(sent);
        dawdle();
    }
    OK(tern_chan_close(ch));
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void expect(const item *got, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t from = got[i].sender;
        CU_ASSERT_FATAL(from < MOST_RANKS);
        disorder += got[i].number < next_from[from];
        next_from[from] = got[i].number + 1;
        damage += got[i].check != check_word(from, got[i].number);
        tally.sum_received += got[i].check;
    }
    tally.received += n;
}

/* In one of the ways: the number received, or TERN_CLOSED as -1. */
static int receive_some(item *items)
{
    uint64_t way = draw() % 6;
    tern_case k = {.chan = ch, .kind = TERN_CASE_RECV, .item = items};
    size_t got = 1;
    const void *slot;
    int error;

    switch (way) {
    case 0: error = tern_chan_tryrecv(ch, items); break;
    case 1: error = tern_chan_recv(ch, items, tern_after(1e-4)); break;
    case 2: error = tern_select(&k, 1, tern_after(1e-4)) == 0 ? k.status : TERN_ETIMEDOUT; break;
    case 3: error = tern_chan_recvv(ch, items, BATCH, &got, tern_after(1e-3)); break;
    case 4:
        error = capacity == 0 ? TERN_EAGAIN : tern_chan_peek(ch, &slot, NULL, tern_after(1e-3));
        if (error == TERN_OK) {
            memcpy(items, slot, sizeof(items[0]));
            OK(tern_chan_release(ch));
        }
        break;
    default: error = tern_chan_recv(ch, items, TERN_FOREVER); break;
    }
    if (error == TERN_CLOSED)
        return -1;
    CU_ASSERT_FATAL(error == TERN_OK || error == TERN_EAGAIN || error == TERN_ETIMEDOUT);
    return error == TERN_OK ? (int)got : 0;
}

static void receive_all(void)
{
    item items[BATCH];
    int got;

    for (;;) {
        atomic_fetch_add(&counts->begun, BATCH);
        got = receive_some(items);
        atomic_fetch_sub(&counts->begun, BATCH - (got > 0 ? got : 0));
        if (got < 0)
            break;
        expect(items, (size_t)got);
        dawdle();
    }
}

/* ---- Channels ---------------------------------------------------------------------------------
 */

static void start(size_t many, int role)
{
    capacity = (int64_t)many;
    next_number = 0;
    memset(next_from, 0, sizeof(next_from));
    step = 0;
    stream++;
    ch = NULL;
    OK(tern_barrier(c));
    atomic_store(&counts->sent, 0);
    atomic_store(&counts->begun, 0);
    atomic_store(&counts->excess, 0);
    tally = (struct tally){0};
    OK(tern_chan_open(c, &((tern_chan_spec){.item = sizeof(item), .capacity = many, .role = role}),
                      &ch));
    OK(tern_barrier(c));
}

static void finish(uint64_t total)
{
    struct tally all;

    OK(tern_allreduce(c, &tally, &all, 4, MPI_UINT64_T, MPI_SUM));
    CU_ASSERT_EQUAL(disorder, 0);
    CU_ASSERT_EQUAL(damage, 0);
    CU_ASSERT_EQUAL(all.sent, total);
    CU_ASSERT_EQUAL(all.received, total);
    CU_ASSERT_EQUAL(all.sum_sent, all.sum_received);
    CU_ASSERT(!one_node || atomic_load(&counts->excess) <= 0);
    tern_chan_free(ch);
}

/* The first `senders` ranks send, the last `receivers` ranks receive. */
static void run(int senders, int receivers, size_t many)
{
    const char *ops = getenv("TERN_TEST_OPS");
    size_t total = (ops != NULL ? (size_t)atoll(ops) : 4000) / (size_t)senders;

    if (senders + receivers > size)
        return;
    stream = (uint64_t)rank << 32 | (uint64_t)(senders * 64 + receivers) << 8 | many;
    int role = rank < senders ? TERN_SENDER : rank >= size - receivers ? TERN_RECEIVER : 0;
    start(many, role);
    if (role == TERN_SENDER)
        send_all(total);
    if (role == TERN_RECEIVER)
        receive_all();
    finish(total * (size_t)senders);
}

static const size_t capacities[] = {0, 1, 2, 3, 7, 64, 300};

static void run_all(int senders, int receivers)
{
    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++)
        run(senders, receivers, capacities[i]);
}

static void one_to_one(void)
{
    run_all(1, 1);
}

static void many_to_one(void)
{
    run_all(size - 1, 1);
}

static void one_to_many(void)
{
    run_all(1, size - 1);
}

static void many_to_many(void)
{
    run_all((size + 1) / 2, size / 2);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"one_to_one", one_to_one},
        {"many_to_one", many_to_one},
        {"one_to_many", one_to_many},
        {"many_to_many", many_to_many},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"model", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
