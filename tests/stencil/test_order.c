/* SPDX-License-Identifier: BSD-3-Clause */
/* Order of accuracy of every equation, kind of boundary and number of dimensions, by solutions of
 * the differential equations that the boundaries are made for; and what is conserved.
 *
 * A solution is a product of waves sin(k x + phase), one along each dimension of length 1, which
 * fit the ends.  Dirichlet ghost cells and the points of mirrored ends lie on the grid; neumann and
 * robin ends lie half way. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stencil/solver.h"
#include "support/mpitap.h"

static tern_comm *comm;
static const double pi = 3.14159265358979323846, tolerance = 0.1;

/* All cases on one rank; some on more, which have the same bits (test_bits.c). */
static bool is_tried(int number)
{
    return tern_size(comm) == 1 || number % 4 == 0;
}

/* ---- Solutions ------------------------------------------------------------------------------- */

struct wave {
    double k, phase;
};

/* Everything about one grid, for the functions that the solver calls. */
struct problem {
    enum tern_equation equation;
    enum tern_boundary_kind kind;
    int dims;
    int64_t n; /* points along each dimension */
    double h, dt;
    struct wave wave[DIMS];
    double speed; /* of advection, along each dimension */
    struct end {  /* through which it flows out */
        struct problem *p;
        int d;
    } out[DIMS];
    const char *stencil; /* NULL: 2d5 or 3d7 */
};

/* a sin - b k cos = 0 at the low end, a sin + b k cos = 0 at the high one, for a = b = 1: the wave
 * number between pi / 2 and pi at which tan k = 2 k / (k^2 - 1). */
static struct wave robin_wave(void)
{
    double low = pi / 4, high = 3 * pi / 4;

    for (int i = 0; i < 200; i++) {
        double k = (low + high) / 2;
        double off = (k * k - 1) * sin(k) - 2 * k * cos(k);
        if (off > 0)
            high = k;
        else
            low = k;
    }
    return (struct wave){low, atan(low)};
}

static void set_waves(struct problem *p)
{
    for (int d = 0; d < p->dims; d++)
        switch (p->kind) {
        case TERN_PERIODIC: p->wave[d] = (struct wave){2 * pi, 0.3 + d}; break;
        case TERN_DIRICHLET: p->wave[d] = (struct wave){2.5 + d, 0.4}; break;
        case TERN_ROBIN: p->wave[d] = robin_wave(); break;
        default: p->wave[d] = (struct wave){pi * (1 + d % 2), pi / 2};
        }
}

static void set_grid(struct problem *p, int64_t n)
{
    p->n = n;
    p->h = p->kind == TERN_DIRICHLET ? 1.0 / (double)(n + 1)
           : p->kind == TERN_MIRROR  ? 1.0 / (double)(n - 1)
                                     : 1.0 / (double)n;
}

static double place(const struct problem *p, int64_t at)
{
    switch (p->kind) {
    case TERN_DIRICHLET: return (double)(at + 1) * p->h;
    case TERN_NEUMANN:
    case TERN_ROBIN: return ((double)at + 0.5) * p->h;
    default: return (double)at * p->h;
    }
}

static double square_of_waves(const struct problem *p)
{
    double sum = 0;

    for (int d = 0; d < p->dims; d++)
        sum += p->wave[d].k * p->wave[d].k;
    return sum;
}

static double solution(const struct problem *p, const int64_t point[DIMS], double time)
{
    double value = p->equation == TERN_HEAT   ? exp(-square_of_waves(p) * time)
                   : p->equation == TERN_WAVE ? cos(sqrt(square_of_waves(p)) * time)
                                              : 1;

    for (int d = 0; d < p->dims; d++) {
        double x = place(p, point[d]);
        if (p->equation == TERN_ADVECTION)
            x -= p->speed * time;
        value *= sin(p->wave[d].k * x + p->wave[d].phase);
    }
    return value;
}

static double at_begin(void *context, const int64_t point[DIMS])
{
    return solution(context, point, 0);
}

static double at_end(void *context, const int64_t point[DIMS], int64_t step)
{
    const struct problem *p = context;

    return solution(p, point, (double)step * p->dt);
}

/* a u + b du/dn of the solution, for points 1 apart, at the end that is half way to a ghost cell.
 */
static double at_out(void *context, const int64_t point[DIMS], int64_t step)
{
    const struct end *end = context;
    const struct problem *p = end->p;
    const bool robin = p->kind == TERN_ROBIN;
    double value = 1, slope = 0;

    for (int d = 0; d < p->dims; d++) {
        const double x = place(p, point[d]) - (d == end->d ? p->h / 2 : 0);
        const double angle =
            p->wave[d].k * (x - p->speed * (double)step * p->dt) + p->wave[d].phase;
        slope = d == end->d ? value * p->wave[d].k * cos(angle) : slope * sin(angle);
        value *= sin(angle);
    }
    return robin ? value + slope : slope * p->h;
}

