/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/chan: items as messages, between any two ranks.
 *
 * A sender has a lane to each receiver: a ring of as many items as may be on the way there, its
 * credits.  The receiver gives credits back when it has taken half of a lane's, and whenever it
 * finds nothing to take; so no rank's memory grows.  A sender with several lanes takes the one with
 * the most credits: that of the receiver who takes fastest.  Messages leave from the lane's ring
 * and arrive in receives that are posted beforehand.  Ranks are those of the endpoints. */
#ifndef TERN_CHAN_WIRE_H
#define TERN_CHAN_WIRE_H

#include "chan/chan_private.h"

/* Tags of what goes from senders to receivers. */
enum {
    TERN__RETRACT = 1, /* capacity 0: the item sent last is not to be taken any more */
    TERN__ASK,         /* capacity 0: from now on tell me whether you wait */
    TERN__CLOSE,       /* the last message */
    TERN__OFFER,       /* capacity 0, several receivers: the size of an item ... */
    TERN__OVER,        /* ... that can be had no more */
    TERN__ITEMS        /* and their number is added */
};

/* What goes back: a number of credits, or one of these. */
enum {
    TERN__LEAVE = -1,     /* the last word */
    TERN__RETRACTED = -2, /* the answer to RETRACT, unless the item was taken: then that is it */
    TERN__WAITING = -3,   /* the receiver waits ... */
    TERN__GONE_ON = -4,   /* ... no more */
    TERN__INVITE = -5,    /* the receiver wants to hear of the next offer */
    TERN__REQUEST = -16   /* less the number of an offer: it wants to have it */
};

/* Words to one rank.  What does not fit waits: see tern__wire_note(). */
enum { TERN__WORDS = 4 };
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
};

/* To this receiver from one sender. */
struct tern__origin {
    bool open;      /* it may still send */
    bool asks;      /* wants to know whether this receiver waits */
    bool told;      /* what it was told last */
    bool offers;    /* capacity 0: `item` is on offer; or one of this size, where it is */
    bool retracted; /* ... no more, which is still to be said */
    bool leaves;    /* LEAVE is still to be said ... */
    bool left;      /* ... and was */
    size_t room;    /* credits in all */
    size_t owed;    /* and to be given back */
    size_t bytes;   /* of item */
    unsigned char *item;
    bool invited; /* several receivers: it will say when it offers */
    uint64_t offers_n;
    struct tern__notes notes;
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

typedef int tern__isend(const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);

struct tern__wire {
    tern_comm *there, *back;
    tern__isend *isend;       /* MPI_Isend, or MPI_Issend with TERN_STRICT */
    struct tern__lane *lanes; /* of this sender */
    size_t lanes_n;
    tern_req word_req; /* of the next word */
    int64_t word;
    unsigned looks;
    size_t left_n;           /* lanes */
    unsigned char **retired; /* rings of lanes that have grown */
    size_t retired_n;
    bool retracted; /* the answer to RETRACT */
    bool broken;    /* MPI fails: nothing more is to be waited for */
    struct tern__lane *reserved;
    struct tern__lane *granted;   /* several receivers: the item on offer goes there */
    size_t owed;                  /* credits, to all origins */
    struct tern__origin *origins; /* [rank among the endpoints]; of this receiver */
    struct tern__arrival arrivals[TERN__ARRIVALS];
    size_t message_bytes;       /* room of an arrival */
    int source;                 /* the only one, or MPI_ANY_SOURCE, which MPI matches more slowly */
    size_t next;                /* arrival */
    size_t turn;                /* capacity 0: where to look first for an offer */
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
bool tern__wire_reap(struct tern__lane *l, bool all);
int tern__wire_put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n, size_t *done);
bool tern__wire_can_put(tern_chan *ch);
int tern__wire_reserve(tern_chan *ch, void **out);
int tern__wire_commit(tern_chan *ch, size_t bytes);

bool tern__wire_send_one(tern_chan *ch, const void *item);

/* Receivers: the next arrival with items, TERN_EAGAIN if there is none; be done with it; say a
 * word, TERN_EAGAIN if too many are under way. */
bool tern__wire_recv_one(tern_chan *ch, void *item);
int tern__wire_arrival(tern_chan *ch, struct tern__arrival **out);
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

void tern__wire_lay_out(tern_chan *ch, size_t senders);
void tern__wire_goodbye(tern_chan *ch, int role);

#endif
