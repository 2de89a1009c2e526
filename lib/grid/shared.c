/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo modes shared and shared-copy: ranks of a node read each other's memory; to other nodes go
 * messages.
 *
 * Every rank has a board in a shared window.  It says "my points of exchange e are ready" and where
 * they are: in arrays of the plan, from which they are copied in one move, or packed in one of two
 * buffers that take turns.  A neighbour that has them adds "I have read those of exchange e", for
 * which the owner of an array waits before it changes its points.  Packed points need no such word:
 * who is ready with exchange e has read those of e - 1, so the buffer of e - 1 is free for e + 1.
 * Flags are written by one rank, with release and acquire, and only grow. */
#include "config.h"

#include "grid/halo.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { LINE = 128, PACKED = -1, SPINS = 64, FETCH_BYTES = 64 };

/* A box that a neighbour reads. */
struct notice {
    int64_t shift;
    int64_t reader; /* its rank */
    struct box box;
    int64_t at; /* of the packed box in a buffer */
};

/* What a rank shows to the node.  Behind it: int32_t where[2][fields], notices, two buffers. */
struct board {
    _Alignas(LINE) _Atomic uint64_t ready;
    _Alignas(LINE) _Atomic uint64_t read;
    _Alignas(LINE) int64_t where_at, notices_at, notices, buffers_at, buffer_bytes;
};

/* A part that is read from a neighbour on the node. */
struct view {
    const struct part *part;
    struct board *board;
    const struct notice *notice;
    uint64_t fetched; /* the exchange whose points were asked for */
};

struct shared {
    struct segment seg;
    struct board *board; /* own */
    uint64_t epoch;      /* exchanges begun */
    bool direct;         /* the one under way reads from arrays */
    size_t views_n, readers_n;
    struct view *views;
    struct board **readers; /* who reads mine, each once */
};

static void *inside(struct board *b, int64_t offset)
{
    return (char *)b + offset;
}

static int32_t *where(struct board *b, uint64_t epoch, int fields)
{
    return (int32_t *)inside(b, b->where_at) + (epoch & 1) * (uint64_t)fields;
}

static char *buffer(struct board *b, uint64_t epoch, int64_t at)
{
    return inside(b, b->buffers_at + (int64_t)(epoch & 1) * b->buffer_bytes + at);
}

