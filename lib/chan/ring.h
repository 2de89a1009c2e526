/* SPDX-License-Identifier: BSD-3-Clause */
/* One sender, one receiver: a ring of cells in shared memory.  The word of a cell is the number of
 * items sent up to the last one in it, so an item and the news of it lie in one cache line and
 * cross in one go, and short items share a cell: seven of 8 bytes.  The receiver counts what it has
 * taken in a line of its own, at which the sender looks only when the ring seems full (the two
 * indices, each seen by the other side late, are Lamport's, 1983; that the receiver need not look
 * at the sender's is from FastForward, Giacomoni, Moseley and Vachharajani 2008). */
#ifndef TERN_CHAN_RING_H
#define TERN_CHAN_RING_H

#include "chan/chan_private.h"

enum { TERN__CLAIM = 8 }; /* cells: see tern__ring_claim() */

/* How items lie in the cells of a ring for so many; their width is known. */
void tern__ring_lay_out(struct tern__layout *l, size_t items, bool sizes);

/* One side, the sender's or the receiver's, of the ring that lies at `cells`. */
static inline struct tern__ring tern__ring_at(const tern_chan *ch,
                                              const struct tern__layout *layout, size_t capacity,
                                              _Atomic uint64_t *taken, unsigned char *cells)
{
    return (struct tern__ring){.layout = *layout,
                               .sizes = ch->item == TERN_VARIABLE,
                               .capacity = capacity,
                               .taken = taken,
                               .cells = cells,
                               .claimed = 1,
                               .at = {.cell = cells}};
}

/* Where the next item is put, or found. */
static inline unsigned char *tern__ring_slot(const struct tern__ring *r) /* hot */
{
    return r->at.cell + r->layout.offset + r->at.slot * r->layout.width;
}

/* By n items, which end in this cell. */
static inline void tern__ring_advance(struct tern__ring *r, size_t n) /* hot */
{
    const struct tern__layout *l = &r->layout;

    r->at.count += n;
    r->at.slot += n;
    if (r->at.slot < l->per)
        return;
    r->at.slot = 0;
    r->at.cell += l->stride;
    if (r->at.cell == r->cells + l->cells * l->stride)
        r->at.cell = r->cells;
}

/* Where the size of that item lies, if sizes vary. */
static inline uint64_t *tern__ring_size(const struct tern__ring *r)
{
    return (uint64_t *)(void *)(r->at.cell + sizeof(uint64_t));
}

/* ---- The sender's side ----------------------------------------------------------------------- */

/* What the receiver has taken, seen now. */
static inline void tern__ring_look(struct tern__ring *r) /* hot */
{
    r->at.known = atomic_load_explicit(r->taken, memory_order_acquire);
}

static inline size_t tern__ring_room(struct tern__ring *r) /* hot */
{
    if (r->at.count - r->at.known == r->capacity)
        tern__ring_look(r);
    return r->capacity - (size_t)(r->at.count - r->at.known);
}

/* Write all of some cells behind this one.  Their lines are where they were read last: written as a
 * whole, one after the other, they come back several at a time, but one by one when items are put
 * there.  The receiver has done with them, for there are so many more cells than the capacity asks
 * for, and 0 is no news. */
static inline void tern__ring_claim(struct tern__ring *r) /* hot */
{
    unsigned char *cell = r->at.cell, *end = r->cells + r->layout.cells * r->layout.stride;

    for (int i = 0; i < TERN__CLAIM; i++) {
        cell = cell + TERN__LINE < end ? cell + TERN__LINE : r->cells;
        memset(cell, 0, TERN__LINE);
    }
    r->claimed = TERN__CLAIM;
}

/* Of the items in the slot, and those that follow it in its cell, n are sent. */
static inline void tern__ring_publish(struct tern__ring *r, size_t n) /* hot */
{
    atomic_store_explicit(tern__word(r->at.cell), r->at.count + n, memory_order_release);
    tern__ring_advance(r, n);
    if (r->at.slot == 0 && r->layout.stride == TERN__LINE && --r->claimed == 0)
        tern__ring_claim(r);
}

/* The item in the slot, which there is room for. */
static inline void tern__ring_commit(struct tern__ring *r, size_t bytes) /* hot */
{
    if (r->sizes)
        *tern__ring_size(r) = bytes;
    tern__ring_publish(r, 1);
}

/* As many of n as there is room for: their number. */
static inline size_t tern__ring_put(struct tern__ring *r, const unsigned char *items, size_t bytes,
                                    size_t n) /* hot */
{
    size_t sent = 0, fits;

    while (sent < n && (fits = tern__ring_room(r)) > 0) {
        size_t part = n - sent < fits ? n - sent : fits, here = r->layout.per - r->at.slot;
        part = part < here ? part : here;
        if (r->sizes)
            *tern__ring_size(r) = bytes;
        tern__copy(tern__ring_slot(r), items + sent * bytes, part * bytes);
        tern__ring_publish(r, part);
        sent += part;
    }
    return sent;
}

/* ---- The receiver's side --------------------------------------------------------------------- */

/* Items that are there in this cell. */
static inline size_t tern__ring_there(struct tern__ring *r) /* hot */
{
    struct tern__cursor *at = &r->at;

    if (at->known == at->count) {
        uint64_t sent = atomic_load_explicit(tern__word(at->cell), memory_order_acquire);
        uint64_t end = at->count + r->layout.per - at->slot;
        if (sent > at->count) /* else it is from the lap before */
            at->known = sent < end ? sent : end;
        if (sent == end) /* the sender is beyond: so the next cell is worth fetching already */
            __builtin_prefetch(at->cell + r->layout.stride);
    }
    return (size_t)(at->known - at->count);
}

static inline void tern__ring_consume(struct tern__ring *r, size_t n) /* hot */
{
    atomic_store_explicit(r->taken, r->at.count + n, memory_order_release);
    tern__ring_advance(r, n);
}

/* Items in the whole ring, counted along the cells. */
size_t tern__ring_len(const struct tern__ring *r);

#endif
