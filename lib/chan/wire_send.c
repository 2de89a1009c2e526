/* SPDX-License-Identifier: BSD-3-Clause */
/* The sender's side of the wire. */
#include "config.h"

#include "chan/wire.h"

enum {
    LOOK_EVERY = 16, /* sends between two looks at what came back: a look costs as much as a send */
    PATIENCE = 64    /* looks for credits, for each item of the capacity, before receivers are told:
                        those that do nothing else have taken half of them by then */
};

static int take_word(tern_chan *ch, int source, int64_t word)
{
    struct tern__wire *w = ch->wire;
    struct tern__lane *l = w->lanes;

    while (l->rank != source)
        l++;
    if (word > 0) {
        l->credits += (size_t)word;
        l->said_dry = false;
    } else if (word == TERN__RETRACTED)
        w->retracted = true;
    else if (word == TERN__LEAVE && !l->left) {
        l->left = true;
        w->left_n++;
        tern__wire_near_look(l);
        atomic_fetch_sub(&ch->shared->receivers, 1);
        return tern__wire_bequeath(ch, l);
    } else if (word == TERN__INVITE)
        l->invited = true;
    else if (word < TERN__REQUEST)
        l->requested = (uint64_t)(TERN__REQUEST - word);
    else
        l->waiting = word == TERN__WAITING;
    return TERN_OK;
}

int tern__wire_words(tern_chan *ch) /* hot */
{
    struct tern__wire *w = ch->wire;
    MPI_Status s;
    int error;

    for (size_t i = 0; i < w->lanes_n && w->near_lanes > 0; i++)
        tern__wire_near_look(&w->lanes[i]);
    while (w->left_n < w->lanes_n && ch->reserved == NULL /* whose lane must stay as it is */
           && (error = tern__wire_test(&w->word_req.mpi, &s)) != TERN_EAGAIN) {
        if (error)
            return error;
        error = take_word(ch, s.MPI_SOURCE, w->word);
        if (error || w->left_n == w->lanes_n)
            return error;
        error = tern__wire_start(&w->word_req.mpi);
        if (error)
            return error;
        if (w->lanes_n == 1 && ch->capacity > 0 && w->lanes[0].credits > 0)
            break; /* looking for more would cost as much as a send */
    }
    return TERN_OK;
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

/* The receiver who is ready soonest; NULL if all that this sender has credits with have left. */
static struct tern__lane *best(const struct tern__wire *w) /* hot */
{
    struct tern__lane *l = NULL;

    for (size_t i = 0; i < w->lanes_n; i++)
        if (!w->lanes[i].left && w->lanes[i].room > 0
            && (l == NULL || w->lanes[i].credits > l->credits))
            l = &w->lanes[i];
    return l;
}

bool tern__wire_reap(struct tern__lane *l, bool all)
{
    while (l->first_message < l->messages_n) {
        struct tern__message *m = &l->messages[l->first_message % l->room];
        if (tern__wire_test(&m->req, MPI_STATUS_IGNORE) == TERN_EAGAIN)
            return !all;
        l->reaped += m->n;
        l->first_message++;
    }
    return true;
}

unsigned char *tern__wire_slot(const tern_chan *ch, const struct tern__lane *l)
{
    return l->items + l->at * ch->layout.width;
}

/* Items that can be sent on the lane in one message now. */
static size_t fits(const tern_chan *ch, struct tern__lane *l) /* hot */
{
    if (l->near)
        return l->credits;
    size_t most = ch->wire->message_bytes / ch->layout.width;
    size_t to_end = l->room - l->at;

    most = most < l->credits ? most : l->credits;
    if (l->sent - l->reaped + most > l->room) { /* received, but MPI has not said so here */
        tern__wire_reap(l, false);
        size_t free = l->room - (size_t)(l->sent - l->reaped);
        most = most < free ? most : free;
    }
    return most < to_end ? most : to_end;
}

int tern__wire_send(tern_chan *ch, struct tern__lane *l, size_t n, size_t bytes) /* hot */
{
    MPI_Request req;
    int error = tern__wire_isend(ch->wire, ch->wire->there, tern__wire_slot(ch, l), n * bytes,
                                 l->rank, TERN__ITEMS + (int)n + l->waited * TERN__WAITED, &req);

    if (error)
        return error;
    if (l->bytes != NULL)
        l->bytes[l->at] = bytes;
    if (req != MPI_REQUEST_NULL || l->first_message < l->messages_n)
        l->messages[l->messages_n++ % l->room] = (struct tern__message){req, n};
    else
        l->reaped += n;
    l->waited = false;
    l->sent += n;
    l->credits -= n;
    l->at = l->at + n < l->room ? l->at + n : 0;
    return TERN_OK;
}

/* For the receivers who give their credits back in groups. */
static int say_dry(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;

    for (size_t i = 0; i < w->lanes_n; i++) {
        struct tern__lane *l = &w->lanes[i];
        if (l->left || l->near || l->room < 4 || l->credits > 0 || l->said_dry
            || tern__wire_test(&l->dry, MPI_STATUS_IGNORE) != TERN_OK)
            continue;
        if (MPI_Issend(NULL, 0, MPI_BYTE, l->rank, TERN__DRY, tern_comm_raw(w->back), &l->dry))
            return tern__wire_failed("MPI_Issend");
        l->said_dry = true;
    }
    return TERN_OK;
}

/* A lane with room for an item; NULL if none has, or in case of an error. */
static struct tern__lane *find(tern_chan *ch, size_t *room, int *error) /* hot */
{
    struct tern__wire *w = ch->wire;
    struct tern__lane *l = best(w);

    *error = TERN_OK;
    if (++w->looks % LOOK_EVERY == 0 || l == NULL || l->credits == 0) {
        *error = tern__wire_words(ch);
        l = best(w);
    }
    if (l == NULL && !*error)
        *error = tern__no_receivers(ch);
    *room = l != NULL && !*error ? fits(ch, l) : 0;
    if (*room > 0) {
        l->waited = w->vain >= PATIENCE * ch->capacity;
        w->vain = 0;
        return l;
    }
    if (++w->vain % (PATIENCE * ch->capacity) == 0 && !*error)
        *error = say_dry(ch);
    return NULL;
}

int tern__wire_put_on(tern_chan *ch, struct tern__lane *l, const unsigned char *items, size_t bytes,
                      size_t n) /* hot */
{
    if (l->near) {
        l->credits -= tern__ring_put(&l->ring, items, bytes, n);
        return TERN_OK;
    }
    tern__copy(tern__wire_slot(ch, l), items, n * bytes);
    return tern__wire_send(ch, l, n, bytes);
}

int tern__wire_put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n,
                   size_t *done) /* hot */
{
    size_t sent = 0, room;
    int error = TERN_OK;

    while (sent < n && !error) {
        struct tern__lane *l = find(ch, &room, &error);
        if (l == NULL)
            break;
        size_t part = n - sent < room ? n - sent : room;
        error = tern__wire_put_on(ch, l, items + sent * bytes, bytes, part);
        if (!error)
            sent += part;
    }
    *done = sent;
    return sent > 0 ? TERN_OK : error ? error : TERN_EAGAIN;
}

