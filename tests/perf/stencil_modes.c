/* SPDX-License-Identifier: BSD-3-Clause */
/* The block and the halo mode that the solver chooses on all ranks against every mode with every
 * depth of a block, 2d5 of f64, all of them as variants of one measurement, and how long it took to
 * choose both:
 *
 *   stencil_modes X Y SEED */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "tern.h"

enum { MOST = 128, STEPS = 32, MOST_RUNS = 400 };

struct work {
    tern_comm *comm;
    tern_stencil *solver[MOST]; /* the first has chosen */
    size_t n;
    double seconds; /* of choosing */
    tern_bounce *line;
};

#include "hooks.h"

static int run(void *context, size_t variant, uint64_t repetitions)
{
    const struct work *w = context;

    return tern_stencil_run(w->solver[variant], (int64_t)repetitions * STEPS);
}

static const char *mode_of(const tern_stencil *s)
{
    return tern_halo_mode(s->halo[s->plan[0].depth]);
}

static int open_solver(struct work *w, char **argv, const char *mode, int64_t block)
{
    const tern_stencil_spec spec = {
        .stencil = "2d5",
        .size = {strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10), 1},
        .halo = mode,
        .threads = 1,
        .block = block,
    };
    tern_stencil **s = &w->solver[w->n];
    int error = tern_stencil_open(w->comm, &spec, s);

    if (error)
        return error;
    w->n++;
    return tern_stencil_begin(*s, &(tern_stencil_state){.name = "noise"});
}

static int choose(struct work *w)
{
    const tern_stencil *s = w->solver[0];
    const double begin = tern_clock();
    int error = TERN_OK;

    for (int i = 0; i < MOST_RUNS && !error; i++) {
        if (s->plans == 1 && strcmp(mode_of(s), "auto") != 0)
            break;
        error = tern_stencil_run(w->solver[0], STEPS);
    }
    w->seconds = tern_clock() - begin;
    return error;
}

/* Every mode that can be opened here. */
static int search(struct work *w, char **argv)
{
    int error = TERN_OK;

    for (int i = 0; tern_halo_mode_name(i) != NULL && !error; i++)
        for (int64_t block = 1; block <= 32 && w->n < MOST && !error; block *= 2) {
            const size_t before = w->n;
            error = open_solver(w, argv, tern_halo_mode_name(i), block);
            if (w->n == before)
                error = TERN_OK;
        }
    return error;
}

/* By the fastest rounds, as stencil_choice does. */
static int report(const struct work *w, const tern_stat_samples *s, char **argv)
{
    double best = INFINITY, chosen = 0;
    tern_stat_figure f, line;
    size_t which = 0;
    int error = tern_stat_probes(s, &line);

    for (size_t v = 0; v < w->n && !error; v++) {
        error = tern_stat_time(s, v, s->main, &f);
        which = f.min < best ? v : which;
        best = fmin(best, f.min);
        chosen = v == 0 ? f.min : chosen;
    }
    if (tern_rank(w->comm) != 0 || error)
        return error;
    const tern_stencil *a = w->solver[0], *b = w->solver[which];
    printf("choice %sx%s %.4f of the best, %.3f s of trials\n", argv[1], argv[2], best / chosen,
           w->seconds);
    printf("# chosen %d steps, %s; best of %zu: %d steps, %s; %zu rounds, cache line %.0f ns\n",
           a->plan[0].depth, mode_of(a), w->n, b->plan[0].depth, mode_of(b), s->rounds,
           line.median * 1e9);
    return TERN_OK;
}

static int measure(struct work *w, uint64_t seed, tern_stat_samples **out)
{
    return tern_stat_measure(
        &(tern_stat_plan){
            .variants = w->n,
            .run = run,
            .start = start,
            .agree = agree,
            .probe = probe,
            .context = w,
            .narrow = 0.005,
            .seconds = 12,
            .least_rounds = 3,
            .seed = seed,
        },
        out);
}

int main(int argc, char **argv)
{
    struct work w = {0};
    tern_stat_samples *samples = NULL;

    if (tern_init(&argc, &argv) < 0 || argc < 4)
        return 2;
    w.comm = tern_world();
    int error = tern_bounce_open(tern_comm_node(w.comm), &w.line);
    error = error ? error : open_solver(&w, argv, "auto", 0);
    error = error ? error : choose(&w);
    error = error ? error : search(&w, argv);
    error = error ? error : measure(&w, strtoull(argv[3], NULL, 10), &samples);
    error = error ? error : report(&w, samples, argv);
    if (error)
        fprintf(stderr, "stencil_modes: %s\n", tern_last_error());
    tern_stat_free(samples);
    tern_bounce_close(w.line);
    for (size_t i = 0; i < w.n; i++)
        tern_stencil_close(w.solver[i]);
    tern_finalize();
    return error ? 2 : 0;
}
