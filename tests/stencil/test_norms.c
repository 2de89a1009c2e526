/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact sums against sums in whole numbers, and norms against a scalar program on one array. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "support/mpitap.h"

static tern_comm *comm;

/* ---- Sums ------------------------------------------------------------------------------------ */

static double exact_sum(const double *values, size_t n, size_t batch)
{
    struct sum *sum = calloc(1, sizeof(*sum));
    double copy[SUM_ONCE];

    for (size_t i = 0; i < n; i += batch) {
        size_t m = n - i < batch ? n - i : batch;
        memcpy(copy, values + i, m * sizeof(*copy));
        tern__sum_add(sum, copy, m);
    }
    double value = tern__sum_value(sum);
    free(sum);
    return value;
}

/* Whole multiples of 2^scale, whose sum __int128 has exactly and long double can round: the sums
 * are kept below 2^64. */
static void sums_of_whole_numbers(void)
{
    enum { N = 3000 };
    static double values[N];

    for (int scale = -1074; scale <= 960; scale += 113) {
        __int128 sum = 0;
        for (uint64_t i = 0; i < N; i++) {
            int64_t whole = (int64_t)(tern_random(5, (uint64_t)(scale + 2000), i) >> 20);
            whole = whole >> (i % 40) << (i % 7);
            whole = i % 3 == 0 ? -whole : whole;
            values[i] = ldexp((double)whole, scale);
            sum += whole; /* below 2^53, so nothing was rounded */
        }
        double want = ldexp((double)(long double)sum, scale);
        if (sum >> 62 != 0 && sum >> 62 != -1) { /* long double rounds, too */
            CU_ASSERT(fabs(exact_sum(values, N, SUM_ONCE) - want) <= DBL_EPSILON * fabs(want));
        } else {
            CU_ASSERT_EQUAL(exact_sum(values, N, SUM_ONCE), want);
        }
        CU_ASSERT_EQUAL(exact_sum(values, N, 1), exact_sum(values, N, SUM_ONCE));
        CU_ASSERT_EQUAL(exact_sum(values, N, 7), exact_sum(values, N, SUM_ONCE));
    }
}

/* What no order of plain additions gets right. */
static void sums_that_cancel(void)
{
    static const struct {
        double value[6], sum;
    } cases[] = {
        {{1e300, 1, -1e300, 1e-300}, 1},
        {{0x1p1023, 0x1p-1074, -0x1p1023}, 0x1p-1074},
        {{DBL_MAX, DBL_MAX, -DBL_MAX, -DBL_MAX, -3}, -3},
        {{0x1p-1074, 0x1p-1074, -0x1p-1073}, 0},
        {{1, 0x1p-53}, 1}, /* a tie, to even */
        {{1, 0x1p-53, 0x1p-1000}, 0x1.0000000000001p0},
        {{1, 0x1p-52, 0x1p-53}, 0x1.0000000000002p0},
        {{-1, -0x1p-53, -0x1p-1000}, -0x1.0000000000001p0},
        {{DBL_MIN, -DBL_MIN, 5 * 0x1p-1074}, 5 * 0x1p-1074},
        {{-0x1p32, 1, 0x1p64, -0x1p64}, 1 - 0x1p32},
        {{0}, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (size_t batch = 1; batch <= 6; batch++)
            CU_ASSERT_EQUAL(exact_sum(cases[i].value, 6, batch), cases[i].sum);
    CU_ASSERT(isnan(exact_sum((double[]){1, NAN}, 2, 2)));
    CU_ASSERT(isnan(exact_sum((double[]){INFINITY, 1}, 2, 1)));
    CU_ASSERT(isnan(exact_sum((double[]){INFINITY, -INFINITY}, 2, 2)));
}

/* Values of all sizes: the reversed order and parts that are merged give the same bits. */
static void sums_in_any_order(void)
{
    enum { N = 5000 };
    static double values[N], reversed[N];
    struct sum *part = calloc(3, sizeof(*part));

    for (uint64_t i = 0; i < N; i++) {
        double value = tern_random_real(6, 0, i) - 0.5;
        values[i] = reversed[N - 1 - i] = ldexp(value, (int)(tern_random(6, 1, i) % 1800) - 900);
        tern__sum_add(&part[i % 3], (double[]){values[i]}, 1);
    }
    tern__sum_merge(&part[0], &part[1]);
    tern__sum_merge(&part[0], &part[2]);
    CU_ASSERT_EQUAL(exact_sum(values, N, 1000), exact_sum(reversed, N, 13));
    CU_ASSERT_EQUAL(exact_sum(values, N, 1000), tern__sum_value(&part[0]));
    free(part);
}

/* As many batches as make the digits overflow if they are never settled. */
static void sums_of_many(void)
{
    struct sum *sum = calloc(1, sizeof(*sum));
    double values[SUM_ONCE];

    for (int i = 0; i < 300000; i++) {
        for (int k = 0; k < 8; k++)
            values[k] = 0x1.fffffffffffffp31;
        tern__sum_add(sum, values, 8);
    }
    CU_ASSERT_EQUAL(tern__sum_value(sum), 0x1.fffffffffffffp31 * 2400000);
    free(sum);
}

/* ---- Norms ----------------------------------------------------------------------------------- */

enum { NX = 37, NY = 29 };

/* A step of heat with dirichlet 0.5 along x and periodic y, on one array. */
static double at(const double *u, int64_t x, int64_t y)
{
    return x < 0 || x >= NX ? 0.5 : u[x + NX * ((y + NY) % NY)];
}

static double ring(const double *u, int64_t x, int64_t y)
{
    return (at(u, x - 1, y) + at(u, x + 1, y)) + (at(u, x, y - 1) + at(u, x, y + 1));
}

static void reference(double *u, int64_t steps, tern_stencil_norms *out)
{
    static double next[NX * NY], values[3][NX * NY];

    for (int64_t i = 0; i < NX * NY; i++)
        u[i] = 2 * tern_random_real(3, 0, (uint64_t)i) - 1;
    for (int64_t t = 0; t < steps; t++) {
        for (int64_t i = 0; i < NX * NY; i++)
            next[i] = 0.2 * ring(u, i % NX, i / NX) + (1 - 4 * 0.2) * u[i];
        memcpy(u, next, sizeof(next));
    }
    *out = (tern_stencil_norms){.step = steps, .least = INFINITY, .most = -INFINITY};
    for (int64_t i = 0; i < NX * NY; i++) {
        double r = -4 * u[i] + 1 * ring(u, i % NX, i / NX);
        values[0][i] = u[i];
        values[1][i] = u[i] * u[i];
        values[2][i] = r * r;
        out->least = fmin(out->least, u[i]);
        out->most = fmax(out->most, u[i]);
        out->residual_most = fmax(out->residual_most, fabs(r));
    }
    out->mean = exact_sum(values[0], NX * NY, 100) / (NX * NY);
    out->l2 = sqrt(exact_sum(values[1], NX * NY, 100) / (NX * NY));
    out->residual_l2 = sqrt(exact_sum(values[2], NX * NY, 100) / (NX * NY));
}

static tern_stencil *open_noise(int64_t block, const char *halo, int threads)
{
    tern_stencil_spec spec = {.stencil = "2d5", .size = {NX, NY}, .diffusion = 0.2, .halo = halo};
    tern_stencil *s = NULL;

    spec.block = block;
    spec.threads = threads;
    for (int side = 0; side < 2; side++) {
        spec.boundary[0][side].value = 0.5;
        spec.boundary[1][side].kind = TERN_PERIODIC;
    }
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    s->team = threads;
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "noise", .seed = 3}),
                    TERN_OK);
    return s;
}

