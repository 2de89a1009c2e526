/* SPDX-License-Identifier: BSD-3-Clause */
/** \file stat.h
 * The one way this project takes a figure: how to sample, and what may be said of the samples.
 *
 * A measurement compares variants of one operation inside one launch.  It runs them in batches,
 * long enough for the clock; all variants once, in random order, make a round; a cache-line probe
 * before and after each round tells which regime of the machine the round belongs to (on the
 * machines this was built on, hidden moves of virtual cores change latencies by factors of 2.7 to
 * 4.2 for seconds, which only that probe shows).  Rounds are taken until the confidence intervals
 * are narrow enough.  Figures are medians; ratios are paired within the rounds; a round of mixed
 * regimes counts for nothing.
 *
 * Times are seconds.  Nothing here knows MPI: how ranks agree, start together and probe is a set of
 * hooks, so that tests use synthetic clocks.  Calls are Local unless said otherwise. */
#ifndef TERN_STAT_STAT_H
#define TERN_STAT_STAT_H

#include "base/base.h"

TERN_BEGIN_DECLS

/* ---- Figures -------------------------------------------------------------------------------- */

/** What is said of a series of values.  All fields are NaN, and n 0, where there are no values. */
typedef struct tern_stat_figure {
    size_t n;
    double median;
    double low, high; /**< confidence interval of the median */
    double level;     /**< its level: 0.95, or less where n < 6 values cannot reach that */
    double min, max;
    double mad; /**< median absolute deviation from the median, not scaled */
} tern_stat_figure;

/** Quantile \p p in [0, 1] of \p n >= 1 ascending values, linear between order statistics (type 7
 * of Hyndman and Fan 1996). */
TERN_API double tern_stat_quantile(const double *ascending, size_t n, double p);

/** Summarise \p n values, given in the order in which they were taken.  The interval is that of
 * order statistics, at most 39 values: interpolated exact (Hettmansperger and Sheather 1986);
 * from 40 on: widened by the autocorrelation of the series, as ten batch means of the sign show it
 * (Woodruff 1952; lugsail correction of Vats and Flegal 2022; Student's t with 9 degrees).
 * Measured coverage at 95 %: independent values 95-96 %; AR(1) with rho = 0.8 93.5 % of 100 values,
 * 95 % of 400.
 * \param[out] out  unchanged on failure. \return TERN_OK or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_stat_summarize(const double *values, size_t n,
                                                 tern_stat_figure *out);

/** Whether \p ratio is shown to differ from 1 by more than \p least (0.01: 1 %): its whole interval
 * lies beyond. */
TERN_API bool tern_stat_differs(const tern_stat_figure *ratio, double least);

/** Put the fields of \p figure into the object that \p json is in. */
TERN_API void tern_stat_figure_json(const tern_stat_figure *figure, tern_json *json);

/* ---- Histograms ----------------------------------------------------------------------------- */

enum { TERN_STAT_BUCKETS = 64 * 44 };

/** Log-linear histogram of positive values from 2^-32 (0.2 ns) to 2^12 (68 min), outer ones in the
 * outermost bucket: 64 buckets an octave, so a value is known to 0.8 %.  Plain data: histograms of
 * several launches or ranks are merged by adding their buckets. */
typedef struct tern_stat_histogram {
    uint64_t total;
    uint64_t bucket[TERN_STAT_BUCKETS];
} tern_stat_histogram;

TERN_API void tern_stat_histogram_add(tern_stat_histogram *h, double value);

/** The middle of bucket \p i. */
TERN_API double tern_stat_histogram_value(size_t i);

/** Quantile \p p, the middle of the bucket in which it lies; NaN of an empty one. */
TERN_API double tern_stat_histogram_quantile(const tern_stat_histogram *h, double p);

/* ---- Measurements --------------------------------------------------------------------------- */

enum tern_stat_regime {
    TERN_STAT_FAST, /**< also where there is no probe */
    TERN_STAT_SLOW,
    TERN_STAT_VOID, /**< the regime changed during the round, or the machine was busy */
    TERN_STAT_REGIMES
};

