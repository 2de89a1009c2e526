/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_PERF_FASTEST_H
#define TERN_PERF_FASTEST_H

#include <math.h>

/* The variant with the fastest round: rounds like that show what a variant can do, however busy the
 * machine is. */
static int fastest(const tern_stat_samples *s, size_t *best)
{
    double least = INFINITY;
    tern_stat_figure f;
    int error = TERN_OK;

    for (size_t v = 0; v < s->variants && !error; v++) {
        error = tern_stat_time(s, v, s->main, &f);
        if (!error && f.min < least) {
            least = f.min;
            *best = v;
        }
    }
    return error;
}

#endif
