/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: lines of text.  A line is sorted as a pair: a 64-bit key, a prefix of what it is
 * compared by, and a locator of its bytes.  Only lines with equal keys are looked at in the text.
 */
#ifndef TERN_SORT_LINES_H
#define TERN_SORT_LINES_H

#include <string.h>

#include "sort/keys.h"

/* A line without its newline. */
typedef struct tern__line {
    const char *text;
    size_t length;
} tern__line;

/* A locator is the offset in the text and, below it, the length, saturated: longer lines are
 * measured when needed. */
enum { TERN__LENGTH_BITS = 24, TERN__LONG = (1 << TERN__LENGTH_BITS) - 1 };

static inline uint64_t tern__locator(size_t offset, size_t length)
{
    return (uint64_t)offset << TERN__LENGTH_BITS | (length < TERN__LONG ? length : TERN__LONG);
}

static inline tern__line tern__locate(const char *text, uint64_t locator)
{
    const char *begin = text + (locator >> TERN__LENGTH_BITS);
    size_t length = locator & TERN__LONG;

    if (length == TERN__LONG) /* a newline follows for certain, and memchr stops there */
        length = (size_t)((const char *)memchr(begin + TERN__LONG, '\n', (size_t)1 << 40) - begin);
    return (tern__line){begin, length};
}

static inline size_t tern__length(const char *text, uint64_t locator)
{
    return (locator & TERN__LONG) < TERN__LONG ? locator & TERN__LONG
                                               : tern__locate(text, locator).length;
}

/* Sorts n items whose keys are equal, and which agree in the first `depth` bytes. */
typedef void tern__refine_fn(const char *text, size_t depth, tern__pair *items, tern__pair *scratch,
                             size_t n);

/* An order of lines: one file each. */
typedef struct tern__collation {
    const char *name;
    uint64_t (*key)(tern__line line); /* key(a) < key(b) implies a < b */
    int (*compare)(const tern__line *a, const tern__line *b);
    tern__refine_fn *refine;
    size_t depth; /* bytes that lines with equal keys agree in, padded by NULs */
} tern__collation;

extern const tern__collation tern__bytes_collation;
extern const tern__collation tern__numeric_collation;        /* then by bytes */
extern const tern__collation tern__numeric_stable_collation; /* then as in the input */

/* The order of a sort: a collation, perhaps backwards. */
typedef struct tern__order {
    const tern__collation *collation;
    bool reverse;
} tern__order;

static inline int tern__compare(const tern__order *o, const tern__line *a, const tern__line *b)
{
    return o->reverse ? o->collation->compare(b, a) : o->collation->compare(a, b);
}

/* Big-endian word of the first 8 bytes of a line, padded with NULs: compares as they do. */
uint64_t tern__bytes_key(tern__line line);
int tern__bytes_compare(const tern__line *a, const tern__line *b);
tern__refine_fn tern__bytes_refine;

/* Sort items by their keys with all threads, stably, then each group of equal keys by `refine`, and
 * give the group its key back. */
void tern__sort_groups(tern__refine_fn *refine, const char *text, size_t depth, tern__pair *items,
                       tern__pair *scratch, size_t n);

/* A block of text and its items. */
struct tern_lines {
    char *text;
    size_t bytes;
    tern__pair *items;
    size_t n;
};

/* Find the lines of lines->text and make lines->items, in the order of the text.
 * TERN_OK or TERN_ENOMEM. */
int tern__parse_lines(tern_lines *lines, const tern__order *order);

/* weight[i] = bytes of the first i lines, i = 0 .. n. */
void tern__weigh_lines(const tern_lines *lines, uint64_t *weight);

/* Of neighbours that compare equal keep the first. */
void tern__unique_lines(tern_lines *lines, const tern__order *order);

/* What a merger of lines needs to know. */
typedef struct tern__line_context {
    const char *text;
    const tern__order *order;
} tern__line_context;

tern__merger tern__line_merger(const tern__line_context *context);

/* The cut of the sorted lines into parts of equal bytes, cut[r] .. cut[r + 1] - 1 for rank r; lines
 * that compare equal are dealt out in rank order, or stay together if `together`.  Collective. */
int tern__split_lines(tern_comm *c, const tern_lines *lines, const tern__order *order,
                      bool together, const uint64_t *weight, int64_t *cut);

#endif
