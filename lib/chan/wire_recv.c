/* SPDX-License-Identifier: BSD-3-Clause */
/* The receiver's side of the wire. */
#include "config.h"

#include "chan/wire.h"

enum {
    FAR_EVERY = 16, /* looks at other nodes first, so that this one does not shut them out */
    HEAR_EVERY = 32 /* items: whether a sender is dry, which costs half as much as an item */
};

int tern__wire_repost(tern_chan *ch) /* hot */
{
    struct tern__wire *w = ch->wire;
    struct tern__arrival *a = &w->arrivals[w->next];

    w->next = w->next + 1 < w->arrivals_n ? w->next + 1 : 0;
    a->ready = false;
    return tern__wire_start(&a->req.mpi);
}

int tern__wire_reply(tern_chan *ch, size_t origin, int64_t word)
{
    struct tern__origin *o = &ch->wire->origins[origin];
    if (o->left)
        return TERN_OK;
    return tern__wire_note(ch->wire, ch->wire->back, &o->notes, (int)origin, 0, word);
}

/* What is no item is seen to here. */
static void see_to(tern_chan *ch, const struct tern__arrival *a, int tag)
{
    struct tern__origin *o = &ch->wire->origins[a->source];

    if (tag == TERN__CLOSE) {
        o->open = false;
        atomic_fetch_sub(&ch->shared->senders, 1);
    } else if (tag == TERN__ASK) {
        o->asks = true;
    } else if (tag == TERN__OFFER) {
        o->bytes = (size_t) * (const int64_t *)(const void *)a->items;
        o->invited = false;
        o->offers = true;
        o->offers_n++;
    } else if (tag == TERN__OVER) {
        o->offers = false;
    } else if (o->offers) { /* else it is taken, and the credit under way is the answer */
        o->offers = false;
        o->retracted = true;
    }
}

static int far_arrival(tern_chan *ch, struct tern__arrival **out) /* hot */
{
    struct tern__wire *w = ch->wire;

    for (;;) {
        struct tern__arrival *a = &w->arrivals[w->next];
        MPI_Status s;
        *out = a;
        if (a->ready)
            return TERN_OK;
        int error = tern__wire_test(&a->req.mpi, &s);
        if (error)
            return error;
        a->source = s.MPI_SOURCE;
        a->at = 0;
        if (s.MPI_TAG > TERN__ITEMS) {
            a->left = (size_t)(s.MPI_TAG - TERN__ITEMS) % TERN__WAITED;
            if (s.MPI_TAG > TERN__ITEMS + TERN__WAITED)
                w->origins[a->source].exact = w->origins[a->source].room;
            a->bytes = ch->item == TERN_VARIABLE ? tern_status_of(&s).bytes : ch->item;
            a->ready = true;
            return TERN_OK;
        }
        see_to(ch, a, s.MPI_TAG);
        error = tern__wire_repost(ch);
        if (error)
            return error;
    }
}

int tern__wire_arrival(tern_chan *ch, struct tern__arrival **out) /* hot */
{
    struct tern__wire *w = ch->wire;

    if (w->near_origins == 0)
        return far_arrival(ch, out);
    bool far_first = ++w->looks % FAR_EVERY == 0;
    if (!far_first && tern__wire_near_arrival(ch, out))
        return TERN_OK;
    int error = far_arrival(ch, out);
    return error == TERN_EAGAIN && far_first && tern__wire_near_arrival(ch, out) ? TERN_OK : error;
}

int tern__wire_await_arrival(tern_chan *ch, struct tern__arrival **out) /* hot */
{
    int error = TERN_EAGAIN;

    for (int looks = 0; looks < TERN__SHORT_WAY && error == TERN_EAGAIN; looks++)
        error = tern__wire_arrival(ch, out);
    return error;
}

/* ---- Credits --------------------------------------------------------------------------------- */

/* Give back what is owed, if it is at least `least`.  What cannot go now goes the next time. */
int tern__wire_give(tern_chan *ch, size_t origin, size_t least) /* hot */
{
    struct tern__origin *o = &ch->wire->origins[origin];

    if (o->owed < least)
        return TERN_OK;
    int error = tern__wire_reply(ch, origin, (int64_t)o->owed);
    if (error == TERN_OK) {
        ch->wire->owed -= o->owed;
        o->owed = 0;
    }
    return error == TERN_EAGAIN ? TERN_OK : error;
}

