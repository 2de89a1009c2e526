/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps that are computed a row at a time by a function: the user's, or one of the equations that
 * are no weighted sum.  They take part in blocks of steps like all others. */
#include "config.h"

#include "stencil/solver.h"

#include <string.h>

void tern__row(const tern_stencil *s, const void *in, void *out, const int64_t at[DIMS],
               int64_t points, int64_t step)
{
    const tern_stencil_row row = {
        .out = out,
        .in = in,
        .pitch = s->pitch,
        .plane = s->plane,
        .points = points,
        .at = {s->block.start[0] + at[0], s->block.start[1] + at[1], s->block.start[2] + at[2]},
        .step = step,
    };

    s->row(s->row_context, &row);
}

void tern__rows(const tern_stencil *s, const char *in, char *out, const struct range *box,
                int64_t step)
{
    for (int64_t z = box->low[2]; z < box->high[2]; z++)
        for (int64_t y = box->low[1]; y < box->high[1]; y++) {
            int64_t at = tern__at(s, box->low[0], y, z) * (int64_t)s->element;
            tern__row(s, in + at, out + at, (int64_t[]){box->low[0], y, z},
                      box->high[0] - box->low[0], step);
        }
}

/* Neighbours up to `reach` away along each dimension. */
static void set_reach(tern_stencil *s, int dims, const int reach[DIMS])
{
    s->shape = (struct shape){.family = FAMILY_POINTS, .dims = dims};
    memcpy(s->shape.reach, reach, sizeof(s->shape.reach));
}

int tern__set_user(tern_stencil *s, const tern_stencil_spec *spec)
{
    if (spec->kernel == NULL || spec->dims < 2 || spec->dims > DIMS)
        return tern_fail(TERN_EINVAL, NULL, "a user's equation needs a kernel, and 2 or 3 dims");
    for (int d = 0; d < DIMS; d++)
        if (spec->reach[d] < 0 || spec->reach[d] > MOST_REACH
            || (d >= spec->dims && spec->reach[d] != 0))
            return tern_fail(TERN_EINVAL, NULL, "a kernel's reach of %d along %c: 0 to %d",
                             spec->reach[d], "xyz"[d], d < spec -> dims ? MOST_REACH : 0);
    set_reach(s, spec->dims, spec->reach);
    s->row = spec->kernel;
    s->row_context = spec->kernel_context;
    return TERN_OK;
}

/* ---- The Game of Life ------------------------------------------------------------------------ */

#if defined(__GNUC__) && !defined(__clang__)
# pragma GCC optimize("O3")
#endif

/* Born with 3 neighbours, alive with 2 or 3 (Gardner 1970). */
/* hot */
static void life(void *context, const tern_stencil_row *row)
{
    const unsigned char *c = row->in, *up = c + row->pitch, *down = c - row->pitch;
    unsigned char *out = row->out;

    (void)context;
#pragma omp simd
    for (int64_t x = 0; x < row->points; x++) {
        unsigned char sides = (unsigned char)(c[x - 1] + c[x + 1]);
        unsigned char above = (unsigned char)(up[x - 1] + up[x] + up[x + 1]);
        unsigned char below = (unsigned char)(down[x - 1] + down[x] + down[x + 1]);
        unsigned char around = (unsigned char)(sides + above + below);
        out[x] = (unsigned char)((around | c[x]) == 3);
    }
}

int tern__set_life(tern_stencil *s, const tern_stencil_spec *spec)
{
    for (int d = 0; d < 2; d++)
        for (int side = 0; side < 2; side++) {
            const tern_boundary *b = &spec->boundary[d][side];
            if ((b->kind != TERN_PERIODIC && b->kind != TERN_DIRICHLET)
                || (b->value != 0 && b->value != 1) || b->of != NULL)
                return tern_fail(TERN_EINVAL, NULL,
                                 "the ends of life are periodic or dirichlet, of dead or living "
                                 "cells: 0 or 1");
        }
    set_reach(s, 2, (int[]){1, 1, 0});
    s->row = life;
    return TERN_OK;
}
