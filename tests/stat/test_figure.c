/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/stat's figures against sorted arrays, published values and distributions whose median is
 * known. */
#include "stat/stat.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "support/mpitap.h"

#define CLOSE(a, b, off) CU_ASSERT_DOUBLE_EQUAL(a, b, off)

enum { EXPERIMENTS = 1000, VALUES = 400 };

/* R 4.2: quantile(c(1, 2, 4, 8, 16), p), which is type 7. */
static void quantiles(void)
{
    static const double values[] = {1, 2, 4, 8, 16};

    CLOSE(tern_stat_quantile(values, 5, 0), 1, 0);
    CLOSE(tern_stat_quantile(values, 5, 0.1), 1.4, 1e-12);
    CLOSE(tern_stat_quantile(values, 5, 0.5), 4, 0);
    CLOSE(tern_stat_quantile(values, 5, 0.9), 12.8, 1e-12);
    CLOSE(tern_stat_quantile(values, 5, 1), 16, 0);
    CLOSE(tern_stat_quantile(values, 1, 0.3), 1, 0);
}

static void summary(void)
{
    static const double values[] = {7, 1, 3, 100, 5, 2};
    tern_stat_figure f;

    CU_ASSERT_EQUAL_FATAL(tern_stat_summarize(values, 6, &f), TERN_OK);
    CU_ASSERT_EQUAL(f.n, 6);
    CLOSE(f.median, 4, 0);
    CLOSE(f.min, 1, 0);
    CLOSE(f.max, 100, 0);
    CLOSE(f.mad, 2.5, 0); /* distances 3 3 1 96 1 2 */
    CU_ASSERT_EQUAL(tern_stat_summarize(values, 0, &f), TERN_OK);
    CU_ASSERT_EQUAL(f.n, 0);
    CU_ASSERT(isnan(f.median));
}

/* Few values: by the binomial table.  [x(1), x(n)] covers with 1 - 2^(1-n); of ten values [x(2),
 * x(9)] covers with 0.9785 and [x(3), x(8)] with 0.8906, so the interval lies between. */
static void intervals_of_few(void)
{
    double values[10];
    tern_stat_figure f;

    for (int i = 0; i < 10; i++)
        values[i] = i + 1;
    CU_ASSERT_EQUAL_FATAL(tern_stat_summarize(values, 4, &f), TERN_OK);
    CLOSE(f.low, 1, 0);
    CLOSE(f.high, 4, 0);
    CLOSE(f.level, 0.875, 1e-12);
    CU_ASSERT_EQUAL_FATAL(tern_stat_summarize(values, 10, &f), TERN_OK);
    CU_ASSERT(f.low > 2 && f.low < 3);
    CLOSE(f.low + f.high, 11, 1e-12);
    CLOSE(f.level, 0.95, 0);
    CU_ASSERT_EQUAL_FATAL(tern_stat_summarize(values, 1, &f), TERN_OK);
    CU_ASSERT(f.low == 1 && f.high == 1 && f.level == 0);
}

enum kind { LOGNORMAL, AUTOREGRESSIVE, TAIL };

/* Fill `values`; the value is the distribution's median. */
static double fill(enum kind kind, double *values, int n, uint64_t seed)
{
    struct draw d = {.seed = seed};
    double x = draw_normal(&d) / 0.6; /* stationary: variance 1 / (1 - 0.8^2) */

    for (int i = 0; i < n; i++) {
        x = 0.8 * x + draw_normal(&d);
        if (kind == AUTOREGRESSIVE)
            values[i] = 10 + x;
        else
            values[i] = exp(0.05 * draw_normal(&d));
        if (kind == TAIL && draw_uniform(&d) < 0.01)
            values[i] *= 50;
    }
    /* With the tail, half of all is 0.5 / 0.99 of the bulk: 0.012660 standard deviations up. */
    return kind == AUTOREGRESSIVE ? 10 : kind == TAIL ? exp(0.05 * 0.012660) : 1;
}

/* Percent of the experiments whose interval holds the true median. */
static double coverage(enum kind kind, int n)
{
    double values[VALUES];
    int covered = 0;

    for (int i = 0; i < EXPERIMENTS; i++) {
        tern_stat_figure f;
        double truth = fill(kind, values, n, (uint64_t)i);
        if (tern_stat_summarize(values, (size_t)n, &f) == TERN_OK)
            covered += f.low <= truth && truth <= f.high;
    }
    return 100.0 * covered / EXPERIMENTS;
}

/* Nominal 95 %; 1000 experiments give it to 0.7 points (one standard deviation). */
static void intervals_cover(void)
{
    static const struct {
        enum kind kind;
        int n;
        double least, most;
    } cases[] = {
        {LOGNORMAL, 9, 93, 97},           {LOGNORMAL, 30, 93, 97}, {LOGNORMAL, VALUES, 93, 97},
        {AUTOREGRESSIVE, 100, 91, 97},    {TAIL, 30, 93, 97},      {TAIL, VALUES, 93, 97},
        {AUTOREGRESSIVE, VALUES, 93, 97},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double percent = coverage(cases[i].kind, cases[i].n);
        CU_ASSERT(percent >= cases[i].least && percent <= cases[i].most);
        if (percent < cases[i].least || percent > cases[i].most)
            printf("# case %zu: %g %%\n", i, percent);
    }
}

