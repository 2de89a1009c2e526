/* SPDX-License-Identifier: BSD-3-Clause */
/* Types of keys and their images. */
#include "config.h"

#include "sort/keys.h"

#include <string.h>

enum family { UNSIGNED, SIGNED, FLOATING };

static const struct {
    enum family family;
    size_t bytes;
} types[TERN_KEY_TYPES] = {
    [TERN_U8] = {UNSIGNED, 1},  [TERN_U16] = {UNSIGNED, 2},   [TERN_U32] = {UNSIGNED, 4},
    [TERN_U64] = {UNSIGNED, 8}, [TERN_I8] = {SIGNED, 1},      [TERN_I16] = {SIGNED, 2},
    [TERN_I32] = {SIGNED, 4},   [TERN_I64] = {SIGNED, 8},     [TERN_F32] = {FLOATING, 4},
    [TERN_F64] = {FLOATING, 8}, [TERN_U128] = {UNSIGNED, 16},
};

size_t tern_key_bytes(enum tern_key_type type)
{
    return types[type].bytes;
}

tern__mapping tern__mapping_of(enum tern_key_type type, bool descending)
{
    unsigned top = 8 * (unsigned)types[type].bytes - 1;
    uint64_t sign = UINT64_C(1) << top;
    uint64_t all = sign | (sign - 1);
    uint64_t flip = types[type].family == UNSIGNED ? 0 : sign;

    return (tern__mapping){
        .flip = descending ? flip ^ all : flip,
        .magnitude = types[type].family == FLOATING ? sign - 1 : 0,
        .top = top,
    };
}

/* One block of keys, in vectors of words of their width: back inverts what the other way does. */
#define DEFINE_MAP(bits)                                                                 \
 static void map_##bits(uint##bits##_t *keys, size_t n, tern__mapping m, bool back)      \
 {                                                                                       \
  uint##bits##_t flip = (uint##bits##_t)m.flip, magnitude = (uint##bits##_t)m.magnitude; \
  uint##bits##_t before = back ? flip : 0, after = back ? 0 : flip;                      \
  _Pragma("omp simd") for (size_t i = 0; i < n; i++)                                     \
  {                                                                                      \
   uint##bits##_t key = keys[i] ^ before;                                                \
   uint##bits##_t negative = (uint##bits##_t)(0 - (key >> ((bits)-1)));                  \
   keys[i] = (uint##bits##_t)(key ^ after ^ (negative & magnitude));                     \
  }                                                                                      \
 }
DEFINE_MAP(8)
DEFINE_MAP(16)
DEFINE_MAP(32)
DEFINE_MAP(64)

static void map(enum tern_key_type type, bool descending, char *keys, size_t n, bool back)
{
    tern__mapping m = tern__mapping_of(type, descending);
    size_t width = types[type].bytes;

    if (m.flip == 0)
        return;
#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i += TERN__BLOCK) {
        void *block = keys + i * width;
        size_t size = n - i < TERN__BLOCK ? n - i : TERN__BLOCK;
        switch (width) {
        case 1: map_8(block, size, m, back); break;
        case 2: map_16(block, size, m, back); break;
        case 4: map_32(block, size, m, back); break;
        default: map_64(block, size, m, back);
        }
    }
}

void tern__keys_to_images(enum tern_key_type type, bool descending, void *keys, size_t n)
{
    map(type, descending, keys, n, false);
}

void tern__images_to_keys(enum tern_key_type type, bool descending, void *keys, size_t n)
{
    map(type, descending, keys, n, true);
}

uint64_t tern__image_at(const void *images, size_t width, size_t i)
{
    switch (width) {
    case 1: return ((const uint8_t *)images)[i];
    case 2: return ((const uint16_t *)images)[i];
    case 4: return ((const uint32_t *)images)[i];
    default: return ((const uint64_t *)images)[i];
    }
}
