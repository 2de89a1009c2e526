/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated keys: make, sort, verify, report; nothing is read or written. */
#include "config.h"

#include "sort/binary.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

static const char *const distributions = TERN_DISTRIBUTION_NAMES;

int find_name(const char *names, const char *name, size_t n)
{
    for (int i = 0;; i++) {
        size_t length = strcspn(names, "|");
        if (length == n && strncmp(names, name, n) == 0)
            return i;
        if (names[length] == '\0')
            return -1;
        names += length + 1;
    }
}

/* "uniform:10M" */
static tern_generator parse(const sort_settings *s)
{
    size_t n = strcspn(s->generate, ":");
    int distribution = find_name(distributions, s->generate, n);
    double total;

    if (distribution < 0)
        tern_prog_usage("--generate: '%.*s' is none of %s", (int)n, s->generate, distributions);
    if (s->generate[n] != ':')
        tern_prog_usage("--generate: '%s' has no ':' and number of keys", s->generate);
    const char *number = s->generate + n + 1;
    if (tern_parse_number(number, &total) || total < 0 || total > 0x1p53 || total != floor(total))
        tern_prog_usage("--generate: '%s' is not a whole number up to 2^53", number);
    return (tern_generator){
        .distribution = (enum tern_distribution)distribution,
        .type = (enum tern_key_type)(s->type >= 0 ? s->type : TERN_U64),
        .seed = (uint64_t)s->seed,
        .total = (uint64_t)total,
    };
}

typedef struct result {
    tern_content content;
    bool sorted, kept;
} result;

static int sort_and_verify(tern_comm *c, const sort_settings *s, const tern_generator *g,
                           void **keys, result *out)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c), part = g->total / p,
             rest = g->total % p;
    size_t n = (size_t)(part + (r < rest)), width = tern_key_bytes(g->type);
    tern_proof after = {.sorted = false};
    tern_sort_options options = {.descending = s->reverse,
                                 .in_place = s->in_place,
                                 .algorithm = s->algorithm,
                                 .prove = &after,
                                 .phase = tern_prog_phase};

    tern_prog_phase("generate", 0);
    *keys = tern_alloc(n * width);
    int error = tern_agree(c, *keys != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = tern_agree(c, tern_generate(g, part * r + (r < rest ? r : rest), n, *keys));
    if (!error)
        error = tern_sort(c, g->type, keys, &n, &options);
    tern_prog_phase(NULL, n * width);
    if (error && error != TERN_EMISMATCH)
        return error;
    out->sorted = after.sorted;
    out->content = after.content;
    out->kept = !error; /* what is not in order is not known to be kept either */
    report_result(c, out->content.items, out->content.bytes, n);
    return TERN_OK;
}

static void print_report(tern_comm *c, const tern_generator *g, const result *r)
{
    static const char *const phases[] = {"sort", "split", "exchange", "merge"};
    double bytes = (double)r->content.bytes, total = 0;

    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        total += tern_prog_phase_seconds(phases[i]);
    if (!tern_prog_talks())
        return;
    printf("%" PRIu64 " keys, %.6g MB, %d rank%s x %d thread%s\n", g->total, bytes / 1e6,
           tern_size(c), tern_size(c) == 1 ? "" : "s", omp_get_max_threads(),
           omp_get_max_threads() == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        if (tern_prog_phase_seconds(phases[i]) > 0)
            printf("  %-9s %9.4f s\n", phases[i], tern_prog_phase_seconds(phases[i]));
    printf("  %-9s %9.4f s  %.4g Mkeys/s\n", "in all", total,
           total > 0 ? (double)g->total / total / 1e6 : 0.0);
    printf("order: %s, content: %s (hash %016" PRIx64 ")\n", r->sorted ? "right" : "WRONG",
           r->kept ? "right" : "WRONG", r->content.hash);
}

enum tern_exit sort_generated(tern_comm *c, const sort_settings *s)
{
    if (makes_records(s))
        return generate_records(c, s);
    tern_generator g = parse(s);
    void *keys = NULL;
    result r = {.sorted = false};
    int error = sort_and_verify(c, s, &g, &keys, &r);

    tern_free(keys);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    print_report(c, &g, &r);
    return r.sorted && r.kept ? TERN_EXIT_OK : TERN_EXIT_DIFFER;
}
