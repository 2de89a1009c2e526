/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/chan share. */
#ifndef TERN_CHAN_PRIVATE_H
#define TERN_CHAN_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "chan/chan.h"
#include "topo/topo.h"

/* Two cache lines, which prefetchers fetch as a pair. */
enum { TERN__PAIR = 128, TERN__LINE = 64 };
/* What the wire adds to the items: bytes of a message under way; most receives posted, as many
 * messages as Open MPI takes out of shared memory at once: one that finds no receive costs as much
 * again; and most bytes of each, which is what MPI sends at once. */
enum { TERN__MESSAGE_BYTES = 96, TERN__ARRIVALS = 32, TERN__EAGER = 4000 };

/* In the shared window of the endpoints.  What one side writes often lies apart. */
struct tern__shared {
    _Alignas(TERN__PAIR) _Atomic uint64_t taken;     /* ring: items received */
    _Alignas(TERN__PAIR) _Atomic uint64_t next_send; /* queue: tickets given to senders */
    _Alignas(TERN__PAIR) _Atomic uint64_t next_recv; /* queue: and to receivers */
    _Alignas(TERN__PAIR) _Atomic uint32_t senders;   /* that have not closed */
    _Atomic uint32_t receivers;                      /* that have not left */
    _Alignas(TERN__PAIR) _Atomic uint32_t
        waiting_receivers; /* rendezvous: where trysend succeeds */
    _Alignas(TERN__PAIR) unsigned char cells[];
};

/* How items lie in cells: each begins with a word that says whether there is an item, then, where
 * sizes vary, the item's size. */
struct tern__layout {
    size_t width;  /* room of an item */
    size_t per;    /* items in a cell */
    size_t offset; /* of the first item in its cell */
    size_t stride; /* bytes of a cell */
    size_t cells;
};

/* How far one side has come. */
struct tern__cursor {
    uint64_t count; /* items sent, or received, by this side; queue: the ticket looked at last */
    uint64_t known; /* ring: of the other side, when last looked at */
    unsigned char *cell; /* where the next item is put, or found; queue: that of the ticket */
    size_t slot;         /* which of the cell; rendezvous: which cell */
    uint64_t lap;        /* queue: how often it was filled before */
    size_t left;         /* queue: items from here to its end */
};

/* One side of a ring: see ring.h. */
struct tern__ring {
    struct tern__layout layout;
    bool sizes;      /* of items vary */
    size_t capacity; /* items that may be in it: no more than its cells hold */
    _Atomic uint64_t *taken;
    unsigned char *cells;
    struct tern__cursor at;
    unsigned claimed; /* of the sender: cells from this one on that are its own already */
};

/* One endpoint of the channel. */
struct tern__end {
    int rank; /* in the channel's tern_comm */
    int pid;
    int role;
    int node; /* a number of its own */
};

/* An item of fixed size sent or received at once, with no lock and no other check than that there
 * is room, or an item; false: take the long way. */
typedef bool tern__send_one(tern_chan *ch, const void *item);
typedef bool tern__recv_one(tern_chan *ch, void *item);

struct tern_chan {
    tern__send_one *send_one; /* NULL while something else stands in the way */
    tern__recv_one *recv_one;
    struct tern__shared *shared; /* by all ends; on the wire by none: each counts for itself */
    struct tern__shared *node;   /* by those of this node; NULL if it has no pair */
    size_t item;                 /* bytes, or TERN_VARIABLE */
    size_t capacity;
    struct tern__layout layout;
    struct tern__cursor send, recv; /* queue, rendezvous */
    struct tern__ring out, in;      /* ring */
    const struct tern__transport *transport;
    bool sends, receives; /* may still */
    bool threads;         /* several may come at once */
    void *reserved;       /* the slot, between reserve and commit */
    const void *peeked;   /* the slot, between peek and release */
    const void *held;     /* queue: an item that did not fit */
    size_t held_bytes;
    size_t sender, receiver; /* this rank's number among the senders, and the receivers */
    const void *offerer;     /* rendezvous: the thread whose item is on offer */
    tern_chan_stats stats;
    pthread_mutex_t send_lock, recv_lock; /* taken if threads */
    tern_comm *comm;                      /* borrowed */
    MPI_Comm ends_comm;
    tern_window *window; /* or the wire */
    struct tern__wire *wire;
    struct tern__end *ends; /* all of them, in rank order */
    size_t ends_n;
    size_t end;     /* which of them this is */
    bool mixed;     /* there are pairs of one node, and others */
    bool sees_pids; /* whether a process that has died can be told */
    char name[64];
};

/* A way for items to go.  No call here waits. */
struct tern__transport {
    const char *name;
    void (*lay_out)(tern_chan *ch, size_t senders); /* fill ch->layout: width is known */
    void (*connect)(tern_chan *ch); /* by each rank, to memory that is zero; or NULL */
    tern__send_one *send_one;       /* or NULL */
    tern__recv_one *recv_one;
    /* Send up to n items: *done of them, TERN_EAGAIN if none.  One, if sizes vary. */
    int (*put)(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n, size_t *done);
    /* Receive up to n: TERN_EAGAIN if there is none, TERN_ETRUNC if it is longer than `room`. */
    int (*take)(tern_chan *ch, unsigned char *items, size_t room, size_t n, size_t *done,
                size_t *bytes);
    bool (*can_put)(tern_chan *ch); /* whether that would not be TERN_EAGAIN, as things are */
    bool (*can_take)(tern_chan *ch);
    int (*reserve)(tern_chan *ch, void **slot);
    int (*commit)(tern_chan *ch, size_t bytes);
    int (*peek)(tern_chan *ch, const void **slot, size_t *bytes);
    int (*release)(tern_chan *ch);
    size_t (*len)(tern_chan *ch);
    void (*goodbye)(tern_chan *ch, int role); /* tell the others that this side closes, or leaves */
    /* Take an unfinished put back; false: a receiver was faster, it is sent.  NULL: never needed */
    bool (*withdraw)(tern_chan *ch);
};
extern const struct tern__transport tern__ring;            /* one sender, one receiver */
extern const struct tern__transport tern__queue;           /* many */
extern const struct tern__transport tern__rendezvous;      /* capacity 0 */
extern const struct tern__transport tern__wire;            /* between nodes */
extern const struct tern__transport tern__wire_permits;    /* and of little room */
extern const struct tern__transport tern__wire_rendezvous; /* and of capacity 0, one receiver */
extern const struct tern__transport tern__wire_handshake;  /* or several, or mixed */

