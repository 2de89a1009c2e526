/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers as messages.  A message is nothing but items, so its length tells their number. */
#include "config.h"

#include <stdlib.h>

#include "coll/stream_private.h"

enum {
    TAG = 1,
    SHORT = 4000, /* the longest message that Open MPI sends at once in shared memory */
    LONG = 32768, /* from here on messages between the two lengths are made good for */
    MANY = 64     /* ranks to whom buffers had better be short */
};

static size_t size_of_buffer(const struct stream *s, size_t wanted)
{
    size_t item = s->open.item;

    if (wanted == 0)
        wanted = s->wire.n > MANY ? SHORT : LONG;
    if (wanted < LONG && item <= SHORT)
        wanted = wanted < SHORT ? wanted : SHORT;
    else if (wanted < LONG)
        wanted = LONG;
    return wanted / item > 0 ? wanted / item * item : item;
}

int tern__stream_wire_open(struct stream *s, size_t buffer)
{
    struct wire *w = &s->wire;
    int error = TERN_OK;

    if (w->n == 0)
        return TERN_OK;
    w->bytes = size_of_buffer(s, buffer);
    w->out = calloc((size_t)s->size, sizeof(*w->out));
    for (int i = 0; i < 2; i++) {
        w->in[i].buffer = tern_alloc(w->bytes);
        s->stats.memory += w->bytes;
    }
    if (w->out == NULL || w->in[0].buffer == NULL || w->in[1].buffer == NULL)
        error = tern_fail(TERN_ENOMEM, TERN_HERE, "stream: no memory for buffers of %zu bytes",
                          w->bytes);
    return error;
}

void tern__stream_wire_close(struct stream *s)
{
    struct wire *w = &s->wire;

    for (int r = 0; r < s->size && w->out != NULL; r++)
        tern_free(w->out[r].buffer[0]); /* the second lies behind it */
    free(w->out);
    tern_free(w->in[0].buffer);
    tern_free(w->in[1].buffer);
}

/* ---- Sending -------------------------------------------------------------------------------- */

static int open_lane(struct stream *s, struct wire_out *o)
{
    size_t bytes = s->wire.bytes;

    o->buffer[0] = tern_alloc(2 * bytes);
    if (o->buffer[0] == NULL)
        return TERN_ENOMEM;
    o->buffer[1] = o->buffer[0] + bytes;
    o->req[0] = o->req[1] = TERN_REQ_NULL;
    s->stats.memory += 2 * bytes;
    return TERN_OK;
}

int tern__stream_wire_send(struct stream *s, int dest)
{
    struct wire_out *o = &s->wire.out[dest];
    uint64_t n = waiting(s, dest);

    if (n == 0)
        return TERN_OK;
    int error =
        tern_issend(s->c, s->base[dest], n * s->open.item, MPI_BYTE, dest, TAG, &o->req[o->now]);
    if (error)
        return error;
    o->now = 1 - o->now;
    set_lane(s, dest, o->buffer[o->now], 0);
    s->sent[dest] += n;
    s->stats.pushed += n;
    s->stats.messages++;
    return TERN_OK;
}

int tern__stream_wire_room(struct stream *s, int dest)
{
    struct wire_out *o = &s->wire.out[dest];
    int error = o->buffer[0] == NULL ? open_lane(s, o) : tern__stream_wire_send(s, dest);

    if (!error)
        error = tern_test(&o->req[o->now], NULL);
    if (!error)
        set_lane(s, dest, o->buffer[o->now], s->wire.bytes);
    return error;
}

int tern__stream_wire_quiet(struct stream *s)
{
    int error = TERN_OK;

    for (int r = 0; r < s->size && s->wire.out != NULL && !error; r++)
        if (s->wire.out[r].buffer[0] != NULL)
            error = tern_testall(2, s->wire.out[r].req, NULL);
    return error;
}

/* ---- Receiving ------------------------------------------------------------------------------ */

/* Begin to receive a message if there is one and a buffer for it. */
static int receive(struct stream *s)
{
    struct wire_in *in = &s->wire.in[s->wire.fill];
    MPI_Status status;
    int found = 0;

    if (in->used)
        return TERN_OK;
    if (MPI_Iprobe(MPI_ANY_SOURCE, TAG, tern_comm_raw(s->c), &found, &status))
        return tern_fail(TERN_EMPI, TERN_HERE, "stream: probe failed");
    if (!found)
        return TERN_OK;
    in->used = true;
    s->wire.fill = 1 - s->wire.fill;
    return tern_irecv(s->c, in->buffer, tern_status_of(&status).bytes, MPI_BYTE, status.MPI_SOURCE,
                      TAG, &in->req);
}

int tern__stream_wire_more(struct stream *s)
{
    struct wire_in *in = &s->wire.in[s->wire.drain];
    tern_status status = {0};
    int error = receive(s);

    if (!error && !in->used)
        error = TERN_EAGAIN;
    if (!error)
        error = tern_test(&in->req, &status);
    if (!error)
        set_view(s, WIRE_VIEW, in->buffer, status.bytes, status.source);
    return error;
}

void tern__stream_wire_release(struct stream *s)
{
    s->stats.pulled += (uint64_t)(s->open.end - s->from) / s->open.item;
    s->wire.in[s->wire.drain].used = false;
    s->wire.drain = 1 - s->wire.drain;
}
