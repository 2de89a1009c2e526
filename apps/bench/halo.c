/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo exchange of rows between the blocks of a column, in every mode, beside plain MPI that sends
 * the rows from where they are. */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 64 /* of each rank */, MOST_PLANS = 32 };

/* Plans of the size that is measured, each opened at its first use. */
struct plan {
    const struct variant *variant;
    tern_halo *halo;
    double *first; /* the block's first point; rows are not padded */
    double *array; /* where that is not the plan's, to be freed */
};
static struct plan plans[MOST_PLANS];
static size_t plans_n, plans_bytes;

static int64_t points(const struct bench *b)
{
    return (int64_t)(b->bytes + sizeof(double) - 1) / (int64_t)sizeof(double);
}

static void close_plans(void)
{
    for (size_t i = 0; i < plans_n; i++) {
        tern_halo_close(plans[i].halo);
        tern_free(plans[i].array);
    }
    plans_n = 0;
}

static int open_plan(const struct bench *b, const struct variant *v, struct plan *p)
{
    int64_t n = points(b);
    tern_grid wanted = {.dims = 2, .size = {n, (int64_t)ROWS * tern_size(b->comm)}, .parts = {1}};
    size_t elements = (size_t)n * (ROWS + 2);
    bool in_place = strcmp(v->mode, "in-place") == 0;
    tern_halo_spec spec = {
        .type = MPI_DOUBLE,
        .width = {0, 1},
        .stride = {1, n},
        .mode = in_place ? "shared" : v->mode,
        .in_place = in_place,
    };
    void *first;
    int error = tern_grid_split(&wanted, tern_size(b->comm), &spec.grid);

    error = error ? error : tern_halo_open(b->comm, &spec, &p->halo);
    error = error ? error : tern_halo_alloc(p->halo, elements, (size_t)n, &first);
    if (error)
        return error;
    p->variant = v;
    p->first = first;
    memset(p->first - n, 0, elements * sizeof(double));
    return TERN_OK;
}

/* Plain MPI has an array and no plan. */
static int open_plain(const struct bench *b, const struct variant *v, struct plan *p)
{
    int64_t n = points(b);
    size_t bytes = (size_t)n * (ROWS + 2) * sizeof(double);

    *p = (struct plan){.variant = v, .array = tern_alloc(bytes)};
    if (p->array == NULL)
        return TERN_ENOMEM;
    memset(p->array, 0, bytes);
    p->first = p->array + n;
    return TERN_OK;
}

static int plain_exchange(const struct bench *b, const struct plan *p)
{
    int rank = tern_rank(b->comm), n = (int)points(b);
    int up = rank > 0 ? rank - 1 : MPI_PROC_NULL;
    int down = rank + 1 < tern_size(b->comm) ? rank + 1 : MPI_PROC_NULL;
    double *last = p->first + (size_t)n * (ROWS - 1);
    MPI_Request r[4];

    if (MPI_Irecv(p->first - n, n, MPI_DOUBLE, up, TAG, b->raw, &r[0])
        || MPI_Irecv(last + n, n, MPI_DOUBLE, down, TAG, b->raw, &r[1])
        || MPI_Isend(p->first, n, MPI_DOUBLE, up, TAG, b->raw, &r[2])
        || MPI_Isend(last, n, MPI_DOUBLE, down, TAG, b->raw, &r[3])
        || MPI_Waitall(4, r, MPI_STATUSES_IGNORE))
        return tern_fail(TERN_EMPI, NULL, "MPI_Isend failed");
    return TERN_OK;
}

static int halo_exchange(const struct bench *b, const struct plan *p)
{
    (void)b;
    return tern_halo_exchange(p->halo, p->first);
}

static int find_plan(const struct bench *b, const struct variant *v, const struct plan **out)
{
    size_t i = 0;

    if (plans_bytes != b->bytes)
        close_plans();
    plans_bytes = b->bytes;
    while (i < plans_n && plans[i].variant != v)
        i++;
    if (i == plans_n) {
        plans[i] = (struct plan){0};
        int error = v->baseline == NULL ? open_plain(b, v, &plans[i]) : open_plan(b, v, &plans[i]);
        if (error)
            return error;
        plans_n++;
    }
    *out = &plans[i];
    return TERN_OK;
}

/* The ghost row on one side, which is to hold the rank that it comes from. */
static int check_row(const struct bench *b, const struct plan *p, enum tern_side side)
{
    int64_t n = points(b), stride[3] = {1, n, 0}, y = side == TERN_LOW ? -1 : ROWS;
    int from = tern_rank(b->comm) + (side == TERN_LOW ? -1 : 1);
    const double *base =
        p->halo != NULL ? tern_halo_view(p->halo, p->first, 1, side, stride) : NULL;

    if (base == NULL)
        base = p->first;
    for (int64_t x = 0; x < n && from >= 0 && from < tern_size(b->comm); x++)
        if (base[x + y * stride[1]] != from + 1)
            return tern_fail(TERN_EMISMATCH, NULL, "%s: a ghost cell is wrong", p->variant->name);
    return TERN_OK;
}

static int exchange(struct bench *b, const struct variant *v, uint64_t repetitions)
{
    int (*once)(const struct bench *, const struct plan *) =
        v->baseline == NULL ? plain_exchange : halo_exchange;
    const struct plan *p = NULL;
    int error = find_plan(b, v, &p);

    for (int64_t i = 0; i < points(b) * ROWS && b->checking && !error; i++)
        p->first[i] = tern_rank(b->comm) + 1;
    for (uint64_t i = 0; i < repetitions && !error; i++) /* hot */
        error = once(b, p);
    for (int side = 0; side < 2 && b->checking && !error; side++)
        error = check_row(b, p, side);
    return error;
}

#define MODE(name)                             \
 {                                             \
  name, name, "MPI_Isend", NULL, TERN_STANDARD \
 }

static const struct variant variants[] = {
    {"MPI_Isend", "mpi", NULL, NULL, TERN_STANDARD},
    MODE("send"),
    MODE("ssend"),
    {"bsend", "bsend", "MPI_Isend", NULL, TERN_BUFFERED},
    MODE("isend"),
    MODE("issend"),
    MODE("rsend"),
    MODE("sendrecv"),
    MODE("persistent"),
    MODE("persistent-ssend"),
    MODE("datatype"),
    MODE("neighbor"),
    MODE("rma-fence"),
    MODE("rma-pscw"),
    MODE("channel"),
    MODE("shared-copy"),
    MODE("shared"),
    MODE("in-place"),
    MODE("auto"),
    {0},
};

const struct command bench_halo = {
    .name = "halo",
    .help = "rows between neighbours in every halo mode, and in plain MPI",
    .sizes = "512,8Ki,64Ki",
    .variants = variants,
    .run = exchange,
    .alone = true,
    .end = close_plans,
};
