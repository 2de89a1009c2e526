/* SPDX-License-Identifier: BSD-3-Clause */
/* Several steps in one pass over memory.
 *
 * A thread's share of the outer dimension (y in the plane, z in space) shrinks by the stencil's
 * reach from step to step at every cut, so that the threads need not wait; when all are done, the
 * triangles between them are filled (split tiling, Grosser et al. 2013).  Inside, a tile along the
 * inner dimensions moves back by the reach at every step, a parallelogram, and the steps follow one
 * another as a wavefront along the outer dimension, so that what one step writes is in the cache
 * when the next one reads it (Wonnacott 2000).  No point is computed twice, and two arrays are
 * enough.
 *
 * Between ranks the same shrinking begins at ghost cells deep enough for all steps; those are
 * computed twice, but exchanged only once a block. */
#include "config.h"

#include "stencil/solver.h"

#include <omp.h>

enum {
    FRONT = 4, /* rows of the plane that move together: what the kernels take at once */
    SKEW = 64  /* bytes by which x tiles move back, so that vectors stay on cache lines */
};

/* What is computed together: its extent at every step. */
struct zone {
    tern_stencil *solver;
    const struct blocking *how;
    int steps;
    struct range at[MOST_DEPTH];
};

void tern__extent(const tern_stencil *s, int left, struct range *out)
{
    for (int d = 0; d < DIMS; d++) {
        int64_t more = tern__exchanged(s, d) ? (int64_t)left * s->shape.reach[d] : 0;
        out->low[d] = -more;
        out->high[d] = s->block.count[d] + more;
        if (!s->grid.periodic[d]) {
            out->low[d] = tern__most(out->low[d], -s->block.start[d]);
            out->high[d] = tern__least(out->high[d], s->grid.size[d] - s->block.start[d]);
        }
    }
}

/* Step t, counted from 0, at the points of a box. */
static void compute(const struct zone *zone, int t, const struct range *box)
{
    tern_stencil *s = zone->solver;
    const struct step *step = &s->step[t];
    const bool stream = zone->how->stream && step->finish == FINISH_STORE;
    const enum finish finish = stream ? FINISH_STREAM : step->finish;
    char *in = t % 2 == 0 ? s->now : s->next, *out = t % 2 == 0 ? s->next : s->now;
    kernel *const *kernels = s->row == NULL ? s->kernels->of[s->type][step->family] : NULL;
    struct sweep sweep = {
        .pitch = s->pitch,
        .plane = s->plane,
        .columns = box->high[0] - box->low[0],
        .rows = box->high[1] - box->low[1],
        .weights = step->weights != NULL ? step->weights : step->own,
        .points = step->points,
        .n = step->n,
        .keep = step->keep,
        .gain = step->gain,
    };

    if (sweep.columns <= 0 || sweep.rows <= 0)
        return;
    if (s->row != NULL) {
        tern__rows(s, in, out, box, s->work.steps + t);
        if (s->live)
            tern__fill_live(s, out, box, s->work.steps + t + 1);
        return;
    }
    for (int64_t z = box->low[2]; z < box->high[2]; z++) {
        int64_t at = tern__at(s, box->low[0], box->low[1], z) * (int64_t)s->element;
        sweep.in = in + at;
        sweep.out = out + at;
        sweep.source = s->source != NULL ? s->source + at : NULL;
        kernels[finish](&sweep);
    }
    if (s->live)
        tern__fill_live(s, out, box, s->work.steps + t + 1);
}

/* How far windows move back from step to step. */
static int64_t skew(const tern_stencil *s, int d)
{
    const int64_t line = SKEW / (int64_t)s->element, reach = s->shape.reach[d];

    return d == 0 ? (reach + line - 1) / line * line : reach;
}

/* Where the first window along d begins and the last one ends, in the coordinates of step 0. */
static void window_span(const struct zone *zone, int d, int64_t *from, int64_t *to)
{
    int64_t back = skew(zone->solver, d);

    *from = INT64_MAX;
    *to = INT64_MIN;
    for (int t = 0; t < zone->steps; t++) {
        *from = tern__least(*from, zone->at[t].low[d] + t * back);
        *to = tern__most(*to, zone->at[t].high[d] + t * back);
    }
}

/* The part of step t in the window [from, from + width) of step 0. */
static void window_clip(const struct zone *zone, int d, int64_t from, int64_t width, int t,
                        struct range *box)
{
    int64_t back = t * skew(zone->solver, d);

