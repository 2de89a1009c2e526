/* SPDX-License-Identifier: BSD-3-Clause */
/* One sender, one receiver: a ring of cells.  The word of a cell is the number of items sent up to
 * the last one in it, so an item and the news of it lie in one cache line and cross in one go, and
 * short items share a cell: seven of 8 bytes.  The receiver counts what it has taken in a line of
 * its own, at which the sender looks only when the ring seems full (the two indices, each seen by
 * the other side late, are Lamport's, 1983; that the receiver need not look at the sender's is from
 * FastForward, Giacomoni, Moseley and Vachharajani 2008). */
#include "config.h"

#include "chan/chan_private.h"

enum {
    WORD = sizeof(uint64_t),
    LONG = 1024 /* bytes, from where an item is worth a line's border */
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void lay_out(tern_chan *ch, size_t senders)
{
    struct tern__layout *l = &ch->layout;
    size_t head = ch->item == TERN_VARIABLE ? 2 * (size_t)WORD : WORD;

    (void)senders;
    l->per = 1;
    l->offset = l->width < LONG ? head : TERN__LINE;
    l->stride = (l->offset + l->width + TERN__LINE - 1) / TERN__LINE * TERN__LINE;
    if (ch->item != TERN_VARIABLE && l->stride == TERN__LINE)
        l->per = (TERN__LINE - WORD) / l->width;
    l->cells = (ch->capacity + l->per - 1) / l->per;
}

static unsigned char *slot(const tern_chan *ch, const struct tern__cursor *at) /* hot */
{
    return at->cell + ch->layout.offset + at->slot * ch->layout.width;
}

/* By n items, which end in this cell. */
static void advance(tern_chan *ch, struct tern__cursor *at, size_t n) /* hot */
{
    const struct tern__layout *l = &ch->layout;

    at->count += n;
    at->slot += n;
    if (at->slot < l->per)
        return;
    at->slot = 0;
    at->cell += l->stride;
    if (at->cell == ch->shared->cells + l->cells * l->stride)
        at->cell = ch->shared->cells;
}

/* ---- The sender's side ---------------------------------------------------------------------- */

static size_t room(tern_chan *ch) /* hot */
{
    struct tern__cursor *at = &ch->send;

    if (at->count - at->known == ch->capacity)
        at->known = atomic_load_explicit(&ch->shared->taken, memory_order_acquire);
    return ch->capacity - (size_t)(at->count - at->known);
}

static void publish(tern_chan *ch, size_t n) /* hot */
{
    struct tern__cursor *at = &ch->send;

    atomic_store_explicit(tern__word(at->cell), at->count + n, memory_order_release);
    advance(ch, at, n);
}

static int put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n,
               size_t *done) /* hot */
{
    size_t sent = 0, fits;

    while (sent < n && (fits = room(ch)) > 0) {
        size_t part = min(min(n - sent, fits), ch->layout.per - ch->send.slot);
        uint64_t *size = tern__size(ch, ch->send.cell);
        if (size != NULL)
            *size = bytes;
        tern__copy(slot(ch, &ch->send), items + sent * bytes, part * bytes);
        publish(ch, part);
        sent += part;
    }
    *done = sent;
    return sent > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool send_one(tern_chan *ch, const void *item) /* hot */
{
    if (atomic_load_explicit(&ch->shared->receivers, memory_order_relaxed) == 0 || room(ch) == 0)
        return false;
    tern__copy(slot(ch, &ch->send), item, ch->item);
    publish(ch, 1);
    ch->stats.sent++;
    return true;
}

static bool can_put(tern_chan *ch)
{
    return room(ch) > 0;
}

static int reserve(tern_chan *ch, void **out)
{
    if (room(ch) == 0)
        return TERN_EAGAIN;
    *out = slot(ch, &ch->send);
    return TERN_OK;
}

static int commit(tern_chan *ch, size_t bytes)
{
    uint64_t *size = tern__size(ch, ch->send.cell);

    if (size != NULL)
        *size = bytes;
    publish(ch, 1);
    return TERN_OK;
}

/* ---- The receiver's side -------------------------------------------------------------------- */

/* Items that are there in this cell. */
static size_t there(tern_chan *ch) /* hot */
{
    struct tern__cursor *at = &ch->recv;

    if (at->known == at->count) {
        uint64_t sent = atomic_load_explicit(tern__word(at->cell), memory_order_acquire);
        uint64_t end = at->count + ch->layout.per - at->slot;
        if (sent > at->count) /* else it is from the lap before */
            at->known = sent < end ? sent : end;
        if (sent == end) /* the sender is beyond: so the next cell is worth fetching already */
            __builtin_prefetch(at->cell + ch->layout.stride);
    }
    return (size_t)(at->known - at->count);
}

static void consume(tern_chan *ch, size_t n) /* hot */
{
    atomic_store_explicit(&ch->shared->taken, ch->recv.count + n, memory_order_release);
    advance(ch, &ch->recv, n);
}

static int take(tern_chan *ch, unsigned char *items, size_t most, size_t n, size_t *done,
                size_t *bytes) /* hot */
{
    size_t got = 0, ready;

    while (got < n && (ready = there(ch)) > 0) {
        size_t part = min(n - got, ready);
        const uint64_t *size = tern__size(ch, ch->recv.cell);
        if (size != NULL) {
            *bytes = (size_t)*size;
            if (*bytes > most)
                return TERN_ETRUNC;
        }
        tern__copy(items + got * most, slot(ch, &ch->recv), part * *bytes);
        consume(ch, part);
        got += part;
    }
    *done = got;
    return got > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool recv_one(tern_chan *ch, void *item) /* hot */
{
    if (there(ch) == 0)
        return false;
    tern__copy(item, slot(ch, &ch->recv), ch->item);
    consume(ch, 1);
    ch->stats.received++;
    return true;
}

static bool can_take(tern_chan *ch)
{
    return there(ch) > 0;
}

static int peek(tern_chan *ch, const void **out, size_t *bytes)
{
    if (there(ch) == 0)
        return TERN_EAGAIN;
    const uint64_t *size = tern__size(ch, ch->recv.cell);
    *bytes = size != NULL ? (size_t)*size : ch->item;
    *out = slot(ch, &ch->recv);
    return TERN_OK;
}

static int release(tern_chan *ch)
{
    consume(ch, 1);
    return TERN_OK;
}

/* The sender knows; a receiver counts along the cells. */
static size_t len(tern_chan *ch)
{
    const struct tern__layout *l = &ch->layout;
    struct tern__cursor at = ch->recv;

    if (ch->sends)
        return (size_t)(ch->send.count
                        - atomic_load_explicit(&ch->shared->taken, memory_order_acquire));
    for (size_t i = 0; i <= l->cells; i++) {
        uint64_t sent = atomic_load_explicit(tern__word(at.cell), memory_order_acquire);
        uint64_t end = at.count + l->per - at.slot;
        if (sent <= at.count)
            break;
        at.count = sent < end ? sent : end;
        if (sent < end)
            break;
        at.slot = 0;
        at.cell += l->stride;
        if (at.cell == ch->shared->cells + l->cells * l->stride)
            at.cell = ch->shared->cells;
    }
    return (size_t)(at.count - ch->recv.count);
}

const struct tern__transport tern__ring = {
    .name = "ring",
    .lay_out = lay_out,
    .send_one = send_one,
    .recv_one = recv_one,
    .put = put,
    .take = take,
    .can_put = can_put,
    .can_take = can_take,
    .reserve = reserve,
    .commit = commit,
    .peek = peek,
    .release = release,
    .len = len,
    .goodbye = tern__shared_goodbye,
};
