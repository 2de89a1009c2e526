/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: lines of text.  A line is sorted as a pair: a 64-bit word, a prefix of what it
 * is compared by, and a locator of its bytes.  Only lines with equal words are looked at in the
 * text.
 */
#ifndef TERN_SORT_LINES_H
#define TERN_SORT_LINES_H

#include <string.h>

#include "sort/keys.h"
#include "sort/line_word.h"

/* A locator is the offset in the text and, below it, the length, saturated: longer lines are
 * measured when needed. */
enum { TERN__LENGTH_BITS = 24, TERN__LONG = (1 << TERN__LENGTH_BITS) - 1 };

static inline uint64_t tern__locator(size_t offset, size_t length)
{
    return (uint64_t)offset << TERN__LENGTH_BITS | (length < TERN__LONG ? length : TERN__LONG);
}

static inline tern__line tern__locate(const char *text, uint64_t locator, char end)
{
    const char *begin = text + (locator >> TERN__LENGTH_BITS);
    size_t length = locator & TERN__LONG;

    if (length == TERN__LONG) /* an end follows for certain, and memchr stops there */
        length = (size_t)((const char *)memchr(begin + TERN__LONG, end, (size_t)1 << 40) - begin);
    return (tern__line){begin, length};
}

static inline size_t tern__length(const char *text, uint64_t locator, char end)
{
    return (locator & TERN__LONG) < TERN__LONG ? locator & TERN__LONG
                                               : tern__locate(text, locator, end).length;
}

/* ---- Orders --------------------------------------------------------------------------------- */

typedef struct tern__criterion tern__criterion;

/* A way to compare keys; one file each, or two that are alike. */
typedef struct tern__ordering {
    const char *name;
    /* A word of `key` from its byte `depth` on: word(a) < word(b) implies a < b, if they agree
     * before.  Its lowest bit tells that there is more to compare, after `step` bytes. */
    uint64_t (*word)(const tern__criterion *by, tern__line key, size_t depth);
    int (*compare)(const tern__criterion *by, tern__line a, tern__line b);
    size_t step; /* 0: words are only given for depth 0 */
} tern__ordering;

extern const tern__ordering tern__by_bytes;
extern const tern__ordering tern__by_folded;  /* each byte through a table */
extern const tern__ordering tern__by_counted; /* the same, and not all count */
extern const tern__ordering tern__by_number;
extern const tern__ordering tern__by_human_number;
extern const tern__ordering tern__by_general_number;
extern const tern__ordering tern__by_month;
extern const tern__ordering tern__by_version;

/* A key, and what follows from its options. */
struct tern__criterion {
    const tern__ordering *ordering;
    tern_line_key key;
    bool whole;    /* the line itself */
    int separator; /* of fields, or -1: they begin with blanks */
    uint64_t flip; /* of words: all bits where the order is reversed */
};

/* The order of a sort; the last resort is a criterion, too. */
typedef struct tern__order {
    tern__criterion *criteria;
    size_t n;
    char end;
} tern__order;

/* What follows from the options, to be freed with free(order->criteria).
 * TERN_OK, TERN_EINVAL or TERN_ENOMEM. */
int tern__order_make(const tern_line_options *options, tern__order *order);

static inline bool tern__is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n'; /* a newline may be in lines that end in NULs */
}

/* The part of the line that is the key. */
tern__line tern__find_key(const tern__criterion *by, tern__line line);

/* What a byte of a key counts as, in the C locale. */
unsigned char tern__fold(const tern__criterion *by, char c);
bool tern__counts(const tern__criterion *by, char c);

/* Of criterion `by`, as the sort wants them: ascending. */
static inline uint64_t tern__word(const tern__criterion *by, tern__line line, size_t depth)
{
    return by->ordering->word(by, tern__find_key(by, line), depth) ^ by->flip;
}

/* Whether equal words mean equal keys. */
static inline bool tern__is_exact(const tern__criterion *by, uint64_t word)
{
    return ((word ^ by->flip) & 1) == 0;
}

