/* SPDX-License-Identifier: BSD-3-Clause */
/* Diffusion with a coefficient that varies from place to place, u_t = div(k grad u), in the form
 * that conserves: between two points flows the mean of their coefficients times the difference of
 * their values, and both get the same number.
 *
 *   u' = u + w (((x-1) + (x+1)) + ((y-1) + (y+1)) + ((z-1) + (z+1))), where
 *   (p) = ((k + k[p]) / 2) (u[p] - u) */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>

#if defined(__GNUC__) && !defined(__clang__)
# pragma GCC optimize("O3")
#endif

/* hot */
#define FLOW(p) (((k[x] + k[x + (p)]) * half) * (u[x + (p)] - u[x]))
#define PAIR(p) (FLOW(-(p)) + FLOW(p))
#define ROW(name, REAL)                                                                  \
 static void name(const tern_stencil *s, const tern_stencil_row *row, const void *field) \
 {                                                                                       \
  const __typeof__(REAL) *u = row->in, *k = field;                                       \
  const REAL w = (REAL)s->number, half = (REAL)0.5;                                      \
  const int64_t pitch = row->pitch, plane = row->plane;                                  \
  __typeof__(REAL) *out = row->out;                                                      \
  if (s->grid.dims == 2) {                                                               \
   _Pragma("omp simd") for (int64_t x = 0; x < row->points; x++) out[x] =                \
       u[x] + w * (PAIR(1) + PAIR(pitch));                                               \
  } else {                                                                               \
   _Pragma("omp simd") for (int64_t x = 0; x < row->points; x++) out[x] =                \
       u[x] + w * ((PAIR(1) + PAIR(pitch)) + PAIR(plane));                               \
  }                                                                                      \
 }
ROW(row_f64, double)
ROW(row_f32, float)
#undef ROW
#undef PAIR
#undef FLOW

static void diffuse(void *context, const tern_stencil_row *row)
{
    const tern_stencil *s = context;
    const int64_t at = tern__at(s, row->at[0] - s->block.start[0], row->at[1] - s->block.start[1],
                                row->at[2] - s->block.start[2]);
    const char *field = s->coefficient + at * (int64_t)s->element;

    if (s->type == TERN_STENCIL_F64)
        row_f64(s, row, field);
    else
        row_f32(s, row, field);
}

int tern__set_varying(tern_stencil *s, const tern_stencil_spec *spec)
{
    if (s->laplacian.family != FAMILY_STAR2_1 && s->laplacian.family != FAMILY_STAR3_1)
        return tern_fail(TERN_EINVAL, NULL, "coefficients that vary need the stencil 2d5 or 3d7");
    s->shape = s->laplacian;
    s->shape.family = FAMILY_POINTS;
    s->shape.n = 0;
    s->number = spec->diffusion;
    s->row = diffuse;
    s->row_context = s;
    return TERN_OK;
}

/* The least and the largest value, of -k and k. */
static void span(const tern_stencil *s, const struct range *box, double out[2])
{
    for (int64_t z = box->low[2]; z < box->high[2]; z++)
        for (int64_t y = box->low[1]; y < box->high[1]; y++)
            for (int64_t x = box->low[0]; x < box->high[0]; x++) {
                double k = tern__get(s, s->coefficient, tern__at(s, x, y, z));
                out[0] = fmax(out[0], isnan(k) ? INFINITY : -k);
                out[1] = fmax(out[1], isnan(k) ? INFINITY : k);
            }
}

/* w k must be at most what is stable for k = 1. */
static int set_number(tern_stencil *s, double largest)
{
    const double most = 1 / (2 * s->grid.dims * largest);

    if (s->number == 0)
        s->number = 0.8 * most;
    if (!(s->number > 0 && s->number <= most * (1 + 1e-12)))
        return tern_fail(TERN_EINVAL, NULL,
                         "the diffusion number %g is outside (0, %g], where the scheme is stable "
                         "for coefficients up to %g",
                         s->number, most, largest);
    return TERN_OK;
}

int tern__make_coefficient(tern_stencil *s, const tern_stencil_spec *spec)
{
    double ends[2] = {-INFINITY, -INFINITY};
    struct range box;
    int error = TERN_OK;

    if (s->now != NULL)
        error = tern__make_field(s, &s->coefficient, &s->coefficient_array);
    if (error >= 0 && s->now != NULL) {
        tern__extent(s, s->most_deep, &box); /* and one beyond closed ends */
        for (int d = 0; d < s->grid.dims; d++) {
            box.low[d] = tern__most(box.low[d] - 1, -s->ghost[d]);
            box.high[d] = tern__least(box.high[d] + 1, s->block.count[d] + s->ghost[d]);
        }
        tern__set_field(s, s->coefficient, &box, spec->coefficient, spec->coefficient_context);
        span(s, &box, ends);
    }
    error = tern_agree(s->comm, error);
    if (error >= 0)
        error = tern_allreduce(s->comm, MPI_IN_PLACE, ends, 2, MPI_DOUBLE, MPI_MAX);
    if (error < 0)
        return error;
    if (!(ends[0] <= 0 && ends[1] > 0 && isfinite(ends[1])))
        return tern_fail(TERN_EINVAL, NULL,
                         "coefficients from %g to %g: they must not be below 0, nor all 0",
                         -ends[0], ends[1]);
    return set_number(s, ends[1]);
}
