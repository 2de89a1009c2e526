/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether lines are in order: one look at each and at the one before. */
#include "config.h"

#include <stdlib.h>

#include "sort/lines.h"

/* hot */
static size_t find_disorder(const tern__order *o, const char *text, size_t bytes, bool unique)
{
    const char *p = text, *end = text + bytes;
    const tern__criterion *by = &o->criteria[0];
    tern__line before = {text, 0};
    uint64_t word_before = 0;

    while (p < end) {
        tern__line line = {p, (size_t)((const char *)memchr(p, o->end, (size_t)(end - p)) - p)};
        uint64_t word = tern__word(by, line, 0);
        if (p > text && word <= word_before) {
            int order = word < word_before ? 1 : tern__compare(o, before, line);
            if (order > 0 || (unique && order == 0))
                return (size_t)(p - text);
        }
        before = line;
        word_before = word;
        p += line.length + 1;
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
    else
        *offset = find_disorder(&order, text, bytes, options->unique);
    free(order.criteria);
    return error;
}
