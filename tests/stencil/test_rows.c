/* SPDX-License-Identifier: BSD-3-Clause */
/* What is computed a row at a time: Life against a scalar program and against what is known of
 * famous patterns, a user's kernel against the same table of points, and coefficients that vary. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "support/mpitap.h"

static tern_comm *comm;

static tern_stencil_spec life_of(int64_t nx, int64_t ny, bool torus)
{
    tern_stencil_spec spec = {
        .equation = TERN_LIFE, .size = {nx, ny}, .halo = "isend", .threads = 1};

    for (int d = 0; d < 2; d++)
        spec.boundary[d][0].kind = spec.boundary[d][1].kind =
            torus ? TERN_PERIODIC : TERN_DIRICHLET;
    return spec;
}

static void open_life(const tern_stencil_spec *spec, const char *state, tern_stencil **s)
{
    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, spec, s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_begin(*s, &(tern_stencil_state){.name = state, .seed = 4}),
                    TERN_OK);
}

static int64_t population(tern_stencil *s)
{
    const int64_t *size = tern_stencil_grid(s)->size;
    tern_stencil_norms norms = {.mean = NAN};

    CU_ASSERT_EQUAL(tern_stencil_norms_begin(s), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_norms_end(s, &norms), TERN_OK);
    return llrint(norms.mean * (double)(size[0] * size[1]));
}

/* ---- Life against a scalar program ----------------------------------------------------------- */

struct world {
    int64_t nx, ny;
    bool torus;
    unsigned char *now, *next;
};

static int alive(const struct world *w, int64_t x, int64_t y)
{
    if (!w->torus && (x < 0 || y < 0 || x >= w->nx || y >= w->ny))
        return 0;
    return w->now[(x + w->nx) % w->nx + w->nx * ((y + w->ny) % w->ny)];
}

static void generation(struct world *w)
{
    for (int64_t y = 0; y < w->ny; y++)
        for (int64_t x = 0; x < w->nx; x++) {
            int around = 0;
            for (int i = 0; i < 9; i++)
                around += i != 4 ? alive(w, x + i % 3 - 1, y + i / 3 - 1) : 0;
            w->next[x + w->nx * y] = around == 3 || (around == 2 && alive(w, x, y));
        }
    unsigned char *done = w->next;
    w->next = w->now;
    w->now = done;
}

static int64_t differing(const struct world *w, tern_stencil *s)
{
    int64_t strides[DIMS], wrong = 0;
    tern_block b;
    const unsigned char *cell = tern_stencil_points(s, &b, strides);

    for (int64_t y = 0; y < b.count[1]; y++)
        for (int64_t x = 0; x < b.count[0]; x++)
            wrong += cell[x + y * strides[1]] != w->now[b.start[0] + x + w->nx * (b.start[1] + y)];
    return wrong;
}

/* Random cells, as the state noise is documented. */
static int64_t compare_life(tern_stencil_spec *spec, bool torus, int team, int64_t generations)
{
    const int64_t n = spec->size[0] * spec->size[1];
    struct world w = {.nx = spec->size[0], .ny = spec->size[1], .torus = torus};
    tern_stencil *s;

    open_life(spec, "noise", &s);
    s->team = team;
    w.now = malloc((size_t)n);
    w.next = malloc((size_t)n);
    for (int64_t i = 0; i < n; i++)
        w.now[i] = 2 * tern_random_real(4, 0, (uint64_t)i) - 1 > 0;
    for (int64_t i = 0; i < generations; i++)
        generation(&w);
    CU_ASSERT_EQUAL(tern_stencil_run(s, generations / 3), TERN_OK);
    CU_ASSERT_EQUAL(tern_stencil_run(s, generations - generations / 3), TERN_OK);
    int64_t wrong = differing(&w, s);
    tern_stencil_close(s);
    free(w.now);
    free(w.next);
    return wrong;
}

static void life_as_reference(void)
{
    static const int64_t sizes[][2] = {{1, 1},   {2, 3},   {3, 1},   {5, 5},
                                       {64, 64}, {67, 31}, {130, 20}};
    int mode = 0;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int k = 0; k < 6; k++, mode++) {
            tern_stencil_spec spec = life_of(sizes[i][0], sizes[i][1], k % 2 == 0);
            spec.block = k < 2 ? 0 : 1 << k;
            spec.tile = k == 4 ? 64 : 0;
            mode = tern_halo_mode_name(mode) != NULL ? mode : 0;
            spec.halo = tern_halo_mode_name(mode);
            CU_ASSERT_EQUAL(compare_life(&spec, k % 2 == 0, 1 + k % 3, 50), 0);
        }
}

/* ---- Famous patterns ------------------------------------------------------------------------- */

