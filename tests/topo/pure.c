/* SPDX-License-Identifier: BSD-3-Clause */
/* Pure functions of a topology: machines that hwloc's variables describe, and what follows from the
 * description by counting. */
#include "config.h"

#include "topo/tests.h"
#include "topo/topo.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Sets of CPUs ---- */

static void cpusets(void)
{
    static const int members[] = {0, 1, 2, 3, 8, 63, 64, 65, 8191};
    tern_cpuset set = {0};
    char text[64];

    CU_ASSERT_STRING_EQUAL(tern_cpuset_list(&set, text, sizeof(text)), "");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        tern_cpuset_add(&set, members[i]);
    tern_cpuset_add(&set, -1);
    tern_cpuset_add(&set, TERN_MOST_CPUS);
    CU_ASSERT_EQUAL(tern_cpuset_count(&set), 9);
    CU_ASSERT(tern_cpuset_has(&set, 63) && !tern_cpuset_has(&set, 62));
    CU_ASSERT(!tern_cpuset_has(&set, -1) && !tern_cpuset_has(&set, TERN_MOST_CPUS));
    CU_ASSERT_STRING_EQUAL(tern_cpuset_list(&set, text, sizeof(text)), "0-3,8,63-65,8191");
    CU_ASSERT_STRING_EQUAL(tern_cpuset_list(&set, text, 9), "0-3,8...");
    CU_ASSERT_STRING_EQUAL(tern_cpuset_list(&set, text, 4), "...");
}

/* ---- Machines that are only described ---- */

/* Load what one of hwloc's variables describes; NULL, with a failed assertion, if it cannot. */
static tern_topo *load(const char *variable, const char *value)
{
    tern_topo *t = NULL;

    setenv(variable, value, 1);
    CU_ASSERT_EQUAL(tern_topo_open(&t), TERN_OK);
    unsetenv(variable);
    return t;
}

/* The expected figures follow from the description by multiplication. */
static void big_machine(void)
{
    tern_topo *t = load("HWLOC_SYNTHETIC", "package:2 numa:4 l3:2(size=33554432) core:8 pu:2");
    tern_machine m;
    char text[200];

    tern_topo_machine(t, &m);
    CU_ASSERT(!m.real);
    CU_ASSERT_EQUAL(m.packages, 2);
    CU_ASSERT_EQUAL(m.numa_nodes, 8);
    CU_ASSERT_EQUAL(m.l3_caches, 16);
    CU_ASSERT_EQUAL(m.cores, 128);
    CU_ASSERT_EQUAL(m.cpus, 256);
    CU_ASSERT_EQUAL(m.allowed_cores, 128);
    CU_ASSERT_EQUAL(m.allowed_cpus, 256);
    CU_ASSERT_EQUAL(m.l3_bytes, (size_t)32 << 20);
    CU_ASSERT_EQUAL(m.l2_bytes, 0);
    CU_ASSERT_STRING_EQUAL(tern_machine_summary(&m, text, sizeof(text)),
                           "2 packages, 8 NUMA nodes, 16 L3 caches of 32 MiB, 128 cores, 256 CPUs");
    tern_topo_close(t);
    tern_topo_close(NULL);
}

static const struct plan_case {
    const char *machine;
    double quota;
    int ranks, threads;
    const char *domain;
} plan_cases[] = {
    {"package:2 numa:4 l3:2 core:8 pu:2", 0, 16, 8, "L3 cache"},    /* 16 L3 of 8 cores */
    {"package:2 numa:4 l3:1 core:8 pu:2", 0, 8, 8, "L3 cache"},     /* L3 = NUMA node */
    {"package:2 l3:1 numa:2 core:12 pu:2", 0, 4, 12, "NUMA node"},  /* sub-NUMA clusters */
    {"package:1 numa:1 core:64 pu:1", 0, 1, 64, "NUMA node"},       /* no L3 known */
    {"package:1 core:2 pu:1", 0, 1, 2, "NUMA node"},                /* hwloc adds a NUMA node */
    {"package:2 numa:1 l3:1 core:4 pu:4", 0, 2, 4, "L3 cache"},     /* four hyperthreads */
    {"package:2 numa:4 l3:2 core:8 pu:2", 20.5, 2, 8, "L3 cache"},  /* 20 CPUs: two caches */
    {"package:2 numa:4 l3:2 core:8 pu:2", 5.9, 1, 5, "L3 cache"},   /* less than one cache */
    {"package:2 numa:4 l3:2 core:8 pu:2", 0.5, 1, 1, "L3 cache"},   /* never less than one */
    {"package:2 numa:4 l3:2 core:8 pu:2", 1000, 16, 8, "L3 cache"}, /* more than there is */
    {"package:2 [numa] [numa] core:8 pu:2", 0, 2, 8, "NUMA node"},  /* fast and slow memory */
    {"pu:6", 0, 1, 6, "NUMA node"},                                 /* no cores: CPUs stand in */
};

