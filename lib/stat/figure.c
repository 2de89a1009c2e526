/* SPDX-License-Identifier: BSD-3-Clause */
/* Order statistics of a series, and what they allow to say of its median. */
#include "config.h"

#include "stat/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCHES = 10, /* more follow autocorrelation less well, fewer widen the interval */
    LEAST_FOR_BATCHES = 4 * BATCHES
};

static const double level = 0.95;
static const double student_9 = 2.262157; /* 97.5 % of Student's t with BATCHES - 1 degrees */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Value at the position `rank` (0 .. n - 1, fractions interpolate), clamped to the ends. */
static double at(const double *sorted, size_t n, double rank)
{
    if (!(rank > 0))
        return sorted[0];
    if (rank >= (double)(n - 1))
        return sorted[n - 1];
    size_t i = (size_t)rank;
    return sorted[i] + (rank - (double)i) * (sorted[i + 1] - sorted[i]);
}

double tern_stat_quantile(const double *sorted, size_t n, double p)
{
    return at(sorted, n, p * (double)(n - 1));
}

/* Of few values, taken as independent.  [x(d), x(n + 1 - d)] covers the median with probability
 * 1 - 2 P(Binomial(n, 1/2) < d): take the d just above the level and move towards d + 1. */
static void interval_exact(const double *sorted, size_t n, tern_stat_figure *f)
{
    double term = ldexp(1, -(int)n), covers = 1 - 2 * term, next = covers;
    size_t d = 1;

    f->low = sorted[0];
    f->high = sorted[n - 1];
    f->level = fmin(covers, level);
    for (; covers >= level; d++) {
        term *= (double)(n - d + 1) / (double)d;
        next = covers - 2 * term;
        if (next < level)
            break;
        covers = next;
    }
    if (covers < level)
        return;
    double share = (covers - level) / (covers - next), m = (double)n, k = (double)d;
    double towards = (m - k) * share / (k + (m - 2 * k) * share);
    f->low = at(sorted, n, k - 1 + towards);
    f->high = at(sorted, n, m - k - towards);
}

/* Variance of the share of values below `median`, from the spread of that share over `batches`
 * successive parts of the series. */
static double share_variance(const double *values, size_t n, double median, size_t batches)
{
    double squares = 0;

    for (size_t b = 0; b < batches; b++) {
        size_t first = b * n / batches, end = (b + 1) * n / batches;
        double below = 0;
        for (size_t i = first; i < end; i++)
            below += values[i] < median ? 1 : values[i] > median ? 0 : 0.5;
        double off = below / (double)(end - first) - 0.5;
        squares += off * off;
    }
    return squares / (double)(batches * (batches - 1));
}

static void interval_batches(const double *values, const double *sorted, size_t n,
                             tern_stat_figure *f)
{
    double variance = share_variance(values, n, f->median, BATCHES);
    /* Neighbouring batches are correlated too: extrapolate from batches of half the length. */
    double extrapolated = 2 * variance - share_variance(values, n, f->median, (size_t)2 * BATCHES);
    double half = student_9 * sqrt(fmax(variance, extrapolated)) * (double)n;
    double middle = (double)(n - 1) / 2;

    f->low = at(sorted, n, middle - half);
    f->high = at(sorted, n, middle + half);
    f->level = level;
}

void tern__stat_summarize(const double *values, size_t n, double *scratch, tern_stat_figure *out)
{
    *out = (tern_stat_figure){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (n == 0)
        return;
    memcpy(scratch, values, n * sizeof(*scratch));
    qsort(scratch, n, sizeof(*scratch), ascending);
    out->n = n;
    out->min = scratch[0];
    out->max = scratch[n - 1];
    out->median = tern_stat_quantile(scratch, n, 0.5);
    if (n < LEAST_FOR_BATCHES)
        interval_exact(scratch, n, out);
    else
        interval_batches(values, scratch, n, out);
    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(scratch[i] - out->median);
    qsort(scratch, n, sizeof(*scratch), ascending);
    out->mad = tern_stat_quantile(scratch, n, 0.5);
}

int tern_stat_summarize(const double *values, size_t n, tern_stat_figure *out)
{
    double *scratch = malloc((n + 1) * sizeof(*scratch));

    if (scratch == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory to summarise %zu values", n);
    tern__stat_summarize(values, n, scratch, out);
    free(scratch);
    return TERN_OK;
}

bool tern_stat_differs(const tern_stat_figure *ratio, double least)
{
    return ratio->low > 1 + least || ratio->high < 1 - least;
}

void tern_stat_figure_json(const tern_stat_figure *f, tern_json *json)
{
    tern_json_count(json, "n", (int64_t)f->n);
    tern_json_real(json, "median", f->median);
    tern_json_real(json, "low", f->low);
    tern_json_real(json, "high", f->high);
    tern_json_real(json, "level", f->level);
    tern_json_real(json, "min", f->min);
    tern_json_real(json, "max", f->max);
    tern_json_real(json, "mad", f->mad);
}
