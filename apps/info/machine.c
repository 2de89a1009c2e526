/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine, and a plan for it. */
#include "config.h"

#include "info/info.h"

#include <stdio.h>

/* A quota is of this machine's cgroup: a described machine has none. */
static double quota_of(const tern_machine *m)
{
    return m->real ? tern_cpu_quota() : 0;
}

/* "  16 L3 caches of 32 MiB", indented by its level; nothing if there is none. */
static void print_level(int level, int count, const char *name, size_t bytes)
{
    static const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    int unit = 0;

    if (count == 0)
        return;
    for (; size >= 1024 && unit < 4; unit++)
        size /= 1024;
    printf("%*s%d %s%s", 2 + 2 * level, "", count, name, count == 1 ? "" : "s");
    if (bytes > 0)
        printf(" of %.3g %s", size, units[unit]);
    putchar('\n');
}

static void print_machine(const tern_machine *m)
{
    double quota = quota_of(m);

    printf("Topology%s\n", m->real ? "" : " (described by HWLOC_*, not this machine)");
    if (m->cpu_model[0] != '\0')
        printf("  %s\n", m->cpu_model);
    print_level(0, 1, "machine", m->memory_bytes);
    print_level(1, m->packages, "package", 0);
    print_level(2, m->numa_nodes, "NUMA node", 0);
    print_level(3, m->l3_caches, "L3 cache", m->l3_bytes);
    print_level(4, m->l2_caches, "L2 cache", m->l2_bytes);
    print_level(5, m->l1d_caches, "L1d cache", m->l1d_bytes);
    print_level(5, m->cores, "core", 0);
    print_level(6, m->cpus, "CPU", 0);
    if (m->allowed_cpus < m->cpus)
        printf("  allowed: %d cores, %d CPUs\n", m->allowed_cores, m->allowed_cpus);
    if (quota > 0)
        printf("  quota: %.3g CPUs, by the cgroup\n", quota);
}

void info_machine(const tern_topo *t)
{
    tern_json *j = tern_prog_report();
    tern_machine m;

    tern_topo_machine(t, &m);
    if (tern_prog_talks())
        print_machine(&m);
    tern_json_object(j, "machine");
    tern_json_bool(j, "real", m.real);
    tern_json_text(j, "cpu", m.cpu_model);
    tern_json_count(j, "packages", m.packages);
    tern_json_count(j, "numa_nodes", m.numa_nodes);
    tern_json_count(j, "l3_caches", m.l3_caches);
    tern_json_count(j, "cores", m.cores);
    tern_json_count(j, "cpus", m.cpus);
    tern_json_count(j, "allowed_cores", m.allowed_cores);
    tern_json_count(j, "allowed_cpus", m.allowed_cpus);
    tern_json_real(j, "cpu_quota", quota_of(&m));
    tern_json_count(j, "l1d_bytes", (int64_t)m.l1d_bytes);
    tern_json_count(j, "l2_bytes", (int64_t)m.l2_bytes);
    tern_json_count(j, "l3_bytes", (int64_t)m.l3_bytes);
    tern_json_count(j, "memory_bytes", (int64_t)m.memory_bytes);
    tern_json_end(j);
}

static void print_plan(const tern_topo *t, const tern_plan *plan)
{
    char list[256];
    tern_cpuset cpus;

    printf("Plan\n  %d rank%s x %d thread%s a node, no rank across two %ss\n", plan->ranks,
           plan->ranks == 1 ? "" : "s", plan->threads, plan->threads == 1 ? "" : "s", plan->domain);
    for (int rank = 0; rank < plan->ranks; rank++) {
        tern_plan_cpus(t, plan, rank, &cpus);
        printf("  rank %d: CPUs %s\n", rank, tern_cpuset_list(&cpus, list, sizeof(list)));
    }
}

void info_plan(const tern_topo *t)
{
    tern_json *j = tern_prog_report();
    tern_machine m;
    tern_plan plan;
    tern_cpuset cpus;
    char list[256];

    tern_topo_machine(t, &m);
    tern_topo_plan(t, quota_of(&m), &plan);
    if (tern_prog_talks())
        print_plan(t, &plan);
    tern_json_object(j, "plan");
    tern_json_count(j, "ranks", plan.ranks);
    tern_json_count(j, "threads", plan.threads);
    tern_json_text(j, "domain", plan.domain);
    tern_json_array(j, "cpus");
    for (int rank = 0; rank < plan.ranks; rank++) {
        tern_plan_cpus(t, &plan, rank, &cpus);
        tern_json_text(j, NULL, tern_cpuset_list(&cpus, list, sizeof(list)));
    }
    tern_json_end(j);
    tern_json_end(j);
}
