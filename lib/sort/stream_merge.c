/* SPDX-License-Identifier: BSD-3-Clause */
/* Exchange and merge in one: runs are sent in chunks and merged as they come, by a tree of two-way
 * merges whose buffers stay in the cache.  What the rank keeps is merged from where it lies, and
 * there is no buffer for what is received but two chunks of each run: the data and the result are
 * all the memory that grows with n, and each item is moved once by the exchange and once by the
 * last merge.  All memory is taken first, and all ranks agree that it was there: nothing but MPI
 * itself can fail in the middle, where others would wait.  Between ranks of a node a chunk is
 * copied from the sender's memory to the receiver's cache: by the receiver if it may, or else by
 * MPI. */
#include "config.h"

#include "sort/items.h"
#include "sort/peers.h"

#include <stdlib.h>
#include <string.h>

#include "coll/coll.h"

enum {
    TAG = 3,
    WINDOW = 2,             /* chunks under way to a rank */
    MOST_CHUNK = 256 << 10, /* bytes: two fit a usual L2 cache with what is merged from them */
    LEAST_CHUNK = 16 << 10, /* bytes, below which messages cost more than copies */
    SHARE = 64              /* buffers take at most some 6/SHARE of the data */
};

/* A run: what is ready of it, and where more comes from. */
typedef struct node {
    const char *head;
    size_t n;           /* items ready at head */
    struct node *a, *b; /* inner node: what is merged, equal items of a first */
    char *buffer;       /* inner: two chunks; leaf: the chunk being received ... */
    char *ready;        /* ... and the one that was */
    size_t coming;      /* leaf: items of the chunk being received; 0: no more */
    size_t later;       /* leaf: items after it */
    size_t at;          /* leaf: where they are in the sender's data, if it is read there */
    int rank;           /* leaf */
} node;

typedef struct stream {
    tern__job *job;
    const tern__merger *m;
    size_t chunk; /* items */
    int p;
    const int64_t *cut;
    tern__peers peers;
    size_t *begin; /* [rank] where its items for this rank begin there */
    bool *arrived; /* [rank], whether the chunk that comes next is there */
    int64_t *sent; /* [rank], where the items begin that were not yet sent */
    node *nodes;   /* leaves in the order of the ranks, then inner nodes */
    node **level;  /* [p], what is left to be paired; in the end the root */
    int leaves;
    char *buffers;
    tern_req *reqs;  /* [p] receives, then WINDOW * p sends */
    size_t *indices; /* room for reqs */
} stream;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- Chunks --------------------------------------------------------------------------------- */

static int receive_next(stream *s, node *leaf)
{
    leaf->coming = least(leaf->later, s->chunk);
    leaf->later -= leaf->coming;
    s->arrived[leaf->rank] = false;
    if (leaf->coming == 0)
        return TERN_OK;
    return tern_irecv(s->job->c, leaf->buffer, leaf->coming * s->m->bytes, MPI_BYTE, leaf->rank,
                      TAG, &s->reqs[leaf->rank]);
}

static int send_next(stream *s, int rank, tern_req *req)
{
    size_t n = least((size_t)(s->cut[rank + 1] - s->sent[rank]), s->chunk);
    const char *from = tern__item(s->job->items, s->job->data, (size_t)s->sent[rank]);

    s->sent[rank] += (int64_t)n;
    return n == 0 ? TERN_OK
                  : tern_isend(s->job->c, from, n * s->m->bytes, MPI_BYTE, rank, TAG, req);
}

/* Send the next chunk where one has gone. */
static int go_on(stream *s, size_t completed)
{
    int error = TERN_OK;

    for (size_t k = 0; k < completed && !error; k++) {
        int i = (int)s->indices[k] - s->p;
        if (i >= 0)
            error = send_next(s, i / WINDOW, &s->reqs[s->indices[k]]);
        else
            s->arrived[s->indices[k]] = true;
    }
    return error;
}

/* Wait for any chunk.  `done`: none was under way. */
static int progress(stream *s, bool *done)
{
    size_t completed = 0;
    int error = tern_waitsome((size_t)s->p * (1 + WINDOW), s->reqs, &completed, s->indices, NULL,
                              TERN_FOREVER);

    *done = completed == 0;
    return error ? error : go_on(s, completed);
}

/* Look, so that others need not wait while this rank merges what it has. */
static int poll(stream *s)
{
    size_t completed = 0;
    int error = tern_testsome((size_t)s->p * (1 + WINDOW), s->reqs, &completed, s->indices, NULL);

    return error == TERN_EAGAIN ? TERN_OK : error ? error : go_on(s, completed);
}

static int read_next(stream *s, node *leaf)
{
    size_t n = least(leaf->later, s->chunk), bytes = s->m->bytes;
    int error = tern__peers_read(&s->peers, leaf->rank, leaf->at * bytes, leaf->ready, n * bytes);

    if (error)
        return error;
    leaf->head = leaf->ready;
    leaf->n = n;
    leaf->at += n;
    leaf->later -= n;
    return TERN_OK;
}

