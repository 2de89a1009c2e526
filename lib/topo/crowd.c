/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads in each other's way.  Each thread is matched to a CPU (or core) of its own along
 * augmenting paths (Kuhn 1955).  A thread that is left over, and all that is reached in the search
 * for its place, are a group with more threads than CPUs (Hall 1935): a crowd.  Crowds that share a
 * CPU are one. */
#include "config.h"

#include "topo/topo_hwloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

struct match {
    const tern_place *places;
    int n;           /* threads */
    int cpus;        /* CPUs have numbers below this */
    int units;       /* CPUs or cores */
    int *unit_of;    /* of each CPU; NONE if the machine does not have it */
    int *owner;      /* of each unit: a thread */
    int *from;       /* the search: which thread reached each unit */
    int *unit_crowd; /* of each unit */
    int *held;       /* of each thread: its unit */
    int *queue;      /* threads that the search has reached */
    int *crowd;      /* of each thread */
    int queued;
};

/* Which unit each CPU belongs to: itself, or its core. */
static void number_units(struct match *m, const tern_topo *t, hwloc_obj_type_t type)
{
    int unit = 0;

    for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(t->hwloc, type, o)) != NULL; unit++)
        for (int cpu = -1; (cpu = hwloc_bitmap_next(o->cpuset, cpu)) != -1;)
            m->unit_of[cpu] = unit;
}

