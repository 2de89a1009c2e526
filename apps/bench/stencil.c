/* SPDX-License-Identifier: BSD-3-Clause */
/* The stencil of the Parallel Research Kernels, with its count of operations, on a square grid of
 * rows that the ranks share: exchange and one pass over memory for each iteration, and beside it
 * several iterations a pass.  Its norm is checked. */
#include "bench/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8, ITERATIONS = 8 /* in a repetition */ };

/* Grids of the size that is measured, each opened at its first use. */
static struct {
    const struct variant *variant;
    tern_prk *prk;
} grids[MOST];
static size_t grids_n, grids_bytes;

static void close_grids(void)
{
    for (size_t i = 0; i < grids_n; i++)
        tern_prk_close(grids[i].prk);
    grids_n = 0;
}

static int find_grid(const struct bench *b, const struct variant *v, tern_prk **out)
{
    size_t i = 0;

    if (grids_bytes != b->bytes)
        close_grids();
    grids_bytes = b->bytes;
    while (i < grids_n && grids[i].variant != v)
        i++;
    if (i == grids_n) {
        const tern_prk_spec spec = {
            .size = (int64_t)(b->bytes / sizeof(double)),
            .radius = v->mode[1] - '0', /* r1, ... */
            .block = v->baseline == NULL,
            .halo = "isend",
        };
        int error = tern_prk_open(b->comm, &spec, &grids[i].prk);
        if (error)
            return error;
        grids[grids_n++].variant = v;
    }
    *out = grids[i].prk;
    return TERN_OK;
}

static int check(const tern_prk *k, const char *name)
{
    double norm, expected;
    int error = tern_prk_norm(k, &norm, &expected);

    if (!error && !(fabs(norm - expected) <= 1e-8 * expected))
        error = tern_fail(TERN_EMISMATCH, NULL, "%s: the norm is %.15g, not %.15g", name, norm,
                          expected);
    return error;
}

static int run(struct bench *b, const struct variant *v, uint64_t repetitions)
{
    tern_prk *k;
    int error = find_grid(b, v, &k);

    if (!error)
        error = tern_prk_run(k, (int64_t)repetitions * ITERATIONS);
    return !error && b->checking ? check(k, v->name) : error;
}

static double flops(const struct bench *b, const struct variant *v)
{
    tern_prk *k;

    return find_grid(b, v, &k) == TERN_OK ? ITERATIONS * tern_prk_flops(k) : 0;
}

#define RADIUS(r)                                    \
 {"one pass " r, r, NULL, NULL, TERN_STANDARD},      \
 {                                                   \
  "blocks " r, r, "one pass " r, NULL, TERN_STANDARD \
 }

static const struct variant variants[] = {
    RADIUS("r1"), RADIUS("r2"), RADIUS("r3"), RADIUS("r4"), {0},
};

const struct command bench_stencil = {
    .name = "stencil",
    .help = "the stencil of the Parallel Research Kernels",
    .sizes = "64Ki",
    .variants = variants,
    .run = run,
    .flops = flops,
    .alone = true,
    .end = close_grids,
};
