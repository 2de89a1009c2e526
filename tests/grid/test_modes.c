/* SPDX-License-Identifier: BSD-3-Clause */
/* All halo modes against a serial reference: some steps of a stencil on two arrays in turn, whose
 * results must have the same bits as those of a whole grid that every rank computes by itself. */
#include "grid/grid.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static tern_comm *comm;

/* MPICH's blocking collectives never yield: where ranks outnumber cores a plan takes 0.2 s to open,
 * a fence 0.05 s.  There one case in so many is enough. */
static int sparse(int every)
{
#ifdef MPICH_VERSION
    return tern_size(comm) > 2 ? every : 1;
#else
    (void)every;
    return 1;
#endif
}

enum { AUTO_STEPS = 125 }; /* auto decides after 120 */

/* A problem; every point becomes a weighted sum over the star or cube around it. */
struct problem {
    tern_grid grid;
    int64_t width;
    bool corners;
    bool in_place;
    bool own; /* arrays of the plan */
    const char *mode;
    int steps;
};

/* ---- Reference ------------------------------------------------------------------------------- */

static int64_t points(const tern_grid *g)
{
    return g->size[0] * g->size[1] * g->size[2];
}

static double begin(int64_t i)
{
    return tern_random_real(3, 0, (uint64_t)i);
}

/* Of a point of the whole grid; 0 beyond its ends. */
static double whole(const tern_grid *g, const double *u, const int64_t at[3])
{
    int64_t p[3];

    for (int d = 0; d < 3; d++) {
        int64_t n = g->size[d];
        p[d] = g->periodic[d] ? (at[d] % n + n) % n : at[d];
        if (p[d] < 0 || p[d] >= n)
            return 0;
    }
    return u[p[0] + g->size[0] * (p[1] + g->size[1] * p[2])];
}

/* The offsets of the stencil, in one order everywhere. */
static int offsets(const struct problem *q, int64_t (*out)[3])
{
    int64_t w[3];
    int n = 0;

    for (int d = 0; d < 3; d++)
        w[d] = d < q->grid.dims ? q->width : 0;
    for (int64_t z = -w[2]; z <= w[2]; z++)
        for (int64_t y = -w[1]; y <= w[1]; y++)
            for (int64_t x = -w[0]; x <= w[0]; x++) {
                int moved = (x != 0) + (y != 0) + (z != 0);
                if (moved > 1 && !q->corners)
                    continue;
                memcpy(out[n++], (int64_t[]){x, y, z}, sizeof(out[0]));
            }
    return n;
}

enum { MOST_OFFSETS = 125 };

static double weight(int k)
{
    return 0.01 + 0.003 * k;
}

static double *reference(const struct problem *q)
{
    const int64_t *n = q->grid.size;
    int64_t offset[MOST_OFFSETS][3], all = points(&q->grid);
    int count = offsets(q, offset);
    double *u = calloc((size_t)all, sizeof(*u)), *v = calloc((size_t)all, sizeof(*v));

    for (int64_t i = 0; i < all; i++)
        u[i] = begin(i);
    for (int step = 0; step < q->steps; step++) {
        for (int64_t i = 0; i < all; i++) {
            int64_t at[3] = {i % n[0], i / n[0] % n[1], i / n[0] / n[1]}, from[3];
            double sum = 0;
            for (int k = 0; k < count; k++) {
                for (int d = 0; d < 3; d++)
                    from[d] = at[d] + offset[k][d];
                sum += weight(k) * whole(&q->grid, u, from);
            }
            v[i] = sum;
        }
        double *swap = u;
        u = v;
        v = swap;
    }
    free(v);
    return u;
}

/* ---- The same in blocks ---------------------------------------------------------------------- */

struct field {
    double *first;
    int64_t stride[3];
    const double *view[3][2]; /* NULL: in the own ghost cells */
    int64_t view_stride[3][2][3];
};

