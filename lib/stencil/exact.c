/* SPDX-License-Identifier: BSD-3-Clause */
/* The exact solution of the discrete equations: products of sines that vanish at Dirichlet ends and
 * of cosines that fit a period are eigenvectors of the stencil, so each step multiplies them by one
 * number (e.g. Morton and Mayers, Numerical Solution of Partial Differential Equations, 2005, 2.7).
 */
#include "config.h"

#include "stencil/solver.h"

#include <float.h>
#include <math.h>

static const double pi = 3.14159265358979323846;

/* Point i is at angle pi * i * waves / half, where waves < 2 * half.  Angles are reduced in whole
 * numbers, so large ones are as good as small ones. */
struct wave {
    int64_t half;
    int64_t waves;
    bool periodic;
};

static struct wave wave_of(const tern_stencil *s, int d)
{
    bool periodic = s->boundary[d].kind == TERN_PERIODIC;
    int64_t n = s->grid.size[d];

    return (struct wave){
        .half = periodic ? n : n + 1,
        .waves = periodic ? 2 * (s->wave[d] % n) : s->wave[d] % (2 * (n + 1)),
        .periodic = periodic,
    };
}

/* (i * k) mod m, for k < m <= 2^62, without overflow: by doubling. */
static int64_t multiply(int64_t i, int64_t k, int64_t m)
{
    int64_t product = 0;

    for (; i > 0; i /= 2, k = 2 * k % m)
        if (i % 2 != 0)
            product = (product + k) % m;
    return product;
}

double *tern__stencil_wave(const tern_stencil *s, int d)
{
    struct wave w = wave_of(s, d);
    int64_t n = s->block.count[d];
    int64_t from = s->block.start[d] + !w.periodic; /* from where the sine is 0 */
    int64_t phase = multiply(from, w.waves, 2 * w.half);
    double *values = tern_alloc((size_t)n * sizeof(*values));

    for (int64_t i = 0; i < n && values != NULL; i++) {
        double angle = pi * (double)phase / (double)w.half;
        values[i] = w.periodic ? cos(angle) : sin(angle);
        phase = (phase + w.waves) % (2 * w.half);
    }
    return values;
}

long double tern__stencil_eigenvalue(const tern_stencil *s)
{
    long double value = s->weights.centre;

    for (int d = 0; d < s->grid.dims; d++) {
        struct wave w = wave_of(s, d);
        value += 2 * s->weights.side * cosl(acosl(-1) * (long double)w.waves / (long double)w.half);
    }
    return value;
}

bool tern__stencil_rest(const tern_stencil *s, double *value)
{
    bool found = false;

    *value = 0;
    for (int d = 0; d < s->grid.dims; d++) {
        if (s->boundary[d].kind == TERN_PERIODIC)
            continue;
        if (found && s->boundary[d].value != *value)
            return false;
        *value = s->boundary[d].value;
        found = true;
    }
    return true;
}

/* A step rounds each of its few operations on terms whose sum is at most the largest value, so it
 * adds at most 4 eps of that; later steps do not enlarge it, because the weights are positive and
 * add to 1. */
static double rounding(double rest, long double factor, int64_t steps)
{
    long double size = fabsl(factor), sum;

    if (size < 1)
        sum = (1 - powl(size, (long double)(steps + 1))) / (1 - size);
    else
        sum = (long double)(steps + 1);
    return (double)(4 * DBL_EPSILON * (sum + (steps + 1) * fabsl((long double)rest)));
}

static double largest_error(const tern_stencil *s, const double *wave[2], double rest, double scale)
{
    const int64_t *count = s->block.count;
    double largest = 0;

#pragma omp parallel for schedule(static) num_threads(s->team) reduction(max : largest)
    for (int64_t y = 0; y < count[1]; y++)
        for (int64_t x = 0; x < count[0]; x++) {
            double exact = rest + scale * (wave[0][x] * wave[1][y]);
            double error = fabs(s->now[y * s->pitch + x] - exact);
            if (!(error <= largest)) /* also where it is no number */
                largest = isnan(error) ? INFINITY : error;
        }
    return largest;
}

int tern_stencil_error(const tern_stencil *s, double *error, double *bound)
{
    double *wave[2] = {NULL, NULL}, rest, largest = 0;
    long double factor = tern__stencil_eigenvalue(s);
    int status = TERN_OK;

    if (!s->exact || !tern__stencil_rest(s, &rest))
        return tern_fail(TERN_ENOTSUP, NULL, "no exact solution is known for this state");
    for (int d = 0; d < 2 && s->now != NULL; d++) {
        wave[d] = tern__stencil_wave(s, d);
        if (wave[d] == NULL)
            status = TERN_ENOMEM;
    }
    if (status >= 0 && s->now != NULL)
        largest = largest_error(s, (const double *[]){wave[0], wave[1]}, rest,
                                (double)powl(factor, (long double)s->work.steps));
    tern_free(wave[0]);
    tern_free(wave[1]);
    status = tern_agree(s->comm, status);
    if (status >= 0)
        status = tern_allreduce(s->comm, MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX);
    if (status < 0)
        return status;
    *error = largest;
    *bound = rounding(rest, factor, s->work.steps);
    return TERN_OK;
}
