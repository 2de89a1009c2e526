/* SPDX-License-Identifier: BSD-3-Clause */
/* Decomposition: properties over thousands of grids. */
#include "grid/grid.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static int64_t draw(uint64_t i, uint64_t stream, int64_t least, int64_t most)
{
    return least + (int64_t)(tern_random(1, stream, i) % (uint64_t)(most - least + 1));
}

static tern_grid random_grid(uint64_t i)
{
    tern_grid g = {.dims = (int)draw(i, 0, 1, 3)};

    for (int d = 0; d < g.dims; d++) {
        g.size[d] = draw(i, 10 + (uint64_t)d, 1, g.dims == 3 ? 12 : 40);
        g.periodic[d] = draw(i, 20 + (uint64_t)d, 0, 1) != 0;
    }
    return g;
}

/* Count how often each point is in a block; true if all are in exactly one. */
static bool covers_once(const tern_grid *g)
{
    const int64_t *n = g->size;
    int64_t points = n[0] * n[1] * n[2], covered = 0;
    char *seen = calloc((size_t)points, 1);
    bool once = seen != NULL;

    for (int r = 0; r < g->ranks && once; r++) {
        tern_block b;
        tern_grid_block(g, r, &b);
        covered += tern_block_points(&b);
        for (int64_t i = 0; i < tern_block_points(&b); i++) {
            int64_t x = b.start[0] + i % b.count[0];
            int64_t y = b.start[1] + i / b.count[0] % b.count[1];
            int64_t z = b.start[2] + i / b.count[0] / b.count[1];
            once =
                once && x < n[0] && y < n[1] && z < n[2] && seen[x + n[0] * (y + n[1] * z)]++ == 0;
        }
    }
    free(seen);
    return once && covered == points;
}

static bool balanced(const tern_grid *g)
{
    for (int r = 0; r < g->ranks; r++) {
        tern_block b;
        tern_grid_block(g, r, &b);
        for (int d = 0; d < 3; d++) {
            int64_t share = g->size[d] / g->parts[d];
            if (b.count[d] != share && b.count[d] != share + 1)
                return false;
            if (g->size[d] % g->parts[d] == 0 && b.count[d] != share)
                return false;
        }
    }
    return true;
}

static void random_grids(void)
{
    int wrong = 0;

    for (uint64_t i = 0; i < 4000; i++) {
        tern_grid wanted = random_grid(i), g;
        int ranks = (int)draw(i, 1, 1, 60);

        if (tern_grid_split(&wanted, ranks, &g) != TERN_OK)
            wrong++;
        else if (g.parts[0] * g.parts[1] * g.parts[2] != ranks || g.ranks != ranks)
            wrong++;
        else if (!covers_once(&g) || !balanced(&g))
            wrong++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Rows stay whole while there are enough of them to share. */
static void choice(void)
{
    static const struct {
        int dims, ranks;
        int64_t size[3];
        int parts[3];
    } cases[] = {
        {2, 2, {8192, 8192}, {1, 2, 1}},
        {2, 4, {1024, 1024}, {1, 4, 1}},
        {2, 7, {1000, 1000}, {1, 7, 1}},
        {2, 6, {1000, 3}, {6, 1, 1}},
        {2, 4, {1000000, 1}, {4, 1, 1}},
        {2, 4, {1, 1000000}, {1, 4, 1}},
        {3, 8, {256, 256, 256}, {1, 2, 4}},
        {3, 5, {64, 64, 64}, {1, 1, 5}},
        {1, 3, {10}, {3, 1, 1}},
        {2, 1, {5, 5}, {1, 1, 1}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tern_grid wanted = {.dims = cases[i].dims}, g;
        memcpy(wanted.size, cases[i].size, sizeof(wanted.size));
        CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, cases[i].ranks, &g), TERN_OK);
        CU_ASSERT_EQUAL(g.parts[0], cases[i].parts[0]);
        if (cases[i].dims < 3) /* y and z cost the same */
            CU_ASSERT_EQUAL(g.parts[1], cases[i].parts[1]);
    }
    tern_grid huge = {.dims = 2, .size = {1 << 20, 1 << 20}}, g;
    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&huge, 1024, &g), TERN_OK);
    CU_ASSERT(g.parts[0] < g.parts[1]);
}

static void parts_by_the_user(void)
{
    tern_grid wanted = {.dims = 3, .size = {30, 20, 10}, .parts = {3, 0, 2}}, g;

    CU_ASSERT_EQUAL(tern_grid_split(&wanted, 12, &g), TERN_OK);
    CU_ASSERT_EQUAL(g.parts[0], 3);
    CU_ASSERT_EQUAL(g.parts[1], 2);
    CU_ASSERT_EQUAL(g.parts[2], 2);
    CU_ASSERT_EQUAL(tern_grid_split(&wanted, 13, &g), TERN_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "13 ranks"));
    CU_ASSERT_EQUAL(g.parts[1], 2); /* unchanged */
}

static void refused(void)
{
    static const tern_grid bad[] = {
        {.dims = 0, .size = {1, 1, 1}},
        {.dims = 4, .size = {1, 1, 1}},
        {.dims = 2, .size = {0, 5}},
        {.dims = 2, .size = {5, -1}},
        {.dims = 2, .size = {INT64_C(1) << 40, INT64_C(1) << 23}},
        {.dims = 1, .size = {INT64_MAX}},
        {.dims = 2, .size = {5, 5}, .parts = {-1, 1}},
    };
    tern_grid g;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(tern_grid_split(&bad[i], 1, &g), TERN_EINVAL);
}

/* 2^61 points: blocks that follow each other without gap to the last point. */
static void beyond_32_bits(void)
{
    tern_grid wanted = {.dims = 2, .size = {INT64_C(1) << 40, (INT64_C(1) << 21) + 5}}, g;
    int64_t next = 0;
    tern_block b;

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, 7919, &g), TERN_OK);
    for (int r = 0; r < 7919; r++) {
        int d = g.parts[0] == 1 ? 1 : 0;
        tern_grid_block(&g, r, &b);
        CU_ASSERT_EQUAL(b.start[d], next);
        CU_ASSERT_EQUAL(b.count[1 - d], g.size[1 - d]);
        next += b.count[d];
    }
    CU_ASSERT_EQUAL(next, g.size[g.parts[0] == 1 ? 1 : 0]);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"random_grids", random_grids},           {"choice", choice},
        {"parts_by_the_user", parts_by_the_user}, {"refused", refused},
        {"beyond_32_bits", beyond_32_bits},       CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"split", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
