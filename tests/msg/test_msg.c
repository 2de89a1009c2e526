/* SPDX-License-Identifier: BSD-3-Clause */
/* The thin layer at any number of ranks.  Messages go round a ring: to the right, from the left; a
 * single rank is its own neighbour, so blocking sends that may wait are only used between a receive
 * that is posted first. */
#include "msg/msg.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static tern_comm *c;
static int rank, size, left, right;

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &c))
        return 1;
    rank = tern_rank(c);
    size = tern_size(c);
    left = (rank + size - 1) % size;
    right = (rank + 1) % size;
    return 0;
}

static int teardown(void)
{
    tern_comm_free(c);
    return 0;
}

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL(call, to)

enum { MOST = 70000 }; /* ints: well beyond every eager limit */
static const size_t lengths[] = {0, 1, 2, 100, 1000, 1024, 1100, 4000, 16384, MOST};
enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

static int value(int from, size_t i, int round)
{
    return (int)tern_mix(((uint64_t)from << 40) ^ (i << 8) ^ (uint64_t)round);
}

static void fill(int *a, size_t n, int round)
{
    for (size_t i = 0; i < n; i++)
        a[i] = value(rank, i, round);
}

static size_t wrong(const int *a, size_t n, int from, int round)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++)
        bad += a[i] != value(from, i, round);
    return bad;
}

static void expect(const int *a, size_t n, int round, const tern_status *s, int tag)
{
    CU_ASSERT_EQUAL(wrong(a, n, left, round), 0);
    CU_ASSERT_EQUAL(s->source, left);
    CU_ASSERT_EQUAL(s->tag, tag);
    CU_ASSERT_EQUAL(s->bytes, n * sizeof(int));
}

static int out[MOST + 1], in[MOST + 1];

/* Blocking send in every mode; a non-blocking receive is posted before, and known to be so for a
 * ready send. */
static void blocking_modes(void)
{
    for (int mode = 0; mode < TERN_MODES; mode++)
        for (int k = 0; k < LENGTHS; k++) {
            tern_req req;
            tern_status s;
            fill(out, lengths[k], k);
            memset(in, 0, sizeof(in));
            OK(tern_irecv(c, in, MOST, MPI_INT, left, mode, &req));
            OK(tern_barrier(c));
            OK(tern_send_mode(c, (tern_mode)mode, out, lengths[k], MPI_INT, right, mode,
                              TERN_HERE));
            OK(tern_wait(&req, &s, TERN_FOREVER));
            expect(in, lengths[k], k, &s, mode);
        }
}

/* Non-blocking send in every mode, blocking receive into a buffer that fits exactly. */
static void nonblocking_modes(void)
{
    for (int mode = 0; mode < TERN_READY; mode++)
        for (int k = 0; k < LENGTHS; k++) {
            tern_req req;
            tern_status s;
            fill(out, lengths[k], k);
            memset(in, 0, sizeof(in));
            OK(tern_isend_mode(c, (tern_mode)mode, out, lengths[k], MPI_INT, right, 7, &req,
                               TERN_HERE));
            OK(tern_recv(c, in, lengths[k], MPI_INT, left, 7, &s));
            OK(tern_wait(&req, NULL, TERN_FOREVER));
            expect(in, lengths[k], k, &s, 7);
        }
}

static void ready_nonblocking(void)
{
    tern_req reqs[2];
    tern_status s[2];

    fill(out, 100, 3);
    OK(tern_irecv(c, in, 100, MPI_INT, left, 9, &reqs[0]));
    OK(tern_barrier(c));
    OK(tern_irsend(c, out, 100, MPI_INT, right, 9, &reqs[1]));
    OK(tern_waitall(2, reqs, s, TERN_FOREVER));
    expect(in, 100, 3, &s[0], 9);
}

static void persistent_modes(void)
{
    for (int mode = 0; mode < TERN_READY; mode++) {
        tern_req reqs[2];
        tern_status s[2];
        OK(tern_send_mode_init(c, (tern_mode)mode, out, 500, MPI_INT, right, 4, &reqs[0],
                               TERN_HERE));
        OK(tern_recv_init(c, in, 500, MPI_INT, left, 4, &reqs[1]));
        for (int round = 0; round < 5; round++) {
            fill(out, 500, round);
            OK(tern_startall(2, reqs));
            IS(tern_start(&reqs[0]), TERN_EINVAL); /* under way already */
            OK(tern_waitall(2, reqs, s, TERN_FOREVER));
            expect(in, 500, round, &s[1], 4);
        }
        OK(tern_req_free(&reqs[0]));
        OK(tern_req_free(&reqs[1]));
    }
}

