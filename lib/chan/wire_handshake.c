/* SPDX-License-Identifier: BSD-3-Clause */
/* Capacity 0 on the wire, to several receivers.  An item goes to one of them, which is there to
 * take it:
 *
 *   receiver   INVITE    tell me when you have something; once, until it is followed by ...
 *   sender     OFFER     I wait with an item of so many bytes
 *   receiver   REQUEST   give it to me; I wait for your answer and for nothing else
 *   sender     the item, to the first who asks, or OVER: another has it, or I have given up
 *
 * A sender does not return from its send before it has said one of the two to all whom it made the
 * offer, so the answer to a request never depends on what either program does next: whoever gives
 * up does so at once, and nobody waits in a circle, since a receiver that waits for an answer has
 * no offer of its own standing (select takes it back first) and so owes none.  The item leaves for
 * one receiver, which cannot refuse it: none is lost, and none comes twice.  A request that crosses
 * with OVER has the number of an offer that is past, and is ignored.  No more than an OFFER and an
 * OVER are under way that a receiver has not invited, so no memory grows while it does not look.
 *
 * Messages for an item: an invitation, an offer and an OVER for each receiver that looks, one
 * request, and one more for each receiver that came too late.  A single receiver needs two: see
 * wire_rendezvous.c.
 *
 * To the receivers of its own node a sender offers the item in shared memory at the same time: see
 * rendezvous.c.  Before it grants the item to another it takes that offer back. */
#include "config.h"

#include "chan/wire.h"

/* ---- Sending --------------------------------------------------------------------------------- */

/* To those who invite and have not heard it.  OVER must never wait for room, so there is room for
 * both, or the receiver hears it later. */
static int tell(tern_chan *ch, size_t bytes)
{
    struct tern__wire *w = ch->wire;

    for (size_t i = 0; i < w->lanes_n; i++) {
        struct tern__lane *l = &w->lanes[i];
        if (!l->invited || l->left || l->near || !tern__wire_has_room(&l->notes, 2))
            continue;
        if (!ch->threads && l->rank == tern_rank(w->there))
            continue; /* this rank cannot take it while it offers it */
        int error = tern__wire_note(w, w->there, &l->notes, l->rank, TERN__OFFER, (int64_t)bytes);
        if (error)
            return error;
        l->invited = false;
        l->offered = true;
        l->offers_n++;
    }
    return TERN_OK;
}

/* The offer is past. */
static int say_over(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    int error = TERN_OK;

    for (size_t i = 0; i < w->lanes_n && !error; i++) {
        struct tern__lane *l = &w->lanes[i];
        if (l->offered)
            error = tern__wire_note(w, w->there, &l->notes, l->rank, TERN__OVER, 0);
        l->offered = false;
    }
    return error;
}

/* The lane of a receiver that has asked for this item. */
static struct tern__lane *find_request(const struct tern__wire *w)
{
    for (size_t i = 0; i < w->lanes_n; i++)
        if (w->lanes[i].offered && w->lanes[i].requested == w->lanes[i].offers_n)
            return &w->lanes[i];
    return NULL;
}

static int grant(tern_chan *ch, struct tern__lane *l, const unsigned char *item, size_t bytes)
{
    tern__copy(tern__wire_slot(ch, l), item, bytes);
    int error = tern__wire_send(ch, l, 1, bytes);
    l->credits++; /* which do not count here */
    l->offered = false;
    ch->wire->granted = l;
    return error ? error : say_over(ch);
}

/* Whether the item has left, which may need this rank's help. */
static bool has_left(tern_chan *ch)
{
    if (ch->wire->granted == NULL || !tern__wire_reap(ch->wire->granted, true))
        return false;
    ch->wire->granted = NULL;
    return true;
}

/* To a receiver of another node that asks for it, unless one of this node is faster. */
static int go_far(tern_chan *ch, const unsigned char *item, size_t bytes)
{
    struct tern__lane *l = find_request(ch->wire);

    if (l == NULL)
        return tell(ch, bytes);
    if (ch->node != NULL && !tern__rendezvous_retract(ch))
        return TERN_OK;
    return grant(ch, l, item, bytes);
}

static int put(tern_chan *ch, const unsigned char *item, size_t bytes, size_t n, size_t *done)
{
    struct tern__wire *w = ch->wire;
    int error = tern__wire_words(ch);

    (void)n;
    if (error || (ch->offerer != NULL && ch->offerer != tern__self()))
        return error ? error : TERN_EAGAIN;
    if (ch->offerer == NULL && ch->node != NULL)
        tern__rendezvous_offer(ch, item, bytes);
    ch->offerer = tern__self();
    bool taken = w->granted == NULL && ch->node != NULL && tern__rendezvous_is_taken(ch);
    if (taken)
        error = say_over(ch);
    else if (w->granted == NULL)
        error = go_far(ch, item, bytes);
    if (error || (!taken && !has_left(ch)))
        return error ? error : TERN_EAGAIN;
    ch->offerer = NULL;
    *done = 1;
    return TERN_OK;
}

