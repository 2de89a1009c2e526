/* SPDX-License-Identifier: BSD-3-Clause */
/* How the ranks of a measurement start together, agree and probe: the hooks of tern_stat_plan.  To
 * be included behind the definition of struct work, which has a tern_comm *comm and, where the
 * machine is probed, a tern_bounce *line. */
#ifndef TERN_PERF_HOOKS_H
#define TERN_PERF_HOOKS_H

#include <math.h>

static int start(void *context)
{
    const struct work *w = context;

    return tern_barrier(w->comm);
}

static int agree(void *context, double *values, size_t n)
{
    const struct work *w = context;

    return tern_allreduce(w->comm, MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_MAX);
}

/* Infinity is a machine too busy to tell. */
static double probe(void *context)
{
    const struct work *w = context;
    double seconds;

    return tern_bounce_measure(w->line, &seconds) == TERN_OK && !isnan(seconds) ? seconds
                                                                                : INFINITY;
}

#endif