static void partitioned(void)
{
    enum { PARTS = 8, EACH = 50 };
    tern_req reqs[2];
    bool there = false;

    int error = tern_psend_init(c, out, PARTS, EACH, MPI_INT, right, 5, &reqs[0]);
    if (error == TERN_ENOTSUP)
        MPITAP_SKIP("this MPI has no partitioned messages");
    OK(error);
    OK(tern_precv_init(c, in, PARTS, EACH, MPI_INT, left, 5, &reqs[1]));
    for (int round = 0; round < 3; round++) {
        fill(out, PARTS * EACH, round);
        memset(in, 0, sizeof(in));
        OK(tern_startall(2, reqs));
        for (int p = PARTS - 1; p >= 0; p--)
            OK(tern_pready(&reqs[0], p));
        for (there = false; !there;)
            OK(tern_parrived(&reqs[1], 3, &there));
        CU_ASSERT_EQUAL(in[3 * EACH], value(left, 3 * EACH, round));
        OK(tern_waitall(2, reqs, NULL, TERN_FOREVER));
        for (int p = 0; p < PARTS; p++) {
            there = false;
            OK(tern_parrived(&reqs[1], p, &there));
            CU_ASSERT_TRUE(there);
        }
        CU_ASSERT_EQUAL(wrong(in, PARTS * EACH, left, round), 0);
    }
    OK(tern_req_free(&reqs[0]));
    OK(tern_req_free(&reqs[1]));
}

static void unknown_size(void)
{
    for (int k = 0; k < LENGTHS; k++) {
        tern_req req;
        tern_status s;
        void *got = NULL;
        size_t n = 99;
        fill(out, lengths[k], k);
        OK(tern_isend(c, out, lengths[k], MPI_INT, right, 1, &req));
        OK(tern_recv_alloc(c, &got, &n, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, &s));
        OK(tern_wait(&req, NULL, TERN_FOREVER));
        CU_ASSERT_EQUAL_FATAL(n, lengths[k]);
        expect(got, n, k, &s, 1);
        CU_ASSERT_EQUAL(got == NULL, n == 0);
        tern_free(got);
    }
}

static void unknown_size_of_no_whole_element(void)
{
    void *got = NULL;
    size_t n = 99;
    tern_req req;

    OK(tern_isend(c, out, 7, MPI_BYTE, right, 1, &req));
    IS(tern_recv_alloc(c, &got, &n, MPI_INT, left, 1, NULL), TERN_EMISMATCH);
    OK(tern_wait(&req, NULL, TERN_FOREVER));
    CU_ASSERT_PTR_NULL(got);
    CU_ASSERT_EQUAL(n, 99);
}

/* A message longer than the buffer stays, in order, for every way of receiving it. */
static void truncated_is_kept(void)
{
    static const size_t sent[] = {10, 3000, MOST};
    static const size_t room[] = {1, 2000, 20000}; /* below and above the size that is copied */

    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++) {
            tern_req reqs[2];
            tern_status s;
            int second = -1;
            if (room[j] >= sent[k])
                continue;
            fill(out, sent[k], k);
            OK(tern_isend(c, out, sent[k], MPI_INT, right, 3, &reqs[0]));
            OK(tern_isend(c, &rank, 1, MPI_INT, right, 3, &reqs[1]));
            memset(in, 7, sizeof(in));
            IS(tern_recv(c, in, room[j], MPI_INT, left, 3, &s), TERN_ETRUNC);
            CU_ASSERT_EQUAL(s.bytes, sent[k] * sizeof(int));
            CU_ASSERT_EQUAL(in[0], 0x07070707);
            CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "test_msg.c:"));
            IS(tern_recv(c, in, room[j], MPI_INT, MPI_ANY_SOURCE, 3, &s), TERN_ETRUNC);
            OK(tern_probe(c, left, 3, &s));
            CU_ASSERT_EQUAL(s.bytes, sent[k] * sizeof(int));
            if (j == 0) {
                OK(tern_recv(c, in, MOST, MPI_INT, left, 3, &s));
            } else {
                tern_req req;
                OK(tern_irecv(c, in, MOST, MPI_INT, left, MPI_ANY_TAG, &req));
                OK(tern_wait(&req, &s, TERN_FOREVER));
            }
            expect(in, sent[k], k, &s, 3);
            OK(tern_recv(c, &second, 1, MPI_INT, left, 3, &s));
            CU_ASSERT_EQUAL(second, left);
            OK(tern_waitall(2, reqs, NULL, TERN_FOREVER));
        }
}

