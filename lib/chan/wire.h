/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/chan: items as messages, between any two ranks.
 *
 * A sender has a lane to each receiver: a ring of as many items as may be on the way there, its
 * credits.  The receiver gives credits back when it has taken half of a lane's, while it waits for
 * whatever it be, and one by one for a while once a sender has said that it waits without any; so
 * no rank's memory grows.  A sender with several lanes takes the one with
 * the most credits: that of the receiver who takes fastest.  Messages leave from the lane's ring
 * and arrive in receives that are posted beforehand.  Where other ends share a node, its lane is a
 * ring in shared memory, and no credits come back: wire_near.c.  Ranks are those of the endpoints.
 */
#ifndef TERN_CHAN_WIRE_H
#define TERN_CHAN_WIRE_H

#include "chan/ring.h"

/* Tags of what goes from senders to receivers. */
enum {
    TERN__RETRACT = 1, /* capacity 0: the item sent last is not to be taken any more */
    TERN__ASK,         /* capacity 0: from now on tell me whether you wait */
    TERN__CLOSE,       /* the last message */
    TERN__OFFER,       /* capacity 0, several receivers: the size of an item ... */
    TERN__OVER,        /* ... that can be had no more */
    TERN__ITEMS        /* and their number is added ... */
};
enum { TERN__WAITED = 2 * TERN__EAGER }; /* ... and this, if they had to wait long for a credit */

/* What goes back: a number of credits, or one of these. */
enum {
    TERN__LEAVE = -1,     /* the last word */
    TERN__RETRACTED = -2, /* the answer to RETRACT, unless the item was taken: then that is it */
    TERN__WAITING = -3,   /* the receiver waits ... */
    TERN__GONE_ON = -4,   /* ... no more */
    TERN__INVITE = -5,    /* the receiver wants to hear of the next offer */
    TERN__REQUEST = -16   /* less the number of an offer: it wants to have it */
};

/* Looks for the other side before a rank waits for it in earnest: a few times there and back. */
enum { TERN__SHORT_WAY = 32 };
/* Words to one rank.  What does not fit waits: see tern__wire_note(). */
enum { TERN__WORDS = 4 };
/* On the way of words, from a sender: it waits without credits. */
enum { TERN__DRY = 1 };
struct tern__notes {
    struct tern__note {
        MPI_Request req;
        int64_t word;
    } note[TERN__WORDS];
    unsigned next;
};

/* From this sender to one receiver. */
struct tern__lane {
    int rank;
    bool near; /* the receiver is on this node: items go into the ring */
    struct tern__ring ring;
    bool left;    /* the receiver has */
    bool waiting; /* the receiver says so */
    bool asked;   /* it was asked to */
    bool invited; /* the receiver wants to hear of the next offer */
    bool offered; /* and has heard of this one, number offers_n */
    uint64_t offers_n, requested;
    struct tern__notes notes; /* of offers */
    size_t room, credits;
    size_t at;                          /* where in the ring the next item goes */
    uint64_t sent, reaped;              /* items; those between are MPI's */
    uint64_t first_message, messages_n; /* that MPI has not done with at once, the oldest first */
    unsigned char *items;               /* room of them, layout.width each */
    size_t *bytes;                      /* of each, if sizes vary; else NULL */
    struct tern__message {
        MPI_Request req;
        size_t n;
    } * messages;       /* room of them */
    tern_req last, ask; /* CLOSE or RETRACT; ASK */
    MPI_Request dry;    /* synchronous, so nothing is under way when it is done */
    bool said_dry;      /* since credits came last */
    bool waited;        /* the next item, long */
};

/* A posted receive, and what came. */
struct tern__arrival {
    tern_req req; /* persistent: that is faster where many are posted */
    int source;
    bool ready;
    size_t bytes;    /* of an item */
    size_t at, left; /* items taken, and not yet */
    unsigned char *items;
};

