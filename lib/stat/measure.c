/* SPDX-License-Identifier: BSD-3-Clause */
/* The sampling engine: pilot, warm-up, rounds until the intervals are narrow.  All ranks decide on
 * the same agreed numbers, so they stay in step without further messages. */
#include "config.h"

#include "stat/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLOCK_SHARE = 200, /* a batch is this many readings of the clock: bias below 0.5 % */
    CLOCK_READINGS = 1000,
    PILOT_GROWTH = 16,
    STEADY_ROUNDS = 8, /* without a trend end the warm-up */
    TREND = 18,        /* surplus of falling pairs, of the 28 of eight rounds, that is one */
    MOST_WARM_UP = 100
};

struct work {
    tern_stat_plan plan; /* with the defaults filled in */
    tern_stat_samples *samples;
    double began;
    double batch;        /* seconds a batch shall take */
    double before;       /* the probe before the round */
    size_t *order;       /* of the variants in a round */
    double *agreed;      /* per variant its batch's seconds, then probe, elapsed time, error */
    double *scratch;     /* twice as many values as there are rounds */
    uint64_t rounds_run; /* of any kind: the index of the random order */
};

static double now(const struct work *w)
{
    return w->plan.clock != NULL ? w->plan.clock(w->plan.context) : tern_clock();
}

static double clock_cost(const struct work *w)
{
    double begin = now(w), end = begin;

    for (int i = 0; i < CLOCK_READINGS; i++)
        end = now(w);
    return (end - begin) / CLOCK_READINGS;
}

/* Make values[0 .. n - 1] the same on all ranks; values[n] is room for the error. */
static int agree(const struct work *w, double *values, size_t n, int error)
{
    values[n] = -error;
    if (w->plan.agree != NULL) {
        int failed = w->plan.agree(w->plan.context, values, n + 1);
        if (failed)
            return failed;
    }
    if (values[n] > 0 && error == TERN_OK)
        return tern_fail(TERN_EPEER, NULL, "the measurement failed on another rank");
    return error;
}

/* \param[out] seconds  of the batch on this rank. */
static int run_batch(const struct work *w, size_t variant, uint64_t repetitions, double *seconds)
{
    const tern_stat_plan *p = &w->plan;
    int failed = p->start != NULL ? p->start(p->context) : TERN_OK;
    double begin = now(w);
    int error = p->run(p->context, variant, repetitions);

    *seconds = now(w) - begin;
    return failed ? failed : error;
}

static uint64_t repetitions_for(double batch, double one)
{
    double wanted = ceil(batch / one);

    return wanted < 1 ? 1 : wanted < 1e15 ? (uint64_t)wanted : (uint64_t)1e15;
}

/* Find how many repetitions fill a batch, from one upwards. */
static int pilot(struct work *w, size_t variant)
{
    uint64_t repetitions = 1;

    for (;;) {
        int error = run_batch(w, variant, repetitions, &w->agreed[0]);
        error = agree(w, w->agreed, 1, error);
        if (error)
            return error;
        double seconds = w->agreed[0];
        if (seconds >= w->batch / 2 || repetitions > (uint64_t)1e15) {
            w->samples->repetitions[variant] =
                repetitions_for(w->batch, seconds / (double)repetitions);
            return TERN_OK;
        }
        double growth = seconds > 0 ? ceil(w->batch / seconds) : PILOT_GROWTH;
        repetitions *= (uint64_t)fmin(fmax(growth, 2), PILOT_GROWTH);
    }
}

static void shuffle(struct work *w)
{
    size_t n = w->plan.variants;

    for (size_t i = 0; i < n; i++)
        w->order[i] = i;
    for (size_t i = n; i-- > 1;) {
        size_t j = (size_t)(tern_random(w->plan.seed, w->rounds_run, i) % (i + 1));
        size_t swap = w->order[i];
        w->order[i] = w->order[j];
        w->order[j] = swap;
    }
    w->rounds_run++;
}

static enum tern_stat_regime regime_of(const struct work *w, double before, double after)
{
    if (w->plan.probe == NULL)
        return TERN_STAT_FAST;
    bool slow = before >= w->plan.slow;
    if (slow != (after >= w->plan.slow) || fmax(before, after) >= w->plan.busy)
        return TERN_STAT_VOID;
    return slow ? TERN_STAT_SLOW : TERN_STAT_FAST;
}

