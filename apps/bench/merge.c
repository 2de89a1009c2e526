/* SPDX-License-Identifier: BSD-3-Clause */
/* The reports of several launches as one: a launch is one value, its median, so the interval is
 * over launches; histograms are added. */
#include "config.h"

#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JANSSON
# include <jansson.h>
# include <math.h>

/* All launches of one point. */
struct group {
    struct row row;
    double *seconds, *ratios, *probes; /* [launch] */
    double min, max;                   /* of all rounds */
    size_t n;
};

struct merge {
    struct group *groups;
    size_t n, launches;
};

static void take_text(const json_t *object, const char *key, char *out, size_t room)
{
    const char *text = json_string_value(json_object_get(object, key));

    snprintf(out, room, "%s", text != NULL ? text : "");
}

/* NaN where there is none. */
static double real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void take_histogram(const json_t *point, tern_stat_histogram *h)
{
    size_t i;
    json_t *pair;

    json_array_foreach(json_object_get(point, "histogram"), i, pair)
    {
        json_int_t bucket = json_integer_value(json_array_get(pair, 0));
        json_int_t count = json_integer_value(json_array_get(pair, 1));
        if (bucket < 0 || bucket >= TERN_STAT_BUCKETS || count < 0)
            continue;
        h->bucket[bucket] += (uint64_t)count;
        h->total += (uint64_t)count;
    }
}

static bool is_same(const struct row *a, const struct row *b)
{
    return a->bytes == b->bytes && strcmp(a->kernel, b->kernel) == 0
           && strcmp(a->variant, b->variant) == 0 && strcmp(a->regime, b->regime) == 0;
}

static int new_group(struct merge *m, const struct row *row, struct group **out)
{
    struct group *more = realloc(m->groups, (m->n + 1) * sizeof(*more));

    if (more == NULL)
        return TERN_ENOMEM;
    m->groups = more;
    struct group *g = &more[m->n];
    *g = (struct group){.row = *row, .min = INFINITY, .max = -INFINITY};
    g->seconds = calloc(3 * m->launches, sizeof(*g->seconds));
    if (g->seconds == NULL)
        return TERN_ENOMEM;
    g->ratios = g->seconds + m->launches;
    g->probes = g->ratios + m->launches;
    m->n++;
    *out = g;
    return TERN_OK;
}

static int find_group(struct merge *m, const struct row *row, struct group **out)
{
    for (size_t i = 0; i < m->n; i++)
        if (is_same(&m->groups[i].row, row)) {
            *out = &m->groups[i];
            return TERN_OK;
        }
    return new_group(m, row, out);
}

static int take_point(struct merge *m, const json_t *point)
{
    const json_t *seconds = json_object_get(point, "seconds");
    struct row row = {.converged = true};
    struct group *g;

    take_text(point, "kernel", row.kernel, sizeof(row.kernel));
    take_text(point, "call", row.variant, sizeof(row.variant));
    take_text(point, "regime", row.regime, sizeof(row.regime));
    take_text(point, "against", row.baseline, sizeof(row.baseline));
    row.bytes = json_integer_value(json_object_get(point, "bytes"));
    row.flops = fmax(0, real(point, "flops"));
    if (!isfinite(real(seconds, "median")))
        return tern_fail(TERN_EINVAL, NULL, "a point has no median");
    int error = find_group(m, &row, &g);
    if (error || g->n == m->launches) /* the same point twice in one file */
        return error;
    g->seconds[g->n] = real(seconds, "median");
    g->ratios[g->n] = real(json_object_get(point, "ratio"), "median");
    g->probes[g->n] = real(point, "probe");
    g->min = fmin(g->min, real(seconds, "min"));
    g->max = fmax(g->max, real(seconds, "max"));
    g->row.converged &= json_is_true(json_object_get(point, "converged"));
    take_histogram(point, &g->row.histogram);
    g->n++;
    return TERN_OK;
}

static int take_file(struct merge *m, const char *path)
{
    json_error_t why;
    json_t *report = json_load_file(path, 0, &why), *point;
    const json_t *points = json_object_get(report, "points");
    int error = TERN_OK;
    size_t i;

    if (report == NULL)
        return tern_fail(TERN_EIO, NULL, "%s: %s", path, why.text);
    if (!json_is_array(points))
        error = tern_fail(TERN_EINVAL, NULL, "%s: no report of tern-bench", path);
    json_array_foreach(points, i, point)
    {
        if (!error && (error = take_point(m, point)) != TERN_OK)
            error = tern_fail(error, NULL, "%s: point %zu is none of tern-bench", path, i);
    }
    json_decref(report);
    return error;
}

static int finish(struct group *g)
{
    struct row *r = &g->row;
    tern_stat_figure probe;
    int error = tern_stat_summarize(g->seconds, g->n, &r->seconds);

    error = error ? error : tern_stat_summarize(g->probes, g->n, &probe);
    if (!error && r->baseline[0] != '\0')
        error = tern_stat_summarize(g->ratios, g->n, &r->ratio);
    if (error)
        return error;
    r->probe = probe.median;
    r->seconds.min = g->min;
    r->seconds.max = g->max;
    return TERN_OK;
}

static int merge(struct merge *m, char **paths)
{
    int error = TERN_OK;

    for (size_t i = 0; i < m->launches && !error; i++)
        error = take_file(m, paths[i]);
    if (!error && tern_prog_talks())
        row_print_head("G/s");
    tern_json_array(tern_prog_report(), "points");
    for (size_t i = 0; i < m->n && !error; i++) {
        error = finish(&m->groups[i]);
        if (!error && tern_prog_talks())
            row_print(&m->groups[i].row);
        row_json(&m->groups[i].row, tern_prog_report());
    }
    tern_json_end(tern_prog_report());
    for (size_t i = 0; i < m->n; i++)
        free(m->groups[i].seconds);
    free(m->groups);
    return error;
}

#else

struct merge {
    size_t launches;
};

static int merge(struct merge *m, char **paths)
{
    (void)m, (void)paths;
    return tern_fail(TERN_ENOTSUP, NULL,
                     "this build cannot read JSON: install Jansson (Debian: libjansson-dev)");
}

#endif

void bench_merge(int n, char **paths)
{
    struct merge m = {.launches = (size_t)n};

    if (n < 1)
        tern_prog_usage("merge needs the reports of tern-bench --json");
    int error = tern_rank(tern_world()) == 0 ? merge(&m, paths) : TERN_OK;
    error = tern_agree(tern_world(), error);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
}
