/* SPDX-License-Identifier: BSD-3-Clause */
/* What memory would allow a sweep that only read each point once and wrote it once. */
#include "config.h"

#include "stat/stat.h"
#include "stencil/solver.h"

#include <math.h>

/* The stencil of one point is the scale of STREAM. */
static int scale(void *context, size_t variant, uint64_t repetitions)
{
    const tern_stencil *s = context;
    const int64_t planes = s->now != NULL ? s->block.count[2] : 0;
    static const int here[1][DIMS] = {{0}};
    /* bytes are moved four at a time, within the padding of a row */
    const bool bytes = s->type == TERN_STENCIL_U8;
    const enum tern_stencil_type type = bytes ? TERN_STENCIL_F32 : s->type;
    kernel *k = s->kernels->of[type][FAMILY_POINTS][variant];
    const struct sweep row = {
        .pitch = s->pitch,
        .plane = s->plane,
        .columns = bytes ? s->block.count[0] / 4 : s->block.count[0],
        .rows = 1,
        .weights = (double[]){0.5},
        .points = here,
        .n = 1,
    };

    for (uint64_t i = 0; i < repetitions; i++) {
#pragma omp parallel for collapse(2) schedule(static) num_threads(s->team)
        for (int64_t z = 0; z < planes; z++)
            for (int64_t y = 0; y < s->block.count[1]; y++) {
                struct sweep sweep = row;
                int64_t at = tern__at(s, 0, y, z) * (int64_t)s->element;
                sweep.in = s->now + at;
                sweep.out = s->next + at;
                k(&sweep);
            }
    }
    return TERN_OK;
}

static int start(void *context)
{
    const tern_stencil *s = context;

    return tern_barrier(s->comm);
}

static int agree(void *context, double *values, size_t n)
{
    const tern_stencil *s = context;

    return tern_allreduce(s->comm, MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_MAX);
}

/* Long enough for some passes, each of which takes about as long as a step, but otherwise short
 * beside the work; agreed. */
static int time_limit(const tern_stencil *s, double *seconds)
{
    enum { PASSES = 12 };
    double most[2] = {s->work.seconds / 2, 0};

    if (s->work.steps > 0)
        most[1] = PASSES * s->work.seconds / (double)s->work.steps;
    int error = tern_allreduce(s->comm, MPI_IN_PLACE, most, 2, MPI_DOUBLE, MPI_MAX);
    *seconds = fmax(most[1], fmin(0.25, fmax(0.05, most[0])));
    return error;
}

/* Time of a pass; NaN if the limit was over before the first counted one. */
static int measure(tern_stencil *s, double limit, double *pass)
{
    tern_stat_plan plan = {
        .variants = 1,
        .run = scale,
        .start = start,
        .agree = agree,
        .context = s,
        .seconds = limit,
        .least_rounds = 5,
    };
    tern_stat_samples *samples;
    tern_stat_figure figure = {.median = NAN};
    int error = tern_stat_measure(&plan, &samples);

    if (error < 0)
        return error;
    error = tern_stat_time(samples, 0, samples->main, &figure);
    *pass = figure.median;
    tern_stat_free(samples);
    return error;
}

int tern_stencil_roofline(tern_stencil *s, double *points_per_second)
{
    const int64_t *size = s->grid.size;
    double pass = NAN, limit;
    int error = time_limit(s, &limit);

    for (; error >= 0 && isnan(pass); limit *= 2)
        error = measure(s, limit, &pass);
    if (error >= 0)
        *points_per_second = (double)size[0] * (double)size[1] * (double)size[2] / pass;
    return error;
}
