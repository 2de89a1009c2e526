/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_alltoallv(): what all schedules share, their table, and the choice among them. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "coll/coll_private.h"

enum { AUTO, DIRECT, PAIRWISE, ONE_FACTOR, BRUCK, GRID, LEVELS, NODE };

static const struct {
    const char *name;
    schedule *run;
    bool relays; /* moves blocks as bytes, so elements must have no gaps */
} table[] = {
    [AUTO] = {"auto", NULL, false},
    [DIRECT] = {"direct", tern__direct, false},
    [PAIRWISE] = {"pairwise", tern__pairwise, false},
    [ONE_FACTOR] = {"1-factor", tern__one_factor, false},
    [BRUCK] = {"bruck", tern__bruck, true},
    [GRID] = {"grid", tern__grid, true},
    [LEVELS] = {"levels", tern__levels, true},
    [NODE] = {"node", tern__node, true},
};
enum { SCHEDULES = sizeof(table) / sizeof(table[0]) };

const char *tern_alltoall_name(int i)
{
    return i >= 0 && i < SCHEDULES ? table[i].name : NULL;
}

/* ---- What schedules are made of ------------------------------------------------------------- */

void *tern__scratch(struct exchange *x, size_t bytes)
{
    enum { ALIGN = 16 };
    char *p = x->scratch;

    bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    TERN_ASSERT(bytes <= x->left);
    x->scratch += bytes;
    x->left -= bytes;
    return p;
}

int tern__send_block(struct exchange *x, int rank, tern_req *req)
{
    x->coll->stats.messages++;
    x->coll->stats.bytes += x->out.count[rank] * x->width;
    return tern_isend_mode(x->c, TERN_STANDARD, block_of(x, &x->out, rank), x->out.count[rank],
                           x->type, rank, TAG_ALLTOALL, req, x->where);
}

int tern__recv_block(struct exchange *x, int rank, tern_req *req)
{
    return tern_irecv_at(x->c, block_of(x, &x->in, rank), x->in.count[rank], x->type, rank,
                         TAG_ALLTOALL, req, x->where);
}

int tern__check_block(const struct exchange *x, int rank, size_t bytes)
{
    if (bytes == x->in.count[rank] * x->width)
        return TERN_OK;
    return tern_fail(TERN_EMISMATCH, x->where,
                     "alltoallv: rank %d sent %zu bytes, but %zu elements of %zu bytes were "
                     "expected",
                     rank, bytes, x->in.count[rank], x->width);
}

int tern__swap_blocks(struct exchange *x, int to, int from)
{
    tern_req reqs[2] = {TERN_REQ_NULL, TERN_REQ_NULL};
    tern_status status[2] = {{0}};
    bool sends = to != MPI_PROC_NULL && x->out.count[to] > 0;
    bool receives = from != MPI_PROC_NULL && x->in.count[from] > 0;
    int error = receives ? tern__recv_block(x, from, &reqs[0]) : TERN_OK;

    if (!error && sends)
        error = tern__send_block(x, to, &reqs[1]);
    if (error)
        return error;
    error = tern_waitall_at(2, reqs, status, TERN_FOREVER, x->where);
    return !error && receives ? tern__check_block(x, from, status[0].bytes) : error;
}

int tern__copy_own(const struct exchange *x)
{
    int me = x->rank;
    size_t n = x->out.count[me];
    int error = tern__check_block(x, me, n * x->width);

    if (error || n == 0)
        return error;
    char *from = block_of(x, &x->out, me), *to = block_of(x, &x->in, me);
    if (x->dense) {
        memcpy(to, from, n * x->width);
        return TERN_OK;
    }
    return tern_sendrecv_at(x->c, from, n, x->type, me, TAG_ALLTOALL, to, n, x->type, me,
                            TAG_ALLTOALL, NULL, x->where);
}

/* ---- The call ------------------------------------------------------------------------------- */

static int measure_type(struct exchange *x)
{
    MPI_Aint lb, extent, true_lb, true_extent;
    MPI_Count size;

    if (x->type == MPI_DATATYPE_NULL || MPI_Type_get_extent(x->type, &lb, &extent)
        || MPI_Type_get_true_extent(x->type, &true_lb, &true_extent)
        || MPI_Type_size_x(x->type, &size) || extent < 0 || size < 0)
        return tern_fail(TERN_EINVAL, x->where, "alltoallv: not a usable datatype");
    x->extent = (size_t)extent;
    x->width = (size_t)size;
    x->dense = lb == 0 && true_lb == 0 && extent == size && true_extent == size;
    return TERN_OK;
}

/* Where blocks begin that lie one after the other. */
static void place(struct exchange *x, struct side *side)
{
    if (side->at != NULL)
        return;
    size_t *at = tern__scratch(x, (size_t)x->size * sizeof(*at));
    at[0] = 0;
    for (int r = 0; r + 1 < x->size; r++)
        at[r + 1] = at[r] + side->count[r];
    side->at = at;
}

