/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys by their leading number, as `sort -n` of POSIX and GNU coreutils in the C locale: blanks, an
 * optional '-', digits, an optional '.' with digits, of any length; what is no number is zero.  The
 * word holds the sign, the number of integer digits and the first 16 digits, so that most numbers
 * are parsed once; its lowest bit tells that there are more digits, which are then compared as
 * strings.
 * With -h a suffix stands above: every number with M is more than every number with k. */
#include "config.h"

#include "sort/lines.h"

enum {
    DIGITS = 16,       /* 10^16 < 2^54 */
    DIGIT_SHIFT = 1,   /* above the bit for "more" */
    LENGTH_SHIFT = 55, /* number of integer digits, 8 bits */
    LENGTH_MOST = 255  /* saturated: the digits are then not in the word */
};
static const uint64_t ZERO = UINT64_C(1) << 63;

/* A number without leading zeros before the point nor trailing ones after it; zero is not negative.
 */
typedef struct number {
    bool minus, negative;
    const char *whole, *part; /* digits before and after the point */
    size_t wholes, parts;
    const char *end; /* what follows */
} number;

/* A word of 8 bytes, big-endian: each less '0'. */
static uint64_t less_zeros(uint64_t word)
{
    return word ^ UINT64_C(0x3030303030303030);
}

/* Where the digits at p end; 8 at a time. */
static const char *skip_digits(const char *p, const char *end)
{
    for (; p < end; p += 8) {
        uint64_t x = less_zeros(tern__big_endian((tern__line){p, (size_t)(end - p)}));
        uint64_t above = (x & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676);
        uint64_t others = (above | x) & UINT64_C(0x8080808080808080);
        if (others != 0) /* at the latest behind the end */
            return p + __builtin_clzll(others) / 8;
    }
    return end;
}

/* The value of n digits, at most 8. */
static uint64_t value_of(const char *p, size_t n)
{
    if (n == 0)
        return 0;
    uint64_t x = less_zeros(tern__big_endian((tern__line){p, n})) >> 8 * (8 - n);
    x = (x & UINT64_C(0x00ff00ff00ff00ff)) + 10 * (x >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    x = (x & UINT64_C(0x0000ffff0000ffff)) + 100 * (x >> 16 & UINT64_C(0x0000ffff0000ffff));
    return (x & UINT32_MAX) + 10000 * (x >> 32);
}

static number parse(tern__line key)
{
    const char *p = key.text, *end = p + key.length;
    number x = {.negative = false};

    while (p < end && tern__is_blank(*p))
        p++;
    if (p < end && *p == '-') {
        x.minus = true;
        p++;
    }
    while (p < end && *p == '0')
        p++;
    x.whole = p;
    p = skip_digits(p, end);
    x.wholes = (size_t)(p - x.whole);
    if (p < end && *p == '.') {
        x.part = ++p;
        p = skip_digits(p, end);
        x.parts = (size_t)(p - x.part);
        while (x.parts > 0 && x.part[x.parts - 1] == '0')
            x.parts--;
    }
    x.end = p;
    x.negative = x.minus && (x.wholes > 0 || x.parts > 0);
    return x;
}

static const uint64_t power_of_ten[DIGITS + 1] = {1,
                                                  10,
                                                  100,
                                                  1000,
                                                  10000,
                                                  100000,
                                                  1000000,
                                                  10000000,
                                                  100000000,
                                                  1000000000,
                                                  10000000000,
                                                  100000000000,
                                                  1000000000000,
                                                  10000000000000,
                                                  100000000000000,
                                                  1000000000000000,
                                                  10000000000000000};

/* `value` with n <= DIGITS digits behind it. */
static uint64_t append(uint64_t value, const char *p, size_t n)
{
    size_t first = n < 8 ? n : 8;

    value = value * power_of_ten[first] + value_of(p, first);
    return value * power_of_ten[n - first] + value_of(p + first, n - first);
}

/* The first DIGITS digits of |x|, and whether there are more. */
static uint64_t leading_digits(const number *x)
{
    size_t wholes = x->wholes < DIGITS ? x->wholes : DIGITS;
    size_t parts = x->parts < DIGITS - wholes ? x->parts : DIGITS - wholes;
    uint64_t value = append(0, x->whole, wholes);

    if (parts > 0)
        value = append(value, x->part, parts);
    return value * power_of_ten[DIGITS - wholes - parts] << DIGIT_SHIFT
           | (x->wholes + x->parts > DIGITS);
}

static uint64_t word_of(const number *x)
{
    uint64_t magnitude = x->wholes < LENGTH_MOST
                             ? (uint64_t)x->wholes << LENGTH_SHIFT | leading_digits(x)
                             : (uint64_t)LENGTH_MOST << LENGTH_SHIFT | 1;

    return x->negative ? ZERO - magnitude : ZERO + magnitude;
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

static int compare_numbers(const number *x, const number *y)
{
    if (x->negative != y->negative)
        return x->negative ? -1 : 1;
    return x->negative ? compare_magnitudes(y, x) : compare_magnitudes(x, y);
}

static uint64_t number_word(const tern__criterion *by, tern__line key, size_t depth)
{
    number x = parse(key);

    (void)by, (void)depth;
    return word_of(&x);
}

static int number_compare(const tern__criterion *by, tern__line a, tern__line b)
{
    number x = parse(a), y = parse(b);

    (void)by;
    return compare_numbers(&x, &y);
}

const tern__ordering tern__by_number = {"number", number_word, number_compare, 0};

/* ---- With suffixes -------------------------------------------------------------------------- */

enum { MOST_POWER = 8, POWER_SHIFT = 59, KEPT_SHIFT = 6 /* bits that the suffix takes */ };

/* Of 1000; of a negative number negative; zero has none, whatever follows. */
static int power_of(const tern__criterion *by, const number *x, tern__line key)
{
    static const char suffixes[] = "KMGTPEZY";

    if ((x->wholes == 0 && x->parts == 0) || x->end == key.text + key.length)
        return 0;
    unsigned char c = tern__fold(by, *x->end);
    const char *at = c == 'k' ? suffixes : c != '\0' ? strchr(suffixes, c) : NULL;
    int power = at != NULL ? (int)(at - suffixes) + 1 : 0;
    return x->negative ? -power : power;
}

static uint64_t human_word(const tern__criterion *by, tern__line key, size_t depth)
{
    number x = parse(key);
    uint64_t word = word_of(&x), rest = word & ((1u << KEPT_SHIFT) - 1);

    (void)depth;
    return (uint64_t)(power_of(by, &x, key) + MOST_POWER) << POWER_SHIFT
           | word >> KEPT_SHIFT << DIGIT_SHIFT | (rest != 0);
}

static int human_compare(const tern__criterion *by, tern__line a, tern__line b)
{
    number x = parse(a), y = parse(b);
    int order = power_of(by, &x, a) - power_of(by, &y, b);

    return order != 0 ? order : compare_numbers(&x, &y);
}

const tern__ordering tern__by_human_number = {"human number", human_word, human_compare, 0};
