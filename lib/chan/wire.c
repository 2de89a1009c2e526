/* SPDX-License-Identifier: BSD-3-Clause */
/* How the wire of a channel is laid, and taken up again. */
#include "config.h"

#include "chan/wire.h"

#include <stdlib.h>

/* Credits of the lane from sender s to receiver r.  All lanes have equal shares of the capacity;
 * what is left goes along the diagonals of the table of pairs, so that every sender and every
 * receiver has a credit before any has two.  If there are not enough for that, permits limit what
 * is on the lanes (wire_permits.c), and each may have all. */
size_t tern__wire_credits(const tern_chan *ch, size_t s, size_t r)
{
    size_t senders = tern__ends(ch, TERN_SENDER), receivers = tern__ends(ch, TERN_RECEIVER);
    size_t most = senders > receivers ? senders : receivers;
    size_t diagonal = senders > receivers ? (r + receivers - s % receivers) % receivers
                                          : (s + senders - r % senders) % senders;
    size_t place = diagonal * most + (senders > receivers ? s : r);

    if (ch->capacity == 0)
        return 1;
    if (ch->capacity < most)
        return ch->capacity;
    return ch->capacity / (senders * receivers) + (place < ch->capacity % (senders * receivers));
}

/* Items of a fixed size go together, as many as a sender has credits for. */
static size_t message_bytes(const tern_chan *ch)
{
    size_t several = ch->item != TERN_VARIABLE ? TERN__EAGER / ch->layout.width : 1;

    several = several < ch->capacity ? several : ch->capacity;
    size_t bytes = (several > 1 ? several : 1) * ch->layout.width;

    return bytes > sizeof(int64_t) ? bytes : sizeof(int64_t);
}

/* One for each credit, and for what each sender says besides. */
size_t tern__wire_arrivals(const tern_chan *ch)
{
    size_t most = ch->capacity + 2 * tern__ends(ch, TERN_SENDER);

    return most < TERN__ARRIVALS ? most : TERN__ARRIVALS;
}

/* An odd number of cache lines: a power of two would share few places in the cache. */
size_t tern__wire_arrival_bytes(const tern_chan *ch)
{
    return (message_bytes(ch) + TERN__LINE - 1) / TERN__LINE / 2 * 2 * TERN__LINE + TERN__LINE;
}

static void clear(struct tern__notes *notes)
{
    for (int i = 0; i < TERN__WORDS; i++)
        notes->note[i].req = MPI_REQUEST_NULL;
}

int tern__wire_make_room(const tern_chan *ch, struct tern__lane *l)
{
    const bool variable = ch->item == TERN_VARIABLE;

    l->items = tern_alloc(l->room * ch->layout.width);
    l->messages = calloc(l->room + 1, sizeof(*l->messages));
    l->bytes = variable ? calloc(l->room + 1, sizeof(*l->bytes)) : NULL;
    if (l->items != NULL && l->messages != NULL && (l->bytes != NULL || !variable))
        return TERN_OK;
    tern_free(l->items);
    free(l->messages);
    free(l->bytes);
    l->items = NULL;
    l->messages = NULL;
    l->bytes = NULL;
    return TERN_ENOMEM;
}

static int open_lane(tern_chan *ch, struct tern__lane *l, size_t rank, size_t credits)
{
    *l = (struct tern__lane){.rank = (int)rank,
                             .room = credits,
                             .credits = credits,
                             .last = TERN_REQ_NULL,
                             .ask = TERN_REQ_NULL,
                             .dry = MPI_REQUEST_NULL,
                             .near = tern__wire_is_near(ch, ch->end, rank)};
    clear(&l->notes);
    ch->wire->near_lanes += l->near;
    return l->near ? TERN_OK : tern__wire_make_room(ch, l);
}

static int open_origin(tern_chan *ch, size_t rank, size_t credits)
{
    struct tern__origin *o = &ch->wire->origins[rank];

    *o = (struct tern__origin){
        .open = true, .room = credits, .near = tern__wire_is_near(ch, rank, ch->end)};
    clear(&o->notes);
    ch->wire->near_origins += o->near;
    o->item = ch->capacity == 0 ? tern_alloc(ch->layout.width) : NULL;
    return ch->capacity > 0 || o->item != NULL ? TERN_OK : TERN_ENOMEM;
}