/* Four generations move it by a cell; after 4 * 40 it is back where it was on a torus of 40. */
static void glider(void)
{
    tern_stencil_spec spec = life_of(40, 40, true);
    uint64_t first = 0, last = 1;
    tern_stencil *s;

    open_life(&spec, "glider", &s);
    CU_ASSERT_EQUAL(tern_stencil_checksum(s, &first), TERN_OK);
    for (int i = 0; i < 40; i++) {
        CU_ASSERT_EQUAL(population(s), 5);
        CU_ASSERT_EQUAL(tern_stencil_run(s, 4), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_checksum(s, &last), TERN_OK);
        CU_ASSERT_EQUAL(last == first, i == 39);
    }
    tern_stencil_close(s);
}

/* Before the first glider reaches an end there is one more every 30 generations. */
static void gun(void)
{
    tern_stencil_spec spec = life_of(300, 300, false);
    tern_stencil *s;

    open_life(&spec, "gun", &s);
    CU_ASSERT_EQUAL(population(s), 36);
    for (int i = 1; i <= 10; i++) {
        CU_ASSERT_EQUAL(tern_stencil_run(s, 30), TERN_OK);
        CU_ASSERT_EQUAL(population(s), 36 + 5 * i);
    }
    tern_stencil_close(s);
}

/* The R-pentomino settles after 1103 generations, with 116 cells (Conway 1969). */
static void pentomino(void)
{
    static const int64_t cells[5][2] = {{1, 2}, {2, 2}, {0, 1}, {1, 1}, {1, 0}};
    tern_stencil_spec spec = life_of(700, 700, false);
    void *first[2];
    tern_stencil *s;

    open_life(&spec, "zero", &s);
    CU_ASSERT_EQUAL(tern_stencil_state_arrays(s, first), 1);
    for (int i = 0; i < 5; i++) {
        int64_t x = 350 + cells[i][0] - s->block.start[0],
                y = 350 + cells[i][1] - s->block.start[1];
        if (x >= 0 && y >= 0 && x < s->block.count[0] && y < s->block.count[1])
            ((unsigned char *)first[0])[tern__at(s, x, y, 0)] = 1;
    }
    CU_ASSERT_EQUAL(tern_stencil_run(s, 1103), TERN_OK);
    CU_ASSERT_EQUAL(population(s), 116);
    tern_stencil_close(s);
}

/* ---- A user's kernel ------------------------------------------------------------------------- */

static void average(void *context, const tern_stencil_row *row)
{
    const double *u = row->in, *weight = context;
    double *out = row->out;

    for (int64_t x = 0; x < row->points; x++) {
        double sum = weight[0] * u[x];
        sum += weight[1] * u[x - 2];
        sum += weight[2] * u[x + row->pitch];
        out[x] = sum + weight[3] * u[x + 1 - row->pitch];
    }
}

/* The same as points of a table, in the same order. */
static void user_kernel(void)
{
    static double weight[] = {0.4, 0.3, 0.2, 0.1};
    static const tern_stencil_point points[] = {
        {{0, 0, 0}, 0.4}, {{-2, 0, 0}, 0.3}, {{0, 1, 0}, 0.2}, {{1, -1, 0}, 0.1}};

    for (int64_t block = 0; block <= 8; block += 4)
        for (int k = 0; k < 3; k++) {
            tern_stencil_spec spec = {.size = {53, 38}, .halo = "isend", .dims = 2, .block = block};
            uint64_t sum[2] = {0, 1};
            for (int which = 0; which < 2; which++) {
                tern_stencil *s;
                spec.equation = which == 0 ? TERN_USER : TERN_HEAT;
                spec.kernel = average;
                spec.kernel_context = weight;
                spec.reach[0] = 2;
                spec.reach[1] = 1;
                spec.points = which == 0 ? NULL : points;
                spec.n_points = 4;
                for (int d = 0; d < 2; d++)
                    for (int side = 0; side < 2; side++)
                        spec.boundary[d][side].kind = (const enum tern_boundary_kind[]){
                            TERN_DIRICHLET, TERN_PERIODIC, TERN_MIRROR}[k];
                CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
                CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "noise"}),
                                TERN_OK);
                CU_ASSERT_EQUAL(tern_stencil_run(s, 21), TERN_OK);
                CU_ASSERT_EQUAL(tern_stencil_checksum(s, &sum[which]), TERN_OK);
                tern_stencil_close(s);
            }
            CU_ASSERT_EQUAL(sum[0], sum[1]);
        }
}

/* ---- Coefficients that vary ------------------------------------------------------------------ */

static double wavy(void *context, const int64_t point[3])
{
    (void)context;
    return 0.25 + (double)((point[0] * 3 + point[1] * 7 + point[2] * 5 + 100) % 8) / 8;
}

enum { NX = 14, NY = 11, NZ = 6 };

/* Values and coefficients on one array, of type f32 or f64: dirichlet 0.5 along x, periodic y,
 * neumann 0 along z. */
static double rounded(bool f32, double v)
{
    return f32 ? (double)(float)v : v;
}

