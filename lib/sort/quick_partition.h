/* SPDX-License-Identifier: BSD-3-Clause */
/* Partitioning in vectors of LANES items; included once for each width and instruction set, with
 * the operations on vectors defined.  They may be others than for quick_vector.h. */

/* Whether keys alone tell what is below the bound. */
#ifndef KEYS_DECIDE
# define KEYS_DECIDE(bound)       false
# define KEYS_NOT_BELOW(v, bound) NOT_BELOW(v, bound)
#endif

/* Vectors that are read together.  More hide more of what it takes to place them, but from 512
 * bytes on memory is read more slowly. */
#ifndef BATCH
# define BATCH 4
#endif

/* What SPLIT has made, which may have an order of lanes of its own. */
#ifndef STORE_SPLIT
# define STORE_SPLIT(p, v) STORE(p, v)
#endif

/* A mapping of keys to images, in all lanes, and the sum of the keys' hashes. */
typedef struct NAME(entry) {
    VEC flip, magnitude;
    bool hashes;
    words64 hash;
} NAME(entry);

INLINE NAME(entry) NAME(entry_of)(const tern__mapping *m)
{
    return (NAME(entry)){.flip = SPREAD(WHOLE(m->flip)), .magnitude = SPREAD(WHOLE(m->magnitude))};
}

INLINE VEC NAME(map)(VEC v, NAME(entry) * e)
{
    if (e->hashes)
        e->hash += HASHES(v);
    return ENTER(v, e->flip, e->magnitude);
}

/* Where a partition has got to: items before `left` and from `right` on are in place, from `from`
 * to `to` unread; the gaps between belong to what is in registers. */
typedef struct NAME(progress) {
    ITEM *left, *right, *from, *to;
} NAME(progress);

/* Write both parts of v, parted: each goes with the other's items beside it into
 * the gap, and these are overwritten. */
INLINE void NAME(place)(NAME(progress) * at, VEC v, VEC pivot, bool keys)
{
    MASK above = keys ? KEYS_NOT_BELOW(v, pivot) : NOT_BELOW(v, pivot);
    size_t right = COUNT(above);
    VEC parted = SPLIT(v, above);

    STORE_SPLIT(at->left, parted);
    STORE_SPLIT(at->right - LANES, parted);
    at->left += LANES - right;
    at->right -= right;
}

/* Take `items` from the side whose gap is smaller, so that both have room for as many. */
INLINE const ITEM *NAME(take)(NAME(progress) * at, int items)
{
    const ITEM *taken = at->from;

    if (at->from - at->left <= at->right - at->to)
        at->from += items;
    else
        taken = at->to -= items;
    return taken;
}

/* n items, at most LANES, or images of them. */
INLINE VEC NAME(load)(const ITEM *from, int n, NAME(entry) * enter)
{
    VEC v = n < LANES ? LOAD_SOME(from, n) : LOAD(from);

    return enter != NULL ? NAME(map)(v, enter) : v;
}

/* The first items, as many as make the rest whole vectors. */
INLINE void NAME(place_some)(NAME(progress) * at, VEC pivot, NAME(entry) * enter)
{
    size_t some = (size_t)(at->to - at->from) % LANES;
    VEC v = NAME(load)(at->from, (int)some, enter);
    MASK valid = FIRST_LANES((int)some), above = NOT_BELOW(v, pivot) & valid;

    STORE_SPLIT(at->left, SPLIT(v, above | (MASK)~valid));
    STORE_SPLIT(at->right - LANES, SPLIT(v, above));
    at->from += some;
    at->left += some - COUNT(above);
    at->right -= COUNT(above);
}

/* Move the items below the bound before the others, and return how many they are; at least
 * 2 * GAP + LANES.  In place: a gap is opened at both ends by taking what stands there into
 * registers. hot */
INLINE size_t NAME(partition_by)(ITEM *items, size_t n, ITEM bound, NAME(entry) * enter, bool keys)
{
    enum { GAP = BATCH * LANES };
    NAME(progress) at = {items, items + n, items + GAP, items + n - GAP};
    VEC pivot = SPREAD(bound), ends[2 * BATCH];

    UNROLL
    for (int i = 0; i < BATCH; i++) {
        ends[i] = NAME(load)(items + i * LANES, LANES, enter);
        ends[BATCH + i] = NAME(load)(at.to + i * LANES, LANES, enter);
    }
    NAME(place_some)(&at, pivot, enter);
    while (at.to - at.from >= GAP) {
        const ITEM *taken = NAME(take)(&at, GAP);
        VEC v[BATCH];
        UNROLL
        for (int i = 0; i < BATCH; i++)
            v[i] = NAME(load)(taken + i * LANES, LANES, enter);
        UNROLL
        for (int i = 0; i < BATCH; i++)
            NAME(place)(&at, v[i], pivot, keys);
    }
    while (at.from < at.to)
        NAME(place)(&at, NAME(load)(NAME(take)(&at, LANES), LANES, enter), pivot, keys);
    UNROLL
    for (int i = 0; i < 2 * BATCH; i++)
        NAME(place)(&at, ends[i], pivot, keys);
    return (size_t)(at.left - items);
}

INLINE size_t NAME(partition_as)(ITEM *items, size_t n, ITEM bound, NAME(entry) * enter)
{
    return KEYS_DECIDE(bound) ? NAME(partition_by)(items, n, bound, enter, true)
                              : NAME(partition_by)(items, n, bound, enter, false);
}

static SIMD size_t NAME(partition)(ITEM *items, size_t n, ITEM bound)
{
    return NAME(partition_as)(items, n, bound, NULL);
}

/* The same for keys, of which images are left. */
static SIMD size_t NAME(partition_keys)(ITEM *items, size_t n, ITEM bound,
                                        const tern__mapping *enter)
{
    NAME(entry) e = NAME(entry_of)(enter);

    return NAME(partition_as)(items, n, bound, &e);
}

/* The lanes beside some items, which are read as vectors, hold the greatest item: not theirs. */
static SIMD size_t NAME(partition_hashing)(ITEM *items, size_t n, ITEM bound,
                                           const tern__mapping *enter, uint64_t *hash)
{
    NAME(entry) e = NAME(entry_of)(enter);
    e.hashes = true;
    size_t below = NAME(partition_as)(items, n, bound, &e);

    *hash -= (LANES - n % LANES) * tern__hash_key((KEY)-1);
    for (size_t i = 0; i < sizeof(e.hash) / sizeof(e.hash[0]); i++)
        *hash += e.hash[i];
    return below;
}