/* Messages of falling and rising length, so that the guess of the next one's length is wrong both
 * ways. */
static void lengths_alternate(void)
{
    for (int round = 0; round < 40; round++) {
        size_t n = round % 3 ? 3 : MOST - (size_t)round;
        tern_req req;
        tern_status s;
        fill(out, n, round);
        OK(tern_isend(c, out, n, MPI_INT, right, 2, &req));
        OK(tern_recv(c, in, MOST, MPI_INT, left, 2, &s));
        OK(tern_wait(&req, NULL, TERN_FOREVER));
        expect(in, n, round, &s, 2);
    }
}

static void gaps(void)
{
    MPI_Datatype column;
    tern_req req;
    tern_status s;

    MPI_Type_vector(100, 1, 7, MPI_INT, &column);
    MPI_Type_commit(&column);
    fill(out, 700, 1);
    memset(in, 0, sizeof(in));
    OK(tern_isend(c, out, 1, column, right, 2, &req));
    OK(tern_recv(c, in, 1, column, left, 2, &s));
    OK(tern_wait(&req, NULL, TERN_FOREVER));
    CU_ASSERT_EQUAL(s.bytes, 400);
    for (size_t i = 0; i < 700; i++)
        CU_ASSERT_EQUAL(in[i], i % 7 == 0 ? value(left, i, 1) : 0);
    OK(tern_send_until(c, out, 1, column, MPI_PROC_NULL, 2, tern_after(1)));
    IS(tern_recv_alloc(c, &(void *){NULL}, &(size_t){0}, column, left, 2, NULL), TERN_EINVAL);
    MPI_Type_free(&column);
}

static void late(void)
{
    tern_status s;
    tern_req req;
    int x = -1;

    IS(tern_recv_until(c, in, 1, MPI_INT, left, 11, &s, TERN_NOW), TERN_ETIMEDOUT);
    IS(tern_recv_until(c, in, MOST, MPI_INT, left, 11, &s, tern_after(0.01)), TERN_ETIMEDOUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "tag 11"));
    IS(tern_probe_until(c, left, 11, &s, TERN_NOW), TERN_ETIMEDOUT);
    OK(tern_irecv(c, &x, 1, MPI_INT, left, 11, &req));
    IS(tern_wait(&req, &s, tern_after(0.01)), TERN_ETIMEDOUT);
    IS(tern_test(&req, &s), TERN_EAGAIN);
    OK(tern_barrier(c));                            /* nobody has sent before */
    OK(tern_send(c, &rank, 1, MPI_INT, right, 11)); /* the receive is posted */
    OK(tern_wait(&req, &s, tern_after(60)));
    CU_ASSERT_EQUAL(x, left);
}

/* A synchronous send that nobody takes in time: the buffer is free again, the message comes later.
 */
static void late_send(void)
{
    int x = rank, got = -1;

    IS(tern_ssend_until(c, &x, 1, MPI_INT, right, 12, tern_after(0.01)), TERN_ETIMEDOUT);
    x = -5;
    OK(tern_barrier(c));
    OK(tern_recv(c, &got, 1, MPI_INT, left, 12, NULL));
    CU_ASSERT_EQUAL(got, left);
    OK(tern_barrier(c));
    OK(tern_send_until(c, &rank, 1, MPI_INT, MPI_PROC_NULL, 12, tern_after(60)));
}

static void cancelled(void)
{
    tern_req req;
    int x = 0;

    OK(tern_irecv(c, &x, 1, MPI_INT, left, 13, &req));
    OK(tern_cancel(&req));
    IS(tern_wait(&req, NULL, tern_after(60)), TERN_ECANCELED);
    IS(tern_cancel(&req), TERN_EINVAL);
    OK(tern_wait(&req, NULL, TERN_NOW)); /* inactive: returns at once */
}

