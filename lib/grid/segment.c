/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared window in which each rank has memory of its own: first touched, so near to it. */
#include "config.h"

#include "grid/segment.h"

#include <stdlib.h>

enum { LINE = 128 }; /* bytes: two cache lines, which prefetchers fetch as a pair */

/* MPI promises no alignment.  Where it maps pages, the address within a page is the same for all
 * ranks, and so is the padding. */
static char *aligned(void *base)
{
    return (char *)base + (LINE - (uintptr_t)base % LINE) % LINE;
}

static int find_all(struct segment *s)
{
    for (int r = 0; r < s->size; r++) {
        void *base = NULL;
        MPI_Aint size;
        int unit;
        if (MPI_Win_shared_query(s->win, r, &size, &unit, &base) != MPI_SUCCESS)
            return tern_fail(TERN_EMPI, NULL, "MPI_Win_shared_query failed");
        s->of[r] = aligned(base);
    }
    if (MPI_Win_lock_all(MPI_MODE_NOCHECK, s->win) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Win_lock_all failed");
    return TERN_OK;
}

/* Whether the worst of the node's ranks came through. */
static int agree(tern_comm *c, int error)
{
    int mine = error, worst = error;
    MPI_Request request;

    if (MPI_Iallreduce(&mine, &worst, 1, MPI_INT, MPI_MIN, tern_comm_node(c), &request)
        != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Iallreduce failed");
    int late = tern_wait_mpi(c, &request, "iallreduce", TERN_FOREVER);
    if (late < 0 || error < 0)
        return late < 0 ? late : error;
    return worst < 0 ? tern_fail(TERN_EPEER, NULL, "shared memory: another rank failed") : TERN_OK;
}

static int allocate(tern_comm *c, size_t bytes, struct segment *s)
{
    MPI_Info info = MPI_INFO_NULL;
    void *base;

    if (MPI_Info_create(&info) == MPI_SUCCESS)
        MPI_Info_set(info, "alloc_shared_noncontig", "true");
    int rc = MPI_Win_allocate_shared((MPI_Aint)(bytes + LINE), 1, info, tern_comm_node(c), &base,
                                     &s->win);
    if (info != MPI_INFO_NULL)
        MPI_Info_free(&info);
    if (rc == MPI_SUCCESS)
        return find_all(s);
    s->win = MPI_WIN_NULL;
    return tern_fail(TERN_ENOMEM, NULL, "MPI has no %zu bytes of shared memory", bytes);
}

int tern__segment_open(tern_comm *c, size_t bytes, struct segment *out)
{
    struct segment s = {.win = MPI_WIN_NULL};

    MPI_Comm_rank(tern_comm_node(c), &s.rank);
    MPI_Comm_size(tern_comm_node(c), &s.size);
    s.of = calloc((size_t)s.size, sizeof(*s.of));
    int error = agree(
        c, s.of != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for %d ranks", s.size));
    if (error >= 0)
        error = agree(c, allocate(c, bytes, &s));
    if (error < 0) {
        tern__segment_close(&s);
        return error;
    }
    *out = s;
    return TERN_OK;
}

int tern__segment_barrier(tern_comm *c)
{
    MPI_Request request;

    if (MPI_Ibarrier(tern_comm_node(c), &request) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Ibarrier failed");
    return tern_wait_mpi(c, &request, "ibarrier", TERN_FOREVER);
}

void tern__segment_close(struct segment *s)
{
    if (s->win != MPI_WIN_NULL) {
        MPI_Win_unlock_all(s->win);
        MPI_Win_free(&s->win);
    }
    free(s->of);
    *s = (struct segment){.win = MPI_WIN_NULL};
}
