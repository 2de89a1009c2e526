/* SPDX-License-Identifier: BSD-3-Clause */
/* Select: what it picks, how fairly, and that two ranks that select on each other's channels meet.
 */
#include "chan/chan.h"

#include <math.h>
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

static tern_chan *open_chan(size_t capacity, int role)
{
    tern_chan *ch = NULL;

    OK(tern_chan_open(
        c, &((tern_chan_spec){.item = sizeof(int), .capacity = capacity, .role = role}), &ch));
    return ch;
}

/* A channel of this rank alone: every rank opens it over itself. */
static tern_chan *own_chan(tern_comm *self, size_t capacity)
{
    tern_chan *ch = NULL;

    OK(tern_chan_open(self,
                      &((tern_chan_spec){.item = sizeof(int),
                                         .capacity = capacity,
                                         .role = TERN_SENDER | TERN_RECEIVER}),
                      &ch));
    return ch;
}

/* 97.5 % point of chi square with k degrees of freedom, raised to 1 - 1e-6 by 4.75 sigma (Wilson
 * and Hilferty 1931). */
static double chi_square_limit(double k)
{
    return k * pow(1 - 2 / (9 * k) + 4.75 * sqrt(2 / (9 * k)), 3);
}

/* All cases are ready all the time: each is picked equally often, and followed by each as often. */
static void is_fair(void)
{
    enum { N = 5, PICKS = 50000 };
    tern_comm *self;
    tern_chan *ch[N];
    tern_case k[N];
    int value = 3, got[N], count[N][N] = {{0}}, before = 0;
    double square = 0;

    OK(tern_comm_wrap(MPI_COMM_SELF, &self));
    for (int i = 0; i < N; i++) {
        ch[i] = own_chan(self, 2);
        OK(tern_chan_trysend(ch[i], &value));
        k[i] = (tern_case){.chan = ch[i],
                           .kind = i % 2 ? TERN_CASE_SEND : TERN_CASE_RECV,
                           .item = i % 2 ? &value : &got[i]};
    }
    for (int pick = 0; pick < PICKS; pick++) {
        int i = tern_select(k, N, TERN_NOW);
        CU_ASSERT_FATAL(i >= 0 && i < N && k[i].status == TERN_OK);
        count[before][i]++;
        before = i;
        OK(i % 2 ? tern_chan_tryrecv(ch[i], &got[i]) : tern_chan_trysend(ch[i], &value));
    }
    for (int i = 0; i < N * N; i++) {
        double expected = (double)PICKS / (N * N), off = count[i / N][i % N] - expected;
        square += off * off / expected;
    }
    CU_ASSERT(square < chi_square_limit(N * N - 1));
    IS(tern_select_first(k, N, TERN_NOW), 0);
    for (int i = 0; i < N; i++)
        tern_chan_free(ch[i]);
    tern_comm_free(self);
}

static void closed_and_null(void)
{
    tern_comm *self;
    int value = 0;

    OK(tern_comm_wrap(MPI_COMM_SELF, &self));
    tern_chan *open = own_chan(self, 1), *closed = own_chan(self, 1);
    tern_case k[] = {
        {.chan = NULL}, {.chan = open, .item = &value}, {.chan = closed, .item = &value}};
    IS(tern_select(k, 3, TERN_NOW), TERN_ETIMEDOUT);
    IS(tern_select(k, 3, tern_after(0.002)), TERN_ETIMEDOUT);
    OK(tern_chan_close(closed));
    IS(tern_select(k, 3, TERN_FOREVER), 2);
    IS(k[2].status, TERN_CLOSED);
    k[2].chan = NULL; /* as one does in Go when a channel is done */
    OK(tern_chan_trysend(open, &(int){7}));
    IS(tern_select(k, 3, TERN_FOREVER), 1);
    IS(k[1].status, TERN_OK);
    CU_ASSERT_EQUAL(value, 7);
    tern_chan_free(open);
    tern_chan_free(closed);
    tern_comm_free(self);
}

