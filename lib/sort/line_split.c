/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact cuts of distributed sorted lines, by selection over several sequences (Varman, Scheufler,
 * Iyer and Ricard 1991) with weights: each splitter has a bracket on every rank; the rank with the
 * largest one offers its middle line as a pivot, everybody counts the bytes before it, and the
 * brackets shrink to one side.  Lines that compare equal are ordered by rank, so a line repeated
 * millions of times is cut where the balance wants it.  About p log2(n/p) rounds of p - 1
 * broadcasts of one line. */
#include "config.h"

#include "sort/lines.h"

#include <stdlib.h>

typedef struct selection {
    tern_comm *c;
    const tern_lines *lines;
    const tern__order *order;
    bool together;
    const uint64_t *weight;
    int splitters;           /* p - 1 */
    int64_t *want;           /* bytes that shall lie before each */
    int64_t *low, *high;     /* the bracket of each on this rank */
    int64_t *before, *after; /* lines up to the pivot, without and with it */
    int64_t *local, *global; /* bytes before the pivot */
    int64_t *width;          /* p rows: each rank's brackets */
    char *pivot;             /* room for pivot_room bytes */
    size_t pivot_room;
} selection;

/* The rank with the largest bracket of splitter i, or -1 if all are closed. */
static int owner_of(const selection *s, int i)
{
    int owner = -1;
    int64_t most = 0;

    for (int r = 0; r <= s->splitters; r++) {
        int64_t width = s->width[(ptrdiff_t)r * s->splitters + i];
        if (width > most) {
            most = width;
            owner = r;
        }
    }
    return owner;
}

static int share_brackets(selection *s)
{
    for (int i = 0; i < s->splitters; i++)
        s->local[i] = s->high[i] - s->low[i];
    return tern_allgather(s->c, s->local, s->width, (size_t)s->splitters, MPI_INT64_T);
}

static int64_t middle_of(const selection *s, int i)
{
    return s->low[i] + (s->high[i] - s->low[i]) / 2;
}

static int reserve(selection *s, size_t bytes)
{
    if (bytes <= s->pivot_room)
        return TERN_OK;
    tern_free(s->pivot);
    s->pivot_room = 0;
    s->pivot = tern_alloc(2 * bytes);
    if (s->pivot == NULL)
        return TERN_ENOMEM;
    s->pivot_room = 2 * bytes;
    return TERN_OK;
}

/* Everybody gets the owner's middle line of splitter i. */
static int share_pivot(selection *s, int i, int owner, tern__line *pivot)
{
    bool mine = tern_rank(s->c) == owner;
    uint64_t length = 0;

    if (mine) {
        *pivot =
            tern__locate(s->lines->text, s->lines->items[middle_of(s, i)].value, s->lines->end);
        length = pivot->length;
    }
    int error = tern_bcast(s->c, &length, 1, MPI_UINT64_T, owner);
    if (error)
        return error;
    if (length > s->pivot_room) { /* rare, and known to all */
        error = tern_agree(s->c, reserve(s, length));
        if (error)
            return error;
    }
    if (mine && length > 0)
        memcpy(s->pivot, pivot->text, length);
    *pivot = (tern__line){s->pivot, length};
    return tern_bcast(s->c, s->pivot, length, MPI_CHAR, owner);
}

/* Lines in the bracket that compare less than the pivot, or also equal to it. */
static int64_t bound(const selection *s, int i, const tern__line *pivot, bool equal_too)
{
    int64_t low = s->low[i], high = s->high[i];

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        tern__line line =
            tern__locate(s->lines->text, s->lines->items[middle].value, s->lines->end);
        int order = tern__compare(s->order, line, *pivot);
        if (order < 0 || (order == 0 && equal_too))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the pivot of splitter i falls on this rank. */
static void place(selection *s, int i, int owner, const tern__line *pivot)
{
    int me = tern_rank(s->c);

    if (s->together) {
        s->before[i] = bound(s, i, pivot, false);
        s->after[i] = bound(s, i, pivot, true);
    } else if (me == owner) {
        s->before[i] = middle_of(s, i);
        s->after[i] = s->before[i] + 1;
    } else {
        s->before[i] = s->after[i] = bound(s, i, pivot, me < owner);
    }
    s->local[i] = (int64_t)s->weight[s->before[i]];
}

/* One pivot for every open splitter; open is how many there are. */
static int round_of_pivots(selection *s, int *open)
{
    int error = share_brackets(s);

    *open = 0;
    for (int i = 0; i < s->splitters && !error; i++) {
        tern__line pivot;
        int owner = owner_of(s, i);
        s->local[i] = 0;
        s->before[i] = s->after[i] = s->low[i];
        if (owner < 0)
            continue;
        ++*open;
        error = share_pivot(s, i, owner, &pivot);
        if (!error)
            place(s, i, owner, &pivot);
    }
    if (error || *open == 0)
        return error;
    error = tern_allreduce(s->c, s->local, s->global, (size_t)s->splitters, MPI_INT64_T, MPI_SUM);
    for (int i = 0; i < s->splitters && !error; i++) {
        if (s->global[i] > s->want[i])
            s->high[i] = s->before[i];
        else
            s->low[i] = s->after[i];
    }
    return error;
}

static int allocate(selection *s, int64_t **memory)
{
    size_t splitters = (size_t)s->splitters;

    *memory = malloc(((splitters + 8) * splitters + 1) * sizeof(**memory));
    if (*memory == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu splitters", splitters);
    int64_t **const field[] = {&s->want,  &s->low,   &s->high,   &s->before,
                               &s->after, &s->local, &s->global, &s->width};
    for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
        *field[i] = *memory + i * splitters;
    return reserve(s, 4096);
}

int tern__split_lines(tern_comm *c, const tern_lines *lines, const tern__order *order,
                      bool together, const uint64_t *weight, int64_t *cut)
{
    selection s = {
        .c = c,
        .lines = lines,
        .order = order,
        .together = together,
        .weight = weight,
        .splitters = tern_size(c) - 1,
    };
    int64_t *memory, total, mine = (int64_t)weight[lines->n];
    int open = 1, error = tern_agree(c, allocate(&s, &memory));

    if (!error)
        error = tern_allreduce(c, &mine, &total, 1, MPI_INT64_T, MPI_SUM);
    for (int i = 0; i < s.splitters && !error; i++) {
        s.want[i] = tern__share_begin(total, s.splitters + 1, i + 1);
        s.low[i] = 0;
        s.high[i] = (int64_t)lines->n;
    }
    while (open > 0 && !error)
        error = round_of_pivots(&s, &open);
    cut[0] = 0;
    for (int i = 0; i < s.splitters && !error; i++)
        cut[i + 1] = s.low[i];
    cut[s.splitters + 1] = (int64_t)lines->n;
    tern_free(s.pivot);
    free(memory);
    return error;
}
