/* SPDX-License-Identifier: BSD-3-Clause */
/* Several threads of a rank use one channel at once, with MPI_THREAD_MULTIPLE: each item comes
 * once. */
#include "chan/chan.h"

#include <pthread.h>

#include "support/mpitap.h"

enum { THREADS = 3, ITEMS = 1500 /* of each thread */ };

static tern_comm *c;
static int level; /* that MPI provides */

#define OK(call) CU_ASSERT_EQUAL_FATAL(call, TERN_OK)

static int setup(void)
{
    return tern_comm_wrap(MPI_COMM_WORLD, &c);
}

static int teardown(void)
{
    tern_comm_free(c);
    return 0;
}

/* The number of calls that went wrong. */
static int send_all(tern_chan *ch, uint64_t first)
{
    int bad = 0;

    for (uint64_t i = first; i < first + ITEMS; i++) {
        tern_case k = {.chan = ch, .kind = TERN_CASE_SEND, .item = &i};
        if (i % 3 == 0)
            bad += tern_select(&k, 1, TERN_FOREVER) != 0 || k.status != TERN_OK;
        else
            bad += tern_chan_send(ch, &i, TERN_FOREVER) != TERN_OK;
    }
    return bad;
}

static int receive_all(tern_chan *ch, uint64_t *sum)
{
    uint64_t item;
    int bad = 0;

    for (uint64_t i = 0;; i++) {
        tern_case k = {.chan = ch, .kind = TERN_CASE_RECV, .item = &item};
        int error = TERN_OK;
        if (i % 3 == 0)
            error = tern_select(&k, 1, TERN_FOREVER) == 0 ? k.status : TERN_EINVAL;
        else
            error = tern_chan_recv(ch, &item, TERN_FOREVER);
        if (error == TERN_CLOSED)
            return bad;
        bad += error != TERN_OK;
        *sum += error == TERN_OK ? item : 0;
    }
}

/* Even ranks send, odd ones receive. */
static void share(size_t capacity)
{
    int rank = tern_rank(c), size = tern_size(c), bad = 0;
    bool sends = rank % 2 == 0;
    uint64_t sum = 0, all, senders = ((uint64_t)size + 1) / 2, n = senders * THREADS * ITEMS;
    tern_chan *ch = NULL;

    OK(tern_chan_open(c,
                      &(tern_chan_spec){.item = sizeof(uint64_t),
                                        .capacity = capacity,
                                        .role = sends ? TERN_SENDER : TERN_RECEIVER},
                      &ch));
#pragma omp parallel for num_threads(THREADS) schedule(static, 1) reduction(+ : bad, sum)
    for (int t = 0; t < THREADS; t++) {
        uint64_t mine = 0;
        bad += sends ? send_all(ch, ((uint64_t)rank / 2 * THREADS + (uint64_t)t) * ITEMS)
                     : receive_all(ch, &mine);
        sum += mine;
    }
    CU_ASSERT_EQUAL(bad, 0);
    tern_chan_free(ch);
    OK(tern_allreduce(c, &sum, &all, 1, MPI_UINT64_T, MPI_SUM));
    CU_ASSERT_EQUAL(all, n * (n - 1) / 2);
}

/* A channel of this rank alone, between two threads: what a tool that watches threads (TSan) can
 * see of the memory ordering of the ring and the rendezvous. */
struct litmus {
    tern_chan *ch;
    int bad;
};

static void *send_side(void *state)
{
    struct litmus *l = state;

    l->bad = send_all(l->ch, 0) + (tern_chan_close(l->ch) != TERN_OK);
    return NULL;
}

static void one_each(void)
{
    static const size_t capacities[] = {0, 1, 5, 64};
    tern_comm *self;

    if (level < MPI_THREAD_MULTIPLE)
        MPITAP_SKIP("needs an MPI with MPI_THREAD_MULTIPLE");
    OK(tern_comm_wrap(MPI_COMM_SELF, &self));
    for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
        struct litmus l = {.ch = NULL};
        uint64_t sum = 0;
        pthread_t sender;
        OK(tern_chan_open(self,
                          &(tern_chan_spec){.item = sizeof(uint64_t),
                                            .capacity = capacities[i],
                                            .role = TERN_SENDER | TERN_RECEIVER},
                          &l.ch));
        CU_ASSERT_EQUAL_FATAL(pthread_create(&sender, NULL, send_side, &l), 0);
        CU_ASSERT_EQUAL(receive_all(l.ch, &sum), 0);
        pthread_join(sender, NULL);
        CU_ASSERT_EQUAL(l.bad, 0);
        CU_ASSERT_EQUAL(sum, (uint64_t)ITEMS * (ITEMS - 1) / 2);
        tern_chan_free(l.ch);
    }
    tern_comm_free(self);
}

static void many_threads(void)
{
    if (level < MPI_THREAD_MULTIPLE || tern_size(c) < 2)
        MPITAP_SKIP("needs two ranks, and an MPI with MPI_THREAD_MULTIPLE");
    share(5);
    share(64);
}

static void many_threads_without_room(void)
{
    if (level < MPI_THREAD_MULTIPLE || tern_size(c) < 2)
        MPITAP_SKIP("needs two ranks, and an MPI with MPI_THREAD_MULTIPLE");
    share(0);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"one_each", one_each},
        {"many_threads", many_threads},
        {"many_threads_without_room", many_threads_without_room},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"threads", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
    return mpitap_main(&argc, &argv, suites);
}