static enum tern_stat_regime main_regime(const tern_stat_samples *s)
{
    if (s->count[TERN_STAT_FAST] + s->count[TERN_STAT_SLOW] == 0)
        return TERN_STAT_VOID;
    return s->count[TERN_STAT_SLOW] > s->count[TERN_STAT_FAST] ? TERN_STAT_SLOW : TERN_STAT_FAST;
}

/* One batch of every variant in random order, and the probe after them, which is also the one
 * before the next round.  The row is appended to the samples. */
static int run_round(struct work *w)
{
    const tern_stat_plan *p = &w->plan;
    tern_stat_samples *s = w->samples;
    size_t n = p->variants;
    int first_error = TERN_OK; /* the others go on, so that the ranks stay in step */

    shuffle(w);
    for (size_t i = 0; i < n; i++) {
        size_t v = w->order[i];
        int error = run_batch(w, v, s->repetitions[v], &w->agreed[v]);
        if (first_error == TERN_OK)
            first_error = error;
    }
    w->agreed[n] = p->probe != NULL ? p->probe(p->context) : 0;
    w->agreed[n + 1] = now(w) - w->began;
    int error = agree(w, w->agreed, n + 2, first_error);
    if (error)
        return error;

    for (size_t v = 0; v < n; v++)
        s->seconds[s->rounds * n + v] = w->agreed[v] / ((double)s->repetitions[v] * p->operations);
    double after = w->agreed[n];
    s->probe[s->rounds] = p->probe != NULL ? fmax(w->before, after) : NAN;
    s->regime[s->rounds] = regime_of(w, w->before, after);
    s->count[s->regime[s->rounds]]++;
    s->main = main_regime(s);
    s->rounds++;
    s->spent = w->agreed[n + 1];
    w->before = after;
    return TERN_OK;
}

/* Whether no variant still becomes faster: no falling trend in its last rounds by the test of Mann
 * (1945), at 1.6 %. */
static bool is_steady(const struct work *w)
{
    size_t n = w->plan.variants;

    if (w->samples->rounds < STEADY_ROUNDS)
        return false;
    const double *rows = w->samples->seconds + (w->samples->rounds - STEADY_ROUNDS) * n;
    for (size_t v = 0; v < n; v++) {
        int falls = 0;
        for (size_t later = 1; later < STEADY_ROUNDS; later++)
            for (size_t i = 0; i < later; i++) {
                double change = rows[later * n + v] - rows[i * n + v];
                falls += (change < 0) - (change > 0);
            }
        if (falls >= TREND)
            return false;
    }
    return true;
}

/* The pilot may have met an interruption: take the batch length from the fastest of the last
 * rounds, so that a batch is never too short. */
static void tune(struct work *w)
{
    const tern_stat_samples *s = w->samples;
    size_t n = w->plan.variants;
    size_t first = s->rounds < STEADY_ROUNDS ? 0 : s->rounds - STEADY_ROUNDS;

    for (size_t v = 0; v < n; v++) {
        double one = INFINITY;
        for (size_t i = first; i < s->rounds; i++)
            one = fmin(one, s->seconds[i * n + v] * w->plan.operations);
        if (one > 0)
            s->repetitions[v] = repetitions_for(w->batch, one);
    }
}

static int warm_up(struct work *w)
{
    tern_stat_samples *s = w->samples;

    do {
        int error = run_round(w);
        if (error)
            return error;
    } while (!is_steady(w) && s->rounds < MOST_WARM_UP && s->spent < w->plan.seconds / 4);
    tune(w);
    s->warm_up = s->rounds;
    s->rounds = 0;
    memset(s->count, 0, sizeof(s->count));
    return TERN_OK;
}

/* Whether every ratio, or where nothing is compared every time, is known well enough. */
static bool is_narrow(const struct work *w)
{
    const tern_stat_plan *p = &w->plan;
    const tern_stat_samples *s = w->samples;

    if (s->main == TERN_STAT_VOID || s->count[s->main] < p->least_rounds)
        return false;
    for (size_t v = 0; v < p->variants; v++) {
        size_t baseline = p->baseline != NULL ? p->baseline[v] : v;
        tern_stat_figure f;
        if (p->baseline != NULL && baseline == v)
            continue;
        tern__stat_figure(s, v, baseline, s->main, w->scratch, &f);
        if (!(f.high - f.low <= 2 * p->narrow * f.median))
            return false;
    }
    return true;
}

