/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo exchange: every cell holds its point's global index, so each ghost cell tells where it came
 * from. */
#include "grid/grid.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

enum { UNTOUCHED = -7 };

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

/* What is varied beside the shape. */
struct variant {
    const char *mode;
    bool single;  /* f32 */
    bool corners; /* filled too */
    int fields;
};

/* Arrays with ghost cells for one block, of f64 or f32, field after field. */
struct array {
    tern_grid grid;
    tern_block block;
    int64_t width[3], stride[3], elements, first;
    bool single, corners;
    int fields;
    double *f64;
    float *f32;
};

static double get(const struct array *a, int64_t i)
{
    return a->single ? (double)a->f32[i] : a->f64[i];
}

static void set(struct array *a, int64_t i, double value)
{
    if (a->single)
        a->f32[i] = (float)value;
    else
        a->f64[i] = value;
}

static void make(struct array *a, const tern_grid *wanted, const int64_t *width,
                 const struct variant *v)
{
    *a = (struct array){.single = v->single, .corners = v->corners, .fields = v->fields};
    CU_ASSERT_EQUAL_FATAL(tern_grid_split(wanted, tern_size(comm), &a->grid), TERN_OK);
    tern_grid_block(&a->grid, tern_rank(comm), &a->block);
    a->elements = 1;
    for (int d = 0; d < 3; d++) {
        a->width[d] = d < a->grid.dims ? width[d] : 0;
        a->stride[d] = a->elements;
        a->first += a->width[d] * a->elements;
        a->elements *= a->block.count[d] + 2 * a->width[d] + (d == 0 ? 3 : 0); /* a wider pitch */
    }
    a->f64 = calloc((size_t)(a->elements * a->fields) + 1, sizeof(double));
    a->f32 = calloc((size_t)(a->elements * a->fields) + 1, sizeof(float));
}

static void drop(struct array *a)
{
    free(a->f64);
    free(a->f32);
}

/* What cell `at` of the block is to hold after exchange `turn`: its global index where it is a
 * point of the block or, beyond one face only if there are no corners, a point of the grid. */
static double expected(const struct array *a, const int64_t at[3], int field, int turn)
{
    int64_t index = 0, scale = 1;
    int beyond = 0;

    for (int d = 0; d < 3; d++) {
        int64_t n = a->grid.size[d], x = a->block.start[d] + at[d];
        beyond += at[d] < 0 || at[d] >= a->block.count[d];
        if ((x < 0 || x >= n) && !a->grid.periodic[d])
            return UNTOUCHED;
        index += ((x % n + n) % n) * scale;
        scale *= n;
    }
    return beyond > 1 && !a->corners ? UNTOUCHED : (double)(index + 100000 * turn) + 0.25 * field;
}

static int64_t offset(const struct array *a, const int64_t at[3])
{
    return a->first + at[0] + at[1] * a->stride[1] + at[2] * a->stride[2];
}

/* Call for every cell of the array: fill it, or count those that are wrong. */
static int64_t each_cell(struct array *a, int field, int turn, bool fill)
{
    const int64_t *n = a->block.count, *w = a->width;
    int64_t at[3], wrong = 0;

    for (at[2] = -w[2]; at[2] < n[2] + w[2]; at[2]++)
        for (at[1] = -w[1]; at[1] < n[1] + w[1]; at[1]++)
            for (at[0] = -w[0]; at[0] < n[0] + w[0]; at[0]++) {
                bool inside = true;
                for (int d = 0; d < 3; d++)
                    inside = inside && at[d] >= 0 && at[d] < n[d];
                int64_t i = offset(a, at) + field * a->elements;
                if (fill)
                    set(a, i, inside ? expected(a, at, field, turn) : UNTOUCHED);
                else
                    wrong += get(a, i) != expected(a, at, field, turn);
            }
    return wrong;
}

/* Of all fields. */
static int64_t all_cells(struct array *a, int turn, bool fill)
{
    int64_t wrong = 0;

    for (int f = 0; f < a->fields && tern_block_points(&a->block) > 0; f++)
        wrong += each_cell(a, f, turn, fill);
    return wrong;
}

enum { MOST_FIELDS = 3 };

/* Exchange number `turn`, in one step or in two. */
static int turn_of(tern_halo *h, void **first, int fields, int turn)
{
    if (turn % 2 == 0)
        return fields == 1 ? tern_halo_exchange(h, first[0]) : tern_halo_exchange_fields(h, first);
    int error = fields == 1 ? tern_halo_start(h, first[0]) : tern_halo_start_fields(h, first);
    if (error >= 0)
        tern_halo_progress(h);
    return error < 0 ? error : tern_halo_finish(h);
}

