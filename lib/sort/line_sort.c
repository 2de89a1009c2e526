/* SPDX-License-Identifier: BSD-3-Clause */
/* Sort by words, one after the other (caching multikey radix sort, after Ng and Kakehi 2007): lines
 * that agree in a word of a key are sorted by the key's next one, or, if it has none, by the next
 * key.  What all of them have in common is skipped at once, so that long equal lines cost their
 * length.  The threads share out the groups of equal words; groups so large that one thread would
 * keep the others waiting are sorted one after the other, each by all threads. */
#include "config.h"

#include "sort/lines.h"
#include "sort/quick.h"

enum {
    FEW = 8,               /* lines that are compared directly */
    CHUNKS = 1024,         /* at most: what a thread takes at a time */
    CHUNK_LEAST = 1 << 14, /* items in one */
    LARGES = 256,          /* groups that get all threads, at most */
    LARGE_LEAST = 1 << 16  /* items in one */
};

/* Bytes `depth` .. of a criterion; what comes before is equal. */
typedef struct level {
    size_t criterion, depth;
} level;

typedef struct group {
    size_t begin, n;
} group;

typedef struct grouping {
    const tern__line_context *in;
    level at;
    tern__pair *items, *scratch;
    size_t n, chunk;
    size_t begin[CHUNKS + 1]; /* of the first group in each chunk, and n */
    size_t large_least;
    group large[LARGES];
    size_t larges;
} grouping;

static const tern__criterion *criterion_at(const tern__line_context *in, level at)
{
    return &in->order->criteria[at.criterion];
}

static tern__line line_of(const tern__line_context *in, const tern__pair *item)
{
    return tern__locate(in->text, item->value, in->order->end);
}

/* ---- One level ------------------------------------------------------------------------------ */

/* Bytes from `depth` on, at most `most`, in which two lines agree. */
static size_t common_bytes(tern__line a, tern__line b, size_t depth, size_t most)
{
    enum { STRIDE = 8 };
    size_t end = a.length < b.length ? a.length : b.length, i = depth;

    if (end <= depth)
        return 0;
    end = end - depth > most ? depth + most : end;
    while (i + STRIDE <= end && memcmp(a.text + i, b.text + i, STRIDE) == 0)
        i += STRIDE;
    while (i < end && a.text[i] == b.text[i])
        i++;
    return i - depth;
}

/* The same for all items; less than a word will tell itself. */
static size_t common_to_all(const tern__line_context *in, level at, const tern__pair *items,
                            size_t n)
{
    const tern__criterion *by = criterion_at(in, at);
    size_t common = SIZE_MAX, step = by->ordering->step;

    if (by->ordering != &tern__by_bytes)
        return 0;
    tern__line first = tern__find_key(by, line_of(in, &items[0]));
    for (size_t i = n; i-- > 1 && common >= step;) /* neighbours are alike: the last one first */
        common = common_bytes(first, tern__find_key(by, line_of(in, &items[i])), at.depth, common);
    return common >= step ? common : 0;
}

/* By all threads, which look at a part each and at the first line. */
static size_t common_to_many(const tern__line_context *in, level at, const tern__pair *items,
                             size_t n)
{
    size_t common = SIZE_MAX;

#pragma omp parallel for schedule(static) reduction(min : common)
    for (size_t i = 1; i < n; i += FEW) {
        tern__pair few[FEW + 1] = {items[0]};
        size_t size = n - i < FEW ? n - i : FEW;
        memcpy(few + 1, items + i, size * sizeof(*few));
        size_t here = common > 0 ? common_to_all(in, at, few, size + 1) : 0;
        common = here < common ? here : common;
    }
    return common;
}

/* Where items go on whose words are equal; beyond the last criterion all is said. */
static level next_level(const tern__line_context *in, level at, uint64_t word)
{
    const tern__criterion *by = criterion_at(in, at);

    return tern__is_exact(by, word) ? (level){at.criterion + 1, 0}
                                    : (level){at.criterion, at.depth + by->ordering->step};
}

static bool is_end(const tern__line_context *in, level at)
{
    return at.criterion == in->order->n;
}

/* A key goes on of which there are no more words. */
static bool needs_merge_sort(const tern__line_context *in, level at, uint64_t word)
{
    const tern__criterion *by = criterion_at(in, at);

    return !tern__is_exact(by, word) && by->ordering->step == 0;
}

static void load_words(const tern__line_context *in, level at, tern__pair *items, size_t n)
{
    const tern__criterion *by = criterion_at(in, at);

    for (size_t i = 0; i < n; i++)
        items[i].key = tern__word(by, line_of(in, &items[i]), at.depth);
}

static void load_many_words(const tern__line_context *in, level at, tern__pair *items, size_t n)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i += FEW)
        load_words(in, at, items + i, n - i < FEW ? n - i : FEW);
}

/* Go on to the next level of items whose words are equal, by all threads `together` or by one;
 * false if there is none, and they are in order. */
static bool descend(const tern__line_context *in, level *at, tern__pair *items, tern__pair *scratch,
                    size_t n, bool together)
{
    if (needs_merge_sort(in, *at, items[0].key)) {
        tern__merge_sort(in, at->criterion, items, scratch, n);
        return false;
    }
    *at = next_level(in, *at, items[0].key);
    if (is_end(in, *at))
        return false;
    if (together) {
        at->depth += common_to_many(in, *at, items, n);
        load_many_words(in, *at, items, n);
    } else {
        at->depth += common_to_all(in, *at, items, n);
        load_words(in, *at, items, n);
    }
    return true;
}