static void some_and_any(void)
{
    enum { N = 6 };
    tern_req reqs[2 * N];
    size_t done, index, indices[2 * N], seen = 0;
    tern_status s[2 * N];
    int got[N];

    for (int i = 0; i < N; i++)
        OK(tern_irecv(c, &got[i], 1, MPI_INT, left, 20 + i, &reqs[i]));
    IS(tern_testany(N, reqs, &index, s), TERN_EAGAIN);
    CU_ASSERT_EQUAL(index, N);
    IS(tern_testsome(N, reqs, &done, indices, s), TERN_EAGAIN);
    IS(tern_testall(N, reqs, NULL), TERN_EAGAIN);
    OK(tern_barrier(c));
    for (int i = 0; i < N; i++)
        OK(tern_isend(c, &(int){rank * 100 + i}, 1, MPI_INT, right, 20 + i, &reqs[N + i]));
    OK(tern_waitany(N, reqs, &index, s, tern_after(60)));
    CU_ASSERT_FATAL(index < N);
    CU_ASSERT_EQUAL(s[0].tag, 20 + (int)index);
    for (seen = 1; seen < N; seen += done) {
        OK(tern_waitsome(N, reqs, &done, indices, s, tern_after(60)));
        CU_ASSERT_FATAL(done > 0);
        for (size_t i = 0; i < done; i++)
            CU_ASSERT_EQUAL(s[i].tag, 20 + (int)indices[i]);
    }
    OK(tern_waitany(N, reqs, &index, s, TERN_FOREVER));
    CU_ASSERT_EQUAL(index, N); /* none is active */
    OK(tern_waitall(2 * N, reqs, NULL, tern_after(60)));
    for (int i = 0; i < N; i++)
        CU_ASSERT_EQUAL(got[i], left * 100 + i);
    OK(tern_testall(2 * N, reqs, NULL));
}

static void sendrecv(void)
{
    tern_status s;

    for (int k = 0; k < LENGTHS; k++) {
        fill(out, lengths[k], k);
        OK(tern_sendrecv(c, out, lengths[k], MPI_INT, right, 1, in, MOST, MPI_INT, left, 1, &s));
        expect(in, lengths[k], k, &s, 1);
    }
}

/* The layer's messages and those of plain MPI do not meet, though ranks and tags are the same. */
static void mixes_with_mpi(void)
{
    int plain = -1, ours = -1, mine[2] = {rank, rank + 1000};
    MPI_Request request;
    tern_req req;

    MPI_Isend(&mine[0], 1, MPI_INT, right, 1, MPI_COMM_WORLD, &request);
    OK(tern_isend(c, &mine[1], 1, MPI_INT, right, 1, &req));
    OK(tern_recv(c, &ours, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, NULL));
    MPI_Recv(&plain, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    OK(tern_wait(&req, NULL, TERN_FOREVER));
    CU_ASSERT_EQUAL(plain, left);
    CU_ASSERT_EQUAL(ours, left + 1000);
    int equal;
    MPI_Comm_compare(tern_comm_raw(c), MPI_COMM_WORLD, &equal);
    CU_ASSERT_EQUAL(equal, MPI_CONGRUENT);
}

static void bad_arguments(void)
{
    int x = 0;

    IS(tern_send(c, &x, 1, MPI_INT, size, 0), TERN_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "test_msg.c:"));
    IS(tern_send(c, &x, 1, MPI_INT, -7, 0), TERN_EINVAL);
    IS(tern_ssend(c, &x, 1, MPI_INT, right, -3), TERN_EINVAL);
    IS(tern_recv(c, &x, 1, MPI_INT, size, 0, NULL), TERN_EINVAL);
    IS(tern_recv(c, in, MOST, MPI_INT, size, 0, NULL), TERN_EINVAL);
    tern_req req;
    IS(tern_isend(c, &x, 1, MPI_INT, size + 5, 0, &req), TERN_EINVAL);
    OK(tern_wait(&req, NULL, TERN_NOW)); /* was never started */
    OK(tern_send(c, &x, 1, MPI_INT, MPI_PROC_NULL, 0));
    tern_status s;
    OK(tern_recv(c, &x, 1, MPI_INT, MPI_PROC_NULL, MPI_ANY_TAG, &s));
    CU_ASSERT_EQUAL(s.bytes, 0);
    CU_ASSERT_EQUAL(s.source, MPI_PROC_NULL);
}

