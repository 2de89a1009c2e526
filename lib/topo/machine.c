/* SPDX-License-Identifier: BSD-3-Clause */
/* hwloc's view of the machine, in numbers. */
#include "config.h"

#include "topo/topo_hwloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tern_topo_open(tern_topo **out)
{
    tern_topo *t = calloc(1, sizeof(*t));

    if (t == NULL || hwloc_topology_init(&t->hwloc) != 0)
        goto free_topo;
    /* CPUs that a cgroup forbids stay visible, and are counted apart */
    if (hwloc_topology_set_flags(t->hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0
        || hwloc_topology_load(t->hwloc) != 0)
        goto destroy_topology;
    t->core_type =
        hwloc_get_nbobjs_by_type(t->hwloc, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
    *out = t;
    return TERN_OK;

destroy_topology:
    hwloc_topology_destroy(t->hwloc);
free_topo:
    free(t);
    return tern_fail(TERN_ENOTSUP, NULL,
                     "hwloc cannot load the topology; check HWLOC_SYNTHETIC and HWLOC_XMLFILE");
}

void tern_topo_close(tern_topo *t)
{
    if (t == NULL)
        return;
    hwloc_topology_destroy(t->hwloc);
    free(t);
}

int tern__topo_count(const tern_topo *t, hwloc_obj_type_t type)
{
    int count = hwloc_get_nbobjs_by_type(t->hwloc, type);

    return count > 0 ? count : 0;
}

bool tern__topo_allowed(const tern_topo *t, hwloc_obj_t object)
{
    return hwloc_bitmap_intersects(object->cpuset, hwloc_topology_get_allowed_cpuset(t->hwloc))
           != 0;
}

static int count_allowed(const tern_topo *t, hwloc_obj_type_t type)
{
    int count = 0;

    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t->hwloc, type, o)) != NULL;)
        count += tern__topo_allowed(t, o);
    return count;
}

static size_t cache_bytes(const tern_topo *t, hwloc_obj_type_t type)
{
    hwloc_obj_t cache = hwloc_get_next_obj_by_type(t->hwloc, type, NULL);

    return cache != NULL ? (size_t)cache->attr->cache.size : 0;
}

/* Linux tells hwloc the model of each package, or of the whole machine. */
static const char *cpu_model(const tern_topo *t)
{
    hwloc_obj_t package = hwloc_get_next_obj_by_type(t->hwloc, HWLOC_OBJ_PACKAGE, NULL);
    const char *model = package != NULL ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;

    if (model == NULL)
        model = hwloc_obj_get_info_by_name(hwloc_get_root_obj(t->hwloc), "CPUModel");
    return model != NULL ? model : "";
}

void tern_topo_machine(const tern_topo *t, tern_machine *out)
{
    *out = (tern_machine){
        .real = hwloc_topology_is_thissystem(t->hwloc) != 0,
        .packages = tern__topo_count(t, HWLOC_OBJ_PACKAGE),
        .numa_nodes = tern__topo_count(t, HWLOC_OBJ_NUMANODE),
        .l3_caches = tern__topo_count(t, HWLOC_OBJ_L3CACHE),
        .l2_caches = tern__topo_count(t, HWLOC_OBJ_L2CACHE),
        .l1d_caches = tern__topo_count(t, HWLOC_OBJ_L1CACHE),
        .cores = tern__topo_count(t, t->core_type),
        .cpus = tern__topo_count(t, HWLOC_OBJ_PU),
        .allowed_cores = count_allowed(t, t->core_type),
        .allowed_cpus = count_allowed(t, HWLOC_OBJ_PU),
        .l1d_bytes = cache_bytes(t, HWLOC_OBJ_L1CACHE),
        .l2_bytes = cache_bytes(t, HWLOC_OBJ_L2CACHE),
        .l3_bytes = cache_bytes(t, HWLOC_OBJ_L3CACHE),
        .memory_bytes = (size_t)hwloc_get_root_obj(t->hwloc)->total_memory,
    };
    snprintf(out->cpu_model, sizeof(out->cpu_model), "%s", cpu_model(t));
}

/* "32 MiB" */
static const char *size_text(size_t bytes, char text[static 32])
{
    static const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    int unit = 0;

    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(text, 32, "%.3g %s", value, units[unit]);
    return text;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

char *tern_machine_summary(const tern_machine *m, char *text, size_t bytes)
{
    char l3[64] = "", size[32];

    if (m->l3_caches > 0)
        snprintf(l3, sizeof(l3), ", %d L3 cache%s of %s", m->l3_caches, plural(m->l3_caches),
                 size_text(m->l3_bytes, size));
    int n = snprintf(text, bytes, "%d package%s, %d NUMA node%s%s, %d core%s, %d CPU%s",
                     m->packages, plural(m->packages), m->numa_nodes, plural(m->numa_nodes), l3,
                     m->cores, plural(m->cores), m->cpus, plural(m->cpus));
    if (m->allowed_cpus < m->cpus && n >= 0 && (size_t)n < bytes)
        snprintf(text + n, bytes - (size_t)n, " (%d allowed)", m->allowed_cpus);
    return text;
}
