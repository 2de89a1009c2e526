/* SPDX-License-Identifier: BSD-3-Clause */
/* One step of lib/stencil against one iteration of a plain operator, as variants of one
 * measurement.
 *
 * The plain operator follows the stencil of the Parallel Research Kernels (Van der Wijngaart and
 * Mattson, HPEC 2014) with the five points of radius 1: exchange the rows at the border with the
 * neighbours, one sweep that adds the weighted neighbours of `in` to `out`, one sweep that changes
 * `in`.  Rows are split among the ranks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tern.h"

enum { N = 4096, TAG = 3 };

struct work {
    tern_comm *comm;
    tern_stencil *solver;
    int rank, size;
    int rows;    /* of this rank */
    double *in;  /* rows + 2, of N each, with a ghost row before and after */
    double *out; /* rows + 2 */
    tern_bounce *line;
};

#include "hooks.h"

static void exchange(struct work *w)
{
    int up = w->rank > 0 ? w->rank - 1 : MPI_PROC_NULL;
    int down = w->rank + 1 < w->size ? w->rank + 1 : MPI_PROC_NULL;
    double *last = w->in + (size_t)w->rows * N;
    MPI_Comm comm = tern_comm_raw(w->comm);
    MPI_Request r[4];

    MPI_Irecv(w->in, N, MPI_DOUBLE, up, TAG, comm, &r[0]);
    MPI_Irecv(last + N, N, MPI_DOUBLE, down, TAG, comm, &r[1]);
    MPI_Isend(w->in + N, N, MPI_DOUBLE, up, TAG, comm, &r[2]);
    MPI_Isend(last, N, MPI_DOUBLE, down, TAG, comm, &r[3]);
    MPI_Waitall(4, r, MPI_STATUSES_IGNORE);
}

static void iterate(struct work *w)
{
    const double weight[5] = {0.25, 0.25, 0.0, -0.25, -0.25};
    const double *restrict in = w->in;
    double *restrict out = w->out;

    exchange(w);
    for (size_t y = 1; y <= (size_t)w->rows; y++)
        for (size_t x = 1; x + 1 < N; x++) {
            size_t i = y * N + x;
            out[i] += weight[0] * in[i - N] + weight[1] * in[i - 1] + weight[2] * in[i]
                      + weight[3] * in[i + 1] + weight[4] * in[i + N];
        }
    for (size_t i = N; i < (size_t)(w->rows + 1) * N; i++)
        w->in[i] += 1.0;
}

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;

    if (variant == 1)
        return tern_stencil_run(w->solver, (int64_t)repetitions);
    for (uint64_t i = 0; i < repetitions; i++)
        iterate(w);
    return TERN_OK;
}

static int open_solver(struct work *w)
{
    const tern_stencil_spec spec = {
        .stencil = "2d5",
        .size = {N, N, 1},
        .diffusion = 0.2,
        .halo = "isend",
        .threads = 1,
    };
    int error = tern_stencil_open(w->comm, &spec, &w->solver);

    return error ? error : tern_stencil_begin(w->solver, &(tern_stencil_state){.name = "spot"});
}

static int prepare(struct work *w, tern_comm *c)
{
    *w = (struct work){.comm = c, .rank = tern_rank(c), .size = tern_size(c)};
    w->rows = N / w->size;
    size_t points = (size_t)(w->rows + 2) * N;
    w->in = tern_alloc(points * sizeof(double));
    w->out = tern_alloc(points * sizeof(double));
    int error = tern_agree(c, w->in != NULL && w->out != NULL ? TERN_OK : TERN_ENOMEM);
    if (error)
        return error;
    for (size_t i = 0; i < points; i++) {
        size_t sum = i % N + i / N;
        w->in[i] = (double)sum;
        w->out[i] = 0;
    }
    error = open_solver(w);
    return error ? error : tern_bounce_open(tern_comm_node(c), &w->line);
}

static int measure(struct work *w, uint64_t seed)
{
    tern_stat_samples *s;
    const double points = (double)N * N;
    tern_stat_figure plain, ours, ratio, line;
    int error = tern_stat_measure(
        &(tern_stat_plan){
            .variants = 2,
            .baseline = (size_t[]){1, 1},
            .run = run,
            .start = start,
            .agree = agree,
            .probe = probe,
            .context = w,
            .batch = 0.01,
            .narrow = 0.005,
            .seconds = 4,
            .least_rounds = 20,
            .seed = seed,
        },
        &s);

    if (error)
        return error;
    error = tern_stat_time(s, 0, s->main, &plain);
    error = error ? error : tern_stat_time(s, 1, s->main, &ours);
    error = error ? error : tern_stat_ratio(s, 0, 1, s->main, &ratio);
    error = error ? error : tern_stat_probes(s, &line);
    if (w->rank == 0 && !error)
        printf("speed %.4f [%.4f-%.4f] times that of the plain operator, %.3f and %.3f GLUP/s, "
               "%zu rounds, %s regime, cache line %.0f ns\n",
               ratio.median, ratio.low, ratio.high, points / ours.median / 1e9,
               points / plain.median / 1e9, ratio.n, tern_stat_regime_name(s->main),
               line.median * 1e9);
    tern_stat_free(s);
    return error;
}

int main(int argc, char **argv)
{
    struct work w;

    if (tern_init(&argc, &argv) < 0)
        return 2;
    int error = prepare(&w, tern_world());
    error = error ? error : measure(&w, argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    if (error)
        fprintf(stderr, "stencil: %s\n", tern_last_error());
    tern_bounce_close(w.line);
    tern_stencil_close(w.solver);
    tern_free(w.in);
    tern_free(w.out);
    tern_finalize();
    return error ? 2 : 0;
}
