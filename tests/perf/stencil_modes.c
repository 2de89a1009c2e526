/* SPDX-License-Identifier: BSD-3-Clause */
/* The block and the halo mode that the solver chooses on all ranks against every mode with every
 * depth of a block, 2d5 of f64, and how long it took to choose both.  The fastest of so many has
 * been lucky, too: it is measured again, beside the chosen one alone.
 *
 *   stencil_modes X Y SEED */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "tern.h"

#include "fastest.h"

enum { MOST = 128, STEPS = 32, MOST_RUNS = 400 };

struct work {
    tern_comm *comm;
    tern_stencil *solver[MOST]; /* the first has chosen */
    size_t n;
    size_t variant[MOST]; /* solvers that are measured */
    double seconds;       /* of choosing */
    tern_bounce *line;
};

#include "hooks.h"

static int run(void *context, size_t variant, uint64_t repetitions)
{
    const struct work *w = context;

    return tern_stencil_run(w->solver[w->variant[variant]], (int64_t)repetitions * STEPS);
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

static int measure(struct work *w, size_t variants, uint64_t seed, tern_stat_samples **out)
{
    return tern_stat_measure(
        &(tern_stat_plan){
            .variants = variants,
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
    tern_stat_figure ratio, line;

    w->variant[0] = 0;
    w->variant[1] = best;
    int error = measure(w, 2, seed, &s);
    error = error ? error : tern_stat_ratio(s, 1, 0, s->main, &ratio);
    error = error ? error : tern_stat_probes(s, &line);
    const tern_stencil *a = w->solver[0], *b = w->solver[best];
    if (!error && tern_rank(w->comm) == 0) {
        printf("choice %sx%s %.4f of the best, %.3f s of trials\n", argv[1], argv[2], ratio.median,
               w->seconds);
        printf(
            "# [%.4f-%.4f] chosen %d steps, %s; best of %zu: %d steps, %s; %zu rounds, cache line "
            "%.0f ns\n",
            ratio.min, ratio.max, a->plan[0].depth, mode_of(a), w->n, b->plan[0].depth, mode_of(b),
            s->rounds, line.median * 1e9);
    }
    tern_stat_free(s);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    size_t best = 0;

    if (tern_init(&argc, &argv) < 0 || argc < 4)
        return 2;
    w.comm = tern_world();
    int error = tern_bounce_open(tern_comm_node(w.comm), &w.line);
    error = error ? error : open_solver(&w, argv, "auto", 0);
    error = error ? error : choose(&w);
    error = error ? error : search(&w, argv);
    error = error ? error : find_best(&w, strtoull(argv[3], NULL, 10), &best);
    error = error ? error : compare(&w, strtoull(argv[3], NULL, 10), best, argv);
    if (error)
        fprintf(stderr, "stencil_modes: %s\n", tern_last_error());
    tern_bounce_close(w.line);
    for (size_t i = 0; i < w.n; i++)
        tern_stencil_close(w.solver[i]);
    tern_finalize();
    return error ? 2 : 0;
}