/** "fast", "slow", "void". */
TERN_API const char *tern_stat_regime_name(enum tern_stat_regime regime);

/** What is measured, and by which means.  A field that is 0 takes the default. */
typedef struct tern_stat_plan {
    size_t variants; /**< >= 1 */
    /** For each variant the one it is compared with; itself: none.  NULL: none for all. */
    const size_t *baseline;

    /** Do \p repetitions of \p variant.  With several ranks, each takes its part.
     * \return TERN_OK, or an error, which ends the measurement on all ranks. */
    int (*run)(void *context, size_t variant, uint64_t repetitions);
    /** Bring the ranks together before a batch, such as a barrier.  NULL: nothing. */
    int (*start)(void *context);
    /** Replace each of \p n values by its maximum over the ranks.  NULL: there is one. */
    int (*agree)(void *context, double *values, size_t n);
    /** Seconds that a cache line takes from one rank to another, INFINITY where it cannot be told.
     * NULL: no regimes. */
    double (*probe)(void *context);
    double (*clock)(void *context); /**< NULL: tern_clock() */
    void *context;                  /**< what the calls above are given */

    double operations;   /**< operations in a repetition, of which the times are; 1 */
    double batch;        /**< least seconds of a batch, 1e-3; never below 200 readings of the clock,
                            which bounds the clock's share by 0.5 % */
    double narrow;       /**< enough: half an interval is this part of the figure; 0.01 */
    double seconds;      /**< limit for the whole measurement, 2 */
    size_t least_rounds; /**< of the main regime at the first look at the intervals, 40 */
    size_t most_rounds;  /**< 4000 */
    double slow;         /**< a probe of this many seconds or more means the slow regime; 120e-9 */
    double busy;   /**< one of this many seconds or more means ranks that take turns on a core,
                      and voids the round; 1e-6 */
    uint64_t seed; /**< of the random orders; the same on all ranks */
} tern_stat_plan;

/** What was measured: the same on all ranks. */
typedef struct tern_stat_samples {
    size_t variants;
    size_t rounds;
    double *seconds; /**< [round * variants + variant], of one operation, of the slowest rank */
    double *probe;   /**< [round], the larger of its two; NaN without a probe */
    enum tern_stat_regime *regime; /**< [round] */
    size_t count[TERN_STAT_REGIMES];
    enum tern_stat_regime main; /**< fast or slow, whichever has more rounds; void if all are */
    uint64_t *repetitions;      /**< [variant], in a batch */
    size_t warm_up;             /**< rounds that went before and are not counted */
    double clock_cost;          /**< seconds one reading of the clock takes */
    double spent;               /**< seconds of the whole measurement */
    bool converged;             /**< the intervals in the main regime are narrow enough */
} tern_stat_samples;

/** Measure.  Collective in as far as the hooks are, and blocking.  Every decision is taken from
 * agreed values, so all ranks do the same.
 * \param[out] out  freed by tern_stat_free(); unchanged on failure.
 * \return TERN_OK, TERN_EINVAL, TERN_ENOMEM, what a hook returned, or TERN_EPEER. */
TERN_API TERN_MUST_CHECK int tern_stat_measure(const tern_stat_plan *plan, tern_stat_samples **out);

/** NULL is allowed. */
TERN_API void tern_stat_free(tern_stat_samples *samples);

/** Time of one operation of \p variant over the rounds of \p regime.
 * \return TERN_OK or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_stat_time(const tern_stat_samples *samples, size_t variant,
                                            enum tern_stat_regime regime, tern_stat_figure *out);

/** Time of \p variant over that of \p baseline, paired: the median over rounds of the ratio within
 * a round; a variant over itself is its time. \return TERN_OK or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_stat_ratio(const tern_stat_samples *samples, size_t variant,
                                             size_t baseline, enum tern_stat_regime regime,
                                             tern_stat_figure *out);

/** The probes of all rounds.  \return TERN_OK or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_stat_probes(const tern_stat_samples *samples,
                                              tern_stat_figure *out);

TERN_END_DECLS
#endif
