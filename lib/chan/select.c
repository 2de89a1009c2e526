/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for the first of several channels.  A look asks which cases are ready, picks one, and
 * tries it; another rank may be faster, then it looks again.  A send on a channel of capacity 0 is
 * ready only for a receiver that waits; so that receivers who do not wait find it too, one such
 * case at a time stands as an offer between looks, and is taken back before anything else is done.
 * Two that offer to each other could take their offers back in step for ever, so each time that was
 * in vain the next offer stands longer, for a random number of looks. */
#include "config.h"

#include "chan/chan_private.h"

enum {
    NONE = -1,
    TURN = 64, /* looks after which another case becomes the offer */
    MOST_PATIENCE = 10000
};

struct selection {
    tern_case *cases;
    int n;
    bool first; /* of the ready ones take the first */
    bool waits; /* else this is the only look */
    int offer;  /* the case that stands as an offer, or NONE */
    int chosen; /* the case that was done, or NONE */
    unsigned looks;
    unsigned patience; /* most looks that an offer stands although another case is ready */
    unsigned until;    /* as many looks this one does */
    const char *where;
};

/* Random enough to be fair, different for each thread. */
static uint64_t draw(void)
{
    static _Thread_local uint64_t state;

    if (state == 0)
        state = tern_mix((uint64_t)(uintptr_t)&state ^ (uint64_t)(tern_clock() * 1e9));
    return tern_mix(++state);
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static bool is_send(const tern_case *k)
{
    return k->kind == TERN_CASE_SEND;
}

static bool is_offer(const tern_case *k)
{
    return k->chan != NULL && is_send(k) && k->chan->transport->withdraw != NULL && k->chan->sends;
}

/* Whether it can go on, if only to fail. */
static bool is_ready(const tern_case *k)
{
    tern_chan *ch = k->chan;

    if (ch == NULL)
        return false;
    return is_send(k) ? !ch->sends || tern__can_send(ch) : !ch->receives || tern__can_recv(ch);
}

static size_t item_bytes(const tern_case *k)
{
    return k->chan->item == TERN_VARIABLE ? k->bytes : k->chan->item;
}

/* Why it cannot be done at all, or TERN_OK. */
static int refuse(const tern_case *k, const char *where)
{
    int error = tern__may(k->chan, is_send(k) ? TERN_SENDER : TERN_RECEIVER, "select", where);

    return !error && is_send(k) ? tern__fits(k->chan, item_bytes(k), "select", where) : error;
}

/* TERN_EAGAIN if somebody was faster. */
static int attempt(tern_case *k)
{
    size_t done = 0, bytes = k->chan->item;

    if (is_send(k))
        return tern__try_send_once(k->chan, k->item, item_bytes(k));
    int error = tern__try_recv(k->chan, k->item, item_bytes(k), 1, &done, &bytes);
    if (k->chan->item == TERN_VARIABLE && (error == TERN_OK || error == TERN_ETRUNC))
        k->bytes = bytes;
    return error;
}

/* ---- Offers ---------------------------------------------------------------------------------- */

static void finish(struct selection *s, int i, int status)
{
    s->cases[i].status = status;
    s->chosen = i;
    s->offer = NONE;
}

static void make_offer(struct selection *s, int i)
{
    const tern_case *k = &s->cases[i];
    size_t done;
    int error = refuse(k, s->where);

    if (!error)
        error = tern__try_send(k->chan, k->item, item_bytes(k), 1, &done);
    if (error == TERN_EAGAIN) {
        s->offer = i;
        s->until = s->looks + (unsigned)(draw() % (s->patience + 1));
    } else {
        finish(s, i, error);
    }
}

/* Whether the offer was taken. */
static bool offer_is_taken(struct selection *s)
{
    const tern_case *k = &s->cases[s->offer];
    size_t done = 0;
    int error = tern__try_send(k->chan, k->item, item_bytes(k), 1, &done);

    if (error == TERN_EAGAIN)
        return false;
    finish(s, s->offer, error);
    return true;
}

/* False if it could not be taken back, because it was taken. */
static bool take_offer_back(struct selection *s)
{
    int offer = s->offer;

    if (offer == NONE)
        return true;
    s->offer = NONE;
    if (!tern__give_up(s->cases[offer].chan))
        return true;
    finish(s, offer, TERN_OK);
    return false;
}

/* ---- Looking --------------------------------------------------------------------------------- */

/* One of the ready cases, each equally often, or the first; NONE.  A case that could be the offer
 * has to wait while another is. */
static int pick(const struct selection *s)
{
    int chosen = NONE;
    uint64_t seen = 0;

    for (int i = 0; i < s->n; i++) {
        if (i == s->offer || (s->offer != NONE && is_offer(&s->cases[i]))
            || !is_ready(&s->cases[i]))
            continue;
        if (s->first)
            return i;
        if (draw() % ++seen == 0)
            chosen = i;
    }
    return chosen;
}

static int check_peers(const struct selection *s)
{
    int error = TERN_OK;

    for (int i = 0; i < s->n && !error; i++)
        if (s->cases[i].chan != NULL)
            error = tern__check_peers(s->cases[i].chan, s->where);
    return error;
}

/* Do the case, if nobody is faster. */
static void go(struct selection *s, int i)
{
    if (s->waits && is_offer(&s->cases[i])) {
        make_offer(s, i);
        return;
    }
    if (!take_offer_back(s))
        return;
    int status = refuse(&s->cases[i], s->where);
    if (!status)
        status = attempt(&s->cases[i]);
    if (status != TERN_EAGAIN)
        finish(s, i, status);
    else if (s->patience < MOST_PATIENCE)
        s->patience = 2 * s->patience + 1;
}

/* Offer something while nothing is ready, each case in its turn, but not always at once. */
static void offer_next(struct selection *s)
{
    int turn = (int)(s->looks / TURN) % s->n;

    if (s->offer != NONE && s->looks % TURN == 0 && !take_offer_back(s))
        return;
    for (int k = 0; k < s->n && s->offer == NONE && draw() % 2 == 0; k++)
        if (is_offer(&s->cases[(turn + k) % s->n]))
            make_offer(s, (turn + k) % s->n);
}

static int look(void *state)
{
    struct selection *s = state;

    if (s->offer == NONE || !offer_is_taken(s)) {
        int i = pick(s);
        s->looks++;
        if (i != NONE && (s->offer == NONE || s->looks >= s->until))
            go(s, i);
        else if (i == NONE && s->waits)
            offer_next(s);
    }
    if (s->chosen != NONE)
        return TERN_OK;
    int error = s->waits && s->looks % TERN__LOOKS == 0 ? check_peers(s) : TERN_OK;
    return error ? error : TERN_EAGAIN;
}

static void announce(const struct selection *s, int by)
{
    for (int i = 0; i < s->n; i++)
        if (s->cases[i].chan != NULL && !is_send(&s->cases[i]))
            tern__announce(s->cases[i].chan, by);
}

static tern_comm *any_comm(const tern_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cases[i].chan != NULL)
            return cases[i].chan->comm;
    return tern_world();
}

