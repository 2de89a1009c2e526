/* SPDX-License-Identifier: BSD-3-Clause */
/* Pairs of one node in a channel that spans several.  With room, the lane of such a pair is a ring
 * in shared memory, of the same credits as a lane of messages; that a sender closes, and a receiver
 * leaves, is said by messages.  The ring has cells for all credits of its sender, who may inherit
 * those of lanes whose receivers leave (wire_heir.c).  Without room, each sender has the cell of a
 * rendezvous: see wire_handshake.c. */
#include "config.h"

#include "chan/wire.h"

/* In shared memory, for a pair. */
struct near {
    _Alignas(TERN__PAIR) _Atomic uint64_t taken;
    _Alignas(TERN__PAIR) unsigned char cells[];
};

bool tern__wire_is_near(const tern_chan *ch, size_t a, size_t b)
{
    return ch->mixed && ch->ends[a].node == ch->ends[b].node;
}

static size_t ends_here(const tern_chan *ch, int role)
{
    size_t n = 0;

    for (size_t i = 0; i < ch->ends_n; i++)
        n += (ch->ends[i].role & role) != 0 && tern__wire_is_near(ch, i, ch->end);
    return n;
}

/* How items lie in each ring of the channel. */
static struct tern__layout lay_out(const tern_chan *ch)
{
    size_t senders = tern__ends(ch, TERN_SENDER), receivers = tern__ends(ch, TERN_RECEIVER);
    struct tern__layout l = {.width = ch->layout.width};
    size_t most = 0;

    for (size_t s = 0; s < senders; s++) {
        size_t all = 0;
        for (size_t r = 0; r < receivers; r++)
            all += tern__wire_credits(ch, s, r);
        most = all > most ? all : most;
    }
    tern__ring_lay_out(&l, most, ch->item == TERN_VARIABLE);
    return l;
}

static size_t bytes_of_pair(const struct tern__layout *l)
{
    return sizeof(struct near) + (l->cells * l->stride + TERN__PAIR - 1) / TERN__PAIR * TERN__PAIR;
}

size_t tern__wire_near_bytes(const tern_chan *ch)
{
    size_t senders = ends_here(ch, TERN_SENDER), receivers = ends_here(ch, TERN_RECEIVER);

    if (senders == 0 || receivers == 0)
        return 0;
    if (ch->capacity == 0)
        return sizeof(*ch->node) + ch->layout.cells * ch->layout.stride;
    struct tern__layout l = lay_out(ch);
    return senders * receivers * bytes_of_pair(&l);
}

/* The lane of a pair, on the side, or sides, that this rank is. */
static void connect(tern_chan *ch, size_t s, size_t r, const struct tern__layout *l,
                    struct near *pair)
{
    struct tern__wire *w = ch->wire;

    for (size_t i = 0; i < w->lanes_n && s == ch->end; i++)
        if (w->lanes[i].rank == (int)r)
            w->lanes[i].ring = tern__ring_at(ch, l, w->lanes[i].room, &pair->taken, pair->cells);
    if (r == ch->end)
        w->origins[s].ring = tern__ring_at(ch, l, w->origins[s].room, &pair->taken, pair->cells);
}

static void connect_all(tern_chan *ch, unsigned char *at)
{
    struct tern__layout l = lay_out(ch);

    for (size_t s = 0; s < ch->ends_n; s++)
        for (size_t r = 0; r < ch->ends_n; r++) {
            if (!(ch->ends[s].role & TERN_SENDER) || !(ch->ends[r].role & TERN_RECEIVER)
                || !tern__wire_is_near(ch, s, ch->end) || !tern__wire_is_near(ch, r, ch->end))
                continue;
            connect(ch, s, r, &l, (struct near *)(void *)at);
            at += bytes_of_pair(&l);
        }
}

int tern__wire_near_open(tern_chan *ch)
{
    size_t bytes = tern__wire_near_bytes(ch);
    MPI_Comm node;

    if (!ch->mixed)
        return TERN_OK;
    if (MPI_Comm_split(ch->ends_comm, ch->ends[ch->end].node, 0, &node))
        return tern__wire_failed("MPI_Comm_split");
    int error = bytes > 0 ? tern_window_open(node, bytes, &ch->wire->window) : TERN_OK;
    MPI_Comm_free(&node);
    if (error || bytes == 0)
        return error;
    if (ch->capacity == 0)
        ch->node = tern_window_base(ch->wire->window);
    else
        connect_all(ch, tern_window_base(ch->wire->window));
    return TERN_OK;
}

/* ---- Items ----------------------------------------------------------------------------------- */

bool tern__wire_near_arrival(tern_chan *ch, struct tern__arrival **out) /* hot */
{
    struct tern__wire *w = ch->wire;

    for (size_t i = 0; i < ch->ends_n && ch->receives && ch->capacity > 0; i++) {
        size_t from =
            w->near_turn + i < ch->ends_n ? w->near_turn + i : w->near_turn + i - ch->ends_n;
        struct tern__origin *o = &w->origins[from];
        if (!o->near || tern__ring_there(&o->ring) == 0)
            continue;
        o->arrival = (struct tern__arrival){
            .source = (int)from,
            .ready = true,
            .bytes = o->ring.sizes ? (size_t)*tern__ring_size(&o->ring) : ch->item,
            .left = tern__ring_there(&o->ring),
            .items = tern__ring_slot(&o->ring)};
        w->near_turn = from + 1 < ch->ends_n ? from + 1 : 0;
        *out = &o->arrival;
        return true;
    }
    return false;
}

void tern__wire_near_look(struct tern__lane *l)
{
    if (!l->near || l->ring.taken == NULL)
        return;
    tern__ring_look(&l->ring);
    l->credits = l->room - (size_t)(l->ring.at.count - l->ring.at.known);
}

const unsigned char *tern__wire_near_item(const struct tern__lane *l, uint64_t k, size_t *bytes)
{
    const struct tern__layout *y = &l->ring.layout;
    uint64_t number = l->ring.at.known + k;
    const unsigned char *cell = l->ring.cells + number / y->per % y->cells * y->stride;

    if (l->ring.sizes)
        *bytes = (size_t)((const uint64_t *)(const void *)cell)[1];
    return cell + y->offset + number % y->per * y->width;
}