/* Everything NONE.  One block holds all arrays. */
static int prepare(struct match *m, const tern_topo *t, enum tern_crowd_unit unit)
{
    hwloc_obj_type_t type = unit == TERN_CROWD_CORE ? t->core_type : HWLOC_OBJ_PU;

    m->cpus = hwloc_bitmap_last(hwloc_topology_get_topology_cpuset(t->hwloc)) + 1;
    m->units = tern__topo_count(t, type);
    size_t words = (size_t)m->cpus + 3 * (size_t)m->units + 3 * (size_t)m->n;
    m->unit_of = tern_alloc(words * sizeof(int));
    if (m->unit_of == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory to check the binding of %d threads", m->n);
    for (size_t i = 0; i < words; i++)
        m->unit_of[i] = NONE;
    m->owner = m->unit_of + m->cpus;
    m->from = m->owner + m->units;
    m->unit_crowd = m->from + m->units;
    m->held = m->unit_crowd + m->units;
    m->queue = m->held + m->n;
    m->crowd = m->queue + m->n;
    number_units(m, t, type);
    return TERN_OK;
}

/* Give `unit` to the thread that reached it, that thread's old unit to the one that reached that,
 * and so on to the root, which had none. */
static void augment(struct match *m, int unit)
{
    while (unit != NONE) {
        int thread = m->from[unit], old = m->held[thread];
        m->owner[unit] = thread;
        m->held[thread] = unit;
        unit = old;
    }
}

/* Find a unit for thread `root`, by breadth-first search.  If there is none, `queue` and `from`
 * hold all threads and units that were reached. */
static bool place(struct match *m, int root)
{
    for (int unit = 0; unit < m->units; unit++)
        m->from[unit] = NONE;
    m->queued = 0;
    m->queue[m->queued++] = root;
    for (int head = 0; head < m->queued; head++) {
        int thread = m->queue[head];
        for (int cpu = 0; cpu < m->cpus; cpu++) {
            int unit = m->unit_of[cpu];
            if (unit == NONE || m->from[unit] != NONE
                || !tern_cpuset_has(&m->places[thread].cpus, cpu))
                continue;
            m->from[unit] = thread;
            if (m->owner[unit] == NONE) {
                augment(m, unit);
                return true;
            }
            m->queue[m->queued++] = m->owner[unit];
        }
    }
    return false;
}

static void rename_crowd(struct match *m, int from, int to)
{
    for (int i = 0; i < m->n; i++)
        if (m->crowd[i] == from)
            m->crowd[i] = to;
    for (int unit = 0; unit < m->units; unit++)
        if (m->unit_crowd[unit] == from)
            m->unit_crowd[unit] = to;
}

/* What the search for `root` has reached becomes one crowd, with those it meets. */
static void join_crowd(struct match *m, int root)
{
    for (int unit = 0; unit < m->units; unit++)
        if (m->from[unit] != NONE && m->unit_crowd[unit] != NONE)
            rename_crowd(m, m->unit_crowd[unit], root);
    for (int unit = 0; unit < m->units; unit++)
        if (m->from[unit] != NONE)
            m->unit_crowd[unit] = root;
    for (int i = 0; i < m->queued; i++)
        m->crowd[m->queue[i]] = root;
}

/* Threads of which nothing is known, and those on CPUs that the machine does not have, are no
 * crowd. */
static bool known(const struct match *m, int thread)
{
    for (int cpu = 0; cpu < m->cpus; cpu++)
        if (m->unit_of[cpu] != NONE && tern_cpuset_has(&m->places[thread].cpus, cpu))
            return true;
    return false;
}

static void match_all(struct match *m)
{
    for (int i = 0; i < m->n; i++)
        if (known(m, i))
            place(m, i);
    for (int i = 0; i < m->n; i++) /* again, now that nothing moves any more */
        if (m->held[i] == NONE && known(m, i) && !place(m, i))
            join_crowd(m, i);
}

static tern_crowd describe(const struct match *m, int id)
{
    tern_crowd crowd = {0};

    for (int i = 0; i < m->n; i++) {
        if (m->crowd[i] != id)
            continue;
        crowd.threads++;
        tern_cpuset_add(&crowd.which, m->places[i].rank);
    }
    crowd.ranks = tern_cpuset_count(&crowd.which);
    for (int unit = 0; unit < m->units; unit++)
        crowd.places += m->unit_crowd[unit] == id;
    for (int cpu = 0; cpu < m->cpus; cpu++)
        if (m->unit_of[cpu] != NONE && m->unit_crowd[m->unit_of[cpu]] == id)
            tern_cpuset_add(&crowd.cpus, cpu);
    return crowd;
}

/* In the order of their first threads. */
static int collect(struct match *m, tern_crowd **crowds, int *n)
{
    int count = 0;

    for (int i = 0; i < m->n; i++)
        count += m->crowd[i] == i; /* a crowd is named by a thread of its own */
    *crowds = tern_alloc((size_t)count * sizeof(**crowds));
    if (*crowds == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %d groups of threads", count);
    *n = 0;
    for (int i = 0; i < m->n; i++) {
        int id = m->crowd[i];
        if (id == NONE)
            continue;
        (*crowds)[(*n)++] = describe(m, id);
        rename_crowd(m, id, NONE);
    }
    return TERN_OK;
}

int tern_places_crowds(const tern_topo *t, enum tern_crowd_unit unit, const tern_place *places,
                       int places_n, tern_crowd **crowds, int *n)
{
    struct match m = {.places = places, .n = places_n};
    int error = prepare(&m, t, unit);

    if (!error) {
        match_all(&m);
        error = collect(&m, crowds, n);
    }
    tern_free(m.unit_of);
    return error;
}

char *tern_crowd_text(const tern_crowd *crowd, enum tern_crowd_unit unit, char *text, size_t bytes)
{
    const char *noun = unit == TERN_CROWD_CORE ? "core" : "CPU";
    char ranks[128], cpus[128];

    tern_cpuset_list(&crowd->which, ranks, sizeof(ranks));
    tern_cpuset_list(&crowd->cpus, cpus, sizeof(cpus));
    snprintf(text, bytes, "rank%s %s: %d threads share %d %s%s (CPU%s %s)",
             crowd->ranks == 1 ? "" : "s", ranks, crowd->threads, crowd->places, noun,
             crowd->places == 1 ? "" : "s", tern_cpuset_count(&crowd->cpus) == 1 ? "" : "s", cpus);
    return text;
}

int tern_places_idle(const tern_topo *t, const tern_place *places, int places_n, tern_cpuset *cpus)
{
    int cores = 0;

    *cpus = (tern_cpuset){0};
    for (hwloc_obj_t o = NULL;
         (o = hwloc_get_next_obj_by_type(t->hwloc, t->core_type, o)) != NULL;) {
        bool used = false;
        for (int cpu = -1; (cpu = hwloc_bitmap_next(o->cpuset, cpu)) != -1;)
            for (int i = 0; i < places_n && !used; i++)
                used = tern_cpuset_has(&places[i].cpus, cpu);
        if (used || !tern__topo_allowed(t, o))
            continue;
        cores++;
        for (int cpu = -1; (cpu = hwloc_bitmap_next(o->cpuset, cpu)) != -1;)
            tern_cpuset_add(cpus, cpu);
    }
    return cores;
}