static int look_left(void *state)
{
    return has_left(state) ? TERN_OK : TERN_EAGAIN;
}

static bool withdraw(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;

    if (ch->offerer != tern__self())
        return true;
    ch->offerer = NULL;
    if (w->granted == NULL) {
        bool back = ch->node == NULL || tern__rendezvous_retract(ch);
        w->broken |= say_over(ch) < 0;
        return back;
    }
    return tern_wait_for(w->back, look_left, ch, "chan_send", TERN_FOREVER) < 0;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* See to what came, invite the senders, and tell those who asked whether this rank waits. */
static int attend(tern_chan *ch, bool invite)
{
    struct tern__arrival *a;
    int error = tern__wire_arrival(ch, &a); /* no items, which come only if requested */

    for (size_t i = 0; i < ch->ends_n && invite && error != TERN_EMPI; i++) {
        struct tern__origin *o = &ch->wire->origins[i];
        if (!o->open || o->near || o->invited || o->offers)
            continue;
        error = tern__wire_reply(ch, i, TERN__INVITE);
        o->invited = error == TERN_OK;
    }
    return error == TERN_EMPI ? error : tern__wire_tell_waiting(ch);
}

int tern__wire_attend(tern_chan *ch)
{
    return attend(ch, false);
}

/* The next that offers after the one whose item was taken last. */
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

struct answer {
    tern_chan *ch;
    struct tern__origin *from;
    unsigned looks;
};

/* TERN_OK when there is one; it is an item if the offer stands. */
static int look_answer(void *state)
{
    struct answer *w = state;
    struct tern__arrival *a;
    int error = tern__wire_arrival(w->ch, &a);

    if (error == TERN_EAGAIN && !w->from->offers)
        return TERN_OK;
    return tern__look_on(w->ch, error, &w->looks, NULL);
}

/* Ask for the item on offer: TERN_EAGAIN if it is over. */
static int request(tern_chan *ch, struct tern__origin *o, size_t index, unsigned char *item)
{
    struct answer answer = {.ch = ch, .from = o};
    struct tern__arrival *a = NULL;
    int error = tern__wire_reply(ch, index, TERN__REQUEST - (int64_t)o->offers_n);

    if (!error)
        error = tern_wait_for(ch->wire->back, look_answer, &answer, "chan_recv", TERN_FOREVER);
    if (error || !o->offers)
        return error ? error : TERN_EAGAIN;
    error = tern__wire_arrival(ch, &a);
    if (error)
        return error;
    tern__copy(item, a->items, a->bytes);
    o->offers = false;
    ch->wire->turn = index + 1;
    return tern__wire_repost(ch);
}

static int take_far(tern_chan *ch, unsigned char *item, size_t room, size_t *done, size_t *bytes)
{
    size_t index;
    struct tern__origin *o;
    int error = attend(ch, true);

    while (!error && (o = find(ch, &index)) != NULL) {
        *bytes = o->bytes;
        if (*bytes > room)
            return TERN_ETRUNC;
        error = request(ch, o, index, item);
        *done = error == TERN_OK;
        if (error != TERN_EAGAIN || o->offers)
            return error;
        error = TERN_OK; /* it was over: another may offer */
    }
    return error ? error : TERN_EAGAIN;
}

static int take_near(tern_chan *ch, unsigned char *item, size_t room, size_t *done, size_t *bytes)
{
    return ch->node != NULL ? tern__rendezvous.take(ch, item, room, 1, done, bytes) : TERN_EAGAIN;
}

/* From this node and from others in turn. */
static int take(tern_chan *ch, unsigned char *item, size_t room, size_t n, size_t *done,
                size_t *bytes)
{
    bool near_first = ch->wire->near_first = !ch->wire->near_first;
    int error = near_first ? take_near(ch, item, room, done, bytes) : TERN_EAGAIN;

    (void)n;
    if (error == TERN_EAGAIN)
        error = take_far(ch, item, room, done, bytes);
    if (error == TERN_EAGAIN && !near_first)
        error = take_near(ch, item, room, done, bytes);
    return error;
}

static bool can_take(tern_chan *ch)
{
    size_t index;

    return (ch->node != NULL && tern__rendezvous.can_take(ch)) || attend(ch, true) < 0
           || find(ch, &index) != NULL;
}

static bool can_put(tern_chan *ch)
{
    return (ch->node != NULL && tern__rendezvous.can_put(ch)) || tern__wire_can_offer(ch);
}

static void lay_out(tern_chan *ch, size_t senders)
{
    if (ch->mixed)
        tern__rendezvous.lay_out(ch, senders);
    else
        tern__wire_lay_out(ch, senders);
}

const struct tern__transport tern__wire_handshake = {
    .name = "wire",
    .lay_out = lay_out,
    .put = put,
    .take = take,
    .can_put = can_put,
    .can_take = can_take,
    .reserve = tern__no_slot,
    .peek = tern__no_peek,
    .len = tern__wire_no_len,
    .goodbye = tern__wire_goodbye,
    .withdraw = withdraw,
};
