/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "msg/msg_private.h"

#include <stdlib.h>
#include <string.h>

#include "topo/topo.h"

/* Some 1 ms: longer than a message of 1 MiB takes, shorter than a time slice. */
enum { SPIN = 20000 };

/* What tern_init() has to undo. */
static struct {
    tern_comm *comm;
    bool owns_mpi;
} world;

/* A rank whose core others need must not spin at all; one with a core of its own may. */
static int choose_spin(int node_ranks, int cpus)
{
    double number;
    const char *text = tern_env("TERN_SPIN");

    if (strcmp(text, "auto") == 0)
        return node_ranks > cpus ? 0 : SPIN;
    if (tern_parse_number(text, &number) == TERN_OK && number >= -1 && number <= 1e9)
        return (int)number;
    tern_log(TERN_LOG_WARN, "TERN_SPIN=%s is no number of polls; taking auto", text);
    return node_ranks > cpus ? 0 : SPIN;
}

/* The cores of the node are shared by all ranks of the job, whatever the communicator. */
static int spin_of_node(tern_comm *c)
{
    int ranks, cpus;

    if (world.comm != NULL) {
        c->spin = world.comm->spin;
        return TERN_OK;
    }
    if (MPI_Comm_size(c->node, &ranks))
        return TERN_EMPI;
    int error = tern_node_cpus(c->node, &cpus);
    if (error == TERN_OK)
        c->spin = choose_spin(ranks, cpus);
    return error;
}

static int fill(tern_comm *c, MPI_Comm comm)
{
    int level = MPI_THREAD_SINGLE;

    if (MPI_Comm_dup(comm, &c->mpi) || MPI_Comm_set_errhandler(c->mpi, MPI_ERRORS_RETURN)
        || MPI_Comm_rank(c->mpi, &c->rank) || MPI_Comm_size(c->mpi, &c->size)
        || MPI_Comm_split_type(c->mpi, MPI_COMM_TYPE_SHARED, c->rank, MPI_INFO_NULL, &c->node)
        || MPI_Comm_set_errhandler(c->node, MPI_ERRORS_RETURN) || MPI_Query_thread(&level))
        return tern_fail(TERN_EMPI, NULL, "a communicator cannot be duplicated or split");
    tern__spill_open(level == MPI_THREAD_MULTIPLE);
    c->standard = tern_env_number("TERN_STRICT") != 0 ? TERN_SYNCHRONOUS : TERN_STANDARD;
    c->last = SIZE_MAX;
    return spin_of_node(c);
}

/* Whether MPI can be called now. */
static bool mpi_runs(void)
{
    int initialized = 0, finalized = 0;

    return MPI_Initialized(&initialized) == MPI_SUCCESS && initialized
           && MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized;
}

int tern_comm_wrap(MPI_Comm comm, tern_comm **out)
{
    int mine = 1, all = 0, inter = 0;

    if (!mpi_runs())
        return tern_fail(TERN_EINVAL, NULL, "comm_wrap: MPI is not initialised, or finalised");
    if (comm == MPI_COMM_NULL || MPI_Comm_test_inter(comm, &inter) || inter)
        return tern_fail(TERN_EINVAL, NULL, "comm_wrap: not an intracommunicator");
    tern_comm *c = calloc(1, sizeof(*c));

    if (c == NULL)
        mine = 0;
    if (MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, comm) || !all || c == NULL) {
        free(c);
        return tern_fail(TERN_ENOMEM, NULL, "no memory for a communicator on some rank");
    }
    c->mpi = c->node = MPI_COMM_NULL;
    pthread_mutex_init(&c->lock, NULL);
    int error = fill(c, comm);
    if (error) {
        tern_comm_free(c);
        return error;
    }
    *out = c;
    return TERN_OK;
}

void tern_comm_free(tern_comm *c)
{
    tern_status s;
    struct kept *k;

    if (c == NULL)
        return;
    while (tern__take_kept(c, MPI_ANY_SOURCE, MPI_ANY_TAG, SIZE_MAX, &s, &k) == TERN_OK) {
        tern_log(TERN_LOG_WARN,
                 "a message of %zu bytes from rank %d, tag %d, did not fit and was never taken",
                 s.bytes, s.source, s.tag);
        tern__drop_kept(k);
    }
    if (mpi_runs()) { /* else MPI has freed its part */
        tern__reap_orphans(c, true);
        if (c->node != MPI_COMM_NULL)
            MPI_Comm_free(&c->node);
        if (c->mpi != MPI_COMM_NULL)
            MPI_Comm_free(&c->mpi);
    }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

int tern_init_thread(int *argc, char ***argv, int required, int *provided)
{
    int initialized = 0, finalized = 0, level = MPI_THREAD_SINGLE, rank = 0;

    if (world.comm != NULL)
        return tern_fail(TERN_EINVAL, NULL, "tern_init() was called twice");
    if (MPI_Initialized(&initialized) || MPI_Finalized(&finalized))
        return tern_fail(TERN_EMPI, NULL, "MPI_Initialized failed");
    if (finalized)
        return tern_fail(TERN_EINVAL, NULL, "tern_init() after MPI_Finalize()");
    if (!initialized && MPI_Init_thread(argc, argv, required, &level))
        return tern_fail(TERN_EMPI, NULL, "MPI_Init_thread failed");
    world.owns_mpi = !initialized;
    if (MPI_Query_thread(&level) || MPI_Comm_rank(MPI_COMM_WORLD, &rank))
        return tern_fail(TERN_EMPI, NULL, "MPI does not answer after its initialisation");
    tern_log_rank(rank);
    if (provided != NULL)
        *provided = level;
    return tern_comm_wrap(MPI_COMM_WORLD, &world.comm);
}

int tern_init(int *argc, char ***argv)
{
    return tern_init_thread(argc, argv, MPI_THREAD_FUNNELED, NULL);
}

int tern_finalize(void)
{
    int finalized = 0;

    if (world.comm == NULL || MPI_Finalized(&finalized) || finalized)
        return tern_fail(TERN_EINVAL, NULL,
                         "tern_finalize() without tern_init(), or after MPI_Finalize()");
    tern_comm_free(world.comm);
    world.comm = NULL;
    tern__detach_buffer();
    tern_pool_trim();
    if (world.owns_mpi && MPI_Finalize())
        return tern_fail(TERN_EMPI, NULL, "MPI_Finalize failed");
    return TERN_OK;
}

tern_comm *tern_world(void)
{
    return world.comm;
}

MPI_Comm tern_comm_raw(const tern_comm *c)
{
    return c->mpi;
}

MPI_Comm tern_comm_node(const tern_comm *c)
{
    return c->node;
}

int tern_rank(const tern_comm *c)
{
    return c->rank;
}

int tern_size(const tern_comm *c)
{
    return c->size;
}