static void collectives(void)
{
    int x = rank, sum = 0, all[64], root = rank == size - 1 ? 4711 : 0;

    OK(tern_allreduce(c, &x, &sum, 1, MPI_INT, MPI_SUM));
    CU_ASSERT_EQUAL(sum, size * (size - 1) / 2);
    OK(tern_allreduce(c, MPI_IN_PLACE, &x, 1, MPI_INT, MPI_MAX));
    uint64_t wide = tern_rank(c) == 0 ? UINT64_MAX : 7, least; /* which MPICH takes for -1 */
    OK(tern_allreduce(c, &wide, &least, 1, MPI_UINT64_T, MPI_MIN));
    CU_ASSERT_EQUAL(least, tern_size(c) > 1 ? 7 : UINT64_MAX);
    OK(tern_allreduce(c, MPI_IN_PLACE, &wide, 1, MPI_UINT64_T, MPI_MAX));
    CU_ASSERT_EQUAL(wide, UINT64_MAX);
    CU_ASSERT_EQUAL(x, size - 1);
    OK(tern_bcast(c, &root, 1, MPI_INT, size - 1));
    CU_ASSERT_EQUAL(root, 4711);
    if (size <= 64) {
        OK(tern_allgather(c, &rank, all, 1, MPI_INT));
        for (int r = 0; r < size; r++)
            CU_ASSERT_EQUAL(all[r], r);
    }
    OK(tern_barrier_until(c, tern_after(60)));
    IS(tern_bcast(c, &root, 1, MPI_INT, size), TERN_EINVAL);
    MPI_Request request;
    MPI_Iscan(&rank, &sum, 1, MPI_INT, MPI_SUM, tern_comm_raw(c), &request);
    OK(tern_wait_mpi(c, &request, "scan", tern_after(60)));
    CU_ASSERT_EQUAL(sum, rank * (rank + 1) / 2);
}

static void agreement(void)
{
    int last = size - 1;

    IS(tern_agree(c, TERN_OK), TERN_OK);
    IS(tern_agree(c, TERN_CLOSED), TERN_CLOSED);
    int mine = rank == last ? tern_fail(TERN_EIO, NULL, "disk %d is full", rank) : TERN_OK;
    IS(tern_agree(c, mine), rank == last ? TERN_EIO : TERN_EPEER);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "is full"));
}

/* Each rank of a node sees the others; a second communicator does not meet the first. */
static void communicators(void)
{
    MPI_Comm half;
    tern_comm *h = NULL;
    int node;

    MPI_Comm_size(tern_comm_node(c), &node);
    CU_ASSERT(node >= 1 && node <= size);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half);
    OK(tern_comm_wrap(half, &h));
    MPI_Comm_free(&half); /* the layer has its own */
    CU_ASSERT_EQUAL(tern_size(h), (size + 1 - rank % 2) / 2);
    int sum = 0, one = 1;
    OK(tern_allreduce(h, &one, &sum, 1, MPI_INT, MPI_SUM));
    CU_ASSERT_EQUAL(sum, tern_size(h));
    IS(tern_recv_until(h, &sum, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, NULL, TERN_NOW),
       TERN_ETIMEDOUT);
    tern_comm_free(h);
    tern_comm_free(NULL);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"blocking_modes", blocking_modes},
        {"nonblocking_modes", nonblocking_modes},
        {"ready_nonblocking", ready_nonblocking},
        {"persistent_modes", persistent_modes},
        {"partitioned", partitioned},
        {"unknown_size", unknown_size},
        {"unknown_size_of_no_whole_element", unknown_size_of_no_whole_element},
        {"truncated_is_kept", truncated_is_kept},
        {"lengths_alternate", lengths_alternate},
        {"gaps", gaps},
        {"late", late},
        {"late_send", late_send},
        {"cancelled", cancelled},
        {"some_and_any", some_and_any},
        {"sendrecv", sendrecv},
        {"mixes_with_mpi", mixes_with_mpi},
        {"bad_arguments", bad_arguments},
        {"collectives", collectives},
        {"agreement", agreement},
        {"communicators", communicators},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"msg", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
