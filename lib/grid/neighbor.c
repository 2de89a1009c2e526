/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo mode neighbor: a neighbourhood collective over a graph of the ranks that exchange, one call
 * for each field (MPI 3.1, 7.7.5).  Edges between the same two ranks match in order. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

struct edges {
    int *ones; /* counts, and weights */
    MPI_Aint *at;
    MPI_Datatype *type;
};

struct neighbor {
    MPI_Comm graph;
    struct edges sends, recvs;
    MPI_Request *requests; /* of each field */
};

static int make_edges(const tern_halo *h, const struct parts *list, struct edges *e)
{
    struct frame origin = tern__halo_frame(h, 0); /* its strides: offsets need no address */
    char base = 0;

    origin.first = &base;
    e->ones = calloc(list->n + 1, sizeof(*e->ones));
    e->at = calloc(list->n + 1, sizeof(*e->at));
    e->type = calloc(list->n + 1, sizeof(MPI_Datatype));
    if (e->ones == NULL || e->at == NULL || e->type == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu neighbours", list->n);
    for (size_t i = 0; i < list->n; i++) {
        const int64_t *start = list->of[i].box.start;
        e->ones[i] = 1;
        e->at[i] = (MPI_Aint)(start[0] * (int64_t)h->element + start[1] * origin.row
                              + start[2] * origin.plane);
        e->type[i] = list->of[i].type;
    }
    return TERN_OK;
}

static int *peers_of(const struct parts *list)
{
    int *peers = calloc(list->n + 1, sizeof(*peers));

    for (size_t i = 0; i < list->n && peers != NULL; i++)
        peers[i] = list->of[i].peer;
    return peers;
}

static int make_graph(const tern_halo *h, struct neighbor *n)
{
    int *from = peers_of(&h->recvs), *to = peers_of(&h->sends), error = TERN_OK;

    if (from == NULL || to == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for the neighbours");
    error = tern_agree(h->comm, error);
    if (error >= 0
        && MPI_Dist_graph_create_adjacent(tern_comm_raw(h->comm), (int)h->recvs.n, from,
                                          n->recvs.ones, (int)h->sends.n, to, n->sends.ones,
                                          MPI_INFO_NULL, 0, &n->graph)
               != MPI_SUCCESS)
        error = tern_fail(TERN_EMPI, NULL, "MPI_Dist_graph_create_adjacent failed");
    free(from);
    free(to);
    return error;
}

int tern__halo_open_neighbor(tern_halo *h)
{
    struct neighbor *n = calloc(1, sizeof(*n));
    int error = TERN_OK;

    h->state = n;
    if (n != NULL) {
        n->graph = MPI_COMM_NULL;
        n->requests = calloc(h->rounds, sizeof(MPI_Request));
    }
    if (n == NULL || n->requests == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for a halo mode");
    else
        error = make_edges(h, &h->sends, &n->sends);
    if (error >= 0 && n != NULL)
        error = make_edges(h, &h->recvs, &n->recvs);
    error = tern_agree(h->comm, error);
    return error >= 0 && n != NULL ? make_graph(h, n) : error;
}

int tern__halo_start_neighbor(tern_halo *h)
{
    struct neighbor *n = h->state;

    for (size_t f = 0; f < h->rounds; f++) {
        void *first = h->first[f];
        if (MPI_Ineighbor_alltoallw(first, n->sends.ones, n->sends.at, n->sends.type, first,
                                    n->recvs.ones, n->recvs.at, n->recvs.type, n->graph,
                                    &n->requests[f])
            != MPI_SUCCESS)
            return tern_fail(TERN_EMPI, NULL, "MPI_Ineighbor_alltoallw failed");
    }
    return TERN_OK;
}

int tern__halo_finish_neighbor(tern_halo *h)
{
    struct neighbor *n = h->state;
    int error = TERN_OK;

    for (size_t f = 0; f < h->rounds && error >= 0; f++)
        error = tern_wait_mpi(h->comm, &n->requests[f], "ineighbor_alltoallw", TERN_FOREVER);
    return error;
}

static void free_edges(struct edges *e)
{
    free(e->ones);
    free(e->at);
    free(e->type);
}

void tern__halo_close_neighbor(tern_halo *h)
{
    struct neighbor *n = h->state;

    if (n == NULL)
        return;
    if (n->graph != MPI_COMM_NULL)
        MPI_Comm_free(&n->graph);
    free_edges(&n->sends);
    free_edges(&n->recvs);
    free(n->requests);
    free(n);
}
