/* SPDX-License-Identifier: BSD-3-Clause */
/* Who sends which points to whom.
 *
 * Ghost cells are filled by shifts: in shift (dimension, side, hops) every rank receives from the
 * rank that many blocks away on that side.  One hop is enough while the ghost cells are no more
 * than a block is long; wider ones, or shorter blocks, take more.  Round a periodic ring the hops
 * go on, past the rank itself if need be. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

enum {
    LOW,
    HIGH,
    MOST_HOPS = TERN__HALO_TAGS / (2 * TERN_GRID_DIMS) /* so that every shift has its own tag */
};

/* One dimension as seen by one block. */
struct line {
    int dim, side;
    int64_t blocks; /* that are not empty */
    int64_t here;   /* this rank's */
    int64_t hops;   /* of the running shift */
};

/* The block l->hops away on one side, -1 or 1; -1 if there is none. */
static int64_t hop(const tern_grid *g, const struct line *l, int64_t side)
{
    int64_t at = l->here + side * l->hops;

    if (g->periodic[l->dim])
        return ((at % l->blocks) + l->blocks) % l->blocks;
    return at >= 0 && at < l->blocks ? at : -1;
}

/* Distance in ranks between neighbours along dimension d. */
static int64_t rank_stride(const tern_grid *g, int d)
{
    int64_t stride = 1;

    for (int e = 0; e < d; e++)
        stride *= g->parts[e];
    return stride;
}

static int64_t length(const tern_grid *g, int dim, int64_t at)
{
    return g->size[dim] / g->parts[dim] + (at < g->size[dim] % g->parts[dim]);
}

static int add(struct parts *list, const struct part *p)
{
    if ((list->n & (list->n - 1)) == 0) { /* full at 0, 1, 2, 4 ... */
        size_t room = list->n == 0 ? 1 : 2 * list->n;
        struct part *of = realloc(list->of, room * sizeof(*of));
        if (of == NULL)
            return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu halo messages", room);
        list->of = of;
    }
    list->of[list->n++] = *p;
    return TERN_OK;
}

/* Make the part of one shift that is `cells` thick and begins at `start`, and file it. */
static int file(tern_halo *h, const tern_block *block, const struct line *l, int64_t peer_at,
                int64_t start, int64_t cells, bool sends)
{
    int64_t stride = rank_stride(&h->spec.grid, l->dim);
    int me = tern_rank(h->comm);
    int peer = (int)(me + (peer_at - l->here) * stride);
    int tag = (2 * l->dim + l->side) * MOST_HOPS + (int)(l->hops - 1);
    struct part p = {.peer = peer, .tag = tag, .type = MPI_DATATYPE_NULL};

    for (int d = 0; d < TERN_GRID_DIMS; d++)
        p.box.count[d] = block->count[d];
    p.box.start[l->dim] = start;
    p.box.count[l->dim] = cells;
    p.elements = (size_t)(p.box.count[0] * p.box.count[1] * p.box.count[2]);
    if (peer == me)
        return add(sends ? &h->from : &h->into, &p);
    return add(sends ? &h->sends : &h->recvs, &p);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* All shifts that fill the ghost cells on one side of one dimension.  `gap` counts the points
 * between the two blocks of a shift: the source has the nearest width - gap points to give. */
static int fill_side(tern_halo *h, const tern_block *block, struct line *l)
{
    const tern_grid *g = &h->spec.grid;
    int64_t width = h->spec.width[l->dim], n = block->count[l->dim];
    int64_t away = l->side == LOW ? -1 : 1; /* towards the source */
    int64_t recv_gap = 0, send_gap = 0;

    for (l->hops = 1; recv_gap < width || send_gap < width; l->hops++) {
        int64_t source = hop(g, l, away), dest = hop(g, l, -away);
        int error = TERN_OK;

        if (l->hops > MOST_HOPS)
            return tern_fail(TERN_EINVAL, NULL, "ghost cells are more than %d blocks wide",
                             MOST_HOPS);
        if (source >= 0 && recv_gap < width) {
            int64_t cells = least(length(g, l->dim, source), width - recv_gap);
            int64_t start = l->side == LOW ? -recv_gap - cells : n + recv_gap;
            error = file(h, block, l, source, start, cells, false);
        }
        if (error >= 0 && dest >= 0 && send_gap < width) {
            int64_t cells = least(n, width - send_gap);
            error = file(h, block, l, dest, l->side == LOW ? n - cells : 0, cells, true);
        }
        if (error < 0)
            return error;
        recv_gap = source >= 0 ? recv_gap + length(g, l->dim, source) : width;
        send_gap = dest >= 0 ? send_gap + length(g, l->dim, dest) : width;
    }
    return TERN_OK;
}

int tern__halo_parts(tern_halo *h, const tern_block *block)
{
    const tern_grid *g = &h->spec.grid;
    int64_t rank = tern_rank(h->comm);
    int error = TERN_OK;

    if (tern_block_points(block) == 0)
        return TERN_OK;
    for (int d = 0; d < g->dims && error >= 0; d++) {
        struct line l = {
            .dim = d,
            .blocks = least(g->parts[d], g->size[d]),
            .here = rank / rank_stride(g, d) % g->parts[d],
        };
        for (l.side = LOW; l.side <= HIGH && error >= 0; l.side++)
            error = fill_side(h, block, &l);
    }
    return error;
}