/* By criteria `first` and those after it. */
int tern__compare_from(const tern__order *o, size_t first, tern__line a, tern__line b);

static inline int tern__compare(const tern__order *o, tern__line a, tern__line b)
{
    return tern__compare_from(o, 0, a, b);
}

/* ---- Texts and items ------------------------------------------------------------------------ */

/* A text and its items. */
struct tern_lines {
    const char *text;
    char *own;    /* the text, if it is the lines', or NULL: borrowed */
    size_t bytes; /* of all lines */
    tern__pair *items;
    size_t n;
    char end;
};

/* Line i, when it is the next in order; lines before `end` will follow.  hot */
static inline tern__line tern__line_ahead(const tern_lines *lines, size_t i, size_t end)
{
    enum { AHEAD = 16, CACHE_LINE = 64 };

    if (i + AHEAD < end) {
        const char *begin = lines->text + (lines->items[i + AHEAD].value >> TERN__LENGTH_BITS);
        __builtin_prefetch(begin);
        __builtin_prefetch(begin + CACHE_LINE);
    }
    return tern__locate(lines->text, lines->items[i].value, lines->end);
}

/* Find the lines in these ranges of lines->text and make lines->items, in the order of the text,
 * with tern__line_room().  TERN_OK, TERN_ENOMEM or TERN_EIO. */
int tern__parse_lines(tern_lines *lines, const tern_text_range *ranges, size_t n,
                      const tern__order *order);

/* What sorters and mergers of lines need to know. */
typedef struct tern__line_context {
    const char *text;
    const tern__order *order;
} tern__line_context;

/* Items for which memory is taken where there are n: a few more, so that a block serves again when
 * others of about as many come. */
static inline size_t tern__line_room(size_t n)
{
    return n + n / 16 + 1;
}

/* A sort under way. */
typedef struct tern__line_job {
    tern_comm *c;
    tern_lines *lines;
    bool shared;                   /* all ranks see the text, and it stays where it is */
    const tern_text_range *ranges; /* of the text, with whole lines of this rank */
    size_t n_ranges;
    tern_text_range whole; /* what `ranges` is where it is one */
    tern__pair *scratch;
    size_t room; /* items for which lines->items and scratch have room each */
    tern__order order;
    bool unique;
    tern_phase_fn *phase;
} tern__line_job;

void tern__line_phase(const tern__line_job *j, const char *name, size_t bytes_moved);

/* Make the items, and as many again.  Collective. */
int tern__parse_job(tern__line_job *j);

/* The two ways from sorted lines on every rank to runs of them, a file each: rank r gets lines
 * cut[r] .. cut[r + 1] - 1, and what rank r sends is from[r] .. from[r + 1] - 1.  Collective.
 * Either the text goes, in the order of its lines, of which the first i have weight[i] bytes ... */
int tern__send_text(tern__line_job *j, const int64_t *cut, const uint64_t *weight);
/* ... or, where all see it, only the items. */
int tern__send_items(tern__line_job *j, const int64_t *cut, const int64_t *from);

/* Sort items, whose keys are their words, with all threads, stably. */
void tern__sort_items(const tern__line_context *in, tern__pair *items, tern__pair *scratch,
                      size_t n);

/* The same for lines that nothing but comparing from criterion `first` on can order. */
void tern__merge_sort(const tern__line_context *in, size_t first, tern__pair *items,
                      tern__pair *scratch, size_t n);

/* weight[i] = bytes of the first i lines, i = 0 .. n. */
void tern__weigh_lines(const tern_lines *lines, uint64_t *weight);

/* Of neighbours that compare equal keep the first. */
void tern__unique_lines(tern_lines *lines, const tern__order *order);

tern__merger tern__line_merger(const tern__line_context *context);

/* The cut of the sorted lines into parts of equal bytes, cut[r] .. cut[r + 1] - 1 for rank r; lines
 * that compare equal are dealt out in rank order, or stay together if `together`.  Collective. */
int tern__split_lines(tern_comm *c, const tern_lines *lines, const tern__order *order,
                      bool together, const uint64_t *weight, int64_t *cut);

#endif
