/* SPDX-License-Identifier: BSD-3-Clause */
/* Sparse exchange by non-blocking consensus: send synchronously, receive whatever comes, and when
 * all own sends are matched, enter a non-blocking collective.  It completes only after all ranks
 * have entered, and then every message has been taken.  A rank can be one call ahead of another,
 * never two; so the number of the call, modulo SPARSE_TAGS, in the tag keeps the calls apart.  A
 * rank that has no memory for what comes goes on and drops it; a last agreement tells all ranks. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "coll/coll_private.h"

enum { ALIGN = 16 };

struct arrival {
    int rank;
    size_t order;     /* of arrival */
    size_t at, bytes; /* in `data` */
};

struct round {
    struct coll *coll;
    tern_comm *c; /* coll->own */
    int tag;
    const char *where;
    const tern_parcel *send;
    size_t n;
    tern_req *sent; /* [n] */
    size_t sends;   /* begun */
    char *data;     /* of all arrivals */
    size_t bytes, room;
    struct arrival *arrival;
    size_t arrivals, arrival_room;
    MPI_Status found; /* the message that look() saw */
    MPI_Request consensus;
    bool entered;
    int error; /* that the other ranks are to learn: the exchange goes on for them */
};

/* ---- Receiving ------------------------------------------------------------------------------ */

static int no_memory(const struct round *r, size_t bytes)
{
    return tern_fail(TERN_ENOMEM, r->where, "sparse: no memory for a message of %zu bytes", bytes);
}

/* A place for a message; NULL if there is no memory. */
static char *place(struct round *r, int rank, size_t bytes)
{
    size_t padded = (bytes + ALIGN - 1) / ALIGN * ALIGN;

    if (r->arrivals == r->arrival_room) {
        size_t room = 2 * r->arrival_room + 8;
        struct arrival *more = realloc(r->arrival, room * sizeof(*more));
        if (more == NULL)
            return NULL;
        r->arrival = more;
        r->arrival_room = room;
    }
    if (r->data == NULL || r->bytes + padded > r->room) {
        size_t room = 2 * r->room + padded + 64;
        char *data = tern_alloc(room);
        if (data == NULL)
            return NULL;
        if (r->data != NULL)
            memcpy(data, r->data, r->bytes);
        tern_free(r->data);
        r->data = data;
        r->room = room;
    }
    r->arrival[r->arrivals] = (struct arrival){rank, r->arrivals, r->bytes, bytes};
    r->arrivals++;
    r->bytes += padded;
    return r->data + r->arrival[r->arrivals - 1].at;
}

static int receive(struct round *r)
{
    tern_status found = tern_status_of(&r->found);
    tern_req req;
    char *to = place(r, found.source, found.bytes);

    if (to == NULL) {
        r->error = no_memory(r, found.bytes);
        return tern__discard(r->c, found.source, r->tag, found.bytes, r->where);
    }
    int error =
        tern_irecv_at(r->c, to, found.bytes, MPI_BYTE, found.source, r->tag, &req, r->where);
    return error ? error : tern_wait_at(&req, NULL, TERN_FOREVER, r->where);
}

/* ---- Sending -------------------------------------------------------------------------------- */

static int validate(struct round *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const tern_parcel *s = &r->send[i];
        if (s->rank < 0 || s->rank >= tern_size(r->c))
            return tern_fail(TERN_EINVAL, r->where, "sparse: parcel %zu goes to rank %d of %d", i,
                             s->rank, tern_size(r->c));
        if (s->data == NULL && s->bytes > 0)
            return tern_fail(TERN_EINVAL, r->where, "sparse: parcel %zu is %zu bytes at NULL", i,
                             s->bytes);
    }
    r->sent = r->n > 0 ? malloc(r->n * sizeof(*r->sent)) : NULL;
    return r->n > 0 && r->sent == NULL ? no_memory(r, r->n * sizeof(*r->sent)) : TERN_OK;
}

