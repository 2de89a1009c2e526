/* SPDX-License-Identifier: BSD-3-Clause */
/* Random configurations of the solver, each compared bit by bit with the scalar reference.
 * TERN_TEST_CONFIGURATIONS says how many, TERN_TEST_SEED which. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/reference.h"
#include "stencil/solver.h"
#include "support/mpitap.h"

static tern_comm *comm;

/* The i-th random number of a configuration, below n. */
struct dice {
    uint64_t seed, thrown;
};

static int64_t roll(struct dice *d, int64_t n)
{
    return (int64_t)(tern_random(d->seed, 77, d->thrown++) % (uint64_t)n);
}

static const char *const plane[] = {"2d5", "2dr2", "2dr3", "2dr4", "2d9", "2d25", "2d49", "2d81"};
static const char *const space[] = {"3d7", "3d13", "3d19", "3d25", "3d27"};

/* A table of random points whose weights add to at most 1 in size. */
static void roll_points(struct dice *d, struct configuration *c, int dims)
{
    c->spec.points = c->points;
    c->spec.dims = dims;
    c->n = c->spec.n_points = (size_t)(1 + roll(d, 12));
    for (size_t i = 0; i < c->spec.n_points; i++) {
        for (int k = 0; k < dims; k++)
            c->points[i].at[k] = (int)roll(d, 5) - 2;
        c->points[i].weight = (double)(roll(d, 200) - 100) / 100 / (double)c->spec.n_points;
    }
}

/* Lax-Wendroff along each dimension: c (c + 1) / 2, 1 - c^2 and c (c - 1) / 2. */
static void roll_advection(struct dice *d, struct configuration *c, int dims)
{
    const int deep = dims == 3;

    c->spec.equation = TERN_ADVECTION;
    c->spec.dims = dims;
    for (int k = 0; k < dims; k++)
        c->spec.courant[k] = (double)(roll(d, 17) - 8) / 8;
    for (int z = -deep; z <= deep; z++)
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++) {
                tern_stencil_point *p = &c->points[c->n++];
                *p = (tern_stencil_point){{x, y, z}, 1};
                for (int k = 0; k < dims; k++) {
                    double v = c->spec.courant[k];
                    const double weights[] = {v * (v + 1) / 2, 1 - v * v, v * (v - 1) / 2};
                    p->weight *= weights[p->at[k] + 1];
                }
            }
}

/* Whether it takes no blocks. */
static bool in_place(const struct configuration *c)
{
    return c->spec.equation == TERN_POISSON && strcmp(c->spec.solver, "jacobi") != 0
           && strcmp(c->spec.solver, "chebyshev") != 0;
}

static void roll_poisson(struct dice *d, struct configuration *c, int dims)
{
    c->spec.equation = TERN_POISSON;
    c->spec.solver = tern_stencil_solver_name((int)roll(d, 4));
    c->spec.relaxation = (double)(1 + roll(d, 8)) / 8;
    c->spec.source = roll(d, 3) != 0 ? reference_source : NULL;
    if (in_place(c))
        c->spec.stencil = dims == 2 ? plane[0] : space[0];
}

static void roll_equation(struct dice *d, struct configuration *c, int dims)
{
    switch (roll(d, 8)) {
    case 0: roll_points(d, c, dims); break;
    case 1: roll_advection(d, c, dims); break;
    case 2:
        c->spec.equation = TERN_WAVE;
        c->spec.courant[0] = (double)(1 + roll(d, 6)) / 16;
        break;
    case 3:
    case 4: roll_poisson(d, c, dims); break;
    default: break;
    }
}

static void roll_boundaries(struct dice *d, struct configuration *c, int dims, int reach)
{
    for (int k = 0; k < dims; k++) {
        bool periodic = roll(d, 3) == 0;
        for (int side = 0; side < 2; side++) {
            tern_boundary *b = &c->spec.boundary[k][side];
            const int kinds[] = {TERN_DIRICHLET, TERN_DIRICHLET, TERN_NEUMANN, TERN_ROBIN,
                                 TERN_MIRROR};
            bool large = c->spec.size[k] > reach;
            b->kind =
                periodic ? TERN_PERIODIC : (enum tern_boundary_kind)kinds[roll(d, large ? 5 : 2)];
            b->value = (double)roll(d, 9) / 8 - 0.5;
            b->a = (double)roll(d, 5) / 4;
            b->b = 0.25 + (double)roll(d, 5) / 4;
            b->of = b->kind != TERN_PERIODIC && roll(d, 3) == 0 ? reference_wave : NULL;
        }
    }
}

/* Some way to write the ranks as a product, or 0: chosen. */
static void roll_parts(struct dice *d, struct configuration *c, int dims)
{
    int rest = tern_size(comm);

    if (roll(d, 2) == 0)
        return;
    for (int k = 0; k < dims; k++) {
        int part = 1 + (int)roll(d, rest);
        while (rest % part != 0)
            part--;
        c->spec.parts[k] = k == dims - 1 ? rest : part;
        rest /= part;
    }
}

static void roll_isa(struct dice *d, struct configuration *c)
{
    const struct kernel_set *set;
    int n = 0;

    while (tern_stencil_isa_name(n) != NULL)
        n++;
    c->spec.isa = tern_stencil_isa_name((int)roll(d, n));
    if (tern__kernels_find(c->spec.isa, &set) < 0)
        c->spec.isa = NULL;
}

