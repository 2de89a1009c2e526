/* SPDX-License-Identifier: BSD-3-Clause */
/** \file coll.h
 * Exchanges among all ranks, in three shapes:
 *
 *   everybody knows what it gets           tern_alltoallv   blocks of any size, many schedules
 *   only the senders know                  tern_sparse      a few messages to a few ranks
 *   many small items, to any rank, for     tern_stream      pushed one by one, sent in buffers,
 *   as long as the computation takes                        pulled one by one
 *
 * All are Collective over the communicator and talk on a duplicate of it, which the first call
 * makes; so their messages never meet the caller's.  Calls of this module on one communicator must
 * be made in the same order on all its ranks and by one thread at a time.  Any of them may return
 * TERN_EINVAL, TERN_EMPI and TERN_ENOMEM beside what its comment lists.  What one rank refuses (a
 * bad argument, no memory for its tables or for what comes) all ranks learn: the others return
 * TERN_EPEER. */
#ifndef TERN_COLL_COLL_H
#define TERN_COLL_COLL_H

#include <string.h>

#include "msg/msg.h"

TERN_BEGIN_DECLS

/** What this module has sent on a communicator, by the calling rank, since its first call. */
typedef struct tern_coll_stats {
    uint64_t messages; /**< point-to-point messages */
    uint64_t bytes;    /**< in them */
    uint64_t syncs;    /**< non-blocking collectives beside: some 2 log2 p messages each */
} tern_coll_stats;

/** Local. */
TERN_API void tern_coll_statistics(const tern_comm *c, tern_coll_stats *out);

/* ---- All-to-all ----------------------------------------------------------------------------- */

/** How to exchange; NULL or zeros: as the library chooses. */
typedef struct tern_alltoall_options {
    const char *algorithm; /**< a name of tern_alltoall_name(); NULL is "auto" */
    int group;             /**< "node": so many consecutive ranks are a node; 0: ask MPI */
} tern_alltoall_options;

/** Names of the schedules, "auto" first; NULL after the last.  For p ranks a rank sends
 *   "auto"       by the size of the blocks and p, see lib/coll/alltoall.c
 *   "direct"     p - 1 messages, all at once
 *   "pairwise"   p - 1, one at a time, to the i-th right neighbour in round i
 *   "1-factor"   p - 1, one at a time, in round i two ranks exchange with each other
 *   "bruck"      ceil(log2 p), each block travels in up to as many hops
 *   "grid"       about 2 sqrt(p), two hops
 *   "levels"     about 3 cbrt(p), three hops
 *   "node"       twice to each rank of its node and once to each k-th node, three hops, where k is
 *                the number of ranks of its node
 * Those of one hop leave out empty blocks; the others send so many messages in any case. */
TERN_API const char *tern_alltoall_name(int i);

/** Send block r, \p sendcounts[r] elements from \p sendbuf + \p senddispls[r], to each rank r, and
 * receive likewise; MPI_Alltoallv with counts and displacements, in elements, that are no int.
 * Collective.  Blocking until the caller has its blocks and \p sendbuf may be reused.
 * Schedules with several hops hold the blocks under way in memory of their own, up to some three
 * times what a rank sends or passes on; "auto" takes them for small blocks only.
 * \param[in]  senddispls,recvdispls  NULL: the blocks lie one after the other.
 * \param[out] recvbuf   not overlapping \p sendbuf; elsewhere than in its blocks unchanged.
 * \param[in]  type      the same on all ranks; a derived type with gaps takes "pairwise" where a
 *                       schedule with several hops was asked for.
 * \return TERN_OK; TERN_EMISMATCH: the ranks named different schedules, or, seen by its receiver
 * only, a block has not the length that was expected. */
TERN_API TERN_MUST_CHECK int tern_alltoallv_at(tern_comm *c, const void *sendbuf,
                                               const size_t *sendcounts, const size_t *senddispls,
                                               void *recvbuf, const size_t *recvcounts,
                                               const size_t *recvdispls, MPI_Datatype type,
                                               const tern_alltoall_options *options,
                                               const char *where);
