/* SPDX-License-Identifier: BSD-3-Clause */
/* Which stencil, and which numbers, an equation and its solver are. */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>
#include <string.h>

/* ---- The softest wave ------------------------------------------------------------------------ */

/* How far the end lies from the last point, and how far beyond a zero of a wave of this angle. */
static long double distance_to(const tern_boundary *end)
{
    return end->kind == TERN_DIRICHLET ? 1 : end->kind == TERN_MIRROR ? 0 : 0.5L;
}

static long double phase_at(const tern_boundary *end, long double angle)
{
    if (end->kind == TERN_DIRICHLET)
        return 0;
    return end->kind == TERN_ROBIN ? atan2l(angle * end->b, end->a) : acosl(-1) / 2;
}

/* Angle a point of the k-th longest wave between the ends of dimension d: the phases of the two
 * ends and what lies between them are k + 1 half waves. */
static long double angle_of(const tern_stencil_spec *spec, int d, int k)
{
    const tern_boundary *b = spec->boundary[d];
    const long double n = (long double)spec->size[d], pi = acosl(-1);
    const long double length = n - 1 + distance_to(&b[0]) + distance_to(&b[1]);
    long double low = 0, high = pi * (k + 1) / length;

    if (b[0].kind == TERN_PERIODIC)
        return 2 * pi * k / n;
    for (int i = 0; i < 80; i++) {
        long double middle = (low + high) / 2;
        long double sum = middle * length + phase_at(&b[0], middle) + phase_at(&b[1], middle);
        if (sum < pi * (k + 1))
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* What -L multiplies the longest wave by that it does not multiply by 0.  The factor of a constant,
 * which is 0 but for the rounding of the weights, is taken away. */
static double softest(const struct shape *laplacian, const tern_stencil_spec *spec)
{
    long double angle[DIMS] = {0}, least = INFINITY;

    for (int d = 0; d < laplacian->dims; d++)
        angle[d] = angle_of(spec, d, 0);
    const long double none = tern__shape_symbol(laplacian, (long double[DIMS]){0});
    long double lowest = none - tern__shape_symbol(laplacian, angle);
    if (lowest > 1e-15L)
        return (double)lowest;
    for (int d = 0; d < laplacian->dims; d++) {
        long double next[DIMS] = {angle[0], angle[1], angle[2]};
        next[d] = angle_of(spec, d, 1);
        long double factor = none - tern__shape_symbol(laplacian, next);
        if (factor > 1e-15L)
            least = fminl(least, factor);
    }
    return isfinite(least) ? (double)least : 1; /* one point */
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* Beyond the limit waves of the shortest length grow. */
static int set_number(tern_stencil *s, const char *what, double wanted, double most)
{
    s->number = wanted != 0 ? wanted : 0.8 * most;
    if (!(s->number > 0 && s->number <= most * (1 + 1e-12)))
        return tern_fail(TERN_EINVAL, NULL,
                         "the %s number %g is outside (0, %g], where the scheme is stable", what,
                         wanted, most);
    return TERN_OK;
}

static int set_heat(tern_stencil *s, const tern_stencil_spec *spec)
{
    const double most = 2 / tern__shape_steepest(&s->laplacian);
    int error = set_number(s, "diffusion", spec->diffusion, most);

    if (error >= 0)
        tern__shape_combine(&s->laplacian, 1, s->number, &s->shape);
    return error;
}

static int set_wave(tern_stencil *s, const tern_stencil_spec *spec)
{
    const double most = 2 / sqrt(tern__shape_steepest(&s->laplacian));
    int error = set_number(s, "Courant", spec->courant[0], most);

    if (error < 0)
        return error;
    tern__shape_combine(&s->laplacian, 2, s->number * s->number, &s->shape);
    tern__shape_combine(&s->laplacian, 1, s->number * s->number / 2, &s->first);
    return TERN_OK;
}

/* ---- Solvers of Poisson's equation ----------------------------------------------------------- */

static const struct {
    const char *name;
    enum solver solver;
} solvers[] = {
    {"jacobi", SOLVER_JACOBI},
    {"gauss-seidel", SOLVER_SOR},
    {"sor", SOLVER_SOR},
    {"chebyshev", SOLVER_CHEBYSHEV},
};

const char *tern_stencil_solver_name(int i)
{
    return i >= 0 && i < (int)(sizeof(solvers) / sizeof(solvers[0])) ? solvers[i].name : NULL;
}

/* u' = u + w (L u - f), of which 2 / steepest is the most that any ends allow. */
static int set_jacobi(tern_stencil *s, const tern_stencil_spec *spec)
{
    const double steepest = tern__shape_steepest(&s->laplacian);
    const double best = steepest / (steepest + s->softest);
    const double wanted = spec->relaxation != 0 ? spec->relaxation : best;

    if (!(wanted > 0 && wanted <= 1))
        return tern_fail(TERN_EINVAL, NULL, "the relaxation %g of jacobi is outside (0, 1]",
                         wanted);
    s->relaxation = wanted;
    s->number = 2 * wanted / steepest;
    tern__shape_combine(&s->laplacian, 1, s->number, &s->shape);
    return TERN_OK;
}

/* The best factor for points in two colours (Young 1971). */
static int set_sor(tern_stencil *s, const tern_stencil_spec *spec)
{
    const double jacobi = 1 - s->softest / (2.0 * s->laplacian.dims);
    const double best = 2 / (1 + sqrt(fmax(0, 1 - jacobi * jacobi)));

    if (s->laplacian.family != FAMILY_STAR2_1 && s->laplacian.family != FAMILY_STAR3_1)
        return tern_fail(TERN_EINVAL, NULL,
                         "the solver %s has two colours, enough for 2d5 and 3d7 only",
                         spec->solver);
    if (spec->block > 1)
        return tern_fail(TERN_EINVAL, NULL, "the solver %s takes no blocks of steps", spec->solver);
    s->relaxation = spec->relaxation != 0 ? spec->relaxation : best;
    if (spec->solver != NULL && strcmp(spec->solver, "gauss-seidel") == 0)
        s->relaxation = 1;
    if (!(s->relaxation > 0 && s->relaxation < 2))
        return tern_fail(TERN_EINVAL, NULL, "the relaxation %g of sor is outside (0, 2)",
                         s->relaxation);
    s->number = s->relaxation / (2 * s->laplacian.dims);
    s->shape = s->laplacian;
    return TERN_OK;
}

/* Between the softest and the steepest wave. */
static int set_chebyshev(tern_stencil *s)
{
    const double steepest = tern__shape_steepest(&s->laplacian);

    s->number = 2 / (steepest + s->softest);
    s->half_width = (steepest - s->softest) / 2;
    tern__shape_combine(&s->laplacian, 1, s->number, &s->shape);
    return TERN_OK;
}

static int set_poisson(tern_stencil *s, const tern_stencil_spec *spec)
{
    int i =
        spec->solver == NULL ? 0 : tern_choose("solver", spec->solver, tern_stencil_solver_name);

    if (i < 0)
        return i;
    s->solver = solvers[i].solver;
    s->softest = softest(&s->laplacian, spec);
    switch (s->solver) {
    case SOLVER_SOR: return set_sor(s, spec);
    case SOLVER_CHEBYSHEV: return set_chebyshev(s);
    default: return set_jacobi(s, spec);
    }
}

/* ---- The shape of a step --------------------------------------------------------------------- */

int tern__set_shape(tern_stencil *s, const tern_stencil_spec *spec)
{
    s->equation = spec->equation;
    if (spec->equation == TERN_USER)
        return tern__set_user(s, spec);
    if (spec->equation == TERN_LIFE)
        return tern__set_life(s, spec);
    if (spec->equation == TERN_ADVECTION)
        return tern__shape_advection(spec->courant, spec->dims, &s->shape);
    if (spec->points != NULL && spec->equation == TERN_HEAT)
        return tern__shape_points(spec->points, spec->n_points, spec->dims, &s->shape);
    if (spec->points != NULL || (int)spec->equation < TERN_HEAT || spec->equation > TERN_POISSON)
        return tern_fail(TERN_EINVAL, NULL, "no equation has number %d, or it takes no points",
                         (int)spec->equation);
    int error = tern__shape_named(spec->stencil, &s->laplacian);
    if (error < 0)
        return error;
    switch (spec->equation) {
    case TERN_WAVE: return set_wave(s, spec);
    case TERN_POISSON: return set_poisson(s, spec);
    default: return spec->coefficient != NULL ? tern__set_varying(s, spec) : set_heat(s, spec);
    }
}
