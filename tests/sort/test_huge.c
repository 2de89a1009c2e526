/* SPDX-License-Identifier: BSD-3-Clause */
/* More than 2^31 keys on one rank and in one message: TERN_TEST_HUGE=1 TEST_TIMEOUT=600, by hand,
 * as it takes some 9 GB.  Keys of 8 bits, so that counting them is a proof of its own. */
#include "sort/sort.h"

#include <stdlib.h>

#include "support/mpitap.h"

static const uint64_t TOTAL = (UINT64_C(1) << 31) + 5;

/* counts[k] of all ranks; and whether the keys of this one are in order. */
static bool count(const uint8_t *keys, size_t n, uint64_t counts[static 256])
{
    uint64_t mine[256] = {0};
    bool sorted = true;

    for (size_t i = 0; i < n; i++) {
        mine[keys[i]]++;
        sorted &= i == 0 || keys[i - 1] <= keys[i];
    }
    CU_ASSERT_EQUAL(tern_allreduce(tern_world(), mine, counts, 256, MPI_UINT64_T, MPI_SUM),
                    TERN_OK);
    return sorted;
}

/* The first key of the r-th part is the one before which so many are. */
static bool begins_right(const uint8_t *keys, uint64_t first, const uint64_t counts[static 256])
{
    uint64_t before = 0;
    int k = 0;

    while (before + counts[k] <= first)
        before += counts[k++];
    return keys[0] == k;
}

static void sort_from(enum tern_filling filling)
{
    tern_comm *c = tern_world();
    tern_generator g = {.distribution = TERN_UNIFORM, .type = TERN_U8, .seed = 1, .total = TOTAL};
    uint64_t first, before[256], after[256];
    size_t n, want;

    tern_fill(filling, TOTAL, tern_size(c), tern_rank(c), &first, &n);
    void *keys = tern_alloc(n);
    CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
    CU_ASSERT_EQUAL(tern_generate(&g, first, n, keys), TERN_OK);
    (void)count(keys, n, before);
    CU_ASSERT_EQUAL_FATAL(tern_sort(c, TERN_U8, &keys, &n, NULL), TERN_OK);
    CU_ASSERT(count(keys, n, after));
    tern_fill(TERN_EVEN, TOTAL, tern_size(c), tern_rank(c), &first, &want);
    CU_ASSERT_EQUAL(n, want);
    CU_ASSERT(begins_right(keys, first, after));
    for (int k = 0; k < 256; k++)
        CU_ASSERT_EQUAL(before[k], after[k]);
    tern_free(keys);
}

static void more_than_an_int(void)
{
    if (getenv("TERN_TEST_HUGE") == NULL)
        MPITAP_SKIP("takes 9 GB: set TERN_TEST_HUGE");
    sort_from(TERN_EVEN);
    sort_from(TERN_ONE_RANK); /* of which the first rank gets its part in one piece */
}

static int setup(void)
{
    return tern_init(NULL, NULL);
}

static int teardown(void)
{
    return tern_finalize();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"more_than_an_int", more_than_an_int},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_huge", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
