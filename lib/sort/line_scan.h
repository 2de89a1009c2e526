/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: the ends of lines in a text, found 64 bytes at a time.  A call of memchr(3) for
 * each line costs more than the line's sort. */
#ifndef TERN_SORT_LINE_SCAN_H
#define TERN_SORT_LINE_SCAN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
# include <emmintrin.h>
#endif

enum { TERN__SCAN_BYTES = 64 };

/* What is left of a text. */
typedef struct tern__scan {
    const char *block, *stop; /* what is looked at, and where the text ends */
    uint64_t ends;            /* bit i: block[i] is an end, not taken yet */
    char end;
} tern__scan;

/* Bit i: p[i] == c. */
static inline uint64_t tern__scan_some(const char *p, size_t n, char c)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < n; i++)
        mask |= (uint64_t)(p[i] == c) << i;
    return mask;
}

#if defined(__SSE2__)
/* The same of a vector. */
static inline uint64_t tern__scan_16(const char *p, __m128i c)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)p);

    return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, c));
}
#endif

static inline uint64_t tern__scan_block(const char *p, char c)
{
#if defined(__SSE2__)
    const __m128i all = _mm_set1_epi8(c);

    return tern__scan_16(p, all) | tern__scan_16(p + 16, all) << 16
           | tern__scan_16(p + 32, all) << 32 | tern__scan_16(p + 48, all) << 48;
#else
    return tern__scan_some(p, TERN__SCAN_BYTES, c);
#endif
}

static inline uint64_t tern__scan_at(const tern__scan *s)
{
    size_t left = (size_t)(s->stop - s->block);

    return left >= TERN__SCAN_BYTES ? tern__scan_block(s->block, s->end)
                                    : tern__scan_some(s->block, left, s->end);
}

static inline tern__scan tern__scan_begin(const char *text, const char *stop, char end)
{
    tern__scan s = {.block = text, .stop = stop, .end = end};

    s.ends = tern__scan_at(&s);
    return s;
}

/* The next end, or NULL.  hot */
static inline const char *tern__scan_next(tern__scan *s)
{
    while (s->ends == 0) {
        if (s->stop - s->block <= TERN__SCAN_BYTES)
            return NULL;
        s->block += TERN__SCAN_BYTES;
        s->ends = tern__scan_at(s);
    }
    int bit = __builtin_ctzll(s->ends);
    s->ends &= s->ends - 1;
    return s->block + bit;
}

#endif
