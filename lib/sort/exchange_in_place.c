/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchange within the memory of the data: the block is a row of slots of one chunk each, and a few
 * more lie beside it.  Each message is what of a slot goes to one rank; a slot that has gone is
 * free for a chunk that comes.  In the end the chunks are moved together and sorted again, since a
 * merge would need as much memory as the data: that time is the price of the memory.
 *
 * It cannot get stuck.  Every rank always has a send under way to each rank that it still has items
 * for, so a receive that was posted completes; and a rank that has no free slot holds at least as
 * many items as in the end, because no more than SPARE slots are partly filled.  If all receivers
 * of what is left had none, they would together hold as much as in the end and what is left. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

#include "coll/coll.h"

enum {
    TAG = 4,
    WINDOW = 2,             /* messages under way to a rank, and from one */
    MOST_CHUNK = 256 << 10, /* bytes */
    LEAST_CHUNK = 4 << 10,  /* bytes, below which memory is not worth sparing */
    CHUNKS_A_RANK = 32,     /* times p + 1: a rank's data in chunks; the more, the less memory */
    SPARE = 3,              /* slots a rank: one partly sent, the first and last that come */
    SWAP_BYTES = 4096
};

/* Items in a slot that stay, or have come. */
typedef struct segment {
    size_t slot, begin, n;
    int rank;     /* they come from ... */
    size_t place; /* ... and which of its segments this is */
} segment;

/* Items of a sender, numbered as they lie there, that are not yet under way. */
typedef struct flow {
    size_t at, end;
} flow;

/* A message: a segment that comes, or items of a slot that go. */
typedef struct message {
    size_t slot, n; /* n 0: none */
} message;

typedef struct exchange {
    tern__job *job;
    size_t bytes; /* of an item */
    size_t chunk; /* items of a slot */
    int p, me;
    bool ordered;   /* by the rank they come from; else as they lie */
    size_t in_data; /* slots in the block of the job */
    size_t slots;
    char *beside; /* the other slots */
    size_t *left; /* [slot], items of it that stay or have not gone */
    size_t *free; /* stack of slots */
    size_t frees;
    segment *segments; /* one a slot at most */
    size_t segment_count;
    flow *to, *from;   /* [rank] */
    size_t *places;    /* [rank], segments that came or come from it */
    message *messages; /* as reqs */
    tern_req *reqs;    /* WINDOW * p receives, then WINDOW * p sends */
    size_t *indices;   /* room for reqs */
} exchange;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static char *slot_of(const exchange *x, size_t slot)
{
    return slot < x->in_data ? x->job->data + slot * x->chunk * x->bytes
                             : x->beside + (slot - x->in_data) * x->chunk * x->bytes;
}

/* Take what is next of a flow: not more than what lies in one slot of the sender. */
static size_t take(const exchange *x, flow *f)
{
    size_t n = least(f->end - f->at, x->chunk - f->at % x->chunk);

    f->at += n;
    return n;
}

/* ---- Messages ------------------------------------------------------------------------------- */

static int receive_next(exchange *x, int rank, size_t i)
{
    size_t slot = x->free[--x->frees], n = take(x, &x->from[rank]);

    x->segments[x->segment_count++] = (segment){slot, 0, n, rank, x->places[rank]++};
    x->messages[i] = (message){slot, n};
    x->left[slot] = n;
    return tern_irecv(x->job->c, slot_of(x, slot), n * x->bytes, MPI_BYTE, rank, TAG, &x->reqs[i]);
}

static int send_next(exchange *x, int rank, size_t i)
{
    size_t at = x->to[rank].at, n = take(x, &x->to[rank]);
    const char *items = slot_of(x, at / x->chunk) + at % x->chunk * x->bytes;

    x->messages[i] = (message){at / x->chunk, n};
    return tern_isend(x->job->c, items, n * x->bytes, MPI_BYTE, rank, TAG, &x->reqs[i]);
}

/* Keep a window of messages under way in both directions, as far as there are free slots; from the
 * next rank on, so that not all send to the same. */
