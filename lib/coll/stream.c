/* SPDX-License-Identifier: BSD-3-Clause */
/* The aggregating stream: lanes and views, which the inline calls fill and empty, over two
 * transports; the bound on an item's delay; and the end.
 *
 * The end: when a rank is done, it has published or sent all its items, and knows how many went to
 * whom.  The sum of these counts, one non-blocking reduce-scatter, tells every rank how many it
 * will have pulled when all is over, in O(log p) messages whatever the number of pairs that talked.
 */
#include "config.h"

#include <stdlib.h>

#include "coll/stream_private.h"

enum { MOST_ITEM = 1 << 20 };
static const double DELAY = 1e-3;

static const char *transport_name(int i)
{
    static const char *const names[] = {"auto", "wire", NULL};

    return names[i];
}

/* ---- Opening -------------------------------------------------------------------------------- */

/* Who is reached by a ring: the ranks of the node, or, by `wire`, only the caller. */
static int find_peers(struct stream *s, bool wire)
{
    struct rings *r = &s->rings;
    MPI_Comm node = wire ? MPI_COMM_SELF : tern_comm_node(s->c);
    MPI_Group whole, near;

    MPI_Comm_size(node, &r->n);
    MPI_Comm_rank(node, &r->me);
    r->peer = malloc((size_t)r->n * sizeof(*r->peer));
    int *places = malloc((size_t)r->n * sizeof(*places));
    if (r->peer == NULL || places == NULL) {
        free(places);
        return tern_fail(TERN_ENOMEM, TERN_HERE, "stream: no memory for %d peers", r->n);
    }
    for (int i = 0; i < r->n; i++)
        places[i] = i;
    MPI_Comm_group(tern_comm_raw(s->c), &whole);
    MPI_Comm_group(node, &near);
    int error = MPI_Group_translate_ranks(near, r->n, places, whole, r->peer);
    MPI_Group_free(&whole);
    MPI_Group_free(&near);
    free(places);
    if (error)
        return tern_fail(TERN_EMPI, TERN_HERE, "stream: the ranks of the node have no names");
    for (int i = 0; i < r->n; i++)
        s->ring_of[r->peer[i]] = i;
    s->wire.n = s->size - r->n;
    return TERN_OK;
}

/* Index of the transport's name, or an error. */
static int transport_of(const tern_stream_spec *spec)
{
    const char *name = spec->transport != NULL ? spec->transport : "auto";

    return tern_choose("transport of streams", name, transport_name);
}

static int validate(const tern_stream_spec *spec)
{
    if (spec->item == 0 || spec->item > MOST_ITEM)
        return tern_fail(TERN_EINVAL, TERN_HERE, "stream: items of %zu bytes", spec->item);
    if (spec->buffer > INT32_MAX)
        return tern_fail(TERN_EINVAL, TERN_HERE, "stream: buffers of %zu bytes", spec->buffer);
    if (!(spec->delay >= 0))
        return tern_fail(TERN_EINVAL, TERN_HERE, "stream: a delay of %g s", spec->delay);
    return transport_of(spec);
}

/* All ranks learn whether the others want the same. */
static int compare(tern_comm *c, const tern_stream_spec *spec)
{
    int64_t item = (int64_t)spec->item, buffer = (int64_t)spec->buffer;
    int64_t transport = transport_of(spec), most[6];
    int64_t mine[6] = {item, -item, buffer, -buffer, transport, -transport};
    int error = tern_allreduce(c, mine, most, 6, MPI_INT64_T, MPI_MAX);

    for (int i = 0; i < 6 && !error; i += 2)
        if (most[i] != -most[i + 1])
            error = tern_fail(TERN_EMISMATCH, TERN_HERE, "stream: the ranks gave different specs");
    return error;
}

static int allocate(struct stream *s, const tern_stream_spec *spec)
{
    size_t p = (size_t)s->size;

    s->open.item = spec->item;
    s->open.size = (unsigned)s->size;
    s->open.lane = calloc(p, sizeof(*s->open.lane));
    s->base = calloc(p, sizeof(*s->base));
    s->sent = calloc(p, sizeof(*s->sent));
    s->ring_of = malloc(p * sizeof(*s->ring_of));
    s->delay = spec->delay > 0 ? spec->delay : DELAY;
    s->flushed = tern_clock();
    if (s->open.lane == NULL || s->base == NULL || s->sent == NULL || s->ring_of == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "stream: no memory for %zu ranks", p);
    for (size_t r = 0; r < p; r++)
        s->ring_of[r] = -1;
    int error = find_peers(s, transport_of(spec) > 0);
    return error ? error : tern__stream_wire_open(s, spec->buffer);
}

static void drop(struct stream *s)
{
    tern__rings_close(s);
    tern__stream_wire_close(s);
    free(s->open.lane);
    free(s->base);
    free(s->sent);
    free(s->ring_of);
    tern_comm_free(s->c);
    free(s);
}

int tern_stream_open(tern_comm *c, const tern_stream_spec *spec, tern_stream **out)
{
    struct stream *s = calloc(1, sizeof(*s));
    int error = validate(spec);

    if (s == NULL)
        error = tern_fail(TERN_ENOMEM, TERN_HERE, "stream: no memory");
    error = tern_agree(c, error);
    if (error >= 0)
        error = compare(c, spec);
    if (error < 0 || s == NULL) {
        free(s);
        return error;
    }
    s->rank = tern_rank(c);
    s->size = tern_size(c);
    s->refused = -1;
    s->total = MPI_REQUEST_NULL;
    s->rings.window = MPI_WIN_NULL;
    error = tern_comm_wrap(tern_comm_raw(c), &s->c);
    if (!error)
        error = tern_agree(s->c, allocate(s, spec));
    if (!error)
        error = tern__rings_open(s, spec->buffer);
    if (error) {
        drop(s);
        return error;
    }
    *out = &s->open;
    return TERN_OK;
}

