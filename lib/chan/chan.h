/* SPDX-License-Identifier: BSD-3-Clause */
/** \file chan.h
 * Channels: typed, bounded streams of items between ranks, with Go's semantics.
 *
 *   capacity 0   synchronous: a send returns when a receiver has taken the item
 *   capacity n   asynchronous: a send returns when the channel holds the item; at most n items are
 *                sent and not yet received, wherever they are; then senders wait
 *
 * Between endpoints of one node items lie in shared memory, between others they are messages.
 *
 * A channel has one or more senders and one or more receivers (1:1, n:1, 1:n, n:m).  Items of one
 * sender arrive in the order in which they were sent; each goes to one receiver, whichever is
 * ready. When all senders have closed and all is received, receivers get TERN_CLOSED; when all
 * receivers have left, senders get TERN_EPIPE.
 *
 * Common to all calls.  Pairwise unless said otherwise: they concern the sender and the receiver of
 * an item.  A deadline is TERN_NOW (do not wait), TERN_FOREVER or tern_after(seconds).  Where ranks
 * may be called by several threads (MPI_THREAD_MULTIPLE), several threads of a rank may use one
 * channel.  Each name with a deadline is a macro that adds TERN_HERE to the function `..._at`.
 * Every call may return TERN_EINVAL (a NULL channel, a role the caller does not have, a call after
 * close or leave) and TERN_EPEER (an endpoint's process has died) beside what its comment lists. */
#ifndef TERN_CHAN_CHAN_H
#define TERN_CHAN_CHAN_H

#include "msg/msg.h"

TERN_BEGIN_DECLS

/* ---- Opening and closing -------------------------------------------------------------------- */

typedef struct tern_chan tern_chan;

/** What a rank does with a channel; a sum of these. */
enum tern_role { TERN_SENDER = 1, TERN_RECEIVER = 2 };

#define TERN_VARIABLE SIZE_MAX /**< as spec.item: each item has its own size, up to spec.most */

typedef struct tern_chan_spec {
    size_t item;      /**< bytes of an item, at least 1, or TERN_VARIABLE */
    size_t most;      /**< bytes of the largest item, if they are TERN_VARIABLE */
    size_t capacity;  /**< items; 0: synchronous */
    int role;         /**< TERN_SENDER, TERN_RECEIVER, their sum, or 0: no endpoint */
    const char *name; /**< for reports, copied; NULL: "channel" */
} tern_chan_spec;

/** Open a channel over the ranks of \p c, which is borrowed until tern_chan_free().  Collective.
 * All endpoints must say the same item, most and capacity.  \param[out] out  owned by the caller;
 * unchanged on failure; NULL for a rank whose role is 0.
 * \return TERN_OK; TERN_EINVAL; TERN_EMISMATCH, with what differs and on which ranks; TERN_ENOMEM,
 * if the channels of a rank would need more than TERN_MEM_MAX; TERN_EMPI.  All ranks fail, or none.
 * Between nodes, with less capacity than senders or receivers, one endpoint (the only sender, or
 * else the first receiver) says who may send, while it is in any call of the layer that waits.
 */
TERN_API TERN_MUST_CHECK int tern_chan_open_at(tern_comm *c, const tern_chan_spec *spec,
                                               tern_chan **out, const char *where);
#define tern_chan_open(...) tern_chan_open_at(__VA_ARGS__, TERN_HERE)

/** This rank sends no more.  Local.  What it has sent can still be received.  \return TERN_EINVAL
 * between reserve and commit. */
TERN_API int tern_chan_close(tern_chan *ch);

/** This rank receives no more.  Local.  What nobody has received when the last receiver leaves is
 * dropped; so is an item that this rank looks at, or that did not fit its buffer.  Between nodes
 * what is on its way here goes to another receiver, and may come after items that were sent later;
 * it is dropped if its sender has closed. */
TERN_API int tern_chan_leave(tern_chan *ch);

/** Close, leave, and free \p ch; NULL is allowed.  Collective over the endpoints. */
TERN_API void tern_chan_free(tern_chan *ch);

/* ---- Sending and receiving ------------------------------------------------------------------ */

/** Send the item at \p item.  Blocking until the channel (capacity 0: a receiver) has it; it may
 * then be reused.  \return TERN_OK; TERN_ETIMEDOUT, nothing was sent; TERN_EPIPE. */
TERN_API TERN_MUST_CHECK int tern_chan_send_at(tern_chan *ch, const void *item,
                                               tern_deadline deadline, const char *where);
#define tern_chan_send(...) tern_chan_send_at(__VA_ARGS__, TERN_HERE)

/** Receive an item into \p item.  Blocking until there is one.
 * \return TERN_OK; TERN_ETIMEDOUT; TERN_CLOSED. */
TERN_API TERN_MUST_CHECK int tern_chan_recv_at(tern_chan *ch, void *item, tern_deadline deadline,
                                               const char *where);
#define tern_chan_recv(...) tern_chan_recv_at(__VA_ARGS__, TERN_HERE)

/** The same without waiting.  \return TERN_EAGAIN in place of TERN_ETIMEDOUT. */
TERN_API TERN_MUST_CHECK int tern_chan_trysend(tern_chan *ch, const void *item);
TERN_API TERN_MUST_CHECK int tern_chan_tryrecv(tern_chan *ch, void *item);

/** Send and receive items of TERN_VARIABLE size.  \p room is that of \p item; an item that is
 * longer stays where it is, with TERN_ETRUNC and its size in \p bytes. */
TERN_API TERN_MUST_CHECK int tern_chan_send_bytes_at(tern_chan *ch, const void *item, size_t bytes,
                                                     tern_deadline deadline, const char *where);