/* Three exchanges with one plan; the number of wrong cells, or -1. */
static int64_t exchange(const tern_grid *wanted, const int64_t *width, struct variant v)
{
    void *first[MOST_FIELDS];
    struct array a;
    tern_halo *h;
    int64_t wrong = 0;

    make(&a, wanted, width, &v);
    tern_halo_spec spec = {
        .grid = a.grid,
        .type = v.single ? MPI_FLOAT : MPI_DOUBLE,
        .mode = v.mode,
        .corners = v.corners,
        .fields = v.fields,
    };
    memcpy(spec.width, a.width, sizeof(spec.width));
    memcpy(spec.stride, a.stride, sizeof(spec.stride));
    if (tern_halo_open(comm, &spec, &h) != TERN_OK) {
        drop(&a);
        return -1;
    }
    for (int f = 0; f < v.fields; f++) {
        int64_t i = a.first + f * a.elements;
        first[f] = v.single ? (void *)(a.f32 + i) : (void *)(a.f64 + i);
    }
    for (int turn = 0; turn < 3; turn++) {
        all_cells(&a, turn, true);
        wrong += turn_of(h, first, v.fields, turn) != TERN_OK;
        wrong += all_cells(&a, turn, false);
    }
    tern_halo_close(h);
    drop(&a);
    return wrong;
}

/* Uneven blocks, rings of every length, ghost cells wider than blocks and than the whole grid. */
static const struct {
    tern_grid grid;
    int64_t width[3];
} shapes[] = {
    {{.dims = 1, .size = {29}}, {2}},
    {{.dims = 1, .size = {23}, .periodic = {true}}, {1}},
    {{.dims = 1, .size = {9}, .periodic = {true}}, {4}},
    {{.dims = 1, .size = {1}, .periodic = {true}}, {3}},
    {{.dims = 1, .size = {2}, .periodic = {true}}, {1}},
    {{.dims = 2, .size = {13, 11}}, {1, 1}},
    {{.dims = 2, .size = {13, 11}, .periodic = {true, true}}, {1, 1}},
    {{.dims = 2, .size = {10, 17}, .periodic = {false, true}}, {2, 3}},
    {{.dims = 2, .size = {2, 2}, .periodic = {true, false}}, {1, 1}},
    {{.dims = 2, .size = {1, 8}, .periodic = {true, true}}, {2, 0}},
    {{.dims = 2, .size = {3, 3}}, {4, 4}},
    {{.dims = 3, .size = {6, 5, 7}, .periodic = {true, false, true}}, {1, 2, 1}},
    {{.dims = 3, .size = {4, 4, 4}}, {1, 1, 1}},
    {{.dims = 3, .size = {3, 3, 3}, .periodic = {true, true, true}}, {2, 4, 1}},
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void every_mode(void)
{
    for (int m = 0; tern_halo_mode_name(m) != NULL; m++)
        for (int i = m % sparse(SHAPES); i < SHAPES; i += sparse(SHAPES)) {
            struct variant v = {tern_halo_mode_name(m), (m + i) % 2 != 0, (m + i) % 4 > 1,
                                1 + (m + i) % MOST_FIELDS};
            int64_t wrong = exchange(&shapes[i].grid, shapes[i].width, v);
            CU_ASSERT_EQUAL(wrong, 0);
            if (wrong != 0)
                fprintf(stderr, "# mode %s, shape %d: %lld\n", tern_halo_mode_name(m), i,
                        (long long)wrong);
        }
}

/* All ranks in one row, in one column: cuts that the cost model would not choose. */
static void every_cut(void)
{
    int p = tern_size(comm);

    for (int d = 0; d < 2; d++) {
        tern_grid g = {.dims = 2, .size = {15, 16}, .periodic = {true, true}};
        g.parts[d] = p;
        for (int m = 0; tern_halo_mode_name(m) != NULL; m += sparse(5))
            CU_ASSERT_EQUAL(exchange(&g, (int64_t[]){3, 2, 0},
                                     (struct variant){tern_halo_mode_name(m), .fields = 1}),
                            0);
    }
}

static void random_shapes(void)
{
    int modes = 0;

    while (tern_halo_mode_name(modes) != NULL)
        modes++;
    for (uint64_t i = 0; i < 100; i += (uint64_t)sparse(7)) {
        tern_grid g = {.dims = 1 + (int)(tern_random(5, 0, i) % 3)};
        uint64_t bits = tern_random(5, 9, i);
        struct variant v = {
            .mode = tern_halo_mode_name((int)(i % (uint64_t)modes)),
            .corners = bits & 1,
            .fields = 1 + (int)((bits >> 1) % MOST_FIELDS),
        };
        int64_t width[3];
        for (int d = 0; d < g.dims; d++) {
            uint64_t r = tern_random(5, 1 + (uint64_t)d, i);
            g.size[d] = 1 + (int64_t)(r % 12);
            g.periodic[d] = r >> 20 & 1;
            width[d] = (int64_t)(r >> 30) % 4;
        }
        CU_ASSERT_EQUAL(exchange(&g, width, v), 0);
    }
}

/* Messages beyond every eager limit: a send that waits would now wait for ever. */
static void long_messages(void)
{
    tern_grid g = {.dims = 2, .size = {30000, 8}, .periodic = {true, true}};

    g.parts[0] = 1;
    for (int m = 0; tern_halo_mode_name(m) != NULL; m += sparse(3))
        CU_ASSERT_EQUAL(exchange(&g, (int64_t[]){1, 1, 0},
                                 (struct variant){tern_halo_mode_name(m), .fields = 1}),
                        0);
}

static void refused(void)
{
    tern_grid wanted = {.dims = 2, .size = {8, 8}}, g;
    tern_halo_spec spec = {.type = MPI_DOUBLE, .width = {1, 1}, .stride = {1, 100}};
    tern_halo *h = NULL;

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, tern_size(comm), &g), TERN_OK);
    spec.grid = g;
    spec.mode = "pigeon";
    CU_ASSERT_EQUAL(tern_halo_open(comm, &spec, &h), TERN_EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "sendrecv"));
    spec.mode = "send";
    spec.stride[1] = 2; /* no room for a row */
    CU_ASSERT_EQUAL(tern_halo_open(comm, &spec, &h), TERN_EINVAL);
    spec.stride[1] = 100;
    spec.grid.ranks++;
    CU_ASSERT_EQUAL(tern_halo_open(comm, &spec, &h), TERN_EINVAL);
    CU_ASSERT_PTR_NULL(h);
    tern_halo_close(NULL);
}