/* Variadic, so that options may be a compound literal with commas. */
#define tern_alltoallv(...) tern_alltoallv_at(__VA_ARGS__, TERN_HERE)

/** Tell every rank r how much it gets.  Collective, blocking: \p recvcounts[r] becomes the \p
 * sendcounts of rank r for the caller. */
TERN_API TERN_MUST_CHECK int tern_alltoall_counts_at(tern_comm *c, const size_t *sendcounts,
                                                     size_t *recvcounts, const char *where);
#define tern_alltoall_counts(c, sendcounts, recvcounts) \
 tern_alltoall_counts_at(c, sendcounts, recvcounts, TERN_HERE)

/* ---- Sparse exchange ------------------------------------------------------------------------ */

/** A message of a sparse exchange. */
typedef struct tern_parcel {
    int rank;         /**< to whom; of a received one, from whom */
    size_t bytes;     /**< 0 is a message, too */
    const void *data; /**< NULL only where there are no bytes */
} tern_parcel;

/** Send \p n parcels, to ranks that do not know of them, and receive those that other ranks send in
 * the same call.  Several may go to one rank, or to oneself.  Collective.  Blocking until all that
 * was sent to the caller is there; no barrier is needed between two calls.  Dynamic sparse data
 * exchange by non-blocking consensus (Hoefler, Siebert and Lumsdaine, PPoPP 2010): a message a
 * parcel, a non-blocking barrier and an allreduce, so k + O(log p) messages a rank.
 * \param[out] received,received_n  by the rank that sent them, those of one rank in the order in
 * which it named them.  One block with the data in it, aligned to 16 bytes each, owned by the
 * caller, to be freed with tern_free(); NULL if there are none.  Unchanged on failure. \return
 * TERN_OK. */
TERN_API TERN_MUST_CHECK int tern_sparse_at(tern_comm *c, const tern_parcel *send, size_t n,
                                            tern_parcel **received, size_t *received_n,
                                            const char *where);
#define tern_sparse(...) tern_sparse_at(__VA_ARGS__, TERN_HERE)

/* ---- Aggregating stream --------------------------------------------------------------------- */

/** Small items to any rank, collected into buffers: between ranks of one node rings in shared
 * memory, between nodes messages.  The order of items from one rank to another is kept.  Memory is
 * bounded, so a push may be refused until the receiver has pulled.  Every rank runs this loop:
 *
 *   while ((error = tern_stream_advance(s, i == n)) == TERN_OK) {
 *       while (i < n && tern_stream_push(s, &item[i], dest[i]) == TERN_OK)
 *           i++;
 *       while (tern_stream_pull(s, &got, &source) == TERN_OK)
 *           use(got, source);
 *   }
 *
 * which ends with TERN_CLOSED when all ranks have said that they are done and the caller has pulled
 * all that was pushed to it.  What is pulled may be answered by pushes, as long as the rank has not
 * said that it is done.  (After the conveyors of Maley and DeVinney, IA3 2019.) */
typedef struct tern_stream {
    struct tern_stream_lane *lane; /* [rank] */
    const char *next, *end;        /* items to pull */
    size_t item;
    unsigned size; /* ranks */
    int source;    /* of the items to pull */
} tern_stream;     /* what the inline calls below need; the fields are the library's */

struct tern_stream_lane {
    char *next, *end; /* where the next items go */
};

/** What stream; a field that is 0 takes the default.  A buffer is 64 KiB for a rank of the node,
 * less if it has more than 4; for another 32 KiB, or 4000 bytes if there are more than 64.
 * Messages of 4 to 32 KiB are slow (4096 bytes take 3 to 4 times as long as 4000), so between nodes
 * a buffer of less than 32 KiB is one of 4000 bytes at most. */