static void roll_configuration(uint64_t seed, struct configuration *c)
{
    struct dice d = {.seed = seed};
    int dims = 2 + (int)roll(&d, 2), modes = 0;
    tern_stencil_spec *s = &c->spec;

    *c = (struct configuration){.steps = roll(&d, 40)};
    while (tern_halo_mode_name(modes) != NULL)
        modes++;
    for (int k = 0; k < dims; k++)
        s->size[k] = 1 + roll(&d, dims == 2 ? (k == 0 && roll(&d, 4) == 0 ? 200 : 40) : 14);
    s->stencil = dims == 2 ? plane[roll(&d, 8)] : space[roll(&d, 5)];
    roll_equation(&d, c, dims);
    roll_boundaries(&d, c, dims, 4);
    roll_parts(&d, c, dims);
    roll_isa(&d, c);
    s->type = roll(&d, 2) == 0 ? TERN_STENCIL_F64 : TERN_STENCIL_F32;
    s->diffusion = 0.08 * (double)(1 + roll(&d, 10)) / 10;
    s->halo = tern_halo_mode_name((int)roll(&d, modes));
    s->block = roll(&d, in_place(c) ? 2 : 33);
    s->tile = roll(&d, 3) * roll(&d, 100);
    s->threads = 1;
    c->team = 1 + (int)roll(&d, tern__most(1, 8 / tern_size(comm))); /* they spin when they wait */
    c->band = roll(&d, 3);
    c->whole = roll(&d, 3) == 0;
    s->overlap = (enum tern_overlap)roll(&d, 3);
}

/* Points of this rank's block whose bits differ. */
static int64_t differing(const struct reference *r, const tern_stencil *s)
{
    const int64_t *size = s->grid.size;
    int64_t strides[DIMS], wrong = 0;
    tern_block b;
    const void *field = tern_stencil_points(s, &b, strides);

    for (int64_t z = 0; z < b.count[2]; z++)
        for (int64_t y = 0; y < b.count[1]; y++)
            for (int64_t x = 0; x < b.count[0]; x++) {
                int64_t at = x + y * strides[1] + z * strides[2];
                double want = r->now[b.start[0] + x
                                     + size[0] * (b.start[1] + y + size[1] * (b.start[2] + z))];
                double got = tern__get(s, field, at);
                wrong += memcmp(&want, &got, sizeof(want)) != 0;
            }
    return wrong;
}

/* Points that are wrong on any rank, in two runs of half the steps each; -1: it does not open. */
static int64_t compare(const struct configuration *c)
{
    struct reference r;
    tern_stencil *s;
    int64_t wrong = 0;

    if (tern_stencil_open(comm, &c->spec, &s) != TERN_OK)
        return -1;
    s->team = c->team;
    for (int i = 0; i < s->plans; i++) {
        s->plan[i].band = c->band;
        s->plan[i].whole |= c->whole;
    }
    reference_open(&r, c, 3);
    r.steepest = tern__shape_steepest(&s->laplacian);
    r.softest = s->softest;
    wrong += tern_stencil_begin(s, &(tern_stencil_state){.name = "noise", .seed = 3}) != TERN_OK;
    wrong += tern_stencil_run(s, c->steps / 2) != TERN_OK;
    wrong += tern_stencil_run(s, c->steps - c->steps / 2) != TERN_OK;
    for (int64_t i = 0; i < c->steps; i++)
        reference_step(&r, i);
    wrong += differing(&r, s);
    wrong += tern_allreduce(comm, MPI_IN_PLACE, &wrong, 1, MPI_INT64_T, MPI_SUM) != TERN_OK;
    tern_stencil_close(s);
    reference_close(&r);
    return wrong;
}

static void tell(uint64_t seed, int64_t wrong, const struct configuration *c)
{
    const tern_stencil_spec *s = &c->spec;

    if (wrong == 0 || tern_rank(comm) != 0)
        return;
    printf(
        "# seed %llu: %lld wrong (%s): %s %s %lldx%lldx%lld parts %dx%dx%d steps %lld block %lld "
        "tile %lld band %lld%s overlap %d team %d isa %s halo %s equation %d %s kinds %d%d %d%d "
        "%d%d\n",
        (unsigned long long)seed, (long long)wrong, wrong < 0 ? tern_last_error() : "",
        c->n > 0 ? "points" : s->stencil, s->type == TERN_STENCIL_F64 ? "f64" : "f32",
        (long long)s->size[0], (long long)s->size[1], (long long)s->size[2], s->parts[0],
        s->parts[1], s->parts[2], (long long)c->steps, (long long)s->block, (long long)s->tile,
        (long long)c->band, c->whole ? " whole" : "", (int)s->overlap, c->team,
        s->isa != NULL ? s->isa : "best", s->halo, (int)s->equation,
        s->solver != NULL ? s->solver : "", (int)s->boundary[0][0].kind,
        (int)s->boundary[0][1].kind, (int)s->boundary[1][0].kind, (int)s->boundary[1][1].kind,
        (int)s->boundary[2][0].kind, (int)s->boundary[2][1].kind);
}

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void random_configurations(void)
{
    const uint64_t n = number("TERN_TEST_CONFIGURATIONS", 25), seed = number("TERN_TEST_SEED", 1);

    for (uint64_t i = 0; i < n; i++) {
        struct configuration c;
        roll_configuration(seed + i, &c);
        if (c.spec.points != NULL)
            c.spec.points = c.points;
        int64_t wrong = compare(&c);
        tell(seed + i, wrong, &c);
        CU_ASSERT_EQUAL(wrong, 0);
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
        {"random_configurations", random_configurations},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"bits", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