static int start_all(exchange *x)
{
    size_t sends = (size_t)x->p * WINDOW;
    int error = TERN_OK;

    for (int k = 1; k < x->p; k++)
        for (size_t w = 0; w < WINDOW; w++) {
            int to = (x->me + k) % x->p, from = (x->me + x->p - k) % x->p;
            size_t in = (size_t)from * WINDOW + w, out = sends + (size_t)to * WINDOW + w;
            if (!error && x->messages[in].n == 0 && x->from[from].at < x->from[from].end
                && x->frees > 0)
                error = receive_next(x, from, in);
            if (!error && x->messages[out].n == 0 && x->to[to].at < x->to[to].end)
                error = send_next(x, to, out);
        }
    return error;
}

static void complete(exchange *x, size_t i)
{
    message *m = &x->messages[i];

    if (i >= (size_t)x->p * WINDOW) {
        x->left[m->slot] -= m->n;
        if (x->left[m->slot] == 0)
            x->free[x->frees++] = m->slot;
    }
    m->n = 0;
}

static int move_all(exchange *x)
{
    size_t completed = 1;
    int error = start_all(x);

    while (!error && completed > 0) {
        error = tern_waitsome((size_t)x->p * 2 * WINDOW, x->reqs, &completed, x->indices, NULL,
                              TERN_FOREVER);
        for (size_t k = 0; k < completed && !error; k++)
            complete(x, x->indices[k]);
        if (!error)
            error = start_all(x);
    }
    return error;
}

/* ---- Order ---------------------------------------------------------------------------------- */

static int by_slot(const void *a, const void *b)
{
    const segment *s = a, *t = b;

    return (s->slot > t->slot) - (s->slot < t->slot);
}

static int by_origin(const void *a, const void *b)
{
    const segment *s = a, *t = b;

    return s->rank != t->rank ? (s->rank > t->rank) - (s->rank < t->rank)
                              : (s->place > t->place) - (s->place < t->place);
}

static void swap_slots(const exchange *x, size_t a, size_t b)
{
    char *p = slot_of(x, a), *q = slot_of(x, b), some[SWAP_BYTES];
    size_t bytes = x->chunk * x->bytes;

    for (size_t size; bytes > 0; p += size, q += size, bytes -= size) {
        size = least(bytes, SWAP_BYTES);
        memcpy(some, p, size);
        memcpy(p, q, size);
        memcpy(q, some, size);
    }
}

/* Bring segment k to slot k, for all k; `left` is now the segment that lies in a slot. */
static void put_in_order(exchange *x)
{
    for (size_t k = 0; k < x->segment_count; k++)
        x->left[x->segments[k].slot] = k;
    for (size_t k = 0; k < x->segment_count; k++) {
        segment *mine = &x->segments[k];
        size_t there = x->left[k], from = mine->slot;
        if (from == k)
            continue;
        swap_slots(x, k, from);
        if (there < x->segment_count && x->segments[there].slot == k) {
            x->segments[there].slot = from;
            x->left[from] = there;
        }
        mine->slot = k;
    }
}

/* Close up the segments, which lie in ascending slots: none moves up. */
static void close_up(exchange *x)
{
    char *to = x->job->data;

    for (size_t k = 0; k < x->segment_count; k++) {
        const segment *s = &x->segments[k];
        memmove(to, slot_of(x, s->slot) + s->begin * x->bytes, s->n * x->bytes);
        to += s->n * x->bytes;
    }
}

/* ---- Begin and end -------------------------------------------------------------------------- */

/* Chunks are the same on all ranks, which know the total. */
static size_t chunk_for(const tern__job *j, int64_t total)
{
    size_t bytes = j->items->merger.bytes, p = (size_t)tern_size(j->c);
    size_t chunk = (size_t)total / p * bytes / (CHUNKS_A_RANK * (p + 1));

    chunk = chunk > MOST_CHUNK ? MOST_CHUNK : chunk < LEAST_CHUNK ? LEAST_CHUNK : chunk;
    return chunk / bytes + 1;
}