/* Also while they are under way behind later steps. */
static void norms(void)
{
    static double u[NX * NY];
    tern_stencil_norms want, got;
    uint64_t plain = 0, measured = 1;

    reference(u, 15, &want);
    for (int m = 0; tern_halo_mode_name(m) != NULL; m++) {
        tern_stencil *s = open_noise(1 + m % 5, tern_halo_mode_name(m), 1 + m % 3);
        memset(&got, -1, sizeof(got));
        CU_ASSERT_EQUAL(tern_stencil_run(s, 15), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_EINVAL);
        CU_ASSERT_EQUAL(tern_stencil_run(s, 10), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_norms_end(s, &got), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_norms_end(s, &got), TERN_EINVAL);
        CU_ASSERT_EQUAL(memcmp(&got, &want, sizeof(got)), 0);
        CU_ASSERT_EQUAL(tern_stencil_checksum(s, &measured), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_OK); /* and nobody asks */
        tern_stencil_close(s);
        s = open_noise(1, "isend", 1);
        CU_ASSERT_EQUAL(tern_stencil_run(s, 25), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_checksum(s, &plain), TERN_OK);
        CU_ASSERT_EQUAL(measured, plain);
        tern_stencil_close(s);
    }
}

/* The residual of a steady state is 0; that of points that no number belongs to is none. */
static void norms_of_special_states(void)
{
    tern_stencil_spec spec = {.stencil = "3d27", .size = {12, 9, 7}, .halo = "isend"};
    tern_stencil_norms got;
    tern_stencil *s;

    spec.type = TERN_STENCIL_F32;
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "zero"}), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_norms_end(s, &got), TERN_OK);
    CU_ASSERT(got.mean == 0 && got.l2 == 0 && got.residual_l2 == 0 && got.residual_most == 0);
    CU_ASSERT(got.least == 0 && got.most == 0 && got.step == 0);
    if (s->now != NULL && s->block.start[0] + s->block.start[1] + s->block.start[2] == 0)
        tern__set(s, s->now, 0, NAN);
    CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_norms_end(s, &got), TERN_OK);
    CU_ASSERT(isnan(got.mean) && isnan(got.l2) && isnan(got.residual_l2) && isnan(got.most));
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
        {"sums_of_whole_numbers", sums_of_whole_numbers},
        {"sums_that_cancel", sums_that_cancel},
        {"sums_in_any_order", sums_in_any_order},
        {"sums_of_many", sums_of_many},
        {"norms", norms},
        {"norms_of_special_states", norms_of_special_states},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"norms", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
