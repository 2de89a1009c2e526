/* SPDX-License-Identifier: BSD-3-Clause */
/* The edges of the thin layer: what a program does seldom, or wrongly.
 * Messages go round a ring, as in test_msg.c. */
#include "msg/msg.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static tern_comm *c, *forgotten;
static int rank, size, left, right;

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &c) || tern_comm_wrap(MPI_COMM_WORLD, &forgotten))
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

static void inactive_requests(void)
{
    tern_req none[2] = {{0}, {0}};
    size_t n = 9;

    OK(tern_wait(&none[0], NULL, TERN_NOW));
    OK(tern_test(&none[0], NULL));
    OK(tern_waitall(2, none, NULL, TERN_NOW));
    OK(tern_waitany(2, none, &n, NULL, TERN_NOW));
    CU_ASSERT_EQUAL(n, 2);
    IS(tern_start(&none[0]), TERN_EINVAL);
    IS(tern_cancel(&none[0]), TERN_EINVAL);
    OK(tern_req_free(&none[0]));
}

/* A wait that was late, or a test, may be repeated without losing what the first has told. */
static void statuses_stay(void)
{
    tern_req reqs[3];
    tern_status s[2];
    int got[2], error;

    OK(tern_irecv(c, &got[0], 1, MPI_INT, left, 1, &reqs[0]));
    OK(tern_irecv(c, &got[1], 1, MPI_INT, left, 2, &reqs[1]));
    OK(tern_isend(c, &rank, 1, MPI_INT, right, 1, &reqs[2]));
    OK(tern_wait(&reqs[2], NULL, TERN_FOREVER));
    for (s[0].tag = -7; s[0].tag == -7;)
        IS(tern_testall(2, reqs, s), TERN_EAGAIN);
    OK(tern_barrier(c));
    OK(tern_send(c, &rank, 1, MPI_INT, right, 2));
    do
        error = tern_waitall(2, reqs, s, TERN_NOW);
    while (error == TERN_ETIMEDOUT);
    OK(error);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(s[i].source, left);
        CU_ASSERT_EQUAL(s[i].tag, i + 1);
        CU_ASSERT_EQUAL(s[i].bytes, sizeof(int));
    }
}

/* Two ints that are sent in the other order: no gaps, and yet no bytes to copy. */
static MPI_Datatype swapped(void)
{
    MPI_Datatype type;

    MPI_Type_indexed(2, (int[]){1, 1}, (int[]){1, 0}, MPI_INT, &type);
    MPI_Type_commit(&type);
    return type;
}

static void permuted_type(void)
{
    MPI_Datatype type = swapped();
    int pair[4] = {1, 2, 3, 4};

    for (int way = 0; way < 3; way++) {
        int got[4] = {0}, *fresh = got;
        size_t n = 2;
        tern_req req;
        OK(tern_isend(c, pair, 4, MPI_INT, right, 1, &req));
        if (way == 1)
            IS(tern_recv(c, got, 1, MPI_INT, left, 1, NULL), TERN_ETRUNC);
        if (way == 2) {
            OK(tern_recv_alloc(c, (void **)&fresh, &n, type, left, 1, NULL));
        } else {
            OK(tern_recv(c, got, 2, type, left, 1, NULL));
        }
        CU_ASSERT_EQUAL(n, 2);
        CU_ASSERT(fresh[0] == 2 && fresh[1] == 1 && fresh[2] == 4 && fresh[3] == 3);
        if (way == 2)
            tern_free(fresh);
        OK(tern_wait(&req, NULL, TERN_FOREVER));
    }
    MPI_Type_free(&type);
}

/* One int and a gap of one; and the same with its int before the address that is passed. */
static void types_with_bounds(void)
{
    MPI_Datatype gap, before;
    int got[10], sent[4] = {5, 6, 7, 8};
    tern_status s;

    MPI_Type_create_resized(MPI_INT, 0, 8, &gap);
    MPI_Type_create_hindexed(1, (int[]){1}, (MPI_Aint[]){-4}, MPI_INT, &before);
    MPI_Type_commit(&gap);
    MPI_Type_commit(&before);
    for (int kept = 0; kept < 2; kept++) {
        tern_req reqs[2];
        memset(got, 0, sizeof(got));
        OK(tern_isend(c, sent, 4, MPI_INT, right, 1, &reqs[0]));
        OK(tern_isend(c, sent, 2, MPI_INT, right, 2, &reqs[1]));
        if (kept) {
            IS(tern_recv(c, got, 1, MPI_INT, left, 1, &s), TERN_ETRUNC);
            IS(tern_recv(c, got, 1, MPI_INT, left, 2, &s), TERN_ETRUNC);
        }
        OK(tern_recv(c, got, 5, gap, left, 1, &s)); /* room for one more */
        CU_ASSERT_EQUAL(s.bytes, 16);
        for (int i = 0; i < 10; i++)
            CU_ASSERT_EQUAL(got[i], i % 2 == 0 && i < 8 ? sent[i / 2] : 0);
        memset(got, 0, sizeof(got));
        OK(tern_recv(c, &got[1], 2, before, left, 2, &s));
        CU_ASSERT(got[0] == 5 && got[1] == 6 && got[2] == 0);
        OK(tern_waitall(2, reqs, NULL, TERN_FOREVER));
    }
    MPI_Type_free(&gap);
    MPI_Type_free(&before);
}

