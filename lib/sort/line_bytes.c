/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines by their bytes: radix sort on words of 8 bytes, one after the other (caching multikey radix
 * sort, after Ng and Kakehi 2007).  Lines that agree in a word are sorted by the next one; what all
 * of them have in common is skipped at once, so that long equal lines cost their length. */
#include "config.h"

#include "sort/lines.h"

enum {
    WORD = 8,
    FEW = 8,       /* lines that are compared directly */
    MANY = 1 << 16 /* lines that all threads sort together */
};

static uint64_t big_endian_64(const char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static uint64_t big_endian_32(const char *p)
{
    uint32_t x;

    memcpy(&x, p, sizeof(x));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    x = __builtin_bswap32(x);
#endif
    return x;
}

/* Reads nothing beyond the line. */
uint64_t tern__bytes_key(tern__line line)
{
    const unsigned char *p = (const unsigned char *)line.text;
    size_t n = line.length;

    if (n >= WORD)
        return big_endian_64(line.text);
    if (n >= 4) {
        uint64_t last = big_endian_32(line.text + n - 4) << 8 * (WORD - n);
        return big_endian_32(line.text) << 32 | (last & UINT32_MAX);
    }
    return (n > 0 ? (uint64_t)p[0] << 56 : 0) | (n > 1 ? (uint64_t)p[1] << 48 : 0)
           | (n > 2 ? (uint64_t)p[2] << 40 : 0);
}

/* Compare what follows the first `depth` bytes, in which the lines agree. */
static int compare_from(const tern__line *a, const tern__line *b, size_t depth)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter > depth ? memcmp(a->text + depth, b->text + depth, shorter - depth) : 0;

    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

int tern__bytes_compare(const tern__line *a, const tern__line *b)
{
    return compare_from(a, b, 0);
}

static void insertion(const char *text, size_t depth, tern__pair *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        tern__pair x = items[i];
        tern__line line = tern__locate(text, x.value);
        size_t j = i;
        for (; j > 0; j--) {
            tern__line before = tern__locate(text, items[j - 1].value);
            if (compare_from(&before, &line, depth) <= 0)
                break;
            items[j] = items[j - 1];
        }
        items[j] = x;
    }
}

/* Lines that end within `depth` come first; they differ at most in trailing NULs, so their length
 * is their order.  The number of them. */
static size_t put_ended_first(const char *text, size_t depth, tern__pair *items,
                              tern__pair *scratch, size_t n)
{
    size_t ended = 0, others = 0;

    for (size_t i = 0; i < n; i++)
        ended += tern__length(text, items[i].value) <= depth;
    if (ended == 0)
        return 0;
    ended = 0;
    for (size_t i = 0; i < n; i++) {
        size_t length = tern__length(text, items[i].value);
        if (length <= depth)
            items[ended++] = (tern__pair){length, items[i].value};
        else
            scratch[others++] = items[i];
    }
    memcpy(items + ended, scratch, others * sizeof(*items));
    tern__radix_pair(items, scratch, ended);
    return ended;
}

/* Bytes from `depth` on, at most `most`, in which two lines agree; neither is shorter than depth.
 */
static size_t common_bytes(tern__line a, tern__line b, size_t depth, size_t most)
{
    size_t end = a.length < b.length ? a.length : b.length, i = depth;

    end = end - depth > most ? depth + most : end;
    while (i + WORD <= end && memcmp(a.text + i, b.text + i, WORD) == 0)
        i += WORD;
    while (i < end && a.text[i] == b.text[i])
        i++;
    return i - depth;
}

/* The same for all lines of items, ... */
static size_t common_to_all(const char *text, size_t depth, const tern__pair *items, size_t n)
{
    tern__line first = tern__locate(text, items[0].value);
    size_t common = common_bytes(first, tern__locate(text, items[n - 1].value), depth, SIZE_MAX);

    for (size_t i = 1; i < n && common >= WORD; i++)
        common = common_bytes(first, tern__locate(text, items[i].value), depth, common);
    return common >= WORD ? common : 0; /* less than the next word will tell */
}

/* ... by all threads, which look at a part each and at one line of the first part. */
static size_t common_to_many(const char *text, size_t depth, const tern__pair *items, size_t n)
{
    tern__line first = tern__locate(text, items[0].value);
    size_t common = SIZE_MAX;

#pragma omp parallel for schedule(static) reduction(min : common)
    for (size_t i = 0; i < n; i += FEW) {
        size_t size = n - i < FEW ? n - i : FEW;
        size_t here = common > 0 ? common_to_all(text, depth, items + i, size) : 0;
        here = common_bytes(first, tern__locate(text, items[i].value), depth, here);
        common = here < common ? here : common;
    }
    return common;
}

/* Make the word at `depth` the key. */
static void load_words(const char *text, size_t depth, tern__pair *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tern__line line = tern__locate(text, items[i].value);
        line.text += depth;
        line.length -= depth;
        items[i].key = tern__bytes_key(line);
    }
}

static void load_many_words(const char *text, size_t depth, tern__pair *items, size_t n)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i += FEW)
        load_words(text, depth, items + i, n - i < FEW ? n - i : FEW);
}

static size_t group_at(const tern__pair *items, size_t n, size_t i)
{
    size_t end = i + 1;

    while (end < n && items[end].key == items[i].key)
        end++;
    return end - i;
}

/* One thread.  Recursion goes into all groups but the largest, so its depth is at most log2(n).
 * NOLINTNEXTLINE(misc-no-recursion) */
static void refine_serial(const char *text, size_t depth, tern__pair *items, tern__pair *scratch,
                          size_t n)
{
    while (n > FEW) {
        size_t ended = put_ended_first(text, depth, items, scratch, n);
        items += ended;
        n -= ended;
        if (n == 0)
            return;
        depth += common_to_all(text, depth, items, n);
        load_words(text, depth, items, n);
        tern__radix_pair_serial(items, scratch, n);
        depth += WORD;
        size_t largest = 0, most = 0;
        for (size_t i = 0, size; i < n; i += size) {
            size = group_at(items, n, i);
            if (size > most) {
                size_t smaller = most, at = largest;
                most = size;
                largest = i;
                if (smaller > 1)
                    refine_serial(text, depth, items + at, scratch, smaller);
            } else if (size > 1) {
                refine_serial(text, depth, items + i, scratch, size);
            }
        }
        items += largest;
        n = most;
    }
    insertion(text, depth, items, n);
}

void tern__bytes_refine(const char *text, size_t depth, tern__pair *items, tern__pair *scratch,
                        size_t n)
{
    if (n < MANY) {
        refine_serial(text, depth, items, scratch, n);
        return;
    }
    size_t ended = put_ended_first(text, depth, items, scratch, n);
    items += ended;
    n -= ended;
    if (n == 0)
        return;
    depth += common_to_many(text, depth, items, n);
    load_many_words(text, depth, items, n);
    tern__sort_groups(tern__bytes_refine, text, depth + WORD, items, scratch, n);
}

const tern__collation tern__bytes_collation = {
    .name = "bytes",
    .key = tern__bytes_key,
    .compare = tern__bytes_compare,
    .refine = tern__bytes_refine,
    .depth = WORD,
};
