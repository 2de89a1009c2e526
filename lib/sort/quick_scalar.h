/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of the quicksort of ITEMs without vectors; included once for each
 * width. */

enum { NAME(SAMPLE) = 5, NAME(LARGE_SAMPLE) = 23, NAME(LARGE) = 1 << 12 };

static void NAME(sort_few)(ITEM *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        ITEM x = items[i];
        size_t j = i;
        for (; j > 0 && LESS(x, items[j - 1]); j--)
            items[j] = items[j - 1];
        items[j] = x;
    }
}

/* The median of items evenly spaced. */
static ITEM NAME(choose_pivot)(const ITEM *items, size_t n, const tern__mapping *enter)
{
    ITEM sample[NAME(LARGE_SAMPLE)] = {0};
    size_t size = n < NAME(LARGE) ? NAME(SAMPLE) : NAME(LARGE_SAMPLE);

    for (size_t i = 0; i < size; i++)
        sample[i] = items[n / (2 * size) * (2 * i + 1)];
    for (size_t i = 0; i < size && enter != NULL; i++)
        KEY_OF(sample[i]) = (KEY)tern__to_image(*enter, KEY_OF(sample[i]));
    NAME(sort_few)(sample, size);
    return sample[size / 2];
}

/* Lomuto's, without branches.  hot */
static size_t NAME(partition)(ITEM *items, size_t n, ITEM bound)
{
    size_t below = 0;

    for (size_t i = 0; i < n; i++) {
        ITEM x = items[i];
        items[i] = items[below];
        items[below] = x;
        below += LESS(x, bound);
    }
    return below;
}

/* The same for keys, of which images are left. */
static size_t NAME(partition_keys)(ITEM *items, size_t n, ITEM bound, const tern__mapping *enter)
{
    size_t below = 0;

    for (size_t i = 0; i < n; i++) {
        ITEM x = items[i];
        KEY_OF(x) = (KEY)tern__to_image(*enter, KEY_OF(x));
        items[i] = items[below];
        items[below] = x;
        below += LESS(x, bound);
    }
    return below;
}

static size_t NAME(partition_hashing)(ITEM *items, size_t n, ITEM bound, const tern__mapping *enter,
                                      uint64_t *hash)
{
    for (size_t i = 0; i < n; i++)
        *hash += tern__hash_key(KEY_OF(items[i]));
    return NAME(partition_keys)(items, n, bound, enter);
}

static int NAME(look)(const ITEM *items, size_t n)
{
    int seen = 0;

    for (size_t i = 0; i + 1 < n && seen != (TERN__RISES | TERN__FALLS); i++)
        seen |= LESS(items[i], items[i + 1])   ? TERN__RISES
                : LESS(items[i + 1], items[i]) ? TERN__FALLS
                                               : 0;
    return seen;
}