/* What was kept comes before all else, also where it does not fit again. */
static void kept_and_requests(void)
{
    int sent[3] = {1, 2, 3}, got[3] = {0};
    tern_req reqs[3], again;
    tern_status s;

    OK(tern_isend(c, sent, 3, MPI_INT, right, 1, &reqs[0]));
    OK(tern_isend(c, sent, 1, MPI_INT, right, 1, &reqs[1]));
    OK(tern_recv_init(c, got, 3, MPI_INT, left, 1, &again));
    IS(tern_recv(c, got, 1, MPI_INT, left, 1, &s), TERN_ETRUNC);
    IS(tern_irecv(c, got, 2, MPI_INT, left, 1, &reqs[2]), TERN_ETRUNC);
    OK(tern_wait(&reqs[2], NULL, TERN_NOW)); /* inactive: it was never started */
    IS(tern_cancel(&reqs[2]), TERN_EINVAL);
    IS(tern_start(&again), TERN_EINVAL);
    OK(tern_irecv(c, got, 3, MPI_INT, left, 1, &reqs[2]));
    OK(tern_wait(&reqs[2], &s, TERN_NOW));
    CU_ASSERT(s.bytes == sizeof(got) && got[2] == 3);
    OK(tern_start(&again));
    OK(tern_wait(&again, &s, TERN_FOREVER));
    CU_ASSERT_EQUAL(s.bytes, sizeof(int));
    OK(tern_req_free(&again));
    OK(tern_waitall(2, reqs, NULL, TERN_FOREVER));
}

/* A short header, and then more than is expected after it. */
static void long_after_short(void)
{
    enum { LONG = 3 << 20 };
    static char sent[LONG], got[LONG];

    for (int known = 0; known < 2; known++) {
        tern_req reqs[2];
        void *fresh = NULL;
        size_t n = 0;
        memset(sent, 'a' + known, LONG);
        OK(tern_isend(c, &rank, 1, MPI_INT, right, 1, &reqs[0]));
        OK(tern_isend(c, sent, LONG, MPI_CHAR, right, 2, &reqs[1]));
        OK(tern_recv(c, &n, 1, MPI_INT, left, 1, NULL));
        if (known) {
            OK(tern_recv(c, got, LONG, MPI_CHAR, left, 2, NULL));
            CU_ASSERT_EQUAL(memcmp(got, sent, LONG), 0);
        } else {
            OK(tern_recv_alloc(c, &fresh, &n, MPI_CHAR, left, 2, NULL));
            CU_ASSERT(n == LONG && memcmp(fresh, sent, LONG) == 0);
            tern_free(fresh);
        }
        OK(tern_waitall(2, reqs, NULL, TERN_FOREVER));
    }
}

static void null_buffers(void)
{
    tern_req reqs[2];
    tern_status s;
    void *none = &s;
    size_t n = 9;

    for (int mode = 0; mode < TERN_READY; mode++) {
        OK(tern_isend_mode(c, (tern_mode)mode, NULL, 0, MPI_INT, right, 1, &reqs[0], TERN_HERE));
        OK(tern_recv(c, NULL, 0, MPI_DOUBLE, left, 1, NULL));
        OK(tern_wait(&reqs[0], NULL, TERN_FOREVER));
    }
    OK(tern_isend(c, NULL, 0, MPI_INT, right, 1, &reqs[0]));
    OK(tern_recv_alloc(c, &none, &n, MPI_INT, left, 1, NULL));
    CU_ASSERT(none == NULL && n == 0);
    OK(tern_wait(&reqs[0], NULL, TERN_FOREVER));
    OK(tern_bcast(c, NULL, 0, MPI_INT, 0));
    OK(tern_allreduce(c, NULL, NULL, 0, MPI_INT, MPI_SUM));
    OK(tern_allgather(c, NULL, NULL, 0, MPI_INT));
    OK(tern_isend(c, &rank, 1, MPI_INT, right, 1, &reqs[0]));
    IS(tern_recv(c, NULL, 1, MPI_INT, left, 1, NULL), TERN_EINVAL);
    IS(tern_send(c, NULL, 1, MPI_INT, right, 1), TERN_EINVAL);
    IS(tern_send_until(c, NULL, 1, MPI_INT, right, 1, TERN_FOREVER), TERN_EINVAL);
    OK(tern_recv(c, &n, 1, MPI_INT, left, 1, NULL)); /* nothing was lost */
    OK(tern_wait(&reqs[0], NULL, TERN_FOREVER));
    IS(tern_send(c, &n, 1, MPI_DATATYPE_NULL, right, 1), TERN_EINVAL);
}

