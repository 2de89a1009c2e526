/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/base.h"

#include <time.h>

double tern_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

tern_deadline tern_after(double seconds)
{
    return tern_clock() + seconds;
}
