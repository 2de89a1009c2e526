/* SPDX-License-Identifier: BSD-3-Clause */
/* Many senders, many receivers: a bounded queue, in which tickets are drawn (D. Vyukov, "Bounded
 * MPMC queue", 2010).  Items lie in cells of a cache line, seven of 8 bytes; a tag for each, one
 * byte of the cell's first word, tells whose turn it is: 2 n for the sender, 2 n + 1 for the
 * receiver, modulo 256, when the queue is filled for the n-th time.  A tag that has gone round
 * since the ticket was seen does no harm: that ticket is drawn already.  A process that is killed
 * between its ticket and its turn blocks the item's place; the others learn that it has died. */
#include "config.h"

#include "chan/ring.h"

enum {
    TAGS = sizeof(uint64_t), /* of a cell */
    FAR_AWAY = 4 * TAGS      /* items, from where a division is faster than going there */
};

static void lay_out(tern_chan *ch, size_t senders)
{
    struct tern__layout *l = &ch->layout;

    (void)senders;
    tern__ring_lay_out(l, ch->capacity, ch->item == TERN_VARIABLE);
    l->per = l->per < TAGS ? l->per : TAGS;
    l->cells = (ch->capacity + l->per - 1) / l->per;
}

/* Where the item of a ticket lies. */
static void place(const tern_chan *ch, struct tern__cursor *at, uint64_t ticket)
{
    uint64_t item = ticket % ch->capacity;

    at->count = ticket;
    at->lap = ticket / ch->capacity;
    at->cell = ch->shared->cells + item / ch->layout.per * ch->layout.stride;
    at->slot = (size_t)(item % ch->layout.per);
    at->left = ch->capacity - (size_t)item;
}

/* The same, found from the ticket that this rank drew last, which costs no division. */
static void move(const tern_chan *ch, struct tern__cursor *at, uint64_t ticket) /* hot */
{
    uint64_t by = ticket - at->count;

    if (by >= at->left || by > FAR_AWAY) {
        place(ch, at, ticket);
        return;
    }
    at->count = ticket;
    at->left -= (size_t)by;
    at->slot += (size_t)by;
    for (; at->slot >= ch->layout.per; at->slot -= ch->layout.per)
        at->cell += ch->layout.stride;
}

static void connect(tern_chan *ch)
{
    place(ch, &ch->send, 0);
    place(ch, &ch->recv, 0);
}

static _Atomic uint8_t *tag(const struct tern__cursor *at) /* hot */
{
    return (_Atomic uint8_t *)(void *)at->cell + at->slot;
}

static unsigned char *item_at(const tern_chan *ch, const struct tern__cursor *at) /* hot */
{
    return at->cell + ch->layout.offset + at->slot * ch->layout.width;
}

/* How far the tag is beyond this side's turn: 0, it is its turn; below, it is not yet. */
static int beyond(const struct tern__cursor *at, unsigned side) /* hot */
{
    return (int8_t)(atomic_load_explicit(tag(at), memory_order_acquire)
                    - (uint8_t)(2 * at->lap + side));
}

static bool is_turn(tern_chan *ch, _Atomic uint64_t *tickets, unsigned side)
{
    struct tern__cursor at;

    place(ch, &at, atomic_load_explicit(tickets, memory_order_relaxed));
    return beyond(&at, side) >= 0; /* more: another was faster, but then it was so a moment ago */
}

/* Leave the cache lines to whoever was faster: many tickets for each after the other take less time
 * than one for each in turn. */
static void step_aside(void)
{
    const double until = tern_clock() + 2e-6; /* some fifty items */

    while (tern_clock() < until)
        continue;
}

/* Draw a ticket of which it is the turn, at->count: false if there is none. */
static bool draw(tern_chan *ch, struct tern__cursor *at, _Atomic uint64_t *tickets,
                 unsigned side) /* hot */
{
    uint64_t ticket = atomic_load_explicit(tickets, memory_order_relaxed);

    for (;;) {
        move(ch, at, ticket);
        int over = beyond(at, side);
        if (over < 0)
            return false;
        if (over == 0
            && atomic_compare_exchange_strong_explicit(tickets, &ticket, ticket + 1,
                                                       memory_order_relaxed, memory_order_relaxed))
            return true;
        step_aside();
        ticket = atomic_load_explicit(tickets, memory_order_relaxed);
    }
}

static bool draw_send(tern_chan *ch) /* hot */
{
    return draw(ch, &ch->send, &ch->shared->next_send, 0);
}

