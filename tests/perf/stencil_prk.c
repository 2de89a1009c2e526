/* SPDX-License-Identifier: BSD-3-Clause */
/* The operator of the Parallel Research Kernels in lib/stencil, with one iteration and with several
 * in a pass, against a straightforward version of two sweeps, as variants of one measurement:
 *
 *   stencil_prk POINTS RADIUS HALO SEED
 *
 * All of them split the rows among the ranks, and are checked by the norm.  This file is compiled
 * for the processor at hand, with all that the compiler can do. */
#if defined(__GNUC__) && !defined(__clang__)
# pragma GCC optimize("O3")
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tern.h"

enum { TAG = 3, STEPS = 8 /* in a repetition */, MOST = 4 };
enum variant { PLAIN, FUSED, BLOCKED, VARIANTS };

struct work {
    tern_comm *comm;
    tern_prk *prk[VARIANTS];
    int64_t n, rows; /* of this rank */
    int64_t start;   /* its first row */
    int radius;
    double *in, *out; /* with MOST rows before and after */
    double weight[MOST + 1];
    int64_t iterations;
    tern_bounce *line;
};

#include "hooks.h"

static void exchange(struct work *w)
{
    const int rank = tern_rank(w->comm), ghosts = w->radius * (int)w->n;
    const int up = rank > 0 ? rank - 1 : MPI_PROC_NULL;
    const int down = rank + 1 < tern_size(w->comm) ? rank + 1 : MPI_PROC_NULL;
    double *end = w->in + w->rows * w->n;
    MPI_Comm comm = tern_comm_raw(w->comm);
    MPI_Request r[4];

    MPI_Irecv(w->in - ghosts, ghosts, MPI_DOUBLE, up, TAG, comm, &r[0]);
    MPI_Irecv(end, ghosts, MPI_DOUBLE, down, TAG, comm, &r[1]);
    MPI_Isend(w->in, ghosts, MPI_DOUBLE, up, TAG, comm, &r[2]);
    MPI_Isend(end - ghosts, ghosts, MPI_DOUBLE, down, TAG, comm, &r[3]);
    MPI_Waitall(4, r, MPI_STATUSES_IGNORE);
}

/* Rows that are computed. */
static void bounds(const struct work *w, int64_t *from, int64_t *to)
{
    const int64_t first = w->radius - w->start, last = w->n - w->radius - w->start;

    *from = first > 0 ? first : 0;
    *to = last < w->rows ? last : w->rows;
}

static inline __attribute__((always_inline)) void sweep(const struct work *w, const int radius)
{
    const int64_t n = w->n;
    const double *weight = w->weight;
    int64_t from, to;

    bounds(w, &from, &to);
    for (int64_t y = from; y < to; y++) {
        const double *restrict p = w->in + y * n;
        double *restrict o = w->out + y * n;
        for (int64_t x = radius; x < n - radius; x++) {
            double sum = o[x];
            for (int64_t j = 1; j <= radius; j++) {
                sum += weight[j] * p[x + j];
                sum -= weight[j] * p[x - j];
            }
            for (int64_t j = 1; j <= radius; j++) {
                sum += weight[j] * p[x + j * n];
                sum -= weight[j] * p[x - j * n];
            }
            o[x] = sum;
        }
    }
}

static void iterate(struct work *w)
{
    exchange(w);
    switch (w->radius) {
    case 1: sweep(w, 1); break;
    case 2: sweep(w, 2); break;
    case 4: sweep(w, 4); break;
    default: sweep(w, w->radius);
    }
    for (int64_t i = 0; i < w->rows * w->n; i++)
        w->in[i] += 1;
    w->iterations++;
}

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;

    if (variant != PLAIN)
        return tern_prk_run(w->prk[variant], (int64_t)repetitions * STEPS);
    for (uint64_t i = 0; i < repetitions * STEPS; i++)
        iterate(w);
    return TERN_OK;
}

