/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending and receiving: attempts that never wait, and waiting until one succeeds. */
#include "config.h"

#include "chan/chan_private.h"

#include <errno.h>
#include <signal.h>

/* ---- What several transports have in common ---------------------------------------------------
 */

void tern__shared_goodbye(tern_chan *ch, int role)
{
    _Atomic uint32_t *left = role == TERN_SENDER ? &ch->shared->senders : &ch->shared->receivers;

    atomic_fetch_sub_explicit(left, 1, memory_order_release);
}

int tern__no_slot(tern_chan *ch, void **out)
{
    (void)ch, (void)out;
    return TERN_ENOTSUP;
}

int tern__no_peek(tern_chan *ch, const void **out, size_t *bytes)
{
    (void)ch, (void)out, (void)bytes;
    return TERN_ENOTSUP;
}

const void *tern__self(void)
{
    static _Thread_local char here;

    return &here;
}

size_t tern__ends(const tern_chan *ch, int role)
{
    size_t n = 0;

    for (size_t i = 0; i < ch->ends_n; i++)
        n += (ch->ends[i].role & role) != 0;
    return n;
}

/* ---- Attempts ------------------------------------------------------------------------------- */

int tern__no_receivers(const tern_chan *ch)
{
    return tern_fail(TERN_EPIPE, NULL, "channel '%s': all receivers have left", ch->name);
}

int tern__try_send(tern_chan *ch, const void *items, size_t bytes, size_t n, size_t *done) /* hot */
{
    int error = TERN_EAGAIN;

    if (atomic_load_explicit(&ch->shared->receivers, memory_order_relaxed) == 0) {
        *done = tern__give_up(ch); /* the last receiver may have taken the item on offer */
        return *done ? TERN_OK : tern__no_receivers(ch);
    }
    tern__lock(ch, &ch->send_lock);
    if (ch->reserved == NULL)
        error = ch->transport->put(ch, items, bytes, n, done);
    if (error == TERN_OK)
        ch->stats.sent += *done;
    tern__unlock(ch, &ch->send_lock);
    return error;
}

bool tern__can_send(tern_chan *ch)
{
    tern__lock(ch, &ch->send_lock);
    bool can = ch->transport->can_put(ch);
    tern__unlock(ch, &ch->send_lock);
    return can || atomic_load(&ch->shared->receivers) == 0;
}

bool tern__can_recv(tern_chan *ch)
{
    tern__lock(ch, &ch->recv_lock);
    bool can = ch->transport->can_take(ch);
    tern__unlock(ch, &ch->recv_lock);
    return can || tern__all_closed(ch);
}

bool tern__give_up(tern_chan *ch)
{
    bool sent = false;

    if (ch->transport->withdraw == NULL)
        return false;
    tern__lock(ch, &ch->send_lock);
    sent = !ch->transport->withdraw(ch);
    ch->stats.sent += sent;
    tern__unlock(ch, &ch->send_lock);
    return sent;
}

/* A receiver that waits takes an offer at once, if it is awake. */
int tern__try_send_once(tern_chan *ch, const void *item, size_t bytes)
{
    enum { PATIENCE = 1000 }; /* looks */
    size_t done = 0;

    if (ch->transport->withdraw == NULL)
        return tern__try_send(ch, item, bytes, 1, &done);
    if (!tern__can_send(ch))
        return TERN_EAGAIN;
    for (int looks = 0; looks < PATIENCE; looks++) {
        int error = tern__try_send(ch, item, bytes, 1, &done);
        if (error != TERN_EAGAIN)
            return error;
        if (looks % 16 == 15)
            sched_yield();
    }
    return tern__give_up(ch) ? TERN_OK : TERN_EAGAIN;
}

