/* SPDX-License-Identifier: BSD-3-Clause */
/* The thin layer with MPI_THREAD_MULTIPLE. */
#include "msg/msg.h"

#include "support/mpitap.h"

static tern_comm *c;
static int threads; /* the level that MPI provides */

static int setup(void)
{
    return tern_comm_wrap(MPI_COMM_WORLD, &c);
}

static int teardown(void)
{
    tern_comm_free(c);
    return 0;
}

/* The messages of one thread to the next rank, on a tag of its own.  Every third does not fit at
 * first, so the list of those kept is busy.  Returns how many went wrong. */
static int talk(int tag)
{
    enum { ROUNDS = 300 };
    int rank = tern_rank(c), size = tern_size(c), bad = 0;
    int left = (rank + size - 1) % size, right = (rank + 1) % size;

    for (int i = 0; i < ROUNDS; i++) {
        int sent[2] = {rank, i}, got[2] = {-1, -1};
        tern_req req;
        bool ok = tern_isend(c, sent, 2, MPI_INT, right, tag, &req) == TERN_OK;
        if (i % 3 == 0)
            ok &= tern_recv(c, got, 1, MPI_INT, left, tag, NULL) == TERN_ETRUNC;
        ok &= tern_recv(c, got, 2, MPI_INT, left, tag, NULL) == TERN_OK;
        ok &= tern_wait(&req, NULL, TERN_FOREVER) == TERN_OK;
        bad += !ok || got[0] != left || got[1] != i;
    }
    return bad;
}

static void two_threads(void)
{
    int bad = 0;

    if (threads < MPI_THREAD_MULTIPLE)
        MPITAP_SKIP("this MPI does not provide MPI_THREAD_MULTIPLE");
#pragma omp parallel for num_threads(2) schedule(static, 1) reduction(+ : bad)
    for (int tag = 0; tag < 2; tag++)
        bad += talk(tag);
    CU_ASSERT_EQUAL(bad, 0);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"two_threads", two_threads},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"msg", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &threads);
    return mpitap_main(&argc, &argv, suites);
}