/* The next chunk of a leaf. */
static int pull(stream *s, node *leaf)
{
    bool done = false;
    int error = TERN_OK;

    if (s->peers.reads[leaf->rank])
        return read_next(s, leaf);
    if (leaf->coming == 0)
        return TERN_OK;
    while (!s->arrived[leaf->rank] && !done && !error)
        error = progress(s, &done);
    if (error)
        return error;
    char *chunk = leaf->buffer;
    leaf->buffer = leaf->ready;
    leaf->head = leaf->ready = chunk;
    leaf->n = leaf->coming;
    return receive_next(s, leaf);
}

/* ---- The tree ------------------------------------------------------------------------------- */

static const char *item(const stream *s, const char *items, size_t i)
{
    return items + i * s->m->bytes;
}

/* Of the n sorted items, how many come before `pivot`, or also those equal to it. */
static size_t bound(const stream *s, const char *items, size_t n, const char *pivot, bool equal_too)
{
    size_t low = 0;

    while (low < n) {
        size_t middle = low + (n - low) / 2;
        const char *x = item(s, items, middle);
        if (equal_too ? !s->m->less(s->m->context, pivot, x) : s->m->less(s->m->context, x, pivot))
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

static void skip(const stream *s, node *x, size_t n)
{
    x->head = item(s, x->head, n);
    x->n -= n;
}

/* Merge what is ready of both, up to a chunk each and to where one of them goes on unseen. */
static size_t merge_ready(const stream *s, node *a, node *b, char *out)
{
    size_t na = least(a->n, s->chunk), nb = least(b->n, s->chunk);
    const char *last_a = item(s, a->head, na - 1), *last_b = item(s, b->head, nb - 1);

    if (s->m->less(s->m->context, last_b, last_a))
        na = bound(s, a->head, na, last_b, true);
    else
        nb = bound(s, b->head, nb, last_a, false);
    s->m->merge(s->m->context, a->head, na, b->head, nb, out);
    skip(s, a, na);
    skip(s, b, nb);
    return na + nb;
}

/* Have at least one item of x ready, unless it has ended. */
static int refill(stream *s, node *x)
{
    if (x->n > 0)
        return TERN_OK;
    if (x->a == NULL)
        return pull(s, x);
    int error = refill(s, x->a);
    if (!error)
        error = refill(s, x->b);
    if (error)
        return error;
    if (x->a->n > 0 && x->b->n > 0) {
        x->head = x->buffer;
        x->n = merge_ready(s, x->a, x->b, x->buffer);
    } else { /* pass on what is left of the other */
        node *other = x->a->n > 0 ? x->a : x->b;
        x->head = other->head;
        x->n = other->n;
        other->n = 0;
    }
    return TERN_OK;
}

/* While n more items of the result are in the cache. */
static void look(tern__job *j, const char *result, size_t n)
{
    if (!j->look)
        return;
    tern__seen seen = tern__look_at_keys(result, j->items->merger.bytes, j->looked, j->looked + n,
                                         &j->items->mapping, TERN__CONTENT | TERN__ORDER);
    j->looked += n;
    j->seen.hash += seen.hash;
    j->seen.falls += seen.falls;
}

/* The root merges into the result. */
static int merge_all(stream *s, node *root, char *result)
{
    for (char *out = result;;) {
        int error = root->a != NULL ? refill(s, root->a) : refill(s, root);
        if (!error && root->b != NULL)
            error = refill(s, root->b);
        if (error)
            return error;
        node *other = root;
        if (root->a != NULL)
            other = root->a->n > 0 || root->b == NULL ? root->a : root->b;
        size_t n = other->n;
        if (n == 0)
            return TERN_OK;
        if (root->a != NULL && root->b != NULL && root->a->n > 0 && root->b->n > 0) {
            n = merge_ready(s, root->a, root->b, out);
        } else {
            memcpy(out, other->head, n * s->m->bytes);
            other->n = 0;
        }
        out += n * s->m->bytes;
        look(s->job, result, n);
        error = poll(s);
        if (error)
            return error;
    }
}

/* ---- Begin and end -------------------------------------------------------------------------- */

static void make_leaves(stream *s, const int64_t *from)
{
    int me = tern_rank(s->job->c);
    size_t bytes = s->chunk * s->m->bytes;

    for (int r = 0; r < s->p; r++) {
        size_t n = (size_t)(from[r + 1] - from[r]);
        if (n == 0)
            continue;
        node *leaf = &s->nodes[s->leaves++];
        char *buffers = s->buffers + 2 * (size_t)r * bytes;
        *leaf = (node){
            .rank = r, .buffer = buffers, .ready = buffers + bytes, .later = n, .at = s->begin[r]};
        if (r == me) {
            leaf->head = tern__item(s->job->items, s->job->data, (size_t)s->cut[me]);
            leaf->n = n;
            leaf->later = 0;
        }
    }
}

/* Pair neighbours until one is left; an odd one out moves up. */
static void make_tree(stream *s)
{
    size_t bytes = 2 * s->chunk * s->m->bytes;
    char *buffer = s->buffers + (size_t)s->p * bytes;
    node *inner = s->nodes + s->leaves;

    for (int i = 0; i < s->leaves; i++)
        s->level[i] = &s->nodes[i];
    for (int n = s->leaves; n > 1; n = (n + 1) / 2)
        for (int i = 0; i < n; i += 2) {
            s->level[i / 2] = s->level[i];
            if (i + 1 == n)
                continue;
            *inner = (node){.a = s->level[i], .b = s->level[i + 1], .buffer = buffer};
            s->level[i / 2] = inner++;
            buffer += bytes;
        }
}

static int start(stream *s)
{
    int error = TERN_OK, me = tern_rank(s->job->c);

    for (int i = 0; i < s->leaves && !error; i++)
        if (s->nodes[i].later > 0 && !s->peers.reads[s->nodes[i].rank])
            error = receive_next(s, &s->nodes[i]);
    for (int i = 0; i < s->p * WINDOW && !error; i++) /* in turn to each rank, from the next on */
        if (i % s->p != 0 && !s->peers.serves[(me + i) % s->p]) {
            int r = (me + i) % s->p;
            error = send_next(s, r, &s->reqs[s->p + r * WINDOW + i / s->p]);
        }
    return error;
}

static int allocate(stream *s)
{
    size_t p = (size_t)s->p, reqs = p * (1 + WINDOW);

    s->arrived = calloc(p, sizeof(*s->arrived));
    s->sent = malloc(p * sizeof(*s->sent));
    s->begin = calloc(2 * p, sizeof(*s->begin));
    s->nodes = malloc(2 * p * sizeof(*s->nodes));
    s->level = malloc(p * sizeof(node *));
    s->reqs = malloc(reqs * sizeof(tern_req));
    s->indices = malloc(reqs * sizeof(*s->indices));
    s->buffers = tern_alloc(4 * p * s->chunk * s->m->bytes);
    if (s->arrived == NULL || s->begin == NULL || s->sent == NULL || s->nodes == NULL
        || s->level == NULL || s->reqs == NULL || s->indices == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu runs", p);
    if (s->buffers == NULL)
        return TERN_ENOMEM;
    for (size_t i = 0; i < reqs; i++)
        s->reqs[i] = TERN_REQ_NULL;
    memcpy(s->sent, s->cut, p * sizeof(*s->sent));
    return TERN_OK;
}

/* Who is read and from where, and who is sent to. */
static int meet(stream *s)
{
    size_t *mine = s->begin + s->p;

    for (int r = 0; r < s->p; r++)
        mine[r] = (size_t)s->cut[r];
    int error = tern_alltoall_counts(s->job->c, mine, s->begin);
    return error ? error : tern__peers_open(s->job->c, s->job->data, &s->peers);
}

/* The same on all ranks, which know the total. */
static size_t chunk_for(const tern__job *j, int64_t total)
{
    size_t bytes = j->items->merger.bytes, p = (size_t)tern_size(j->c);
    size_t chunk = (size_t)total / p / p * bytes / SHARE;

    chunk = chunk > MOST_CHUNK ? MOST_CHUNK : chunk < LEAST_CHUNK ? LEAST_CHUNK : chunk;
    return chunk / bytes + 1;
}

int tern__stream_merge(tern__job *j, const int64_t *cut, const int64_t *from, int64_t total)
{
    stream s = {
        .job = j,
        .m = &j->items->merger,
        .chunk = chunk_for(j, total),
        .p = tern_size(j->c),
        .cut = cut,
    };
    size_t n = (size_t)from[s.p];
    char *result = tern_alloc((n > 0 ? n : 1) * s.m->bytes);
    bool done = false;
    int error = tern_agree(j->c, result != NULL ? allocate(&s) : TERN_ENOMEM);

    if (!error)
        error = meet(&s);
    if (!error) {
        make_leaves(&s, from);
        make_tree(&s);
        error = start(&s);
        if (!error && s.leaves > 0)
            error = merge_all(&s, s.level[0], result);
        while (!error && !done)
            error = progress(&s, &done);
        error = tern_agree(j->c, error); /* and until then all may read here */
        tern__peers_close(&s.peers);
    }
    if (!error) {
        tern_free(j->data);
        j->data = result;
        j->n = n;
        j->room = n > 0 ? n : 1;
        result = NULL;
    }
    tern_free(result);
    tern_free(s.buffers);
    free(s.arrived);
    free(s.begin);
    free(s.sent);
    free(s.nodes);
    free(s.level);
    free(s.reqs);
    free(s.indices);
    return error;
}
