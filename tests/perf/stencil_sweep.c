/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps of the solver on all threads of one rank, beside the compiler's plain loops on the same
 * arrays and beside the limits of memory, as variants of one measurement:
 *
 *   stencil_sweep STENCIL f64|f32 X Y Z SEED
 *
 * This file is compiled for the processor at hand, with all that the compiler can do. */
#if defined(__GNUC__) && !defined(__clang__)
# pragma GCC optimize("O3")
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "tern.h"

enum { STEPS = 32 }; /* of the blocks, in one repetition */

enum variant { PLAIN, SINGLE, STREAMED, BLOCKED, SCALE, SCALE_STREAMED, VARIANTS };
static const char *const names[] = {"naive",   "single",         "streamed",
                                    "blocked", "write-allocate", "non-temporal"};

#define REAL        double
#define NAIVE(name) naive_##name##_f64
#include "stencil_naive.h"
#undef REAL
#undef NAIVE
#define REAL        float
#define NAIVE(name) naive_##name##_f32
#include "stencil_naive.h"

static const struct {
    const char *name;
    void (*f64)(double *, const double *, int64_t, int64_t, const int64_t *);
    void (*f32)(float *, const float *, int64_t, int64_t, const int64_t *);
} naives[] = {
    {"2d5", naive_2d5_f64, naive_2d5_f32},
    {"3d7", naive_3d7_f64, naive_3d7_f32},
    {"3d25", naive_3d25_f64, naive_3d25_f32},
    {"3d27", naive_3d27_f64, naive_3d27_f32},
};

struct work {
    tern_stencil *solver;
    size_t naive;
    struct blocking sweep[2]; /* single steps, stored and streamed */
};

static void scale(const tern_stencil *s, enum finish finish)
{
    static const int here[1][DIMS] = {{0}};
    const struct sweep all = {
        .pitch = s->pitch,
        .columns = s->block.count[0],
        .rows = 1,
        .weights = (double[]){0.5},
        .points = here,
        .n = 1,
    };

#pragma omp parallel for collapse(2) schedule(static)
    for (int64_t z = 0; z < s->block.count[2]; z++)
        for (int64_t y = 0; y < s->block.count[1]; y++) {
            struct sweep sweep = all;
            int64_t at = tern__at(s, 0, y, z) * (int64_t)s->element;
            sweep.in = s->now + at;
            sweep.out = s->next + at;
            s->kernels->of[s->type][FAMILY_POINTS][finish](&sweep);
        }
}

static void plain(const struct work *w)
{
    const tern_stencil *s = w->solver;
    const int64_t *n = s->block.count;
    const void *in = s->now;
    void *out = s->next;

    if (s->type == TERN_STENCIL_F64)
        naives[w->naive].f64(out, in, s->pitch, s->plane, n);
    else
        naives[w->naive].f32(out, in, s->pitch, s->plane, n);
}

static void swap(tern_stencil *s)
{
    char *done = s->next;

    s->next = s->now;
    s->now = done;
}

static int run(void *context, size_t variant, uint64_t repetitions)
{
    const struct work *w = context;
    tern_stencil *s = w->solver;

    if (variant == BLOCKED)
        return tern_stencil_run(s, (int64_t)repetitions * STEPS);
    for (uint64_t i = 0; i < repetitions; i++) {
        if (variant == PLAIN)
            plain(w);
        else if (variant >= SCALE)
            scale(s, variant == SCALE ? FINISH_STORE : FINISH_STREAM);
        else
            tern__block(s, &w->sweep[variant == STREAMED], 1);
        swap(s);
    }
    return TERN_OK;
}

/* Of the ways in which the solver goes through memory once, the fastest here; it tries them, too.
 */
static void choose_sweep(struct work *w, bool stream)
{
    double best = INFINITY;

    for (int i = 0; i < 4; i++) {
        const struct blocking b = {
            .depth = 1,
            .stream = stream,
            .band = i % 2,
            .tile[1] = i / 2 * w->solver->plan[0].tile[1],
        };
        for (int k = 0; k < 3; k++) {
            double begin = tern_clock();
            tern__block(w->solver, &b, 1);
            double seconds = tern_clock() - begin;
            if (seconds < best)
                w->sweep[stream] = b;
            best = fmin(best, seconds);
        }
    }
}

static int report(const struct work *w, const tern_stat_samples *samples, const char *what)
{
    const double points = (double)tern_block_points(&w->solver->block);
    const enum variant base[] = {PLAIN, SCALE, SCALE_STREAMED};
    tern_stat_figure f;
    int depth, error = TERN_OK;
    int64_t tile;

    tern_stencil_blocking(w->solver, &depth, &tile);
    for (size_t v = 0; v < VARIANTS && !error; v++) {
        double steps = v == BLOCKED ? STEPS : 1;
        error = tern_stat_time(samples, v, samples->main, &f);
        printf("# %s %s %.3f [%.3f-%.3f] GLUP/s\n", what, names[v],
               points * steps / f.median * 1e-9, points * steps / f.max * 1e-9,
               points * steps / f.min * 1e-9);
        for (size_t b = 0; b < 3 && !error && v != base[b]; b++) {
            error = tern_stat_ratio(samples, base[b], v, samples->main, &f);
            printf("ratio %s %s/%s %.4f [%.4f-%.4f]\n", what, names[v], names[base[b]],
                   f.median * steps, f.min * steps, f.max * steps);
        }
    }
    printf("# %s blocks of %d steps, tiles of %lld, %zu rounds\n", what, depth, (long long)tile,
           samples->rounds);
    return error;
}

static int measure(struct work *w, uint64_t seed, const char *what)
{
    tern_stat_samples *samples;
    int error = tern_stat_measure(
        &(tern_stat_plan){
            .variants = VARIANTS,
            .run = run,
            .context = w,
            .narrow = 0.005,
            .seconds = 10,
            .least_rounds = 7,
            .seed = seed,
        },
        &samples);

    if (error)
        return error;
    error = report(w, samples, what);
    tern_stat_free(samples);
    return error;
}

static int open_solver(struct work *w, char **argv)
{
    tern_stencil_spec spec = {.stencil = argv[1], .halo = "isend"};

    spec.type = strcmp(argv[2], "f32") == 0 ? TERN_STENCIL_F32 : TERN_STENCIL_F64;
    for (int d = 0; d < DIMS; d++)
        spec.size[d] = strtoll(argv[3 + d], NULL, 10);
    for (w->naive = 0; strcmp(naives[w->naive].name, argv[1]) != 0;)
        w->naive++;
    int error = tern_stencil_open(tern_world(), &spec, &w->solver);
    error = error ? error : tern_stencil_begin(w->solver, &(tern_stencil_state){.name = "noise"});
    for (int i = 0; i < 16 && !error; i++) /* until the blocks are chosen */
        error = w->solver->plans > 1 ? tern_stencil_run(w->solver, STEPS) : TERN_OK;
    if (!error)
        choose_sweep(w, false);
    if (!error)
        choose_sweep(w, true);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    char what[64];

    if (tern_init(&argc, &argv) < 0 || argc < 7)
        return 2;
    snprintf(what, sizeof(what), "%s.%s", argv[1], argv[2]);
    int error = open_solver(&w, argv);
    error = error ? error : measure(&w, strtoull(argv[6], NULL, 10), what);
    if (error)
        fprintf(stderr, "stencil_sweep: %s\n", tern_last_error());
    tern_stencil_close(w.solver);
    tern_finalize();
    return error ? 2 : 0;
}