static int take(tern_chan *ch, void *items, size_t room, size_t n, size_t *done,
                size_t *bytes) /* hot */
{
    int error = TERN_EAGAIN;

    tern__lock(ch, &ch->recv_lock);
    if (ch->peeked == NULL)
        error = ch->transport->take(ch, items, room, n, done, bytes);
    /* What the last sender sent before it closed is there now, if it was not before. */
    if (error == TERN_EAGAIN && ch->peeked == NULL && tern__all_closed(ch)) {
        error = ch->transport->take(ch, items, room, n, done, bytes);
        error = error == TERN_EAGAIN ? TERN_CLOSED : error;
    }
    if (error == TERN_OK)
        ch->stats.received += *done;
    tern__unlock(ch, &ch->recv_lock);
    return error;
}

int tern__try_recv(tern_chan *ch, void *items, size_t room, size_t n, size_t *done,
                   size_t *bytes) /* hot */
{
    int error = take(ch, items, room, n, done, bytes);

    if (error == TERN_EAGAIN && ch->wire != NULL)
        tern_chores_run(); /* a rank that polls one channel must answer on the others */
    return error;
}

void tern__announce(tern_chan *ch, int by)
{
    if (ch->transport->withdraw == NULL)
        return;
    atomic_fetch_add(&ch->shared->waiting_receivers, (uint32_t)by);
    if (ch->node != NULL && ch->node != ch->shared)
        atomic_fetch_add(&ch->node->waiting_receivers, (uint32_t)by);
}

/* ---- What stands in the way ----------------------------------------------------------------- */

int tern__may(const tern_chan *ch, int role, const char *what, const char *where)
{
    if (ch == NULL)
        return tern_fail(TERN_EINVAL, where, "%s: the channel is NULL", what);
    if (role == TERN_SENDER ? ch->sends : ch->receives)
        return TERN_OK;
    return tern_fail(TERN_EINVAL, where, "%s: this rank is no %s of channel '%s', or no more", what,
                     role == TERN_SENDER ? "sender" : "receiver", ch->name);
}

int tern__check_peers(const tern_chan *ch, const char *where)
{
    for (size_t i = 0; i < ch->ends_n && ch->sees_pids; i++)
        if (kill(ch->ends[i].pid, 0) != 0 && errno == ESRCH)
            return tern_fail(TERN_EPEER, where, "channel '%s': rank %d has died", ch->name,
                             ch->ends[i].rank);
    return TERN_OK;
}

int tern__look_on(const tern_chan *ch, int error, unsigned *looks, const char *where)
{
    if (error != TERN_EAGAIN || ++*looks % TERN__LOOKS != 0)
        return error;
    error = tern__check_peers(ch, where);
    return error ? error : TERN_EAGAIN;
}

int tern__late_chan(tern_chan *ch, const char *what, const char *where)
{
    return tern_fail(TERN_ETIMEDOUT, where,
                     "%s on channel '%s': the deadline passed; %zu of %zu "
                     "items are in it",
                     what, ch->name, tern_chan_len(ch), ch->capacity);
}

static int wrong_size(const tern_chan *ch, const char *what, bool variable, const char *where)
{
    if ((ch->item == TERN_VARIABLE) == variable)
        return TERN_OK;
    return tern_fail(TERN_EINVAL, where, "%s: the items of channel '%s' have %s", what, ch->name,
                     variable ? "a fixed size: use the call without bytes"
                              : "sizes of their own: use the call with bytes");
}

int tern__fits(const tern_chan *ch, size_t bytes, const char *what, const char *where)
{
    if (bytes <= ch->layout.width)
        return TERN_OK;
    return tern_fail(TERN_EINVAL, where,
                     "%s: %zu bytes are more than the %zu that channel '%s' was opened for", what,
                     bytes, ch->layout.width, ch->name);
}

/* ---- Sending -------------------------------------------------------------------------------- */

struct attempt {
    tern_chan *ch;
    const char *where;
    void *items;
    size_t bytes; /* of an item, sent or received; room for one */
    size_t room;
    size_t n;
    size_t done;
    unsigned looks;
};

