/* SPDX-License-Identifier: BSD-3-Clause */
/* Quicksort of ITEMs in place, around NAME(choose_pivot), NAME(partition), NAME(sort_few) and
 * NAME(look); included once for each width and instruction set.  KEY is the type of the key in an
 * item, KEY_OF(item).
 *
 * The greatest item that a part can hold is known, `most`.  A pivot that equals it is frequent: the
 * items below it are then parted from those that equal it, which are done.  After too many levels
 * heapsort keeps the time within n log n (introsort: Musser 1997). */

#undef NEGATIVE
#define NEGATIVE(key) ((KEY)(0 - ((key) >> (8 * sizeof(KEY) - 1))))

static SIMD void NAME(sift)(ITEM *heap, size_t n, size_t at)
{
    ITEM x = heap[at];

    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && LESS(heap[child], heap[child + 1]);
        if (!LESS(x, heap[child]))
            break;
        heap[at] = heap[child];
    }
    heap[at] = x;
}

static SIMD void NAME(heapsort)(ITEM *items, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        NAME(sift)(items, n, i);
    for (size_t i = n; i-- > 1;) {
        ITEM x = items[0];
        items[0] = items[i];
        items[i] = x;
        NAME(sift)(items, i, 0);
    }
}

/* The last that there can be of the pivot's key, if its key can part the items. */
#ifndef LAST_OF_KEY
# define LAST_OF_KEY(x) (x)
#endif
static SIMD ITEM NAME(pivot_of)(const ITEM *items, size_t n, ITEM most, const tern__mapping *enter)
{
    ITEM pivot = NAME(choose_pivot)(items, n, enter), last = LAST_OF_KEY(pivot);

    return LESS(last, most) ? last : pivot;
}

static SIMD void NAME(quicksort)(ITEM *items, size_t n, ITEM most, unsigned levels)
{
    while (n > MOST_FEW) {
        if (levels-- == 0) {
            NAME(heapsort)(items, n);
            return;
        }
        ITEM pivot = NAME(pivot_of)(items, n, most, NULL);
        bool rare = LESS(pivot, most);
        size_t below = NAME(partition)(items, n, rare ? AFTER(pivot) : pivot);
        if (rare)
            NAME(quicksort)(items + below, n - below, most, levels);
        n = below;
        most = pivot;
    }
    NAME(sort_few)(items, n);
}

static SIMD void NAME(sort_any)(void *items, size_t n, const void *most)
{
    unsigned log = 64 - (unsigned)__builtin_clzll(n | 1);

    NAME(quicksort)(items, n, *(const ITEM *)most, 2 * log);
}

static SIMD bool NAME(choose_any)(const void *items, size_t n, const void *most,
                                  const tern__mapping *enter, void *pivot, void *bound)
{
    ITEM chosen = NAME(pivot_of)(items, n, *(const ITEM *)most, enter);
    bool rare = LESS(chosen, *(const ITEM *)most);

    *(ITEM *)pivot = chosen;
    *(ITEM *)bound = rare ? AFTER(chosen) : chosen;
    return rare;
}

static SIMD size_t NAME(partition_any)(void *items, size_t n, const void *bound,
                                       const tern__mapping *enter, uint64_t *hash)
{
    static const tern__mapping none;

    if (hash != NULL)
        return NAME(partition_hashing)(items, n, *(const ITEM *)bound,
                                       enter != NULL ? enter : &none, hash);
    return enter != NULL ? NAME(partition_keys)(items, n, *(const ITEM *)bound, enter)
                         : NAME(partition)(items, n, *(const ITEM *)bound);
}

static SIMD int NAME(look_any)(const void *items, size_t n)
{
    return NAME(look)(items, n);
}

static void NAME(mirror_any)(void *first, void *last, size_t n)
{
    ITEM *a = first, *b = last;

    for (; n-- > 0; a++, b--) {
        ITEM x = *a;
        *a = *b;
        *b = x;
    }
}

static SIMD void NAME(enter_any)(void *items, size_t n, const tern__mapping *m)
{
    ITEM *item = items;
    KEY flip = (KEY)m->flip, magnitude = (KEY)m->magnitude;

    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        KEY key = KEY_OF(item[i]);
        KEY_OF(item[i]) = key ^ flip ^ (NEGATIVE(key) & magnitude);
    }
}

static SIMD void NAME(leave_any)(void *items, size_t n, const tern__mapping *m)
{
    ITEM *item = items;
    KEY flip = (KEY)m->flip, magnitude = (KEY)m->magnitude;

    _Pragma("omp simd") for (size_t i = 0; i < n; i++)
    {
        KEY key = KEY_OF(item[i]) ^ flip;
        KEY_OF(item[i]) = key ^ (NEGATIVE(key) & magnitude);
    }
}

static const tern__quick NAME(quick) = {
    .bytes = sizeof(ITEM),
    .sort = NAME(sort_any),
    .choose = NAME(choose_any),
    .partition = NAME(partition_any),
    .least = MOST_FEW + 1,
    .look = NAME(look_any),
    .mirror = NAME(mirror_any),
    .enter = NAME(enter_any),
    .leave = NAME(leave_any),
};
