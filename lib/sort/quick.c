/* SPDX-License-Identifier: BSD-3-Clause */
/* The quicksort in place by all threads.  What is in order, or in reverse, is found by a look at
 * it, and keys of a small range are counted.  While a part is larger than a thread's share, all
 * threads partition it: each its slice, after which the items on the wrong side are exchanged.
 * Smaller parts are tasks of one thread. */
#include "config.h"

#include "sort/quick.h"

#include <omp.h>
#include <string.h>

enum {
    PARALLEL_LEAST = 1 << 16, /* items from which threads share the work ... */
    TASK_LEAST = 1 << 14,     /* ... which one of them is given at least ... */
    TASKS = 16,               /* ... and into how many it cuts its share: few, since a task that */
                              /* waits finds its items no longer in the cache */
    MOST_SLICES = 64,
    CHUNK_BYTES = 4096,
    CACHE_BYTES = 512 << 10, /* of a usual L2 cache, or half of it */
    SAMPLE_BYTES = 2048
};

/* Items to be sorted, none of which exceeds `most`. */
typedef struct part {
    const tern__quick *quick;
    char *items;
    size_t n;
    const tern__mapping *enter; /* they are keys still; or NULL */
    const tern__mapping *leave; /* they shall be keys; or NULL */
    uint64_t *hash;             /* to which theirs are to be added; or NULL */
    size_t large;               /* more items than this all threads partition, ... */
    size_t small;               /* ... and one thread sorts up to this many */
    unsigned levels; /* before a part is left to one thread, which knows when to give up */
    _Alignas(tern__pair) char most[TERN__ITEM_BYTES];
} part;

/* ---- Partition by all threads ---------------------------------------------------------------- */

typedef struct slice {
    size_t begin, middle, end; /* items; those from begin to middle are below the bound */
    uint64_t hash;
} slice;

/* Items at `above` that belong below, and at `below` that belong above. */
typedef struct exchange {
    size_t above, below, n;
} exchange;