static void plans(void)
{
    for (size_t i = 0; i < sizeof(plan_cases) / sizeof(plan_cases[0]); i++) {
        const struct plan_case *c = &plan_cases[i];
        tern_topo *t = load("HWLOC_SYNTHETIC", c->machine);
        tern_plan plan;
        tern_topo_plan(t, c->quota, &plan);
        CU_ASSERT_EQUAL(plan.ranks, c->ranks);
        CU_ASSERT_EQUAL(plan.threads, c->threads);
        CU_ASSERT_STRING_EQUAL(plan.domain, c->domain);
        tern_topo_close(t);
    }
}

/* Rank r of the big machine has cores 8r .. 8r+7, and of each the first hyperthread, which a
 * synthetic machine numbers 2 * core. */
static void plan_gives_each_core_once(void)
{
    tern_topo *t = load("HWLOC_SYNTHETIC", "package:2 numa:4 l3:2 core:8 pu:2");
    tern_plan plan;
    tern_cpuset cpus;

    tern_topo_plan(t, 0, &plan);
    for (int rank = 0; rank < plan.ranks; rank++) {
        tern_plan_cpus(t, &plan, rank, &cpus);
        CU_ASSERT_EQUAL(tern_cpuset_count(&cpus), 8);
        for (int core = 8 * rank; core < 8 * rank + 8; core++)
            CU_ASSERT(tern_cpuset_has(&cpus, 2 * core));
    }
    tern_plan_cpus(t, &plan, plan.ranks, &cpus);
    CU_ASSERT_EQUAL(tern_cpuset_count(&cpus), 0);
    tern_topo_close(t);
}

/* A recorded machine whose cgroup leaves cores 0-7, 8-15 and 16-18 of three L3 caches: 19 cores.
 * Only ranks of one thread use them all: 8 + 8 + 3. */
static void plan_of_uneven_cores(void)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/tests/topo/uneven.xml", getenv("top_srcdir"));
    tern_topo *t = load("HWLOC_XMLFILE", path);
    tern_machine m;
    tern_plan plan;
    tern_cpuset cpus;

    tern_topo_machine(t, &m);
    CU_ASSERT_EQUAL(m.cores, 32);
    CU_ASSERT_EQUAL(m.allowed_cores, 19);
    CU_ASSERT_EQUAL(m.allowed_cpus, 19);
    tern_topo_plan(t, 0, &plan);
    CU_ASSERT_EQUAL(plan.cores, 19);
    CU_ASSERT_EQUAL(plan.domains, 3);
    CU_ASSERT_EQUAL(plan.ranks, 19);
    CU_ASSERT_EQUAL(plan.threads, 1);
    tern_plan_cpus(t, &plan, 18, &cpus);
    CU_ASSERT(tern_cpuset_has(&cpus, 18) && tern_cpuset_count(&cpus) == 1);
    tern_topo_close(t);
}

/* ---- Threads in each other's way ---- */

/* Threads of a test: rank, then first and last CPU. */
struct seat {
    int rank, first, last;
};

static int find_crowds(const char *machine, enum tern_crowd_unit unit, const struct seat *seats,
                       int n, tern_crowd **crowds)
{
    tern_topo *t = load("HWLOC_SYNTHETIC", machine);
    tern_place *places = calloc((size_t)n, sizeof(*places));
    int count = -1;

    for (int i = 0; i < n; i++) {
        places[i].rank = seats[i].rank;
        for (int cpu = seats[i].first; cpu <= seats[i].last; cpu++)
            tern_cpuset_add(&places[i].cpus, cpu);
    }
    CU_ASSERT_EQUAL(tern_places_crowds(t, unit, places, n, crowds, &count), TERN_OK);
    free(places);
    tern_topo_close(t);
    return count;
}

