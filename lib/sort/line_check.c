/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether lines are in order: one look at each and at the one before. */
#include "config.h"

#include <stdlib.h>

#include "sort/line_scan.h"
#include "sort/lines.h"

/* The order of whole lines by their bytes, which needs no words that tell where they end. */
static bool is_plain(const tern__order *o)
{
    const tern__criterion *by = &o->criteria[0];

    return o->n == 1 && by->whole && by->ordering == &tern__by_bytes && by->flip == 0;
}

static uint64_t word_of(const tern__order *o, bool plain, tern__line line)
{
    return plain ? tern__big_endian(line) : tern__word(&o->criteria[0], line, 0);
}

/* hot */
static inline size_t find_disorder(const tern__order *o, const char *text, size_t bytes,
                                   bool unique, bool plain)
{
    tern__scan scan = tern__scan_begin(text, text + bytes, o->end);
    tern__line before = {text, 0};
    uint64_t word_before = 0;
    const char *p = text;

    for (const char *end; (end = tern__scan_next(&scan)) != NULL; p = end + 1) {
        tern__line line = {p, (size_t)(end - p)};
        uint64_t word = word_of(o, plain, line);
        if (word <= word_before && p > text) {
            int order = word < word_before ? 1 : tern__compare(o, before, line);
            if (order > 0 || (unique && order == 0))
                return (size_t)(p - text);
        }
        before = line;
        word_before = word;
    }
    return SIZE_MAX;
}

int tern_lines_disorder(const char *text, size_t bytes, const tern_line_options *options,
                        size_t *offset)
{
    tern__order order;
    int error = tern__order_make(options, &order);

    if (error)
        return error;
    if (bytes > 0 && text[bytes - 1] != order.end)
        error = tern_fail(TERN_EINVAL, TERN_HERE, "the text does not end in the end of a line");
    else if (is_plain(&order))
        *offset = find_disorder(&order, text, bytes, options->unique, true);
    else
        *offset = find_disorder(&order, text, bytes, options->unique, false);
    free(order.criteria);
    return error;
}
