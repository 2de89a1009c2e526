/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchange and computation that overlap, always and where the solver finds that faster, against
 * one after the other: 2d5 of f64 on all ranks, as variants of one measurement.
 *
 *   stencil_overlap X Y HALO SEED */
#include <stdio.h>
#include <stdlib.h>

#include "stencil/solver.h"
#include "tern.h"

enum { STEPS = 32 /* in a repetition */, VARIANTS = 3 };

static const enum tern_overlap ways[VARIANTS] = {TERN_OVERLAP_NEVER, TERN_OVERLAP_ALWAYS,
                                                 TERN_OVERLAP_TRIED};
static const char *const names[VARIANTS] = {"never", "always", "tried"};

struct work {
    tern_comm *comm;
    tern_stencil *solver[VARIANTS];
    tern_bounce *line;
};

#include "hooks.h"

static int run(void *context, size_t variant, uint64_t repetitions)
{
    const struct work *w = context;

    return tern_stencil_run(w->solver[variant], (int64_t)repetitions * STEPS);
}

static int open_solver(struct work *w, int v, char **argv)
{
    const tern_stencil_spec spec = {
        .stencil = "2d5",
        .size = {strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10), 1},
        .halo = argv[3],
        .threads = 1,
        .overlap = ways[v],
    };
    int error = tern_stencil_open(w->comm, &spec, &w->solver[v]);

    if (!error)
        error = tern_stencil_begin(w->solver[v], &(tern_stencil_state){.name = "noise"});
    for (int i = 0; i < 64 && !error && w->solver[v]->plans > 1; i++)
        error = tern_stencil_run(w->solver[v], STEPS);
    return error;
}

static int report(const struct work *w, const tern_stat_samples *s, char **argv)
{
    tern_stat_figure ratio, line;
    int error = tern_stat_probes(s, &line);

    for (size_t v = 1; v < VARIANTS && !error; v++) {
        error = tern_stat_ratio(s, 0, v, s->main, &ratio);
        if (tern_rank(w->comm) == 0 && !error)
            printf("ratio %sx%s overlap-%s/never %.4f [%.4f-%.4f]\n", argv[1], argv[2], names[v],
                   ratio.median, ratio.min, ratio.max);
    }
    if (tern_rank(w->comm) == 0 && !error)
        printf("# halo %s, %zu rounds, cache line %.0f ns\n", argv[3], s->rounds,
               line.median * 1e9);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    tern_stat_samples *samples = NULL;

    if (tern_init(&argc, &argv) < 0 || argc < 5)
        return 2;
    w.comm = tern_world();
    int error = tern_bounce_open(tern_comm_node(w.comm), &w.line);
    for (int v = 0; v < VARIANTS && !error; v++)
        error = open_solver(&w, v, argv);
    error = error ? error
                  : tern_stat_measure(
                      &(tern_stat_plan){
                          .variants = VARIANTS,
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
        fprintf(stderr, "stencil_overlap: %s\n", tern_last_error());
    tern_stat_free(samples);
    tern_bounce_close(w.line);
    for (int v = 0; v < VARIANTS; v++)
        tern_stencil_close(w.solver[v]);
    tern_finalize();
    return error ? 2 : 0;
}