static int look_send(void *state)
{
    struct attempt *a = state;
    int error = tern__try_send(a->ch, a->items, a->bytes, a->n, &a->done);

    return tern__look_on(a->ch, error, &a->looks, a->where);
}

/* The slow way, when the first attempt would have to wait. */
static int wait_send(struct attempt *a, tern_deadline deadline)
{
    tern_chan *ch = a->ch;

    tern__count_wait(ch, TERN_SENDER);
    int error = tern_wait_for_at(ch->comm, look_send, a, "chan_send", deadline, a->where);
    if (error && tern__give_up(ch)) {
        a->done = 1;
        return TERN_OK;
    }
    return tern__is_late(error) ? tern__late_chan(ch, "send", a->where) : error;
}

static int send_one(tern_chan *ch, const void *item, size_t bytes, tern_deadline deadline,
                    const char *where) /* hot */
{
    size_t done = 0;
    int error = tern__try_send(ch, item, bytes, 1, &done);

    if (error != TERN_EAGAIN)
        return error;
    struct attempt a = {.ch = ch, .where = where, .items = (void *)item, .bytes = bytes, .n = 1};
    return wait_send(&a, deadline);
}

int tern_chan_send_at(tern_chan *ch, const void *item, tern_deadline deadline,
                      const char *where) /* hot */
{
    if (ch != NULL && ch->send_one != NULL && ch->send_one(ch, item))
        return TERN_OK;
    int error = tern__may(ch, TERN_SENDER, "send", where);
    if (!error)
        error = wrong_size(ch, "send", false, where);
    return error ? error : send_one(ch, item, ch->item, deadline, where);
}

static int may_send_bytes(const tern_chan *ch, size_t bytes, const char *what, const char *where)
{
    int error = tern__may(ch, TERN_SENDER, what, where);

    if (!error)
        error = wrong_size(ch, what, true, where);
    return error ? error : tern__fits(ch, bytes, what, where);
}

int tern_chan_send_bytes_at(tern_chan *ch, const void *item, size_t bytes, tern_deadline deadline,
                            const char *where)
{
    int error = may_send_bytes(ch, bytes, "send_bytes", where);

    return error ? error : send_one(ch, item, bytes, deadline, where);
}

int tern_chan_trysend_bytes(tern_chan *ch, const void *item, size_t bytes)
{
    int error = may_send_bytes(ch, bytes, "trysend_bytes", NULL);

    return error ? error : tern__try_send_once(ch, item, bytes);
}

int tern_chan_trysend(tern_chan *ch, const void *item)
{
    int error = tern__may(ch, TERN_SENDER, "trysend", NULL);

    if (!error)
        error = wrong_size(ch, "trysend", false, NULL);
    return error ? error : tern__try_send_once(ch, item, ch->item);
}

int tern_chan_sendv_at(tern_chan *ch, const void *items, size_t n, size_t *sent,
                       tern_deadline deadline, const char *where)
{
    const unsigned char *next = items;
    size_t left = n;
    int error = tern__may(ch, TERN_SENDER, "sendv", where);

    if (!error)
        error = wrong_size(ch, "sendv", false, where);
    while (!error && left > 0) { /* hot */
        size_t done = 0;
        error = tern__try_send(ch, next, ch->item, left, &done);
        if (error == TERN_EAGAIN) {
            struct attempt a = {
                .ch = ch, .where = where, .items = (void *)next, .bytes = ch->item, .n = left};
            error = wait_send(&a, deadline);
            done = a.done;
        }
        next += done * ch->item;
        left -= done;
    }
    if (sent != NULL)
        *sent = n - left;
    return error;
}

/* ---- Receiving ------------------------------------------------------------------------------ */

static int look_recv(void *state)
{
    struct attempt *a = state;
    int error = take(a->ch, a->items, a->room, a->n, &a->done, &a->bytes);

    return tern__look_on(a->ch, error, &a->looks, a->where);
}

