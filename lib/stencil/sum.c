/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact sums.  All values of a batch give their uppermost digit at once: adding and taking away
 * 1.5 * 2^52 quanta rounds to whole quanta, and the digits of a batch add exactly as doubles (after
 * Demmel and Nguyen 2013, but to the last bit).  What is left of them is smaller by 2^-32, and
 * gives the next digit, until nothing is left: three rounds where the values are of one size. */
#include "config.h"

#include "stencil/sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    DIGIT = 32,
    LOWEST = -1074,        /* exponent of digit 0: every double is a multiple of it */
    SETTLE_AFTER = 1 << 16 /* batches, of digits below 2^43 */
};

/* The largest size; sizes are ordered as their bits are. */
/* hot */
static double largest(const double *values, size_t n)
{
    int64_t most = 0;
    double size;

#pragma omp simd reduction(max : most)
    for (size_t i = 0; i < n; i++) {
        int64_t bits;
        memcpy(&bits, &values[i], sizeof(bits));
        bits &= INT64_MAX;
        most = bits > most ? bits : most;
    }
    memcpy(&size, &most, sizeof(size));
    return size;
}

/* A comparison does not find NaN. */
/* hot */
static bool all_finite(const double *values, size_t n)
{
    double zero = 0;

#pragma omp simd reduction(+ : zero)
    for (size_t i = 0; i < n; i++)
        zero += values[i] * 0.0;
    return zero == 0;
}

/* The sum of the values' whole quanta, which are taken away from them. */
/* hot */
static double take(double *values, size_t n, double quantum)
{
    const double round = 0x1.8p52 * quantum;
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        double whole = (values[i] + round) - round;
        sum += whole;
        values[i] -= whole;
    }
    return sum;
}

/* Very large values would overflow above: one by one. */
static void add_large(struct sum *s, const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int exponent;
        int64_t mantissa = (int64_t)ldexp(frexp(values[i], &exponent), 53);
        int low = exponent - 53 - LOWEST, shift = low % DIGIT; /* large, so low is not below 0 */
        uint64_t size = (uint64_t)(mantissa < 0 ? -mantissa : mantissa);
        const int64_t sign = mantissa < 0 ? -1 : 1;
        if (low < 0) { /* a small one among them */
            size = -low < 64 ? size >> -low : 0;
            low = shift = 0;
        }
        uint64_t upper = shift > 0 ? size >> (64 - shift) : 0, lower = size << shift;
        int64_t *digit = &s->digit[low / DIGIT];
        digit[0] += sign * (int64_t)(lower & 0xffffffff);
        digit[1] += sign * (int64_t)(lower >> DIGIT);
        digit[2] += sign * (int64_t)upper;
    }
}

void tern__sum_add(struct sum *s, double *values, size_t n)
{
    if (!all_finite(values, n)) {
        s->odd++;
        return;
    }
    if (++s->added > SETTLE_AFTER)
        tern__sum_settle(s);
    double most = largest(values, n);
    if (most >= 0x1p900) {
        add_large(s, values, n);
        return;
    }
    while (most > 0) {
        int digit = (ilogb(most) - LOWEST) / DIGIT;
        double quantum = ldexp(1, digit * DIGIT + LOWEST);
        s->digit[digit] += (int64_t)(take(values, n, quantum) / quantum);
        most = largest(values, n);
    }
}

void tern__sum_settle(struct sum *s)
{
    int64_t carry = 0;

    for (int i = 0; i < SUM_DIGITS - 1; i++) {
        int64_t digit = s->digit[i] + carry, low = digit & 0xffffffff;
        carry = (digit - low) / (INT64_C(1) << DIGIT);
        s->digit[i] = low;
    }
    s->digit[SUM_DIGITS - 1] += carry;
    s->added = 0;
}

void tern__sum_merge(struct sum *s, const struct sum *from)
{
    struct sum small = *from;

    tern__sum_settle(&small);
    tern__sum_settle(s);
    for (int i = 0; i < SUM_DIGITS; i++)
        s->digit[i] += small.digit[i];
    s->odd += small.odd;
}

static void negate(struct sum *s)
{
    for (int i = 0; i < SUM_DIGITS; i++)
        s->digit[i] = -s->digit[i];
    tern__sum_settle(s);
}

/* Of a sum that is not below 0: 64 bits from its highest one on, the last of them set if any below
 * is, and the exponent of that last one. */
static uint64_t leading(const struct sum *s, int *exponent)
{
    int top = SUM_DIGITS - 1, shift = 0;

    while (top > 0 && s->digit[top] == 0)
        top--;
    uint64_t bits = (uint64_t)s->digit[top] << DIGIT, next = 0;
    if (top > 0)
        bits |= (uint64_t)s->digit[top - 1];
    if (top > 1)
        next = (uint64_t)s->digit[top - 2];
    while (bits != 0 && bits >> 63 == 0) {
        bits = bits << 1 | (next >> (DIGIT - 1) & 1);
        next = next << 1 & 0xffffffff;
        shift++;
    }
    for (int i = 0; i < top - 2; i++)
        next |= (uint64_t)s->digit[i];
    *exponent = (top - 1) * DIGIT + LOWEST - shift;
    return bits | (next != 0);
}

double tern__sum_value(const struct sum *sum)
{
    struct sum s = *sum;
    int exponent;

    if (s.odd != 0)
        return NAN;
    tern__sum_settle(&s);
    const bool below = s.digit[SUM_DIGITS - 1] < 0;
    if (below)
        negate(&s);
    uint64_t bits = leading(&s, &exponent);
    double value = ldexp((double)bits, exponent);
    return below ? -value : value;
}
