/* SPDX-License-Identifier: BSD-3-Clause */
/* Where ranks and threads are.  The first rank of each node asks and judges, with its own machine's
 * topology; rank 0 collects and prints. */
#include "config.h"

#include "info/info.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TAG = 1, LIST = 160 };

/* What the first rank of a node has found out. */
struct node {
    char host[64];
    int place_count, cpu_crowd_count, core_crowd_count;
    int idle_cores; /* allowed, but no thread may run there */
    tern_cpuset idle;
    tern_place *places;
    tern_crowd *cpu_crowds, *core_crowds;
};

static void free_node(struct node *n)
{
    tern_free(n->places);
    tern_free(n->cpu_crowds);
    tern_free(n->core_crowds);
}

/* Collective over the ranks of a node; `n` is filled on the first. */
static int inspect(tern_comm *c, const tern_topo *t, struct node *n)
{
    int error = tern_places(tern_comm_node(c), tern_rank(c), &n->places, &n->place_count);

    if (error || n->places == NULL)
        return error;
    if (gethostname(n->host, sizeof(n->host) - 1) != 0)
        n->host[0] = '\0';
    n->idle_cores = tern_places_idle(t, n->places, n->place_count, &n->idle);
    error = tern_places_crowds(t, TERN_CROWD_CPU, n->places, n->place_count, &n->cpu_crowds,
                               &n->cpu_crowd_count);
    if (!error && n->cpu_crowd_count == 0) /* who shares a CPU shares its core anyway */
        error = tern_places_crowds(t, TERN_CROWD_CORE, n->places, n->place_count, &n->core_crowds,
                                   &n->core_crowd_count);
    return error;
}

/* ---- From the first rank of each node to rank 0 ---- */

static int send_node(tern_comm *c, const struct node *n)
{
    int error = tern_send(c, n, sizeof(*n), MPI_BYTE, 0, TAG);

    if (!error)
        error =
            tern_send(c, n->places, (size_t)n->place_count * sizeof(*n->places), MPI_BYTE, 0, TAG);
    if (!error)
        error = tern_send(c, n->cpu_crowds, (size_t)n->cpu_crowd_count * sizeof(*n->cpu_crowds),
                          MPI_BYTE, 0, TAG);
    if (!error)
        error = tern_send(c, n->core_crowds, (size_t)n->core_crowd_count * sizeof(*n->core_crowds),
                          MPI_BYTE, 0, TAG);
    return error;
}

static int receive_array(tern_comm *c, int source, void **array)
{
    size_t bytes;

    *array = NULL;
    return tern_recv_alloc(c, array, &bytes, MPI_BYTE, source, TAG, NULL);
}

static int receive_node(tern_comm *c, int source, struct node *n)
{
    int error = tern_recv(c, n, sizeof(*n), MPI_BYTE, source, TAG, NULL);

    n->places = NULL; /* these were the sender's */
    n->cpu_crowds = n->core_crowds = NULL;
    if (!error)
        error = receive_array(c, source, (void **)&n->places);
    if (!error)
        error = receive_array(c, source, (void **)&n->cpu_crowds);
    if (!error)
        error = receive_array(c, source, (void **)&n->core_crowds);
    return error;
}

/* ---- On rank 0 ---- */

static void put_remark(tern_json *j, const char *kind, const char *text)
{
    if (tern_prog_talks())
        printf("  %s: %s\n", kind, text);
    tern_json_object(j, NULL);
    tern_json_text(j, "kind", kind);
    tern_json_text(j, "text", text);
    tern_json_end(j);
}

static void put_remarks(tern_json *j, const struct node *n)
{
    char text[512], list[LIST];

    tern_json_array(j, "remarks");
    for (int i = 0; i < n->cpu_crowd_count; i++)
        put_remark(j, "warning",
                   tern_crowd_text(&n->cpu_crowds[i], TERN_CROWD_CPU, text, sizeof(text)));
    for (int i = 0; i < n->core_crowd_count; i++)
        put_remark(j, "note",
                   tern_crowd_text(&n->core_crowds[i], TERN_CROWD_CORE, text, sizeof(text)));
    if (n->idle_cores > 0) {
        snprintf(text, sizeof(text), "%d core%s left idle (CPU%s %s)", n->idle_cores,
                 n->idle_cores == 1 ? " is" : "s are", tern_cpuset_count(&n->idle) == 1 ? "" : "s",
                 tern_cpuset_list(&n->idle, list, sizeof(list)));
        put_remark(j, "note", text);
    }
    tern_json_end(j);
}

static void put_threads(tern_json *j, const struct node *n)
{
    char list[LIST];

    tern_json_array(j, "threads");
    for (int i = 0; n->places != NULL && i < n->place_count; i++) {
        const tern_place *p = &n->places[i];
        tern_cpuset_list(&p->cpus, list, sizeof(list));
        if (tern_prog_talks())
            printf("  %s rank %d thread %d: CPU%s %s, now on %d\n", n->host, p->rank, p->thread,
                   tern_cpuset_count(&p->cpus) == 1 ? "" : "s", list, p->cpu);
        tern_json_object(j, NULL);
        tern_json_count(j, "rank", p->rank);
        tern_json_count(j, "thread", p->thread);
        tern_json_text(j, "cpus", list);
        tern_json_count(j, "now", p->cpu);
        tern_json_end(j);
    }
    tern_json_end(j);
}

static void put_node(tern_json *j, const struct node *n)
{
    tern_json_object(j, NULL);
    tern_json_text(j, "host", n->host);
    put_threads(j, n);
    put_remarks(j, n);
    tern_json_end(j);
}

/* Print rank 0's own node, then the others in the order of their first ranks. */
static int put_nodes(tern_comm *c, const struct node *own, const int *leads)
{
    int error = TERN_OK;

    if (tern_prog_talks())
        printf("Binding\n");
    tern_json_array(tern_prog_report(), "binding");
    put_node(tern_prog_report(), own);
    for (int rank = 1; rank < tern_size(c) && !error; rank++) {
        struct node n;
        if (!leads[rank])
            continue;
        error = receive_node(c, rank, &n);
        if (!error)
            put_node(tern_prog_report(), &n);
        free_node(&n);
    }
    tern_json_end(tern_prog_report());
    return error;
}

/* `leads` tells of each rank whether it is the first of its node. */
static int collect(tern_comm *c, const struct node *own, int *leads)
{
    int lead = own->places != NULL;
    int error = tern_allgather(c, &lead, leads, 1, MPI_INT);

    if (error)
        return error;
    if (tern_rank(c) == 0)
        return put_nodes(c, own, leads);
    return lead ? send_node(c, own) : TERN_OK;
}

int info_binding(tern_comm *c, const tern_topo *t)
{
    struct node own = {.host = ""};
    tern_machine m;

    tern_topo_machine(t, &m);
    if (!m.real) {
        if (tern_prog_talks())
            printf("Binding\n  not shown: HWLOC_* describes another machine\n");
        return TERN_OK;
    }
    int *leads = tern_alloc((size_t)tern_size(c) * sizeof(int));
    int error = tern_agree(c, leads != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = tern_agree(c, inspect(c, t, &own));
    if (!error)
        error = tern_agree(c, collect(c, &own, leads));
    free_node(&own);
    tern_free(leads);
    return error;
}
