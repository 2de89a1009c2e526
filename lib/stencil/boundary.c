/* SPDX-License-Identifier: BSD-3-Clause */
/* The ghost cells beyond the ends of the grid.  Each is made of one point inside, in the row or
 * plane that has just been computed, so they can be set inside a block of steps.  Where a cell is
 * beyond several ends, that of x counts, then that of y. */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>

/* Ghost cell k of 0 .. reach - 1, for points 1 apart; the end lies half way between the last point
 * and the first ghost cell, except for TERN_MIRROR, which mirrors at the last point. */
static struct ghost ghost_of(const tern_boundary *b, int k)
{
    double across = 2 * k + 1, mean = b->a / 2 + b->b / across;

    switch (b->kind) {
    case TERN_NEUMANN: return (struct ghost){k, 1, across};
    case TERN_ROBIN: return (struct ghost){k, (b->b / across - b->a / 2) / mean, 1 / mean};
    case TERN_MIRROR: return (struct ghost){k + 1, 1, 0};
    default: return (struct ghost){0, 0, 1};
    }
}

static int check(const tern_stencil *s, int d, const tern_boundary *b)
{
    int64_t least = b->kind == TERN_MIRROR ? s->shape.reach[d] + 1 : s->shape.reach[d];

    if ((int)b->kind < TERN_DIRICHLET || b->kind > TERN_MIRROR)
        return tern_fail(TERN_EINVAL, NULL, "no boundary has number %d", (int)b->kind);
    if (b->kind == TERN_ROBIN && !(b->a >= 0 && b->b >= 0 && b->a + b->b > 0))
        return tern_fail(TERN_EINVAL, NULL, "a Robin boundary needs a, b >= 0, not both 0");
    if (b->kind >= TERN_NEUMANN && s->grid.size[d] < least)
        return tern_fail(TERN_EINVAL, NULL,
                         "this boundary of %c needs at least %lld points, for the stencil's reach",
                         "xyz"[d], (long long)least);
    return TERN_OK;
}

int tern__faces(tern_stencil *s, const tern_stencil_spec *spec)
{
    for (int d = 0; d < s->grid.dims; d++)
        for (int side = 0; side < 2; side++) {
            const tern_boundary *b = &spec->boundary[d][side];
            struct face *f = &s->face[d][side];
            s->boundary[d][side] = *b;
            if (s->grid.periodic[d])
                continue;
            int error = check(s, d, b);
            if (error < 0)
                return error;
            *f = (struct face){
                .closed = true, .value = b->value, .of = b->of, .context = b->context};
            f->live = b->kind >= TERN_NEUMANN || b->of != NULL;
            s->live |= f->live;
            for (int k = 0; k < s->shape.reach[d]; k++)
                f->ghost[k] = ghost_of(b, k);
        }
    return TERN_OK;
}

/* One ghost cell from the point that lies `inward` elements from it. */
static void set(const tern_stencil *s, const struct face *f, int k, void *array,
                const int64_t at[DIMS], int64_t inward, int64_t step)
{
    const struct ghost *g = &f->ghost[k];
    int64_t here = tern__at(s, at[0], at[1], at[2]);
    double value = f->value;

    if (f->of != NULL) {
        int64_t point[DIMS];
        for (int d = 0; d < DIMS; d++) {
            const int64_t n = s->grid.size[d];
            point[d] = s->block.start[d] + at[d];
            if (s->grid.periodic[d])
                point[d] = (point[d] % n + n) % n;
        }
        value = f->of(f->context, point, step);
    }
    value *= g->scale;
    if (g->factor != 0 && s->type == TERN_STENCIL_F64)
        ((double *)array)[here] = g->factor * ((double *)array)[here + inward] + value;
    else if (g->factor != 0 && s->type == TERN_STENCIL_U8)
        ((unsigned char *)array)[here] = ((unsigned char *)array)[here + inward];
    else if (g->factor != 0)
        ((float *)array)[here] = (float)g->factor * ((float *)array)[here + inward] + (float)value;
    else
        tern__set(s, array, here, value);
}

/* Ghost cells across dimension d of the points of `box`: those whose source is in it.  Everything
 * is counted in the block's points. */
static void fill_face(const tern_stencil *s, char *array, int d, int side, const struct range *box,
                      int64_t step)
{
    const struct face *f = &s->face[d][side];
    const int64_t stride = d == 0 ? 1 : d == 1 ? s->pitch : s->plane;
    const int64_t end = side == 0 ? -s->block.start[d] : s->grid.size[d] - s->block.start[d] - 1;
    const int64_t out = side == 0 ? -1 : 1;

    for (int k = 0; k < s->shape.reach[d]; k++) {
        int64_t source = end - out * f->ghost[k].source, at[DIMS];
        if (source < box->low[d] || source >= box->high[d])
            continue;
        struct range cells = *box;
        cells.low[d] = end + out * (k + 1);
        cells.high[d] = cells.low[d] + 1;
        if (cells.low[d] < -s->ghost[d] || cells.low[d] >= s->block.count[d] + s->ghost[d])
            continue;
        for (at[2] = cells.low[2]; at[2] < cells.high[2]; at[2]++)
            for (at[1] = cells.low[1]; at[1] < cells.high[1]; at[1]++)
                for (at[0] = cells.low[0]; at[0] < cells.high[0]; at[0]++)
                    set(s, f, k, array, at, (source - cells.low[d]) * stride, step);
        for (int lower = d - 1; lower >= 0; lower--) /* the corners of what was set */
            for (int i = 0; i < 2; i++)
                if (s->face[lower][i].closed)
                    fill_face(s, array, lower, i, &cells, step);
    }
}

void tern__fill_live(const tern_stencil *s, char *array, const struct range *box, int64_t step)
{
    for (int d = 0; d < s->grid.dims; d++)
        for (int side = 0; side < 2; side++)
            if (s->face[d][side].closed)
                fill_face(s, array, d, side, box, step);
}

void tern__fill_all(const tern_stencil *s, char *array)
{
    struct range known;

    tern__extent(s, s->most_deep, &known);
    tern__fill_live(s, array, &known, 0);
}
