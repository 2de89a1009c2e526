/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings in an MPI shared window: each rank owns one for every rank of its node, of which that rank
 * fills and it empties.  Items are written in place and read in place; one counter each way moves
 * between the caches a chunk, not an item. */
#include "config.h"

#include <stdlib.h>

#include "coll/stream_private.h"

enum { CHUNK_BYTES = 65536, CHUNKS = 16 }; /* long: a rank may lose its core for a while */
static const size_t RANK_BYTES = (size_t)4
                                 << 20; /* for all rings of a rank, unless items are large */

/* ---- Memory --------------------------------------------------------------------------------- */

static struct ring *ring_at(void *block, const struct rings *r, int i)
{
    uintptr_t address = ((uintptr_t)block + LINE - 1) / LINE * LINE;

    /* MPI promises no alignment: Open MPI 4.1 gives an address 8 mod 64 */
    return (struct ring *)(address + (size_t)i * r->stride); // NOLINT(performance-no-int-to-ptr)
}

static void set_sizes(struct stream *s, size_t buffer)
{
    struct rings *r = &s->rings;
    size_t most = RANK_BYTES / (size_t)r->n / CHUNKS;

    if (buffer == 0)
        buffer = CHUNK_BYTES < most ? CHUNK_BYTES : most;
    r->chunk = buffer / s->open.item > 0 ? buffer / s->open.item : 1;
    r->capacity = r->chunk * CHUNKS;
    r->stride = (sizeof(struct ring) + r->capacity * s->open.item + LINE - 1) / LINE * LINE;
    s->stats.memory += r->stride * (size_t)r->n;
}

/* The ring memory of peer `i`. */
static void *memory_of(const struct rings *r, int i)
{
    MPI_Aint bytes;
    int unit;
    void *base = NULL;

    if (r->window == MPI_WIN_NULL)
        return r->alone;
    return MPI_Win_shared_query(r->window, i, &bytes, &unit, &base) ? NULL : base;
}

static int allocate(struct stream *s)
{
    struct rings *r = &s->rings;
    size_t bytes = r->stride * (size_t)r->n + LINE;
    void *base;

    if (r->n == 1) {
        r->alone = tern_alloc(bytes);
        return r->alone != NULL ? TERN_OK : TERN_ENOMEM;
    }
    if (MPI_Win_allocate_shared((MPI_Aint)bytes, 1, MPI_INFO_NULL, tern_comm_node(s->c), &base,
                                &r->window)
        || MPI_Win_lock_all(MPI_MODE_NOCHECK, r->window))
        return tern_fail(TERN_EMPI, TERN_HERE, "stream: no shared window of %zu bytes", bytes);
    return TERN_OK;
}

static int connect(struct stream *s)
{
    struct rings *r = &s->rings;

    for (int i = 0; i < r->n; i++) {
        void *theirs = memory_of(r, i), *mine = memory_of(r, r->me);
        if (theirs == NULL || mine == NULL)
            return tern_fail(TERN_EMPI, TERN_HERE, "stream: no address in the shared window");
        r->out[i].ring = ring_at(theirs, r, r->me);
        r->in[i].ring = ring_at(mine, r, i);
        atomic_store(&r->in[i].ring->head, 0);
        atomic_store(&r->in[i].ring->tail, 0);
    }
    return TERN_OK;
}

int tern__rings_open(struct stream *s, size_t buffer)
{
    struct rings *r = &s->rings;

    r->out = calloc((size_t)r->n, sizeof(*r->out));
    r->in = calloc((size_t)r->n, sizeof(*r->in));
    int error = TERN_OK;
    if (r->out == NULL || r->in == NULL)
        error = tern_fail(TERN_ENOMEM, TERN_HERE, "stream: no memory for %d rings", r->n);
    error = tern_agree(s->c, error);
    if (error)
        return error;
    set_sizes(s, buffer);
    error = tern_agree(s->c, allocate(s));
    return error ? error : tern_agree(s->c, connect(s)); /* nobody writes before all are cleared */
}

void tern__rings_close(struct stream *s)
{
    struct rings *r = &s->rings;

    if (r->window != MPI_WIN_NULL) {
        MPI_Win_unlock_all(r->window);
        MPI_Win_free(&r->window);
    }
    tern_free(r->alone);
    free(r->out);
    free(r->in);
    free(r->peer);
}

/* ---- Sending -------------------------------------------------------------------------------- */

void tern__stream_ring_publish(struct stream *s, int dest)
{
    struct ring_end *out = &s->rings.out[s->ring_of[dest]];
    uint64_t n = waiting(s, dest);

    if (n == 0)
        return;
    out->mine += n;
    atomic_store_explicit(&out->ring->head, out->mine, memory_order_release);
    s->base[dest] = s->open.lane[dest].next;
    s->sent[dest] += n;
    s->stats.pushed += n;
    s->stats.publishes++;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

int tern__stream_ring_room(struct stream *s, int dest)
{
    const struct rings *r = &s->rings;
    struct ring_end *out = &r->out[s->ring_of[dest]];

    tern__stream_ring_publish(s, dest);
    if (out->mine - out->theirs == r->capacity)
        out->theirs = atomic_load_explicit(&out->ring->tail, memory_order_acquire);
    uint64_t free_items = r->capacity - (out->mine - out->theirs), at = out->mine % r->capacity;
    if (free_items == 0)
        return TERN_EAGAIN;
    free_items = least(least(free_items, r->capacity - at), r->chunk - at % r->chunk);
    set_lane(s, dest, out->ring->data + at * s->open.item, free_items * s->open.item);
    return TERN_OK;
}

/* ---- Receiving ------------------------------------------------------------------------------ */

void tern__stream_ring_release(struct stream *s)
{
    struct ring_end *in = &s->rings.in[s->rings.now];
    uint64_t n = (uint64_t)(s->open.end - s->from) / s->open.item;

    in->mine += n;
    atomic_store_explicit(&in->ring->tail, in->mine, memory_order_release);
    s->stats.pulled += n;
}

/* The peers in turn, beginning after the last one. */
int tern__stream_ring_more(struct stream *s)
{
    struct rings *r = &s->rings;

    for (int k = 0; k < r->n; k++) {
        int i = r->now + 1 + k < r->n ? r->now + 1 + k : r->now + 1 + k - r->n;
        struct ring_end *in = &r->in[i];
        if (in->theirs == in->mine)
            in->theirs = atomic_load_explicit(&in->ring->head, memory_order_acquire);
        if (in->theirs == in->mine)
            continue;
        uint64_t at = in->mine % r->capacity;
        uint64_t n = least(least(in->theirs - in->mine, r->capacity - at), r->chunk);
        set_view(s, RING_VIEW, in->ring->data + at * s->open.item, n * s->open.item, r->peer[i]);
        r->now = i;
        return TERN_OK;
    }
    return TERN_EAGAIN;
}
