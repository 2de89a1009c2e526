/* SPDX-License-Identifier: BSD-3-Clause */
/* From text to items.  Each thread takes a part of the text and the lines that end in it: it counts
 * ends, learns from the others' counts where its items go, and writes them. */
#include "config.h"

#include "sort/lines.h"

#include <omp.h>
#include <stdlib.h>

enum { PARALLEL_BYTES = 1 << 20 };

/* Lanes of bytes, which compilers make vectors of, added up before they overflow. */
static size_t count_ends(const char *text, size_t bytes, char end)
{
    enum { LANES = 32, STEPS = 255 };
    size_t count = 0, i = 0;

    while (bytes - i >= LANES) {
        uint8_t lane[LANES] = {0};
        for (int step = 0; step < STEPS && bytes - i >= LANES; step++, i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] = (uint8_t)(lane[k] + (text[i + (size_t)k] == end));
        for (int k = 0; k < LANES; k++)
            count += lane[k];
    }
    for (; i < bytes; i++)
        count += text[i] == end;
    return count;
}

/* Items of the lines that end in text[begin .. end - 1].  hot */
static void make_items(const char *text, size_t begin, size_t end, const tern__order *order,
                       tern__pair *item)
{
    const tern__criterion *by = &order->criteria[0];
    const char *line = text + begin, *stop = text + end;
    const char *line_end = memchr(text + begin, order->end, end - begin);

    while (line > text && line[-1] != order->end)
        line--;
    while (line_end != NULL) {
        size_t length = (size_t)(line_end - line);
        *item++ = (tern__pair){
            .key = tern__word(by, (tern__line){line, length}, 0),
            .value = tern__locator((size_t)(line - text), length),
        };
        line = line_end + 1;
        line_end = line < stop ? memchr(line, order->end, (size_t)(stop - line)) : NULL;
    }
}

/* The part of the text that a thread looks at. */
static size_t part_begin(const tern_lines *lines, size_t threads, size_t thread)
{
    return thread < threads ? lines->bytes / threads * thread : lines->bytes;
}

static void count_parts(const tern_lines *lines, size_t threads, size_t *count)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)threads) if (threads > 1)
    for (size_t t = 0; t < threads; t++) {
        size_t begin = part_begin(lines, threads, t), end = part_begin(lines, threads, t + 1);
        count[t] = count_ends(lines->text + begin, end - begin, lines->end);
    }
}

static void make_parts(tern_lines *lines, size_t threads, const tern__order *order,
                       const size_t *first)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)threads) if (threads > 1)
    for (size_t t = 0; t < threads; t++)
        make_items(lines->text, part_begin(lines, threads, t), part_begin(lines, threads, t + 1),
                   order, lines->items + first[t]);
}

int tern__parse_lines(tern_lines *lines, const tern__order *order)
{
    size_t threads = lines->bytes >= PARALLEL_BYTES ? (size_t)omp_get_max_threads() : 1, sum = 0;
    size_t *first = malloc(threads * sizeof(*first));

    if (first == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu counts", threads);
    count_parts(lines, threads, first);
    for (size_t t = 0; t < threads; t++) {
        size_t count = first[t];
        first[t] = sum;
        sum += count;
    }
    lines->n = sum;
    lines->items = tern_alloc(sum * sizeof(*lines->items));
    if (lines->items != NULL)
        make_parts(lines, threads, order, first);
    free(first);
    return lines->items != NULL ? TERN_OK : TERN_ENOMEM;
}
