/* SPDX-License-Identifier: BSD-3-Clause */
/* The solver against a scalar program on one array, bit by bit, and against the exact solution. */
#include "stencil/stencil.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static tern_comm *comm;

/* The same at both ends. */
static void set_ends(tern_stencil_spec *spec, int d, enum tern_boundary_kind kind, double value)
{
    for (int side = 0; side < 2; side++)
        spec->boundary[d][side] = (tern_boundary){.kind = kind, .value = value};
}

/* The least that a test needs to say. */
static tern_stencil_spec spec_of(int64_t nx, int64_t ny)
{
    return (tern_stencil_spec){
        .stencil = "2d5", .size = {nx, ny}, .diffusion = 0.2, .halo = "isend", .threads = 1};
}

/* ---- The reference: one array, one loop, no MPI, no threads ---------------------------------- */

struct reference {
    tern_stencil_spec spec;
    double *now, *next; /* without ghost cells */
};

static double reference_at(const struct reference *r, int64_t x, int64_t y)
{
    const tern_boundary b[2] = {r->spec.boundary[0][0], r->spec.boundary[1][0]};
    int64_t nx = r->spec.size[0], ny = r->spec.size[1];

    if ((x < 0 || x >= nx) && b[0].kind == TERN_DIRICHLET)
        return b[0].value;
    if ((y < 0 || y >= ny) && b[1].kind == TERN_DIRICHLET)
        return b[1].value;
    return r->now[(x + nx) % nx + nx * ((y + ny) % ny)];
}

static void reference_step(struct reference *r)
{
    double w = r->spec.diffusion, c = 1 - 4 * w;

    for (int64_t y = 0; y < r->spec.size[1]; y++)
        for (int64_t x = 0; x < r->spec.size[0]; x++) {
            double row = reference_at(r, x - 1, y) + reference_at(r, x + 1, y);
            double column = reference_at(r, x, y - 1) + reference_at(r, x, y + 1);
            r->next[x + r->spec.size[0] * y] = c * reference_at(r, x, y) + w * (row + column);
        }
    double *done = r->next;
    r->next = r->now;
    r->now = done;
}

/* Random values, as the state noise is documented. */
static void reference_open(struct reference *r, const tern_stencil_spec *spec, uint64_t seed)
{
    int64_t points = spec->size[0] * spec->size[1];

    r->spec = *spec;
    r->now = malloc((size_t)points * sizeof(double));
    r->next = malloc((size_t)points * sizeof(double));
    for (int64_t i = 0; i < points; i++)
        r->now[i] = 2 * tern_random_real(seed, 0, (uint64_t)i) - 1;
}

static void reference_close(struct reference *r)
{
    free(r->now);
    free(r->next);
}

static uint64_t reference_checksum(const struct reference *r)
{
    uint64_t sum = 0, bits;

    for (int64_t i = 0; i < r->spec.size[0] * r->spec.size[1]; i++) {
        memcpy(&bits, &r->now[i], sizeof(bits));
        sum += tern_mix(bits ^ tern_mix((uint64_t)i));
    }
    return sum;
}

/* Points of this rank's block whose bits differ. */
static int64_t differing(const struct reference *r, const tern_stencil *s)
{
    tern_block b;
    int64_t pitch, wrong = 0;
    const double *field = tern_stencil_field(s, &b, &pitch);

    for (int64_t y = 0; y < b.count[1]; y++)
        for (int64_t x = 0; x < b.count[0]; x++)
            wrong +=
                memcmp(&field[x + y * pitch],
                       &r->now[b.start[0] + x + r->spec.size[0] * (b.start[1] + y)], sizeof(double))
                != 0;
    return wrong;
}

/* Run both; the number of wrong points, a wrong checksum counting as one; -1 if it does not open.
 */