/* The intervals are looked at only each time the rounds have grown by half, and must be narrow
 * twice in a row: whoever stops at the first lucky look covers the truth too rarely (92 % in place
 * of 94 % of 4000 synthetic experiments). */
static int run_rounds(struct work *w)
{
    tern_stat_samples *s = w->samples;
    size_t look = w->plan.least_rounds;
    bool was_narrow = false;

    do {
        int error = run_round(w);
        if (error)
            return error;
        if (s->rounds < look)
            continue;
        bool narrow = is_narrow(w);
        s->converged = narrow && was_narrow;
        was_narrow = narrow;
        look += look / 2;
    } while (!s->converged && s->rounds < w->plan.most_rounds && s->spent < w->plan.seconds);
    return TERN_OK;
}

static int measure(struct work *w)
{
    tern_stat_samples *s = w->samples;

    w->began = now(w);
    w->agreed[0] = clock_cost(w);
    w->agreed[1] = w->plan.probe != NULL ? w->plan.probe(w->plan.context) : 0;
    int error = agree(w, w->agreed, 2, TERN_OK);
    s->clock_cost = w->agreed[0];
    w->before = w->agreed[1];
    w->batch = fmax(w->plan.batch, CLOCK_SHARE * s->clock_cost);
    for (size_t v = 0; v < w->plan.variants && !error; v++)
        error = pilot(w, v);
    error = error ? error : warm_up(w);
    return error ? error : run_rounds(w);
}

static tern_stat_plan with_defaults(const tern_stat_plan *plan)
{
    tern_stat_plan p = *plan;

    p.operations = p.operations > 0 ? p.operations : 1;
    p.batch = p.batch > 0 ? p.batch : 1e-3;
    p.narrow = p.narrow > 0 ? p.narrow : 0.01;
    p.seconds = p.seconds > 0 ? p.seconds : 2;
    p.least_rounds = p.least_rounds > 0 ? p.least_rounds : 40;
    p.most_rounds = p.most_rounds > 0 ? p.most_rounds : 4000;
    p.slow = p.slow > 0 ? p.slow : 120e-9;
    p.busy = p.busy > 0 ? p.busy : 1e-6;
    return p;
}

/* What can be allocated; the rest is NULL. */
static void allocate(struct work *w, size_t rounds)
{
    size_t n = w->plan.variants;
    tern_stat_samples *s = calloc(1, sizeof(*s));

    w->samples = s;
    w->order = calloc(n, sizeof(*w->order));
    w->agreed = calloc(n + 3, sizeof(*w->agreed));
    w->scratch = calloc(2 * rounds, sizeof(*w->scratch));
    if (s == NULL)
        return;
    s->variants = n;
    s->seconds = calloc(rounds * n, sizeof(*s->seconds));
    s->probe = calloc(rounds, sizeof(*s->probe));
    s->regime = calloc(rounds, sizeof(*s->regime));
    s->repetitions = calloc(n, sizeof(*s->repetitions));
}

static bool is_allocated(const struct work *w)
{
    const tern_stat_samples *s = w->samples;

    return w->order != NULL && w->agreed != NULL && w->scratch != NULL && s != NULL
           && s->seconds != NULL && s->probe != NULL && s->regime != NULL && s->repetitions != NULL;
}

int tern_stat_measure(const tern_stat_plan *plan, tern_stat_samples **out)
{
    struct work w = {.plan = with_defaults(plan)};
    size_t rounds = w.plan.most_rounds > MOST_WARM_UP ? w.plan.most_rounds : MOST_WARM_UP;
    double room;

    if (plan->variants == 0 || plan->run == NULL)
        return tern_fail(TERN_EINVAL, NULL, "a measurement needs variants and a way to run them");
    allocate(&w, rounds);
    int error = is_allocated(&w) ? TERN_OK
                                 : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu x %zu samples",
                                             rounds, plan->variants);
    error = agree(&w, &room, 0, error);
    error = error ? error : measure(&w);
    if (error == TERN_OK)
        *out = w.samples;
    else
        tern_stat_free(w.samples);
    free(w.order);
    free(w.agreed);
    free(w.scratch);
    return error;
}