/* ---- Push and pull: the rare half ----------------------------------------------------------- */

static struct stream *of(tern_stream *open)
{
    return (struct stream *)open;
}

static int room(struct stream *s, int dest)
{
    return s->ring_of[dest] >= 0 ? tern__stream_ring_room(s, dest)
                                 : tern__stream_wire_room(s, dest);
}

int tern_stream_room(tern_stream *open, int dest)
{
    struct stream *s = of(open);

    if (dest < 0 || dest >= s->size)
        return tern_fail(TERN_EINVAL, TERN_HERE, "stream: a push to rank %d of %d", dest, s->size);
    if (s->done)
        return tern_fail(TERN_EINVAL, TERN_HERE, "stream: a push by a rank that said it is done");
    int error = room(s, dest);
    if (error == TERN_EAGAIN)
        s->refused = dest;
    return error;
}

/* Give back the items of the view if all are pulled. */
static void release(struct stream *s)
{
    if (s->view == NO_VIEW || s->open.next != s->open.end)
        return;
    if (s->view == RING_VIEW)
        tern__stream_ring_release(s);
    else
        tern__stream_wire_release(s);
    set_view(s, NO_VIEW, NULL, 0, 0);
}

/* Both transports, beginning with each in turn. */
static int more(struct stream *s)
{
    int error = TERN_EAGAIN;

    release(s);
    if (s->wire.n > 0) {
        s->wire_first = !s->wire_first;
        if (s->wire_first)
            error = tern__stream_wire_more(s);
    }
    if (error == TERN_EAGAIN)
        error = tern__stream_ring_more(s);
    if (error == TERN_EAGAIN && s->wire.n > 0 && !s->wire_first)
        error = tern__stream_wire_more(s);
    return error;
}

int tern_stream_more(tern_stream *open)
{
    struct stream *s = of(open);
    int error = more(s);

    s->starved = error == TERN_EAGAIN;
    return error;
}

/* ---- Advance -------------------------------------------------------------------------------- */

static int flush(struct stream *s)
{
    int error = TERN_OK;

    for (int r = 0; r < s->size && !error; r++) {
        if (s->ring_of[r] >= 0)
            tern__stream_ring_publish(s, r);
        else
            error = tern__stream_wire_send(s, r);
    }
    s->flushed = tern_clock();
    return error;
}

int tern_stream_flush(tern_stream *open)
{
    return flush(of(open));
}

/* Nothing more will be pushed. */
static int begin_end(struct stream *s)
{
    int error = flush(s);

    if (error)
        return error;
    s->done = true;
    s->refused = -1;
    for (int r = 0; r < s->size; r++)
        set_lane(s, r, s->open.lane[r].next, 0);
    if (MPI_Ireduce_scatter_block(s->sent, &s->expected, 1, MPI_UINT64_T, MPI_SUM,
                                  tern_comm_raw(s->c), &s->total))
        return tern_fail(TERN_EMPI, TERN_HERE, "stream: reduce-scatter failed");
    return TERN_OK;
}

/* TERN_CLOSED: all is over; TERN_EAGAIN: not yet. */
static int look_for_end(struct stream *s)
{
    int known = s->known;

    if (!s->done)
        return TERN_EAGAIN;
    if (!known && MPI_Test(&s->total, &known, MPI_STATUS_IGNORE))
        return tern_fail(TERN_EMPI, TERN_HERE, "stream: reduce-scatter failed");
    s->known = known;
    if (!known || s->stats.pulled != s->expected)
        return TERN_EAGAIN;
    int error = tern__stream_wire_quiet(s);
    s->ended = error == TERN_OK;
    return error ? error : TERN_CLOSED;
}

static int look(void *state)
{
    struct stream *s = state;
    int error = TERN_OK;

    if (!s->done && tern_clock() - s->flushed >= s->delay)
        error = flush(s);
    if (!error)
        error = s->open.next != s->open.end ? TERN_OK : more(s);
    if (error == TERN_EAGAIN && s->refused >= 0)
        error = room(s, s->refused);
    return error == TERN_EAGAIN ? look_for_end(s) : error;
}

int tern_stream_advance_until(tern_stream *open, bool done, tern_deadline deadline)
{
    struct stream *s = of(open);

    if (s->ended)
        return TERN_CLOSED;
    int error = done && !s->done ? begin_end(s) : TERN_OK;
    if (error)
        return error;
    bool idle = s->starved && (s->done || s->refused >= 0);
    error = tern_wait_for(s->c, look, s, "stream", idle ? deadline : TERN_NOW);
    if (error == TERN_OK || error == TERN_EAGAIN) {
        s->starved = false;
        s->refused = -1;
    }
    if (error == TERN_EAGAIN && idle) /* the deadline was TERN_NOW */
        return TERN_ETIMEDOUT;
    return error == TERN_EAGAIN ? TERN_OK : error;
}

void tern_stream_statistics(const tern_stream *s, tern_stream_stats *out)
{
    *out = ((const struct stream *)s)->stats;
}

void tern_stream_close(tern_stream *open)
{
    int error = TERN_OK;

    if (open == NULL)
        return;
    while (!error) {
        error = tern_stream_advance(open, true);
        do
            open->next = open->end;
        while (tern_stream_more(open) == TERN_OK);
    }
    if (tern_barrier(of(open)->c)) {} /* a ring is freed when nobody looks at it */
    drop(of(open));
}