static size_t bytes_in(const struct exchange *x, const struct side *side)
{
    size_t n = 0;

    for (int r = 0; r < x->size; r++)
        n += side->count[r];
    return n * x->width;
}

static int validate(struct exchange *x, const tern_alltoall_options *options, int *algorithm)
{
    if (x->out.count == NULL || x->in.count == NULL)
        return tern_fail(TERN_EINVAL, x->where, "alltoallv: the counts are NULL");
    int error = measure_type(x);
    if (error)
        return error;
    if ((x->out.buf == NULL && bytes_in(x, &x->out) > 0)
        || (x->in.buf == NULL && bytes_in(x, &x->in) > 0))
        return tern_fail(TERN_EINVAL, x->where, "alltoallv: elements at NULL");
    if (options == NULL)
        return TERN_OK;
    if (options->group < 0)
        return tern_fail(TERN_EINVAL, x->where, "alltoallv: a node of %d ranks", options->group);
    x->group = options->group;
    if (options->algorithm != NULL)
        *algorithm = tern_choose("all-to-all schedule", options->algorithm, tern_alltoall_name);
    return *algorithm < 0 ? *algorithm : TERN_OK;
}

/* `most`: bytes that any rank sends.  Measured on one node of 2 cores, Open MPI, 32 ranks: blocks
 * of 8 to 512 bytes, grid as fast as direct with a third of its messages, bruck 1.3 times as long,
 * pairwise 2 times; of 4 and 32 KiB, direct 0.3 to 0.5 of pairwise.  What a network makes of it,
 * and "node", is not measured. */
static int choose(const struct exchange *x, size_t most)
{
    enum { MANY = 32, TOO_MANY = 1024, SHORT = 512 };
    size_t block = most / (size_t)x->size;

    if (x->size >= MANY && block <= SHORT)
        return GRID;
    return x->size < TOO_MANY ? DIRECT : PAIRWISE; /* not thousands of requests at once */
}

/* All ranks learn whether all can go on, with which schedule: one allreduce. */
static int agree(struct exchange *x, int error, int *algorithm)
{
    int64_t mine[] = {error < 0, *algorithm, -*algorithm, x->group, -x->group, !x->dense, 0};
    int64_t most[sizeof(mine) / sizeof(mine[0])];

    if (!error)
        mine[6] = (int64_t)bytes_in(x, &x->out);
    int failed = tern_allreduce_at(x->c, mine, most, sizeof(mine) / sizeof(mine[0]), MPI_INT64_T,
                                   MPI_MAX, x->where);
    x->coll->stats.syncs++;
    if (failed)
        return failed;
    if (most[0] > 0)
        return tern_agree_at(x->c, error, x->where);
    if (most[1] != -most[2] || most[3] != -most[4])
        return tern_fail(TERN_EMISMATCH, x->where,
                         "alltoallv: the ranks ask for different "
                         "schedules");
    if (*algorithm == AUTO)
        *algorithm = choose(x, (size_t)most[6]);
    if (most[5] > 0 && table[*algorithm].relays)
        *algorithm = PAIRWISE;
    return TERN_OK;
}

int tern_alltoallv_at(tern_comm *c, const void *sendbuf, const size_t *sendcounts,
                      const size_t *senddispls, void *recvbuf, const size_t *recvcounts,
                      const size_t *recvdispls, MPI_Datatype type,
                      const tern_alltoall_options *options, const char *where)
{
    struct exchange x = {
        .rank = tern_rank(c),
        .size = tern_size(c),
        .out = {(char *)sendbuf, sendcounts, senddispls},
        .in = {recvbuf, recvcounts, recvdispls},
        .type = type,
        .where = where,
    };
    size_t bytes = ((size_t)x.size + 1) * SCRATCH;
    int algorithm = AUTO;
    int error = tern__coll(c, &x.coll, where);

    if (error)
        return error;
    x.c = x.coll->own;
    void *scratch = malloc(bytes);
    error = validate(&x, options, &algorithm);
    if (!error && scratch == NULL)
        error = tern_fail(TERN_ENOMEM, where, "alltoallv: no memory for %d ranks", x.size);
    error = agree(&x, error, &algorithm);
    if (!error) {
        x.scratch = scratch;
        x.left = bytes;
        place(&x, &x.out);
        place(&x, &x.in);
        error = table[algorithm].run(&x);
    }
    free(scratch);
    return error;
}

int tern_alltoall_counts_at(tern_comm *c, const size_t *sendcounts, size_t *recvcounts,
                            const char *where)
{
    struct coll *coll;
    MPI_Request request;
    int error = tern__coll(c, &coll, where);

    if (error)
        return error;
    if (MPI_Ialltoall(sendcounts, sizeof(size_t), MPI_BYTE, recvcounts, sizeof(size_t), MPI_BYTE,
                      tern_comm_raw(coll->own), &request))
        return tern_fail(TERN_EMPI, where, "alltoall of counts failed");
    coll->stats.syncs++;
    return tern_wait_mpi_at(coll->own, &request, "alltoall of counts", TERN_FOREVER, where);
}
