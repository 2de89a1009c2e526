/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedules of several hops.  A block travels as a parcel, a head and its bytes; in each hop a rank
 * packs for every peer one message of all parcels that go its way, and unpacks those that come:
 * what is for itself goes to its place, the rest travels on.  A rank without memory drops parcels
 * and goes on, so that no other waits for it; at the end all ranks learn of it. */
#include "config.h"

#include <string.h>

#include "base/assert.h"
#include "coll/coll_private.h"

struct head {
    int32_t source, dest;
    uint64_t bytes;
};

/* Parcels, one after the other; unaligned. */
struct bag {
    char *data;
    size_t bytes, room;
};

struct relay {
    struct exchange *x;
    struct bag staying; /* parcels that wait for a later hop */
    struct bag leaving; /* those of the hop under way, by peer */
    struct hop hop;
    int *slot;      /* [rank], its index in hop.to; -1: not a peer */
    size_t *part;   /* [slot], where a peer's parcels begin in `leaving`; one more */
    tern_req *sent; /* [slot] */
    size_t missing; /* bytes still to come */
    int error;      /* what went wrong with a block; the exchange goes on for the others ... */
    int lost;       /* ... who learn of parcels for which there was no memory */
};

/* Make room; false: there is none. */
static bool grow(struct relay *r, struct bag *bag, size_t more)
{
    size_t room = 2 * bag->room > bag->bytes + more ? 2 * bag->room : bag->bytes + more;

    if (bag->data != NULL && bag->bytes + more <= bag->room)
        return true;
    char *data = tern_alloc(room);
    if (data == NULL) {
        r->lost = tern_fail(TERN_ENOMEM, r->x->where, "alltoallv: no memory for blocks under way");
        return false;
    }
    if (bag->bytes > 0)
        memcpy(data, bag->data, bag->bytes);
    tern_free(bag->data);
    bag->data = data;
    bag->room = room;
    return true;
}

static void put(struct relay *r, struct bag *bag, const struct head *head, const void *bytes)
{
    if (!grow(r, bag, sizeof(*head) + head->bytes))
        return;
    memcpy(bag->data + bag->bytes, head, sizeof(*head));
    memcpy(bag->data + bag->bytes + sizeof(*head), bytes, head->bytes);
    bag->bytes += sizeof(*head) + head->bytes;
}

/* All that the rank has to send. */
static void pack(struct relay *r)
{
    const struct exchange *x = r->x;

    for (int i = 1; i < x->size; i++) {
        int dest = (x->rank + i) % x->size;
        struct head head = {x->rank, dest, x->out.count[dest] * x->width};
        if (head.bytes > 0)
            put(r, &r->staying, &head, block_of(x, &x->out, dest));
        r->missing += x->in.count[dest] * x->width;
    }
}

static void deliver(struct relay *r, const struct head *head, const char *bytes)
{
    const struct exchange *x = r->x;
    int error = tern__check_block(x, head->source, head->bytes);

    if (error) {
        r->error = error;
        return;
    }
    memcpy(block_of(x, &x->in, head->source), bytes, head->bytes);
    r->missing -= head->bytes;
}

/* Take a message apart. */
static void unpack(struct relay *r, const char *data, size_t bytes)
{
    struct head head;

    for (size_t at = 0; at < bytes; at += sizeof(head) + head.bytes) {
        memcpy(&head, data + at, sizeof(head));
        if (head.dest == r->x->rank)
            deliver(r, &head, data + at + sizeof(head));
        else
            put(r, &r->staying, &head, data + at + sizeof(head));
    }
}

/* The slot by which a parcel leaves in hop `i`, or -1. */
static int slot_of(const struct relay *r, const struct route *route, int i, int dest)
{
    int peer = route->next(r->x, route->state, i, dest);
    int slot = peer == r->x->rank ? -1 : r->slot[peer];

    TERN_ASSERT(slot < r->hop.to_n && (slot < 0 || r->hop.to[slot] == peer));
    return slot;
}

