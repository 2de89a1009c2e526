/* SPDX-License-Identifier: BSD-3-Clause */
/* Ranks and threads for a machine.  Threads of a rank share data, so they should share a cache and
 * a memory: cores are counted by the domain they lie in, and no rank straddles two. */
#include "config.h"

#include "topo/topo_hwloc.h"

#include <stdlib.h>
#include <string.h>

struct domain {
    hwloc_obj_t object;
    int cores; /* allowed ones */
};

static const struct level {
    hwloc_obj_type_t type;
    const char *name;
} LEVELS[] = {
    {HWLOC_OBJ_L3CACHE, "L3 cache"},
    {HWLOC_OBJ_NUMANODE, "NUMA node"},
    {HWLOC_OBJ_MACHINE, "machine"},
};
enum { LEVEL_COUNT = sizeof(LEVELS) / sizeof(LEVELS[0]) };

static hwloc_obj_t next_core(const tern_topo *t, hwloc_obj_t core)
{
    do
        core = hwloc_get_next_obj_by_type(t->hwloc, t->core_type, core);
    while (core != NULL && !tern__topo_allowed(t, core));
    return core;
}

static bool within(hwloc_obj_t core, hwloc_obj_t domain)
{
    return hwloc_bitmap_isincluded(core->cpuset, domain->cpuset) != 0;
}

static int cores_of(const tern_topo *t, hwloc_obj_t domain)
{
    int cores = 0;

    for (hwloc_obj_t core = NULL; (core = next_core(t, core)) != NULL;)
        cores += domain == NULL || within(core, domain);
    return cores;
}

/* Two memories of the same cores (HBM and DDR) are one domain: the first of them. */
static bool seen(const struct domain *domains, int n, hwloc_obj_t object)
{
    while (n-- > 0)
        if (hwloc_bitmap_isequal(domains[n].object->cpuset, object->cpuset))
            return true;
    return false;
}

/* The domains of a level that have allowed cores.  0 if not all of the machine's `cores` lie in
 * one, or without memory; `out` is to be freed in any case. */
static int list_domains(const tern_topo *t, hwloc_obj_type_t type, int cores, struct domain **out)
{
    int n = 0;

    *out = calloc((size_t)tern__topo_count(t, type) + 1, sizeof(**out));
    if (*out == NULL)
        return 0;
    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t->hwloc, type, o)) != NULL;) {
        struct domain domain = {o, cores_of(t, o)};
        if (domain.cores == 0 || seen(*out, n, o))
            continue;
        (*out)[n++] = domain;
        cores -= domain.cores;
    }
    return cores == 0 ? n : 0;
}

/* How many ranks of `threads` cores the domains hold. */
static int count_ranks(const struct domain *domains, int n, int threads)
{
    int ranks = 0;

    for (int i = 0; i < n; i++)
        ranks += domains[i].cores / threads;
    return ranks;
}

static void fill(tern_plan *plan, const struct domain *domains)
{
    for (int threads = 1; threads <= plan->cores; threads++) {
        int ranks = count_ranks(domains, plan->domains, threads);
        if (ranks * threads < plan->ranks * plan->threads)
            continue;
        plan->ranks = ranks;
        plan->threads = threads;
    }
}

/* A quota leaves fewer ranks, or one with fewer threads. */
static void obey_quota(tern_plan *plan, double quota)
{
    if (plan->threads < 1 || quota <= 0 || quota >= (double)plan->ranks * plan->threads)
        return;
    int cpus = quota < 1 ? 1 : (int)quota;
    if (plan->threads > cpus)
        plan->threads = cpus;
    plan->ranks = cpus / plan->threads;
}

void tern_topo_plan(const tern_topo *t, double quota, tern_plan *out)
{
    tern_plan plan = {.domain = "machine", .cores = cores_of(t, NULL)};

    for (int level = 0; level < LEVEL_COUNT; level++) {
        struct domain *domains;
        int n = list_domains(t, LEVELS[level].type, plan.cores, &domains);
        if (n > plan.domains) {
            plan.domains = n;
            plan.domain = LEVELS[level].name;
            plan.ranks = plan.threads = 0;
            fill(&plan, domains);
        }
        free(domains);
    }
    obey_quota(&plan, quota);
    *out = plan;
}

static hwloc_obj_type_t type_named(const char *name)
{
    int level = 0;

    while (level < LEVEL_COUNT - 1 && strcmp(LEVELS[level].name, name) != 0)
        level++;
    return LEVELS[level].type;
}

/* The domain of rank `*rank`, which becomes its number within that domain. */
static hwloc_obj_t domain_of(const struct domain *domains, int n, int threads, int *rank)
{
    for (int i = 0; i < n; i++) {
        int ranks = domains[i].cores / threads;
        if (*rank < ranks)
            return domains[i].object;
        *rank -= ranks;
    }
    return NULL;
}

static int first_allowed_cpu(const tern_topo *t, hwloc_obj_t core)
{
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(t->hwloc);
    int cpu = hwloc_bitmap_first(core->cpuset);

    while (!hwloc_bitmap_isset(allowed, (unsigned)cpu))
        cpu = hwloc_bitmap_next(core->cpuset, cpu);
    return cpu;
}

void tern_plan_cpus(const tern_topo *t, const tern_plan *plan, int rank, tern_cpuset *out)
{
    struct domain *domains;
    int n = list_domains(t, type_named(plan->domain), plan->cores, &domains), seat = rank,
        index = 0;
    hwloc_obj_t domain = NULL;

    *out = (tern_cpuset){0};
    if (rank >= 0 && rank < plan->ranks)
        domain = domain_of(domains, n, plan->threads, &seat);
    for (hwloc_obj_t core = NULL; domain != NULL && (core = next_core(t, core)) != NULL;) {
        if (!within(core, domain))
            continue;
        if (index >= seat * plan->threads && index < (seat + 1) * plan->threads)
            tern_cpuset_add(out, first_allowed_cpu(t, core));
        index++;
    }
    free(domains);
}
