/* SPDX-License-Identifier: BSD-3-Clause */
/* A bucket is the octave of the value and six bits of its mantissa, as in HdrHistogram. */
#include "config.h"

#include "stat/stat.h"

#include <math.h>

enum { PER_OCTAVE = 64, FIRST_EXPONENT = -32, OCTAVES = TERN_STAT_BUCKETS / PER_OCTAVE };

static size_t bucket_of(double value)
{
    int exponent;
    double mantissa = frexp(value, &exponent); /* in [0.5, 1): value = mantissa * 2^exponent */
    int octave = exponent - 1 - FIRST_EXPONENT;

    if (!(value > 0) || octave < 0)
        return 0;
    if (octave >= OCTAVES)
        return TERN_STAT_BUCKETS - 1;
    return (size_t)octave * PER_OCTAVE + (size_t)((mantissa - 0.5) * 2 * PER_OCTAVE);
}

void tern_stat_histogram_add(tern_stat_histogram *h, double value)
{
    h->bucket[bucket_of(value)]++;
    h->total++;
}

double tern_stat_histogram_value(size_t i)
{
    double mantissa = 1 + ((double)(i % PER_OCTAVE) + 0.5) / PER_OCTAVE;

    return ldexp(mantissa, (int)(i / PER_OCTAVE) + FIRST_EXPONENT);
}

double tern_stat_histogram_quantile(const tern_stat_histogram *h, double p)
{
    double wanted = p * (double)h->total;
    uint64_t seen = 0;

    if (h->total == 0)
        return NAN;
    for (size_t i = 0; i < TERN_STAT_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen > 0 && (double)seen >= wanted)
            return tern_stat_histogram_value(i);
    }
    return tern_stat_histogram_value(TERN_STAT_BUCKETS - 1);
}