/* Rank 0 sends over many channels of different kinds, rank 1 selects; each item comes once. */
static void many_channels(void)
{
    enum { N = 6, ITEMS = 2000 };
    static const size_t capacity[N] = {0, 1, 0, 5, 64, 2};
    int role = rank == 0 ? TERN_SENDER : rank == 1 ? TERN_RECEIVER : 0, left = N, value[N];
    long count[N] = {0}, sum = 0;
    tern_chan *ch[N];
    tern_case k[N];

    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    for (int i = 0; i < N; i++) {
        ch[i] = open_chan(capacity[i], role);
        k[i] = (tern_case){
            .chan = ch[i], .kind = rank == 0 ? TERN_CASE_SEND : TERN_CASE_RECV, .item = &value[i]};
    }
    for (int n = 0; n < ITEMS && rank == 0; n++) {
        for (int i = 0; i < N; i++)
            value[i] = n;
        int i = tern_select(k, N, tern_after(60));
        CU_ASSERT_FATAL(i >= 0 && k[i].status == TERN_OK);
    }
    for (int i = 0; i < N && rank == 0; i++)
        OK(tern_chan_close(ch[i]));
    while (rank == 1 && left > 0) {
        int i = tern_select(k, N, tern_after(60));
        CU_ASSERT_FATAL(i >= 0);
        if (k[i].status == TERN_CLOSED) {
            k[i].chan = NULL;
            left--;
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(k[i].status, TERN_OK);
        count[i]++;
        sum += value[i];
    }
    if (rank == 1) {
        CU_ASSERT_EQUAL(sum, (long)ITEMS * (ITEMS - 1) / 2);
        for (int i = 0; i < N; i++)
            CU_ASSERT(count[i] > 0 || capacity[i] == 0); /* ready only while a receiver waits */
    }
    for (int i = 0; i < N; i++)
        tern_chan_free(ch[i]);
}

/* Two ranks each offer to send to, and to receive from, the other, without a buffer: every exchange
 * is one send on one side and one receive on the other. */
static void both_ways(size_t capacity)
{
    enum { EXCHANGES = 100 };
    int role = rank > 1 ? 0 : rank == 0 ? TERN_SENDER : TERN_RECEIVER;
    int done[2] = {0, 0}, all[2], got = 0;
    tern_chan *there = open_chan(capacity, role);
    tern_chan *back = open_chan(capacity, role == 0 ? 0 : TERN_SENDER + TERN_RECEIVER - role);
    tern_chan *out = rank == 0 ? there : back, *in = rank == 0 ? back : there;

    while (role != 0 && (out != NULL || in != NULL)) {
        tern_case k[2] = {{.chan = out, .kind = TERN_CASE_SEND, .item = &done[0]},
                          {.chan = in, .kind = TERN_CASE_RECV, .item = &got}};
        int i = tern_select(k, 2, tern_after(60));
        CU_ASSERT_FATAL(i >= 0);
        if (k[i].status == TERN_CLOSED) {
            in = NULL;
            continue;
        }
        CU_ASSERT_EQUAL_FATAL(k[i].status, TERN_OK);
        CU_ASSERT(i == 0 || got == done[1]);
        if (++done[i] == EXCHANGES && i == 0) {
            OK(tern_chan_close(out));
            out = NULL;
        }
    }
    OK(tern_allreduce(c, done, all, 2, MPI_INT, MPI_SUM));
    CU_ASSERT_EQUAL(all[0], 2 * EXCHANGES);
    CU_ASSERT_EQUAL(all[1], 2 * EXCHANGES);
    tern_chan_free(there);
    tern_chan_free(back);
}

static void selects_meet(void)
{
    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    both_ways(0);
    both_ways(1);
    both_ways(10);
}

/* A receiver that never waits still meets a sender that selects. */
static void polled(void)
{
    int role = rank == 0 ? TERN_SENDER : rank == 1 ? TERN_RECEIVER : 0, value = 5, got = 0;

    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    tern_chan *a = open_chan(0, role), *b = open_chan(0, role);
    for (int round = 0; round < 50; round++) {
        tern_case k[2] = {{.chan = a, .kind = TERN_CASE_SEND, .item = &value},
                          {.chan = b, .kind = TERN_CASE_SEND, .item = &value}};
        if (rank == 0)
            IS(tern_select(k, 2, tern_after(60)) >= 0, 1);
        while (rank == 1 && tern_chan_tryrecv(round % 2 ? a : b, &got) == TERN_EAGAIN)
            ;
        CU_ASSERT(rank != 1 || got == 5);
    }
    tern_chan_free(a);
    tern_chan_free(b);
}

/* The receiver takes one item and leaves at once: the send has succeeded in every form. */
static void taken_then_left(void)
{
    int role = rank == 0 ? TERN_SENDER : rank == 1 ? TERN_RECEIVER : 0, value = 5, got = 0;

    if (size < 2)
        MPITAP_SKIP("needs two ranks");
    for (int round = 0; round < 150; round++) {
        tern_chan *ch = open_chan(0, role);
        tern_case k = {.chan = ch, .kind = TERN_CASE_SEND, .item = &value};
        if (rank == 0 && round % 3 == 0)
            OK(tern_chan_send(ch, &value, tern_after(60)));
        if (rank == 0 && round % 3 == 1) {
            IS(tern_select(&k, 1, tern_after(60)), 0);
            IS(k.status, TERN_OK);
        }
        int error = TERN_EAGAIN;
        while (rank == 0 && round % 3 == 2 && error == TERN_EAGAIN)
            error = tern_chan_trysend(ch, &value);
        CU_ASSERT(error == TERN_EAGAIN || error == TERN_OK);
        if (rank == 1) {
            OK(tern_chan_recv(ch, &got, tern_after(60)));
            OK(tern_chan_leave(ch));
        }
        tern_chan_free(ch);
    }
}

static void too_long(void)
{
    static char item[4000];
    tern_comm *self;
    tern_chan *ch = NULL;

    OK(tern_comm_wrap(MPI_COMM_SELF, &self));
    for (size_t capacity = 0; capacity < 3; capacity += 2) {
        OK(tern_chan_open(self,
                          &(tern_chan_spec){.item = TERN_VARIABLE,
                                            .most = 8,
                                            .capacity = capacity,
                                            .role = TERN_SENDER | TERN_RECEIVER},
                          &ch));
        tern_case k = {.chan = ch, .kind = TERN_CASE_SEND, .item = item, .bytes = sizeof(item)};
        IS(tern_select(&k, 1, tern_after(60)), 0);
        IS(k.status, TERN_EINVAL);
        tern_chan_free(ch);
    }
    tern_comm_free(self);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"is_fair", is_fair},
        {"closed_and_null", closed_and_null},
        {"many_channels", many_channels},
        {"selects_meet", selects_meet},
        {"polled", polled},
        {"taken_then_left", taken_then_left},
        {"too_long", too_long},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"select", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
