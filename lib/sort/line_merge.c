/* SPDX-License-Identifier: BSD-3-Clause */
/* Merge of sorted runs of lines, and what follows from neighbours: lines that compare equal. */
#include "config.h"

#include "sort/lines.h"

static bool less_in_text(const tern__line_context *in, const tern__pair *a, const tern__pair *b)
{
    tern__line x = tern__locate(in->text, a->value), y = tern__locate(in->text, b->value);

    return tern__compare(in->order, &x, &y) < 0;
}

static bool less(const void *context, const void *a, const void *b)
{
    const tern__pair *x = a, *y = b;

    return x->key != y->key ? x->key < y->key : less_in_text(context, x, y);
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

void tern__unique_lines(tern_lines *lines, const tern__order *order)
{
    tern__line_context in = {lines->text, order};
    tern__pair *items = lines->items;
    size_t kept = lines->n > 0;

    for (size_t i = 1; i < lines->n; i++)
        if (items[i].key != items[kept - 1].key || less_in_text(&in, &items[kept - 1], &items[i]))
            items[kept++] = items[i];
    lines->n = kept;
}
