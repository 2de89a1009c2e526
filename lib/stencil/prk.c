/* SPDX-License-Identifier: BSD-3-Clause */
/* The stencil of the Parallel Research Kernels: out += S in, then in += 1.
 *
 * Both in one pass over memory: a point of `in` grows as soon as all of `out` that need it are
 * done, R rows and a cache line behind them.  Several iterations can follow one another in the same
 * pass, each 2 R rows and two cache lines behind the one before, in tiles as wide as the
 * second-level cache allows.  Then ghost rows grow like the others, so they need be no deeper. */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LANES = 8, /* doubles of a cache line */
    FRONT = 4, /* rows that move together */
    LAG = LANES,
    SKEW = 2 * LANES /* at least LAG + R */
};

struct tern_prk {
    tern_comm *comm;
    tern_prk_spec spec;
    tern_grid grid;
    tern_block block;
    int64_t pitch, ghost; /* of a row; rows beyond either end */
    int64_t tile;         /* columns */
    int64_t first, last;  /* rows of `out` that are computed, from the block's first */
    double *memory[2], *in, *out;
    double *ones;
    tern_halo *halo;
    const struct kernel_set *kernels;
    double weights[4 * MOST_REACH];
    int points[4 * MOST_REACH][TERN_GRID_DIMS];
    int64_t iterations;
};

/* Weights 1 / (2 j R) at distance j, and their negatives on the other side; the middle weighs 0. */
static void set_weights(tern_prk *k)
{
    const int reach = k->spec.radius;
    int n = 0;

    for (int d = 0; d < 2; d++)
        for (int j = -reach; j <= reach; j++) {
            if (j == 0)
                continue;
            k->points[n][d] = j;
            k->weights[n++] = 1.0 / (2.0 * j * reach);
        }
}

/* Columns of which the rows of a block, of both arrays, take three quarters of the second-level
 * cache; but of a pass for each iteration all. */
static int64_t choose_tile(const tern_prk *k)
{
    enum { LEAST = 512 };
    const int64_t rows = 4 * (int64_t)k->spec.radius * k->spec.block + 2 * (int64_t)FRONT;
    double cache = 1e6;

#ifdef _SC_LEVEL2_CACHE_SIZE
    cache = fmax(cache, (double)sysconf(_SC_LEVEL2_CACHE_SIZE));
#endif
    int64_t columns = (int64_t)(0.75 * cache / (double)(rows * (int64_t)sizeof(double)));
    columns = tern__most(LEAST, columns / LANES * LANES);
    return k->spec.block == 1 ? k->pitch : tern__least(columns, k->pitch);
}

static int check(const tern_prk_spec *spec)
{
    if (spec->radius < 1 || spec->radius > MOST_REACH || spec->size <= 2 * (int64_t)spec->radius
        || spec->block < 0 || spec->tile < 0 || spec->block > TERN_PRK_MOST_BLOCK)
        return tern_fail(TERN_EINVAL, NULL,
                         "radius %d (1 to %d) on %lld x %lld points, blocks of %d (at most %d)",
                         spec->radius, MOST_REACH, (long long)spec->size, (long long)spec->size,
                         spec->block, TERN_PRK_MOST_BLOCK);
    return TERN_OK;
}

/* Slabs of rows; of a row the first point that is computed lies on a cache line. */
static int lay_out(tern_prk *k)
{
    const int64_t n = k->spec.size, reach = k->spec.radius;
    const tern_grid wanted = {.dims = 2, .size = {n, n}, .parts = {1, tern_size(k->comm)}};
    int error = tern_grid_split(&wanted, tern_size(k->comm), &k->grid);

    if (error < 0)
        return error;
    tern_grid_block(&k->grid, tern_rank(k->comm), &k->block);
    k->pitch = (n + 5 * (int64_t)LANES - 1) / LANES * LANES;
    if (k->pitch % 512 == 0)
        k->pitch += LANES;
    k->ghost = reach;
    k->first = tern__most(0, reach - k->block.start[1]);
    k->last = tern__least(k->block.count[1], n - reach - k->block.start[1]);
    if (k->spec.block == 0)
        k->spec.block = 8;
    k->tile = k->spec.tile > 0 ? (k->spec.tile + LANES - 1) / LANES * LANES : choose_tile(k);
    set_weights(k);
    return tern__kernels_find(NULL, &k->kernels);
}

static int allocate(tern_prk *k)
{
    const int64_t rows = k->block.count[1] + 2 * k->ghost, margin = 2 * (int64_t)LANES;
    const int64_t here = k->ghost * k->pitch + margin - k->spec.radius % LANES;
    const size_t elements = (size_t)(rows * k->pitch + 2 * margin);

    k->ones = tern_alloc((size_t)k->pitch * sizeof(double));
    for (int i = 0; i < 2; i++)
        k->memory[i] = tern_alloc(elements * sizeof(double));
    if (k->ones == NULL || k->memory[0] == NULL || k->memory[1] == NULL)
        return TERN_ENOMEM;
    for (int64_t x = 0; x < k->pitch; x++)
        k->ones[x] = 1;
    for (size_t i = 0; i < elements; i++)
        k->memory[0][i] = k->memory[1][i] = 0;
    k->in = k->memory[0] + here;
    k->out = k->memory[1] + here;
    for (int64_t y = 0; y < k->block.count[1]; y++)
        for (int64_t x = 0; x < k->spec.size; x++)
            k->in[y * k->pitch + x] = (double)(x + y + k->block.start[1]);
    return TERN_OK;
}

static int open_halo(tern_prk *k)
{
    const tern_halo_spec spec = {
        .grid = k->grid,
        .type = MPI_DOUBLE,
        .width = {0, k->ghost},
        .stride = {1, k->pitch},
        .mode = k->spec.halo,
    };

    return tern_halo_open(k->comm, &spec, &k->halo);
}

