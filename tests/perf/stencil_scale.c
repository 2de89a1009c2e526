/* SPDX-License-Identifier: BSD-3-Clause */
/* Weak scaling from one rank to two, 2d5 of f64, as two variants of one measurement: rank 0 alone
 * on a grid of X x Y, while rank 1 waits, and both on one of X x 2 Y.
 *
 *   stencil_scale X Y HALO SEED */
#include <stdio.h>
#include <stdlib.h>

#include "stencil/solver.h"
#include "tern.h"

enum { STEPS = 32 }; /* in a repetition */

struct work {
    tern_comm *comm, *self;
    tern_stencil *alone, *both;
    tern_bounce *line;
};

#include "hooks.h"

static int run(void *context, size_t variant, uint64_t repetitions)
{
    const struct work *w = context;
    const int64_t steps = (int64_t)repetitions * STEPS;

    if (variant == 1)
        return tern_stencil_run(w->both, steps);
    return tern_rank(w->comm) == 0 ? tern_stencil_run(w->alone, steps) : TERN_OK;
}

static int open_solver(tern_comm *c, char **argv, tern_stencil **out)
{
    const tern_stencil_spec spec = {
        .stencil = "2d5",
        .size = {strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10) * tern_size(c), 1},
        .halo = argv[3],
        .threads = 1,
    };
    int error = tern_stencil_open(c, &spec, out);

    error = error ? error : tern_stencil_begin(*out, &(tern_stencil_state){.name = "noise"});
    for (int i = 0; i < 64 && !error && (*out)->plans > 1; i++)
        error = tern_stencil_run(*out, STEPS);
    return error;
}

static int prepare(struct work *w, char **argv)
{
    int error = tern_comm_wrap(MPI_COMM_SELF, &w->self);

    error = error ? error : open_solver(w->comm, argv, &w->both);
    error = error ? error : open_solver(w->self, argv, &w->alone);
    return error ? error : tern_bounce_open(tern_comm_node(w->comm), &w->line);
}

static int report(const struct work *w, const tern_stat_samples *s, char **argv)
{
    tern_stat_figure f, alone, both, line;
    int64_t tile;
    int depth, error = tern_stat_ratio(s, 0, 1, s->main, &f);

    error = error ? error : tern_stat_time(s, 0, s->main, &alone);
    error = error ? error : tern_stat_time(s, 1, s->main, &both);
    error = error ? error : tern_stat_probes(s, &line);
    tern_stencil_blocking(w->both, &depth, &tile);
    if (tern_rank(w->comm) != 0 || error)
        return error;
    printf("ratio %sx%s weak-scaling %.4f [%.4f-%.4f]\n", argv[1], argv[2], f.median, f.min, f.max);
    printf("# alone %.3f us a step, at best %.3f, both at best %.3f, blocks of %d steps, tiles of "
           "%lld, halo %s, %zu rounds, cache line %.0f ns\n",
           alone.median / STEPS * 1e6, alone.min / STEPS * 1e6, both.min / STEPS * 1e6, depth,
           (long long)tile, argv[3], f.n, line.median * 1e9);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    tern_stat_samples *samples = NULL;

    if (tern_init(&argc, &argv) < 0 || argc < 5)
        return 2;
    w.comm = tern_world();
    int error = prepare(&w, argv);
    error = error ? error
                  : tern_stat_measure(
                      &(tern_stat_plan){
                          .variants = 2,
                          .run = run,
                          .start = start,
                          .agree = agree,
                          .probe = probe,
                          .context = &w,
                          .narrow = 0.005,
                          .seconds = 12,
                          .least_rounds = 5,
                          .seed = strtoull(argv[4], NULL, 10),
                      },
                      &samples);
    error = error ? error : report(&w, samples, argv);
    if (error)
        fprintf(stderr, "stencil_scale: %s\n", tern_last_error());
    tern_stat_free(samples);
    tern_bounce_close(w.line);
    tern_stencil_close(w.alone);
    tern_stencil_close(w.both);
    tern_comm_free(w.self);
    tern_finalize();
    return error ? 2 : 0;
}
