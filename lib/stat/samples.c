/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures from the samples of a measurement. */
#include "config.h"

#include "stat/figure.h"

#include <stdlib.h>

const char *tern_stat_regime_name(enum tern_stat_regime regime)
{
    static const char *const names[TERN_STAT_REGIMES] = {"fast", "slow", "void"};

    return regime < TERN_STAT_REGIMES ? names[regime] : "none";
}

void tern_stat_free(tern_stat_samples *s)
{
    if (s == NULL)
        return;
    free(s->seconds);
    free(s->probe);
    free(s->regime);
    free(s->repetitions);
    free(s);
}

void tern__stat_figure(const tern_stat_samples *s, size_t variant, size_t baseline,
                       enum tern_stat_regime regime, double *scratch, tern_stat_figure *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s->rounds; i++) {
        const double *row = s->seconds + i * s->variants;
        if (s->regime[i] == regime)
            scratch[n++] = baseline == variant ? row[variant] : row[variant] / row[baseline];
    }
    tern__stat_summarize(scratch, n, scratch + s->rounds, out);
}

int tern_stat_ratio(const tern_stat_samples *s, size_t variant, size_t baseline,
                    enum tern_stat_regime regime, tern_stat_figure *out)
{
    double *scratch = malloc((2 * s->rounds + 1) * sizeof(*scratch));

    if (scratch == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu rounds", s->rounds);
    tern__stat_figure(s, variant, baseline, regime, scratch, out);
    free(scratch);
    return TERN_OK;
}

int tern_stat_time(const tern_stat_samples *s, size_t variant, enum tern_stat_regime regime,
                   tern_stat_figure *out)
{
    return tern_stat_ratio(s, variant, variant, regime, out);
}

int tern_stat_probes(const tern_stat_samples *s, tern_stat_figure *out)
{
    return tern_stat_summarize(s->probe, s->rounds, out);
}
