/* SPDX-License-Identifier: BSD-3-Clause */
/* Gauss-Seidel and successive over-relaxation in two colours, as a chess board: first the points
 * whose coordinates add to an even number, then the others (Young 1971).  Each colour reads only
 * the other one and ghost cells that were set before, so neither ranks nor threads matter.
 *
 *   u' = (1 - w) u + g (((x-1 + x+1) + (y-1 + y+1)) + (z-1 + z+1) - f),  g = w / (2 dims) */
#include "config.h"

#include "stencil/solver.h"

/* Every second point of a row of n, from the first that is computed. */
struct line {
    void *u;
    const void *source; /* or NULL */
    int64_t n, pitch, plane;
    double keep, gain;
    bool space;
};

/* hot */
#define LINE(name, REAL)                                             \
 static void name(const struct line *l)                              \
 {                                                                   \
  __typeof__(REAL) *u = l->u;                                        \
  const __typeof__(REAL) *f = l->source;                             \
  const REAL keep = (REAL)l->keep, gain = (REAL)l->gain;             \
  const int64_t pitch = l->pitch, plane = l->plane;                  \
  for (int64_t x = 0; x < l->n; x += 2) {                            \
   REAL sum = (u[x - 1] + u[x + 1]) + (u[x - pitch] + u[x + pitch]); \
   if (l->space)                                                     \
    sum += u[x - plane] + u[x + plane];                              \
   if (f != NULL)                                                    \
    sum -= f[x];                                                     \
   u[x] = keep * u[x] + gain * sum;                                  \
  }                                                                  \
 }
LINE(line_f64, double)
LINE(line_f32, float)
#undef LINE

static void half_row(const tern_stencil *s, int colour, int64_t y, int64_t z)
{
    const int64_t *start = s->block.start;
    const int64_t first = (start[0] + start[1] + y + start[2] + z + colour) % 2;
    const int64_t at = tern__at(s, first, y, z) * (int64_t)s->element;
    const struct line line = {
        .u = s->now + at,
        .source = s->source != NULL ? s->source + at : NULL,
        .n = s->block.count[0] - first,
        .pitch = s->pitch,
        .plane = s->plane,
        .keep = 1 - s->relaxation,
        .gain = s->number,
        .space = s->grid.dims == 3,
    };

    if (s->type == TERN_STENCIL_F64)
        line_f64(&line);
    else
        line_f32(&line);
}

static void half_sweep(const tern_stencil *s, int colour)
{
#pragma omp parallel for collapse(2) schedule(static) num_threads(s->team)
    for (int64_t z = 0; z < s->block.count[2]; z++)
        for (int64_t y = 0; y < s->block.count[1]; y++)
            half_row(s, colour, y, z);
}

int tern__sor_sweep(tern_stencil *s)
{
    int error = TERN_OK;

    for (int colour = 0; colour < 2 && error >= 0; colour++) {
        error = tern__get_ghosts(s, s->plan[0].depth);
        if (error >= 0 && s->now != NULL)
            half_sweep(s, colour);
    }
    if (error >= 0)
        s->work.steps++;
    return error;
}
