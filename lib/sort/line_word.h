/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: the first bytes of a line as a number that is compared as they are. */
#ifndef TERN_SORT_LINE_WORD_H
#define TERN_SORT_LINE_WORD_H

#include <stdint.h>
#include <string.h>

/* A line without its end, or a part of one. */
typedef struct tern__line {
    const char *text;
    size_t length;
} tern__line;

static inline uint64_t tern__big_endian_64(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static inline uint64_t tern__big_endian_32(const char *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    return x;
}

/* Big-endian word of the first 8 bytes, padded with NULs; reads nothing beyond the line. */
static inline uint64_t tern__big_endian(tern__line line)
{
    const unsigned char *p = (const unsigned char *)line.text;
    size_t n = line.length;

    if (n >= 8)
        return tern__big_endian_64(line.text);
    if (n >= 4) {
        uint64_t last = tern__big_endian_32(line.text + n - 4) << 8 * (8 - n);
        return tern__big_endian_32(line.text) << 32 | (last & UINT32_MAX);
    }
    return (n > 0 ? (uint64_t)p[0] << 56 : 0) | (n > 1 ? (uint64_t)p[1] << 48 : 0)
           | (n > 2 ? (uint64_t)p[2] << 40 : 0);
}

#endif