/* Of Poisson's equation for points 1 apart. */
static double source(void *context, const int64_t point[DIMS])
{
    const struct problem *p = context;

    return -square_of_waves(p) * p->h * p->h * solution(p, point, 0);
}

/* ---- Errors ---------------------------------------------------------------------------------- */

/* The mean is arbitrary where nothing fixes it, so it is taken away from what is compared. */
static double error_now(const struct problem *p, tern_stencil *s, double time)
{
    double sum[3] = {0}, worst = 0, mean = 0;
    const bool loose =
        p->equation == TERN_POISSON && p->kind != TERN_DIRICHLET && p->kind != TERN_ROBIN;

    for (int pass = 0; pass < (loose ? 2 : 1); pass++) {
        worst = 0;
        for (int64_t i = 0; i < tern_block_points(&s->block); i++) {
            const int64_t *count = s->block.count;
            int64_t x = i % count[0], y = i / count[0] % count[1], z = i / count[0] / count[1];
            const int64_t point[] = {s->block.start[0] + x, s->block.start[1] + y,
                                     s->block.start[2] + z};
            double off = tern__get(s, s->now, tern__at(s, x, y, z)) - solution(p, point, time);
            worst = fmax(worst, fabs(off - mean));
            sum[0] += pass == 0 ? off : 0;
            sum[1] += pass == 0;
        }
        CU_ASSERT_EQUAL(tern_allreduce(comm, MPI_IN_PLACE, sum, loose && pass == 0 ? 2 : 0,
                                       MPI_DOUBLE, MPI_SUM),
                        TERN_OK);
        mean = loose ? sum[0] / sum[1] : 0;
    }
    CU_ASSERT_EQUAL(tern_allreduce(comm, MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX), TERN_OK);
    return worst;
}

static void set_spec(struct problem *p, tern_stencil_spec *spec)
{
    *spec = (tern_stencil_spec){.equation = p->equation,
                                .stencil = p->stencil != NULL ? p->stencil
                                           : p->dims == 2     ? "2d5"
                                                              : "3d7",
                                .dims = p->dims,
                                .halo = "isend",
                                .threads = 1,
                                .solver = "chebyshev"};
    for (int d = 0; d < p->dims; d++) {
        spec->size[d] = p->n;
        for (int side = 0; side < 2; side++) {
            tern_boundary *b = &spec->boundary[d][side];
            *b = (tern_boundary){.kind = p->kind, .a = 1, .b = 1 / p->h};
            const bool flows = p->equation == TERN_ADVECTION && p->kind != TERN_PERIODIC;
            if (flows && side == 1 && p->kind != TERN_DIRICHLET) {
                p->out[d] = (struct end){p, d};
                b->of = at_out;
                b->context = &p->out[d];
            } else if (flows || p->kind == TERN_DIRICHLET) {
                b->kind = TERN_DIRICHLET;
                b->of = at_end;
                b->context = p;
            }
        }
    }
    if (p->equation == TERN_POISSON) {
        spec->source = source;
        spec->source_context = p;
    }
}

/* Of n points along each dimension, at time 0.1 (heat: 0.02) or when the solver is done. */
static double error_of(struct problem *p, int64_t n)
{
    const double until = p->equation == TERN_HEAT ? 0.02 : 0.25;
    tern_stencil_spec spec;
    tern_stencil *s;
    int64_t steps = 12 * n; /* of chebyshev */

    set_grid(p, n);
    if (p->equation != TERN_POISSON) {
        double most = p->equation == TERN_HEAT ? 0.15 * p->h * p->h : 0.4 * p->h;
        steps = (int64_t)ceil(until / most);
        p->dt = until / (double)steps;
    }
    set_spec(p, &spec);
    if (p->equation == TERN_HEAT)
        spec.diffusion = p->dt / (p->h * p->h);
    for (int d = 0; d < p->dims; d++)
        spec.courant[d] = p->dt / p->h * (p->equation == TERN_ADVECTION ? p->speed : 1);
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    if (p->equation == TERN_POISSON)
        CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "zero"}), TERN_OK);
    if (p->equation != TERN_POISSON)
        tern_stencil_begin_with(s, at_begin, p);
    CU_ASSERT_EQUAL(tern_stencil_run(s, steps), TERN_OK);
    double error = error_now(p, s, (double)steps * p->dt);
    tern_stencil_close(s);
    return error;
}

/* From a grid to one that is 3/2 as fine: in space and time it takes a quarter of the time that one
 * twice as fine would, and its points are nearly as near to the limit. */
