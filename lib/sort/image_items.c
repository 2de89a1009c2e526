/* SPDX-License-Identifier: BSD-3-Clause */
/* Items that are keys of up to 8 bytes: sorted and merged as unsigned images, see keys.h. */
#include "config.h"

#include "sort/items.h"

static uint64_t word(const tern__items *t, const void *key, unsigned i)
{
    (void)i;
    return tern__image_at(key, t->key_bytes, 0);
}

static void enter(const tern__items *t, void *items, size_t n)
{
    tern__keys_to_images(t->layout.type, t->descending, items, n);
}

static void leave(const tern__items *t, void *items, size_t n)
{
    tern__images_to_keys(t->layout.type, t->descending, items, n);
}

/* Without vectors radix sort is faster, which does not look at items on its way. */
static bool looks(const tern__items *t)
{
    return t->key_bytes >= sizeof(uint32_t) && tern__simd_fast();
}

static int sort_hashing(const tern__items *t, char **items, size_t n, size_t room, uint64_t *hash)
{
    if (looks(t)) {
        *hash = tern__quick_hashing(t->key_bytes, *items, n);
        return TERN_OK;
    }
    *hash = tern__hash_keys(*items, t->key_bytes, n);
    return t->sort(t, items, n, room);
}

static int sort(const tern__items *t, char **items, size_t n, size_t room)
{
    char *scratch = t->in_place ? NULL : tern_alloc(n * t->merger.bytes);

    (void)room;
    if (scratch == NULL && !t->in_place)
        return TERN_ENOMEM;
    tern__width_of(t->layout.type)->sort(*items, scratch, n);
    tern_free(scratch);
    return TERN_OK;
}

static void sort_seen(const tern__items *t, void *items, size_t n)
{
    tern__quick_keys(t->merger.bytes, items, n, t->mapping);
}

void tern__image_items(tern__items *t)
{
    t->merger = tern__width_of(t->layout.type)->merger;
    t->key_bytes = t->layout.bytes;
    t->words = 1;
    t->word = word;
    t->enter = enter;
    t->leave = leave;
    t->sort = sort;
    if (t->mapping.flip == 0)
        t->sort_hashing = sort_hashing;
    if (looks(t))
        t->sort_seen = sort_seen;
}
