/* SPDX-License-Identifier: BSD-3-Clause */
/* A block of more than 2^31 elements, and one that begins beyond 2^31. */
#include "coll/coll.h"

#include <string.h>

#include "support/mpitap.h"

static const size_t LARGE_N = ((size_t)1 << 31) + 5, TAIL = 64;
/* The places looked at: far apart, so that the sender touches little memory, at all offsets. */
static const size_t STEP = ((size_t)1 << 24) + 4093;

static unsigned char pattern(size_t i)
{
    return (unsigned char)(tern_mix(i) | 1);
}

static void fill(unsigned char *p)
{
    for (size_t i = 0; i < LARGE_N; i += STEP)
        p[i] = pattern(i);
    for (size_t i = LARGE_N - TAIL; i < LARGE_N; i++)
        p[i] = pattern(i);
}

static size_t wrong(const unsigned char *p)
{
    size_t bad = 0;

    for (size_t i = 0; i < LARGE_N; i += STEP)
        bad += p[i] != pattern(i);
    for (size_t i = LARGE_N - TAIL; i < LARGE_N; i++)
        bad += p[i] != pattern(i);
    return bad;
}

/* Rank 0 gives rank 1 the large block; rank 1 keeps TAIL elements, behind it. */
static void one_large_block(void)
{
    tern_comm *c;
    int size;

    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size != 2)
        MPITAP_SKIP("runs at 2 ranks only");
    CU_ASSERT_EQUAL_FATAL(tern_comm_wrap(MPI_COMM_WORLD, &c), TERN_OK);
    bool sender = tern_rank(c) == 0;
    size_t out[2] = {0, sender ? LARGE_N : TAIL}, in[2] = {sender ? 0 : LARGE_N, sender ? 0 : TAIL};
    size_t got[2];
    unsigned char tail[64];
    unsigned char *p = tern_alloc(LARGE_N + TAIL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    memset(tail, 42, sizeof(tail));
    if (sender)
        fill(p);
    CU_ASSERT_EQUAL(tern_alltoall_counts(c, out, got), TERN_OK);
    CU_ASSERT_EQUAL(memcmp(got, in, sizeof(got)), 0);
    CU_ASSERT_EQUAL(tern_alltoallv(c, sender ? p : tail, out, NULL, sender ? NULL : p, in, NULL,
                                   MPI_CHAR, NULL),
                    TERN_OK);
    if (!sender) {
        CU_ASSERT_EQUAL(wrong(p), 0);
        CU_ASSERT_EQUAL(memcmp(p + LARGE_N, tail, TAIL), 0);
    }
    tern_free(p);
    tern_comm_free(c);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"one_large_block", one_large_block},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"large_blocks", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