#define tern_chan_send_bytes(...) tern_chan_send_bytes_at(__VA_ARGS__, TERN_HERE)
TERN_API TERN_MUST_CHECK int tern_chan_recv_bytes_at(tern_chan *ch, void *item, size_t room,
                                                     size_t *bytes, tern_deadline deadline,
                                                     const char *where);
#define tern_chan_recv_bytes(...) tern_chan_recv_bytes_at(__VA_ARGS__, TERN_HERE)

/** The same without waiting.  \return TERN_EAGAIN in place of TERN_ETIMEDOUT. */
TERN_API TERN_MUST_CHECK int tern_chan_trysend_bytes(tern_chan *ch, const void *item, size_t bytes);
TERN_API TERN_MUST_CHECK int tern_chan_tryrecv_bytes(tern_chan *ch, void *item, size_t room,
                                                     size_t *bytes);

/** Send \p n items that lie one behind the other; cheaper than one by one.  Blocking until all are
 * sent.  \param[out] sent  how many were, also on failure; may be NULL. */
TERN_API TERN_MUST_CHECK int tern_chan_sendv_at(tern_chan *ch, const void *items, size_t n,
                                                size_t *sent, tern_deadline deadline,
                                                const char *where);
#define tern_chan_sendv(...) tern_chan_sendv_at(__VA_ARGS__, TERN_HERE)

/** Receive what there is, at least one item and at most \p most.  Blocking until there is one.
 * \param[out] got  how many. */
TERN_API TERN_MUST_CHECK int tern_chan_recvv_at(tern_chan *ch, void *items, size_t most,
                                                size_t *got, tern_deadline deadline,
                                                const char *where);
#define tern_chan_recvv(...) tern_chan_recvv_at(__VA_ARGS__, TERN_HERE)

/* ---- Without a copy ---------------------------------------------------------------------------
 */

/** Reserve room for an item in the channel, to be filled there.  Blocking until there is room.  One
 * at a time a rank and channel; no other send until it is committed.  Capacity 0: TERN_ENOTSUP.
 * \param[out] slot  room for an item, aligned to 8 bytes, until tern_chan_commit(). */
TERN_API TERN_MUST_CHECK int tern_chan_reserve_at(tern_chan *ch, void **slot,
                                                  tern_deadline deadline, const char *where);
#define tern_chan_reserve(...) tern_chan_reserve_at(__VA_ARGS__, TERN_HERE)

/** Send what was reserved; \p bytes is its size if items are TERN_VARIABLE.  Local. */
TERN_API int tern_chan_commit(tern_chan *ch, size_t bytes);

/** Look at the next item where it lies.  Blocking until there is one.  One at a time a rank and
 * channel; no other receive until it is released.  Capacity 0: TERN_ENOTSUP.
 * \param[out] slot  the item, until tern_chan_release(). \param[out] bytes  its size; may be NULL.
 * \return as tern_chan_recv_at(). */
TERN_API TERN_MUST_CHECK int tern_chan_peek_at(tern_chan *ch, const void **slot, size_t *bytes,
                                               tern_deadline deadline, const char *where);
#define tern_chan_peek(...) tern_chan_peek_at(__VA_ARGS__, TERN_HERE)

/** Receive what was looked at: its room is free again.  Local. */
TERN_API int tern_chan_release(tern_chan *ch);

/* ---- Looking on ----------------------------------------------------------------------------- */

TERN_API size_t tern_chan_cap(const tern_chan *ch); /**< its capacity.  Local. */

/** Items sent and not yet received, as far as this rank knows at this moment.  Local. */
TERN_API size_t tern_chan_len(tern_chan *ch);

/** What this rank has done with a channel. */
typedef struct tern_chan_stats {
    const char *name;
    const char *transport; /**< "ring", "queue", "rendezvous", "wire" or "mixed" */
    uint64_t sent, received;
    uint64_t send_waits, receive_waits; /**< calls that had to wait */
    size_t bytes;                       /**< memory of this channel on its node */
    size_t bytes_peak;                  /**< most memory of all channels of this rank at once */
} tern_chan_stats;
TERN_API void tern_chan_stat(const tern_chan *ch, tern_chan_stats *out); /**< Local */

/* ---- Select --------------------------------------------------------------------------------- */

enum tern_case_kind { TERN_CASE_RECV, TERN_CASE_SEND };

/** One thing to wait for.  A case whose channel is NULL is never ready. */
typedef struct tern_case {
    tern_chan *chan;
    enum tern_case_kind kind;
    void *item;   /**< to be sent, or received into */
    size_t bytes; /**< of item, if items are TERN_VARIABLE: sent or received, or room before */
    int status;   /**< of the case that was ready: TERN_OK, TERN_CLOSED (for ever after: set chan to
                     NULL), TERN_EPIPE ... */
} tern_case;

/** Wait until one of \p n cases can go on, and do it.  If several can, one of them is taken at
 * random, each equally often.  Blocking until then, or until \p deadline passes (TERN_NOW: the
 * "default" of Go).  A case that fails is ready, too: see its status.
 * \return the index of the case; TERN_ETIMEDOUT, without a sentence; TERN_EINVAL. */
TERN_API TERN_MUST_CHECK int tern_select_at(tern_case *cases, size_t n, tern_deadline deadline,
                                            const char *where);
#define tern_select(...) tern_select_at(__VA_ARGS__, TERN_HERE)

/** The same, but of several that can go on the first is taken. */
TERN_API TERN_MUST_CHECK int tern_select_first_at(tern_case *cases, size_t n,
                                                  tern_deadline deadline, const char *where);
#define tern_select_first(...) tern_select_first_at(__VA_ARGS__, TERN_HERE)

TERN_END_DECLS
#endif
