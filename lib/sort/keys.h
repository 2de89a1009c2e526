/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: keys of a fixed size.  Every type is first mapped, in place and preserving the
 * order, to unsigned integers of its width, its image; all else knows only widths of 1, 2, 4 and 8
 * bytes. */
#ifndef TERN_SORT_KEYS_H
#define TERN_SORT_KEYS_H

#include "sort/sort.h"

/* Items that one thread is given at a time; for fewer it does not pay to wake the others. */
enum { TERN__BLOCK = 1 << 15 };

/* A 64-bit key and what it belongs to. */
typedef struct tern__pair {
    uint64_t key;
    uint64_t value;
} tern__pair;

/* The order of pairs: by key, then by value, so that a sort has one result. */
static inline bool tern__pair_less(tern__pair a, tern__pair b)
{
    return a.key < b.key || (a.key == b.key && a.value < b.value);
}

/* The pair that follows x. */
static inline tern__pair tern__pair_after(tern__pair x)
{
    x.value++;
    x.key += x.value == 0;
    return x;
}

/* How keys become images, in the low bits of a word: a signed integer's sign bit is flipped; of a
 * floating-point number, which is sign and magnitude, the sign bit, and when it is negative the
 * magnitude too, which gives IEEE 754's totalOrder.  Descending order complements the image. */
typedef struct tern__mapping {
    uint64_t flip;
    uint64_t magnitude; /* 0 for integers */
    unsigned top;       /* number of the sign bit */
} tern__mapping;

tern__mapping tern__mapping_of(enum tern_key_type type, bool descending);

static inline uint64_t tern__negative_magnitude(tern__mapping m, uint64_t key)
{
    return (0 - (key >> m.top)) & m.magnitude;
}

static inline uint64_t tern__to_image(tern__mapping m, uint64_t key)
{
    return key ^ m.flip ^ tern__negative_magnitude(m, key);
}

static inline uint64_t tern__to_key(tern__mapping m, uint64_t image)
{
    uint64_t key = image ^ m.flip;

    return key ^ tern__negative_magnitude(m, key);
}

/* Replace keys by their images, and back.  One pass, none where they are the same. */
void tern__keys_to_images(enum tern_key_type type, bool descending, void *keys, size_t n);
void tern__images_to_keys(enum tern_key_type type, bool descending, void *keys, size_t n);

/* How sorted runs of items are merged. */
typedef struct tern__merger {
    size_t bytes; /* of an item */
    bool (*less)(const void *context, const void *a, const void *b);
    /* Merge two runs by one thread, equal items of `a` first. */
    void (*merge)(const void *context, const void *a, size_t na, const void *b, size_t nb,
                  void *out);
    const void *context;
} tern__merger;

/* Merge `runs` runs of `in`, run i from[i] .. from[i + 1] - 1, using `other`, of the same size;
 * the result is in the one returned, and `from` is overwritten. */
void *tern__merge_runs(const tern__merger *merger, void *in, void *other, int64_t *from, int runs);

/* What one width of images needs. */
typedef struct tern__width {
    size_t bytes;
    /* Sort n images with all threads; scratch has room for n, or is NULL. */
    void (*sort)(void *images, void *scratch, size_t n);
    tern__merger merger;
} tern__width;

const tern__width *tern__width_of(enum tern_key_type type);

/* The i-th of an array of images of `width` bytes. */
uint64_t tern__image_at(const void *images, size_t width, size_t i);

/* The local sorts, a file each.  Radix sort is stable, quicksort needs no scratch. */
void tern__radix_u32(uint32_t *items, uint32_t *scratch, size_t n);
void tern__radix_u64(uint64_t *items, uint64_t *scratch, size_t n);
void tern__radix_pair(tern__pair *items, tern__pair *scratch, size_t n);
/* Whether there are vectors; without them radix sort is faster, where there is scratch. */
bool tern__simd_fast(void);
void tern__quick_u32(uint32_t *items, size_t n);
void tern__quick_u64(uint64_t *items, size_t n);
void tern__quick_pair(tern__pair *items, size_t n); /* by key and value */
/* Of keys of 4 or 8 bytes as they are, which become images and keys again on the way. */
void tern__quick_keys(size_t bytes, void *keys, size_t n, tern__mapping m);
/* Sort images of 4 or 8 bytes; the sum of their hashes, see verify_keys.h, as they were before. */
uint64_t tern__quick_hashing(size_t bytes, void *images, size_t n);
void tern__counting_u8(uint8_t *items, size_t n);
void tern__counting_u16(uint16_t *items, size_t n);
/* Whether a sample of n keys of 4 or 8 bytes has images that lie close together. */
bool tern__range_seems_small(size_t bytes, const void *keys, size_t n, const tern__mapping *m);
/* Sort n keys of 4 or 8 bytes as they are if their images lie close together, else false. */
bool tern__count_small_range(size_t bytes, void *keys, size_t n, tern__mapping m);

/* Keys that rank r of p holds after a sort of total, and how many are before them. */
int64_t tern__share(int64_t total, int p, int r);
int64_t tern__share_begin(int64_t total, int p, int r);

/* Tell each rank how much it gets: cut and from have size + 1 entries each, of any unit. Afterwards
 * what rank r sends to the caller is from[r] .. from[r + 1] - 1.  Collective. */
int tern__exchange_counts(tern_comm *c, const int64_t *cut, int64_t *from);

/* Send items cut[r] .. cut[r + 1] - 1 of `send` to each rank r; items have `width` bytes.
 * Collective. */
int tern__exchange(tern_comm *c, size_t width, const void *send, const int64_t *cut, void *receive,
                   const int64_t *from);

#endif