/* Capacity 0 in a node: offer an item in this sender's cell; whether it is there no more; take it
 * back, false if a receiver was faster. */
void tern__rendezvous_offer(tern_chan *ch, const unsigned char *item, size_t bytes);
bool tern__rendezvous_is_taken(const tern_chan *ch);
bool tern__rendezvous_retract(const tern_chan *ch);

/* The wire is laid by all endpoints together.  Each drains it after its goodbyes, until nothing is
 * under way; then it can be freed. */
int tern__wire_open(tern_chan *ch);
bool tern__wire_drained(tern_chan *ch);
void tern__wire_free(tern_chan *ch);

/* What several transports have in common. */
void tern__shared_goodbye(tern_chan *ch, int role);
int tern__no_slot(tern_chan *ch, void **out); /* TERN_ENOTSUP */
int tern__no_peek(tern_chan *ch, const void **out, size_t *bytes);
const void *tern__self(void);                     /* the calling thread, told from the others */
size_t tern__ends(const tern_chan *ch, int role); /* how many have it */

/* One attempt, with all that must be seen to: TERN_EAGAIN if it has to wait. */
int tern__try_send(tern_chan *ch, const void *items, size_t bytes, size_t n, size_t *done);
int tern__try_recv(tern_chan *ch, void *items, size_t room, size_t n, size_t *done, size_t *bytes);
/* tern__try_send() that leaves nothing behind when it fails, for whoever does not insist. */
int tern__try_send_once(tern_chan *ch, const void *item, size_t bytes);
/* TERN_OK if an item of this size may be sent. */
int tern__fits(const tern_chan *ch, size_t bytes, const char *what, const char *where);
/* Whether an attempt would not be TERN_EAGAIN, if only because it would fail. */
bool tern__can_send(tern_chan *ch);
bool tern__can_recv(tern_chan *ch);
/* End an attempt that is given up: true if the item was sent after all. */
bool tern__give_up(tern_chan *ch);
/* TERN_OK, or why the caller may not: `role` and the size of items are checked. */
int tern__may(const tern_chan *ch, int role, const char *what, const char *where);
/* TERN_EPEER if the process of an endpoint has died. */
int tern__check_peers(const tern_chan *ch, const char *where);
int tern__no_receivers(const tern_chan *ch);                             /* TERN_EPIPE */
int tern__late_chan(tern_chan *ch, const char *what, const char *where); /* TERN_ETIMEDOUT */
/* What a look gives that gave `error`: now and then it is checked that the peers live. */
int tern__look_on(const tern_chan *ch, int error, unsigned *looks, const char *where);
static inline bool tern__is_late(int error)
{
    return error == TERN_ETIMEDOUT || error == TERN_EAGAIN; /* the latter of TERN_NOW */
}
enum { TERN__LOOKS = 4096 }; /* between two such checks: milliseconds, when the waiter yields */

/* A receiver's announcement that it waits, which makes it visible to trysend. */
void tern__announce(tern_chan *ch, int by);

static inline void tern__lock(const tern_chan *ch, pthread_mutex_t *mutex) /* hot */
{
    if (ch->threads)
        pthread_mutex_lock(mutex);
}

static inline void tern__unlock(const tern_chan *ch, pthread_mutex_t *mutex) /* hot */
{
    if (ch->threads)
        pthread_mutex_unlock(mutex);
}

/* A call of this role has to wait. */
static inline void tern__count_wait(tern_chan *ch, int role)
{
    pthread_mutex_t *mutex = role == TERN_SENDER ? &ch->send_lock : &ch->recv_lock;

    tern__lock(ch, mutex);
    ++*(role == TERN_SENDER ? &ch->stats.send_waits : &ch->stats.receive_waits);
    tern__unlock(ch, mutex);
}

/* Whether no sender is left; what they sent is visible then. */
static inline bool tern__all_closed(const tern_chan *ch)
{
    return atomic_load_explicit(&ch->shared->senders, memory_order_acquire) == 0;
}

/* Whether the short ways are open, after anything that may change it. */
static inline void tern__open_short_ways(tern_chan *ch)
{
    if (ch->threads || ch->item == TERN_VARIABLE)
        return;
    ch->send_one = ch->sends && ch->reserved == NULL ? ch->transport->send_one : NULL;
    ch->recv_one = ch->receives && ch->peeked == NULL ? ch->transport->recv_one : NULL;
}

static inline _Atomic uint64_t *tern__word(unsigned char *cell)
{
    return (_Atomic uint64_t *)(void *)cell;
}

/* hot */
static inline void tern__copy(void *to, const void *from, size_t bytes)
{
    if (bytes == sizeof(uint64_t))
        memcpy(to, from, sizeof(uint64_t));
    else
        memcpy(to, from, bytes);
}

#endif
