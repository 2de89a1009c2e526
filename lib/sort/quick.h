/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: the quicksort in place, for each width of items and instruction set. */
#ifndef TERN_SORT_QUICK_H
#define TERN_SORT_QUICK_H

#include "sort/keys.h"
#include "sort/verify_keys.h"

enum { TERN__ITEM_BYTES = sizeof(tern__pair) }; /* of the widest item */

/* What one look at items tells: whether any is less than the one after it, and any greater. */
enum { TERN__RISES = 1, TERN__FALLS = 2 };

/* One width of items.  `most` points to an item that none exceeds. */
typedef struct tern__quick {
    size_t bytes;
    void (*sort)(void *items, size_t n, const void *most);
    /* Choose a pivot and the bound of a partition: the item behind the pivot; or, if the pivot
     * equals `most`, itself, and false: what is not below the bound is then in order.  `enter`, if
     * it is not NULL: the items are keys, and pivot and bound shall be images. */
    bool (*choose)(const void *items, size_t n, const void *most, const tern__mapping *enter,
                   void *pivot, void *bound);
    /* Move the items below the bound before the others, and return how many they are.  `enter`, if
     * it is not NULL: and turn them from keys into images.  `hash`, if it is not NULL, of items
     * that are keys: and add their hashes to it as they are read. */
    size_t (*partition)(void *items, size_t n, const void *bound, const tern__mapping *enter,
                        uint64_t *hash);
    size_t least; /* items that choose and partition need */
    int (*look)(const void *items, size_t n);
    /* Swap the n items from `first` up with those from `last` down. */
    void (*mirror)(void *first, void *last, size_t n);
    /* Turn keys into images, or back. */
    void (*enter)(void *items, size_t n, const tern__mapping *m);
    void (*leave)(void *items, size_t n, const tern__mapping *m);
} tern__quick;

/* One instruction set. */
typedef struct tern__simd {
    const char *name;
    bool (*usable)(void); /* by this processor */
    const tern__quick *u32, *u64, *pair;
} tern__simd;

extern const tern__simd tern__simd_scalar;
#if defined(__x86_64__)
extern const tern__simd tern__simd_avx2, tern__simd_avx512;

/* How eight lanes are parted: the bytes of word m, lowest first, are the lanes whose bit in m is 0,
 * then the others. */
extern const uint64_t tern__split_table[256];
/* The same of four lanes, two bits each, of which the second and third change places afterwards. */
extern const uint64_t tern__split_zipped_table[256];
#endif

/* The set of this name, "auto" for the best; NULL if the processor does not have it. */
const tern__simd *tern__simd_named(const char *name);

/* What TERN_SIMD names, or the best. */
const tern__simd *tern__simd_chosen(void);

#endif
