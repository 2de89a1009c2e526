/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures without allocation, for the engine: its ranks must not part because one lacks memory. */
#ifndef TERN_STAT_FIGURE_H
#define TERN_STAT_FIGURE_H
#include "stat/stat.h"

/* tern_stat_summarize() with room for n values in `scratch`. */
void tern__stat_summarize(const double *values, size_t n, double *scratch, tern_stat_figure *out);

/* tern_stat_ratio(), or tern_stat_time() where `baseline` is `variant`, with room for 2 * rounds
 * values in `scratch`. */
void tern__stat_figure(const tern_stat_samples *samples, size_t variant, size_t baseline,
                       enum tern_stat_regime regime, double *scratch, tern_stat_figure *out);
#endif
