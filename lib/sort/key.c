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

typedef uint64_t map_fn(tern__mapping m, uint64_t word);

/* One block of keys; inlined with each map. */
static inline void map_block(void *keys, size_t width, size_t n, tern__mapping m, map_fn *map)
{
#define MAP(type)               \
 for (size_t i = 0; i < n; i++) \
 ((type *)keys)[i] = (type)map(m, ((type *)keys)[i])
    switch (width) {
    case 1: MAP(uint8_t); return;
    case 2: MAP(uint16_t); return;
    case 4: MAP(uint32_t); return;
    default: MAP(uint64_t); return;
    }
#undef MAP
}

void tern__keys_to_images(enum tern_key_type type, bool descending, void *keys, size_t n)
{
    tern__mapping m = tern__mapping_of(type, descending);
    size_t width = types[type].bytes;

    if (m.flip == 0)
        return;
#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i += TERN__BLOCK)
        map_block((char *)keys + i * width, width, n - i < TERN__BLOCK ? n - i : TERN__BLOCK, m,
                  tern__to_image);
}

void tern__images_to_keys(enum tern_key_type type, bool descending, void *keys, size_t n)
{
    tern__mapping m = tern__mapping_of(type, descending);
    size_t width = types[type].bytes;

    if (m.flip == 0)
        return;
#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i += TERN__BLOCK)
        map_block((char *)keys + i * width, width, n - i < TERN__BLOCK ? n - i : TERN__BLOCK, m,
                  tern__to_key);
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
