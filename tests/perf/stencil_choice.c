/* SPDX-License-Identifier: BSD-3-Clause */
/* The block that the solver chooses against an exhaustive search, all of them as variants of one
 * measurement on the same arrays, and how long it took to choose.  The fastest of so many has been
 * lucky, too: it is measured again, beside the chosen one alone.
 *
 *   stencil_choice STENCIL f64|f32 X Y Z SEED */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "tern.h"

#include "fastest.h"

enum { MOST = 40, STEPS = 32 };

struct work {
    tern_stencil *solver;
    struct blocking how[MOST]; /* the first is the chosen one */
    size_t n;
    size_t variant[MOST]; /* those that are measured */
};

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;
    const struct blocking *how = &w->how[w->variant[variant]];

    for (uint64_t i = 0; i < repetitions; i++)
        for (int t = 0; t < STEPS; t += how->depth) {
            tern__block(w->solver, how, how->depth);
            if (how->depth % 2 != 0) {
                char *done = w->solver->next;
                w->solver->next = w->solver->now;
                w->solver->now = done;
            }
        }
    return TERN_OK;
}

static void add(struct work *w, struct blocking b)
{
    w->how[w->n++] = b;
}

/* Every depth with every width of tile, and single steps. */
static void search(struct work *w)
{
    static const int64_t widths[] = {512, 1024, 2048, 4096, 0}, heights[] = {8, 16, 32, 64, 0};
    const int along = w->solver->grid.dims - 2;
    const int least = along == 0 ? 4 : 2, most = along == 0 ? 32 : 8;

    for (int depth = least; depth <= most; depth *= 2)
        for (int i = 0; i < 5; i++) {
            struct blocking b = {.depth = depth};
            b.tile[along] = along == 0 ? widths[i] : heights[i];
            add(w, b);
        }
    for (int i = 0; i < 8; i++)
        add(w, (struct blocking){.depth = 1,
                                 .stream = i % 2,
                                 .band = i / 2 % 2,
                                 .tile[1] = along == 1 ? 32 * (i / 4) : 0});
}

static int open_solver(struct work *w, char **argv)
{
    tern_stencil_spec spec = {.stencil = argv[1], .halo = "isend"};

    spec.type = strcmp(argv[2], "f32") == 0 ? TERN_STENCIL_F32 : TERN_STENCIL_F64;
    for (int d = 0; d < DIMS; d++)
        spec.size[d] = strtoll(argv[3 + d], NULL, 10);
    int error = tern_stencil_open(tern_world(), &spec, &w->solver);
    error = error ? error : tern_stencil_begin(w->solver, &(tern_stencil_state){.name = "noise"});
    for (int i = 0; i < 16 && !error; i++)
        error = w->solver->plans > 1 ? tern_stencil_run(w->solver, STEPS) : TERN_OK;
    if (error)
        return error;
    add(w, w->solver->plan[0]);
    search(w);
    return TERN_OK;
}

static int measure(struct work *w, size_t variants, uint64_t seed, tern_stat_samples **out)
{
    return tern_stat_measure(&(tern_stat_plan){.variants = variants,
                                               .run = run,
                                               .context = w,
                                               .narrow = 0.005,
                                               .seconds = 12,
                                               .least_rounds = 3,
                                               .seed = seed},
                             out);
}

static int find_best(struct work *w, uint64_t seed, size_t *best)
{
    tern_stat_samples *s = NULL;

    for (size_t v = 0; v < w->n; v++)
        w->variant[v] = v;
    int error = measure(w, w->n, seed, &s);
    error = error ? error : fastest(s, best);
    tern_stat_free(s);
    return error;
}

static int compare(struct work *w, uint64_t seed, size_t best, char **argv)
{
    tern_stat_samples *s = NULL;
    tern_stat_figure ratio;

    w->variant[0] = 0;
    w->variant[1] = best;
    int error = measure(w, 2, seed, &s);
    error = error ? error : tern_stat_ratio(s, 1, 0, s->main, &ratio);
    const struct blocking *a = &w->how[0], *b = &w->how[best];
    if (!error) {
        printf("choice %s.%s %.4f of the best, %.3f s of trials\n", argv[1], argv[2], ratio.median,
               w->solver->tried);
        printf(
            "# [%.4f-%.4f] chosen %d steps, tiles %lldx%lld%s; best %d steps, tiles %lldx%lld%s; "
            "%zu rounds\n",
            ratio.min, ratio.max, a->depth, (long long)a->tile[0], (long long)a->tile[1],
            a->stream ? " streamed" : "", b->depth, (long long)b->tile[0], (long long)b->tile[1],
            b->stream ? " streamed" : "", s->rounds);
    }
    tern_stat_free(s);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    size_t best = 0;

    if (tern_init(&argc, &argv) < 0 || argc < 7)
        return 2;
    const uint64_t seed = strtoull(argv[6], NULL, 10);
    int error = open_solver(&w, argv);
    error = error ? error : find_best(&w, seed, &best);
    error = error ? error : compare(&w, seed, best, argv);
    if (error)
        fprintf(stderr, "stencil_choice: %s\n", tern_last_error());
    tern_stencil_close(w.solver);
    tern_finalize();
    return error ? 2 : 0;
}