/* Largest relative error of a norm. */
static int check(const struct work *w, double *error)
{
    const double active = (double)(w->n - 2 * (int64_t)w->radius);
    double sum = 0, norm, want;
    int64_t from, to;

    bounds(w, &from, &to);
    for (int64_t y = from; y < to; y++)
        for (int64_t x = w->radius; x < w->n - w->radius; x++)
            sum += fabs(w->out[y * w->n + x]);
    int e = tern_allreduce(w->comm, MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM);
    *error = fabs(sum / (active * active) / (2 * (double)w->iterations) - 1);
    for (int v = FUSED; v < VARIANTS && !e; v++) {
        e = tern_prk_norm(w->prk[v], &norm, &want);
        *error = fmax(*error, fabs(norm / want - 1));
    }
    return e;
}

static int prepare(struct work *w, char **argv)
{
    tern_block b;
    tern_grid grid;
    int error;

    w->n = strtoll(argv[1], NULL, 10);
    w->radius = atoi(argv[2]);
    error = tern_grid_split(
        &(tern_grid){.dims = 2, .size = {w->n, w->n}, .parts = {1, tern_size(w->comm)}},
        tern_size(w->comm), &grid);
    if (error)
        return error;
    tern_grid_block(&grid, tern_rank(w->comm), &b);
    w->rows = b.count[1];
    w->start = b.start[1];
    const size_t points = (size_t)(w->rows + 2 * MOST) * (size_t)w->n;
    w->in = tern_alloc(points * sizeof(double));
    w->out = tern_alloc(points * sizeof(double));
    error = tern_agree(w->comm, w->in != NULL && w->out != NULL ? TERN_OK : TERN_ENOMEM);
    if (error)
        return error;
    w->in += MOST * w->n;
    w->out += MOST * w->n;
    for (int64_t i = -MOST * w->n; i < (w->rows + MOST) * w->n; i++)
        w->in[i] = w->out[i] = 0;
    for (int64_t y = 0; y < w->rows; y++)
        for (int64_t x = 0; x < w->n; x++)
            w->in[y * w->n + x] = (double)(x + y + w->start);
    for (int j = 1; j <= w->radius; j++)
        w->weight[j] = 1.0 / (2.0 * j * w->radius);
    for (int v = FUSED; v < VARIANTS && !error; v++)
        error = tern_prk_open(
            w->comm,
            &(tern_prk_spec){
                .size = w->n, .radius = w->radius, .block = v == FUSED, .halo = argv[3]},
            &w->prk[v]);
    return error ? error : tern_bounce_open(tern_comm_node(w->comm), &w->line);
}

static int report(const struct work *w, const tern_stat_samples *s)
{
    static const char *const names[] = {"two-sweeps", "fused", "blocked"};
    tern_stat_figure time, ratio;
    double wrong;
    int error = check(w, &wrong);

    if (!error && !(wrong < 1e-8))
        error = tern_fail(TERN_EMISMATCH, NULL, "a norm is wrong by %g", wrong);
    for (size_t v = 0; v < VARIANTS && !error; v++) {
        error = tern_stat_time(s, v, s->main, &time);
        error = error ? error : tern_stat_ratio(s, PLAIN, v, s->main, &ratio);
        if (tern_rank(w->comm) == 0 && !error)
            printf("prk r%d %s %.4f [%.4f-%.4f] times two sweeps, %.3f GF/s, blocks of %d, %zu "
                   "rounds\n",
                   w->radius, names[v], v == PLAIN ? 1 : ratio.median, v == PLAIN ? 1 : ratio.min,
                   v == PLAIN ? 1 : ratio.max,
                   tern_prk_flops(w->prk[FUSED]) * STEPS / time.median * 1e-9,
                   v == PLAIN ? 1 : tern_prk_block(w->prk[v]), s->rounds);
    }
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
                          .variants = VARIANTS,
                          .run = run,
                          .start = start,
                          .agree = agree,
                          .probe = probe,
                          .context = &w,
                          .narrow = 0.005,
                          .seconds = 8,
                          .least_rounds = 5,
                          .seed = strtoull(argv[4], NULL, 10),
                      },
                      &samples);
    error = error ? error : report(&w, samples);
    if (error)
        fprintf(stderr, "stencil_prk: %s\n", tern_last_error());
    tern_stat_free(samples);
    tern_bounce_close(w.line);
    for (int v = FUSED; v < VARIANTS; v++)
        tern_prk_close(w.prk[v]);
    tern_finalize();
    return error ? 2 : 0;
}
