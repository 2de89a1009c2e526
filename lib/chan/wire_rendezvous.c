/* SPDX-License-Identifier: BSD-3-Clause */
/* Capacity 0 on the wire, to one receiver: the item goes there, and the credit that comes back when
 * it is taken ends the send; on Open MPI that is faster than MPI_Ssend.  A sender that gives up
 * retracts the item and waits for the answer, which receivers give while they wait for whatever it
 * be. */
#include "config.h"

#include "chan/wire.h"

/* ---- Sending --------------------------------------------------------------------------------- */

static int offer(tern_chan *ch, struct tern__lane *l, const unsigned char *item, size_t bytes)
{
    if (l->credits == 0 || !tern__wire_reap(l, true))
        return TERN_EAGAIN;
    tern__copy(tern__wire_slot(ch, l), item, bytes);
    int error = tern__wire_send(ch, l, 1, bytes);
    if (!error)
        ch->offerer = tern__self();
    return error ? error : TERN_EAGAIN;
}

static int put(tern_chan *ch, const unsigned char *item, size_t bytes, size_t n,
               size_t *done) /* hot */
{
    struct tern__lane *l = &ch->wire->lanes[0];
    int error = ch->offerer != NULL || l->credits == 0 ? tern__wire_words(ch) : TERN_OK;

    (void)n;
    if (error)
        return error;
    if (ch->offerer == NULL)
        return offer(ch, l, item, bytes);
    if (ch->offerer != tern__self() || l->credits == 0)
        return TERN_EAGAIN;
    ch->offerer = NULL;
    *done = 1;
    return TERN_OK;
}

/* What is on offer in the end stays so. */
static bool send_one(tern_chan *ch, const void *item) /* hot */
{
    struct tern__lane *l = &ch->wire->lanes[0];

    if (ch->offerer != NULL || l->left || offer(ch, l, item, ch->item) != TERN_EAGAIN
        || ch->offerer == NULL || !tern__wire_await_credit(ch, l))
        return false;
    ch->offerer = NULL;
    ch->stats.sent++;
    return true;
}

/* The last word on a retracted item. */
static int look_answer(void *state)
{
    tern_chan *ch = state;
    const struct tern__lane *l = &ch->wire->lanes[0];
    int error = tern__wire_words(ch);

    if (error)
        return error;
    return ch->wire->retracted || l->credits > 0 || l->left ? TERN_OK : TERN_EAGAIN;
}

static bool withdraw(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    struct tern__lane *l = &w->lanes[0];

    if (ch->offerer != tern__self())
        return true;
    ch->offerer = NULL;
    if (tern__wire_words(ch) < 0 || l->credits > 0 || l->left)
        return l->credits == 0;
    if (tern_isend(w->there, NULL, 0, MPI_BYTE, l->rank, TERN__RETRACT, &l->last) < 0
        || tern_wait_for(w->back, look_answer, ch, "chan_retract", TERN_FOREVER) < 0
        || tern_wait(&l->last, NULL, TERN_FOREVER) < 0)
        return true;
    bool taken = l->credits > 0;
    l->credits = 1;
    w->retracted = false;
    return !taken;
}

