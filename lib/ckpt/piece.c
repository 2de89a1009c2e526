/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces of a checkpoint: written, read back, and read into other blocks. */
#include "config.h"

#include "ckpt/ckpt_private.h"

#include <stdlib.h>
#include <string.h>

/* One piece of a field of a block that was written. */
struct piece {
    const struct head *head;
    const tern_block *block;
    uint32_t field;
    int64_t first, rows; /* of the block's rows */
    int64_t row_bytes;
    int64_t at;    /* offset in the file */
    int64_t entry; /* number of its checksum */
};

typedef int on_piece(const struct piece *p, void *state);

static int each_piece(const struct head *h, const struct place *place, on_piece *call, void *state)
{
    struct piece p = {.head = h, .block = &place->block, .at = place->data, .entry = place->entry};
    int64_t rows = tern__ckpt_rows(&place->block);
    int error = TERN_OK;

    for (p.field = 0; p.field < h->fields && rows > 0; p.field++) {
        int64_t most = tern__ckpt_piece_rows(h, &place->block, p.field);
        p.row_bytes = place->block.count[0] * (int64_t)h->field[p.field].element;
        for (p.first = 0; p.first < rows && error >= 0; p.first += most) {
            p.rows = rows - p.first < most ? rows - p.first : most;
            error = call(&p, state);
            p.at += p.rows * p.row_bytes;
            p.entry++;
        }
    }
    return error;
}

static size_t bytes_of(const struct piece *p)
{
    return (size_t)(p->rows * p->row_bytes);
}

static struct place place_of(const struct head *h, int rank)
{
    struct place p = tern__ckpt_first(h);

    while (p.rank < rank)
        tern__ckpt_next(h, &p);
    return p;
}

/* What the calls share. */
struct work {
    int fd;
    const tern_ckpt_field *field;
    const tern_block *mine;
    char *buffer;
    uint64_t *sum; /* of the pieces of the block, from `entry` on */
    int64_t entry, sums;
};

static int make_work(const struct head *h, const struct place *place, struct work *w)
{
    size_t most = 1;

    w->entry = place->entry;
    w->sums = 0;
    for (uint32_t f = 0; f < h->fields; f++) {
        int64_t rows =
            tern__ckpt_rows(&place->block) > 0 ? tern__ckpt_piece_rows(h, &place->block, f) : 0;
        size_t bytes = (size_t)(rows * place->block.count[0]) * (size_t)h->field[f].element;
        most = bytes > most ? bytes : most;
        w->sums += tern__ckpt_pieces(h, &place->block, f);
    }
    w->buffer = tern_alloc(most);
    w->sum = calloc((size_t)w->sums + 1, sizeof(*w->sum));
    return w->buffer != NULL && w->sum != NULL
               ? TERN_OK
               : tern_fail(TERN_ENOMEM, NULL, "no memory for a piece of a checkpoint");
}

static void free_work(struct work *w)
{
    tern_free(w->buffer);
    free(w->sum);
}

