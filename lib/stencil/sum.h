/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums of doubles without any rounding, so that neither the order nor the cut into ranks and
 * threads can change a bit: fixed-point numbers wide enough for every double (Kulisch 1971). */
#ifndef TERN_STENCIL_SUM_H
#define TERN_STENCIL_SUM_H

#include <stddef.h>
#include <stdint.h>

enum {
    SUM_DIGITS = 70, /* of 32 bits, the lowest of weight 2^-1074 */
    SUM_ONCE = 1024  /* values that are added at once */
};

/* The sum is that of digit[i] 2^(32 i - 1074), each with a sign. */
struct sum {
    int64_t digit[SUM_DIGITS];
    int64_t odd;   /* values that are no finite numbers */
    int64_t added; /* since the digits were last made small */
};

/* Add n <= SUM_ONCE values, which become undefined. */
void tern__sum_add(struct sum *s, double *values, size_t n);

/* Add all of `from`. */
void tern__sum_merge(struct sum *s, const struct sum *from);

/* Make the digits small, so that 2^30 sums may be added digit by digit. */
void tern__sum_settle(struct sum *s);

/* The double next to the sum, ties to even; no number if any value was none or infinite.  Sums
 * below 2^-1022 may be rounded twice. */
double tern__sum_value(const struct sum *s);

#endif