static double flow(const double *u, bool f32, const int64_t at[3], int d, int to)
{
    int64_t p[3] = {at[0], at[1], at[2]}, k[3];
    double value;

    p[d] += to;
    p[1] = (p[1] + NY) % NY;
    memcpy(k, p, sizeof(k));
    p[2] = p[2] < 0 ? 0 : p[2] > NZ - 1 ? NZ - 1 : p[2];
    value = p[0] < 0 || p[0] >= NX ? 0.5 : u[p[0] + NX * (p[1] + NY * p[2])];
    double here = u[at[0] + NX * (at[1] + NY * at[2])];
    double mean = rounded(f32, rounded(f32, wavy(NULL, at) + wavy(NULL, k)) * 0.5);
    return rounded(f32, mean * rounded(f32, value - here));
}

static void diffuse(const double *u, double *next, bool f32, double w)
{
    for (int64_t i = 0; i < NX * NY * NZ; i++) {
        int64_t at[3] = {i % NX, i / NX % NY, i / NX / NY};
        double sum = 0;
        for (int d = 0; d < 3; d++) {
            double pair = rounded(f32, flow(u, f32, at, d, -1) + flow(u, f32, at, d, 1));
            sum = d == 0 ? pair : rounded(f32, sum + pair);
        }
        next[i] = rounded(f32, u[i] + rounded(f32, rounded(f32, w) * sum));
    }
}

static void varying_as_reference(void)
{
    for (int k = 0; k < 6; k++) {
        static double u[NX * NY * NZ], next[NX * NY * NZ];
        const bool f32 = k % 2 == 1;
        tern_stencil_spec spec = {
            .stencil = "3d7", .size = {NX, NY, NZ}, .halo = "isend", .coefficient = wavy};
        int64_t strides[3], wrong = 0;
        tern_block b;
        tern_stencil *s;

        spec.type = f32 ? TERN_STENCIL_F32 : TERN_STENCIL_F64;
        spec.block = k;
        for (int side = 0; side < 2; side++) {
            spec.boundary[0][side].value = 0.5;
            spec.boundary[1][side].kind = TERN_PERIODIC;
            spec.boundary[2][side].kind = TERN_NEUMANN;
        }
        CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
        s->team = 1 + k % 3;
        CU_ASSERT_EQUAL(tern_stencil_begin(s, &(tern_stencil_state){.name = "noise"}), TERN_OK);
        CU_ASSERT_EQUAL(tern_stencil_run(s, 17), TERN_OK);
        for (int64_t i = 0; i < NX * NY * NZ; i++)
            u[i] = rounded(f32, 2 * tern_random_real(0, 0, (uint64_t)i) - 1);
        for (int t = 0; t < 17; t++) {
            diffuse(u, next, f32, tern_stencil_diffusion(s));
            memcpy(u, next, sizeof(u));
        }
        const void *field = tern_stencil_points(s, &b, strides);
        for (int64_t i = 0; i < tern_block_points(&b); i++) {
            int64_t x = i % b.count[0], y = i / b.count[0] % b.count[1],
                    z = i / b.count[0] / b.count[1];
            wrong += tern__get(s, field, x + y * strides[1] + z * strides[2])
                     != u[b.start[0] + x + NX * (b.start[1] + y + NY * (b.start[2] + z))];
        }
        CU_ASSERT_EQUAL(wrong, 0);
        tern_stencil_close(s);
    }
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static double negative(void *context, const int64_t point[3])
{
    (void)context;
    return point[0] == 3 && point[1] == 3 ? -1 : 1;
}

static double nothing(void *context, const int64_t point[3])
{
    (void)context, (void)point;
    return 0;
}

static void refuse(const tern_stencil_spec *spec, const char *words)
{
    tern_stencil *s = NULL;

    CU_ASSERT_EQUAL(tern_stencil_open(comm, spec, &s), TERN_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), words));
    tern_stencil_close(s);
}

static void refused(void)
{
    tern_stencil_spec spec = {.stencil = "2d5", .size = {9, 9}, .halo = "isend"}, good = spec;

    spec.coefficient = negative;
    refuse(&spec, "must not be below 0");
    spec.coefficient = nothing;
    refuse(&spec, "nor all 0");
    spec.coefficient = wavy;
    spec.diffusion = 0.25;
    refuse(&spec, "stable for coefficients up to 1.125");
    spec.diffusion = 0;
    spec.stencil = "2d9";
    refuse(&spec, "2d5 or 3d7");
    spec = good, spec.equation = TERN_USER, spec.dims = 2;
    refuse(&spec, "needs a kernel");
    spec.kernel = average, spec.reach[0] = 5;
    refuse(&spec, "reach of 5 along x");
    spec.reach[0] = 1, spec.reach[2] = 1;
    refuse(&spec, "reach of 1 along z");
    spec = good, spec.type = TERN_STENCIL_U8;
    refuse(&spec, "no type");
    spec = life_of(8, 8, false), spec.boundary[1][1].kind = TERN_MIRROR;
    refuse(&spec, "ends of life");
    spec.boundary[1][1] = (tern_boundary){.value = 0.5};
    refuse(&spec, "ends of life");
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
        {"life_as_reference", life_as_reference},
        {"glider", glider},
        {"gun", gun},
        {"pentomino", pentomino},
        {"user_kernel", user_kernel},
        {"varying_as_reference", varying_as_reference},
        {"refused", refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"rows", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