static int wait(struct selection *s, tern_deadline deadline)
{
    tern_comm *c = any_comm(s->cases, (size_t)s->n);

    if (c == NULL)
        return tern_fail(TERN_EINVAL, s->where,
                         "select: no case has a channel, and there is no "
                         "tern_init() to wait with");
    announce(s, 1);
    s->waits = true;
    int error = tern_wait_for_at(c, look, s, "select", deadline, s->where);
    announce(s, -1);
    if (error)
        take_offer_back(s);
    return s->chosen != NONE ? TERN_OK : error;
}

static int run(tern_case *cases, size_t n, bool first, tern_deadline deadline, const char *where)
{
    struct selection s = {
        .cases = cases, .n = (int)n, .first = first, .offer = NONE, .chosen = NONE, .where = where};

    if (n == 0 || n > INT32_MAX)
        return tern_fail(TERN_EINVAL, where, "select: %zu cases", n);
    int error = look(&s);
    if (error == TERN_EAGAIN)
        error = deadline == TERN_NOW ? TERN_ETIMEDOUT : wait(&s, deadline);
    return error ? error : s.chosen;
}

int tern_select_at(tern_case *cases, size_t n, tern_deadline deadline, const char *where)
{
    return run(cases, n, false, deadline, where);
}

int tern_select_first_at(tern_case *cases, size_t n, tern_deadline deadline, const char *where)
{
    return run(cases, n, true, deadline, where);
}