static int64_t round_up(int64_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* Where everything is; the bytes of all. */
static int64_t lay_out(const tern_halo *h, struct board *b)
{
    b->where_at = (int64_t)sizeof(*b);
    b->notices_at = round_up(b->where_at + 2 * (int64_t)h->spec.fields * (int64_t)sizeof(int32_t));
    b->notices = 0;
    b->buffer_bytes = 0;
    for (size_t i = 0; i < h->sends.n; i++) {
        const struct part *p = &h->sends.of[i];
        if (p->host < 0)
            continue;
        b->notices++;
        b->buffer_bytes += round_up((int64_t)(p->elements * h->element));
    }
    b->buffers_at = round_up(b->notices_at + b->notices * (int64_t)sizeof(struct notice));
    return b->buffers_at + 2 * b->buffer_bytes;
}

static void put_up(const tern_halo *h, struct board *b)
{
    lay_out(h, b);
    struct notice *n = inside(b, b->notices_at);
    int64_t at = 0;

    for (size_t i = 0; i < h->sends.n; i++) {
        const struct part *p = &h->sends.of[i];
        if (p->host < 0)
            continue;
        *n++ = (struct notice){p->shift, p->peer, p->box, at};
        at += round_up((int64_t)(p->elements * h->element));
    }
    atomic_store(&b->read, 0);
    atomic_store(&b->ready, 0);
}

static int find(const tern_halo *h, const struct part *p, struct view *out)
{
    const struct shared *s = h->state;
    struct board *b = (void *)s->seg.of[p->host];
    const struct notice *n = inside(b, b->notices_at);

    for (int64_t i = 0; i < b->notices; i++)
        if (n[i].shift == p->shift && n[i].reader == tern_rank(h->comm)) {
            *out = (struct view){p, b, &n[i], 0};
            return TERN_OK;
        }
    return tern_fail(TERN_EMISMATCH, NULL,
                     "rank %d does not give rank %d ghost cells: their specs differ", p->peer,
                     tern_rank(h->comm));
}

static int find_all(tern_halo *h)
{
    struct shared *s = h->state;
    int error = TERN_OK;

    for (size_t i = 0; i < h->recvs.n && error >= 0; i++)
        if (h->recvs.of[i].host >= 0)
            error = find(h, &h->recvs.of[i], &s->views[s->views_n++]);
    for (size_t i = 0; i < h->sends.n; i++) {
        struct board *b = NULL;
        size_t seen = 0;
        if (h->sends.of[i].host < 0)
            continue;
        b = (void *)s->seg.of[h->sends.of[i].host];
        while (seen < s->readers_n && s->readers[seen] != b)
            seen++;
        s->readers[seen] = b;
        s->readers_n += seen == s->readers_n;
    }
    return error;
}

int tern__halo_open_shared(tern_halo *h)
{
    struct shared *s = calloc(1, sizeof(*s));
    struct board layout;
    int error = TERN_OK;

    h->state = s;
    if (s != NULL) {
        s->seg.win = MPI_WIN_NULL;
        s->views = calloc(h->recvs.n + 1, sizeof(*s->views));
        s->readers = calloc(h->sends.n + 1, sizeof(struct board *));
    }
    if (s == NULL || s->views == NULL || s->readers == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for %zu neighbours", h->recvs.n);
    error = tern_agree(h->comm, error);
    if (error < 0 || s == NULL)
        return error;
    error = tern__segment_open(h->comm, (size_t)lay_out(h, &layout), &s->seg);
    if (error < 0)
        return error;
    s->board = (void *)s->seg.of[s->seg.rank];
    put_up(h, s->board);
    error = tern__segment_barrier(h->comm);
    return error < 0 ? error : find_all(h);
}

/* ---- Exchanging ------------------------------------------------------------------------------ */

/* Tell where the points are; false if they are not in arrays of the plan. */
static bool show_arrays(tern_halo *h, struct shared *s)
{
    int32_t *place = where(s->board, s->epoch, h->spec.fields);

    for (int f = 0; f < h->spec.fields; f++) {
        const struct array *a =
            h->mode->storage == HALO_NEAR ? tern__halo_array(h, h->first[f]) : NULL;
        if (a == NULL) {
            place[0] = PACKED;
            return false;
        }
        place[f] = a->index;
    }
    return true;
}

static void pack_all(tern_halo *h, struct shared *s)
{
    const struct notice *n = inside(s->board, s->board->notices_at);

    for (size_t i = 0; i < h->sends.n; i++)
        if (h->sends.of[i].host >= 0)
            tern__halo_pack(h, &h->sends.of[i], buffer(s->board, s->epoch, n++->at));
}

int tern__halo_start_shared(tern_halo *h)
{
    struct shared *s = h->state;

    s->epoch++;
    s->direct = show_arrays(h, s);
    if (!s->direct && h->spec.in_place)
        return tern_fail(TERN_EINVAL, NULL,
                         "ghost cells are read in place: the array must be of tern_halo_alloc()");
    if (!s->direct)
        pack_all(h, s);
    atomic_store_explicit(&s->board->ready, s->epoch, memory_order_release);
    return h->far > 0 ? tern__halo_start_immediate(h) : TERN_OK;
}

struct look {
    _Atomic uint64_t *flag;
    uint64_t epoch;
};

static int has_come(void *state)
{
    const struct look *l = state;

    return atomic_load_explicit(l->flag, memory_order_acquire) >= l->epoch ? TERN_OK : TERN_EAGAIN;
}

static int wait_for(tern_halo *h, _Atomic uint64_t *flag, uint64_t epoch)
{
    struct look l = {flag, epoch};

    for (int i = 0; i < SPINS; i++) /* hot */
        if (has_come(&l) == TERN_OK)
            return TERN_OK;
    return tern_wait_for(h->comm, has_come, &l, "halo exchange", TERN_FOREVER);
}

static void take(tern_halo *h, const struct shared *s, const struct view *v)
{
    const int32_t *place = where(v->board, s->epoch, h->spec.fields);
    const struct box *box = &v->part->box;

    if (place[0] == PACKED) {
        tern__halo_unpack(h, v->part, buffer(v->board, s->epoch, v->notice->at));
        return;
    }
    for (int f = 0; f < h->spec.fields; f++) {
        struct frame mine = tern__halo_frame(h, f);
        const struct frame *theirs = &tern__halo_array_at(h, place[f])->frame[v->part->host];
        tern__move(tern__side_array(&mine, box, h->element),
                   tern__side_array(theirs, &v->notice->box, h->element), box->count, h->element);
    }
}

/* Packed points lie side by side; those in arrays are left to the processor. */
static void fetch(const tern_halo *h, const struct shared *s, const struct view *v)
{
    const char *at = buffer(v->board, s->epoch, v->notice->at);
    const size_t bytes = v->part->elements * h->element;

    if (where(v->board, s->epoch, h->spec.fields)[0] != PACKED)
        return;
    for (size_t i = 0; i < bytes; i += FETCH_BYTES)
        __builtin_prefetch(at + i);
}

void tern__halo_progress_shared(tern_halo *h)
{
    struct shared *s = h->state;

    for (size_t i = 0; i < s->views_n; i++) {
        struct view *v = &s->views[i];
        struct look l = {&v->board->ready, s->epoch};
        if (v->fetched == s->epoch || has_come(&l) != TERN_OK)
            continue;
        fetch(h, s, v);
        v->fetched = s->epoch;
    }
}

int tern__halo_finish_shared(tern_halo *h)
{
    struct shared *s = h->state;
    int error = TERN_OK;

    for (size_t i = 0; i < s->views_n && error >= 0; i++) {
        const struct view *v = &s->views[i];
        error = wait_for(h, &v->board->ready, s->epoch);
        if (error >= 0 && !(h->spec.in_place && v->part->face >= 0))
            take(h, s, v);
    }
    if (error >= 0)
        atomic_store_explicit(&s->board->read, s->epoch, memory_order_release);
    for (size_t i = 0; i < s->readers_n && error >= 0 && s->direct && !h->spec.in_place; i++)
        error = wait_for(h, &s->readers[i]->read, s->epoch);
    return error < 0 || h->far == 0 ? error : tern__halo_finish_messages(h);
}

const void *tern_halo_view(const tern_halo *h, const void *first, int dim, enum tern_side side,
                           int64_t stride[TERN_GRID_DIMS])
{
    const struct array *a = tern__halo_array(h, first);
    const struct shared *s = h->state;

    if (!h->spec.in_place || a == NULL)
        return NULL;
    for (size_t i = 0; i < s->views_n; i++) {
        const struct view *v = &s->views[i];
        const struct frame *f = &a->frame[v->part->host];
        struct box origin = v->notice->box;
        if (v->part->face != 2 * dim + (int)side)
            continue;
        for (int d = 0; d < TERN_GRID_DIMS; d++)
            origin.start[d] -= v->part->box.start[d];
        stride[0] = 1;
        stride[1] = f->row / (int64_t)h->element;
        stride[2] = f->plane / (int64_t)h->element;
        return tern__side_array(f, &origin, h->element).at;
    }
    return NULL;
}

void tern__halo_close_shared(tern_halo *h)
{
    struct shared *s = h->state;

    if (s == NULL)
        return;
    tern__segment_close(&s->seg);
    free(s->views);
    free((void *)s->readers);
    free(s);
}