static double cell(const struct field *f, const tern_block *b, const int64_t at[3])
{
    const double *base = f->first;
    const int64_t *s = f->stride;
    int beyond = 0;

    for (int d = 0; d < 3; d++) {
        if (at[d] >= 0 && at[d] < b->count[d])
            continue;
        int side = at[d] < 0 ? TERN_LOW : TERN_HIGH;
        if (++beyond > 1) {
            base = f->first;
            s = f->stride;
        } else if (f->view[d][side] != NULL) {
            base = f->view[d][side];
            s = f->view_stride[d][side];
        }
    }
    return base[at[0] + at[1] * s[1] + at[2] * s[2]];
}

static void find_views(const tern_halo *h, struct field *f)
{
    for (int d = 0; d < 3; d++)
        for (int side = 0; side < 2; side++)
            f->view[d][side] = tern_halo_view(h, f->first, d, side, f->view_stride[d][side]);
}

static void step(const struct problem *q, const tern_block *b, const struct field *u,
                 struct field *v)
{
    int64_t offset[MOST_OFFSETS][3], from[3];
    int count = offsets(q, offset);

    for (int64_t i = 0; i < tern_block_points(b); i++) {
        int64_t at[3] = {i % b->count[0], i / b->count[0] % b->count[1],
                         i / b->count[0] / b->count[1]};
        double sum = 0;
        for (int k = 0; k < count; k++) {
            for (int d = 0; d < 3; d++)
                from[d] = at[d] + offset[k][d];
            sum += weight(k) * cell(u, b, from);
        }
        v->first[at[0] + at[1] * v->stride[1] + at[2] * v->stride[2]] = sum;
    }
}

/* Points of the block that differ from the reference. */
static int64_t compare(const struct problem *q, const tern_block *b, const struct field *u,
                       const double *right)
{
    int64_t wrong = 0;

    for (int64_t i = 0; i < tern_block_points(b); i++) {
        int64_t at[3] = {i % b->count[0], i / b->count[0] % b->count[1],
                         i / b->count[0] / b->count[1]};
        double mine = cell(u, b, at);
        for (int d = 0; d < 3; d++)
            at[d] += b->start[d];
        wrong += mine != whole(&q->grid, right, at);
    }
    return wrong;
}

static void fill(const struct problem *q, const tern_block *b, struct field *u)
{
    const int64_t *n = q->grid.size;

    for (int64_t i = 0; i < tern_block_points(b); i++) {
        int64_t x = i % b->count[0], y = i / b->count[0] % b->count[1],
                z = i / b->count[0] / b->count[1];
        int64_t at = b->start[0] + x + n[0] * (b->start[1] + y + n[1] * (b->start[2] + z));
        u->first[x + y * u->stride[1] + z * u->stride[2]] = begin(at);
    }
}

