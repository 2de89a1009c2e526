/* SPDX-License-Identifier: BSD-3-Clause */
/* Counting sort for keys of 4 and 8 bytes whose images lie close together, such as ages or ports:
 * count every value, write it that often.  A sample tells at once where that is not so. */
#include "config.h"

#include <omp.h>
#include <string.h>

#include "sort/keys.h"

enum {
    SAMPLE = 64,
    VALUES = 1 << 16,       /* whose counts fit the cache */
    LEAST_KEYS = 4 * VALUES /* for fewer it does not pay */
};

/* Of images. */
typedef struct range {
    uint64_t least, most;
} range;

/* Keys of one width. */
typedef struct width {
    range (*range)(const void *keys, size_t n, size_t step, tern__mapping m);
    /* Count images, those of `least` first; false: one is not among VALUES. */
    bool (*count)(const void *keys, size_t begin, size_t end, tern__mapping m, uint64_t least,
                  size_t *table);
    void (*fill)(void *keys, size_t begin, size_t end, uint64_t key);
} width;

#define DEFINE_WIDTH(bits)                                                                  \
 static range range_##bits(const void *keys, size_t n, size_t step, tern__mapping m)        \
 {                                                                                          \
  range r = {UINT64_MAX, 0};                                                                \
  for (size_t i = 0; i < n; i += step) {                                                    \
   uint##bits##_t x = (uint##bits##_t)tern__to_image(m, ((const uint##bits##_t *)keys)[i]); \
   r.least = x < r.least ? x : r.least;                                                     \
   r.most = x > r.most ? x : r.most;                                                        \
  }                                                                                         \
  return r;                                                                                 \
 }                                                                                          \
 static bool count_##bits(const void *keys, size_t begin, size_t end, tern__mapping m,      \
                          uint64_t least, size_t *table)                                    \
 {                                                                                          \
  for (size_t i = begin; i < end; i++) {                                                    \
   uint##bits##_t x = (uint##bits##_t)tern__to_image(m, ((const uint##bits##_t *)keys)[i]); \
   if (x - least >= VALUES)                                                                 \
    return false;                                                                           \
   table[x - least]++;                                                                      \
  }                                                                                         \
  return true;                                                                              \
 }                                                                                          \
 static void fill_##bits(void *keys, size_t begin, size_t end, uint64_t key)                \
 {                                                                                          \
  for (size_t i = begin; i < end; i++)                                                      \
   ((uint##bits##_t *)keys)[i] = (uint##bits##_t)key;                                       \
 }                                                                                          \
 static const width width_##bits = {range_##bits, count_##bits, fill_##bits};
DEFINE_WIDTH(32)
DEFINE_WIDTH(64)

static const width *width_of(size_t bytes)
{
    return bytes == sizeof(uint32_t) ? &width_32 : &width_64;
}

static range sample_of(const width *w, const void *keys, size_t n, tern__mapping m)
{
    return w->range(keys, n, n / SAMPLE, m);
}

bool tern__range_seems_small(size_t bytes, const void *keys, size_t n, const tern__mapping *m)
{
    if (n < LEAST_KEYS)
        return false;
    range sample = sample_of(width_of(bytes), keys, n, *m);
    return sample.most - sample.least < VALUES;
}

/* VALUES from `least` on, with what the sample saw in the middle. */
static uint64_t window_around(range sample)
{
    uint64_t before = (VALUES - 1 - (sample.most - sample.least)) / 2;

    return sample.least > before ? sample.least - before : 0;
}

/* Count all keys in the first row of the table; each thread has one.  false: one does not fit. */
static bool count_all(const width *w, const void *keys, size_t n, tern__mapping m, uint64_t least,
                      size_t *table, size_t rows)
{
    bool fits = true;

    memset(table, 0, rows * VALUES * sizeof(*table));
#pragma omp parallel for schedule(static, 1) num_threads((int)rows) reduction(&& : fits) \
    if (rows > 1)
    for (size_t t = 0; t < rows; t++) {
        size_t end = t + 1 < rows ? n / rows * (t + 1) : n;
        fits = w->count(keys, n / rows * t, end, m, least, table + t * VALUES) && fits;
    }
    for (size_t t = 1; t < rows; t++)
        for (size_t value = 0; value < VALUES; value++)
            table[value] += table[t * VALUES + value];
    return fits;
}

/* count[value] keys have the image least + value.  Threads share the result, not the values, which
 * may be few. */
static void write_all(const width *w, void *keys, size_t n, tern__mapping m, uint64_t least,
                      const size_t *count, size_t threads)
{
#pragma omp parallel for schedule(static, 1) num_threads((int)threads) if (threads > 1)
    for (size_t t = 0; t < threads; t++) {
        size_t begin = n / threads * t, end = t + 1 < threads ? begin + n / threads : n, at = 0;
        for (size_t value = 0; at < end; at += count[value++]) {
            size_t from = at > begin ? at : begin, to = at + count[value];
            w->fill(keys, from, to < end ? to : end, tern__to_key(m, least + value));
        }
    }
}

/* Keys in order should have been found out before: equal ones in a row are counted slowly. */
bool tern__count_small_range(size_t bytes, void *keys, size_t n, tern__mapping m)
{
    const width *w = width_of(bytes);

    if (!tern__range_seems_small(bytes, keys, n, &m))
        return false;
    range sample = sample_of(w, keys, n, m);
    size_t threads = omp_in_parallel() ? 1 : (size_t)omp_get_max_threads();
    size_t *table = tern_alloc(threads * VALUES * sizeof(*table));
    if (table == NULL)
        return false;
    uint64_t least = window_around(sample);
    bool fits = count_all(w, keys, n, m, least, table, threads);
    if (fits)
        write_all(w, keys, n, m, least, table, threads);
    tern_free(table);
    return fits;
}
