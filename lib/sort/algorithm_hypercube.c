/* SPDX-License-Identifier: BSD-3-Clause */
/* Quicksort on a hypercube (Axtmann and Sanders, "Robust Massively Parallel Sorting", ALENEX 2017,
 * without its shuffle): in each of log2 p steps the halves of a cube agree on a pivot, and each
 * rank gives what belongs to the other half to its partner there.  Equal keys may go to either
 * side, as balances best.  Ranks beyond the highest power of two give what they have away first.  3
 * log2 p messages in all and no collective but the balance: for items so few that latency decides.
 */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

enum { TAG = 2, CANDIDATES = 16 };

/* Keys from which a pivot is chosen, in order. */
typedef struct candidates {
    int32_t n;
    char *keys; /* room for twice CANDIDATES */
} candidates;

/* Evenly spaced items of the rank. */
static void take(const tern__job *j, candidates *x)
{
    const tern__items *t = j->items;

    x->n = j->n < CANDIDATES ? (int32_t)j->n : CANDIDATES;
    for (int i = 0; i < x->n; i++) {
        size_t at = (2 * (size_t)i + 1) * j->n / (2 * (size_t)x->n);
        memcpy(x->keys + (size_t)i * t->key_bytes, tern__item(t, j->data, at) + t->key_offset,
               t->key_bytes);
    }
}

/* Merge `other` into x, and keep every second if there are too many.  What comes out does not
 * depend on which of the two is x. */
static void add(const tern__items *t, candidates *x, const candidates *other, char *merged)
{
    size_t bytes = t->key_bytes;
    int i = 0, k = 0, n = x->n + other->n;

    while (i + k < n) {
        const char *a = x->keys + (size_t)i * bytes, *b = other->keys + (size_t)k * bytes;
        bool second = i == x->n || (k < other->n && tern__compare_keys(t, b, a) < 0);
        memcpy(merged + (size_t)(i + k) * bytes, second ? b : a, bytes);
        i += !second;
        k += second;
    }
    int step = n > CANDIDATES ? 2 : 1;
    x->n = (n + step - 1) / step;
    for (i = 0; i < x->n; i++)
        memcpy(x->keys + (size_t)i * bytes, merged + (size_t)(i * step) * bytes, bytes);
}

/* All ranks of the cube of `ranks` that the caller is in get the same candidates. */
static int share(tern__job *j, int ranks, candidates *x, candidates *other, char *merged)
{
    size_t bytes = j->items->key_bytes;
    int error = TERN_OK;

    for (int bit = 1; bit < ranks && !error; bit *= 2) {
        int partner = tern_rank(j->c) ^ bit;
        tern_status status;
        error = tern_sendrecv(j->c, x->keys, (size_t)x->n * bytes, MPI_BYTE, partner, TAG,
                              other->keys, CANDIDATES * bytes, MPI_BYTE, partner, TAG, &status);
        if (error)
            return error;
        other->n = (int32_t)(status.bytes / bytes);
        add(j->items, x, other, merged);
    }
    return error;
}

/* Where to cut: any place among keys equal to the pivot, best the middle. */
static size_t cut_at(const tern__job *j, const candidates *x)
{
    const char *pivot = x->keys + (size_t)(x->n / 2) * j->items->key_bytes;
    size_t low = tern__bound(j->items, j->data, 0, j->n, pivot, false);
    size_t high = tern__bound(j->items, j->data, low, j->n, pivot, true), middle = j->n / 2;

    return middle < low ? low : middle > high ? high : middle;
}

/* Keep one side of the cut, give the other to the partner and merge what it gives; `failed` as in
 * tern__swap_items(). */
static int trade(tern__job *j, int partner, int failed, size_t cut)
{
    bool lower = tern_rank(j->c) < partner;
    char *received = NULL;
    size_t n = 0;
    int error = lower ? tern__swap_items(j, partner, failed, cut, j->n, &received, &n)
                      : tern__swap_items(j, partner, failed, 0, cut, &received, &n);

    if (error)
        return error;
    return lower ? tern__merge_in(j, 0, cut, received, n, false)
                 : tern__merge_in(j, cut, j->n, received, n, true);
}

/* Ranks outside of the cube of `ranks` give all they have to one inside. */
static int fold(tern__job *j, int ranks)
{
    int me = tern_rank(j->c), p = tern_size(j->c);

    if (me >= ranks)
        return trade(j, me - ranks, TERN_OK, j->n);
    return me + ranks < p ? trade(j, me + ranks, TERN_OK, j->n) : TERN_OK;
}

/* A rank that fails goes on, and tells. */
static int run_cube(tern__job *j, int ranks, candidates *x, candidates *other, char *merged)
{
    int error = fold(j, ranks);

    if (tern_rank(j->c) >= ranks)
        return error;
    for (; ranks > 1; ranks /= 2) {
        take(j, x);
        int lost = share(j, ranks, x, other, merged);
        if (lost)
            return lost;
        error = trade(j, tern_rank(j->c) ^ (ranks / 2), error, x->n > 0 ? cut_at(j, x) : 0);
    }
    return error;
}

int tern__hypercube(tern__job *j)
{
    size_t room = (size_t)2 * CANDIDATES * j->items->key_bytes;
    char *memory = malloc(3 * room);
    candidates x = {0, memory}, other = {0, memory + room};
    int ranks = 1, error = tern__sort_here(j);

    while (2 * ranks <= tern_size(j->c))
        ranks *= 2;
    if (!error)
        error = tern_agree(
            j->c, memory != NULL ? TERN_OK
                                 : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for candidates"));
    tern__begin_phase(j, "exchange", j->n);
    if (!error)
        error = run_cube(j, ranks, &x, &other, memory + 2 * room);
    free(memory);
    return tern_agree(j->c, error);
}
