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

/* Point i is at the angle pi * (first + i * step) / half.  Angles are reduced in whole numbers, so
 * large ones are as good as small ones. */
struct wave {
    int64_t half;
    int64_t first, step; /* below 2 * half */
    bool cosine;
};

static struct wave wave_of(const tern_stencil *s, int d)
{
    const int64_t n = s->grid.size[d], k = s->wave[d];

    switch (s->boundary[d][0].kind) {
    case TERN_PERIODIC: return (struct wave){n, 0, 2 * (k % n), true};
    case TERN_NEUMANN: /* even round the half points beyond the ends */
        return (struct wave){2 * n, k % (4 * n), 2 * (k % (2 * n)), true};
    case TERN_MIRROR: /* even round the first and last point */
        return (struct wave){n - 1, 0, k % (2 * (n - 1)), true};
    default: /* odd round the first ghost cells */
        return (struct wave){n + 1, k % (2 * (n + 1)), k % (2 * (n + 1)), false};
    }
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
    int64_t phase = (w.first + multiply(s->block.start[d], w.step, 2 * w.half)) % (2 * w.half);
    double *values = tern_alloc((size_t)n * sizeof(*values));

    for (int64_t i = 0; i < n && values != NULL; i++) {
        double angle = pi * (double)phase / (double)w.half;
        values[i] = w.cosine ? cos(angle) : sin(angle);
        phase = (phase + w.step) % (2 * w.half);
    }
    return values;
}

double tern__stencil_wave_at(const tern_stencil *s, int d, int64_t at)
{
    struct wave w = wave_of(s, d);
    int64_t phase = (w.first + multiply(at, w.step, 2 * w.half)) % (2 * w.half);
    double angle = pi * (double)phase / (double)w.half;

    return w.cosine ? cos(angle) : sin(angle);
}

/* What the stencil multiplies the mode by, with the weights as the kernels have them. */
static long double eigenvalue(const tern_stencil *s, const struct shape *of)
{
    long double angle[DIMS] = {0};
    struct shape shape = *of;

    for (int i = 0; i < shape.n && s->type == TERN_STENCIL_F32; i++)
        shape.weights[i] = (float)shape.weights[i];
    for (int d = 0; d < s->grid.dims; d++) {
        struct wave w = wave_of(s, d);
        angle[d] = acosl(-1) * (long double)w.step / (long double)w.half;
    }
    return tern__shape_symbol(&shape, angle);
}

double tern__stencil_factor(const tern_stencil *s)
{
    return (double)eigenvalue(s, &s->laplacian);
}

/* What all steps together multiply it by.  For wave u' = 2 cos(t) u - u before, from the first step
 * on, so it is cos(n t). */
static long double growth(const tern_stencil *s)
{
    const long double steps = (long double)s->work.steps;

    if (s->equation == TERN_POISSON)
        return 1;
    if (tern__leaps(s))
        return cosl(steps * acosl(fmaxl(-1, fminl(1, eigenvalue(s, &s->shape) / 2))));
    return powl(eigenvalue(s, &s->shape), steps);
}

/* Whether the mode fits the ends of dimension d.  Constant ghost cells continue a sine only as far
 * as the first of them. */
static bool fits(const tern_stencil *s, int d)
{
    const tern_boundary *b = s->boundary[d];

    if (b[0].kind != b[1].kind || b[0].of != NULL || b[1].of != NULL)
        return false;
    if (b[0].kind == TERN_NEUMANN)
        return b[0].value == 0 && b[1].value == 0;
    if (b[0].kind == TERN_DIRICHLET)
        return b[0].value == b[1].value && s->shape.reach[d] == 1;
    return b[0].kind != TERN_ROBIN;
}

bool tern__stencil_rest(const tern_stencil *s, double *value)
{
    bool found = false;

    *value = 0;
    for (int d = 0; d < s->grid.dims; d++) {
        const tern_boundary *b = s->boundary[d];
        if (!fits(s, d) || (b->kind == TERN_DIRICHLET && found && b->value != *value))
            return false;
        if (b->kind == TERN_DIRICHLET) {
            *value = b->value;
            found = true;
        }
    }
    return s->shape.family != FAMILY_POINTS && s->equation != TERN_ADVECTION;
}

