/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws from known distributions; a stream is a function of its seed. */
#ifndef TERN_TESTS_STAT_DRAW_H
#define TERN_TESTS_STAT_DRAW_H
#include <math.h>
#include "base/base.h"

struct draw {
    uint64_t seed, used;
};

static inline double draw_uniform(struct draw *d)
{
    return tern_random_real(d->seed, 0, d->used++);
}

/* Standard normal (Box and Muller 1958). */
static inline double draw_normal(struct draw *d)
{
    double radius = sqrt(-2 * log(1 - draw_uniform(d)));

    return radius * cos(2 * acos(-1) * draw_uniform(d));
}
#endif