static int send_one(struct round *r, size_t i)
{
    const tern_parcel *s = &r->send[i];

    r->sent[i] = TERN_REQ_NULL;
    if (s->rank != tern_rank(r->c)) {
        r->coll->stats.messages++;
        r->coll->stats.bytes += s->bytes;
        return tern_isend_mode(r->c, TERN_SYNCHRONOUS, s->data, s->bytes, MPI_BYTE, s->rank, r->tag,
                               &r->sent[i], r->where);
    }
    char *to = place(r, s->rank, s->bytes);
    if (to == NULL)
        r->error = no_memory(r, s->bytes);
    else if (s->bytes > 0)
        memcpy(to, s->data, s->bytes);
    return TERN_OK;
}

/* ---- Consensus ------------------------------------------------------------------------------ */

static int enter(struct round *r)
{
    int error = r->sends > 0 ? tern_testall(r->sends, r->sent, NULL) : TERN_OK;

    if (error)
        return error;
    r->entered = true;
    r->coll->stats.syncs++;
    if (MPI_Ibarrier(tern_comm_raw(r->c), &r->consensus))
        return tern_fail(TERN_EMPI, r->where, "sparse: barrier failed");
    return TERN_EAGAIN;
}

/* Whether a message is there (then found.MPI_SOURCE is its rank) or all is over (then it is not).
 */
static int look(void *state)
{
    struct round *r = state;
    int found = 0, over = 0;

    if (MPI_Iprobe(MPI_ANY_SOURCE, r->tag, tern_comm_raw(r->c), &found, &r->found))
        return tern_fail(TERN_EMPI, r->where, "sparse: probe failed");
    if (found)
        return TERN_OK;
    r->found.MPI_SOURCE = MPI_PROC_NULL;
    if (!r->entered)
        return enter(r);
    if (MPI_Test(&r->consensus, &over, MPI_STATUS_IGNORE))
        return tern_fail(TERN_EMPI, r->where, "sparse: barrier failed");
    return over ? TERN_OK : TERN_EAGAIN;
}

static int exchange(struct round *r)
{
    int error = TERN_OK;

    for (; r->sends < r->n && !r->error && !error; r->sends++)
        error = send_one(r, r->sends);
    while (!error) {
        error = tern_wait_for_at(r->c, look, r, "sparse", TERN_FOREVER, r->where);
        if (error || r->found.MPI_SOURCE == MPI_PROC_NULL)
            break;
        error = receive(r);
    }
    return error;
}

/* ---- Result --------------------------------------------------------------------------------- */

static int by_rank(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* The parcels in order, and behind them their data. */
static int hand_over(struct round *r, tern_parcel **received, size_t *received_n)
{
    size_t table = (r->arrivals * sizeof(tern_parcel) + ALIGN - 1) / ALIGN * ALIGN;

    if (r->arrivals == 0) {
        *received = NULL;
        *received_n = 0;
        return TERN_OK;
    }
    tern_parcel *out = tern_alloc(table + r->bytes);
    if (out == NULL)
        return no_memory(r, table + r->bytes);
    qsort(r->arrival, r->arrivals, sizeof(*r->arrival), by_rank);
    char *to = (char *)out + table;
    for (size_t i = 0; i < r->arrivals; i++) {
        const struct arrival *a = &r->arrival[i];
        memcpy(to, r->data + a->at, a->bytes);
        out[i] = (tern_parcel){a->rank, a->bytes, to};
        to += (a->bytes + ALIGN - 1) / ALIGN * ALIGN;
    }
    *received = out;
    *received_n = r->arrivals;
    return TERN_OK;
}

int tern_sparse_at(tern_comm *c, const tern_parcel *send, size_t n, tern_parcel **received,
                   size_t *received_n, const char *where)
{
    struct round r = {.send = send, .n = n, .where = where};
    tern_parcel *parcels = NULL;
    size_t n_parcels = 0;
    int error = tern__coll(c, &r.coll, where);

    if (error)
        return error;
    r.c = r.coll->own;
    r.tag = TAG_SPARSE + (int)(r.coll->round++ % SPARSE_TAGS);
    r.error = validate(&r);
    error = exchange(&r);
    if (!error && !r.error)
        r.error = hand_over(&r, &parcels, &n_parcels);
    if (!error)
        error = tern_agree_at(r.c, r.error, where);
    r.coll->stats.syncs++;
    if (!error) {
        *received = parcels;
        *received_n = n_parcels;
    } else {
        tern_free(parcels);
    }
    free(r.sent);
    free(r.arrival);
    tern_free(r.data);
    return error;
}
