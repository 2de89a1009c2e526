/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "topo/topo_private.h"

#include <limits.h>
#include <omp.h>
#include <stdlib.h>

/* Those of the process: where OpenMP binds threads (OMP_PROC_BIND), the first one has a CPU or core
 * of its own already, and all of them have OpenMP's places. */
static void process_cpus(tern_cpuset *out)
{
    int *ids = NULL;

    tern_affinity(out);
    for (int place = 0; place < omp_get_num_places(); place++) {
        int n = omp_get_place_num_procs(place);
        int *more = realloc(ids, ((size_t)n + 1) * sizeof(*ids));
        if (more == NULL)
            break;
        ids = more;
        omp_get_place_proc_ids(place, ids);
        for (int i = 0; i < n; i++)
            tern_cpuset_add(out, ids[i]);
    }
    free(ids);
}

int tern_node_cpus(MPI_Comm node, int *cpus)
{
    tern_cpuset mine, all;
    double quota = tern_cpu_quota();
    int limit = quota == 0 ? INT_MAX : (int)quota, least;
    MPI_Request requests[2];

    process_cpus(&mine);
    int error = tern__topo_mpi(MPI_Iallreduce(mine.word, all.word, TERN_MOST_CPUS / 64,
                                              MPI_UINT64_T, MPI_BOR, node, &requests[0]),
                               "MPI_Iallreduce");
    if (error)
        return error;
    error = tern__topo_mpi(MPI_Iallreduce(&limit, &least, 1, MPI_INT, MPI_MIN, node, &requests[1]),
                           "MPI_Iallreduce");
    if (!error)
        error = tern__topo_wait(2, requests);
    if (error)
        return error;
    int count = tern_cpuset_count(&all);
    count = count < least ? count : least;
    *cpus = count > 1 ? count : 1;
    return TERN_OK;
}

int tern_share_threads(MPI_Comm node, int wanted, int *threads)
{
    int cpus, ranks;
    int error = tern_node_cpus(node, &cpus);

    if (!error)
        error = tern__topo_mpi(MPI_Comm_size(node, &ranks), "MPI_Comm_size");
    if (error)
        return error;
    if (wanted > 0)
        *threads = wanted;
    else if (getenv("OMP_NUM_THREADS") != NULL)
        *threads = omp_get_max_threads();
    else
        *threads = cpus > ranks ? cpus / ranks : 1;
    return TERN_OK;
}
