/* SPDX-License-Identifier: BSD-3-Clause */
/* Items sent and received where they lie in the channel. */
#include "config.h"

#include "chan/chan_private.h"

struct slot {
    tern_chan *ch;
    const char *where;
    void *room;
    const void *item;
    size_t bytes;
    unsigned looks;
};

static int try_reserve(struct slot *s)
{
    tern_chan *ch = s->ch;
    int error = TERN_EAGAIN;

    if (atomic_load_explicit(&ch->shared->receivers, memory_order_relaxed) == 0)
        return tern__no_receivers(ch);
    tern__lock(ch, &ch->send_lock);
    if (ch->reserved == NULL)
        error = ch->transport->reserve(ch, &s->room);
    if (error == TERN_OK)
        ch->reserved = s->room;
    tern__open_short_ways(ch);
    tern__unlock(ch, &ch->send_lock);
    return error;
}

static int look_reserve(void *state)
{
    struct slot *s = state;

    return tern__look_on(s->ch, try_reserve(s), &s->looks, s->where);
}

static int not_here(const tern_chan *ch, const char *what, const char *where)
{
    return tern_fail(TERN_ENOTSUP, where, "%s: channel '%s' has capacity 0, and so no room", what,
                     ch->name);
}

int tern_chan_reserve_at(tern_chan *ch, void **slot, tern_deadline deadline, const char *where)
{
    struct slot s = {.ch = ch, .where = where};
    int error = tern__may(ch, TERN_SENDER, "reserve", where);

    if (error)
        return error;
    if (ch->capacity == 0)
        return not_here(ch, "reserve", where);
    if (ch->reserved != NULL && !ch->threads)
        return tern_fail(TERN_EINVAL, where,
                         "reserve: channel '%s' has a slot to be committed first", ch->name);
    error = try_reserve(&s);
    if (error == TERN_EAGAIN) {
        tern__count_wait(ch, TERN_SENDER);
        error = tern_wait_for_at(ch->comm, look_reserve, &s, "chan_reserve", deadline, where);
    }
    if (tern__is_late(error))
        return tern__late_chan(ch, "reserve", where);
    if (error == TERN_OK)
        *slot = s.room;
    return error;
}

int tern_chan_commit(tern_chan *ch, size_t bytes)
{
    int error = tern__may(ch, TERN_SENDER, "commit", NULL);

    if (error)
        return error;
    if (ch->reserved == NULL)
        return tern_fail(TERN_EINVAL, NULL, "commit: nothing is reserved in channel '%s'",
                         ch->name);
    error = ch->item == TERN_VARIABLE ? tern__fits(ch, bytes, "commit", NULL) : TERN_OK;
    if (error)
        return error;
    tern__lock(ch, &ch->send_lock);
    error = ch->transport->commit(ch, bytes);
    ch->reserved = NULL;
    tern__open_short_ways(ch);
    ch->stats.sent += error == TERN_OK;
    tern__unlock(ch, &ch->send_lock);
    return error;
}

static int try_peek(struct slot *s)
{
    tern_chan *ch = s->ch;
    int error = TERN_EAGAIN;

    tern__lock(ch, &ch->recv_lock);
    if (ch->peeked == NULL) {
        error = ch->transport->peek(ch, &s->item, &s->bytes);
        if (error == TERN_EAGAIN && tern__all_closed(ch)) {
            error = ch->transport->peek(ch, &s->item, &s->bytes);
            error = error == TERN_EAGAIN ? TERN_CLOSED : error;
        }
    }
    if (error == TERN_OK)
        ch->peeked = s->item;
    tern__open_short_ways(ch);
    tern__unlock(ch, &ch->recv_lock);
    return error;
}

static int look_peek(void *state)
{
    struct slot *s = state;

    return tern__look_on(s->ch, try_peek(s), &s->looks, s->where);
}

int tern_chan_peek_at(tern_chan *ch, const void **slot, size_t *bytes, tern_deadline deadline,
                      const char *where)
{
    struct slot s = {.ch = ch, .where = where};
    int error = tern__may(ch, TERN_RECEIVER, "peek", where);

    if (error)
        return error;
    if (ch->capacity == 0)
        return not_here(ch, "peek", where);
    if (ch->peeked != NULL && !ch->threads)
        return tern_fail(TERN_EINVAL, where, "peek: channel '%s' has an item to be released first",
                         ch->name);
    error = try_peek(&s);
    if (error == TERN_EAGAIN) {
        tern__count_wait(ch, TERN_RECEIVER);
        error = tern_wait_for_at(ch->comm, look_peek, &s, "chan_peek", deadline, where);
    }
    if (tern__is_late(error))
        return tern__late_chan(ch, "peek", where);
    if (error != TERN_OK)
        return error;
    *slot = s.item;
    if (bytes != NULL)
        *bytes = s.bytes;
    return TERN_OK;
}

int tern_chan_release(tern_chan *ch)
{
    int error = tern__may(ch, TERN_RECEIVER, "release", NULL);

    if (error)
        return error;
    if (ch->peeked == NULL)
        return tern_fail(TERN_EINVAL, NULL, "release: no item of channel '%s' is looked at",
                         ch->name);
    tern__lock(ch, &ch->recv_lock);
    error = ch->transport->release(ch);
    ch->peeked = NULL;
    tern__open_short_ways(ch);
    ch->stats.received += error == TERN_OK;
    tern__unlock(ch, &ch->recv_lock);
    return error;
}