static void nobody(void)
{
    int x = 4;
    tern_req reqs[4];
    tern_status s;
    void *none = &s;
    size_t n = 9;

    for (int mode = 0; mode < TERN_MODES; mode++) {
        OK(tern_send_mode(c, (tern_mode)mode, &x, 1, MPI_INT, MPI_PROC_NULL, 1, TERN_HERE));
        OK(tern_isend_mode(c, (tern_mode)mode, &x, 1, MPI_INT, MPI_PROC_NULL, 1, &reqs[0],
                           TERN_HERE));
        OK(tern_send_mode_init(c, (tern_mode)mode, &x, 1, MPI_INT, MPI_PROC_NULL, 1, &reqs[1],
                               TERN_HERE));
        OK(tern_start(&reqs[1]));
        OK(tern_waitall(2, reqs, NULL, TERN_FOREVER));
        OK(tern_req_free(&reqs[1]));
    }
    OK(tern_sendrecv(c, &x, 1, MPI_INT, MPI_PROC_NULL, 1, &x, 1, MPI_INT, MPI_PROC_NULL, 1, &s));
    CU_ASSERT_EQUAL(s.bytes, 0);
    OK(tern_irecv(c, &x, 1, MPI_INT, MPI_PROC_NULL, 1, &reqs[2]));
    OK(tern_wait(&reqs[2], &s, TERN_FOREVER));
    CU_ASSERT(s.source == MPI_PROC_NULL && s.bytes == 0);
    OK(tern_probe(c, MPI_PROC_NULL, 1, &s));
    OK(tern_recv_alloc(c, &none, &n, MPI_INT, MPI_PROC_NULL, 1, &s));
    CU_ASSERT(none == NULL && n == 0 && x == 4);
}

static void wrong_communicators(void)
{
    MPI_Comm half, inter;
    tern_comm *w = NULL;

    IS(tern_comm_wrap(MPI_COMM_NULL, &w), TERN_EINVAL);
    if (size < 2)
        return;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - rank % 2, 4, &inter);
    IS(tern_comm_wrap(inter, &w), TERN_EINVAL);
    CU_ASSERT_PTR_NULL(w);
    MPI_Comm_free(&inter);
    MPI_Comm_free(&half);
}

static void past_deadlines(void)
{
    int x = 0;

    for (size_t room = 1; room <= 100000; room += 99999) { /* copied, and probed */
        char *buf = malloc(room);
        IS(tern_recv_until(c, buf, room, MPI_BYTE, left, 9, NULL, tern_after(-5)), TERN_ETIMEDOUT);
        IS(tern_recv_until(c, buf, room, MPI_BYTE, left, 9, NULL, -1e300), TERN_ETIMEDOUT);
        free(buf);
    }
    IS(tern_barrier(c), TERN_OK);
    OK(tern_send_until(c, &x, 1, MPI_INT, MPI_PROC_NULL, 9, tern_after(-5)));
}

static void collectives(void)
{
    int *all = calloc((size_t)size, sizeof(*all));

    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    all[rank] = rank * 3;
    OK(tern_allgather(c, MPI_IN_PLACE, all, 1, MPI_INT));
    for (int r = 0; r < size; r++)
        CU_ASSERT_EQUAL(all[r], r * 3);
    free(all);
}

/* Every rank keeps its own error; those that had none learn the lowest rank's. */
static void many_errors(void)
{
    static const int errors[] = {TERN_OK, TERN_EIO, TERN_ENOMEM, TERN_EPEER};
    int mine = errors[rank % 4];

    if (mine != TERN_OK)
        mine = tern_fail(mine, NULL, "rank %d is ill", rank);
    int agreed = tern_agree(c, mine);
    CU_ASSERT_EQUAL(agreed, mine != TERN_OK || size == 1 ? mine : TERN_EPEER);
    if (agreed == TERN_EPEER && mine == TERN_OK)
        CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "rank 1 is ill"));
}

/* What may still be called when MPI has ended. */
static int after_the_end(void)
{
    tern_comm *w = NULL;

    tern_comm_free(forgotten);
    return tern_init(NULL, NULL) != TERN_EINVAL || tern_finalize() != TERN_EINVAL
           || tern_finalize() != TERN_EINVAL || tern_comm_wrap(MPI_COMM_WORLD, &w) != TERN_EINVAL;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"inactive_requests", inactive_requests},
        {"statuses_stay", statuses_stay},
        {"permuted_type", permuted_type},
        {"types_with_bounds", types_with_bounds},
        {"kept_and_requests", kept_and_requests},
        {"long_after_short", long_after_short},
        {"null_buffers", null_buffers},
        {"nobody", nobody},
        {"wrong_communicators", wrong_communicators},
        {"past_deadlines", past_deadlines},
        {"collectives", collectives},
        {"many_errors", many_errors},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"msg", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    int before = tern_finalize() != TERN_EINVAL || tern_comm_wrap(MPI_COMM_WORLD, &c) == TERN_OK
                 || tern_world() != NULL;
    int failed = mpitap_main(&argc, &argv, suites);
    return before || after_the_end() || failed;
}