static int64_t sums_at(const struct head *h, const struct work *w)
{
    return tern__ckpt_table(h) + w->entry * (int64_t)sizeof(*w->sum);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int store(const struct piece *p, void *state)
{
    struct work *w = state;
    const tern_ckpt_field *f = &w->field[p->field];
    const char *first = f->first;

    for (int64_t i = 0; i < p->rows; i++) {
        int64_t y = (p->first + i) % p->block->count[1], z = (p->first + i) / p->block->count[1];
        int64_t from = (y * f->stride[1] + z * f->stride[2]) * (int64_t)f->element;
        memcpy(w->buffer + i * p->row_bytes, first + from, (size_t)p->row_bytes);
    }
    w->sum[p->entry - w->entry] = tern_hash(w->buffer, bytes_of(p), (uint64_t)p->entry);
    int error = tern__ckpt_put(w->fd, w->buffer, bytes_of(p), p->at);
    if (error >= 0)
        tern_file_push(w->fd, (uint64_t)p->at, bytes_of(p));
    return error;
}

int tern__ckpt_store(int fd, const struct head *h, int rank, const tern_ckpt_field *field)
{
    struct place place = place_of(h, rank);
    struct work w = {.fd = fd, .field = field};
    int error = make_work(h, &place, &w);

    if (error >= 0)
        error = each_piece(h, &place, store, &w);
    if (error >= 0)
        error = tern__ckpt_put(fd, w.sum, (size_t)w.sums * sizeof(*w.sum), sums_at(h, &w));
    free_work(&w);
    return error;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int fetch(const struct piece *p, struct work *w)
{
    int error = tern__ckpt_get(w->fd, w->buffer, bytes_of(p), p->at);

    if (error >= 0
        && w->sum[p->entry - w->entry] != tern_hash(w->buffer, bytes_of(p), (uint64_t)p->entry))
        error = tern_fail(TERN_EIO, NULL, "a checksum is wrong: %zu bytes from byte %lld on",
                          bytes_of(p), (long long)p->at);
    return error;
}

static int check(const struct piece *p, void *state)
{
    return fetch(p, state);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The points that two blocks have in common along a dimension: from *low up to, not including,
 * *high. */
static bool overlap(const tern_block *a, const tern_block *b, int d, int64_t *low, int64_t *high)
{
    *low = larger(a->start[d], b->start[d]);
    *high = smaller(a->start[d] + a->count[d], b->start[d] + b->count[d]);
    return *low < *high;
}

/* Whether row i of a piece lies in the caller's block; its place there along y and z. */
static bool wanted(const struct piece *p, const tern_block *mine, int64_t i, int64_t *y, int64_t *z)
{
    *y = p->block->start[1] + (p->first + i) % p->block->count[1] - mine->start[1];
    *z = p->block->start[2] + (p->first + i) / p->block->count[1] - mine->start[2];
    return *y >= 0 && *y < mine->count[1] && *z >= 0 && *z < mine->count[2];
}

static int load(const struct piece *p, void *state)
{
    struct work *w = state;
    const tern_ckpt_field *f = &w->field[p->field];
    int64_t element = (int64_t)f->element, low, high, y, z;
    bool any = false;

    for (int64_t i = 0; i < p->rows && !any; i++)
        any = wanted(p, w->mine, i, &y, &z);
    if (!any || !overlap(p->block, w->mine, 0, &low, &high))
        return TERN_OK;
    int error = fetch(p, w);
    for (int64_t i = 0; i < p->rows && error >= 0; i++) {
        if (!wanted(p, w->mine, i, &y, &z))
            continue;
        int64_t to = low - w->mine->start[0] + y * f->stride[1] + z * f->stride[2];
        memcpy((char *)f->first + to * element,
               w->buffer + i * p->row_bytes + (low - p->block->start[0]) * element,
               (size_t)((high - low) * element));
    }
    return error;
}

/* Go through the pieces of one block that was written. */
static int go_through(const struct head *h, const struct place *place, struct work *w,
                      on_piece *call)
{
    int error = make_work(h, place, w);

    if (error >= 0)
        error = tern__ckpt_get(w->fd, w->sum, (size_t)w->sums * sizeof(*w->sum), sums_at(h, w));
    if (error >= 0)
        error = each_piece(h, place, call, w);
    free_work(w);
    return error;
}

int tern__ckpt_check(int fd, const struct head *h, int rank)
{
    struct place place = place_of(h, rank);
    struct work w = {.fd = fd};

    return go_through(h, &place, &w, check);
}

int tern__ckpt_load(int fd, const struct head *h, const tern_block *mine,
                    const tern_ckpt_field *field)
{
    struct work w = {.fd = fd, .field = field, .mine = mine};
    int ranks = tern__ckpt_grid(h).ranks, error = TERN_OK;
    int64_t low, high;

    for (struct place p = tern__ckpt_first(h); p.rank < ranks && error >= 0; tern__ckpt_next(h, &p))
        if (overlap(&p.block, mine, 0, &low, &high) && overlap(&p.block, mine, 1, &low, &high)
            && overlap(&p.block, mine, 2, &low, &high))
            error = go_through(h, &p, &w, load);
    return error;
}
