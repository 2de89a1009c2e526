/* SPDX-License-Identifier: BSD-3-Clause */
/* What one step computes: the weights of its sum, and what is added to it. */
#include "config.h"

#include "stencil/solver.h"

#include <string.h>

/* The sum of a named stencil or of points, stored as it is. */
static void plain(struct step *step, const struct shape *shape)
{
    *step = (struct step){.family = shape->family, .finish = FINISH_STORE, .n = shape->n};
    step->points = shape->points;
    if (shape->family == FAMILY_POINTS)
        step->weights = shape->weights;
    else
        memcpy(step->own, shape->weights, sizeof(step->own));
}

/* Chebyshev's recurrence from state 1 on (Saad, Iterative Methods, 2003, algorithm 12.1): rho[k]
 * belongs to step k, and goes on from where it was. */
static void recur(tern_stencil *s, int64_t number, double rho[2])
{
    const double sigma = 1 / s->number / s->half_width;

    if (s->rho_of < 1 || s->rho_of > number) {
        s->rho_of = 1;
        s->rho[0] = 1 / sigma;
        s->rho[1] = 1 / (2 * sigma - s->rho[0]);
    }
    for (; s->rho_of < number; s->rho_of++) {
        s->rho[0] = s->rho[1];
        s->rho[1] = 1 / (2 * sigma - s->rho[0]);
    }
    memcpy(rho, s->rho, sizeof(s->rho));
}

static void chebyshev(tern_stencil *s, int64_t number, struct step *step)
{
    struct shape shape;
    double rho[2];

    recur(s, number, rho);
    const double back = rho[0] * rho[1], gain = 2 * rho[1] / s->half_width;
    tern__shape_combine(&s->laplacian, 1 + back, gain, &shape);
    plain(step, &shape);
    step->finish = FINISH_UPDATE;
    step->keep = -back;
    step->gain = -gain;
}

static void describe(tern_stencil *s, int64_t number, struct step *step)
{
    const bool leap = tern__leaps(s) && number > 0;

    if (s->solver == SOLVER_CHEBYSHEV && leap && s->half_width > 0) {
        chebyshev(s, number, step);
    } else if (s->equation == TERN_WAVE) {
        plain(step, leap ? &s->shape : &s->first);
        step->keep = leap ? -1 : 0;
    } else {
        plain(step, &s->shape);
        step->gain = -s->number;
    }
    if (step->keep != 0 || s->source != NULL)
        step->finish = FINISH_UPDATE;
}

/* Most equations have one kind of step, which small grids need not be told before every block. */
void tern__describe_steps(tern_stencil *s, int steps)
{
    for (int t = tern__leaps(s) ? 0 : s->described; t < steps; t++)
        describe(s, s->work.steps + t, &s->step[t]);
    s->described = steps > s->described ? steps : s->described;
}
