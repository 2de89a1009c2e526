/* SPDX-License-Identifier: BSD-3-Clause */
/* Items of 16 bytes: a number of 8 bytes and as much payload, when the order of equal keys does not
 * matter, or a number of 16 bytes.  Both are pairs, which the quicksort knows. */
#include "config.h"

#include "sort/items.h"

#include <string.h>

/* ---- A key and its payload ------------------------------------------------------------------ */

static uint64_t pair_word(const tern__items *t, const void *key, unsigned i)
{
    (void)t, (void)i;
    return *(const uint64_t *)key;
}

static bool pair_less(const void *context, const void *a, const void *b)
{
    (void)context;
    return ((const tern__pair *)a)->key < ((const tern__pair *)b)->key;
}

/* hot */
static void pair_merge(const void *context, const void *first, size_t na, const void *second,
                       size_t nb, void *merged)
{
    const tern__pair *a = first, *b = second, *a_end = a + na, *b_end = b + nb;
    tern__pair *out = merged;

    (void)context;
    while (a < a_end && b < b_end) {
        bool second_is_less = b->key < a->key;
        *out++ = *(second_is_less ? b : a);
        a += !second_is_less;
        b += second_is_less;
    }
    memcpy(out, a, (size_t)(a_end - a) * sizeof(*a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));
}

static void pair_enter(const tern__items *t, void *items, size_t n)
{
    tern__pair *pairs = items;

#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++)
        pairs[i].key = tern__to_image(t->mapping, pairs[i].key);
}

static void pair_leave(const tern__items *t, void *items, size_t n)
{
    tern__pair *pairs = items;

#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++)
        pairs[i].key = tern__to_key(t->mapping, pairs[i].key);
}

/* By key and value, which is an order by key. */
static int sort_pairs(const tern__items *t, char **items, size_t n, size_t room)
{
    (void)t, (void)room;
    tern__quick_pair((tern__pair *)*items, n);
    return TERN_OK;
}

void tern__pair_items(tern__items *t)
{
    t->merger.less = pair_less;
    t->merger.merge = pair_merge;
    t->key_bytes = sizeof(uint64_t);
    t->words = 1;
    t->word = pair_word;
    t->enter = pair_enter;
    t->leave = pair_leave;
    t->sort = sort_pairs;
}

/* ---- A key of 16 bytes: its high half is the key of the pair, its low half the value -------- */

static uint64_t wide_word(const tern__items *t, const void *key, unsigned i)
{
    const tern__pair *pair = key;

    (void)t;
    return i == 0 ? pair->key : pair->value;
}

static bool wide_less(const void *context, const void *a, const void *b)
{
    (void)context;
    return tern__pair_less(*(const tern__pair *)a, *(const tern__pair *)b);
}

/* hot */
static void wide_merge(const void *context, const void *first, size_t na, const void *second,
                       size_t nb, void *merged)
{
    const tern__pair *a = first, *b = second, *a_end = a + na, *b_end = b + nb;
    tern__pair *out = merged;

    (void)context;
    while (a < a_end && b < b_end) {
        bool second_is_less = tern__pair_less(*b, *a);
        *out++ = *(second_is_less ? b : a);
        a += !second_is_less;
        b += second_is_less;
    }
    memcpy(out, a, (size_t)(a_end - a) * sizeof(*a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));
}

/* Little-endian machines have the low half first.  The mapping is its own inverse. */
static void wide_map(const tern__items *t, void *items, size_t n)
{
    tern__pair *pairs = items;
    uint64_t flip = t->descending ? UINT64_MAX : 0;

#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++) {
        tern__pair x = pairs[i];
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        pairs[i] = (tern__pair){x.key ^ flip, x.value ^ flip};
#else
        pairs[i] = (tern__pair){x.value ^ flip, x.key ^ flip};
#endif
    }
}

void tern__wide_items(tern__items *t)
{
    t->merger.less = wide_less;
    t->merger.merge = wide_merge;
    t->key_bytes = sizeof(tern__pair);
    t->words = 2;
    t->word = wide_word;
    t->enter = wide_map;
    t->leave = wide_map;
    t->sort = sort_pairs;
}