/* To this receiver from one sender. */
struct tern__origin {
    bool open;      /* it may still send */
    bool near;      /* it is on this node: items come in the ring */
    bool asks;      /* wants to know whether this receiver waits */
    bool told;      /* what it was told last */
    bool offers;    /* capacity 0: `item` is on offer; or one of this size, where it is */
    bool retracted; /* ... no more, which is still to be said */
    bool leaves;    /* LEAVE is still to be said ... */
    bool left;      /* ... and was */
    size_t room;    /* credits in all */
    size_t owed;    /* and to be given back */
    size_t exact;   /* for so many items at once */
    size_t bytes;   /* of item */
    unsigned char *item;
    bool invited; /* several receivers: it will say when it offers */
    uint64_t offers_n;
    struct tern__notes notes;
    struct tern__ring ring;
    struct tern__arrival arrival; /* what is there in the ring */
};

typedef int tern__isend(const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);

struct tern__wire {
    tern_comm *there, *back;
    tern__isend *isend;       /* MPI_Isend, or MPI_Issend with TERN_STRICT */
    struct tern__lane *lanes; /* of this sender */
    size_t lanes_n;
    tern_req word_req; /* of the next word */
    int64_t word;
    tern_req dry_req; /* of a receiver: the next sender without credits */
    unsigned looks;
    size_t vain;             /* looks for credits */
    size_t left_n;           /* lanes */
    unsigned char **retired; /* rings of lanes that have grown */
    size_t retired_n;
    bool retracted; /* the answer to RETRACT */
    bool broken;    /* MPI fails: nothing more is to be waited for */
    struct tern__lane *reserved;
    struct tern__permits *permits; /* NULL, if the capacity is enough for all lanes */
    struct tern__lane *granted;    /* several receivers: the item on offer goes there */
    size_t owed;                   /* credits, to all origins */
    struct tern__origin *origins;  /* [rank among the endpoints]; of this receiver */
    struct tern__arrival arrivals[TERN__ARRIVALS];
    size_t arrivals_n;
    unsigned char *arrived; /* the room of all arrivals */
    size_t message_bytes;   /* at most */
    int source;             /* the only one, or MPI_ANY_SOURCE, which MPI matches more slowly */
    size_t next;            /* arrival */
    struct tern__arrival *peeked;
    size_t turn;         /* capacity 0: where to look first for an offer */
    bool near_first;     /* capacity 0: of the offers of this node and of others */
    tern_window *window; /* of this node */
    size_t near_lanes, near_origins;
    size_t near_turn;           /* the origin of this node to look at first */
    int (*tend)(tern_chan *ch); /* the chore of a receiver */
    struct tern_chore chore;
};

/* What all files of the wire use. */
/* What is to be done while this rank waits for something else: give credits back, or of capacity 0
 * take in what came, from the senders of one receiver, or of several. */
int tern__wire_give_all(tern_chan *ch);
int tern__wire_give(tern_chan *ch, size_t origin, size_t least);
int tern__wire_absorb(tern_chan *ch);
int tern__wire_attend(tern_chan *ch);
int tern__wire_failed(const char *call); /* TERN_EMPI */
/* Send bytes; *out is MPI_REQUEST_NULL if MPI has done with them already. */
int tern__wire_isend(const struct tern__wire *w, tern_comm *c, const void *bytes, size_t n, int to,
                     int tag, MPI_Request *out);
/* tern_test() without its layers: they cost as much as MPI_Test. */
static inline int tern__wire_test(MPI_Request *req, MPI_Status *status) /* hot */
{
    int done = 0;

    if (MPI_Test(req, &done, status) != MPI_SUCCESS)
        return tern__wire_failed("MPI_Test");
    return done ? TERN_OK : TERN_EAGAIN;
}
int tern__wire_start(MPI_Request *req);
/* Send a word: TERN_EAGAIN if too many are under way, which has_room() says before. */
int tern__wire_note(const struct tern__wire *w, tern_comm *c, struct tern__notes *notes, int to,
                    int tag, int64_t word);
bool tern__wire_has_room(struct tern__notes *notes, unsigned words);

