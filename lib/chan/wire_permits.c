/* SPDX-License-Identifier: BSD-3-Clause */
/* A channel between nodes whose capacity is less than the number of its senders, or receivers.
 * Each lane needs credits, so the wire has room for more than the channel may hold.  Therefore a
 * send takes a permit first, of which there are as many as the capacity, and who takes the item
 * gives the permit back.  One end, the home, hands them out, one at a time to each who wants some:
 * the only sender, or else the first receiver.
 *
 *   to the home    how many permits this end ever wanted, has returned unused, and freed
 *   from the home  how many it ever granted to the end, and whether others wait for one
 *
 * These are totals, so only the newest matters: one message a way and pair is under way, and what
 * changes meanwhile goes with the next.  While others wait, a permit that is not used within
 * HOLD goes back. */
#include "config.h"

#include "chan/wire.h"

#include <stdlib.h>

static const double HOLD = 0.01; /* seconds: who polls by trysend may take so long between two */

struct claim {
    uint64_t wanted, returned, freed;
    uint64_t closed, used; /* whether the end sends no more, and how many it needed then */
};

struct award {
    uint64_t granted;
    uint64_t scarce; /* whether others wait */
};

/* What the home knows of an end. */
struct account {
    struct claim claim;
    struct award award, sent;
    MPI_Request req; /* of `sent` */
};

struct tern__permits {
    pthread_mutex_t lock;
    tern_comm *comm;
    size_t home;
    uint64_t used; /* permits, by items sent */
    bool tried;    /* to send, since the chore looked last */
    double idle;   /* when the chore last saw that */
    struct claim claim, claim_sent;
    MPI_Request claim_req;
    struct award award, award_in;
    tern_req award_req;
    /* of the home */
    struct account *accounts; /* [end] */
    struct claim claim_in;
    tern_req claim_req_in;
    uint64_t free;
    size_t turn;
};

static size_t home_of(const tern_chan *ch)
{
    int role = tern__ends(ch, TERN_SENDER) == 1 ? TERN_SENDER : TERN_RECEIVER;
    size_t i = 0;

    while (!(ch->ends[i].role & role))
        i++;
    return i;
}

static bool is_home(const tern_chan *ch)
{
    return ch->wire->permits->home == ch->end;
}

static uint64_t held(const struct tern__permits *p)
{
    return p->award.granted - p->claim.returned - p->used;
}

/* ---- The home -------------------------------------------------------------------------------- */

static void take_claim(struct tern__permits *p, size_t end, const struct claim *claim)
{
    struct account *a = &p->accounts[end];

    p->free += claim->returned - a->claim.returned + claim->freed - a->claim.freed;
    if (claim->closed && !a->claim.closed) /* what is still on its way there comes to nothing */
        p->free += a->award.granted - claim->returned - claim->used;
    a->claim = *claim;
}

static bool waits(const struct account *a)
{
    return !a->claim.closed && a->claim.wanted > a->award.granted;
}