/* Room for the result in the job's block, and for all else. */
static int allocate(exchange *x, size_t n)
{
    tern__job *j = x->job;
    size_t p = (size_t)x->p, most = n > j->n ? n : j->n, reqs = 2 * (size_t)WINDOW * p;

    x->in_data = most / x->chunk;
    size_t beside = 1 + SPARE * p + 1; /* the first for what fills no slot of the block */
    x->slots = x->in_data + beside;
    x->beside = tern_alloc(beside * x->chunk * x->bytes);
    x->left = calloc(2 * x->slots, sizeof(*x->left));
    x->segments = malloc(x->slots * sizeof(*x->segments));
    x->to = calloc(2 * p, sizeof(*x->to));
    x->places = calloc(3 * p, sizeof(*x->places));
    x->messages = calloc(reqs, sizeof(*x->messages));
    x->reqs = malloc(reqs * sizeof(*x->reqs));
    x->indices = malloc(reqs * sizeof(*x->indices));
    if (x->left == NULL || x->segments == NULL || x->to == NULL || x->places == NULL
        || x->messages == NULL || x->reqs == NULL || x->indices == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu chunks", x->slots);
    x->free = x->left + x->slots;
    x->from = x->to + p;
    for (size_t i = 0; i < reqs; i++)
        x->reqs[i] = TERN_REQ_NULL;
    char *data = x->beside != NULL ? tern_grow(j->data, (most > 0 ? most : 1) * x->bytes) : NULL;
    if (data == NULL)
        return TERN_ENOMEM;
    j->data = data;
    j->room = most > 0 ? most : 1;
    return TERN_OK;
}

/* Which items go to whom, and come from where in the sender's slots. */
static int plan(exchange *x, const int64_t *cut, const int64_t *from)
{
    size_t *offset = x->places + x->p, *its = offset + x->p;

    for (int r = 0; r < x->p; r++) {
        x->to[r] = (flow){(size_t)cut[r], (size_t)cut[r + 1]};
        offset[r] = (size_t)cut[r] % x->chunk;
    }
    int error = tern_alltoall_counts(x->job->c, offset, its);
    for (int r = 0; r < x->p; r++)
        x->from[r] = (flow){its[r], its[r] + (size_t)(from[r + 1] - from[r])};
    return error;
}

static void fill_slots(exchange *x)
{
    size_t n = x->job->n, whole = x->in_data * x->chunk;

    if (n > whole)
        memcpy(x->beside, tern__item(x->job->items, x->job->data, whole), (n - whole) * x->bytes);
    for (size_t slot = x->slots; slot-- > 0;) {
        size_t first = slot * x->chunk;
        x->left[slot] = first < n ? least(n - first, x->chunk) : 0;
        if (x->left[slot] == 0)
            x->free[x->frees++] = slot;
    }
    for (flow *own = &x->to[x->me]; own->at < own->end;) {
        size_t at = own->at, m = take(x, own);
        x->segments[x->segment_count++] =
            (segment){at / x->chunk, at % x->chunk, m, x->me, x->places[x->me]++};
    }
}

static int exchange_all(exchange *x, const int64_t *cut, const int64_t *from)
{
    int error = plan(x, cut, from);

    if (error)
        return error;
    fill_slots(x);
    error = tern_agree(x->job->c, move_all(x));
    if (error)
        return error;
    qsort(x->segments, x->segment_count, sizeof(*x->segments), x->ordered ? by_origin : by_slot);
    if (x->ordered)
        put_in_order(x);
    close_up(x);
    x->job->n = (size_t)from[x->p];
    return TERN_OK;
}

int tern__exchange_in_place(tern__job *j, const int64_t *cut, const int64_t *from, int64_t total,
                            enum tern__arrival arrival)
{
    exchange x = {
        .job = j,
        .bytes = j->items->merger.bytes,
        .chunk = chunk_for(j, total),
        .p = tern_size(j->c),
        .me = tern_rank(j->c),
        .ordered = j->stable || arrival == TERN__UNSORTED,
    };
    int error = tern_agree(j->c, allocate(&x, (size_t)from[x.p]));

    if (!error)
        error = exchange_all(&x, cut, from);
    tern_free(x.beside);
    free(x.left);
    free(x.segments);
    free(x.to);
    free(x.places);
    free(x.messages);
    free(x.reqs);
    free(x.indices);
    if (error || arrival == TERN__UNSORTED)
        return error;
    tern__begin_phase(j, "sort", j->n);
    return tern_agree(j->c, j->items->sort(j->items, &j->data, j->n, j->room));
}
