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

/* Messages between nodes in an exchange. */
static int crossing(const tern_grid *g, const int *node, const int *block)
{
    int *owner = calloc((size_t)g->ranks, sizeof(*owner)), n = 0;

    for (int r = 0; r < g->ranks; r++)
        owner[block[r]] = node[r];
    for (int i = 0; i < g->ranks; i++) {
        int at[3] = {i % g->parts[0], i / g->parts[0] % g->parts[1], i / g->parts[0] / g->parts[1]};
        for (int d = 0; d < 3; d++)
            for (int side = -1; side <= 1; side += 2) {
                int to[3] = {at[0], at[1], at[2]};
                to[d] += side;
                if (g->periodic[d])
                    to[d] = (to[d] + g->parts[d]) % g->parts[d];
                if (to[d] >= 0 && to[d] < g->parts[d])
                    n += owner[to[0] + g->parts[0] * (to[1] + g->parts[1] * to[2])] != owner[i];
            }
    }
    free(owner);
    return n;
}

static bool is_permutation(const int *block, int n)
{
    char *seen = calloc((size_t)n, 1);
    bool good = true;

    for (int i = 0; i < n; i++)
        good = good && block[i] >= 0 && block[i] < n && seen[block[i]]++ == 0;
    free(seen);
    return good;
}

/* Bricks, whatever order the ranks are in: the fewest messages that there can be. */
static void order(void)
{
    static const struct {
        int dims, parts[3], nodes, fewest;
        bool periodic;
    } cases[] = {
        {2, {4, 4, 1}, 4, 16, false}, {2, {4, 4, 1}, 4, 32, true},  {2, {8, 8, 1}, 4, 32, false},
        {3, {4, 4, 4}, 8, 96, false}, {1, {12, 1, 1}, 3, 4, false}, {2, {1, 16, 1}, 4, 6, false},
        {3, {2, 2, 2}, 1, 0, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int map = 0; map < 3; map++) {
            tern_grid wanted = {.dims = cases[i].dims}, g;
            int node[64], block[64], n = 1;
            for (int d = 0; d < wanted.dims; d++) {
                wanted.parts[d] = cases[i].parts[d];
                wanted.size[d] = 32 * (int64_t)wanted.parts[d];
                wanted.periodic[d] = cases[i].periodic;
                n *= wanted.parts[d];
            }
            CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, n, &g), TERN_OK);
            for (int r = 0; r < n; r++) /* in blocks, in turn, from the end */
                node[r] = map == 0   ? r / (n / cases[i].nodes)
                          : map == 1 ? r % cases[i].nodes
                                     : 7 * ((n - 1 - r) / (n / cases[i].nodes));
            CU_ASSERT_EQUAL(tern_grid_order(&g, node, block), TERN_OK);
            CU_ASSERT(is_permutation(block, n));
            CU_ASSERT_EQUAL(crossing(&g, node, block), cases[i].fewest);
        }
}

/* Nodes of any sizes: never more between nodes than if the ranks stay in the order of their nodes,
 * when all messages weigh the same. */
static void order_of_any_nodes(void)
{
    int wrong = 0;

    for (uint64_t i = 0; i < 300; i++) {
        tern_grid wanted = {.dims = 2, .periodic = {i % 2 != 0, i % 3 == 0}}, g;
        int node[64], block[64], as_they_are[64], n = (int)draw(i, 40, 1, 60);
        for (int r = 0, now = 0; r < n; r++) {
            now += draw(i, 50 + (uint64_t)r, 0, 4) == 0;
            node[r] = now;
            as_they_are[r] = r;
        }
        wanted.parts[0] = 1;
        for (int d = 2; d <= n; d++)
            if (n % d == 0 && d * d <= n)
                wanted.parts[0] = d;
        wanted.parts[1] = n / wanted.parts[0];
        for (int d = 0; d < 2; d++)
            wanted.size[d] = 8 * (int64_t)wanted.parts[d];
        if (tern_grid_split(&wanted, n, &g) < 0 || tern_grid_order(&g, node, block) < 0)
            wrong++;
        else if (!is_permutation(block, n)
                 || crossing(&g, node, block) > crossing(&g, node, as_they_are))
            wrong++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void ordered_comm(void)
{
    tern_grid wanted = {.dims = 2, .size = {40, 40}}, g;
    tern_comm *c, *ordered;

    CU_ASSERT_EQUAL_FATAL(tern_comm_wrap(MPI_COMM_WORLD, &c), TERN_OK);
    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, tern_size(c), &g), TERN_OK);
    CU_ASSERT_EQUAL_FATAL(tern_grid_comm(c, &g, &ordered), TERN_OK);
    CU_ASSERT_EQUAL(tern_size(ordered), tern_size(c));
    tern_comm_free(ordered);
    g.ranks++;
    CU_ASSERT_EQUAL(tern_grid_comm(c, &g, &ordered), TERN_EINVAL);
    tern_comm_free(c);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"random_grids", random_grids},
        {"choice", choice},
        {"parts_by_the_user", parts_by_the_user},
        {"refused", refused},
        {"beyond_32_bits", beyond_32_bits},
        {"order", order},
        {"order_of_any_nodes", order_of_any_nodes},
        {"ordered_comm", ordered_comm},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"split", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
