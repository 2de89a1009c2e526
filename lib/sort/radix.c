/* SPDX-License-Identifier: BSD-3-Clause */
/* Radix sorts of images of 32 and 64 bits and of pairs; radix_template.h is the algorithm. */
#include "config.h"

#include "sort/keys.h"

#include <omp.h>
#include <string.h>

enum {
    LINE_BYTES = 64,
    MOST_BITS = 11, /* of a digit: 2048 lines of 64 bytes fit half of a usual L2 cache */
    MOST_DIGITS = 1 << MOST_BITS,
    SMALL = 24,                /* items that insertion sort finishes fastest */
    SERIAL_BUCKET = 4,         /* items wanted in a bucket: in the cache ... */
    PARALLEL_BUCKET = 1 << 13, /* ... and out of it */
    PARALLEL_LEAST = 1 << 17   /* items from which all threads together partition */
};

/* Some adjacent bits of a key. */
typedef struct digit {
    unsigned shift;
    size_t mask;
} digit;

typedef struct shape {
    uint64_t varying; /* bits in which not all keys agree */
    bool sorted, reversed;
} shape;

static inline size_t digit_of(digit d, uint64_t key)
{
    return key >> d.shift & d.mask;
}

/* The highest bits of `varying`, as many as give some `buckets` buckets. */
static digit choose_digit(uint64_t varying, size_t buckets)
{
    unsigned top = 64 - (unsigned)__builtin_clzll(varying);
    unsigned bits = 64 - (unsigned)__builtin_clzll(buckets | 2);

    bits = bits < MOST_BITS ? bits : MOST_BITS;
    bits = bits < top ? bits : top;
    return (digit){.shift = top - bits, .mask = ((size_t)1 << bits) - 1};
}

/* From each thread's count of each digit: where the thread's part of the bucket begins (in place of
 * the count), and where the bucket does. */
static void begin_of_buckets(size_t *table, size_t threads, digit d, size_t *begin)
{
    size_t sum = 0;

    for (size_t k = 0; k <= d.mask; k++) {
        begin[k] = sum;
        for (size_t t = 0; t < threads; t++) {
            size_t count = table[t * MOST_DIGITS + k];
            table[t * MOST_DIGITS + k] = sum;
            sum += count;
        }
    }
    begin[d.mask + 1] = sum;
}

#define ITEM    uint32_t
#define KEY(x)  (x)
#define NAME(x) x##_u32
#include "sort/radix_template.h"
#undef ITEM
#undef KEY
#undef NAME

#define ITEM    uint64_t
#define KEY(x)  (x)
#define NAME(x) x##_u64
#include "sort/radix_template.h"
#undef ITEM
#undef KEY
#undef NAME

#define ITEM    tern__pair
#define KEY(x)  ((x).key)
#define NAME(x) x##_pair
#include "sort/radix_template.h"
#undef ITEM
#undef KEY
#undef NAME