int tern_prk_open(tern_comm *c, const tern_prk_spec *spec, tern_prk **out)
{
    tern_prk *k = calloc(1, sizeof(*k));
    int error = tern_agree(c, k != NULL ? check(spec) : TERN_ENOMEM);

    if (error >= 0 && k != NULL) {
        k->comm = c;
        k->spec = *spec;
        error = tern_agree(c, lay_out(k));
        error = error >= 0 ? tern_agree(c, allocate(k)) : error;
        error = error >= 0 ? open_halo(k) : error;
    }
    if (error < 0) {
        tern_prk_close(k);
        return error;
    }
    k->spec.halo = NULL; /* the caller's */
    *out = k;
    return TERN_OK;
}

void tern_prk_close(tern_prk *k)
{
    if (k == NULL)
        return;
    tern_halo_close(k->halo);
    tern_free(k->memory[0]);
    tern_free(k->memory[1]);
    tern_free(k->ones);
    free(k);
}

/* ---- Iterations ------------------------------------------------------------------------------ */

/* Points [from, to) along a dimension. */
struct span {
    int64_t from, to;
};

static struct span within(struct span a, int64_t from, int64_t to)
{
    return (struct span){tern__most(a.from, from), tern__least(a.to, to)};
}

/* out += S in */
static void apply(const tern_prk *k, struct span x, struct span y)
{
    const int64_t at = y.from * k->pitch + x.from;
    const struct sweep sweep = {
        .out = k->out + at,
        .in = k->in + at,
        .keep = 1,
        .pitch = k->pitch,
        .columns = x.to - x.from,
        .rows = y.to - y.from,
        .weights = k->weights,
        .points = k->points,
        .n = 4 * k->spec.radius,
    };

    if (x.from < x.to && y.from < y.to)
        k->kernels->of[TERN_STENCIL_F64][FAMILY_POINTS][FINISH_UPDATE](&sweep);
}

/* in += 1 */
static void grow(const tern_prk *k, struct span x, struct span y)
{
    static const int here[1][TERN_GRID_DIMS] = {{0}};

    for (int64_t row = y.from; row < y.to && x.from < x.to; row++) {
        const struct sweep sweep = {
            .out = k->in + row * k->pitch + x.from,
            .in = k->ones,
            .keep = 1,
            .columns = x.to - x.from,
            .rows = 1,
            .weights = (double[]){1},
            .points = here,
            .n = 1,
        };
        k->kernels->of[TERN_STENCIL_F64][FAMILY_POINTS][FINISH_UPDATE](&sweep);
    }
}

/* How far an iteration has come: the rows before these are done. */
struct reached {
    int64_t out, in;
};

/* Iterations in one tile, as a wavefront: each goes as far as the one before lets it. */
static void iterate(const tern_prk *k, struct span tile, int iterations)
{
    const int64_t reach = k->spec.radius, more = iterations > 1 ? k->ghost : 0;
    const int64_t top = k->block.count[1] + more;
    struct reached at[TERN_PRK_MOST_BLOCK] = {{0}};

    for (int t = 0; t < iterations; t++)
        at[t] = (struct reached){k->first, -more};
    for (int64_t f = k->first; at[iterations - 1].in < top; f += FRONT)
        for (int t = 0; t < iterations; t++) {
            const struct span x = {tile.from - t * (int64_t)SKEW, tile.to - t * (int64_t)SKEW};
            const int64_t known = t == 0 ? top : at[t - 1].in; /* rows of `in` of this iteration */
            const int64_t ready = t == 0 ? f + FRONT : known == top ? k->last : known - reach;
            const int64_t out = tern__most(at[t].out, tern__least(ready, k->last));
            apply(k, within(x, reach, k->spec.size - reach), (struct span){at[t].out, out});
            at[t].out = out;
            const int64_t in = out >= k->last ? known : tern__least(known, out - reach);
            grow(k, within((struct span){x.from - LAG, x.to - LAG}, reach - LAG, k->spec.size),
                 (struct span){at[t].in, in});
            at[t].in = tern__most(at[t].in, in);
        }
}

/* Iterations after an exchange. */
static void pass(const tern_prk *k, int iterations)
{
    const int64_t end = k->spec.size + iterations * (int64_t)SKEW;

    for (int64_t x = k->spec.radius; x < end; x += k->tile)
        iterate(k, (struct span){x, x + k->tile}, iterations);
}

int tern_prk_run(tern_prk *k, int64_t iterations)
{
    int error = TERN_OK;

    while (iterations > 0 && error >= 0) {
        const int some = (int)tern__least(iterations, k->spec.block);
        error = tern_halo_exchange(k->halo, k->in);
        if (error >= 0)
            pass(k, some);
        iterations -= some;
        k->iterations += some;
    }
    return error;
}

int tern_prk_norm(const tern_prk *k, double *norm, double *expected)
{
    const double n = (double)(k->spec.size - 2 * (int64_t)k->spec.radius);
    double sum = 0;

    for (int64_t y = k->first; y < k->last; y++)
        for (int64_t x = k->spec.radius; x < k->spec.size - k->spec.radius; x++)
            sum += fabs(k->out[y * k->pitch + x]);
    int error = tern_allreduce(k->comm, MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM);
    *norm = sum / (n * n);
    *expected = 2 * (double)k->iterations;
    return error;
}

double tern_prk_flops(const tern_prk *k)
{
    const double n = (double)(k->spec.size - 2 * (int64_t)k->spec.radius);

    return (2 * (4.0 * k->spec.radius + 1) + 1) * n * n;
}

int tern_prk_block(const tern_prk *k)
{
    return k->spec.block;
}
