/* SPDX-License-Identifier: BSD-3-Clause */
/* Capacity 0.  Each sender has a cell in which it offers one item; a receiver takes an offer, and
 * the sender waits until it is taken, or takes it back.  The word of a cell is its state; both
 * sides change it from OFFERED by compare and swap, so an offer has one end only. */
#include "config.h"

#include "chan/chan_private.h"

#include <sched.h>

enum { IDLE, OFFERED, CLAIMED };
enum { WORD = sizeof(uint64_t), LONG = 1024 };

static void lay_out(tern_chan *ch, size_t senders)
{
    struct tern__layout *l = &ch->layout;

    l->per = 1;
    l->cells = senders;
    l->offset = l->width < LONG ? 2 * (size_t)WORD : TERN__LINE;
    l->stride = (l->offset + l->width + TERN__PAIR - 1) / TERN__PAIR * TERN__PAIR;
}

static unsigned char *cell_of(const tern_chan *ch, size_t sender)
{
    return ch->node->cells + sender * ch->layout.stride;
}

void tern__rendezvous_offer(tern_chan *ch, const unsigned char *item, size_t bytes) /* hot */
{
    unsigned char *cell = cell_of(ch, ch->sender);

    *(uint64_t *)(void *)(cell + WORD) = bytes;
    tern__copy(cell + ch->layout.offset, item, bytes);
    atomic_store_explicit(tern__word(cell), OFFERED, memory_order_release);
}

bool tern__rendezvous_is_taken(const tern_chan *ch) /* hot */
{
    return atomic_load_explicit(tern__word(cell_of(ch, ch->sender)), memory_order_acquire) == IDLE;
}

/* The first call offers the item, those that follow see whether it was taken. */
static int put(tern_chan *ch, const unsigned char *item, size_t bytes, size_t n,
               size_t *done) /* hot */
{
    (void)n;
    if (ch->offerer == NULL) {
        tern__rendezvous_offer(ch, item, bytes);
        ch->offerer = tern__self();
        return TERN_EAGAIN;
    }
    if (ch->offerer != tern__self() || !tern__rendezvous_is_taken(ch))
        return TERN_EAGAIN;
    ch->offerer = NULL;
    *done = 1;
    return TERN_OK;
}

bool tern__rendezvous_retract(const tern_chan *ch)
{
    unsigned char *cell = cell_of(ch, ch->sender);
    uint64_t state = OFFERED;

    if (atomic_compare_exchange_strong(tern__word(cell), &state, IDLE))
        return true;
    for (unsigned looks = 1; atomic_load(tern__word(cell)) != IDLE; looks++) {
        sched_yield(); /* a receiver is copying it */
        if (looks % TERN__LOOKS == 0 && tern__check_peers(ch, NULL) != TERN_OK)
            return false;
    }
    return false;
}

static bool withdraw(tern_chan *ch)
{
    if (ch->offerer != tern__self())
        return true;
    ch->offerer = NULL;
    return tern__rendezvous_retract(ch);
}

static bool can_put(tern_chan *ch)
{
    return ch->offerer == NULL
           && atomic_load_explicit(&ch->node->waiting_receivers, memory_order_acquire) > 0;
}

/* The first offer after the one that was taken last, so that no sender starves. */
static unsigned char *find(tern_chan *ch) /* hot */
{
    size_t n = ch->layout.cells, sender = ch->recv.slot;

    for (size_t i = 0; i < n; i++) {
        unsigned char *cell = cell_of(ch, sender);
        sender = sender + 1 < n ? sender + 1 : 0;
        if (atomic_load_explicit(tern__word(cell), memory_order_acquire) != OFFERED)
            continue;
        ch->recv.slot = sender;
        return cell;
    }
    return NULL;
}

static bool can_take(tern_chan *ch)
{
    size_t next = ch->recv.slot;
    bool found = find(ch) != NULL;

    ch->recv.slot = next;
    return found;
}

static unsigned char *claim(tern_chan *ch) /* hot */
{
    for (unsigned char *cell; (cell = find(ch)) != NULL;) {
        uint64_t state = OFFERED;
        if (atomic_compare_exchange_strong(tern__word(cell), &state, CLAIMED))
            return cell;
    }
    return NULL;
}

static int take(tern_chan *ch, unsigned char *item, size_t room, size_t n, size_t *done,
                size_t *bytes) /* hot */
{
    unsigned char *cell = claim(ch);

    (void)n;
    if (cell == NULL)
        return TERN_EAGAIN;
    *bytes = (size_t) * (uint64_t *)(void *)(cell + WORD);
    if (*bytes > room) {
        atomic_store(tern__word(cell), OFFERED);
        return TERN_ETRUNC;
    }
    tern__copy(item, cell + ch->layout.offset, *bytes);
    atomic_store_explicit(tern__word(cell), IDLE, memory_order_release);
    *done = 1;
    return TERN_OK;
}

static size_t len(tern_chan *ch)
{
    (void)ch;
    return 0;
}

const struct tern__transport tern__rendezvous = {
    .name = "rendezvous",
    .lay_out = lay_out,
    .put = put,
    .take = take,
    .can_put = can_put,
    .can_take = can_take,
    .reserve = tern__no_slot,
    .peek = tern__no_peek,
    .len = len,
    .goodbye = tern__shared_goodbye,
    .withdraw = withdraw,
};
