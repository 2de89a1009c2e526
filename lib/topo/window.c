/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that the ranks of a node share, as an MPI window. */
#include "config.h"

#include "topo/topo_private.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 128 }; /* bytes: two cache lines, which prefetchers fetch as a pair */

struct tern_window {
    MPI_Win mpi;
    void *base;
};

/* Rank 0's part is everybody's.  MPI promises no alignment: Open MPI 4.1 gives an address 8 mod 64.
 */
static int map(MPI_Comm node, int rank, size_t bytes, tern_window *w)
{
    MPI_Aint size = rank == 0 ? (MPI_Aint)(bytes + LINE) : 0;
    void *base;
    int unit;

    int rc = MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, node, &base, &w->mpi);
    if (rc != MPI_SUCCESS)
        return tern__topo_mpi(rc, "MPI_Win_allocate_shared");
    rc = MPI_Win_shared_query(w->mpi, 0, &size, &unit, &base);
    if (rc == MPI_SUCCESS)
        rc = MPI_Win_lock_all(MPI_MODE_NOCHECK, w->mpi);
    if (rc != MPI_SUCCESS)
        return tern__topo_mpi(rc, "MPI_Win_shared_query");
    uintptr_t address = ((uintptr_t)base + LINE - 1) / LINE * LINE;
    w->base = (void *)address; // NOLINT(performance-no-int-to-ptr)
    return TERN_OK;
}

/* Nobody looks before it is zero. */
static int clear(MPI_Comm node, int rank, size_t bytes, const tern_window *w)
{
    MPI_Request barrier;

    if (rank == 0)
        memset(w->base, 0, bytes);
    int error = tern__topo_mpi(MPI_Ibarrier(node, &barrier), "MPI_Ibarrier");
    return error ? error : tern__topo_wait(1, &barrier);
}

int tern_window_open(MPI_Comm node, size_t bytes, tern_window **out)
{
    tern_window *w = calloc(1, sizeof(*w));
    int mine = w != NULL, all = 0, rank;

    int error =
        tern__topo_mpi(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, node), "MPI_Allreduce");
    if (!error && !all)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for a shared window");
    if (error || w == NULL) {
        free(w);
        return error;
    }
    w->mpi = MPI_WIN_NULL;
    error = tern__topo_mpi(MPI_Comm_rank(node, &rank), "MPI_Comm_rank");
    if (!error)
        error = map(node, rank, bytes, w);
    if (!error)
        error = clear(node, rank, bytes, w);
    if (error) {
        if (w->mpi != MPI_WIN_NULL)
            MPI_Win_free(&w->mpi);
        free(w);
        return error;
    }
    *out = w;
    return TERN_OK;
}

void *tern_window_base(const tern_window *w)
{
    return w->base;
}

void tern_window_close(tern_window *w)
{
    if (w == NULL)
        return;
    MPI_Win_unlock_all(w->mpi);
    MPI_Win_free(&w->mpi);
    free(w);
}