static int64_t compare(const tern_stencil_spec *spec, int64_t steps)
{
    tern_stencil_state state = {.name = "noise", .seed = 3};
    struct reference r;
    tern_stencil *s;
    uint64_t checksum = 0;
    int64_t wrong = 0;

    if (tern_stencil_open(comm, spec, &s) != TERN_OK)
        return -1;
    reference_open(&r, spec, state.seed);
    wrong += tern_stencil_begin(s, &state) != TERN_OK;
    wrong += differing(&r, s);
    wrong += tern_stencil_run(s, steps) != TERN_OK;
    for (int64_t i = 0; i < steps; i++)
        reference_step(&r);
    wrong += differing(&r, s);
    wrong += tern_stencil_checksum(s, &checksum) != TERN_OK;
    wrong += checksum != reference_checksum(&r);
    tern_stencil_close(s);
    reference_close(&r);
    return wrong;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* Also grids with fewer points than ranks, single rows and columns, and periods of 1 and 2. */
static void every_size_and_boundary(void)
{
    static const int64_t sizes[][2] = {{1, 1}, {2, 2},   {1, 9},   {9, 1},   {2, 30},
                                       {5, 3}, {17, 13}, {64, 33}, {100, 7}, {31, 64}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int b = 0; b < 4; b++) {
            tern_stencil_spec spec = spec_of(sizes[i][0], sizes[i][1]);
            set_ends(&spec, 0, b & 1 ? TERN_PERIODIC : TERN_DIRICHLET, 0.75);
            set_ends(&spec, 1, b & 2 ? TERN_PERIODIC : TERN_DIRICHLET, -2);
            CU_ASSERT_EQUAL(compare(&spec, 7), 0);
        }
}

static void every_halo_mode(void)
{
    for (int m = 0; tern_halo_mode_name(m) != NULL; m++) {
        tern_stencil_spec spec = spec_of(37, 29);
        spec.halo = tern_halo_mode_name(m);
        set_ends(&spec, 0, TERN_PERIODIC, 0);
        CU_ASSERT_EQUAL(compare(&spec, 12), 0);
    }
}

static void every_thread_count(void)
{
    for (int threads = 1; threads <= 5; threads++) {
        tern_stencil_spec spec = spec_of(301, 400); /* blocks large enough for all of them */
        spec.threads = threads;
        set_ends(&spec, 0, TERN_PERIODIC, 0);
        CU_ASSERT_EQUAL(compare(&spec, 5), 0);
    }
}

static void every_cut(void)
{
    int p = tern_size(comm);

    for (int px = 1; px <= p; px++) {
        if (p % px != 0)
            continue;
        tern_stencil_spec spec = spec_of(33, 26);
        spec.parts[0] = px;
        spec.parts[1] = p / px;
        set_ends(&spec, 1, TERN_PERIODIC, 0);
        spec.diffusion = 0.25;
        CU_ASSERT_EQUAL(compare(&spec, 8), 0);
    }
}

static void random_configurations(void)
{
    int modes = 0;

    while (tern_halo_mode_name(modes) != NULL)
        modes++;
    for (uint64_t i = 0; i < 60; i++) {
        tern_stencil_spec spec = spec_of(1 + (int64_t)(tern_random(9, 0, i) % 70),
                                         1 + (int64_t)(tern_random(9, 1, i) % 70));
        uint64_t r = tern_random(9, 2, i);
        for (int d = 0; d < 2; d++)
            set_ends(&spec, d, r >> d & 1 ? TERN_PERIODIC : TERN_DIRICHLET,
                     tern_random_real(9, 3, 2 * i + (uint64_t)d));
        spec.diffusion = 0.25 * (1 - tern_random_real(9, 4, i));
        spec.threads = 1 + (int)(r >> 10 & 3);
        spec.halo = tern_halo_mode_name((int)((r >> 20) % (uint64_t)modes));
        CU_ASSERT_EQUAL(compare(&spec, (int64_t)(r >> 40) % 20), 0);
    }
}

/* The exact discrete solution, in units of what rounding can explain. */
static void exact_solution(void)
{
    static const struct {
        int64_t size[2], wave[2], steps;
        enum tern_boundary_kind kind[2];
        double value;
    } cases[] = {
        {{63, 63}, {1, 1}, 1000, {TERN_DIRICHLET, TERN_DIRICHLET}, 0},
        {{100, 41}, {3, 2}, 300, {TERN_DIRICHLET, TERN_DIRICHLET}, 0},
        {{100, 41}, {3, 2}, 300, {TERN_DIRICHLET, TERN_DIRICHLET}, 5},
        {{48, 64}, {2, 5}, 200, {TERN_PERIODIC, TERN_PERIODIC}, 0},
        {{48, 31}, {1, 31}, 100, {TERN_PERIODIC, TERN_DIRICHLET}, -1},
        {{1, 40}, {0, 3}, 50, {TERN_PERIODIC, TERN_PERIODIC}, 0},
        {{2, 2}, {1, 1}, 30, {TERN_PERIODIC, TERN_DIRICHLET}, 0},
        {{1, 1}, {1, 1}, 30, {TERN_DIRICHLET, TERN_DIRICHLET}, 0},
        {{33, 1}, {0, 1}, 500, {TERN_PERIODIC, TERN_DIRICHLET}, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tern_stencil_spec spec = spec_of(cases[i].size[0], cases[i].size[1]);
        tern_stencil_state state = {.name = "mode"};
        double error = -1, bound = -1;
        tern_stencil *s;

        for (int d = 0; d < 2; d++) {
            set_ends(&spec, d, cases[i].kind[d], cases[i].value);
            state.wave[d] = cases[i].wave[d];
        }
        CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_begin(s, &state), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_run(s, cases[i].steps), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_error(s, &error, &bound), TERN_OK);
        CU_ASSERT(error >= 0 && error <= bound);
        CU_ASSERT(bound < 5e-12);
        tern_stencil_close(s);
    }
}

/* The same for every named stencil, kind of boundary that has one, equation and type. */
static void exact_solutions(void)
{
    static const enum tern_boundary_kind kinds[] = {TERN_PERIODIC, TERN_NEUMANN, TERN_MIRROR,
                                                    TERN_DIRICHLET};

    for (int i = 0; tern_stencil_name(i) != NULL; i++)
        for (int k = 0; k < 16; k++) {
            const char *name = tern_stencil_name(i);
            bool space = name[0] == '3', small = strstr("2d5 2dr1 2d9 3d7 3dr1 3d27", name) != NULL;
            tern_stencil_spec spec = spec_of(space ? 12 : 40, space ? 14 : 33);
            tern_stencil_state state = {.name = "mode", .wave = {2, 3, 1}};
            double error = -1, bound = -1;
            tern_stencil *s;

            if (kinds[k % 4] == TERN_DIRICHLET && !small)
                continue;
            spec.stencil = name;
            spec.size[2] = 11;
            spec.diffusion = 0;
            spec.equation = k / 4 % 2 == 0 ? TERN_HEAT : TERN_WAVE;
            spec.type = k / 8 == 0 ? TERN_STENCIL_F64 : TERN_STENCIL_F32;
            for (int d = 0; d < 3; d++)
                set_ends(&spec, d, d == 1 ? TERN_PERIODIC : kinds[k % 4], 0);
            CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
            CU_ASSERT_EQUAL(tern_stencil_begin(s, &state), TERN_OK);
            CU_ASSERT_EQUAL(tern_stencil_run(s, 20), TERN_OK);
            CU_ASSERT_EQUAL(tern_stencil_error(s, &error, &bound), TERN_OK);
            CU_ASSERT(error >= 0 && error <= bound);
            CU_ASSERT(error < (k / 8 == 0 ? 1e-12 : 1e-4));
            tern_stencil_close(s);
        }
}

/* Order of accuracy: the error of a smooth solution on n and 2 n points, at the same time; dt goes
 * with h^2 for heat, else with h.  The solution is that of the differential equation. */
static double error_of(const tern_stencil_spec *from, int64_t n, int64_t steps, double decay)
{
    const double pi = acos(-1);
    tern_stencil_spec spec = *from;
    double worst = 0;
    int64_t pitch;
    tern_block b;
    tern_stencil *s;

    spec.size[0] = spec.size[1] = n;
    if (tern_stencil_open(comm, &spec, &s) != TERN_OK)
        return NAN;
    bool ok =
        tern_stencil_begin(s, &(tern_stencil_state){.name = "mode", .wave = {1, 1}}) == TERN_OK
        && tern_stencil_run(s, steps) == TERN_OK;
    const double *u = tern_stencil_field(s, &b, &pitch);
    for (int64_t y = 0; ok && y < b.count[1]; y++)
        for (int64_t x = 0; x < b.count[0]; x++) {
            double shift = spec.equation == TERN_ADVECTION ? spec.courant[0] * (double)steps : 0;
            double at_x = 2 * pi * ((double)(b.start[0] + x) - shift) / (double)n;
            double at_y = 2 * pi * ((double)(b.start[1] + y) - shift) / (double)n;
            worst = fmax(worst, fabs(u[x + y * pitch] - decay * cos(at_x) * cos(at_y)));
        }
    tern_stencil_close(s);
    ok = tern_allreduce(comm, MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX) == TERN_OK && ok;
    return ok ? worst : NAN;
}

static void order_of_accuracy(void)
{
    const double pi = acos(-1), k2 = 8 * pi * pi; /* u_xx + u_yy = -k2 u */
    tern_stencil_spec spec = spec_of(0, 0);
    double order;

    set_ends(&spec, 0, TERN_PERIODIC, 0);
    set_ends(&spec, 1, TERN_PERIODIC, 0);
    spec.diffusion = 0.1; /* time 0.1 * steps / n^2 */
    order = log2(error_of(&spec, 16, 16, exp(-k2 * 0.1 * 16 / 256))
                 / error_of(&spec, 32, 64, exp(-k2 * 0.1 * 64 / 1024)));
    CU_ASSERT(fabs(order - 2) < 0.1);
    spec.equation = TERN_WAVE;
    spec.courant[0] = 0.5; /* time 0.5 * steps / n */
    order = log2(error_of(&spec, 32, 16, cos(sqrt(k2) * 0.5 * 16 / 32))
                 / error_of(&spec, 64, 32, cos(sqrt(k2) * 0.5 * 32 / 64)));
    CU_ASSERT(fabs(order - 2) < 0.1);
    spec.equation = TERN_ADVECTION;
    spec.dims = 2;
    spec.courant[0] = spec.courant[1] = 0.5;
    order = log2(error_of(&spec, 48, 24, 1) / error_of(&spec, 96, 48, 1));
    CU_ASSERT(fabs(order - 2) < 0.1);
}

/* The same with the formula written out again: u = lambda^N sin sin. */
static void exact_by_hand(void)
{
    enum { NX = 40, NY = 25, STEPS = 100 };
    const double pi = acos(-1);
    tern_stencil_spec spec = spec_of(NX, NY);
    tern_stencil_state state = {.name = "mode", .wave = {2, 3}};
    double lambda = 0.2 + 0.4 * cos(2 * pi / (NX + 1)) + 0.4 * cos(3 * pi / (NY + 1)), worst = 0;
    int64_t pitch;
    tern_block b;
    tern_stencil *s;

    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &state), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_run(s, STEPS), TERN_OK);
    const double *u = tern_stencil_field(s, &b, &pitch);
    for (int64_t y = 0; y < b.count[1]; y++)
        for (int64_t x = 0; x < b.count[0]; x++) {
            double exact = pow(lambda, STEPS)
                           * sin(2 * pi * (double)(b.start[0] + x + 1) / (NX + 1))
                           * sin(3 * pi * (double)(b.start[1] + y + 1) / (NY + 1));
            worst = fmax(worst, fabs(u[x + y * pitch] - exact));
        }
    CU_ASSERT(worst < 1e-14);
    tern_stencil_close(s);
}