/* A step rounds each of its few operations on terms whose sum is at most the sum of the weights'
 * sizes times the largest value; those are 1 as long as none is negative, so later steps do not
 * enlarge it. */
static double rounding(const tern_stencil *s, double rest)
{
    const long double factor = eigenvalue(s, &s->shape);
    const long double steps = (long double)s->work.steps + 1;
    long double size = fabsl(factor), sum = steps;
    double eps = s->type == TERN_STENCIL_F64 ? DBL_EPSILON : FLT_EPSILON, terms = s->shape.n;

    if (tern__leaps(s)) /* errors of the velocity add up */
        sum = 2 * steps * steps;
    else if (size < 1)
        sum = (1 - powl(size, steps)) / (1 - size);
    return (double)((2 + terms) * eps * (sum + steps * fabsl((long double)rest)));
}

static double row_error(const tern_stencil *s, double *const *wave, double rest, double scale,
                        const int64_t at[2])
{
    double largest = 0;

    for (int64_t x = 0; x < s->block.count[0]; x++) {
        double shape = wave[0][x] * wave[1][at[0]];
        if (wave[2] != NULL)
            shape *= wave[2][at[1]];
        double error =
            fabs(tern__get(s, s->now, tern__at(s, x, at[0], at[1])) - (rest + scale * shape));
        if (!(error <= largest)) /* also where it is no number */
            largest = isnan(error) ? INFINITY : error;
    }
    return largest;
}

static double largest_error(const tern_stencil *s, double *const *wave, double rest, double scale)
{
    double largest = 0;

#pragma omp parallel for collapse(2) schedule(static) num_threads(s->team) reduction(max : largest)
    for (int64_t z = 0; z < s->block.count[2]; z++)
        for (int64_t y = 0; y < s->block.count[1]; y++)
            largest = fmax(largest, row_error(s, wave, rest, scale, (int64_t[]){y, z}));
    return largest;
}

/* Of symmetric L no error is larger than what is left of the equation over the smallest factor;
 * the residual itself is rounded.  Collective. */
static int left_over(tern_stencil *s, double *bound)
{
    const int64_t *size = s->grid.size;
    const double points = (double)size[0] * (double)size[1] * (double)size[2];
    tern_stencil_norms norms;
    int error = tern_stencil_norms_begin(s);

    if (error >= 0)
        error = tern_stencil_norms_end(s, &norms);
    if (error < 0)
        return error;
    double eps = s->type == TERN_STENCIL_F64 ? DBL_EPSILON : FLT_EPSILON;
    double rounded = (2 + s->shape.n) * eps * fmax(-norms.least, norms.most) / s->number;
    *bound = sqrt(points) * (norms.residual_l2 + rounded) / s->softest;
    return TERN_OK;
}

int tern_stencil_error(tern_stencil *s, double *error, double *bound)
{
    double *wave[DIMS] = {NULL}, rest, largest = 0;
    int status = TERN_OK;

    if (!s->exact || !tern__stencil_rest(s, &rest))
        return tern_fail(TERN_ENOTSUP, NULL, "no exact solution is known for this state");
    for (int d = 0; d < s->grid.dims && s->now != NULL; d++) {
        wave[d] = tern__stencil_wave(s, d);
        if (wave[d] == NULL)
            status = TERN_ENOMEM;
    }
    if (wave[0] != NULL && wave[1] != NULL && wave[s->grid.dims - 1] != NULL && status >= 0)
        largest = largest_error(s, wave, rest, (double)growth(s));
    for (int d = 0; d < DIMS; d++)
        tern_free(wave[d]);
    status = tern_agree(s->comm, status);
    if (status >= 0)
        status = tern_allreduce(s->comm, MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX);
    if (status < 0)
        return status;
    *bound = rounding(s, rest);
    if (s->equation == TERN_POISSON)
        status = left_over(s, bound);
    *error = largest;
    return status;
}
