/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines by their leading number, as `sort -n` of POSIX and GNU coreutils in the C locale: blanks,
 * an optional '-', digits, an optional '.' with digits; what is no number is zero.  The key holds
 * the sign, the number of integer digits and the first 16 digits, so that most numbers are parsed
 * once; its lowest bit tells that the number has more digits, which are then compared as strings.
 */
#include "config.h"

#include "sort/lines.h"

enum {
    DIGITS = 16,       /* 10^16 < 2^54 */
    DIGIT_SHIFT = 1,   /* above the bit for "more" */
    LENGTH_SHIFT = 55, /* number of integer digits, 8 bits */
    LENGTH_MOST = 255  /* saturated: the digits are then not in the key */
};
static const uint64_t ZERO = UINT64_C(1) << 63;

/* A number without leading zeros before the point nor trailing ones after it; zero is not negative.
 */
typedef struct number {
    bool negative;
    const char *whole, *part; /* digits before and after the point */
    size_t wholes, parts;
} number;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static number parse(const tern__line *line)
{
    const char *p = line->text, *end = p + line->length;
    number x = {.negative = false};

    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p < end && *p == '-') {
        x.negative = true;
        p++;
    }
    while (p < end && *p == '0')
        p++;
    x.whole = p;
    while (p < end && is_digit(*p))
        p++;
    x.wholes = (size_t)(p - x.whole);
    if (p < end && *p == '.') {
        x.part = ++p;
        while (p < end && is_digit(*p))
            p++;
        while (p > x.part && p[-1] == '0')
            p--;
        x.parts = (size_t)(p - x.part);
    }
    if (x.wholes == 0 && x.parts == 0)
        x.negative = false;
    return x;
}

/* The first DIGITS digits of |x|, and whether there are more. */
static uint64_t leading_digits(const number *x)
{
    uint64_t value = 0;
    size_t used = 0;

    for (size_t i = 0; i < x->wholes && used < DIGITS; i++, used++)
        value = value * 10 + (uint64_t)(x->whole[i] - '0');
    for (size_t i = 0; i < x->parts && used < DIGITS; i++, used++)
        value = value * 10 + (uint64_t)(x->part[i] - '0');
    for (; used < DIGITS; used++)
        value *= 10;
    return value << DIGIT_SHIFT | (x->wholes + x->parts > DIGITS);
}

static uint64_t numeric_key(tern__line line)
{
    number x = parse(&line);
    uint64_t magnitude = x.wholes < LENGTH_MOST
                             ? (uint64_t)x.wholes << LENGTH_SHIFT | leading_digits(&x)
                             : (uint64_t)LENGTH_MOST << LENGTH_SHIFT | 1;

    return x.negative ? ZERO - magnitude : ZERO + magnitude;
}

static int compare_magnitudes(const number *a, const number *b)
{
    if (a->wholes != b->wholes)
        return a->wholes < b->wholes ? -1 : 1;
    int order = a->wholes > 0 ? memcmp(a->whole, b->whole, a->wholes) : 0;
    if (order != 0)
        return order;
    size_t shorter = a->parts < b->parts ? a->parts : b->parts;
    order = shorter > 0 ? memcmp(a->part, b->part, shorter) : 0;
    return order != 0 ? order : (a->parts > b->parts) - (a->parts < b->parts);
}

static int numeric_compare(const tern__line *a, const tern__line *b)
{
    number x = parse(a), y = parse(b);

    if (x.negative != y.negative)
        return x.negative ? -1 : 1;
    return x.negative ? compare_magnitudes(&y, &x) : compare_magnitudes(&x, &y);
}

static int numeric_then_bytes(const tern__line *a, const tern__line *b)
{
    int order = numeric_compare(a, b);

    return order != 0 ? order : tern__bytes_compare(a, b);
}

/* Stable merge sort of lines whose keys tell too little.  NOLINTNEXTLINE(misc-no-recursion) */
static void merge_sort(const char *text, tern__pair *items, tern__pair *scratch, size_t n,
                       int (*compare)(const tern__line *, const tern__line *))
{
    size_t half = n / 2, i = 0, j = half;

    if (n < 2)
        return;
    merge_sort(text, items, scratch, half, compare);
    merge_sort(text, items + half, scratch, n - half, compare);
    memcpy(scratch, items, half * sizeof(*items));
    for (size_t out = 0; i < half; out++) {
        tern__line a = tern__locate(text, scratch[i].value), b;
        bool second = j < n;
        if (second) {
            b = tern__locate(text, items[j].value);
            second = compare(&b, &a) < 0;
        }
        items[out] = second ? items[j++] : scratch[i++];
    }
}

static bool is_exact(const tern__pair *item)
{
    return (item->key & 1) == 0;
}

static void refine_by_bytes(const char *text, size_t depth, tern__pair *items, tern__pair *scratch,
                            size_t n)
{
    if (is_exact(items))
        tern__bytes_refine(text, depth, items, scratch, n);
    else
        merge_sort(text, items, scratch, n, numeric_then_bytes);
}

/* Lines whose numbers are equal are in the order of the input already. */
static void refine_stably(const char *text, size_t depth, tern__pair *items, tern__pair *scratch,
                          size_t n)
{
    (void)depth;
    if (!is_exact(items))
        merge_sort(text, items, scratch, n, numeric_compare);
}

const tern__collation tern__numeric_collation = {
    .name = "numeric",
    .key = numeric_key,
    .compare = numeric_then_bytes,
    .refine = refine_by_bytes,
};

const tern__collation tern__numeric_stable_collation = {
    .name = "numeric-stable",
    .key = numeric_key,
    .compare = numeric_compare,
    .refine = refine_stably,
};