static int open_lanes(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    size_t s = 0, r = 0;
    int error = TERN_OK;

    w->lanes = calloc(tern__ends(ch, TERN_RECEIVER), sizeof(*w->lanes));
    w->origins = calloc(ch->ends_n, sizeof(*w->origins));
    w->retired = calloc(tern__ends(ch, TERN_RECEIVER), sizeof(*w->retired));
    if (w->lanes == NULL || w->origins == NULL || w->retired == NULL)
        return TERN_ENOMEM;
    for (size_t i = 0; i < ch->ends_n && !error; i++) {
        if (ch->ends[i].role & TERN_SENDER)
            w->source = (int)i;
        if (ch->ends[i].role & TERN_SENDER && ch->receives)
            error = open_origin(ch, i, tern__wire_credits(ch, s, ch->receiver));
        if (ch->ends[i].role & TERN_RECEIVER && ch->sends && !error)
            error =
                open_lane(ch, &w->lanes[w->lanes_n++], i, tern__wire_credits(ch, ch->sender, r));
        s += (ch->ends[i].role & TERN_SENDER) != 0;
        r += (ch->ends[i].role & TERN_RECEIVER) != 0;
    }
    w->source = s == 1 ? w->source : MPI_ANY_SOURCE;
    return error;
}

int tern__wire_failed(const char *call)
{
    return tern_fail(TERN_EMPI, NULL, "%s failed in a channel", call);
}

int tern__wire_start(MPI_Request *req) /* hot */
{
    return MPI_Start(req) == MPI_SUCCESS ? TERN_OK : tern__wire_failed("MPI_Start");
}

int tern__wire_isend(const struct tern__wire *w, tern_comm *c, const void *bytes, size_t n, int to,
                     int tag, MPI_Request *out) /* hot */
{
    if (n <= INT32_MAX) {
        if (w->isend(bytes, (int)n, MPI_BYTE, to, tag, tern_comm_raw(c), out) != MPI_SUCCESS)
            return tern__wire_failed("MPI_Isend");
    } else {
        tern_req req;
        int error = tern_isend(c, bytes, n, MPI_BYTE, to, tag, &req);
        if (error)
            return error;
        *out = req.mpi;
    }
    return tern__wire_test(out, MPI_STATUS_IGNORE) == TERN_EMPI ? TERN_EMPI : TERN_OK;
}

int tern__wire_note(const struct tern__wire *w, tern_comm *c, struct tern__notes *notes, int to,
                    int tag, int64_t word) /* hot */
{
    struct tern__note *n = &notes->note[notes->next];
    int error = tern__wire_test(&n->req, MPI_STATUS_IGNORE);

    if (error)
        return error;
    notes->next = (notes->next + 1) % TERN__WORDS;
    n->word = word;
    return tern__wire_isend(w, c, &n->word, sizeof(n->word), to, tag, &n->req);
}

bool tern__wire_has_room(struct tern__notes *notes, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        if (tern__wire_test(&notes->note[(notes->next + i) % TERN__WORDS].req, MPI_STATUS_IGNORE)
            != TERN_OK)
            return false;
    return true;
}

static int post(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    int error = TERN_OK;

    w->arrivals_n = ch->receives ? tern__wire_arrivals(ch) : 0;
    w->arrived = tern_alloc(w->arrivals_n * tern__wire_arrival_bytes(ch));
    if (w->arrived == NULL && ch->receives)
        return TERN_ENOMEM;
    for (size_t i = 0; i < w->arrivals_n && !error; i++) {
        struct tern__arrival *a = &w->arrivals[i];
        a->items = w->arrived + i * tern__wire_arrival_bytes(ch);
        error = tern_recv_init(w->there, a->items, w->message_bytes, MPI_BYTE, w->source,
                               MPI_ANY_TAG, &a->req);
        error = error ? error : tern__wire_start(&a->req.mpi);
    }
    if (ch->receives && !error)
        error = tern_recv_init(w->back, NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, TERN__DRY, &w->dry_req);
    if (ch->receives && !error)
        error = tern__wire_start(&w->dry_req.mpi);
    if (error || !ch->sends)
        return error;
    error = tern_recv_init(w->back, &w->word, sizeof(w->word), MPI_BYTE, MPI_ANY_SOURCE, 0,
                           &w->word_req);
    return error ? error : tern__wire_start(&w->word_req.mpi);
}

