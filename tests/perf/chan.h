/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of tests/perf/chan share: ways to move items, as variants of measurements. */
#ifndef TERN_PERF_CHAN_H
#define TERN_PERF_CHAN_H

#include <stdatomic.h>

#include "tern.h"

enum { TAG = 3, BATCH = 64 /* items of 8 bytes in a repetition */ };
enum { WINDOW = 16 /* of 1 MiB */, LARGE = 1 << 20, WORDS = LARGE / sizeof(uint64_t) };
enum { MOST_VARIANTS = 8 };

struct work;
struct variant;
typedef int side(struct work *w, const struct variant *v, uint64_t n);

/* Even ranks send, odd ones receive; those that a variant has no part for sleep. */
struct variant {
    const char *name;
    side *send, *recv; /* n repetitions, on an even rank and on an odd one */
    int channels;      /* 0: plain MPI; 2: the second goes back */
    size_t capacity;
    int width; /* senders, and as many receivers */
};

/* The first variants are the peers; each other one is compared with the best of them.  Another
 * transport is one more group. */
struct group {
    const char *name;
    bool wire; /* messages, although shared memory would do */
    int ranks;
    const struct variant *variants;
    size_t n, peers;
    size_t item;    /* bytes */
    double items;   /* that cross in a repetition */
    bool is_time;   /* the figure is the time over the peer's, not the rate */
    double batch;   /* seconds */
    double seconds; /* limit */
};
extern const struct group perf_stream, perf_latency, perf_sync, perf_wire,
    perf_wire_sync;                              /* items of 8 bytes */
extern const struct group perf_large, perf_used; /* items of 1 MiB */
extern const struct group perf_many;             /* items of 8 bytes */

/* In a window of all ranks. */
struct perf_shared {
    _Atomic uint64_t finished; /* batches */
    _Atomic uint64_t senders;  /* that have sent their part of this batch */
    _Alignas(128) _Atomic uint64_t made;
    _Alignas(128) _Atomic uint64_t taken; /* items of 1 MiB, by hand */
    _Alignas(128) uint64_t slot[2][WORDS];
};

struct work {
    tern_comm *comm;
    MPI_Comm raw;
    tern_bounce *line;
    tern_window *window;
    struct perf_shared *shared;
    int rank;
    const struct group *group;
    tern_chan *to[MOST_VARIANTS], *back[MOST_VARIANTS]; /* of each variant */
    uint64_t *in, *out;                                 /* WINDOW items of LARGE */
    uint64_t batches;                                   /* begun */
    uint64_t balance; /* sum of what was sent less what was received, modulo 2^64 */
    double gap;       /* longest time between two receives of this rank */
};

static inline tern_chan *chan_of(const struct work *w, const struct variant *v)
{
    return w->to[v - w->group->variants];
}

#define VARIANTS(v) .variants = (v), .n = sizeof(v) / sizeof((v)[0])

#endif
