/* SPDX-License-Identifier: BSD-3-Clause */
/* The stencil of the Parallel Research Kernels: its norm is known. */
#include <math.h>

#include "stencil/stencil.h"
#include "support/mpitap.h"

static tern_comm *comm;

/* How far the norm is from what it should be after so many iterations, in two runs. */
static double wrong(const tern_prk_spec *spec, int64_t iterations)
{
    tern_prk *k = NULL;
    double norm = 0, expected = 0;

    CU_ASSERT_EQUAL_FATAL(tern_prk_open(comm, spec, &k), TERN_OK);
    CU_ASSERT_EQUAL(tern_prk_run(k, iterations / 3), TERN_OK);
    CU_ASSERT_EQUAL(tern_prk_run(k, iterations - iterations / 3), TERN_OK);
    CU_ASSERT_EQUAL(tern_prk_norm(k, &norm, &expected), TERN_OK);
    CU_ASSERT_EQUAL(expected, 2.0 * (double)iterations);
    tern_prk_close(k);
    return fabs(norm - expected) / expected;
}

static void norms(void)
{
    static const int blocks[] = {0, 1, 2, 5, 64};
    static const int64_t sizes[] = {9, 40, 301}, tiles[] = {0, 8, 64};

    for (int radius = 1; radius <= 4; radius++)
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 9; j++) {
                const tern_prk_spec spec = {
                    .size = sizes[j % 3],
                    .radius = radius,
                    .block = blocks[i],
                    .tile = tiles[j / 3],
                    .halo = j % 2 == 0 ? "isend" : "shared-copy",
                };
                CU_ASSERT(wrong(&spec, 7 + 3 * j) < 1e-12);
            }
}

/* Operations as the Parallel Research Kernels count them. */
static void operations(void)
{
    tern_prk *k = NULL;
    const tern_prk_spec spec = {.size = 100, .radius = 2, .halo = "isend"};

    CU_ASSERT_EQUAL_FATAL(tern_prk_open(comm, &spec, &k), TERN_OK);
    CU_ASSERT_EQUAL(tern_prk_flops(k), 19.0 * 96 * 96);
    tern_prk_close(k);
}

static void refused(void)
{
    static const tern_prk_spec specs[] = {
        {.size = 100, .radius = 0, .halo = "isend"},
        {.size = 100, .radius = 5, .halo = "isend"},
        {.size = 8, .radius = 4, .halo = "isend"},
        {.size = 100, .radius = 1, .block = 65, .halo = "isend"},
        {.size = 100, .radius = 1, .halo = "no such mode"},
    };

    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
        tern_prk *k = NULL;
        CU_ASSERT_EQUAL(tern_prk_open(comm, &specs[i], &k), TERN_EINVAL);
        CU_ASSERT_PTR_NULL(k);
    }
}

static int open_comm(void)
{
    return tern_comm_wrap(MPI_COMM_WORLD, &comm);
}

static int close_comm(void)
{
    tern_comm_free(comm);
    return 0;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"norms", norms},
        {"operations", operations},
        {"refused", refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"prk", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