/* Move what leaves in hop `i` from one bag to the other, sorted by peer: counted, then copied. */
static void sort_parcels(struct relay *r, const struct route *route, int i)
{
    struct bag *s = &r->staying;
    struct head head;
    size_t kept = 0;

    memset(r->part, 0, ((size_t)r->hop.to_n + 2) * sizeof(*r->part));
    for (size_t at = 0; at < s->bytes; at += sizeof(head) + head.bytes) {
        memcpy(&head, s->data + at, sizeof(head));
        int slot = slot_of(r, route, i, head.dest);
        if (slot >= 0)
            r->part[slot + 2] += sizeof(head) + head.bytes;
    }
    for (int k = 0; k < r->hop.to_n; k++)
        r->part[k + 2] += r->part[k + 1];
    r->leaving.bytes = 0;
    if (!grow(r, &r->leaving, r->part[r->hop.to_n + 1])) { /* all are lost, and empty messages go */
        memset(r->part, 0, ((size_t)r->hop.to_n + 2) * sizeof(*r->part));
        s->bytes = 0;
    }
    for (size_t at = 0, size; at < s->bytes; at += size) {
        memcpy(&head, s->data + at, sizeof(head));
        size = sizeof(head) + head.bytes;
        int slot = slot_of(r, route, i, head.dest);
        if (slot >= 0) {
            memcpy(r->leaving.data + r->part[slot + 1], s->data + at, size);
            r->part[slot + 1] += size; /* ends as the beginning of the next */
        } else {
            memmove(s->data + kept, s->data + at, size);
            kept += size;
        }
    }
    s->bytes = kept;
}

static int send_all(struct relay *r)
{
    struct exchange *x = r->x;
    int error = TERN_OK;

    for (int k = 0; k < r->hop.to_n && !error; k++) {
        size_t bytes = r->part[k + 1] - r->part[k];
        x->coll->stats.messages++;
        x->coll->stats.bytes += bytes;
        error = tern_isend_mode(x->c, TERN_STANDARD, r->leaving.data + r->part[k], bytes, MPI_BYTE,
                                r->hop.to[k], TAG_ALLTOALL, &r->sent[k], x->where);
    }
    return error;
}

/* One message of unknown length; a plain probe is enough, for nobody else receives here. */
static int receive_from(struct relay *r, int source)
{
    struct exchange *x = r->x;
    tern_status status;
    tern_req req;
    int error = tern_probe_at(x->c, source, TAG_ALLTOALL, &status, TERN_FOREVER, x->where);

    if (error)
        return error;
    char *data = tern_alloc(status.bytes);
    if (data == NULL) {
        r->lost = TERN_ENOMEM;
        return tern__discard(x->c, source, TAG_ALLTOALL, status.bytes, x->where);
    }
    error = tern_irecv_at(x->c, data, status.bytes, MPI_BYTE, source, TAG_ALLTOALL, &req, x->where);
    if (!error)
        error = tern_wait_at(&req, NULL, TERN_FOREVER, x->where);
    if (!error)
        unpack(r, data, status.bytes);
    tern_free(data);
    return error;
}

static int travel(struct relay *r, const struct route *route, int i)
{
    struct hop *hop = &r->hop;

    route->peers(r->x, route->state, i, hop);
    for (int k = 0; k < hop->to_n; k++)
        r->slot[hop->to[k]] = k;
    sort_parcels(r, route, i);
    int error = send_all(r);
    for (int k = 0; k < hop->from_n && !error; k++)
        error = receive_from(r, hop->from[k]);
    return error ? error
                 : tern_waitall_at((size_t)hop->to_n, r->sent, NULL, TERN_FOREVER, r->x->where);
}

static int run(struct relay *r, const struct route *route)
{
    int error = TERN_OK;

    pack(r);
    r->error = tern__copy_own(r->x);
    for (int i = 0; i < route->hops && !error; i++)
        error = travel(r, route, i);
    if (!error)
        error = tern_agree_at(r->x->c, r->lost, r->x->where);
    r->x->coll->stats.syncs++;
    if (error || r->error)
        return error ? error : r->error;
    if (r->missing > 0)
        return tern_fail(TERN_EMISMATCH, r->x->where,
                         "alltoallv: %zu bytes that were expected did not come", r->missing);
    return TERN_OK;
}

int tern__relay(struct exchange *x, const struct route *route)
{
    size_t p = (size_t)x->size;
    struct relay r = {
        .x = x,
        .hop = {.to = tern__scratch(x, p * sizeof(int)), .from = tern__scratch(x, p * sizeof(int))},
        .slot = tern__scratch(x, p * sizeof(*r.slot)),
        .part = tern__scratch(x, (p + 2) * sizeof(*r.part)),
        .sent = tern__scratch(x, p * sizeof(*r.sent))};
    int error = run(&r, route);

    tern_free(r.staying.data);
    tern_free(r.leaving.data);
    return error;
}
