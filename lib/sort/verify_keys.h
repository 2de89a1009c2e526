/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: what a look at keys tells. */
#ifndef TERN_SORT_VERIFY_KEYS_H
#define TERN_SORT_VERIFY_KEYS_H

#include "sort/keys.h"

/* The hash of a key, of one word or of a vector of words, in three steps.  Each is a permutation,
 * so that no two keys share a hash (the square: Rivest, Permutation polynomials modulo 2^w, 2001),
 * and together they are far from linear, so that a sum of hashes tells more than one of keys. */
#define TERN__FOLD(x)   ((x) ^ (x) >> 32)
#define TERN__SQUARE(x) ((x) * (2 * (x) + UINT64_C(0x9e3779b97f4a7c15)))
#define TERN__SPREAD(x) ((x) ^ (x) >> 29)

static inline __attribute__((always_inline)) uint64_t tern__hash_key(uint64_t key)
{
    uint64_t folded = TERN__FOLD(key), square = TERN__SQUARE(folded);

    return TERN__SPREAD(square);
}

/* What to look for; both at once cost little more than one. */
enum { TERN__CONTENT = 1, TERN__ORDER = 2 };

typedef struct tern__seen {
    uint64_t falls; /* not 0: some item is less than the one before it */
    uint64_t hash;  /* of all, summed */
} tern__seen;

/* Look at keys begin .. end - 1 of 1, 2, 4 or 8 bytes; the order of the first is that with its
 * predecessor, if it has one. */
tern__seen tern__look_at_keys(const void *keys, size_t width, size_t begin, size_t end,
                              const tern__mapping *m, unsigned at_what);

/* The sum of the hashes of n keys, by all threads. */
uint64_t tern__hash_keys(const void *keys, size_t width, size_t n);

#endif
