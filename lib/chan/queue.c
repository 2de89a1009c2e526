/* SPDX-License-Identifier: BSD-3-Clause */
/* Many senders, many receivers: a bounded queue of one cell an item, in which tickets are drawn (D.
 * Vyukov, "Bounded MPMC queue", 2010).  The word of a cell tells whose turn it is: 2 t for the
 * sender with ticket t, 2 t + 1 for the receiver with ticket t.  A process that is killed between
 * its ticket and its turn blocks the cell; the others learn that it has died. */
#include "config.h"

#include "chan/chan_private.h"

enum { WORD = sizeof(uint64_t), SMALL = 16 };

static void lay_out(tern_chan *ch, size_t senders)
{
    struct tern__layout *l = &ch->layout;
    size_t unit;

    (void)senders;
    l->per = 1;
    l->cells = ch->capacity;
    l->offset = ch->item == TERN_VARIABLE ? 2 * (size_t)WORD : WORD;
    unit = l->offset + l->width < TERN__LINE ? SMALL : TERN__LINE;
    l->stride = (l->offset + l->width + unit - 1) / unit * unit;
}

static unsigned char *cell_of(const tern_chan *ch, uint64_t ticket) /* hot */
{
    return ch->shared->cells + ticket % ch->layout.cells * ch->layout.stride;
}

/* The same, found from the ticket that this rank drew last, which costs no division. */
static unsigned char *cell_near(const tern_chan *ch, struct tern__cursor *at,
                                uint64_t ticket) /* hot */
{
    uint64_t slot = at->slot + (ticket - at->count), cells = ch->layout.cells;

    if (slot >= cells)
        slot = slot < 2 * cells ? slot - cells : ticket % cells;
    at->slot = (size_t)slot;
    at->count = ticket;
    return ch->shared->cells + slot * ch->layout.stride;
}

static void prepare(tern_chan *ch)
{
    for (size_t i = 0; i < ch->layout.cells; i++)
        atomic_store(tern__word(cell_of(ch, i)), 2 * (uint64_t)i);
}

static bool is_turn(tern_chan *ch, _Atomic uint64_t *tickets, unsigned side)
{
    uint64_t ticket = atomic_load_explicit(tickets, memory_order_relaxed);

    return atomic_load_explicit(tern__word(cell_of(ch, ticket)), memory_order_acquire)
           >= 2 * ticket + side; /* more: another was faster, but then it was so a moment ago */
}

/* Draw a ticket of which it is the turn, at->count; its cell, or NULL if there is none. */
static unsigned char *draw(tern_chan *ch, struct tern__cursor *at, _Atomic uint64_t *tickets,
                           unsigned side) /* hot */
{
    uint64_t ticket = atomic_load_explicit(tickets, memory_order_relaxed);

    for (;;) {
        unsigned char *cell = cell_near(ch, at, ticket);
        uint64_t turn = atomic_load_explicit(tern__word(cell), memory_order_acquire);
        if (turn < 2 * ticket + side)
            return NULL;
        if (turn > 2 * ticket + side)
            ticket = atomic_load_explicit(tickets, memory_order_relaxed);
        else if (atomic_compare_exchange_weak_explicit(tickets, &ticket, ticket + 1,
                                                       memory_order_relaxed, memory_order_relaxed))
            return cell;
    }
}

static unsigned char *draw_send(tern_chan *ch) /* hot */
{
    return draw(ch, &ch->send, &ch->shared->next_send, 0);
}

static unsigned char *draw_recv(tern_chan *ch) /* hot */
{
    return draw(ch, &ch->recv, &ch->shared->next_recv, 1);
}

static void fill(const tern_chan *ch, unsigned char *cell, size_t bytes) /* hot */
{
    uint64_t *size = tern__size(ch, cell);

    if (size != NULL)
        *size = bytes;
    atomic_store_explicit(tern__word(cell), 2 * ch->send.count + 1, memory_order_release);
}

static void empty(const tern_chan *ch, unsigned char *cell) /* hot */
{
    atomic_store_explicit(tern__word(cell), 2 * (ch->recv.count + ch->layout.cells),
                          memory_order_release);
}

static int put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n,
               size_t *done) /* hot */
{
    size_t sent = 0;
    unsigned char *cell;

    while (sent < n && (cell = draw_send(ch)) != NULL) {
        tern__copy(cell + ch->layout.offset, items + sent * bytes, bytes);
        fill(ch, cell, bytes);
        sent++;
    }
    *done = sent;
    return sent > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool send_one(tern_chan *ch, const void *item) /* hot */
{
    unsigned char *cell;

    if (atomic_load_explicit(&ch->shared->receivers, memory_order_relaxed) == 0
        || (cell = draw_send(ch)) == NULL)
        return false;
    tern__copy(cell + ch->layout.offset, item, ch->item);
    fill(ch, cell, ch->item);
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
        unsigned char *cell = draw_recv(ch);
        if (cell == NULL)
            return TERN_EAGAIN;
        const uint64_t *size = tern__size(ch, cell);
        ch->held_bytes = size != NULL ? (size_t)*size : ch->item;
        item = cell + ch->layout.offset;
    }
    ch->held = NULL;
    *bytes = ch->held_bytes;
    *out = item;
    return TERN_OK;
}

static int release(tern_chan *ch)
{
    empty(ch, cell_of(ch, ch->recv.count));
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
    unsigned char *cell;

    if (ch->item == TERN_VARIABLE)
        return take_variable(ch, items, room, done, bytes);
    while (got < n && (cell = draw_recv(ch)) != NULL) {
        tern__copy(items + got * room, cell + ch->layout.offset, ch->item);
        empty(ch, cell);
        got++;
    }
    *done = got;
    return got > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool recv_one(tern_chan *ch, void *item) /* hot */
{
    unsigned char *cell = draw_recv(ch);

    if (cell == NULL)
        return false;
    tern__copy(item, cell + ch->layout.offset, ch->item);
    empty(ch, cell);
    ch->stats.received++;
    return true;
}

static bool can_take(tern_chan *ch)
{
    return ch->held != NULL || is_turn(ch, &ch->shared->next_recv, 1);
}

static int reserve(tern_chan *ch, void **out)
{
    unsigned char *cell = draw_send(ch);

    if (cell == NULL)
        return TERN_EAGAIN;
    *out = cell + ch->layout.offset;
    return TERN_OK;
}

static int commit(tern_chan *ch, size_t bytes)
{
    fill(ch, cell_of(ch, ch->send.count), bytes);
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
    .prepare = prepare,
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