/* An interval that ignored autocorrelation would be 2.5 times too narrow here. */
static void intervals_widen_with_autocorrelation(void)
{
    double values[VALUES], shuffled[VALUES];
    double wide = 0, narrow = 0;

    for (int i = 0; i < 50; i++) {
        struct draw d = {.seed = 77, .used = (uint64_t)i * VALUES};
        tern_stat_figure f;
        fill(AUTOREGRESSIVE, values, VALUES, (uint64_t)i);
        memcpy(shuffled, values, sizeof(values));
        for (int k = VALUES - 1; k > 0; k--) {
            int j = (int)(draw_uniform(&d) * (k + 1));
            double swap = shuffled[k];
            shuffled[k] = shuffled[j];
            shuffled[j] = swap;
        }
        if (tern_stat_summarize(values, VALUES, &f) == TERN_OK)
            wide += f.high - f.low;
        if (tern_stat_summarize(shuffled, VALUES, &f) == TERN_OK)
            narrow += f.high - f.low;
    }
    CU_ASSERT(wide > 2 * narrow && wide < 3 * narrow);
}

static void differs(void)
{
    tern_stat_figure f = {.n = 9, .median = 1.03, .low = 1.02, .high = 1.04};

    CU_ASSERT(tern_stat_differs(&f, 0.01));
    CU_ASSERT_FALSE(tern_stat_differs(&f, 0.02));
    f.low = 0.9, f.high = 0.98;
    CU_ASSERT(tern_stat_differs(&f, 0.01));
    f.low = f.high = NAN;
    CU_ASSERT_FALSE(tern_stat_differs(&f, 0.01));
}

static void histogram_is_exact_to_one_percent(void)
{
    static tern_stat_histogram h;
    double values[VALUES];
    struct draw d = {.seed = 5};

    memset(&h, 0, sizeof(h));
    for (int i = 0; i < VALUES; i++) { /* 1e-9 .. 1e3, ascending */
        values[i] = pow(10, -9 + 12 * (i + 0.5 * draw_uniform(&d)) / VALUES);
        tern_stat_histogram_add(&h, values[i]);
    }
    CU_ASSERT_EQUAL(h.total, VALUES);
    for (int i = 1; i <= VALUES; i++) {
        double q = tern_stat_histogram_quantile(&h, (i - 0.5) / VALUES);
        CLOSE(q / values[i - 1], 1, 0.01);
    }
}

static void histograms_add(void)
{
    static tern_stat_histogram parts[2], whole;
    struct draw d = {.seed = 6};

    memset(parts, 0, sizeof(parts));
    memset(&whole, 0, sizeof(whole));
    for (int i = 0; i < 1000; i++) {
        double value = exp(draw_normal(&d)) * 1e-6;
        tern_stat_histogram_add(&parts[i % 3 == 0], value);
        tern_stat_histogram_add(&whole, value);
    }
    for (size_t i = 0; i < TERN_STAT_BUCKETS; i++)
        CU_ASSERT_EQUAL(whole.bucket[i], parts[0].bucket[i] + parts[1].bucket[i]);
    CLOSE(tern_stat_histogram_quantile(&whole, 0.5), 1e-6, 0.1e-6);
}

static void histogram_edges(void)
{
    static tern_stat_histogram h;

    memset(&h, 0, sizeof(h));
    CU_ASSERT(isnan(tern_stat_histogram_quantile(&h, 0.5)));
    tern_stat_histogram_add(&h, 0);
    tern_stat_histogram_add(&h, 1e-300);
    CU_ASSERT_EQUAL(h.bucket[0], 2);
    tern_stat_histogram_add(&h, 1e9);
    CU_ASSERT_EQUAL(h.bucket[TERN_STAT_BUCKETS - 1], 1);
    for (size_t i = 0; i < TERN_STAT_BUCKETS; i += 7) {
        uint64_t before = h.bucket[i];
        tern_stat_histogram_add(&h, tern_stat_histogram_value(i));
        CU_ASSERT_EQUAL(h.bucket[i], before + 1);
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"quantiles", quantiles},
        {"summary", summary},
        {"intervals_of_few", intervals_of_few},
        {"intervals_cover", intervals_cover},
        {"intervals_widen_with_autocorrelation", intervals_widen_with_autocorrelation},
        {"differs", differs},
        {"histogram_is_exact_to_one_percent", histogram_is_exact_to_one_percent},
        {"histograms_add", histograms_add},
        {"histogram_edges", histogram_edges},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"stat", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