/* Senders: take in what came back; where the next item lies; send n from there; see what is sent,
 * false if `all` is wanted and some are under way. */
int tern__wire_words(tern_chan *ch);
int tern__wire_make_room(const tern_chan *ch, struct tern__lane *l); /* for l->room items */
int tern__wire_bequeath(tern_chan *ch, struct tern__lane *l);        /* its receiver has left */
unsigned char *tern__wire_slot(const tern_chan *ch, const struct tern__lane *l);
int tern__wire_send(tern_chan *ch, struct tern__lane *l, size_t n, size_t bytes);
/* Put n items on a lane that has credits for them. */
int tern__wire_put_on(tern_chan *ch, struct tern__lane *l, const unsigned char *items, size_t bytes,
                      size_t n);
bool tern__wire_reap(struct tern__lane *l, bool all);
int tern__wire_put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n, size_t *done);
bool tern__wire_can_put(tern_chan *ch);
int tern__wire_reserve(tern_chan *ch, void **out);
int tern__wire_commit(tern_chan *ch, size_t bytes);

bool tern__wire_send_one(tern_chan *ch, const void *item);
/* A few looks for a credit: false if there is none, the receiver has left, or MPI fails. */
bool tern__wire_await_credit(tern_chan *ch, const struct tern__lane *l);

/* Receivers: the next arrival with items, TERN_EAGAIN if there is none; be done with it; say a
 * word, TERN_EAGAIN if too many are under way. */
bool tern__wire_recv_one(tern_chan *ch, void *item);
int tern__wire_arrival(tern_chan *ch, struct tern__arrival **out);
int tern__wire_await_arrival(tern_chan *ch, struct tern__arrival **out); /* a few looks */
int tern__wire_hear(tern_chan *ch); /* who waits without credits */
int tern__wire_repost(tern_chan *ch);
int tern__wire_reply(tern_chan *ch, size_t origin, int64_t word);
int tern__wire_take(tern_chan *ch, unsigned char *items, size_t most, size_t n, size_t *done,
                    size_t *bytes);
bool tern__wire_can_take(tern_chan *ch);
int tern__wire_peek(tern_chan *ch, const void **out, size_t *bytes);
int tern__wire_release(tern_chan *ch);
size_t tern__wire_len(tern_chan *ch);

/* Capacity 0: whether a receiver waits, so that trysend may succeed: senders learn it once they
 * have asked. */
bool tern__wire_can_offer(tern_chan *ch);
int tern__wire_tell_waiting(tern_chan *ch);
size_t tern__wire_no_len(tern_chan *ch);

/* Pairs of one node: whether ends a and b are one; the memory of this node's; lay their lanes, once
 * all others are; an arrival from one of them; what their receivers have taken; item number k of
 * those that a lane holds. */
bool tern__wire_is_near(const tern_chan *ch, size_t a, size_t b);
size_t tern__wire_near_bytes(const tern_chan *ch);
int tern__wire_near_open(tern_chan *ch);
bool tern__wire_near_arrival(tern_chan *ch, struct tern__arrival **out);
void tern__wire_near_look(struct tern__lane *l);
const unsigned char *tern__wire_near_item(const struct tern__lane *l, uint64_t k, size_t *bytes);

/* Permits to send, where the capacity is less than the lanes have room for: see wire_permits.c. */
int tern__permits_open(tern_chan *ch);
int tern__permits_tend(tern_chan *ch);
bool tern__permits_drained(tern_chan *ch);
void tern__permits_free(struct tern__permits *p);

void tern__wire_drop(tern_req *req); /* a posted receive */
/* Receives that a receiver posts, and how far they lie from each other. */
size_t tern__wire_arrivals(const tern_chan *ch);
size_t tern__wire_arrival_bytes(const tern_chan *ch);
/* Credits of the lane from sender s to receiver r. */
size_t tern__wire_credits(const tern_chan *ch, size_t s, size_t r);
void tern__wire_lay_out(tern_chan *ch, size_t senders);
void tern__wire_goodbye(tern_chan *ch, int role);

#endif