static size_t lesser(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void swap_bytes(char *a, char *b, size_t bytes)
{
    char chunk[CHUNK_BYTES];

    for (size_t size; bytes > 0; a += size, b += size, bytes -= size) {
        size = lesser(bytes, CHUNK_BYTES);
        memcpy(chunk, a, size);
        memcpy(a, b, size);
        memcpy(b, chunk, size);
    }
}

/* An exchange of the runs that are next to be moved; false if there is none.  Slices before `below`
 * items in all have items above the bound to give, those behind have items below it. */
static bool next_exchange(slice *slices, size_t count, size_t below, exchange *out)
{
    size_t a = 0, b = 0;

    while (a < count && lesser(slices[a].end, below) <= slices[a].middle)
        a++;
    if (a == count)
        return false;
    while (slices[b].middle <= below || slices[b].middle == slices[b].begin)
        b++;
    slice *from = &slices[a], *to = &slices[b];
    size_t low = to->begin > below ? to->begin : below;
    size_t n = lesser(lesser(from->end, below) - from->middle, to->middle - low);
    *out = (exchange){.above = from->middle, .below = to->middle - n, .n = n};
    from->middle += n;
    to->middle -= n;
    return true;
}

static void exchange_items(const part *p, slice *slices, size_t count, size_t below)
{
    size_t bytes = p->quick->bytes;
    exchange x;

    while (next_exchange(slices, count, below, &x)) {
        size_t share = x.n / count + 1;
#pragma omp taskloop grainsize(1)
        for (size_t i = 0; i < count; i++) {
            size_t from = lesser(x.n, i * share), to = lesser(x.n, from + share);
            swap_bytes(p->items + (x.above + from) * bytes, p->items + (x.below + from) * bytes,
                       (to - from) * bytes);
        }
    }
}

static size_t partition_by_all(const part *p, const void *bound)
{
    slice slices[MOST_SLICES];
    size_t count = lesser((size_t)omp_get_num_threads(), MOST_SLICES);
    size_t share = p->n / count, below = 0;

#pragma omp taskloop grainsize(1) shared(slices)
    for (size_t i = 0; i < count; i++) {
        size_t begin = i * share, end = i + 1 < count ? begin + share : p->n;
        char *items = p->items + begin * p->quick->bytes;
        uint64_t hash = 0;
        size_t middle = begin
                        + p->quick->partition(items, end - begin, bound, p->enter,
                                              p->hash != NULL ? &hash : NULL);
        slices[i] = (slice){begin, middle, end, hash};
    }
    for (size_t i = 0; i < count; i++) {
        below += slices[i].middle - slices[i].begin;
        if (p->hash != NULL)
            *p->hash += slices[i].hash;
    }
    exchange_items(p, slices, count, below);
    return below;
}

static const tern__mapping none; /* of images */

/* ---- The whole ------------------------------------------------------------------------------- */

/* Take what is above a pivot off the part; whether there is something to be sorted in it. */
static bool split(part *p, part *above)
{
    const tern__quick *q = p->quick;
    _Alignas(tern__pair) char pivot[TERN__ITEM_BYTES], bound[TERN__ITEM_BYTES];
    bool rare = q->choose(p->items, p->n, p->most, p->enter, pivot, bound);
    size_t below = p->n > p->large ? partition_by_all(p, bound)
                                   : q->partition(p->items, p->n, bound, p->enter, p->hash);

    p->enter = NULL;
    p->hash = NULL;
    *above = *p;
    above->items += below * q->bytes;
    above->n -= below;
    p->n = below;
    memcpy(p->most, pivot, q->bytes);
    return rare;
}

static void leave(const part *p)
{
    if (p->leave != NULL)
        p->quick->leave(p->items, p->n, p->leave);
}

/* By one thread.  Images become keys while they are in the cache.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void sort_alone(part p)
{
    part above;

    while ((p.leave != NULL || p.hash != NULL) && p.n * p.quick->bytes > CACHE_BYTES
           && p.levels-- > 0) {
        if (split(&p, &above))
            sort_alone(above);
        else
            leave(&above);
    }
    p.quick->sort(p.items, p.n, p.most);
    leave(&p);
}

static void sort_part(part p)
{
    while (p.n > p.small && p.levels-- > 0) {
        part above;
        if (split(&p, &above)) {
#pragma omp task firstprivate(above)
            sort_part(above);
        } else {
            leave(&above);
        }
    }
    sort_alone(p);
}

/* By all threads, unless they have something else to do. */
static void sort_all(part all)
{
    size_t threads = omp_in_parallel() ? 1 : (size_t)omp_get_max_threads();

    memset(all.most, UINT8_MAX, all.quick->bytes);
    all.large = all.small = all.n;
    all.levels = 2 * (64 - (unsigned)__builtin_clzll(all.n | 1));
    if (all.n < PARALLEL_LEAST || threads == 1) {
        sort_alone(all);
        return;
    }
    all.large = all.n / threads + all.n / 8;
    all.small = all.n / TASKS / threads;
    if (all.small < TASK_LEAST)
        all.small = TASK_LEAST;
#pragma omp parallel
#pragma omp single
    sort_part(all);
}

/* What a look at all items tells; at the first ones alone, if that is enough. */
static int look(const tern__quick *q, const char *items, size_t n)
{
    int seen = q->look(items, lesser(n, TERN__BLOCK));

    if (seen == (TERN__RISES | TERN__FALLS) || n <= TERN__BLOCK)
        return seen;
#pragma omp parallel for schedule(static) reduction(| : seen) if (n >= PARALLEL_LEAST)
    for (size_t i = TERN__BLOCK - 1; i < n; i += TERN__BLOCK) {
        if (seen != (TERN__RISES | TERN__FALLS))
            seen |= q->look(items + i * q->bytes, lesser(n - i, TERN__BLOCK + 1));
    }
    return seen;
}

static void reverse(const tern__quick *q, char *items, size_t n)
{
    size_t half = n / 2;

#pragma omp parallel for schedule(static) if (n >= PARALLEL_LEAST)
    for (size_t i = 0; i < half; i += TERN__BLOCK)
        q->mirror(items + i * q->bytes, items + (n - 1 - i) * q->bytes,
                  lesser(half - i, TERN__BLOCK));
}

/* Sort keys of a small range; false if it is not, or if these are pairs. */
static bool count(const tern__quick *q, void *keys, size_t n, const tern__mapping *m)
{
    return q->bytes < sizeof(tern__pair) && tern__count_small_range(q->bytes, keys, n, *m);
}

/* Whether the first thing that happens to these items is a partition of them all. */
static bool is_parted(const tern__quick *q, const void *items, size_t n, int seen)
{
    return seen == (TERN__RISES | TERN__FALLS) && n * q->bytes > CACHE_BYTES
           && !tern__range_seems_small(q->bytes, items, n, &none);
}

static void quick(const tern__quick *q, void *items, size_t n, uint64_t *hash)
{
    int seen = look(q, items, n);

    if (hash != NULL && !is_parted(q, items, n, seen)) {
        *hash += tern__hash_keys(items, q->bytes, n);
        hash = NULL;
    }
    if ((seen & TERN__FALLS) == 0)
        return;
    if ((seen & TERN__RISES) == 0)
        reverse(q, items, n);
    else if (!count(q, items, n, &none))
        sort_all((part){.quick = q, .items = items, .n = n, .hash = hash});
}

void tern__quick_u32(uint32_t *items, size_t n)
{
    quick(tern__simd_chosen()->u32, items, n, NULL);
}

void tern__quick_u64(uint64_t *items, size_t n)
{
    quick(tern__simd_chosen()->u64, items, n, NULL);
}

void tern__quick_pair(tern__pair *items, size_t n)
{
    quick(tern__simd_chosen()->pair, items, n, NULL);
}

static const tern__quick *quick_of(size_t bytes)
{
    const tern__simd *simd = tern__simd_chosen();

    return bytes == sizeof(uint32_t) ? simd->u32 : simd->u64;
}

uint64_t tern__quick_hashing(size_t bytes, void *keys, size_t n)
{
    uint64_t hash = 0;

    quick(quick_of(bytes), keys, n, &hash);
    return hash;
}

/* ---- Keys as they are ------------------------------------------------------------------------ */

/* Whether the first few images rise and fall, so that it is not worth while to look at all. */
static bool is_mixed(const tern__quick *q, const char *keys, size_t n, const tern__mapping *m)
{
    _Alignas(tern__pair) char sample[SAMPLE_BYTES];
    size_t size = lesser(n, SAMPLE_BYTES / q->bytes);

    memcpy(sample, keys, size * q->bytes);
    q->enter(sample, size, m);
    return q->look(sample, size) == (TERN__RISES | TERN__FALLS);
}

typedef void map_fn(void *items, size_t n, const tern__mapping *m);

static void map_all(map_fn *map, size_t bytes, char *items, size_t n, const tern__mapping *m)
{
#pragma omp parallel for schedule(static) if (n >= PARALLEL_LEAST)
    for (size_t i = 0; i < n; i += TERN__BLOCK)
        map(items + i * bytes, lesser(n - i, TERN__BLOCK), m);
}

static void quick_keys(const tern__quick *q, void *keys, size_t n, const tern__mapping *m)
{
    if (m->flip == 0) {
        quick(q, keys, n, NULL);
    } else if (n * q->bytes > CACHE_BYTES && is_mixed(q, keys, n, m)) {
        if (!count(q, keys, n, m))
            sort_all((part){.quick = q, .items = keys, .n = n, .enter = m, .leave = m});
    } else {
        map_all(q->enter, q->bytes, keys, n, m);
        quick(q, keys, n, NULL);
        map_all(q->leave, q->bytes, keys, n, m);
    }
}

void tern__quick_keys(size_t bytes, void *keys, size_t n, tern__mapping m)
{
    quick_keys(quick_of(bytes), keys, n, &m);
}
