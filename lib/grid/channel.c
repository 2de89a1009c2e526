/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo mode channel: two of the library's channels for each pair of neighbours, one each way, on a
 * communicator of their own.  All ranks meet their neighbours in ascending order of rank, so that
 * of those who wait for each other the lowest always comes through. */
#include "config.h"

#include "chan/chan.h"
#include "grid/halo.h"

#include <stdlib.h>

struct link {
    int peer;
    MPI_Comm pair;
    tern_comm *comm;
    tern_chan *out, *in;
};

struct channels {
    size_t n;
    struct link *of;       /* ascending */
    tern_chan **out, **in; /* of each part */
};

static int by_peer(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    return (x->peer > y->peer) - (x->peer < y->peer);
}

/* A rank receives from those that it sends to: the ghost cells are as wide everywhere. */
static void list_peers(const tern_halo *h, struct channels *c)
{
    for (size_t i = 0; i < h->sends.n; i++) {
        size_t seen = 0;
        while (seen < c->n && c->of[seen].peer != h->sends.of[i].peer)
            seen++;
        c->of[seen] = (struct link){.peer = h->sends.of[i].peer, .pair = MPI_COMM_NULL};
        c->n += seen == c->n;
    }
    qsort(c->of, c->n, sizeof(*c->of), by_peer);
}

/* Room for two exchanges: a neighbour may be one ahead. */
static tern_chan_spec channel_to(const tern_halo *h, const struct parts *list, int peer)
{
    tern_chan_spec spec = {.item = TERN_VARIABLE, .name = "halo"};

    for (size_t i = 0; i < list->n; i++) {
        const struct part *p = &list->of[i];
        if (p->peer != peer)
            continue;
        spec.capacity += 2;
        if (p->elements * h->element > spec.most)
            spec.most = p->elements * h->element;
    }
    return spec;
}

static int open_link(const tern_halo *h, struct link *l)
{
    int ranks[2] = {tern_rank(h->comm), l->peer}, low = ranks[0] < l->peer;
    tern_chan_spec out = channel_to(h, &h->sends, l->peer);
    tern_chan_spec in = channel_to(h, &h->recvs, l->peer);
    MPI_Group all, two;

    if (!low) {
        ranks[0] = l->peer;
        ranks[1] = tern_rank(h->comm);
    }
    out.role = TERN_SENDER;
    in.role = TERN_RECEIVER;
    MPI_Comm_group(tern_comm_raw(h->comm), &all);
    MPI_Group_incl(all, 2, ranks, &two);
    int rc = MPI_Comm_create_group(tern_comm_raw(h->comm), two, 0, &l->pair);
    MPI_Group_free(&two);
    MPI_Group_free(&all);
    if (rc != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Comm_create_group failed");
    int error = tern_comm_wrap(l->pair, &l->comm);
    if (error >= 0)
        error = tern_chan_open(l->comm, low ? &out : &in, low ? &l->out : &l->in);
    if (error >= 0)
        error = tern_chan_open(l->comm, low ? &in : &out, low ? &l->in : &l->out);
    return error;
}

static const struct link *link_to(const struct channels *c, int peer)
{
    struct link key = {.peer = peer};

    return bsearch(&key, c->of, c->n, sizeof(key), by_peer);
}

int tern__halo_open_channel(tern_halo *h)
{
    struct channels *c = calloc(1, sizeof(*c));
    int error = TERN_OK;

    h->state = c;
    if (c != NULL) {
        c->of = calloc(h->sends.n + 1, sizeof(*c->of));
        c->out = calloc(h->sends.n + 1, sizeof(tern_chan *));
        c->in = calloc(h->recvs.n + 1, sizeof(tern_chan *));
    }
    if (c == NULL || c->of == NULL || c->out == NULL || c->in == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for %zu channels", h->sends.n);
    error = tern_agree(h->comm, error);
    if (error < 0 || c == NULL)
        return error;
    list_peers(h, c);
    for (size_t i = 0; i < c->n; i++) { /* also after a failure: the others wait for us */
        int failed = open_link(h, &c->of[i]);
        error = failed < 0 ? failed : error;
    }
    for (size_t i = 0; i < h->sends.n; i++)
        c->out[i] = link_to(c, h->sends.of[i].peer)->out;
    for (size_t i = 0; i < h->recvs.n; i++)
        c->in[i] = link_to(c, h->recvs.of[i].peer)->in;
    return error;
}

int tern__halo_start_channel(tern_halo *h)
{
    const struct channels *c = h->state;
    int error = TERN_OK;

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        tern__halo_pack(h, p, p->buffer);
        error = tern_chan_send_bytes(c->out[i], p->buffer, p->elements * h->element, TERN_FOREVER);
    }
    return error;
}

int tern__halo_finish_channel(tern_halo *h)
{
    const struct channels *c = h->state;
    int error = TERN_OK;

    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        size_t bytes = p->elements * h->element, got;
        error = tern_chan_recv_bytes(c->in[i], p->buffer, bytes, &got, TERN_FOREVER);
        if (error >= 0)
            tern__halo_unpack(h, p, p->buffer);
    }
    return error;
}

static void close_link(const tern_halo *h, struct link *l)
{
    bool low = tern_rank(h->comm) < l->peer;

    tern_chan_free(low ? l->out : l->in);
    tern_chan_free(low ? l->in : l->out);
    tern_comm_free(l->comm);
    if (l->pair != MPI_COMM_NULL)
        MPI_Comm_free(&l->pair);
}

void tern__halo_close_channel(tern_halo *h)
{
    struct channels *c = h->state;

    if (c == NULL)
        return;
    for (size_t i = 0; i < c->n; i++)
        close_link(h, &c->of[i]);
    free(c->of);
    free(c->out);
    free(c->in);
    free(c);
}
