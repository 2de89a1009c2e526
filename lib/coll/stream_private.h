/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the stream share. */
#ifndef TERN_COLL_STREAM_PRIVATE_H
#define TERN_COLL_STREAM_PRIVATE_H

#include <stdatomic.h>
#include <string.h>

#include "coll/coll.h"

/* ---- Rings: between ranks of a node --------------------------------------------------------- */

/* Counts of items since the beginning; each written by one side.  Two cache lines apart, for
 * prefetchers fetch lines in pairs. */
enum { LINE = 128 };
struct ring {
    _Alignas(LINE) _Atomic uint64_t head; /* published by the sender */
    _Alignas(LINE) _Atomic uint64_t tail; /* given back by the receiver */
    _Alignas(LINE) char data[];
};

/* One side's view of a ring. */
struct ring_end {
    struct ring *ring;
    uint64_t mine, theirs; /* own count, and the other's when last looked */
};

struct rings {
    int n;                /* peers, the caller among them */
    int me;               /* its place */
    int *peer;            /* [n], their ranks */
    uint64_t capacity;    /* items */
    uint64_t chunk;       /* items that are published, and given back, at once */
    size_t stride;        /* bytes from one ring to the next */
    struct ring_end *out; /* [n] */
    struct ring_end *in;  /* [n] */
    int now;              /* the peer whose items are pulled */
    MPI_Win window;       /* MPI_WIN_NULL where the caller is alone */
    void *alone;          /* then the memory */
};

/* ---- Wire: between nodes -------------------------------------------------------------------- */

/* Two buffers for each rank: one is filled while the other is under way.  They are sent
 * synchronously, so a receiver holds no more than two of each sender. */
struct wire_out {
    char *buffer[2]; /* NULL before the first push */
    tern_req req[2];
    int now; /* the one to be filled */
};

struct wire_in {
    char *buffer;
    tern_req req;
    bool used; /* a message is there or on its way */
};

struct wire {
    int n;                /* ranks reached by messages */
    size_t bytes;         /* of a buffer */
    struct wire_out *out; /* [rank] */
    struct wire_in in[2]; /* filled and emptied in turn */
    int fill, drain;
};

/* ---- The stream ----------------------------------------------------------------------------- */

enum view { NO_VIEW, RING_VIEW, WIRE_VIEW };

struct stream {
    tern_stream open; /* first, so that a tern_stream is one of these */
    tern_comm *c;     /* own duplicate */
    int rank, size;
    char **base;    /* [rank], the first item in the lane that is not yet published or sent */
    uint64_t *sent; /* [rank], items published or sent */
    int *ring_of;   /* [rank], place among the ring peers, or -1: by wire */
    struct rings rings;
    struct wire wire;
    enum view view;   /* where the items to pull lie ... */
    const char *from; /* ... and begin */
    bool wire_first;  /* whose turn it is to be looked at */
    double delay, flushed;
    int refused;  /* rank to which the last push was refused, -1: none since the last advance */
    bool starved; /* the last pull was refused */
    bool done, known, ended;
    MPI_Request total;
    uint64_t expected; /* items pushed to the caller by all, once `known` */
    tern_stream_stats stats;
};

/* The items in a lane that are not yet published or sent. */
static inline uint64_t waiting(const struct stream *s, int dest)
{
    return (uint64_t)(s->open.lane[dest].next - s->base[dest]) / s->open.item;
}

/* Empty the lane of `dest`: the next items go to `room` bytes at `at`.  Their cache lines are where
 * they were read last, and come back much faster if whole lines are written one after the other
 * than when items are, between which a push writes to other lines. */
static inline void set_lane(struct stream *s, int dest, char *at, size_t room)
{
    if (room > 0 && dest != s->rank)
        memset(at, 0, room);
    s->base[dest] = s->open.lane[dest].next = at;
    s->open.lane[dest].end = at + room;
}

static inline void set_view(struct stream *s, enum view view, const char *at, size_t bytes,
                            int source)
{
    s->view = view;
    s->from = s->open.next = at;
    s->open.end = at + bytes;
    s->open.source = source;
}

int tern__rings_open(struct stream *s, size_t buffer);
void tern__rings_close(struct stream *s);
void tern__stream_ring_publish(struct stream *s, int dest);
int tern__stream_ring_room(struct stream *s, int dest); /* TERN_EAGAIN: none */
int tern__stream_ring_more(struct stream *s);           /* TERN_EAGAIN: none */
void tern__stream_ring_release(struct stream *s);       /* the view */

int tern__stream_wire_open(struct stream *s, size_t buffer);
void tern__stream_wire_close(struct stream *s);
int tern__stream_wire_send(struct stream *s, int dest);
int tern__stream_wire_room(struct stream *s, int dest);
int tern__stream_wire_more(struct stream *s);
void tern__stream_wire_release(struct stream *s);
int tern__stream_wire_quiet(struct stream *s); /* TERN_EAGAIN: a message is still under way */

#endif
