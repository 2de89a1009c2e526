/* SPDX-License-Identifier: BSD-3-Clause */
/* The --json report: what ran, how long, and all of the machine that a figure depends on. */
#include "config.h"

#include "prog/prog_private.h"
#include "topo/topo.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* What each rank tells of itself. */
struct rank_record {
    char host[64];
    char cpus[128]; /* "0-3,8": where it may run */
    int32_t threads;
};

static void put_date(tern_json *j)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL
        && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
        tern_json_text(j, "date", text);
}

static void put_system(tern_json *j)
{
    char text[256];
    struct utsname system;

    if (uname(&system) != 0)
        return;
    snprintf(text, sizeof(text), "%s %s %s", system.sysname, system.release, system.machine);
    tern_json_text(j, "host", system.nodename);
    tern_json_text(j, "system", text);
}

static void put_mpi(tern_json *j)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;

    if (MPI_Get_library_version(text, &length) != MPI_SUCCESS)
        return;
    text[strcspn(text, "\n")] = '\0'; /* MPICH goes on with how it was built */
    tern_json_text(j, "mpi", text);
}

static void put_compiler(tern_json *j)
{
#if defined(__clang__)
    tern_json_text(j, "compiler", __VERSION__);
#elif defined(__GNUC__)
    tern_json_text(j, "compiler", "GCC " __VERSION__);
#endif
}

static void put_machine(tern_json *j)
{
    tern_topo *t;
    tern_machine m;
    char text[256];

    if (tern_topo_open(&t) != TERN_OK)
        return;
    tern_topo_machine(t, &m);
    tern_topo_close(t);
    tern_json_text(j, "cpu", m.cpu_model);
    tern_json_text(j, "topology", tern_machine_summary(&m, text, sizeof(text)));
    tern_json_count(j, "memory_bytes", (int64_t)m.memory_bytes);
    tern_json_real(j, "cpu_quota", tern_cpu_quota());
}

/* The TERN_* variables that are set, and OpenMP's, which bind threads. */
static void put_variables(tern_json *j)
{
    static const char *openmp[] = {"OMP_NUM_THREADS", "OMP_PLACES", "OMP_PROC_BIND"};

    tern_json_object(j, "variables");
    for (const tern_env_entry *e = tern_env_table(); e->name != NULL; e++)
        if (getenv(e->name) != NULL)
            tern_json_text(j, e->name, getenv(e->name));
    for (size_t i = 0; i < sizeof(openmp) / sizeof(openmp[0]); i++)
        if (getenv(openmp[i]) != NULL)
            tern_json_text(j, openmp[i], getenv(openmp[i]));
    tern_json_end(j);
}

static void put_ranks(tern_json *j, const struct rank_record *all, int size)
{
    tern_json_array(j, "bindings");
    for (int r = 0; r < size; r++) {
        tern_json_object(j, NULL);
        tern_json_count(j, "rank", r);
        tern_json_text(j, "host", all[r].host);
        tern_json_text(j, "cpus", all[r].cpus);
        tern_json_count(j, "threads", all[r].threads);
        tern_json_end(j);
    }
    tern_json_end(j);
}

/* All ranks' records on all ranks: some 200 bytes each. */
static int gather_ranks(struct rank_record *all)
{
    struct rank_record mine = {.threads = omp_get_max_threads()};
    tern_cpuset cpus;

    if (gethostname(mine.host, sizeof(mine.host) - 1) != 0)
        mine.host[0] = '\0';
    tern_affinity(&cpus);
    tern_cpuset_list(&cpus, mine.cpus, sizeof(mine.cpus));
    return tern_allgather(tern__prog.world, &mine, all, sizeof(mine), MPI_BYTE);
}

static int count_nodes(int *nodes)
{
    int node_rank;

    MPI_Comm_rank(tern_comm_node(tern__prog.world), &node_rank);
    int leads = node_rank == 0;
    return tern_allreduce(tern__prog.world, &leads, nodes, 1, MPI_INT, MPI_SUM);
}

static void put_program(tern_json *j)
{
    const char *version;

    tern_version(&version);
    tern_json_text(j, "program", tern__prog.spec->name);
    tern_json_text(j, "version", version);
    tern_json_text(j, "command", tern__prog.command);
    tern_json_count(j, "ranks", tern_size(tern__prog.world));
    tern_json_count(j, "threads", omp_get_max_threads());
}

static void put_environment(tern_json *j, const struct rank_record *ranks, int nodes)
{
    tern_json_object(j, "environment");
    put_date(j);
    put_system(j);
    tern_json_count(j, "nodes", nodes);
    put_mpi(j);
    put_compiler(j);
    put_machine(j);
    put_variables(j);
    put_ranks(j, ranks, tern_size(tern__prog.world));
    tern_json_end(j);
}

void tern__report_begin(void)
{
    int nodes = 0;

    if (tern__prog.json == NULL)
        return;
    struct rank_record *ranks = tern_alloc((size_t)tern_size(tern__prog.world) * sizeof(*ranks));
    int error = tern_agree(tern__prog.world, ranks != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = gather_ranks(ranks);
    if (!error)
        error = count_nodes(&nodes);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    if (tern__prog.rank == 0) {
        tern__prog.report = tern_json_new();
        put_program(tern__prog.report);
        put_environment(tern__prog.report, ranks, nodes);
    }
    tern_free(ranks);
}

void tern__report_end(enum tern_exit status)
{
    if (tern__prog.json == NULL)
        return;
    double mine = tern_prog_seconds(), seconds = mine;
    int error = tern_allreduce(tern__prog.world, &mine, &seconds, 1, MPI_DOUBLE, MPI_MAX);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    tern_json_count(tern__prog.report, "status", status);
    tern_json_real(tern__prog.report, "seconds", seconds);
    tern__phases_report();
}
