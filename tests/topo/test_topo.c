/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine is said to be is checked against what a test has made it: a binding set by
 * sched_setaffinity(), control groups written into a directory. */
#include "config.h"

#include "support/mpitap.h"
#include "topo/tests.h"
#include "topo/topo_private.h"

#include <math.h>
#include <mpi.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static MPI_Comm node;
static int node_rank, node_size;

static int open_node(void)
{
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &node_rank);
    return MPI_Comm_size(node, &node_size);
}

static int close_node(void)
{
    return MPI_Comm_free(&node);
}

/* ---- CPUs ---- */

static void node_cpus_are_the_union(void)
{
    cpu_set_t before, mine;
    int cpus = -1, used = 0, count = 0;

    CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof(before), &before), 0);
    CPU_ZERO(&mine); /* bind rank r to the r-th CPU, round about */
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &before) && used++ == node_rank % CPU_COUNT(&before))
            CPU_SET(cpu, &mine);
    CU_ASSERT_EQUAL(CPU_COUNT(&mine), 1);
    CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof(mine), &mine), 0);
    CU_ASSERT_EQUAL(tern_node_cpus(node, &cpus), TERN_OK);
    CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof(before), &before), 0);
    count = node_size < CPU_COUNT(&before) ? node_size : CPU_COUNT(&before);
    if (tern_cpu_quota() == 0)
        CU_ASSERT_EQUAL(cpus, count);
    CU_ASSERT(cpus >= 1 && cpus <= count);
}

static void put_file(const char *root, const char *path, const char *text)
{
    char full[512];

    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(full, sizeof(full), "%s%.*s", root, (int)(slash - path), path);
        mkdir(full, 0700);
    }
    snprintf(full, sizeof(full), "%s%s", root, path);
    FILE *out = fopen(full, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    fputs(text, out);
    fclose(out);
}

/* A directory that looks like / does; freed with remove_root(). */
static void make_root(char root[static 64])
{
    snprintf(root, 64, "/tmp/tern-topo-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
}

static void remove_root(const char *root)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    CU_ASSERT_EQUAL(system(command), 0); // NOLINT
}

static void quota_of_version_2(void)
{
    char root[64];

    make_root(root);
    CU_ASSERT_EQUAL(tern__cgroup_quota(root), 0); /* nothing there at all */
    put_file(root, "/proc/self/mounts",
             "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n");
    put_file(root, "/proc/self/cgroup", "0::/user.slice/job\n");
    put_file(root, "/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
    CU_ASSERT_EQUAL(tern__cgroup_quota(root), 0);
    put_file(root, "/sys/fs/cgroup/user.slice/job/cpu.max", "250000 100000\n");
    CU_ASSERT_DOUBLE_EQUAL(tern__cgroup_quota(root), 2.5, 1e-12);
    put_file(root, "/sys/fs/cgroup/user.slice/cpu.max", "75000 50000\n"); /* above and tighter */
    CU_ASSERT_DOUBLE_EQUAL(tern__cgroup_quota(root), 1.5, 1e-12);
    put_file(root, "/sys/fs/cgroup/cpu.max", "800000 100000\n");
    CU_ASSERT_DOUBLE_EQUAL(tern__cgroup_quota(root), 1.5, 1e-12);
    remove_root(root);
}

static void quota_of_version_1(void)
{
    char root[64];

    make_root(root);
    put_file(root, "/proc/self/mounts",
             "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
             "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n"
             "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
    put_file(root, "/proc/self/cgroup", "9:cpuset:/\n4:cpu,cpuacct:/docker/1f\n0::/\n");
    put_file(root, "/sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "-1\n");
    put_file(root, "/sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_period_us", "100000\n");
    CU_ASSERT_EQUAL(tern__cgroup_quota(root), 0);
    put_file(root, "/sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "50000\n");
    CU_ASSERT_DOUBLE_EQUAL(tern__cgroup_quota(root), 0.5, 1e-12);
    /* inside a container the path is that of the host, the files are those of the mount point */
    put_file(root, "/proc/self/cgroup", "4:cpu,cpuacct:/not/shown/here\n");
    put_file(root, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
    put_file(root, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    CU_ASSERT_DOUBLE_EQUAL(tern__cgroup_quota(root), 3, 1e-12);
    remove_root(root);
}

static void places_are_the_real_ones(void)
{
    tern_place *places = NULL;
    tern_cpuset mine;
    int n = -1, threads = omp_get_max_threads();

    CU_ASSERT_EQUAL_FATAL(tern_places(node, 100 + node_rank, &places, &n), TERN_OK);
    CU_ASSERT_EQUAL(n, node_rank == 0 ? node_size * threads : 0);
    tern_affinity(&mine);
    for (int i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(places[i].rank, 100 + i / threads);
        CU_ASSERT_EQUAL(places[i].thread, i % threads);
        CU_ASSERT(tern_cpuset_has(&places[i].cpus, places[i].cpu));
        if (i == 0)
            CU_ASSERT_EQUAL(memcmp(&places[i].cpus, &mine, sizeof(mine)), 0);
    }
    tern_free(places);
}

/* ---- The cache-line probe ---- */

static void bounce_is_told_to_all(void)
{
    tern_bounce *b = NULL;
    double seconds = -1, least, most;

    CU_ASSERT_EQUAL_FATAL(tern_bounce_open(node, &b), TERN_OK);
    for (int i = 0; i < 20; i++) { /* often enough to meet a rank that lags behind */
        CU_ASSERT_EQUAL_FATAL(tern_bounce_measure(b, &seconds), TERN_OK);
        if (node_size == 1) {
            CU_ASSERT(isnan(seconds));
            continue;
        }
        double mine = isnan(seconds) ? 0 : seconds;
        MPI_Allreduce(&mine, &least, 1, MPI_DOUBLE, MPI_MIN, node);
        MPI_Allreduce(&mine, &most, 1, MPI_DOUBLE, MPI_MAX, node);
        CU_ASSERT_EQUAL(least, most);
        CU_ASSERT(mine >= 0 && mine < 0.02); /* the limit of the whole measurement */
        CU_ASSERT(mine == 0 || mine > 1e-9); /* no signal crosses a chip in 1 ns */
    }
    tern_bounce_close(b);
    tern_bounce_close(NULL);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"node_cpus_are_the_union", node_cpus_are_the_union},
        {"quota_of_version_2", quota_of_version_2},
        {"quota_of_version_1", quota_of_version_1},
        {"places_are_the_real_ones", places_are_the_real_ones},
        {"bounce_is_told_to_all", bounce_is_told_to_all},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"topo", open_node, close_node, NULL, NULL, tests},
        {"described", NULL, NULL, NULL, NULL, pure_tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
