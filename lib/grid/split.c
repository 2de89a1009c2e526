/* SPDX-License-Identifier: BSD-3-Clause */
/* Cuts a grid into blocks.  All ways to write the number of ranks as a product are tried;
 * taken is the one whose slowest rank has the cheapest step by a small cost model. */
#include "config.h"

#include "grid/grid.h"

/* Costs in units of one point update, from ../shared/field/stencil.md 3.4 (0.55 ns a point in
 * memory; 0.45 us a message; 4 ns an element of a contiguous face; a strided face besides moves a
 * whole cache line for each element, when it is packed and when it is unpacked). */
static const double message_cost = 800, contiguous_cost = 8, strided_cost = 40;

/* 2^62: indices of points, their sums and differences fit in int64_t. */
static const int64_t most_points = INT64_C(1) << 62;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What a step costs the rank with the largest block. */
static double cost(const tern_grid *g)
{
    double length[TERN_GRID_DIMS], points = 1, total;

    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        int64_t longest = (g->size[d] - 1) / g->parts[d] + 1;
        length[d] = (double)longest;
        points *= length[d];
    }
    total = points;
    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        int64_t blocks = least(g->parts[d], g->size[d]);
        double element = d == 0 ? strided_cost : contiguous_cost;
        int faces = blocks > 2 || g->periodic[d] ? 2 : 1;
        if (blocks > 1)
            total += faces * (message_cost + points / length[d] * element);
    }
    return total;
}

/* Whether the parts are those that the user wants, where he does. */
static bool as_asked(const tern_grid *g, const int *parts)
{
    for (int d = 0; d < TERN_GRID_DIMS; d++)
        if (parts[d] != 0 && parts[d] != g->parts[d])
            return false;
    return true;
}

/* The cheapest way to write the ranks as a product; best->ranks stays 0 if there is none.  Fewer
 * parts come first, so that of equal costs the one with the longest rows is kept. */
static void search(tern_grid trial, const int *parts, tern_grid *best)
{
    for (int x = 1; x <= trial.ranks; x++) {
        int rest = trial.ranks / x;
        for (int y = 1; y <= rest && x * rest == trial.ranks; y++) {
            trial.parts[0] = x;
            trial.parts[1] = y;
            trial.parts[2] = rest / y;
            if (rest % y != 0 || !as_asked(&trial, parts))
                continue;
            if (best->ranks == 0 || cost(&trial) < cost(best))
                *best = trial;
        }
    }
}

static int check(const tern_grid *g)
{
    int64_t points = 1;

    if (g->dims < 1 || g->dims > TERN_GRID_DIMS)
        return tern_fail(TERN_EINVAL, NULL, "a grid has 1, 2 or 3 dimensions, not %d", g->dims);
    for (int d = 0; d < g->dims; d++) {
        if (g->size[d] < 1)
            return tern_fail(TERN_EINVAL, NULL, "a grid needs at least 1 point in %c, not %lld",
                             "xyz"[d], (long long)g -> size[d]);
        if (g->size[d] > most_points / points)
            return tern_fail(TERN_EINVAL, NULL, "a grid has at most 2^62 points");
        points *= g->size[d];
        if (g->parts[d] < 0)
            return tern_fail(TERN_EINVAL, NULL, "a grid cannot be cut into %d parts in %c",
                             g->parts[d], "xyz"[d]);
    }
    return TERN_OK;
}

int tern_grid_split(const tern_grid *wanted, int ranks, tern_grid *out)
{
    tern_grid trial = *wanted, best = {.ranks = 0};
    int error = check(wanted), parts[TERN_GRID_DIMS];

    if (error < 0)
        return error;
    trial.ranks = ranks;
    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        bool used = d < trial.dims;
        trial.size[d] = used ? wanted->size[d] : 1;
        trial.periodic[d] = used && wanted->periodic[d];
        parts[d] = used ? wanted->parts[d] : 1;
    }
    search(trial, parts, &best);
    if (best.ranks == 0)
        return tern_fail(TERN_EINVAL, NULL,
                         "%d ranks cannot be laid out as %d x %d x %d: the product must be the "
                         "number of ranks; 0 leaves a part open",
                         ranks, parts[0], parts[1], parts[2]);
    *out = best;
    return TERN_OK;
}

void tern_grid_block(const tern_grid *g, int rank, tern_block *out)
{
    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        int64_t part = rank % g->parts[d];
        int64_t share = g->size[d] / g->parts[d], longer = g->size[d] % g->parts[d];

        out->start[d] = part * share + least(part, longer);
        out->count[d] = share + (part < longer);
        rank /= g->parts[d];
    }
}

int64_t tern_block_points(const tern_block *b)
{
    return b->count[0] * b->count[1] * b->count[2];
}