static int wait_recv(struct attempt *a, tern_deadline deadline)
{
    tern_chan *ch = a->ch;

    tern__count_wait(ch, TERN_RECEIVER);
    tern__announce(ch, 1);
    int error = tern_wait_for_at(ch->comm, look_recv, a, "chan_recv", deadline, a->where);
    tern__announce(ch, -1);
    return tern__is_late(error) ? tern__late_chan(ch, "recv", a->where) : error;
}

/* Up to a->n items. */
static int receive(struct attempt *a, tern_deadline deadline) /* hot */
{
    int error = tern__try_recv(a->ch, a->items, a->room, a->n, &a->done, &a->bytes);

    return error == TERN_EAGAIN ? wait_recv(a, deadline) : error;
}

int tern_chan_recv_at(tern_chan *ch, void *item, tern_deadline deadline,
                      const char *where) /* hot */
{
    if (ch != NULL && ch->recv_one != NULL && ch->recv_one(ch, item))
        return TERN_OK;
    int error = tern__may(ch, TERN_RECEIVER, "recv", where);
    if (!error)
        error = wrong_size(ch, "recv", false, where);
    if (error)
        return error;
    struct attempt a = {
        .ch = ch, .where = where, .items = item, .bytes = ch->item, .room = ch->item, .n = 1};
    return receive(&a, deadline);
}

static int may_recv_bytes(const tern_chan *ch, const char *what, const char *where)
{
    int error = tern__may(ch, TERN_RECEIVER, what, where);

    return error ? error : wrong_size(ch, what, true, where);
}

/* What an attempt to receive has come to. */
static int tell_bytes(const struct attempt *a, int error, const char *what, size_t *bytes)
{
    if (error == TERN_OK || error == TERN_ETRUNC)
        *bytes = a->bytes;
    if (error != TERN_ETRUNC)
        return error;
    return tern_fail(error, a->where,
                     "%s on channel '%s': the item has %zu bytes, the buffer %zu; it stays", what,
                     a->ch->name, a->bytes, a->room);
}

int tern_chan_recv_bytes_at(tern_chan *ch, void *item, size_t room, size_t *bytes,
                            tern_deadline deadline, const char *where)
{
    struct attempt a = {.ch = ch, .where = where, .items = item, .room = room, .n = 1};
    int error = may_recv_bytes(ch, "recv_bytes", where);

    return error ? error : tell_bytes(&a, receive(&a, deadline), "recv_bytes", bytes);
}

int tern_chan_tryrecv_bytes(tern_chan *ch, void *item, size_t room, size_t *bytes)
{
    struct attempt a = {.ch = ch, .room = room};
    int error = may_recv_bytes(ch, "tryrecv_bytes", NULL);

    if (error)
        return error;
    error = tern__try_recv(ch, item, room, 1, &a.done, &a.bytes);
    return tell_bytes(&a, error, "tryrecv_bytes", bytes);
}

int tern_chan_tryrecv(tern_chan *ch, void *item)
{
    size_t done = 0, bytes;
    int error = tern__may(ch, TERN_RECEIVER, "tryrecv", NULL);

    if (!error)
        error = wrong_size(ch, "tryrecv", false, NULL);
    if (error)
        return error;
    bytes = ch->item;
    return tern__try_recv(ch, item, ch->item, 1, &done, &bytes);
}

int tern_chan_recvv_at(tern_chan *ch, void *items, size_t most, size_t *got, tern_deadline deadline,
                       const char *where)
{
    int error = tern__may(ch, TERN_RECEIVER, "recvv", where);

    if (!error)
        error = wrong_size(ch, "recvv", false, where);
    if (!error && most == 0)
        error = tern_fail(TERN_EINVAL, where, "recvv: room for no item");
    if (error)
        return error;
    struct attempt a = {
        .ch = ch, .where = where, .items = items, .bytes = ch->item, .room = ch->item, .n = most};
    error = receive(&a, deadline);
    if (error == TERN_OK)
        *got = a.done;
    return error;
}
