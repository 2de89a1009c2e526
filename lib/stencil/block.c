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
#include <stddef.h>
#include <string.h>

enum {
    FRONT = 4, /* rows of the plane that move together: what the kernels take at once */
    LINE_BYTES = 64,
    SKEW = LINE_BYTES /* bytes by which x tiles move back, so that vectors stay on cache lines */
};

/* What is computed together: its extent at every step. */
struct zone {
    tern_stencil *solver;
    const struct blocking *how;
    int steps;
    tern_halo *halo; /* the exchange that is under way, to be helped on; NULL: none */
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

/* The weighted sums of step t, counted from 0, at the points of a box. */
static void sum(const struct zone *zone, int t, const struct range *box, const char *in, char *out)
{
    const tern_stencil *s = zone->solver;
    const int64_t rows = box->high[1] - box->low[1], band = zone->how->band;
    const struct step *step = &s->step[t];
    const bool stream = zone->how->stream && step->finish == FINISH_STORE;
    const enum finish finish = stream ? FINISH_STREAM : step->finish;
    kernel *k = s->kernels->of[s->type][step->family][finish];
    struct sweep sweep = {
        .pitch = s->pitch,
        .plane = s->plane,
        .columns = box->high[0] - box->low[0],
        .weights = step->weights != NULL ? step->weights : step->own,
        .points = step->points,
        .n = step->n,
        .keep = step->keep,
        .gain = step->gain,
    };

    for (int64_t z = box->low[2]; z < box->high[2]; z++)
        for (int64_t y = 0; y < rows; y += sweep.rows) {
            int64_t at = tern__at(s, box->low[0], box->low[1] + y, z) * (int64_t)s->element;
            sweep.rows = band > 0 ? tern__least(band, rows - y) : rows;
            sweep.in = in + at;
            sweep.out = out + at;
            sweep.source = s->source != NULL ? s->source + at : NULL;
            k(&sweep);
        }
}

/* Step t at the points of a box. */
static void compute(const struct zone *zone, int t, const struct range *box)
{
    tern_stencil *s = zone->solver;
    char *in = t % 2 == 0 ? s->now : s->next, *out = t % 2 == 0 ? s->next : s->now;

    if (s->row != NULL)
        tern__rows(s, in, out, box, s->work.steps + t);
    else
        sum(zone, t, box, in, out);
    if (s->live)
        tern__fill_live(s, out, box, s->work.steps + t + 1);
}

/* The same if there are any. */
static void compute_some(const struct zone *zone, int t, const struct range *box)
{
    for (int d = 0; d < DIMS; d++)
        if (box->low[d] >= box->high[d])
            return;
    compute(zone, t, box);
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

static void fetch_row(const char *row, int64_t bytes)
{
    enum { READ = 0, SECOND_LEVEL = 2 };

    for (int64_t i = 0; i < bytes; i += LINE_BYTES)
        __builtin_prefetch(row + i, READ, SECOND_LEVEL);
}

/* Ask for part t of what step 0 will be the first to touch, in the box that it will compute after
 * the wavefront has moved on.  Each step asks for a part, so that memory works while it computes.
 */
static void fetch(const struct zone *zone, const struct range *box, int t)
{
    const tern_stencil *s = zone->solver;
    const int outer = s->grid.dims - 1;
    const int64_t element = (int64_t)s->element, rows = box->high[1] - box->low[1];
    const int64_t bytes = (box->high[0] - box->low[0]) * element;
    const int64_t ahead = s->shape.reach[outer] * (outer == 1 ? s->pitch : s->plane) * element;
    const int64_t first = box->low[1] + rows * t / zone->steps;
    const int64_t last = box->low[1] + rows * (t + 1) / zone->steps;

    for (int64_t z = box->low[2]; z < box->high[2]; z++)
        for (int64_t y = first; y < last; y++) {
            const int64_t at = tern__at(s, box->low[0], y, z) * element;
            fetch_row(s->now + at + ahead, bytes);
            fetch_row(s->next + at, bytes);
        }
}

/* Rows or planes that move together. */
static int64_t front_of(const struct zone *zone)
{
    const int outer = zone->solver->grid.dims - 1;
    int64_t first, last;

    window_span(zone, outer, &first, &last);
    if (zone->steps == 1 || zone->how->whole)
        return last - first;
    return outer == 1 ? FRONT : 1;
}

/* The part of step t in a tile, given by its windows, and at a place of the wavefront. */
static struct range clip(const struct zone *zone, int t, const int64_t *from, const int64_t *width)
{
    struct range box = zone->at[t];

    for (int d = 0; d < zone->solver->grid.dims; d++)
        window_clip(zone, d, from[d], width[d], t, &box);
    return box;
}

/* All steps in one tile. */
static void walk_tile(const struct zone *zone, const int64_t *tile, const int64_t *tile_width)
{
    const int outer = zone->solver->grid.dims - 1;
    const int64_t front = front_of(zone);
    int64_t first, last, from[DIMS], width[DIMS];

    window_span(zone, outer, &first, &last);
    memcpy(from, tile, sizeof(from));
    memcpy(width, tile_width, sizeof(width));
    width[outer] = front;
    for (int64_t f = first; f < last; f += front)
        for (int t = 0; t < zone->steps; t++) {
            if (front < last - first) {
                from[outer] = f + front;
                const struct range next = clip(zone, 0, from, width);
                fetch(zone, &next, t);
            }
            from[outer] = f;
            const struct range box = clip(zone, t, from, width);
            compute_some(zone, t, &box);
            if (zone->halo != NULL)
                tern_halo_progress(zone->halo);
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

/* Of at[], which is long, only what is in use. */
static void copy_zone(const struct zone *from, struct zone *to)
{
    memcpy(to, from, offsetof(struct zone, at) + (size_t)from->steps * sizeof(from->at[0]));
}

/* All steps in a zone, by all threads. */
static void share_out(const struct zone *all)
{
    int n = crew(all);

    if (n == 1) {
        walk(all);
        return;
    }
#pragma omp parallel num_threads(n)
    {
        const int p = omp_get_thread_num(), team = omp_get_num_threads();
        struct zone mine;
        copy_zone(all, &mine);
        mine.halo = p == 0 ? all->halo : NULL;
        trapezoid(&mine, p, team);
        walk(&mine);
        if (all->steps > 1) {
#pragma omp barrier
            copy_zone(all, &mine);
            mine.halo = NULL;
            triangle(&mine, p, team);
            if (p > 0)
                walk(&mine);
        }
    }
}

/* All points; of one step at least. */
static void set_zone(struct zone *all, tern_stencil *s, const struct blocking *how, int steps)
{
    all->solver = s;
    all->how = how;
    all->steps = steps;
    all->halo = NULL;
    int t = 0;
    do
        tern__extent(s, steps - 1 - t, &all->at[t]);
    while (++t < steps);
}

void tern__block(tern_stencil *s, const struct blocking *how, int steps)
{
    struct zone all;

    tern__describe_steps(s, steps);
    set_zone(&all, s, how, steps);
    share_out(&all);
}

/* ---- Overlap --------------------------------------------------------------------------------- */

/* What is left of the points at step t, beside faces with ghost cells that are exchanged: it
 * shrinks like the part of a thread, and begins behind the points that are sent. */
static void shrink(const tern_stencil *s, const struct blocking *how, int t, struct range *box)
{
    for (int d = 0; d < s->grid.dims; d++) {
        const int64_t deep = (int64_t)(how->depth + t) * s->shape.reach[d];
        const int64_t start = s->block.start[d], count = s->block.count[d];
        if (!tern__exchanged(s, d))
            continue;
        if (s->grid.periodic[d] || start > 0)
            box->low[d] = deep;
        if (s->grid.periodic[d] || start + count < s->grid.size[d])
            box->high[d] = count - deep;
    }
}

bool tern__block_splits(const tern_stencil *s, const struct blocking *how, int steps)
{
    struct range last;

    tern__extent(s, 0, &last);
    shrink(s, how, steps - 1, &last);
    for (int d = 0; d < DIMS; d++)
        if (last.low[d] >= last.high[d])
            return false;
    return true;
}

void tern__block_inner(tern_stencil *s, const struct blocking *how, int steps)
{
    struct zone zone;

    tern__describe_steps(s, steps);
    set_zone(&zone, s, how, steps);
    zone.halo = s->halo[how->depth];
    for (int t = 0; t < steps; t++)
        shrink(s, how, t, &zone.at[t]);
    share_out(&zone);
}

/* Part p of n of a box, cut across its longest side. */
static struct range slice(const struct range *box, int p, int n)
{
    struct range out = *box;
    int d = 0;

    for (int k = 1; k < DIMS; k++)
        if (box->high[k] - box->low[k] > box->high[d] - box->low[d])
            d = k;
    out.low[d] = cut(box, d, p, n);
    out.high[d] = cut(box, d, p + 1, n);
    return out;
}

/* Step t outside the inner zone, as a slab at either end of each dimension; part p of n. */
static void rim_step(const struct zone *all, int t, int p, int n)
{
    struct range rest = all->at[t], in = rest;

    shrink(all->solver, all->how, t, &in);
    for (int d = all->solver->grid.dims - 1; d >= 0; d--) {
        struct range low = rest, high = rest;
        low.high[d] = in.low[d];
        high.low[d] = in.high[d];
        rest.low[d] = in.low[d];
        rest.high[d] = in.high[d];
        low = slice(&low, p, n);
        high = slice(&high, p, n);
        compute_some(all, t, &low);
        compute_some(all, t, &high);
    }
}

/* The only dimension along which ghost cells are exchanged, or -1. */
static int only_dimension(const tern_stencil *s)
{
    int only = -1, n = 0;

    for (int d = 0; d < s->grid.dims; d++)
        if (tern__exchanged(s, d)) {
            only = d;
            n++;
        }
    return n == 1 ? only : -1;
}

/* All steps beside one face, as tiles and wavefront: no other slab needs them. */
static void rim_side(const struct zone *all, int d, enum tern_side side)
{
    struct zone zone;

    copy_zone(all, &zone);
    for (int t = 0; t < all->steps; t++) {
        struct range in = all->at[t];
        shrink(all->solver, all->how, t, &in);
        if (side == TERN_LOW)
            zone.at[t].high[d] = in.low[d];
        else
            zone.at[t].low[d] = in.high[d];
    }
    if (zone.at[0].low[d] < zone.at[0].high[d])
        walk(&zone);
}

void tern__block_rim(tern_stencil *s, const struct blocking *how, int steps)
{
    const int d = only_dimension(s);
    struct zone all;

    set_zone(&all, s, how, steps);
    const int n = crew(&all);
    if (n == 1 && d >= 0) {
        rim_side(&all, d, TERN_LOW);
        rim_side(&all, d, TERN_HIGH);
        return;
    }
    if (n == 1) {
        for (int t = 0; t < steps; t++)
            rim_step(&all, t, 0, 1);
        return;
    }
#pragma omp parallel num_threads(n)
    for (int t = 0; t < steps; t++) {
        rim_step(&all, t, omp_get_thread_num(), omp_get_num_threads());
#pragma omp barrier
    }
}
