/* SPDX-License-Identifier: BSD-3-Clause */
/* Who sends which points to whom.
 *
 * Along one dimension the cells of a block with its ghost cells fall into spans: the block itself
 * and, on either side, the pieces that lie in the block one hop away, two hops away and so on,
 * until the ghost cells are covered: one hop is enough while they are no wider than a block.  Round
 * a periodic ring the hops go on, past the rank itself if need be.  A message is a product of
 * spans, one of each dimension.  It belongs to a shift, the hops that its points make; all ranks
 * file their messages in the order of the shifts, so that those between the same two ranks match in
 * order. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

enum {
    SHIFTS = 1 << 20,          /* along one dimension */
    MOST_HOPS = SHIFTS / 2 - 1 /* to either side */
};

/* What a block has to do with the one that many hops from it. */
struct span {
    int64_t shift;        /* hops that points make along the dimension */
    int64_t peer;         /* index of the other block */
    int64_t start, count; /* points that are sent, or ghost cells that are filled */
};

struct spans {
    size_t n;
    struct span *of;
};

/* One dimension as seen by one block. */
struct line {
    int dim;
    int64_t blocks; /* that are not empty */
    int64_t here;   /* this rank's */
    int64_t length; /* of it */
    struct spans sends, recvs;
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Room for one more in an array of n; it is full at 0, 1, 2, 4 ... */
static void *grow(void *of, size_t n, size_t size)
{
    if ((n & (n - 1)) != 0)
        return of;
    void *more = realloc(of, (n == 0 ? 1 : 2 * n) * size);
    if (more == NULL)
        tern_fail(TERN_ENOMEM, NULL, "no memory for %zu halo messages", 2 * n);
    return more;
}

static int add_span(struct spans *list, struct span s)
{
    struct span *of = grow(list->of, list->n, sizeof(*of));

    if (of == NULL)
        return TERN_ENOMEM;
    list->of = of;
    list->of[list->n++] = s;
    return TERN_OK;
}

/* The block that many hops away; -1 if there is none. */
static int64_t hop(const tern_grid *g, const struct line *l, int64_t hops)
{
    int64_t at = l->here + hops;

    if (g->periodic[l->dim])
        return ((at % l->blocks) + l->blocks) % l->blocks;
    return at >= 0 && at < l->blocks ? at : -1;
}

static int64_t length(const tern_grid *g, int dim, int64_t at)
{
    return g->size[dim] / g->parts[dim] + (at < g->size[dim] % g->parts[dim]);
}

/* The spans of the shifts towards one side, -1 or 1, in one list: the blocks on that side are sent
 * to, those on the other received from.  `gap` counts the points between the two blocks: the source
 * has the nearest width - gap points to give. */
static int add_side(const tern_grid *g, struct line *l, int64_t side, int64_t width, bool sends)
{
    int64_t gap = 0;

    for (int64_t hops = 1; gap < width; hops++) {
        int64_t peer = hop(g, l, sends ? side * hops : -side * hops);
        if (peer < 0)
            break;
        if (hops > MOST_HOPS)
            return tern_fail(TERN_EINVAL, NULL, "ghost cells are more than %d blocks wide",
                             MOST_HOPS);
        int64_t cells = length(g, l->dim, peer);
        struct span s = {.shift = side * hops, .peer = peer};
        s.count = least(sends ? l->length : cells, width - gap);
        if (sends)
            s.start = side < 0 ? 0 : l->length - s.count;
        else
            s.start = side < 0 ? l->length + gap : -gap - s.count;
        int error = add_span(sends ? &l->sends : &l->recvs, s);
        if (error < 0)
            return error;
        gap += cells;
    }
    return TERN_OK;
}

static int by_shift(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return (x->shift > y->shift) - (x->shift < y->shift);
}

static int make_spans(const tern_grid *g, struct line *l, int64_t width)
{
    struct span whole = {.peer = l->here, .count = l->length};
    int error = TERN_OK;

    for (int sends = 0; sends < 2 && error >= 0; sends++) {
        struct spans *list = sends ? &l->sends : &l->recvs;
        error = add_span(list, whole);
        for (int64_t side = -1; side <= 1 && error >= 0; side += 2)
            error = add_side(g, l, side, width, sends != 0);
        if (list->n > 0)
            qsort(list->of, list->n, sizeof(*list->of), by_shift);
    }
    return error;
}

static int add_part(struct parts *list, const struct part *p)
{
    struct part *of = grow(list->of, list->n, sizeof(*of));

    if (of == NULL)
        return TERN_ENOMEM;
    list->of = of;
    list->of[list->n++] = *p;
    return TERN_OK;
}

/* File the product of one span of each dimension. */
static int file(tern_halo *h, const struct span *const span[], bool sends)
{
    const tern_grid *g = &h->spec.grid;
    struct part p = {.type = MPI_DATATYPE_NULL, .elements = 1, .host = -1, .face = -1};
    int64_t peer = 0;
    int moved = 0;

    for (int d = TERN_GRID_DIMS - 1; d >= 0; d--) {
        peer = peer * g->parts[d] + span[d]->peer;
        p.shift = p.shift * SHIFTS + span[d]->shift;
        p.box.start[d] = span[d]->start;
        p.box.count[d] = span[d]->count;
        p.elements *= (size_t)span[d]->count;
        if (span[d]->shift == 0)
            continue;
        moved++;
        if (span[d]->count == h->spec.width[d]) /* points that move up are ghost cells below */
            p.face = 2 * d + (span[d]->shift > 0 ? TERN_LOW : TERN_HIGH);
    }
    if (moved == 0 || (moved > 1 && !h->spec.corners))
        return TERN_OK;
    if (moved > 1)
        p.face = -1;
    p.peer = (int)peer;
    p.tag = (int)((p.shift % TERN__HALO_TAGS + TERN__HALO_TAGS) % TERN__HALO_TAGS);
    p.elements *= (size_t)h->spec.fields;
    if (p.peer == tern_rank(h->comm))
        return add_part(sends ? &h->from : &h->into, &p);
    return add_part(sends ? &h->sends : &h->recvs, &p);
}

static int file_all(tern_halo *h, const struct line line[], bool sends)
{
    const struct spans *list[TERN_GRID_DIMS];
    int error = TERN_OK;

    for (int d = 0; d < TERN_GRID_DIMS; d++)
        list[d] = sends ? &line[d].sends : &line[d].recvs;
    for (size_t z = 0; z < list[2]->n; z++)
        for (size_t y = 0; y < list[1]->n; y++)
            for (size_t x = 0; x < list[0]->n && error >= 0; x++)
                error = file(
                    h, (const struct span *[]){&list[0]->of[x], &list[1]->of[y], &list[2]->of[z]},
                    sends);
    return error;
}

int tern__halo_parts(tern_halo *h, const tern_block *block)
{
    const tern_grid *g = &h->spec.grid;
    struct line line[TERN_GRID_DIMS] = {0};
    int error = TERN_OK, rank = tern_rank(h->comm);

    if (tern_block_points(block) == 0)
        return TERN_OK;
    for (int d = 0; d < TERN_GRID_DIMS && error >= 0; d++) {
        line[d] = (struct line){
            .dim = d,
            .blocks = least(g->parts[d], g->size[d]),
            .here = rank % g->parts[d],
            .length = block->count[d],
        };
        rank /= g->parts[d];
        error = make_spans(g, &line[d], h->spec.width[d]);
    }
    if (error >= 0)
        error = file_all(h, line, true);
    if (error >= 0)
        error = file_all(h, line, false);
    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        free(line[d].sends.of);
        free(line[d].recvs.of);
    }
    return error;
}
