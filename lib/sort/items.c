/* SPDX-License-Identifier: BSD-3-Clause */
/* Items: the choice of their kind, and what follows from the order alone. */
#include "config.h"

#include "sort/items.h"

enum { MOST_BYTES = 1 << 30 };

static int validate(const tern_record_layout *l)
{
    if (l->bytes < 1 || l->bytes > MOST_BYTES)
        return tern_fail(TERN_EINVAL, TERN_HERE,
                         "sort: records of %zu bytes are not within 1 .. %d", l->bytes, MOST_BYTES);
    if (l->compare != NULL)
        return TERN_OK;
    if ((unsigned)l->type >= TERN_KEY_TYPES)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: there is no key type %d", (int)l->type);
    size_t key = l->key_bytes > 0 ? l->key_bytes : tern_key_bytes(l->type);
    if (key > l->bytes || l->key_offset > l->bytes - key)
        return tern_fail(TERN_EINVAL, TERN_HERE,
                         "sort: a key of %zu bytes at %zu is not within records of %zu bytes", key,
                         l->key_offset, l->bytes);
    return TERN_OK;
}

int tern__items_init(tern__items *t, const tern_record_layout *layout, bool descending, bool stable)
{
    int error = validate(layout);

    if (error)
        return error;
    *t = (tern__items){.layout = *layout, .descending = descending};
    t->merger = (tern__merger){.bytes = layout->bytes, .context = t};
    bool number = layout->compare == NULL && layout->key_bytes == 0;
    size_t width = number ? tern_key_bytes(layout->type) : 0;
    if (number && layout->type != TERN_U128)
        t->mapping = tern__mapping_of(layout->type, descending);
    if (number && width == layout->bytes)
        layout->type == TERN_U128 ? tern__wide_items(t) : tern__image_items(t);
    else if (!stable && layout->bytes == sizeof(tern__pair) && width == 8
             && layout->key_offset == 0)
        tern__pair_items(t);
    else
        tern__record_items(t);
    return TERN_OK;
}

tern_record_layout tern_key_layout(enum tern_key_type type)
{
    bool known = (unsigned)type < TERN_KEY_TYPES;

    return (tern_record_layout){.bytes = known ? tern_key_bytes(type) : 0, .type = type};
}

int tern__compare_keys(const tern__items *t, const void *a, const void *b)
{
    if (t->words == 0)
        return t->descending ? t->layout.compare(b, a, t->layout.context)
                             : t->layout.compare(a, b, t->layout.context);
    for (unsigned i = 0; i < t->words; i++) {
        uint64_t x = t->word(t, a, i), y = t->word(t, b, i);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

size_t tern__bound(const tern__items *t, const void *items, size_t low, size_t high,
                   const void *key, bool equal_too)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = tern__compare_keys(t, tern__item(t, items, middle) + t->key_offset, key);
        if (order < 0 || (order == 0 && equal_too))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