static bool draw_recv(tern_chan *ch) /* hot */
{
    if (!draw(ch, &ch->recv, &ch->shared->next_recv, 1))
        return false;
    struct tern__cursor last = ch->recv;
    last.slot = ch->layout.per - 1;
    if (beyond(&last, 1) == 0) /* senders are beyond: so the next cell is worth fetching already */
        __builtin_prefetch(last.cell + ch->layout.stride);
    return true;
}

static uint64_t *size_of(const tern_chan *ch, const struct tern__cursor *at)
{
    return ch->item == TERN_VARIABLE ? (uint64_t *)(void *)(at->cell + TAGS) : NULL;
}

/* The item whose ticket was drawn is there. */
static void fill(const tern_chan *ch, size_t bytes) /* hot */
{
    uint64_t *size = size_of(ch, &ch->send);

    if (size != NULL)
        *size = bytes;
    atomic_store_explicit(tag(&ch->send), (uint8_t)(2 * ch->send.lap + 1), memory_order_release);
}

/* It is taken. */
static void empty(const tern_chan *ch) /* hot */
{
    atomic_store_explicit(tag(&ch->recv), (uint8_t)(2 * ch->recv.lap + 2), memory_order_release);
}

static int put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n,
               size_t *done) /* hot */
{
    size_t sent = 0;

    for (; sent < n && draw_send(ch); sent++) {
        tern__copy(item_at(ch, &ch->send), items + sent * bytes, bytes);
        fill(ch, bytes);
    }
    *done = sent;
    return sent > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool send_one(tern_chan *ch, const void *item) /* hot */
{
    if (atomic_load_explicit(&ch->shared->receivers, memory_order_relaxed) == 0 || !draw_send(ch))
        return false;
    tern__copy(item_at(ch, &ch->send), item, ch->item);
    fill(ch, ch->item);
    ch->stats.sent++;
    return true;
}

static bool can_put(tern_chan *ch)
{
    return is_turn(ch, &ch->shared->next_send, 0);
}

static int peek(tern_chan *ch, const void **out, size_t *bytes)
{
    const unsigned char *item = ch->held;

    if (item == NULL) {
        if (!draw_recv(ch))
            return TERN_EAGAIN;
        const uint64_t *size = size_of(ch, &ch->recv);
        ch->held_bytes = size != NULL ? (size_t)*size : ch->item;
        item = item_at(ch, &ch->recv);
    }
    ch->held = NULL;
    *bytes = ch->held_bytes;
    *out = item;
    return TERN_OK;
}

static int release(tern_chan *ch)
{
    empty(ch);
    return TERN_OK;
}

/* Which item a rank gets is known only when it is taken, so one that does not fit is held. */
static int take_variable(tern_chan *ch, unsigned char *item, size_t room, size_t *done,
                         size_t *bytes)
{
    const void *slot;
    int error = peek(ch, &slot, bytes);

    if (error)
        return error;
    if (*bytes > room) {
        ch->held = slot;
        return TERN_ETRUNC;
    }
    memcpy(item, slot, *bytes);
    *done = 1;
    return release(ch);
}

static int take(tern_chan *ch, unsigned char *items, size_t room, size_t n, size_t *done,
                size_t *bytes) /* hot */
{
    size_t got = 0;

    if (ch->item == TERN_VARIABLE)
        return take_variable(ch, items, room, done, bytes);
    for (; got < n && draw_recv(ch); got++) {
        tern__copy(items + got * room, item_at(ch, &ch->recv), ch->item);
        empty(ch);
    }
    *done = got;
    return got > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool recv_one(tern_chan *ch, void *item) /* hot */
{
    if (!draw_recv(ch))
        return false;
    tern__copy(item, item_at(ch, &ch->recv), ch->item);
    empty(ch);
    ch->stats.received++;
    return true;
}

static bool can_take(tern_chan *ch)
{
    return ch->held != NULL || is_turn(ch, &ch->shared->next_recv, 1);
}

static int reserve(tern_chan *ch, void **out)
{
    if (!draw_send(ch))
        return TERN_EAGAIN;
    *out = item_at(ch, &ch->send);
    return TERN_OK;
}

static int commit(tern_chan *ch, size_t bytes)
{
    fill(ch, bytes);
    return TERN_OK;
}

static size_t len(tern_chan *ch)
{
    uint64_t received = atomic_load(&ch->shared->next_recv);
    uint64_t sent = atomic_load(&ch->shared->next_send);

    return (size_t)(sent - received);
}

const struct tern__transport tern__queue = {
    .name = "queue",
    .lay_out = lay_out,
    .connect = connect,
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