/* Of a sender: to hear who has left. */
static void tend_lanes(tern_chan *ch)
{
    if (!ch->sends || ch->wire->lanes_n == 1
        || (ch->threads && pthread_mutex_trylock(&ch->send_lock) != 0))
        return;
    ch->wire->broken |= tern__wire_words(ch) < 0;
    tern__unlock(ch, &ch->send_lock);
}

static void tend_origins(tern_chan *ch)
{
    if (!ch->receives || (ch->threads && pthread_mutex_trylock(&ch->recv_lock) != 0))
        return; /* somebody is at it */
    ch->wire->broken |= ch->wire->tend(ch) == TERN_EMPI;
    tern__unlock(ch, &ch->recv_lock);
}

static void chore(void *state)
{
    tern_chan *ch = state;

    tend_lanes(ch);
    tend_origins(ch);
    if (ch->wire->permits != NULL)
        ch->wire->broken |= tern__permits_tend(ch) < 0;
}

int tern__wire_open(tern_chan *ch)
{
    struct tern__wire *w = calloc(1, sizeof(*w));
    int error = TERN_OK;

    ch->wire = w;
    if (w == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "chan_open: no memory for channel '%s'", ch->name);
    w->tend = ch->capacity > 0                         ? tern__wire_give_all
              : ch->transport == &tern__wire_handshake ? tern__wire_attend
                                                       : tern__wire_absorb;
    w->isend = tern_env_number("TERN_STRICT") != 0 ? MPI_Issend : MPI_Isend;
    w->word_req = w->dry_req = TERN_REQ_NULL;
    w->message_bytes = message_bytes(ch);
    for (int i = 0; i < TERN__ARRIVALS; i++)
        w->arrivals[i].req = TERN_REQ_NULL;
    error = tern_comm_wrap(ch->ends_comm, &w->there);
    if (!error)
        error = tern_comm_wrap(ch->ends_comm, &w->back);
    if (!error)
        error = open_lanes(ch);
    if (!error)
        error = post(ch);
    if (!error)
        error = tern__wire_near_open(ch);
    if (!error && ch->transport == &tern__wire_permits)
        error = tern__permits_open(ch);
    if (error == TERN_OK && (ch->receives || w->lanes_n > 1 || w->permits != NULL)) {
        w->chore = (struct tern_chore){chore, ch, NULL};
        tern_chore_add(&w->chore);
    }
    return error;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

void tern__wire_goodbye(tern_chan *ch, int role)
{
    struct tern__wire *w = ch->wire;

    for (size_t i = 0; i < w->lanes_n && role == TERN_SENDER; i++) {
        struct tern__lane *l = &w->lanes[i];
        w->broken |= tern_isend(w->there, NULL, 0, MPI_BYTE, l->rank, TERN__CLOSE, &l->last) < 0;
    }
    for (size_t i = 0; i < ch->ends_n && role == TERN_RECEIVER; i++)
        if (ch->ends[i].role & TERN_SENDER)
            w->origins[i].leaves = true; /* said by tern__wire_drained(), if not at once */
    if (role == TERN_RECEIVER)
        tern__wire_drained(ch);
}

static bool lanes_drained(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    bool all = true;

    if (tern__wire_words(ch) < 0)
        w->broken = true;
    for (size_t i = 0; i < w->lanes_n; i++) {
        struct tern__lane *l = &w->lanes[i];
        bool reaped = tern__wire_reap(l, true);
        all &= l->left && reaped && tern__wire_has_room(&l->notes, TERN__WORDS)
               && tern_test(&l->last, NULL) == TERN_OK && tern_test(&l->ask, NULL) == TERN_OK
               && tern__wire_test(&l->dry, MPI_STATUS_IGNORE) == TERN_OK;
    }
    return all;
}

/* What still comes is dropped. */
static bool origins_drained(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    struct tern__arrival *a;
    bool all = true;

    w->broken |= tern__wire_hear(ch) < 0;
    while (tern__wire_arrival(ch, &a) == TERN_OK)
        w->broken |= tern__wire_repost(ch) < 0;
    for (size_t i = 0; i < ch->ends_n; i++) {
        struct tern__origin *o = &w->origins[i];
        if (!(ch->ends[i].role & TERN_SENDER))
            continue;
        if (o->leaves && tern__wire_give(ch, i, 1) == TERN_OK && o->owed == 0
            && tern__wire_reply(ch, i, TERN__LEAVE) == TERN_OK) {
            o->leaves = false;
            o->left = true;
        }
        all &= !o->open && !o->leaves;
        all &= tern__wire_has_room(&o->notes, TERN__WORDS);
    }
    return all;
}

bool tern__wire_drained(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;
    bool all = !ch->sends && !ch->receives;

    if (!ch->sends && w->lanes_n > 0)
        all &= lanes_drained(ch);
    if (!ch->receives && w->arrivals_n > 0)
        all &= origins_drained(ch);
    if (w->permits != NULL)
        all &= tern__permits_drained(ch);
    return all || w->broken;
}

void tern__wire_drop(tern_req *req)
{
    MPI_Status status;
    int cancelled = 1;

    if (req->mpi == MPI_REQUEST_NULL)
        return;
    if (tern__wire_test(&req->mpi, MPI_STATUS_IGNORE) == TERN_EAGAIN
        && MPI_Cancel(&req->mpi) == MPI_SUCCESS && MPI_Wait(&req->mpi, &status) == MPI_SUCCESS)
        MPI_Test_cancelled(&status, &cancelled);
    if (!cancelled)
        tern_log(TERN_LOG_WARN, "a message of a channel came after its end"); /* a bug */
    (void)tern_req_free(req);
}

void tern__wire_free(tern_chan *ch)
{
    struct tern__wire *w = ch->wire;

    if (w == NULL)
        return;
    if (w->chore.run != NULL)
        tern_chore_remove(&w->chore);
    tern__wire_drop(&w->word_req);
    tern__wire_drop(&w->dry_req);
    tern__permits_free(w->permits);
    for (size_t i = 0; i < w->arrivals_n; i++)
        tern__wire_drop(&w->arrivals[i].req);
    tern_free(w->arrived);
    for (size_t i = 0; i < w->lanes_n; i++) {
        tern_free(w->lanes[i].items);
        free(w->lanes[i].messages);
        free(w->lanes[i].bytes);
    }
    for (size_t i = 0; i < ch->ends_n && w->origins != NULL; i++)
        tern_free(w->origins[i].item);
    tern_window_close(w->window);
    tern_comm_free(w->there);
    tern_comm_free(w->back);
    free(w->lanes);
    for (size_t i = 0; i < w->retired_n; i++)
        tern_free(w->retired[i]);
    free(w->retired);
    free(w->origins);
    free(w);
    ch->wire = NULL;
}

void tern__wire_lay_out(tern_chan *ch, size_t senders)
{
    (void)senders;
    ch->layout.per = 1;
    ch->layout.stride = ch->layout.width;
    ch->layout.cells = 0; /* nothing lies in shared memory */
}

const struct tern__transport tern__wire = {
    .name = "wire",
    .lay_out = tern__wire_lay_out,
    .send_one = tern__wire_send_one,
    .recv_one = tern__wire_recv_one,
    .put = tern__wire_put,
    .take = tern__wire_take,
    .can_put = tern__wire_can_put,
    .can_take = tern__wire_can_take,
    .reserve = tern__wire_reserve,
    .commit = tern__wire_commit,
    .peek = tern__wire_peek,
    .release = tern__wire_release,
    .len = tern__wire_len,
    .goodbye = tern__wire_goodbye,
};
