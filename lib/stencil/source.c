/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields that stay as they are, such as the right-hand side of Poisson's equation: functions of the
 * place, set for the ghost cells that a block of steps computes, too, so they are never exchanged.
 */
#include "config.h"

#include "stencil/solver.h"

#include <string.h>

static int64_t wrapped(const tern_stencil *s, int d, int64_t at)
{
    const int64_t n = s->grid.size[d];

    return s->grid.periodic[d] ? (at % n + n) % n : at;
}

static void set_row(const tern_stencil *s, char *field, tern_stencil_function *of, void *context,
                    const struct range *box, int64_t y, int64_t z)
{
    int64_t point[DIMS] = {0, wrapped(s, 1, s->block.start[1] + y),
                           wrapped(s, 2, s->block.start[2] + z)};

    for (int64_t x = box->low[0]; x < box->high[0]; x++) {
        point[0] = wrapped(s, 0, s->block.start[0] + x);
        tern__set(s, field, tern__at(s, x, y, z), of(context, point));
    }
}

void tern__set_field(const tern_stencil *s, char *field, const struct range *box,
                     tern_stencil_function *of, void *context)
{
#pragma omp parallel for collapse(2) schedule(static) num_threads(s->team)
    for (int64_t z = box->low[2]; z < box->high[2]; z++)
        for (int64_t y = box->low[1]; y < box->high[1]; y++)
            set_row(s, field, of, context, box, y, z);
}

int tern__make_field(const tern_stencil *s, char **first, void **array)
{
    const int64_t at = s->margin + s->ghost[1] * s->pitch + s->ghost[2] * s->plane;

    if (*array != NULL)
        return TERN_OK;
    *array = tern_alloc(tern__array_bytes(s));
    if (*array == NULL)
        return TERN_ENOMEM;
    memset(*array, 0, tern__array_bytes(s));
    *first = (char *)*array + at * (int64_t)s->element;
    return TERN_OK;
}

static int make_source(tern_stencil *s)
{
    return s->now != NULL ? tern__make_field(s, &s->source, &s->source_array) : TERN_OK;
}

int tern__make_source(tern_stencil *s, const tern_stencil_spec *spec)
{
    struct range all;
    int error;

    if (spec->source == NULL)
        return TERN_OK;
    error = make_source(s);
    if (error < 0 || s->source == NULL)
        return error;
    tern__extent(s, s->most_deep, &all);
    tern__set_field(s, s->source, &all, spec->source, spec->source_context);
    return TERN_OK;
}

/* ---- A known solution ------------------------------------------------------------------------ */

struct posed {
    const tern_stencil *solver;
    double factor;
};

static double posed_at(void *context, const int64_t point[DIMS])
{
    const struct posed *p = context;
    double value = p->factor;

    for (int d = 0; d < DIMS && d < p->solver->grid.dims; d++)
        value *= tern__stencil_wave_at(p->solver, d, point[d]);
    return value;
}

int tern_stencil_pose(tern_stencil *s, const int64_t wave[TERN_GRID_DIMS])
{
    struct posed posed = {.solver = s};
    struct range all;
    double rest;
    int error = TERN_OK;

    for (int d = 0; d < s->grid.dims; d++)
        if (wave[d] < 0)
            return tern_fail(TERN_EINVAL, NULL, "%lld waves in %c", (long long)wave[d], "xyz"[d]);
    if (s->equation != TERN_POISSON || !tern__stencil_rest(s, &rest))
        return tern_fail(TERN_ENOTSUP, NULL,
                         "no exact solution is known for this equation and these boundaries");
    memcpy(s->wave, wave, sizeof(s->wave));
    error = make_source(s);
    s->exact = true;
    if (error < 0 || s->source == NULL)
        return error;
    posed.factor = tern__stencil_factor(s);
    tern__extent(s, s->most_deep, &all);
    tern__set_field(s, s->source, &all, posed_at, &posed);
    return TERN_OK;
}
