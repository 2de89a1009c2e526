/* SPDX-License-Identifier: BSD-3-Clause */
/* Where threads really are: each OpenMP thread asks the operating system for itself. */
#include "config.h"

#include "topo/topo_private.h"

#include <omp.h>
#include <sched.h>

/* Ask in all threads of a parallel region; places of threads that did not come get number -1. */
static void ask_threads(int rank, tern_place *mine, int most)
{
    for (int i = 0; i < most; i++)
        mine[i] = (tern_place){.rank = rank, .thread = -1};
#pragma omp parallel
    {
        int i = omp_get_thread_num();
        if (i < most) {
            mine[i].thread = i;
            mine[i].cpu = sched_getcpu();
            tern_affinity(&mine[i].cpus);
        }
    }
}

static int maximum(MPI_Comm node, int mine, int *most)
{
    MPI_Request request;
    int error = tern__topo_mpi(MPI_Iallreduce(&mine, most, 1, MPI_INT, MPI_MAX, node, &request),
                               "MPI_Iallreduce");

    return error ? error : tern__topo_wait(1, &request);
}

static int gather(MPI_Comm node, const tern_place *mine, tern_place *all, int each)
{
    MPI_Request request;
    int bytes = each * (int)sizeof(*mine);
    int error = tern__topo_mpi(
        MPI_Igather(mine, bytes, MPI_BYTE, all, bytes, MPI_BYTE, 0, node, &request), "MPI_Igather");

    return error ? error : tern__topo_wait(1, &request);
}

/* Close the gaps of threads that did not come. */
static int compact(tern_place *places, int n)
{
    int kept = 0;

    for (int i = 0; i < n; i++)
        if (places[i].thread >= 0)
            places[kept++] = places[i];
    return kept;
}

int tern_places(MPI_Comm node, int rank, tern_place **places, int *n)
{
    int node_rank, size, each, failed;

    MPI_Comm_rank(node, &node_rank);
    MPI_Comm_size(node, &size);
    int error = maximum(node, omp_get_max_threads(), &each);
    if (error)
        return error;
    int total = node_rank == 0 ? each * size : 0;
    tern_place *mine = tern_alloc((size_t)each * sizeof(*mine));
    tern_place *all = node_rank == 0 ? tern_alloc((size_t)total * sizeof(*all)) : NULL;
    error = maximum(node, mine == NULL || (node_rank == 0 && all == NULL), &failed);
    if (!error && failed)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for the places of %d threads", each * size);
    if (!error) {
        ask_threads(rank, mine, each);
        error = gather(node, mine, all, each);
    }
    tern_free(mine);
    if (error) {
        tern_free(all);
        return error;
    }
    *places = all;
    *n = compact(all, total);
    return TERN_OK;
}
