/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys by their leading number as strtold(3) reads it.  In order: what is no number, -NaN, NaN,
 * -inf,
 * .., inf. The word is the number as a double, cut off, not rounded, so that it never passes the
 * next; its lowest bit tells that something was cut. */
#include "config.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "sort/lines.h"

enum {
    ROOM = 128,      /* bytes of a number that is copied on the stack */
    MOST_DIGITS = 19 /* 10^19 < 2^64 */
};
static const uint64_t ZERO = UINT64_C(1) << 63;

typedef struct general {
    bool is_number;
    long double value;
} general;

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes that no number can hold end it for strtold() as they do for us. */
static bool may_go_on(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.'
           || c == '+' || c == '-' || c == '(' || c == ')' || c == '_';
}

static general convert(const char *p)
{
    char *end;
    long double value = strtold(p, &end);

    return (general){end > p, value};
}

/* strtold() of [p, end), where no NUL need follow. */
static general parse_any(const char *p, const char *end)
{
    const char *stop = p;
    char room[ROOM], *copy = room;

    while (stop < end && may_go_on(*stop))
        stop++;
    size_t n = (size_t)(stop - p);
    if (n >= ROOM)
        copy = malloc(n + 1);
    if (copy == NULL) { /* its first digits tell its value all the same, to 100 places */
        copy = room;
        n = ROOM - 1;
    }
    memcpy(copy, p, n);
    copy[n] = '\0';
    general x = convert(copy);
    if (copy != room)
        free(copy);
    return x;
}

#if LDBL_MANT_DIG >= 64
/* Digits with or without a point, that 64 bits hold: one division by a power of ten that is exact,
 * so it is rounded as strtold() rounds. */
static bool parse_usual(const char *p, const char *end, general *out)
{
    static const long double power[MOST_DIGITS + 1] = {
        1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,
        1e10L, 1e11L, 1e12L, 1e13L, 1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L};
    bool minus = p < end && *p == '-';
    uint64_t digits = 0;
    int n = 0, places = 0;

    for (p += minus; p < end && *p >= '0' && *p <= '9' && n < MOST_DIGITS; p++, n++)
        digits = digits * 10 + (uint64_t)(*p - '0');
    if (p < end && *p == '.')
        for (p++; p < end && *p >= '0' && *p <= '9' && n < MOST_DIGITS; p++, n++, places++)
            digits = digits * 10 + (uint64_t)(*p - '0');
    if (n == 0 || (p < end && may_go_on(*p)))
        return false;
    long double value = (long double)digits / power[places];
    *out = (general){true, minus ? -value : value};
    return true;
}
#else
static bool parse_usual(const char *p, const char *end, general *out)
{
    (void)p, (void)end, (void)out;
    return false;
}
#endif

static general parse(tern__line key)
{
    const char *p = key.text, *end = p + key.length;
    general x;

    while (p < end && is_space(*p))
        p++;
    return parse_usual(p, end, &x) ? x : parse_any(p, end);
}

static uint64_t word(const tern__criterion *by, tern__line key, size_t depth)
{
    general x = parse(key);
    uint64_t bits;

    (void)by, (void)depth;
    if (!x.is_number)
        return 0;
    if (isnan(x.value))
        return 3;
    double d = fabs((double)x.value);
    if ((long double)d > fabsl(x.value))
        d = nextafter(d, 0);
    memcpy(&bits, &d, sizeof(bits));
    bits = (bits & ~UINT64_C(1)) | ((bits & 1) != 0 || (long double)d != fabsl(x.value));
    return x.value < 0 ? ZERO - bits : ZERO + bits;
}

static int compare_bytes(const long double *a, const long double *b)
{
    size_t n = LDBL_MANT_DIG == 64 ? 10 : sizeof(*a); /* without padding */

    return memcmp(a, b, n);
}

/* No number, NaN, number. */
static int class_of(const general *x)
{
    return !x->is_number ? 0 : isnan(x->value) ? 1 : 2;
}

static int compare(const tern__criterion *by, tern__line a, tern__line b)
{
    general x = parse(a), y = parse(b);
    int class = class_of(&x);

    (void)by;
    if (class != class_of(&y))
        return class - class_of(&y);
    return class == 0   ? 0
           : class == 1 ? compare_bytes(&x.value, &y.value)
                        : (x.value > y.value) - (x.value < y.value);
}

const tern__ordering tern__by_general_number = {"general number", word, compare, 0};