bool tern__wire_await_credit(tern_chan *ch, const struct tern__lane *l) /* hot */
{
    for (int looks = 0; looks < TERN__SHORT_WAY && l->credits == 0 && !l->left; looks++)
        if (tern__wire_words(ch) != TERN_OK)
            return false;
    return l->credits > 0 && !l->left;
}

bool tern__wire_send_one(tern_chan *ch, const void *item) /* hot */
{
    struct tern__wire *w = ch->wire;
    struct tern__lane *l = &w->lanes[0];

    if (w->lanes_n > 1 || l->first_message < l->messages_n || !tern__wire_await_credit(ch, l))
        return false;
    if (tern__wire_put_on(ch, l, item, ch->item, 1) != TERN_OK)
        return false;
    ch->stats.sent++;
    return true;
}

bool tern__wire_can_put(tern_chan *ch)
{
    size_t room;
    int error;

    return find(ch, &room, &error) != NULL || error;
}

int tern__wire_reserve(tern_chan *ch, void **out)
{
    size_t room;
    int error;
    struct tern__lane *l = find(ch, &room, &error);

    if (l == NULL)
        return error ? error : TERN_EAGAIN;
    ch->wire->reserved = l;
    *out = l->near ? tern__ring_slot(&l->ring) : tern__wire_slot(ch, l);
    return TERN_OK;
}

int tern__wire_commit(tern_chan *ch, size_t bytes)
{
    struct tern__lane *l = ch->wire->reserved;

    if (!l->near)
        return tern__wire_send(ch, l, 1, bytes);
    tern__ring_commit(&l->ring, bytes);
    l->credits--;
    return TERN_OK;
}