/* One wrong point on one rank is noticed on all, by the error and by the checksum. */
static void errors_are_noticed(void)
{
    tern_stencil_spec spec = spec_of(30, 30);
    tern_stencil_state state = {.name = "mode", .wave = {1, 1}};
    double error, bound;
    uint64_t before, after;
    tern_stencil *s;
    tern_block b;
    int64_t pitch;

    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &state), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_run(s, 10), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_checksum(s, &before), TERN_OK);
    double *u = (double *)tern_stencil_field(s, &b, &pitch);
    if (tern_rank(comm) == tern_size(comm) - 1)
        u[0] += 1e-9;
    CU_ASSERT_EQUAL(tern_stencil_error(s, &error, &bound), TERN_OK);
    CU_ASSERT(error > bound);
    CU_ASSERT_EQUAL(tern_stencil_checksum(s, &after), TERN_OK);
    CU_ASSERT_NOT_EQUAL(before, after);
    if (tern_rank(comm) == 0)
        u[0] = NAN;
    CU_ASSERT_EQUAL(tern_stencil_error(s, &error, &bound), TERN_OK);
    CU_ASSERT(error > bound);
    tern_stencil_close(s);
}

/* What is in the letters, discs and noise lies within the promised range, and is not all the same.
 */
static void states(void)
{
    for (int i = 0; tern_stencil_state_name(i) != NULL; i++) {
        tern_stencil_spec spec = spec_of(64, 64);
        tern_stencil_state state = {.name = tern_stencil_state_name(i), .wave = {2, 2}, .seed = 1};
        double range[2] = {-2, -2}; /* of -u and u */
        tern_stencil *s;
        tern_block b;
        int64_t pitch;

        CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_begin(s, &state), TERN_OK);
        const double *u = tern_stencil_field(s, &b, &pitch);
        for (int64_t y = 0; y < b.count[1]; y++)
            for (int64_t x = 0; x < b.count[0]; x++) {
                range[0] = fmax(range[0], -u[x + y * pitch]);
                range[1] = fmax(range[1], u[x + y * pitch]);
            }
        CU_ASSERT_EQUAL(tern_allreduce(comm, MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX), TERN_OK);
        CU_ASSERT(range[0] <= 1 && range[1] <= 1);
        CU_ASSERT(range[1] + range[0] > 0.5 || strcmp(state.name, "zero") == 0);
        tern_stencil_close(s);
    }
}

