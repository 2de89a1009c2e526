/* SPDX-License-Identifier: BSD-3-Clause */
/* Merging lines that are sorted, and what follows from neighbours: lines that compare equal. */
#include "config.h"

#include <omp.h>

#include "sort/lines.h"

enum { PARALLEL_LEAST = 1 << 16, MOST_RUNS = 64 };

static int compare_items(const tern__line_context *in, size_t first, const tern__pair *a,
                         const tern__pair *b)
{
    return tern__compare_from(in->order, first, tern__locate(in->text, a->value, in->order->end),
                              tern__locate(in->text, b->value, in->order->end));
}

static bool less(const void *context, const void *a, const void *b)
{
    const tern__pair *x = a, *y = b;

    return x->key != y->key ? x->key < y->key : compare_items(context, 0, x, y) < 0;
}

/* hot */
static void merge(const void *context, const void *first, size_t na, const void *second, size_t nb,
                  void *merged)
{
    const tern__pair *a = first, *b = second, *a_end = a + na, *b_end = b + nb;
    tern__pair *out = merged;

    while (a < a_end && b < b_end)
        *out++ = less(context, b, a) ? *b++ : *a++;
    memcpy(out, a, (size_t)(a_end - a) * sizeof(*a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));
}

tern__merger tern__line_merger(const tern__line_context *context)
{
    return (tern__merger){sizeof(tern__pair), less, merge, context};
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void merge_sort(const tern__line_context *in, size_t first, tern__pair *items,
                       tern__pair *scratch, size_t n)
{
    size_t half = n / 2, i = 0, j = half;

    if (n < 2)
        return;
    merge_sort(in, first, items, scratch, half);
    merge_sort(in, first, items + half, scratch, n - half);
    memcpy(scratch, items, half * sizeof(*items));
    for (size_t out = 0; i < half; out++) {
        bool second = j < n && compare_items(in, first, &items[j], &scratch[i]) < 0;
        items[out] = second ? items[j++] : scratch[i++];
    }
}

/* Each thread sorts a run; their keys are equal, so the merger compares the lines. */
void tern__merge_sort(const tern__line_context *in, size_t first, tern__pair *items,
                      tern__pair *scratch, size_t n)
{
    int runs = omp_in_parallel() || n < PARALLEL_LEAST ? 1 : omp_get_max_threads();
    int64_t from[MOST_RUNS + 1];

    runs = runs < MOST_RUNS ? runs : MOST_RUNS;
    for (int r = 0; r <= runs; r++)
        from[r] = tern__share_begin((int64_t)n, runs, r);
#pragma omp parallel for schedule(static, 1) if (runs > 1)
    for (int r = 0; r < runs; r++)
        merge_sort(in, first, items + from[r], scratch + from[r], (size_t)(from[r + 1] - from[r]));
    tern__merger merger = tern__line_merger(in);
    if (tern__merge_runs(&merger, items, scratch, from, runs) != items)
        memcpy(items, scratch, n * sizeof(*items));
}

void tern__unique_lines(tern_lines *lines, const tern__order *order)
{
    tern__line_context in = {lines->text, order};
    tern__pair *items = lines->items;
    size_t kept = lines->n > 0;

    for (size_t i = 1; i < lines->n; i++)
        if (items[i].key != items[kept - 1].key
            || compare_items(&in, 0, &items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    lines->n = kept;
}