static double order_of(struct problem *p, int64_t n)
{
    double coarse = error_of(p, n), h = p->h;
    double fine = error_of(p, 3 * n / 2);

    return log(coarse / fine) / log(h / p->h);
}

static void order(enum tern_equation equation, enum tern_boundary_kind kind, int dims)
{
    struct problem p = {.equation = equation, .kind = kind, .dims = dims, .speed = 1};

    set_waves(&p);
    const bool slow = equation == TERN_HEAT || equation == TERN_POISSON; /* steps as n^2, or 12 n */
    double reached = order_of(&p, dims == 2 ? 40 : slow ? 24 : 32);
    if (!(fabs(reached - 2) < tolerance) && tern_rank(comm) == 0)
        printf("# equation %d, boundary %d, %d dimensions: order %.3f\n", (int)equation, (int)kind,
               dims, reached);
    CU_ASSERT(fabs(reached - 2) < tolerance);
}

static void every_boundary(enum tern_equation equation)
{
    for (int dims = 2; dims <= 3; dims++)
        for (int kind = TERN_DIRICHLET; kind <= TERN_MIRROR; kind++)
            if (is_tried((int)equation + kind + dims))
                order(equation, (enum tern_boundary_kind)kind, dims);
}

static void heat(void)
{
    every_boundary(TERN_HEAT);
}

static void wave(void)
{
    every_boundary(TERN_WAVE);
}

static void poisson(void)
{
    every_boundary(TERN_POISSON);
}

/* What flows in is given; what flows out need not be a mirror image of itself. */
static void advection(void)
{
    for (int dims = 2; dims <= 3; dims++)
        for (int kind = TERN_DIRICHLET; kind < TERN_MIRROR; kind++)
            if (is_tried(kind + dims))
                order(TERN_ADVECTION, (enum tern_boundary_kind)kind, dims);
}

/* Stars and squares of radius R have order 2 R, the cube 2. */
static void every_stencil(void)
{
    static const struct {
        const char *name;
        int order;
    } known[] = {{"2d5", 2},  {"2dr2", 4}, {"2dr3", 6}, {"2dr4", 8}, {"2d9", 2},  {"2d25", 4},
                 {"2d49", 6}, {"2d81", 8}, {"3d7", 2},  {"3d13", 4}, {"3d19", 6}, {"3d27", 2}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!is_tried((int)i))
            continue;
        struct problem p = {.equation = TERN_POISSON, .kind = TERN_PERIODIC};
        p.stencil = known[i].name;
        p.dims = p.stencil[0] - '0';
        set_waves(&p);
        double reached = order_of(&p, 24);
        if (!(fabs(reached - known[i].order) < tolerance) && tern_rank(comm) == 0)
            printf("# %s: order %.3f\n", p.stencil, reached);
        CU_ASSERT(fabs(reached - known[i].order) < tolerance);
    }
}

/* ---- Coefficients that vary ------------------------------------------------------------------ */

/* What div(k grad u) makes of the solution, for k = 2 + sin x cos y. */
static double coefficient(void *context, const int64_t point[DIMS])
{
    const struct problem *p = context;

    return 2 + sin(2 * pi * place(p, point[0])) * cos(2 * pi * place(p, point[1]));
}

static double diverges(const struct problem *p, const int64_t point[DIMS])
{
    const double a = 2 * pi * place(p, point[0]), b = 2 * pi * place(p, point[1]);
    const struct wave *w = p->wave;
    const double ax = w[0].k * place(p, point[0]) + w[0].phase;
    const double ay = w[1].k * place(p, point[1]) + w[1].phase;

    return -square_of_waves(p) * sin(ax) * sin(ay) * (2 + sin(a) * cos(b))
           + 2 * pi * cos(a) * cos(b) * w[0].k * cos(ax) * sin(ay)
           - 2 * pi * sin(a) * sin(b) * w[1].k * sin(ax) * cos(ay);
}

/* Largest error of what one step adds. */
static double operator_error(struct problem *p, int64_t n)
{
    tern_stencil_spec spec;
    tern_stencil *s;
    double worst = 0;

    set_grid(p, n);
    set_spec(p, &spec);
    spec.coefficient = coefficient;
    spec.coefficient_context = p;
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    tern_stencil_begin_with(s, at_begin, p);
    CU_ASSERT_EQUAL(tern_stencil_run(s, 1), TERN_OK);
    for (int64_t i = 0; i < tern_block_points(&s->block); i++) {
        const int64_t *count = s->block.count, *start = s->block.start;
        const int64_t x = i % count[0], y = i / count[0];
        const int64_t point[] = {start[0] + x, start[1] + y, 0};
        double added = tern__get(s, s->now, tern__at(s, x, y, 0)) - solution(p, point, 0);
        double made = added / (tern_stencil_diffusion(s) * p->h * p->h);
        worst = fmax(worst, fabs(made - diverges(p, point)));
    }
    CU_ASSERT_EQUAL(tern_allreduce(comm, MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX), TERN_OK);
    tern_stencil_close(s);
    return worst;
}