static void check_crowd(const tern_crowd *crowd, const char *expected)
{
    char text[200];

    tern_crowd_text(crowd, TERN_CROWD_CPU, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void no_crowd(void)
{
    static const struct seat bound[] = {{0, 0, 0}, {1, 1, 1}, {2, 2, 2}, {3, 3, 3}};
    static const struct seat unbound[] = {{0, 0, 3}, {0, 0, 3}, {1, 0, 3}, {1, 0, 3}};
    /* each can have a CPU only if the first ones move aside for the last: 3, 2, 1, 0 */
    static const struct seat staircase[] = {{0, 0, 3}, {1, 0, 2}, {2, 0, 1}, {3, 0, 0}};
    static const struct seat elsewhere[] = {
        {0, 70, 71}, {1, 70, 70}, {2, 1, 0}}; /* not there, unknown */
    tern_crowd *crowds;

    CU_ASSERT_EQUAL(find_crowds("core:4 pu:1", TERN_CROWD_CPU, bound, 4, &crowds), 0);
    tern_free(crowds);
    CU_ASSERT_EQUAL(find_crowds("core:4 pu:1", TERN_CROWD_CPU, unbound, 4, &crowds), 0);
    tern_free(crowds);
    CU_ASSERT_EQUAL(find_crowds("core:4 pu:1", TERN_CROWD_CPU, staircase, 4, &crowds), 0);
    tern_free(crowds);
    CU_ASSERT_EQUAL(find_crowds("core:4 pu:1", TERN_CROWD_CPU, elsewhere, 3, &crowds), 0);
    tern_free(crowds);
}

static void crowds_are_named(void)
{
    /* ranks 0 and 2 on CPU 0; rank 1 has three threads on CPUs 2-3; rank 3 is free to go anywhere
     */
    static const struct seat seats[] = {{0, 0, 0}, {1, 2, 3}, {1, 2, 3},
                                        {1, 2, 3}, {2, 0, 0}, {3, 0, 7}};
    static const struct seat all_on_one[] = {{0, 5, 5}, {1, 5, 5}, {2, 5, 5}, {3, 5, 5}};
    tern_crowd *crowds;

    CU_ASSERT_EQUAL_FATAL(find_crowds("core:8 pu:1", TERN_CROWD_CPU, seats, 6, &crowds), 2);
    check_crowd(&crowds[0], "ranks 0,2: 2 threads share 1 CPU (CPU 0)");
    check_crowd(&crowds[1], "rank 1: 3 threads share 2 CPUs (CPUs 2-3)");
    tern_free(crowds);
    CU_ASSERT_EQUAL_FATAL(find_crowds("core:8 pu:1", TERN_CROWD_CPU, all_on_one, 4, &crowds), 1);
    check_crowd(&crowds[0], "ranks 0-3: 4 threads share 1 CPU (CPU 5)");
    tern_free(crowds);
}

static void hyperthreads_share_a_core(void)
{
    static const struct seat siblings[] = {{0, 0, 0}, {1, 1, 1}, {2, 2, 3}};
    tern_crowd *crowds;
    char text[200];

    CU_ASSERT_EQUAL(find_crowds("core:2 pu:2", TERN_CROWD_CPU, siblings, 3, &crowds), 0);
    tern_free(crowds);
    CU_ASSERT_EQUAL_FATAL(find_crowds("core:2 pu:2", TERN_CROWD_CORE, siblings, 3, &crowds), 1);
    tern_crowd_text(&crowds[0], TERN_CROWD_CORE, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, "ranks 0-1: 2 threads share 1 core (CPUs 0-1)");
    tern_free(crowds);
}

/* Whether a crowd is found is compared with counting: by Hall's theorem there is none exactly if no
 * set of threads has fewer CPUs than members.  256 sets of 8 threads on 6 CPUs, 300 times. */
static void crowds_agree_with_hall(void)
{
    enum { THREADS = 8, CPUS = 6, TRIALS = 300 };

    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        struct seat seats[THREADS];
        tern_crowd *crowds;
        bool crowded = false;
        int n = 1 + (int)(tern_random(7, trial, 100) % THREADS);
        for (int i = 0; i < n; i++) {
            int first = (int)(tern_random(7, trial, 2 * (uint64_t)i) % CPUS);
            int last =
                first
                + (int)(tern_random(7, trial, 2 * (uint64_t)i + 1) % (CPUS - (unsigned)first));
            seats[i] = (struct seat){i, first, last};
        }
        for (unsigned set = 1; set < 1U << n; set++) {
            unsigned reach = 0;
            for (int i = 0; i < n; i++)
                if (set >> i & 1)
                    for (int cpu = seats[i].first; cpu <= seats[i].last; cpu++)
                        reach |= 1U << cpu;
            crowded |= __builtin_popcount(reach) < __builtin_popcount(set);
        }
        int found = find_crowds("core:6 pu:1", TERN_CROWD_CPU, seats, n, &crowds);
        CU_ASSERT_EQUAL(found > 0, crowded);
        for (int i = 0; i < found; i++)
            CU_ASSERT(crowds[i].threads > crowds[i].places
                      && crowds[i].places == tern_cpuset_count(&crowds[i].cpus));
        tern_free(crowds);
    }
}

/* Cores 1 and 3 of four with two hyperthreads each (CPUs 2-3, 6-7) are left over. */
static void idle_cores(void)
{
    tern_topo *t = load("HWLOC_SYNTHETIC", "core:4 pu:2");
    tern_place places[2] = {{0}};
    tern_cpuset idle;
    char text[64];

    tern_cpuset_add(&places[0].cpus, 1);
    tern_cpuset_add(&places[1].cpus, 4);
    tern_cpuset_add(&places[1].cpus, 5);
    CU_ASSERT_EQUAL(tern_places_idle(t, places, 2, &idle), 2);
    CU_ASSERT_STRING_EQUAL(tern_cpuset_list(&idle, text, sizeof(text)), "2-3,6-7");
    tern_topo_close(t);
}

CU_TestInfo pure_tests[] = {
    {"cpusets", cpusets},
    {"big_machine", big_machine},
    {"plans", plans},
    {"plan_gives_each_core_once", plan_gives_each_core_once},
    {"plan_of_uneven_cores", plan_of_uneven_cores},
    {"no_crowd", no_crowd},
    {"crowds_are_named", crowds_are_named},
    {"hyperthreads_share_a_core", hyperthreads_share_a_core},
    {"crowds_agree_with_hall", crowds_agree_with_hall},
    {"idle_cores", idle_cores},
    CU_TEST_INFO_NULL,
};
