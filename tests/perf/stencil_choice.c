/* SPDX-License-Identifier: BSD-3-Clause */
/* The block that the solver chooses against an exhaustive search, all of them as variants of one
 * measurement on the same arrays, and how long it took to choose:
 *
 *   stencil_choice STENCIL f64|f32 X Y Z SEED */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "tern.h"

enum { MOST = 40, STEPS = 32 };

struct work {
    tern_stencil *solver;
    struct blocking how[MOST]; /* the first is the chosen one */
    size_t n;
};

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;
    const struct blocking *how = &w->how[variant];

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

/* Speed of the chosen one over that of the best of all, by their fastest rounds: those show what a
 * block can do, however busy the machine is. */
static int report(const struct work *w, const tern_stat_samples *s, char **argv)
{
    tern_stat_figure f;
    double best = INFINITY, chosen = 0;
    size_t which = 0;

    for (size_t v = 0; v < w->n; v++) {
        int error = tern_stat_time(s, v, s->main, &f);
        if (error)
            return error;
        if (f.min < best)
            which = v;
        best = fmin(best, f.min);
        chosen = v == 0 ? f.min : chosen;
    }
    const struct blocking *a = &w->how[0], *b = &w->how[which];
    printf("choice %s.%s %.4f of the best, %.3f s of trials\n", argv[1], argv[2], best / chosen,
           w->solver->tried);
    printf("# chosen %d steps, tiles %lldx%lld%s; best %d steps, tiles %lldx%lld%s\n", a->depth,
           (long long)a->tile[0], (long long)a->tile[1], a->stream ? " streamed" : "", b->depth,
           (long long)b->tile[0], (long long)b->tile[1], b->stream ? " streamed" : "");
    return TERN_OK;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    tern_stat_samples *samples = NULL;

    if (tern_init(&argc, &argv) < 0 || argc < 7)
        return 2;
    int error = open_solver(&w, argv);
    error = error ? error
                  : tern_stat_measure(
                      &(tern_stat_plan){
                          .variants = w.n,
                          .run = run,
                          .context = &w,
                          .narrow = 0.005,
                          .seconds = 12,
                          .least_rounds = 3,
                          .seed = strtoull(argv[6], NULL, 10),
                      },
                      &samples);
    error = error ? error : report(&w, samples, argv);
    if (error)
        fprintf(stderr, "stencil_choice: %s\n", tern_last_error());
    tern_stat_free(samples);
    tern_stencil_close(w.solver);
    tern_finalize();
    return error ? 2 : 0;
}
