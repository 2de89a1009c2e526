/* SPDX-License-Identifier: BSD-3-Clause */
/* Merge, selection, unique and counts, against the whole sequence sorted by qsort(). */
#include "sort/sort.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

enum { TOTAL = 2003, VALUES = 300 };

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static uint32_t key_at(uint64_t i)
{
    return (uint32_t)(tern_random(7, 0, i) % VALUES) * 1000;
}

typedef struct data {
    tern_comm *c;
    tern_record_layout layout;
    uint32_t all[TOTAL]; /* sorted */
    void *keys;          /* this rank's */
    size_t n;
} data;

static data make(enum tern_filling filling)
{
    data d = {.c = tern_world(), .layout = tern_key_layout(TERN_U32)};
    uint64_t first;

    tern_fill(filling, TOTAL, tern_size(d.c), tern_rank(d.c), &first, &d.n);
    uint32_t *keys = d.keys = tern_alloc(d.n * sizeof(*keys) + 1);
    for (size_t i = 0; i < d.n; i++)
        keys[i] = key_at(first + i);
    for (size_t i = 0; i < TOTAL; i++)
        d.all[i] = key_at(i);
    qsort(d.all, TOTAL, sizeof(d.all[0]), compare);
    return d;
}

static void merge(void)
{
    for (int f = 0; f < TERN_FILLINGS; f++) {
        data d = make((enum tern_filling)f);
        qsort(d.keys, d.n, sizeof(uint32_t), compare);
        CU_ASSERT_EQUAL(tern_merge(d.c, &d.layout, &d.keys, &d.n, NULL), TERN_OK);
        uint64_t first;
        size_t n;
        tern_fill(TERN_EVEN, TOTAL, tern_size(d.c), tern_rank(d.c), &first, &n);
        CU_ASSERT_EQUAL_FATAL(d.n, n);
        CU_ASSERT_EQUAL(memcmp(d.keys, d.all + first, n * sizeof(uint32_t)), 0);
        if (tern_rank(d.c) == 0)
            ((uint32_t *)d.keys)[0] = UINT32_MAX;
        CU_ASSERT(tern_merge(d.c, &d.layout, &d.keys, &d.n, NULL) < 0);
        tern_free(d.keys);
    }
}

static void nth(void)
{
    static const uint64_t places[] = {0, TOTAL - 1, 1000, 7, 1000};
    uint32_t out[5], first;

    for (int f = 0; f < TERN_FILLINGS; f++) {
        data d = make((enum tern_filling)f);
        CU_ASSERT_EQUAL(tern_nth(d.c, &d.layout, d.keys, d.n, places, 5, false, out), TERN_OK);
        for (size_t i = 0; i < 5; i++)
            CU_ASSERT_EQUAL(out[i], d.all[places[i]]);
        CU_ASSERT_EQUAL(tern_nth(d.c, &d.layout, d.keys, d.n, places, 1, true, &first), TERN_OK);
        CU_ASSERT_EQUAL(first, d.all[TOTAL - 1]);
        uint64_t beyond = TOTAL;
        CU_ASSERT_EQUAL(tern_nth(d.c, &d.layout, d.keys, d.n, &beyond, 1, true, &first),
                        TERN_EINVAL);
        tern_free(d.keys);
    }
}

static void top(void)
{
    static const size_t ks[] = {0, 1, 50, TOTAL + 5};

    for (int f = 0; f < TERN_FILLINGS; f++) {
        data d = make((enum tern_filling)f);
        uint32_t *out;
        size_t m;
        for (size_t i = 0; i < 4; i++) {
            void *block;
            CU_ASSERT_EQUAL_FATAL(tern_top(d.c, &d.layout, d.keys, d.n, ks[i], i % 2, &block, &m),
                                  TERN_OK);
            CU_ASSERT_EQUAL(m, ks[i] < TOTAL ? ks[i] : TOTAL);
            out = block;
            for (size_t k = 0; k < m; k++)
                CU_ASSERT_EQUAL(out[k], d.all[i % 2 ? TOTAL - 1 - k : k]);
            tern_free(block);
        }
        tern_free(d.keys);
    }
}

static void unique(void)
{
    data d = make(TERN_EVEN);
    uint64_t *counts, sums[VALUES] = {0}, want[VALUES] = {0}, mine[VALUES] = {0};

    CU_ASSERT_EQUAL(tern_sort(d.c, TERN_U32, &d.keys, &d.n, NULL), TERN_OK);
    CU_ASSERT_EQUAL_FATAL(tern_unique(d.c, &d.layout, d.keys, &d.n, &counts), TERN_OK);
    for (size_t i = 0; i < d.n; i++) {
        uint32_t value = ((uint32_t *)d.keys)[i] / 1000;
        mine[value] += counts[i] + ((uint64_t)1 << 32); /* each value once on all ranks */
        CU_ASSERT(i == 0 || value > ((uint32_t *)d.keys)[i - 1] / 1000);
    }
    CU_ASSERT_EQUAL(tern_allreduce(d.c, mine, sums, VALUES, MPI_UINT64_T, MPI_SUM), TERN_OK);
    for (size_t i = 0; i < TOTAL; i++)
        want[d.all[i] / 1000]++;
    for (size_t v = 0; v < VALUES; v++)
        CU_ASSERT_EQUAL(sums[v], want[v] > 0 ? want[v] + ((uint64_t)1 << 32) : 0);
    tern_free(counts);
    tern_free(d.keys);
}

/* One value on all ranks, and an empty rank between. */
static void unique_across_ranks(void)
{
    tern_comm *c = tern_world();
    tern_record_layout layout = tern_key_layout(TERN_U32);
    uint32_t keys[3] = {5, 5, 5};
    size_t n = tern_rank(c) % 2 ? 0 : 3;
    uint64_t *counts;

    CU_ASSERT_EQUAL_FATAL(tern_unique(c, &layout, keys, &n, &counts), TERN_OK);
    CU_ASSERT_EQUAL(n, tern_rank(c) == 0);
    if (n == 1)
        CU_ASSERT_EQUAL(counts[0], 3 * (((unsigned)tern_size(c) + 1) / 2));
    tern_free(counts);
}

static void counts_between_edges(void)
{
    static const uint32_t edges[] = {0, 1000, 5000, 5001, 250000};
    data d = make(TERN_RAMP);
    uint64_t counts[6], want[6] = {0};

    CU_ASSERT_EQUAL(tern_count_between(d.c, &d.layout, d.keys, d.n, edges, 5, counts), TERN_OK);
    for (size_t i = 0; i < TOTAL; i++) {
        size_t bin = 0;
        while (bin < 5 && d.all[i] >= edges[bin])
            bin++;
        want[bin]++;
    }
    for (size_t b = 0; b < 6; b++)
        CU_ASSERT_EQUAL(counts[b], want[b]);
    tern_free(d.keys);
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
        {"merge", merge},
        {"nth", nth},
        {"top", top},
        {"unique", unique},
        {"unique_across_ranks", unique_across_ranks},
        {"counts_between_edges", counts_between_edges},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_operations", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