int tern__wire_hear(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    MPI_Status s;
    int error;

    while ((error = tern__wire_test(&w->dry_req.mpi, &s)) == TERN_OK) {
        struct tern__origin *o = &w->origins[s.MPI_SOURCE];
        o->exact = o->room;
        error = tern__wire_give(ch, (size_t)s.MPI_SOURCE, 1);
        error = error ? error : tern__wire_start(&w->dry_req.mpi);
        if (error)
            return error;
    }
    return error == TERN_EAGAIN ? TERN_OK : error;
}

int tern__wire_give_all(tern_chan *ch)
{
    int error = tern__wire_hear(ch);

    for (size_t i = 0; i < ch->ends_n && ch->wire->owed > 0 && !error; i++)
        error = tern__wire_give(ch, i, 1);
    return error;
}

static int consume(tern_chan *ch, struct tern__arrival *a, size_t n) /* hot */
{
    struct tern__origin *o = &ch->wire->origins[a->source];
    size_t source = (size_t)a->source, half = ch->wire->permits != NULL ? 1 : o->room / 2;
    int error = TERN_OK;

    a->at += n;
    a->left -= n;
    if (o->near) {
        tern__ring_consume(&o->ring, n);
        return TERN_OK;
    }
    o->owed += n;
    ch->wire->owed += n;
    if (a->left == 0)
        error = tern__wire_repost(ch);
    if (o->exact > 0) {
        o->exact -= n < o->exact ? n : o->exact;
        half = 1;
    }
    return error ? error : tern__wire_give(ch, source, half > 0 ? half : 1);
}

/* ---- Items ----------------------------------------------------------------------------------- */

int tern__wire_take(tern_chan *ch, unsigned char *items, size_t most, size_t n, size_t *done,
                    size_t *bytes) /* hot */
{
    struct tern__arrival *a;
    size_t got = 0;
    int error = TERN_OK;

    while (got < n && (error = tern__wire_arrival(ch, &a)) == TERN_OK) {
        size_t part = a->left < n - got ? a->left : n - got;
        *bytes = a->bytes;
        if (*bytes > most)
            return TERN_ETRUNC;
        tern__copy(items + got * most, a->items + a->at * *bytes, part * *bytes);
        got += part;
        error = consume(ch, a, part);
        if (error)
            break;
    }
    *done = got;
    if (got > 0 && tern__wire_hear(ch) != TERN_OK)
        ch->wire->broken = true;
    return got > 0 ? TERN_OK : error;
}

bool tern__wire_recv_one(tern_chan *ch, void *item) /* hot */
{
    struct tern__arrival *a;

    if (ch->wire->broken || tern__wire_await_arrival(ch, &a) != TERN_OK)
        return false;
    tern__copy(item, a->items + a->at * ch->item, ch->item);
    ch->wire->broken = consume(ch, a, 1) != TERN_OK;
    if (++ch->stats.received % HEAR_EVERY == 0)
        ch->wire->broken |= tern__wire_hear(ch) != TERN_OK;
    return true;
}

bool tern__wire_can_take(tern_chan *ch)
{
    struct tern__arrival *a;

    return tern__wire_arrival(ch, &a) != TERN_EAGAIN;
}

int tern__wire_peek(tern_chan *ch, const void **out, size_t *bytes)
{
    struct tern__arrival *a;
    int error = tern__wire_arrival(ch, &a);

    if (error)
        return error;
    *bytes = a->bytes;
    *out = a->items + a->at * ch->layout.width;
    ch->wire->peeked = a;
    return TERN_OK;
}

int tern__wire_release(tern_chan *ch)
{
    return consume(ch, ch->wire->peeked, 1);
}

/* A sender knows what is not known to be received; a receiver sees what has arrived. */
size_t tern__wire_len(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    size_t n = 0;
    struct tern__arrival *a;

    if (ch->sends)
        (void)tern__wire_words(ch);
    for (size_t i = 0; i < w->lanes_n; i++)
        n += w->lanes[i].left ? 0 : w->lanes[i].room - w->lanes[i].credits;
    if (ch->sends)
        return n;
    for (size_t i = 0; i < ch->ends_n && w->near_origins > 0; i++)
        n += w->origins[i].near ? tern__ring_len(&w->origins[i].ring) : 0;
    return far_arrival(ch, &a) == TERN_OK ? n + a->left : n;
}
