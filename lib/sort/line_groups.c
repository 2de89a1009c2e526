/* SPDX-License-Identifier: BSD-3-Clause */
/* Sort by key, then refine what is equal.  The threads share out the groups; groups so large that
 * one thread would keep the others waiting are refined one after the other, each by all threads. */
#include "config.h"

#include "sort/lines.h"

enum {
    CHUNKS = 1024,         /* at most: what a thread takes at a time */
    CHUNK_LEAST = 1 << 14, /* items in one */
    LARGES = 256,          /* groups that get all threads, at most */
    LARGE_LEAST = 1 << 16  /* items in one */
};

typedef struct group {
    size_t begin, n;
} group;

typedef struct grouping {
    tern__refine_fn *refine;
    const char *text;
    size_t depth;
    tern__pair *items, *scratch;
    size_t n, chunk;
    size_t begin[CHUNKS + 1]; /* of the first group in each chunk, and n */
    size_t large_least;
    group large[LARGES];
    size_t larges;
} grouping;

static void refine(const grouping *g, group at)
{
    tern__pair *items = g->items + at.begin;
    uint64_t key = items[0].key;

    g->refine(g->text, g->depth, items, g->scratch + at.begin, at.n);
    for (size_t i = 0; i < at.n; i++)
        items[i].key = key;
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
    const tern__pair *items = g->items;

    while (i < end) {
        group at = {i, 1};
        while (i + at.n < end && items[i + at.n].key == items[i].key)
            at.n++;
        i += at.n;
        if (at.n >= g->large_least) {
            size_t slot;
#pragma omp atomic capture
            slot = g->larges++;
            g->large[slot] = at;
        } else if (at.n > 1) {
            refine(g, at);
        }
    }
}

void tern__sort_groups(tern__refine_fn *refine_fn, const char *text, size_t depth,
                       tern__pair *items, tern__pair *scratch, size_t n)
{
    size_t chunk = n / CHUNKS + 1, large = n / LARGES + 1;
    grouping g = {
        .refine = refine_fn,
        .text = text,
        .depth = depth,
        .items = items,
        .scratch = scratch,
        .n = n,
        .chunk = chunk > CHUNK_LEAST ? chunk : CHUNK_LEAST,
        .large_least = large > LARGE_LEAST ? large : LARGE_LEAST,
    };
    size_t chunks = (n + g.chunk - 1) / g.chunk;

    tern__radix_pair(items, scratch, n);
    find_chunks(&g, chunks);
#pragma omp parallel for schedule(dynamic, 1) if (chunks > 1)
    for (size_t k = 0; k < chunks; k++)
        refine_chunk(&g, g.begin[k], g.begin[k + 1]);
    for (size_t i = 0; i < g.larges; i++)
        refine(&g, g.large[i]);
}
