/* SPDX-License-Identifier: BSD-3-Clause */
/* Findings on the terminal and in the report. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>

void row_print_head(const char *rate)
{
    printf("%-9s %9s  %-22s %9s %9s %9s %7s  %-20s %7s %7s %7s %5s %s\n", "kernel", "bytes", "call",
           "us", "low", "high", rate, "against", "ratio", "low", "high", "n", "regime");
}

void row_print(const struct row *r)
{
    printf("%-9s %9lld  %-22s %9.4g %9.4g %9.4g ", r->kernel, (long long)r->bytes, r->variant,
           r->seconds.median * 1e6, r->seconds.low * 1e6, r->seconds.high * 1e6);
    if (r->flops > 0 || r->bytes > 0)
        printf("%7.4g  ", (r->flops > 0 ? r->flops : (double)r->bytes) / r->seconds.median / 1e9);
    else
        printf("%7s  ", "-");
    if (r->ratio.n > 0)
        printf("%-20s %7.3f %7.3f %7.3f ", r->baseline, r->ratio.median, r->ratio.low,
               r->ratio.high);
    else
        printf("%-20s %7s %7s %7s ", "-", "-", "-", "-");
    printf("%5zu %s%s\n", r->seconds.n, r->regime, r->converged ? "" : " !");
    fflush(stdout);
}

static void histogram_json(const tern_stat_histogram *h, tern_json *json)
{
    tern_json_array(json, "histogram");
    for (size_t i = 0; i < TERN_STAT_BUCKETS; i++) {
        if (h->bucket[i] == 0)
            continue;
        tern_json_array(json, NULL);
        tern_json_count(json, NULL, (int64_t)i);
        tern_json_count(json, NULL, (int64_t)h->bucket[i]);
        tern_json_end(json);
    }
    tern_json_end(json);
}

void row_json(const struct row *r, tern_json *json)
{
    tern_json_object(json, NULL);
    tern_json_text(json, "kernel", r->kernel);
    tern_json_count(json, "bytes", r->bytes);
    if (r->flops > 0)
        tern_json_real(json, "flops", r->flops);
    tern_json_text(json, "call", r->variant);
    tern_json_text(json, "regime", r->regime);
    tern_json_real(json, "probe", r->probe);
    tern_json_bool(json, "converged", r->converged);
    tern_json_object(json, "seconds");
    tern_stat_figure_json(&r->seconds, json);
    tern_json_real(json, "p90", tern_stat_histogram_quantile(&r->histogram, 0.9));
    tern_json_real(json, "p99", tern_stat_histogram_quantile(&r->histogram, 0.99));
    tern_json_end(json);
    if (r->ratio.n > 0) {
        tern_json_text(json, "against", r->baseline);
        tern_json_object(json, "ratio");
        tern_stat_figure_json(&r->ratio, json);
        tern_json_end(json);
    }
    histogram_json(&r->histogram, json);
    tern_json_end(json);
}