static int steps_at_once(int64_t size, int64_t block)
{
    tern_stencil_spec spec = {.stencil = "3d25",
                              .size = {size, size, size},
                              .halo = "isend",
                              .threads = 1,
                              .block = block};
    int64_t tile;
    int steps;
    tern_stencil *s;

    for (int d = 0; d < 3; d++)
        set_ends(&spec, d, TERN_PERIODIC, 0);
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    tern_stencil_blocking(s, &steps, &tile);
    tern_stencil_close(s);
    return steps;
}

/* 32 steps would need ghost cells 128 deep: 157 MB and more for 14^3 points; 4 need 46^3 cells. */
static void deep_blocks_are_cut(void)
{
    CU_ASSERT_EQUAL(steps_at_once(14, 4), 4);
    const int deep = steps_at_once(14, 32);
    CU_ASSERT(deep >= 4 && deep < 12);
}

static void expect_refusal(const tern_stencil_spec *spec, int error, const char *words)
{
    tern_stencil *s = NULL;

    CU_ASSERT_EQUAL(tern_stencil_open(comm, spec, &s), error);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), words));
    CU_ASSERT_PTR_NULL(s);
}

static void refused(void)
{
    tern_stencil_spec spec = spec_of(8, 8), good = spec;
    tern_stencil *s;

    spec.stencil = "9d99";
    expect_refusal(&spec, TERN_EINVAL, "2d5");
    spec = good, spec.halo = "pigeon";
    expect_refusal(&spec, TERN_EINVAL, "sendrecv");
    spec = good, spec.diffusion = 0.2500001;
    expect_refusal(&spec, TERN_EINVAL, "stable");
    spec = good, spec.diffusion = -0.1;
    expect_refusal(&spec, TERN_EINVAL, "stable");
    spec = good, spec.diffusion = NAN;
    expect_refusal(&spec, TERN_EINVAL, "stable");
    spec = good, spec.size[1] = 0;
    expect_refusal(&spec, TERN_EINVAL, "at least 1 point");
    spec = good, spec.size[0] = INT64_MAX;
    expect_refusal(&spec, TERN_EINVAL, "2^62");
    spec = good, spec.size[0] = spec.size[1] = INT64_C(1) << 27;
    expect_refusal(&spec, TERN_ENOMEM, "GB");
    spec = good, spec.parts[0] = tern_size(comm) + 1;
    expect_refusal(&spec, TERN_EINVAL, "ranks");
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &good, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "soup"}), TERN_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "letters"));
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "mode", .wave = {-1}}),
                    TERN_EINVAL);
    tern_stencil_close(s);
    tern_stencil_close(NULL);
}