static void grant(const tern_chan *ch)
{
    struct tern__permits *p = ch->wire->permits;
    bool scarce = false;

    for (size_t in_vain = 0; in_vain < ch->ends_n && p->free > 0; in_vain++) {
        p->turn = (p->turn + 1) % ch->ends_n;
        if (!waits(&p->accounts[p->turn]))
            continue;
        p->accounts[p->turn].award.granted++;
        p->free--;
        in_vain = 0;
    }
    for (size_t i = 0; i < ch->ends_n; i++)
        scarce |= waits(&p->accounts[i]);
    for (size_t i = 0; i < ch->ends_n; i++)
        p->accounts[i].award.scarce = scarce;
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* Send *value, if it is not what was sent last, once that has arrived.  Synchronous, so that
 * nothing is under way when it is done. */
static int tell(const struct tern__permits *p, const void *value, void *sent, size_t bytes,
                size_t to, MPI_Request *req)
{
    int error = tern__wire_test(req, MPI_STATUS_IGNORE);

    if (error || memcmp(value, sent, bytes) == 0)
        return error == TERN_EAGAIN ? TERN_OK : error;
    memcpy(sent, value, bytes);
    if (MPI_Issend(sent, (int)bytes, MPI_BYTE, (int)to, 0, tern_comm_raw(p->comm), req))
        return tern__wire_failed("MPI_Issend");
    return TERN_OK;
}

static int hear_claims(struct tern__permits *p)
{
    MPI_Status s;
    int error;

    while ((error = tern__wire_test(&p->claim_req_in.mpi, &s)) == TERN_OK) {
        take_claim(p, (size_t)s.MPI_SOURCE, &p->claim_in);
        error = tern__wire_start(&p->claim_req_in.mpi);
        if (error)
            return error;
    }
    return error == TERN_EAGAIN ? TERN_OK : error;
}

static int hear_award(struct tern__permits *p)
{
    int error;

    while ((error = tern__wire_test(&p->award_req.mpi, MPI_STATUS_IGNORE)) == TERN_OK) {
        p->award = p->award_in;
        error = tern__wire_start(&p->award_req.mpi);
        if (error)
            return error;
    }
    return error == TERN_EAGAIN ? TERN_OK : error;
}

static int serve(const tern_chan *ch)
{
    struct tern__permits *p = ch->wire->permits;
    int error = hear_claims(p);

    take_claim(p, p->home, &p->claim);
    grant(ch);
    p->award = p->accounts[p->home].award;
    for (size_t i = 0; i < ch->ends_n && !error; i++) {
        struct account *a = &p->accounts[i];
        if (i != p->home && !a->claim.closed)
            error = tell(p, &a->award, &a->sent, sizeof(a->award), i, &a->req);
    }
    return error;
}

static int talk(const tern_chan *ch)
{
    struct tern__permits *p = ch->wire->permits;

    if (is_home(ch))
        return serve(ch);
    int error = hear_award(p);
    return error ? error
                 : tell(p, &p->claim, &p->claim_sent, sizeof(p->claim), p->home, &p->claim_req);
}

/* What has not been used for long goes back. */
static void return_unused(struct tern__permits *p)
{
    if (p->tried || held(p) == 0) {
        p->tried = false;
        p->idle = tern_clock();
    } else if (!p->claim.closed && p->award.scarce && tern_clock() - p->idle > HOLD)
        p->claim.returned += held(p);
}

int tern__permits_tend(tern_chan *ch)
{
    struct tern__permits *p = ch->wire->permits;
    const bool sending = ch->threads && pthread_mutex_trylock(&ch->send_lock) != 0;

    tern__lock(ch, &p->lock);
    if (!sending) /* else a thread may be about to use it */
        return_unused(p);
    int error = talk(ch);
    tern__unlock(ch, &p->lock);
    if (!sending)
        tern__unlock(ch, &ch->send_lock);
    return error;
}

/* ---- Taking and freeing ---------------------------------------------------------------------- */

/* How many of n items may be sent now.  If none, it is heard at least who has left. */
static size_t ask(tern_chan *ch, size_t n, int *error)
{
    struct tern__permits *p = ch->wire->permits;

    tern__lock(ch, &p->lock);
    p->tried = true;
    n = n < ch->capacity ? n : ch->capacity;
    if (held(p) < n && p->claim.wanted < p->award.granted + n - held(p))
        p->claim.wanted = p->award.granted + n - held(p);
    *error = talk(ch);
    size_t may = held(p) < n ? (size_t)held(p) : n;
    tern__unlock(ch, &p->lock);
    if (may == 0 && !*error)
        *error = tern__wire_words(ch);
    return *error ? 0 : may;
}

static void use(tern_chan *ch, size_t n)
{
    struct tern__permits *p = ch->wire->permits;

    tern__lock(ch, &p->lock);
    p->used += n;
    tern__unlock(ch, &p->lock);
}

static int give_back(tern_chan *ch, size_t n)
{
    struct tern__permits *p = ch->wire->permits;

    tern__lock(ch, &p->lock);
    p->claim.freed += n;
    int error = talk(ch);
    tern__unlock(ch, &p->lock);
    return error;
}

/* ---- The transport --------------------------------------------------------------------------- */

static int put(tern_chan *ch, const unsigned char *items, size_t bytes, size_t n, size_t *done)
{
    int error;
    size_t may = ask(ch, n, &error);

    if (may == 0)
        return error ? error : TERN_EAGAIN;
    error = tern__wire.put(ch, items, bytes, may, done);
    if (!error)
        use(ch, *done);
    return error;
}

static int take(tern_chan *ch, unsigned char *items, size_t room, size_t n, size_t *done,
                size_t *bytes)
{
    int error = tern__wire.take(ch, items, room, n, done, bytes);

    return error ? error : give_back(ch, *done);
}

static bool can_put(tern_chan *ch)
{
    int error;

    return (ask(ch, 1, &error) > 0 && tern__wire.can_put(ch)) || error;
}

static int reserve(tern_chan *ch, void **slot)
{
    int error;

    if (ask(ch, 1, &error) == 0)
        return error ? error : TERN_EAGAIN;
    error = tern__wire.reserve(ch, slot);
    if (!error)
        use(ch, 1);
    return error;
}

static int release(tern_chan *ch)
{
    int error = tern__wire.release(ch);

    return error ? error : give_back(ch, 1);
}

static void goodbye(tern_chan *ch, int role)
{
    struct tern__permits *p = ch->wire->permits;

    tern__wire.goodbye(ch, role);
    if (role != TERN_SENDER)
        return;
    tern__lock(ch, &p->lock);
    p->claim.closed = true;
    p->claim.used = p->used;
    ch->wire->broken |= talk(ch) < 0;
    tern__unlock(ch, &p->lock);
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static int open_home(tern_chan *ch, struct tern__permits *p)
{
    p->accounts = calloc(ch->ends_n, sizeof(*p->accounts));
    if (p->accounts == NULL)
        return TERN_ENOMEM;
    for (size_t i = 0; i < ch->ends_n; i++) {
        p->accounts[i].req = MPI_REQUEST_NULL;
        p->accounts[i].claim.closed = !(ch->ends[i].role & TERN_SENDER);
    }
    p->claim = p->accounts[p->home].claim;
    int error = tern_recv_init(p->comm, &p->claim_in, sizeof(p->claim_in), MPI_BYTE, MPI_ANY_SOURCE,
                               0, &p->claim_req_in);
    return error ? error : tern__wire_start(&p->claim_req_in.mpi);
}

int tern__permits_open(tern_chan *ch)
{
    struct tern__permits *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return TERN_ENOMEM;
    ch->wire->permits = p;
    pthread_mutex_init(&p->lock, NULL);
    p->home = home_of(ch);
    p->free = ch->capacity;
    p->claim.closed = p->claim_sent.closed = !ch->sends;
    p->claim_req = MPI_REQUEST_NULL;
    p->award_req = p->claim_req_in = TERN_REQ_NULL;
    int error = tern_comm_wrap(ch->ends_comm, &p->comm);
    if (error)
        return error;
    if (is_home(ch))
        return open_home(ch, p);
    error = tern_recv_init(p->comm, &p->award_in, sizeof(p->award_in), MPI_BYTE, (int)p->home, 0,
                           &p->award_req);
    return error ? error : tern__wire_start(&p->award_req.mpi);
}

/* Whether this end has said all that it will ever say. */
bool tern__permits_drained(tern_chan *ch)
{
    struct tern__permits *p = ch->wire->permits;

    ch->wire->broken |= tern__permits_tend(ch) < 0;
    if (!is_home(ch))
        return tern__wire_test(&p->claim_req, MPI_STATUS_IGNORE) == TERN_OK
               && memcmp(&p->claim, &p->claim_sent, sizeof(p->claim)) == 0;
    for (size_t i = 0; i < ch->ends_n; i++) {
        struct account *a = &p->accounts[i];
        if (!a->claim.closed || tern__wire_test(&a->req, MPI_STATUS_IGNORE) != TERN_OK)
            return false;
    }
    return true;
}

void tern__permits_free(struct tern__permits *p)
{
    if (p == NULL)
        return;
    tern__wire_drop(&p->award_req);
    tern__wire_drop(&p->claim_req_in);
    tern_comm_free(p->comm);
    pthread_mutex_destroy(&p->lock);
    free(p->accounts);
    free(p);
}

const struct tern__transport tern__wire_permits = {
    .name = "wire",
    .lay_out = tern__wire_lay_out,
    .put = put,
    .take = take,
    .can_put = can_put,
    .can_take = tern__wire_can_take,
    .reserve = reserve,
    .commit = tern__wire_commit,
    .peek = tern__wire_peek,
    .release = release,
    .len = tern__wire_len,
    .goodbye = goodbye,
};