/* Rank 0 alone is refused: all ranks must learn. */
static void one_rank_refused(void)
{
    tern_grid wanted = {.dims = 2, .size = {8, 8}}, g;
    tern_halo_spec spec = {
        .type = MPI_DOUBLE, .width = {1, 1}, .stride = {1, 100}, .mode = "isend"};
    tern_halo *h = NULL;

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, tern_size(comm), &g), TERN_OK);
    spec.grid = g;
    spec.mode = tern_rank(comm) == 0 ? "pigeon" : "isend";
    int error = tern_halo_open(comm, &spec, &h);
    CU_ASSERT_EQUAL(error, tern_rank(comm) == 0 ? TERN_EINVAL : TERN_EPEER);
    CU_ASSERT_PTR_NULL(h);
}

static void fields(void)
{
    tern_grid g = {.dims = 1, .size = {64}, .periodic = {true}};
    tern_halo_spec spec = {
        .type = MPI_DOUBLE, .width = {1}, .stride = {1}, .mode = "isend", .fields = -1};
    tern_halo *h;
    int64_t messages, bytes;
    double cell[128];

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&g, tern_size(comm), &spec.grid), TERN_OK);
    CU_ASSERT_EQUAL(tern_halo_open(comm, &spec, &h), TERN_EINVAL);
    spec.fields = 3;
    CU_ASSERT_EQUAL_FATAL(tern_halo_open(comm, &spec, &h), TERN_OK);
    tern_halo_traffic(h, &messages, &bytes);
    CU_ASSERT_EQUAL(bytes, messages * 3 * (int64_t)sizeof(double));
    CU_ASSERT(messages <= 2);
    CU_ASSERT_EQUAL(tern_halo_start(h, cell), TERN_EINVAL);
    tern_halo_close(h);
}

static void traffic(void)
{
    tern_grid g = {.dims = 1, .size = {64}, .periodic = {true}};
    tern_halo_spec spec = {.type = MPI_DOUBLE, .width = {2}, .stride = {1}, .mode = "isend"};
    int64_t messages = -1, bytes = -1;
    tern_halo *h;

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&g, tern_size(comm), &spec.grid), TERN_OK);
    CU_ASSERT_EQUAL_FATAL(tern_halo_open(comm, &spec, &h), TERN_OK);
    tern_halo_traffic(h, &messages, &bytes);
    CU_ASSERT_EQUAL(messages, tern_size(comm) > 1 ? 2 : 0);
    CU_ASSERT_EQUAL(bytes, messages * 2 * (int64_t)sizeof(double));
    tern_halo_close(h);
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
        {"every_mode", every_mode},
        {"every_cut", every_cut},
        {"random_shapes", random_shapes},
        {"long_messages", long_messages},
        {"refused", refused},
        {"one_rank_refused", one_rank_refused},
        {"fields", fields},
        {"traffic", traffic},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"halo", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