/* Measuring leaves the field alone, and counts are kept. */
static void roofline_and_work(void)
{
    tern_stencil_spec spec = spec_of(64, 64);
    tern_stencil_state state = {.name = "noise"};
    tern_stencil_work work;
    uint64_t before, after;
    double rate = 0;
    tern_stencil *s;

    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &state), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_run(s, 3), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_run(s, 4), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_checksum(s, &before), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_roofline(s, &rate), TERN_OK);
    CU_ASSERT(rate > 0);
    CU_ASSERT_EQUAL(tern_stencil_checksum(s, &after), TERN_OK);
    CU_ASSERT_EQUAL(before, after);
    tern_stencil_worked(s, &work);
    CU_ASSERT_EQUAL(work.steps, 7);
    CU_ASSERT(work.halo > 0 && work.seconds >= work.halo);
    tern_stencil_close(s);
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
        {"every_size_and_boundary", every_size_and_boundary},
        {"every_halo_mode", every_halo_mode},
        {"every_thread_count", every_thread_count},
        {"every_cut", every_cut},
        {"random_configurations", random_configurations},
        {"exact_solution", exact_solution},
        {"exact_solutions", exact_solutions},
        {"order_of_accuracy", order_of_accuracy},
        {"exact_by_hand", exact_by_hand},
        {"errors_are_noticed", errors_are_noticed},
        {"states", states},
        {"deep_blocks_are_cut", deep_blocks_are_cut},
        {"refused", refused},
        {"roofline_and_work", roofline_and_work},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"stencil", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
