/* SPDX-License-Identifier: BSD-3-Clause */
/* A channel that is one ring: see ring.h. */
#include "config.h"

#include "chan/ring.h"

enum { LONG = 1024 /* bytes, from where an item is worth a line's border */ };

void tern__ring_lay_out(struct tern__layout *l, size_t items, bool sizes)
{
    size_t head = sizeof(uint64_t) * (sizes ? 2 : 1);

    l->per = 1;
    l->offset = l->width < LONG ? head : TERN__LINE;
    l->stride = (l->offset + l->width + TERN__LINE - 1) / TERN__LINE * TERN__LINE;
    if (!sizes && l->stride == TERN__LINE)
        l->per = (TERN__LINE - sizeof(uint64_t)) / l->width;
    l->cells = (items + l->per - 1) / l->per;
    if (l->stride == TERN__LINE)
        l->cells += TERN__CLAIM + 2;
}

size_t tern__ring_len(const struct tern__ring *r)
{
    struct tern__ring seen = *r;
    size_t n = 0;

    seen.at.known = seen.at.count;
    for (size_t i = 0; i <= r->layout.cells; i++) {
        size_t here = tern__ring_there(&seen);
        if (here == 0)
            break;
        n += here;
        tern__ring_advance(&seen, here);
    }
    return n;
}

static void lay_out(tern_chan *ch, size_t senders)
{
    (void)senders;
    tern__ring_lay_out(&ch->layout, ch->capacity, ch->item == TERN_VARIABLE);
}

static void connect(tern_chan *ch)
{
    ch->out = ch->in =
        tern__ring_at(ch, &ch->layout, ch->capacity, &ch->shared->taken, ch->shared->cells);
}

/* ---- The sender's side ---------------------------------------------------------------------- */

static int put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n,
               size_t *done) /* hot */
{
    *done = tern__ring_put(&ch->out, items, bytes, n);
    return *done > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool send_one(tern_chan *ch, const void *item) /* hot */
{
    if (atomic_load_explicit(&ch->shared->receivers, memory_order_relaxed) == 0
        || tern__ring_room(&ch->out) == 0)
        return false;
    tern__copy(tern__ring_slot(&ch->out), item, ch->item);
    tern__ring_publish(&ch->out, 1);
    ch->stats.sent++;
    return true;
}

static bool can_put(tern_chan *ch)
{
    return tern__ring_room(&ch->out) > 0;
}

static int reserve(tern_chan *ch, void **out)
{
    if (tern__ring_room(&ch->out) == 0)
        return TERN_EAGAIN;
    *out = tern__ring_slot(&ch->out);
    return TERN_OK;
}

static int commit(tern_chan *ch, size_t bytes)
{
    tern__ring_commit(&ch->out, bytes);
    return TERN_OK;
}

/* ---- The receiver's side -------------------------------------------------------------------- */

static int take(tern_chan *ch, unsigned char *items, size_t most, size_t n, size_t *done,
                size_t *bytes) /* hot */
{
    struct tern__ring *in = &ch->in;
    size_t got = 0, ready;

    while (got < n && (ready = tern__ring_there(in)) > 0) {
        size_t part = n - got < ready ? n - got : ready;
        if (in->sizes)
            *bytes = (size_t)*tern__ring_size(in);
        if (in->sizes && *bytes > most)
            return TERN_ETRUNC;
        tern__copy(items + got * most, tern__ring_slot(in), part * *bytes);
        tern__ring_consume(in, part);
        got += part;
    }
    *done = got;
    return got > 0 ? TERN_OK : TERN_EAGAIN;
}

static bool recv_one(tern_chan *ch, void *item) /* hot */
{
    if (tern__ring_there(&ch->in) == 0)
        return false;
    tern__copy(item, tern__ring_slot(&ch->in), ch->item);
    tern__ring_consume(&ch->in, 1);
    ch->stats.received++;
    return true;
}

static bool can_take(tern_chan *ch)
{
    return tern__ring_there(&ch->in) > 0;
}

static int peek(tern_chan *ch, const void **out, size_t *bytes)
{
    if (tern__ring_there(&ch->in) == 0)
        return TERN_EAGAIN;
    *bytes = ch->in.sizes ? (size_t)*tern__ring_size(&ch->in) : ch->item;
    *out = tern__ring_slot(&ch->in);
    return TERN_OK;
}

static int release(tern_chan *ch)
{
    tern__ring_consume(&ch->in, 1);
    return TERN_OK;
}

/* The sender knows; a receiver looks. */
static size_t len(tern_chan *ch)
{
    if (!ch->sends)
        return tern__ring_len(&ch->in);
    tern__ring_look(&ch->out);
    return (size_t)(ch->out.at.count - ch->out.at.known);
}

const struct tern__transport tern__ring = {
    .name = "ring",
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
