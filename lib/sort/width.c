/* SPDX-License-Identifier: BSD-3-Clause */
/* What each width of images needs: its local sort and its two-way merge, without branches. */
#include "config.h"

#include "sort/keys.h"

#include <string.h>

#define DEFINE_MERGE(bits)                                                                        \
 static bool less_u##bits(const void *context, const void *a, const void *b)                      \
 {                                                                                                \
  (void)context;                                                                                  \
  return *(const uint##bits##_t *)a < *(const uint##bits##_t *)b;                                 \
 }                                                                                                \
 static void merge_u##bits(const void *context, const void *first, size_t na, const void *second, \
                           size_t nb, void *merged)                                               \
 {                                                                                                \
  const uint##bits##_t *a = first, *b = second, *a_end = a + na, *b_end = b + nb;                 \
  uint##bits##_t *out = merged;                                                                   \
  (void)context;                                                                                  \
  while (a < a_end && b < b_end) {                                                                \
   bool second_is_less = *b < *a;                                                                 \
   *out++ = second_is_less ? *b : *a;                                                             \
   a += !second_is_less;                                                                          \
   b += second_is_less;                                                                           \
  }                                                                                               \
  memcpy(out, a, (size_t)(a_end - a) * sizeof(*a));                                               \
  memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));                                 \
 }
DEFINE_MERGE(8)
DEFINE_MERGE(16)
DEFINE_MERGE(32)
DEFINE_MERGE(64)

static void sort_u8(void *images, void *scratch, size_t n)
{
    (void)scratch;
    tern__counting_u8(images, n);
}

static void sort_u16(void *images, void *scratch, size_t n)
{
    (void)scratch;
    tern__counting_u16(images, n);
}

static void sort_u32(void *images, void *scratch, size_t n)
{
    (void)scratch;
    tern__quick_u32(images, n);
}

static void sort_u64(void *images, void *scratch, size_t n)
{
    (void)scratch;
    tern__quick_u64(images, n);
}

const tern__width *tern__width_of(enum tern_key_type type)
{
    static const tern__width widths[] = {
        {1, sort_u8, {1, less_u8, merge_u8, NULL}},
        {2, sort_u16, {2, less_u16, merge_u16, NULL}},
        {4, sort_u32, {4, less_u32, merge_u32, NULL}},
        {8, sort_u64, {8, less_u64, merge_u64, NULL}},
    };
    const tern__width *w = widths;

    while (w->bytes != tern_key_bytes(type))
        w++;
    return w;
}
