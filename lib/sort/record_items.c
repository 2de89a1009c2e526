/* SPDX-License-Identifier: BSD-3-Clause */
/* Records: how a key anywhere in them is compared, word by word. */
#include "config.h"

#include "sort/items.h"
#include "sort/line_word.h"
#include "sort/records.h"

#include <string.h>

/* Eight bytes as a big-endian number compare as memcmp() does. */
static uint64_t bytes_word(const tern__items *t, const void *key, unsigned i)
{
    const size_t at = 8 * (size_t)i;
    const uint64_t word = tern__big_endian((tern__line){(const char *)key + at, t->key_bytes - at});

    return t->descending ? ~word : word;
}

static uint64_t number_word(const tern__items *t, const void *key, unsigned i)
{
    uint64_t u64 = 0;
    uint32_t u32;
    uint16_t u16;

    (void)i;
    switch (t->key_bytes) {
    case 1: u64 = *(const uint8_t *)key; break;
    case 2: memcpy(&u16, key, sizeof(u16)), u64 = u16; break;
    case 4: memcpy(&u32, key, sizeof(u32)), u64 = u32; break;
    default: memcpy(&u64, key, sizeof(u64)); break;
    }
    return tern__to_image(t->mapping, u64);
}

static uint64_t wide_word(const tern__items *t, const void *key, unsigned i)
{
    uint64_t half[2];

    memcpy(half, key, sizeof(half));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint64_t word = half[i];
#else
    uint64_t word = half[1 - i];
#endif
    return t->descending ? ~word : word;
}

static void stay(const tern__items *t, void *items, size_t n)
{
    (void)t, (void)items, (void)n;
}

static bool less(const void *context, const void *a, const void *b)
{
    return tern__compare_items(context, a, b) < 0;
}

static void merge(const void *context, const void *first, size_t na, const void *second, size_t nb,
                  void *merged)
{
    const tern__items *t = context;
    size_t bytes = t->merger.bytes;
    const char *a = first, *b = second, *a_end = a + na * bytes, *b_end = b + nb * bytes;
    char *out = merged;

    while (a < a_end && b < b_end) {
        const char **from = tern__compare_items(t, b, a) < 0 ? &b : &a;
        memcpy(out, *from, bytes);
        *from += bytes;
        out += bytes;
    }
    memcpy(out, a, (size_t)(a_end - a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b));
}

void tern__record_items(tern__items *t)
{
    const tern_record_layout *l = &t->layout;

    t->merger.less = less;
    t->merger.merge = merge;
    t->enter = t->leave = stay;
    t->sort = tern__sort_records;
    if (l->compare != NULL) {
        t->key_bytes = l->bytes;
        return;
    }
    t->key_offset = l->key_offset;
    t->key_bytes = l->key_bytes > 0 ? l->key_bytes : tern_key_bytes(l->type);
    t->words = l->key_bytes == 0 && l->type != TERN_U128 ? 1 : (unsigned)((t->key_bytes + 7) / 8);
    t->word = l->key_bytes > 0 ? bytes_word : l->type == TERN_U128 ? wide_word : number_word;
}