/* By word, then by locator, which is the order of the text: by all threads, or, within a parallel
 * region, by the one that calls. */
static void sort_words(tern__pair *items, tern__pair *scratch, size_t n)
{
    if (!tern__simd_fast())
        tern__radix_pair(items, scratch, n);
    else
        tern__quick_pair(items, n);
}

/* ---- One thread ----------------------------------------------------------------------------- */

static void insertion(const tern__line_context *in, size_t first, tern__pair *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        tern__pair x = items[i];
        tern__line line = line_of(in, &x);
        size_t j = i;
        for (; j > 0; j--) {
            if (tern__compare_from(in->order, first, line_of(in, &items[j - 1]), line) <= 0)
                break;
            items[j] = items[j - 1];
        }
        items[j] = x;
    }
}

static size_t group_at(const tern__pair *items, size_t n, size_t i)
{
    size_t end = i + 1;

    while (end < n && items[end].key == items[i].key)
        end++;
    return end - i;
}

/* Sort items whose words at level `at` are equal.  Recursion goes into all groups but the largest,
 * so its depth is at most log2(n).  NOLINTNEXTLINE(misc-no-recursion) */
static void refine_serial(const tern__line_context *in, level at, tern__pair *items,
                          tern__pair *scratch, size_t n)
{
    while (n > FEW) {
        if (!descend(in, &at, items, scratch, n, false))
            return;
        sort_words(items, scratch, n);
        size_t largest = 0, most = 0;
        for (size_t i = 0, size; i < n; i += size) {
            size = group_at(items, n, i);
            size_t other = i, smaller = size;
            if (size > most) {
                other = largest;
                smaller = most;
                largest = i;
                most = size;
            }
            if (smaller > 1)
                refine_serial(in, at, items + other, scratch, smaller);
        }
        items += largest;
        n = most;
    }
    if (n > 1)
        insertion(in, at.criterion, items, n);
}

/* ---- All threads ---------------------------------------------------------------------------- */

static void sort_groups(const tern__line_context *in, level at, tern__pair *items,
                        tern__pair *scratch, size_t n);

/* Sort a group and give it its word back, which mergers need.  NOLINTNEXTLINE(misc-no-recursion) */
static void refine(const grouping *g, group at, bool together)
{
    tern__pair *items = g->items + at.begin;
    tern__pair *scratch = g->scratch + at.begin;
    uint64_t word = items[0].key;
    level next = g->at;

    if (!together)
        refine_serial(g->in, g->at, items, scratch, at.n);
    else if (descend(g->in, &next, items, scratch, at.n, true))
        sort_groups(g->in, next, items, scratch, at.n);
    for (size_t i = 0; i < at.n; i++)
        items[i].key = word;
}

/* Where the first group of each chunk begins; a chunk without one is empty. */
static void find_chunks(grouping *g, size_t chunks)
{
#pragma omp parallel for schedule(static) if (chunks > 1)
    for (size_t k = 0; k < chunks; k++) {
        size_t i = k * g->chunk, end = g->n - i > g->chunk ? i + g->chunk : g->n;
        while (i < end && i > 0 && g->items[i].key == g->items[i - 1].key)
            i++;
        g->begin[k] = i < end ? i : SIZE_MAX;
    }
    g->begin[chunks] = g->n;
    for (size_t k = chunks; k-- > 0;)
        if (g->begin[k] == SIZE_MAX)
            g->begin[k] = g->begin[k + 1];
}

/* The groups in items[i .. end - 1]. */
static void refine_chunk(grouping *g, size_t i, size_t end)
{
    while (i < end) {
        group at = {i, group_at(g->items, end, i)};
        i += at.n;
        if (at.n >= g->large_least) {
            size_t slot;
#pragma omp atomic capture
            slot = g->larges++;
            g->large[slot] = at;
        } else if (at.n > 1) {
            refine(g, at, false);
        }
    }
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void sort_groups(const tern__line_context *in, level at, tern__pair *items,
                        tern__pair *scratch, size_t n)
{
    size_t chunk = n / CHUNKS + 1, large = n / LARGES + 1;
    grouping g = {
        .in = in,
        .at = at,
        .items = items,
        .scratch = scratch,
        .n = n,
        .chunk = chunk > CHUNK_LEAST ? chunk : CHUNK_LEAST,
        .large_least = large > LARGE_LEAST ? large : LARGE_LEAST,
    };
    size_t chunks = (n + g.chunk - 1) / g.chunk;

    sort_words(items, scratch, n);
    find_chunks(&g, chunks);
#pragma omp parallel for schedule(dynamic, 1) if (chunks > 1)
    for (size_t k = 0; k < chunks; k++)
        refine_chunk(&g, g.begin[k], g.begin[k + 1]);
    for (size_t i = 0; i < g.larges; i++)
        refine(&g, g.large[i], true);
}

void tern__sort_items(const tern__line_context *in, tern__pair *items, tern__pair *scratch,
                      size_t n)
{
    sort_groups(in, (level){0, 0}, items, scratch, n);
}