/* All steps; the number of wrong points or -1. */
static int64_t solve(const struct problem *q, const double *right)
{
    tern_halo_spec spec = {
        .grid = q->grid,
        .type = MPI_DOUBLE,
        .mode = q->mode,
        .corners = q->corners,
        .in_place = q->in_place,
    };
    size_t elements = 1, first = 0;
    struct field f[2] = {0};
    void *plain[2] = {NULL, NULL};
    tern_block b;
    tern_halo *h;
    int error = TERN_OK;

    tern_grid_block(&q->grid, tern_rank(comm), &b);
    for (int d = 0; d < 3; d++) {
        int64_t w = d < q->grid.dims ? q->width : 0;
        spec.width[d] = w;
        spec.stride[d] = f[0].stride[d] = f[1].stride[d] = (int64_t)elements;
        first += (size_t)w * elements;
        elements *= (size_t)(b.count[d] + 2 * w + (d == 0 ? tern_rank(comm) % 3 : 0));
    }
    if (tern_halo_open(comm, &spec, &h) < 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        void *at = NULL;
        if (q->own) {
            CU_ASSERT_EQUAL_FATAL(tern_halo_alloc(h, elements, first, &at), TERN_OK);
        } else {
            plain[i] = malloc((elements + 1) * sizeof(double));
            at = (double *)plain[i] + first;
        }
        f[i].first = at;
        memset(f[i].first - first, 0, elements * sizeof(double));
        find_views(h, &f[i]);
    }
    fill(q, &b, &f[0]);
    for (int i = 0; i < q->steps && error >= 0; i++) {
        error = tern_halo_exchange(h, f[i % 2].first);
        step(q, &b, &f[i % 2], &f[1 - i % 2]);
    }
    int64_t wrong = error < 0 ? -1 : compare(q, &b, &f[q->steps % 2], right);
    if (strcmp(q->mode, "auto") == 0 && q->steps == AUTO_STEPS)
        wrong += strcmp(tern_halo_mode(h), "auto") == 0;
    tern_halo_close(h);
    free(plain[0]);
    free(plain[1]);
    return wrong;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void check(struct problem *q, int mode, const double *right)
{
    q->mode = tern_halo_mode_name(mode);
    int64_t wrong = solve(q, right);
    CU_ASSERT_EQUAL(wrong, 0);
    if (wrong != 0)
        fprintf(stderr, "# %s, own %d, in place %d, corners %d, %lld x %lld x %lld: %lld\n",
                q->mode, q->own, q->in_place, q->corners, (long long)q->grid.size[0],
                (long long)q->grid.size[1], (long long)q->grid.size[2], (long long)wrong);
}

static struct problem random_problem(uint64_t i)
{
    uint64_t bits = tern_random(11, 0, i);
    tern_grid wanted = {.dims = 1 + (int)(i % 3)};
    struct problem q = {.width = 1 + (int64_t)(bits % 2), .corners = bits >> 1 & 1, .steps = 5};

    for (int d = 0; d < wanted.dims; d++) {
        uint64_t r = tern_random(11, 1 + (uint64_t)d, i);
        wanted.size[d] = 2 + (int64_t)(r % (wanted.dims == 3 ? 6 : 14));
        wanted.periodic[d] = r >> 20 & 1;
    }
    if (bits >> 2 & 1 && wanted.dims > 1)
        wanted.parts[1] = 1;
    if (tern_grid_split(&wanted, tern_size(comm), &q.grid) < 0)
        CU_FAIL_FATAL("no such grid");
    return q;
}

static void every_mode(void)
{
    for (uint64_t i = 0; i < 12; i++) {
        struct problem q = random_problem(i);
        double *right = reference(&q);
        for (int m = (int)i % sparse(12); tern_halo_mode_name(m) != NULL; m += sparse(12)) {
            q.own = (i + (uint64_t)m) % 2;
            check(&q, m, right);
        }
        free(right);
    }
}

static int mode_named(const char *name)
{
    int m = 0;

    while (strcmp(tern_halo_mode_name(m), name) != 0)
        m++;
    return m;
}

/* Neighbours' rows are read where they are. */
static void shared_arrays(void)
{
    for (uint64_t i = 0; i < 12; i += (uint64_t)sparse(4)) {
        struct problem q = random_problem(100 + i);
        double *right = reference(&q);
        q.own = true;
        check(&q, mode_named("shared"), right);
        q.in_place = true;
        check(&q, mode_named("shared"), right);
        free(right);
    }
}

/* Long enough for a choice. */
static void automatic(void)
{
    struct problem q = random_problem(8);

    q.steps = AUTO_STEPS;
    q.own = true;
    double *right = reference(&q);
    check(&q, mode_named("auto"), right);
    free(right);
}

/* What cannot be read in place is refused. */
static void refused(void)
{
    struct problem q = random_problem(2);

    q.in_place = true;
    q.mode = "isend";
    CU_ASSERT_EQUAL(solve(&q, NULL), -1);
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
        {"every_mode", every_mode}, {"shared_arrays", shared_arrays},
        {"automatic", automatic},   {"refused", refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"modes", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