bool tern__wire_can_offer(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    bool waits = false;

    (void)tern__wire_words(ch);
    for (size_t i = 0; i < w->lanes_n; i++) {
        struct tern__lane *l = &w->lanes[i];
        if (!l->asked && !l->near)
            l->asked = tern_isend(w->there, NULL, 0, MPI_BYTE, l->rank, TERN__ASK, &l->ask) == 0;
        waits |= l->waiting && l->credits > 0 && !l->left;
    }
    return ch->offerer == NULL && waits;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

int tern__wire_tell_waiting(tern_chan *ch)
{
    bool waits = atomic_load(&ch->shared->waiting_receivers) > 0;
    int error = TERN_OK;

    for (size_t i = 0; i < ch->ends_n && error != TERN_EMPI; i++) {
        struct tern__origin *o = &ch->wire->origins[i];
        if (o->asks && o->told != waits
            && (error = tern__wire_reply(ch, i, waits ? TERN__WAITING : TERN__GONE_ON)) == TERN_OK)
            o->told = waits;
    }
    return error == TERN_EMPI ? error : TERN_OK;
}

/* Give credits back, and tell those who asked whether this rank waits. */
static int answer(tern_chan *ch)
{
    int error = TERN_OK;

    for (size_t i = 0; i < ch->ends_n && error != TERN_EMPI; i++) {
        struct tern__origin *o = &ch->wire->origins[i];
        if (o->owed > 0 && (error = tern__wire_reply(ch, i, 1)) == TERN_OK)
            o->owed = 0;
        if (o->retracted && (error = tern__wire_reply(ch, i, TERN__RETRACTED)) == TERN_OK)
            o->retracted = false;
    }
    return error == TERN_EMPI ? error : tern__wire_tell_waiting(ch);
}

int tern__wire_absorb(tern_chan *ch)
{
    struct tern__arrival *a;
    int error;

    while ((error = tern__wire_arrival(ch, &a)) == TERN_OK) {
        struct tern__origin *o = &ch->wire->origins[a->source];
        tern__copy(o->item, a->items, a->bytes);
        o->bytes = a->bytes;
        o->offers = true;
        error = tern__wire_repost(ch);
        if (error)
            return error;
    }
    return error == TERN_EAGAIN ? answer(ch) : error;
}

/* The next offer after the one that was taken last. */
static struct tern__origin *find(tern_chan *ch, size_t *index)
{
    struct tern__wire *w = ch->wire;

    for (size_t i = 0; i < ch->ends_n; i++) {
        *index = (w->turn + i) % ch->ends_n;
        if (w->origins[*index].offers)
            return &w->origins[*index];
    }
    return NULL;
}

static int take_offer(tern_chan *ch, struct tern__origin *o, unsigned char *item, size_t room,
                      size_t *bytes)
{
    *bytes = o->bytes;
    if (*bytes > room)
        return TERN_ETRUNC;
    tern__copy(item, o->item, *bytes);
    o->offers = false;
    o->owed = 1;
    return answer(ch);
}

/* An item that comes just now: the sender has its answer before anything else is done. */
static int take_arrival(tern_chan *ch, unsigned char *item, size_t *bytes) /* hot */
{
    struct tern__arrival *a;
    int error = tern__wire_arrival(ch, &a);

    if (error)
        return error == TERN_EAGAIN && answer(ch) < 0 ? TERN_EMPI : error;
    *bytes = a->bytes;
    tern__copy(item, a->items, a->bytes);
    error = tern__wire_reply(ch, (size_t)a->source, 1);
    if (error == TERN_EAGAIN) {
        ch->wire->origins[a->source].owed = 1;
        error = TERN_OK;
    }
    return error ? error : tern__wire_repost(ch);
}

static int take(tern_chan *ch, unsigned char *item, size_t room, size_t n, size_t *done,
                size_t *bytes) /* hot */
{
    size_t index;
    struct tern__origin *o = find(ch, &index);
    int error;

    (void)n;
    if (o == NULL && room >= ch->layout.width) {
        error = take_arrival(ch, item, bytes);
        *done = error == TERN_OK;
        return error;
    }
    error = tern__wire_absorb(ch);
    o = find(ch, &index);
    if (error || o == NULL)
        return error ? error : TERN_EAGAIN;
    ch->wire->turn = index + 1;
    error = take_offer(ch, o, item, room, bytes);
    *done = error == TERN_OK;
    return error;
}

static bool recv_one(tern_chan *ch, void *item) /* hot */
{
    struct tern__arrival *a;
    size_t index, bytes;

    if (find(ch, &index) != NULL || tern__wire_await_arrival(ch, &a) != TERN_OK
        || take_arrival(ch, item, &bytes) != TERN_OK)
        return false;
    ch->stats.received++;
    return true;
}

static bool can_take(tern_chan *ch)
{
    size_t index;

    return tern__wire_absorb(ch) < 0 || find(ch, &index) != NULL;
}

size_t tern__wire_no_len(tern_chan *ch)
{
    (void)ch;
    return 0;
}

const struct tern__transport tern__wire_rendezvous = {
    .name = "wire",
    .lay_out = tern__wire_lay_out,
    .send_one = send_one,
    .recv_one = recv_one,
    .put = put,
    .take = take,
    .can_put = tern__wire_can_offer,
    .can_take = can_take,
    .reserve = tern__no_slot,
    .peek = tern__no_peek,
    .len = tern__wire_no_len,
    .goodbye = tern__wire_goodbye,
    .withdraw = withdraw,
};