typedef struct tern_stream_spec {
    size_t item;           /**< bytes of an item, 1 .. 1 MiB */
    size_t buffer;         /**< bytes collected for a rank before they are sent; as said above */
    double delay;          /**< seconds after which an advance sends what is collected; 1e-3 */
    const char *transport; /**< "auto"; or "wire": messages inside a node, too */
} tern_stream_spec;

/** Open a stream.  Collective.
 * \param[out] out  owned by the caller, to be freed with tern_stream_close(); unchanged on failure.
 * \return TERN_OK; TERN_EMISMATCH: the ranks gave different specs. */
TERN_API TERN_MUST_CHECK int tern_stream_open(tern_comm *c, const tern_stream_spec *spec,
                                              tern_stream **out);

/** Close it; NULL is allowed.  Collective.  Before the end: says done and drops what still comes.
 */
TERN_API void tern_stream_close(tern_stream *s);

/** Go on: send what has waited long enough, look for what has come.  Returns at once, unless the
 * caller can do nothing: its last pull was refused, and so was a push since the last advance, or it
 * is done.  Then blocking until it can pull or repeat that push, or until the end, or \p deadline.
 * \param[in] done  the caller will push no more.  Once said it stays said.
 * \return TERN_OK; TERN_CLOSED: the end; TERN_ETIMEDOUT. */
TERN_API TERN_MUST_CHECK int tern_stream_advance_until(tern_stream *s, bool done,
                                                       tern_deadline deadline);
#define tern_stream_advance(s, done) tern_stream_advance_until(s, done, TERN_FOREVER)

/** Send all buffers that are not empty.  Local. */
TERN_API TERN_MUST_CHECK int tern_stream_flush(tern_stream *s);

typedef struct tern_stream_stats {
    uint64_t pushed;    /**< items that have left the caller's buffers */
    uint64_t pulled;    /**< items whose place was given back: all of a buffer at once */
    uint64_t messages;  /**< sent over MPI */
    uint64_t publishes; /**< times that items in rings were made visible */
    size_t memory;      /**< bytes of all buffers of the caller, now */
} tern_stream_stats;

/** Local. */
TERN_API void tern_stream_statistics(const tern_stream *s, tern_stream_stats *out);

/* The rare half of push and pull: make room for items to \p dest; find more items. */
TERN_API int tern_stream_room(tern_stream *s, int dest);
TERN_API int tern_stream_more(tern_stream *s);

/* The usual 8 bytes are a load and a store, but not where an item is seen to be shorter. */
static inline void tern_stream_copy(void *to, const void *from, size_t bytes)
{
#if defined(__GNUC__)
    if (bytes == 8 && __builtin_object_size(to, 0) >= 8 && __builtin_object_size(from, 0) >= 8)
        memcpy(to, from, 8);
    else
#endif
        memcpy(to, from, bytes);
}

/** Push a copy of \p item to rank \p dest.  Local.  \return TERN_OK, TERN_EAGAIN: no room until
 * tern_stream_advance(); TERN_EINVAL: no such rank, or the caller is done. */
TERN_MUST_CHECK static inline int tern_stream_push(tern_stream *s, const void *item, int dest)
{
    if ((unsigned)dest >= s->size || s->lane[dest].next == s->lane[dest].end) {
        int error = tern_stream_room(s, dest);
        if (error)
            return error;
    }
    char *to = s->lane[dest].next;
    s->lane[dest].next = to + s->item;
    tern_stream_copy(to, item, s->item);
    return TERN_OK;
}

/** Pull the next item.  Local.  \param[out] source  who pushed it; may be NULL.
 * \return TERN_OK; TERN_EAGAIN: none until tern_stream_advance(). */
TERN_MUST_CHECK static inline int tern_stream_pull(tern_stream *s, void *item, int *source)
{
    if (s->next == s->end) {
        int error = tern_stream_more(s);
        if (error)
            return error;
    }
    const char *from = s->next;
    s->next = from + s->item;
    if (source != NULL)
        *source = s->source;
    tern_stream_copy(item, from, s->item);
    return TERN_OK;
}

TERN_END_DECLS
#endif
