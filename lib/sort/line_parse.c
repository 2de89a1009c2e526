/* SPDX-License-Identifier: BSD-3-Clause */
/* From text to items.  Each thread takes a part of the text and the lines that end in it: it counts
 * ends, learns from the others' counts where its items go, and writes them.  A text that others
 * change meanwhile, a mapped file, is found out where the two passes differ. */
#include "config.h"

#include "sort/line_scan.h"
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

/* Items of the lines that end in text[from .. to - 1], of a text that begins at `begin`; at most
 * those before `last`.  Where they end.  hot */
static tern__pair *make_items(const char *text, const char *begin, const char *from, const char *to,
                              const tern__order *order, tern__pair *item, const tern__pair *last)
{
    const tern__criterion *by = &order->criteria[0];
    tern__scan scan = tern__scan_begin(from, to, order->end);
    const char *line = from;

    while (line > begin && line[-1] != order->end)
        line--;
    for (const char *end; (end = tern__scan_next(&scan)) != NULL && item < last; line = end + 1) {
        size_t length = (size_t)(end - line);
        *item++ = (tern__pair){
            .key = tern__word(by, (tern__line){line, length}, 0),
            .value = tern__locator((size_t)(line - text), length),
        };
    }
    return item;
}

/* ---- Parts of the text, a thread each ---------------------------------------------------------
 */

typedef struct parsing {
    const tern_lines *lines;
    const tern__order *order;
    const tern_text_range *ranges;
    size_t n_ranges, bytes, threads;
    size_t *first; /* item of each part, and the number of all */
} parsing;

/* Where a part begins, in bytes of all ranges. */
static size_t part_begin(const parsing *p, size_t part)
{
    return part < p->threads ? p->bytes / p->threads * part : p->bytes;
}

/* What lies in bytes from .. to - 1 of all ranges, of the range that begins at byte `at`. */
static tern_text_range cut_range(const tern_text_range *r, size_t at, size_t from, size_t to)
{
    size_t size = r->end - r->begin;
    size_t low = from < at ? 0 : from - at, high = to < at ? 0 : to - at;

    return (tern_text_range){r->begin + (low < size ? low : size),
                             r->begin + (high < size ? high : size)};
}

static void count_part(const parsing *p, size_t part)
{
    size_t from = part_begin(p, part), to = part_begin(p, part + 1), at = 0, count = 0;

    for (size_t i = 0; i < p->n_ranges; at += p->ranges[i].end - p->ranges[i].begin, i++) {
        tern_text_range cut = cut_range(&p->ranges[i], at, from, to);
        count += count_ends(p->lines->text + cut.begin, cut.end - cut.begin, p->lines->end);
    }
    p->first[part] = count;
}

/* Whether there are as many lines as were counted. */
static bool make_part(const parsing *p, size_t part)
{
    size_t from = part_begin(p, part), to = part_begin(p, part + 1), at = 0;
    tern__pair *item = p->lines->items + p->first[part];
    const tern__pair *last = p->lines->items + p->first[part + 1];
    const char *text = p->lines->text;

    for (size_t i = 0; i < p->n_ranges; at += p->ranges[i].end - p->ranges[i].begin, i++) {
        tern_text_range cut = cut_range(&p->ranges[i], at, from, to);
        if (cut.begin < cut.end)
            item = make_items(text, text + p->ranges[i].begin, text + cut.begin, text + cut.end,
                              p->order, item, last);
    }
    return item == last;
}

/* From counts to places; the number of all items. */
static size_t add_up(const parsing *p)
{
    size_t sum = 0;

    for (size_t part = 0; part < p->threads; part++) {
        size_t count = p->first[part];
        p->first[part] = sum;
        sum += count;
    }
    p->first[p->threads] = sum;
    return sum;
}

static int parse(const parsing *p, tern_lines *lines)
{
    bool whole = true;

#pragma omp parallel for schedule(static, 1) num_threads((int)p->threads) if (p->threads > 1)
    for (size_t part = 0; part < p->threads; part++)
        count_part(p, part);
    lines->n = add_up(p);
    lines->items = tern_alloc(tern__line_room(lines->n) * sizeof(*lines->items));
    if (lines->items == NULL)
        return TERN_ENOMEM;
#pragma omp parallel for schedule(static, 1) num_threads((int)p->threads) reduction(&& : whole) \
    if (p->threads > 1)
    for (size_t part = 0; part < p->threads; part++)
        whole = make_part(p, part) && whole;
    if (whole)
        return TERN_OK;
    return tern_fail(TERN_EIO, NULL, "the text has changed while it was read");
}

int tern__parse_lines(tern_lines *lines, const tern_text_range *ranges, size_t n,
                      const tern__order *order)
{
    parsing p = {.lines = lines, .order = order, .ranges = ranges, .n_ranges = n, .threads = 1};

    for (size_t i = 0; i < n; i++)
        p.bytes += ranges[i].end - ranges[i].begin;
    if (p.bytes >= PARALLEL_BYTES)
        p.threads = (size_t)omp_get_max_threads();
    p.first = malloc((p.threads + 1) * sizeof(*p.first));
    if (p.first == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu counts", p.threads);
    int error = parse(&p, lines);
    free(p.first);
    return error;
}