    box->low[d] = tern__most(zone->at[t].low[d], from - back);
    box->high[d] = tern__least(zone->at[t].high[d], from + width - back);
}

/* All steps in one tile, given by its windows along the inner dimensions. */
static void walk_tile(const struct zone *zone, const int64_t *from, const int64_t *width)
{
    const int outer = zone->solver->grid.dims - 1;
    const int64_t front = zone->steps == 1 ? width[outer] : outer == 1 ? FRONT : 1;
    int64_t first, last;

    window_span(zone, outer, &first, &last);
    for (int64_t f = first; f < last; f += front)
        for (int t = 0; t < zone->steps; t++) {
            struct range box = zone->at[t];
            window_clip(zone, outer, f, front, t, &box);
            for (int d = 0; d < outer; d++)
                window_clip(zone, d, from[d], width[d], t, &box);
            if (box.low[outer] < box.high[outer])
                compute(zone, t, &box);
        }
}

static void walk(const struct zone *zone)
{
    int64_t from[DIMS], to[DIMS], at[DIMS], width[DIMS];

    for (int d = 0; d < DIMS; d++) {
        window_span(zone, d, &from[d], &to[d]);
        if (from[d] >= to[d])
            return;
        int64_t wanted = d < zone->solver->grid.dims - 1 ? zone->how->tile[d] : 0;
        width[d] = wanted > 0 ? wanted : to[d] - from[d];
    }
    int64_t last_y = zone->solver->grid.dims == 3 ? to[1] : from[1] + 1;
    for (at[1] = from[1]; at[1] < last_y; at[1] += width[1])
        for (at[0] = from[0]; at[0] < to[0]; at[0] += width[0])
            walk_tile(zone, at, width);
}

/* ---- Threads --------------------------------------------------------------------------------- */

/* The cut before part p of n. */
static int64_t cut(const struct range *all, int d, int p, int n)
{
    return all->low[d] + (all->high[d] - all->low[d]) * p / n;
}

/* A thread's part: it shrinks at the cuts. */
static void trapezoid(struct zone *zone, int p, int n)
{
    const int d = zone->solver->grid.dims - 1;
    const int64_t reach = zone->solver->shape.reach[d];
    const int64_t low = cut(&zone->at[0], d, p, n), high = cut(&zone->at[0], d, p + 1, n);

    for (int t = 0; t < zone->steps; t++) {
        if (p > 0)
            zone->at[t].low[d] = tern__most(zone->at[t].low[d], low + t * reach);
        if (p < n - 1)
            zone->at[t].high[d] = tern__least(zone->at[t].high[d], high - t * reach);
    }
}

/* What two trapezoids leave between them. */
static void triangle(struct zone *zone, int p, int n)
{
    const int d = zone->solver->grid.dims - 1;
    const int64_t reach = zone->solver->shape.reach[d];
    const int64_t middle = cut(&zone->at[0], d, p, n);

    for (int t = 0; t < zone->steps; t++) {
        zone->at[t].low[d] = tern__most(zone->at[t].low[d], middle - t * reach);
        zone->at[t].high[d] = tern__least(zone->at[t].high[d], middle + t * reach);
    }
}

/* Threads whose parts are thick enough to shrink from both sides. */
static int crew(const struct zone *zone)
{
    const tern_stencil *s = zone->solver;
    const int d = s->grid.dims - 1;
    int64_t rows = zone->at[0].high[d] - zone->at[0].low[d];
    int64_t thin = tern__most(1, 2 * (int64_t)s->shape.reach[d] * (zone->steps - 1));

    return (int)tern__most(1, tern__least(s->team, rows / thin));
}

void tern__block(tern_stencil *s, const struct blocking *how, int steps)
{
    struct zone all = {.solver = s, .how = how, .steps = steps};

    tern__describe_steps(s, steps);
    for (int t = 0; t < steps; t++)
        tern__extent(s, steps - 1 - t, &all.at[t]);
    int n = crew(&all);
    if (n == 1) {
        walk(&all);
        return;
    }
#pragma omp parallel num_threads(n)
    {
        const int p = omp_get_thread_num(), team = omp_get_num_threads();
        struct zone mine = all;
        trapezoid(&mine, p, team);
        walk(&mine);
        if (steps > 1) {
#pragma omp barrier
            mine = all;
            triangle(&mine, p, team);
            if (p > 0)
                walk(&mine);
        }
    }
}