static void varying(void)
{
    for (int kind = TERN_DIRICHLET; kind <= TERN_PERIODIC; kind++) {
        struct problem p = {.kind = (enum tern_boundary_kind)kind, .dims = 2};
        set_waves(&p);
        double coarse = operator_error(&p, 64), h = p.h, fine = operator_error(&p, 128);
        CU_ASSERT(fabs(log(coarse / fine) / log(h / p.h) - 2) < tolerance);
    }
}

/* ---- Eigenvectors and what is conserved ------------------------------------------------------ */

/* Modes solve the discrete equations exactly. */
static void poisson_mode(const char *stencil, enum tern_boundary_kind kind)
{
    tern_stencil_spec spec = {.equation = TERN_POISSON,
                              .stencil = stencil,
                              .size = {12, 14, 11},
                              .halo = "isend",
                              .solver = "chebyshev"};
    const double value = kind == TERN_DIRICHLET ? 0.5 : 0;
    double error = 1, bound = 0;
    tern_stencil *s;

    for (int d = 0; d < 3; d++)
        for (int side = 0; side < 2; side++)
            spec.boundary[d][side] = (tern_boundary){.kind = kind, .value = value};
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "zero"}), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_pose(s, (int64_t[]){2, 3, 1}), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_run(s, 400), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_error(s, &error, &bound), TERN_OK);
    CU_ASSERT(error <= bound && error < 1e-12);
    tern_stencil_close(s);
}

static void poisson_modes(void)
{
    static const char *const stencils[] = {"2d5", "2d9", "3d7", "3d27"};

    for (int i = 0; i < 4; i++)
        for (int kind = TERN_DIRICHLET; kind <= TERN_MIRROR; kind++)
            if (kind != TERN_ROBIN && is_tried(i + kind))
                poisson_mode(stencils[i], (enum tern_boundary_kind)kind);
}

static double mean_of(tern_stencil *s)
{
    tern_stencil_norms n = {.mean = NAN};

    CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_norms_end(s, &n), TERN_OK);
    return n.mean;
}

/* The mean of a periodic grid stays, but for the rounding of every step; of waves that of the
 * velocity adds up. */
static void conserves(enum tern_equation equation, const char *stencil, bool is_varying)
{
    struct problem p = {.kind = TERN_PERIODIC, .equation = equation, .stencil = stencil};
    tern_stencil_spec spec;
    tern_stencil *s;

    p.dims = stencil[0] - '0';
    set_grid(&p, 30);
    set_spec(&p, &spec);
    spec.source = NULL;
    spec.courant[0] = equation == TERN_WAVE ? 0 : 0.5;
    spec.courant[1] = -0.25;
    spec.size[1] = 17;
    spec.coefficient = is_varying ? coefficient : NULL;
    spec.coefficient_context = &p;
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "spot", .seed = 2}),
                    TERN_OK);
    const double bound = (equation == TERN_WAVE ? 100 * 100 / 2 : 100) * DBL_EPSILON;
    double before = mean_of(s);
    CU_ASSERT_EQUAL(tern_stencil_run(s, 100), TERN_OK);
    CU_ASSERT(before > 0.01 && fabs(mean_of(s) - before) < bound);
    tern_stencil_close(s);
}

static void conserved(void)
{
    static const char *const stencils[] = {"2d5", "2d9", "2dr4", "2d81", "3d7", "3d27", "3d25"};

    for (size_t i = 0; i < sizeof(stencils) / sizeof(stencils[0]); i++) {
        if (!is_tried((int)i))
            continue;
        conserves(TERN_HEAT, stencils[i], false);
        conserves(TERN_WAVE, stencils[i], false);
        conserves(TERN_POISSON, stencils[i], false);
    }
    for (size_t i = 0; i <= 4; i += 4) {
        conserves(TERN_ADVECTION, stencils[i], false);
        conserves(TERN_HEAT, stencils[i], true);
    }
}

static int open_comm(void)
{
    return tern_comm_wrap(MPI_COMM_WORLD, &comm);
}

static int close_comm(void)
{
    tern_comm_free(comm);
    return 0;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"heat", heat},
        {"wave", wave},
        {"poisson", poisson},
        {"advection", advection},
        {"every_stencil", every_stencil},
        {"varying", varying},
        {"poisson_modes", poisson_modes},
        {"conserved", conserved},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"order", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
