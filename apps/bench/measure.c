/* SPDX-License-Identifier: BSD-3-Clause */
/* A command's variants as a measurement of lib/stat over the ranks of a communicator: every size
 * is one measurement, whose rounds hold all variants. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_VARIANTS = 32, MOST_SIZES = 64, MOST_IN_FLIGHT = 64 << 20, MOST_BYTES = 256 << 20 };

struct work {
    struct bench bench;
    const struct command *command;
    const struct settings *settings;
    const struct variant *variants[MOST_VARIANTS];
    size_t baseline[MOST_VARIANTS];
    size_t n;
    int64_t sizes[MOST_SIZES];
    size_t sizes_n;
    size_t moved; /* bytes, for the report */
    void *bsend;  /* the buffer of buffered sends */
    size_t counts[TERN_STAT_REGIMES];
};

/* ---- What lib/stat needs of MPI ---------------------------------------------------------------
 */

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;

    return w->command->run(&w->bench, w->variants[variant], repetitions);
}

static int start(void *context)
{
    const struct work *w = context;

    return tern_barrier(w->bench.comm);
}

static int agree(void *context, double *values, size_t n)
{
    const struct work *w = context;

    return tern_allreduce(w->bench.comm, MPI_IN_PLACE, values, n, MPI_DOUBLE, MPI_MAX);
}

/* Infinity is a machine too busy to tell. */
static double probe(void *context)
{
    const struct work *w = context;
    double seconds;

    if (tern_bounce_measure(w->bench.bounce, &seconds) != TERN_OK || isnan(seconds))
        return INFINITY;
    return seconds;
}

/* ---- Settings ------------------------------------------------------------------------------- */

static int parse_sizes(struct work *w, const char *list)
{
    while (*list != '\0') {
        char word[32];
        double bytes;
        size_t n = strcspn(list, ",");
        if (n < sizeof(word))
            snprintf(word, sizeof(word), "%.*s", (int)n, list);
        if (n >= sizeof(word) || tern_parse_number(word, &bytes) || bytes < 1 || bytes > MOST_BYTES
            || bytes != floor(bytes))
            return tern_fail(TERN_EINVAL, NULL,
                             "--sizes: '%.*s' is no whole number of bytes from 1 to 256Mi", (int)n,
                             list);
        if (w->sizes_n == MOST_SIZES)
            return tern_fail(TERN_EINVAL, NULL, "--sizes: more than %d sizes", MOST_SIZES);
        w->sizes[w->sizes_n++] = (int64_t)bytes;
        list += n + (list[n] == ',');
    }
    if (w->sizes_n == 0)
        return tern_fail(TERN_EINVAL, NULL, "--sizes: no size");
    return TERN_OK;
}

/* Whether `word` is one of the comma-separated words of `list`; NULL lists all. */
static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);

    if (list == NULL)
        return true;
    for (const char *at = list;; at += 1) {
        size_t length = strcspn(at, ",");
        if (length == n && strncmp(at, word, n) == 0)
            return true;
        at += length;
        if (*at == '\0')
            return false;
    }
}

/* Every word of --modes must be one of the command's. */
static int check_modes(const struct work *w)
{
    const char *list = w->settings->modes != NULL ? w->settings->modes : "";

    while (*list != '\0') {
        char word[32] = "";
        size_t n = strcspn(list, ",");
        bool known = false;
        snprintf(word, sizeof(word), "%.*s", (int)n, list);
        for (const struct variant *v = w->command->variants; v->name != NULL; v++)
            known |= strcmp(v->mode, word) == 0;
        if (!known)
            return tern_fail(TERN_EINVAL, NULL, "--modes: '%s' is no mode of %s", word,
                             w->command->name);
        list += n + (list[n] == ',');
    }
    return TERN_OK;
}

/* Baselines stand before those that are compared with them; one that is needed is taken too. */
static bool is_wanted(const struct work *w, const struct variant *v)
{
    bool wanted = listed(w->settings->modes, v->mode);

    for (const struct variant *other = v + 1; other->name != NULL && !wanted; other++)
        wanted = other->baseline != NULL && strcmp(other->baseline, v->name) == 0
                 && listed(w->settings->modes, other->mode);
    return wanted;
}

static void pick_variants(struct work *w)
{
    for (const struct variant *v = w->command->variants; v->name != NULL; v++) {
        if (!is_wanted(w, v))
            continue;
        size_t base = w->n;
        for (size_t i = 0; i < w->n && v->baseline != NULL; i++)
            if (strcmp(w->variants[i]->name, v->baseline) == 0)
                base = i;
        w->baseline[w->n] = base;
        w->variants[w->n++] = v;
    }
}

/* ---- What is needed to send ------------------------------------------------------------------ */

static int window_for(const struct command *command, int64_t bytes)
{
    int64_t most = command->windowed ? MOST_IN_FLIGHT / bytes : 1;

    return (int)(most < 1 ? 1 : most < WINDOW ? most : WINDOW);
}

/* One buffer for both, plain MPI and the layer: a process can have but one. */
static int attach(struct work *w, size_t bytes)
{
    bool buffered = false;

    for (size_t i = 0; i < w->n; i++)
        buffered |= w->variants[i]->send == TERN_BUFFERED;
    if (!buffered)
        return TERN_OK;
    bytes = 2 * bytes + (size_t)4 * WINDOW * MPI_BSEND_OVERHEAD + (1 << 20);
    w->bsend = tern_alloc(bytes);
    if (w->bsend == NULL)
        return TERN_ENOMEM;
    tern_touch(w->bsend, bytes);
    return MPI_Buffer_attach(w->bsend, (int)bytes) ? TERN_EMPI : TERN_OK;
}

static int allocate(struct work *w)
{
    size_t out = 1, in = 1;

    for (size_t i = 0; i < w->sizes_n; i++) {
        size_t bytes = (size_t)w->sizes[i];
        size_t all = bytes * (size_t)window_for(w->command, w->sizes[i]);
        out = bytes > out ? bytes : out;
        in = all > in ? all : in;
    }
    w->bench.out = tern_alloc(out);
    w->bench.in = tern_alloc(in);
    if (w->bench.out == NULL || w->bench.in == NULL)
        return TERN_ENOMEM;
    tern_touch(w->bench.out, out);
    tern_touch(w->bench.in, in);
    return attach(w, in);
}

/* The cache line between ranks 0 and 1 of a node tells something only where both have a core. */
static int open_probe(struct work *w)
{
    MPI_Comm node = tern_comm_node(w->bench.comm);
    int ranks, cpus, fits, all = 0;

    if (MPI_Comm_size(node, &ranks))
        return TERN_EMPI;
    int error = tern_agree(w->bench.comm, tern_node_cpus(node, &cpus));
    if (error)
        return error;
    fits = ranks > 1 && ranks <= cpus;
    error = tern_allreduce(w->bench.comm, &fits, &all, 1, MPI_INT, MPI_MIN);
    if (error || !all)
        return error;
    return tern_bounce_open(node, &w->bench.bounce);
}

static int prepare(struct work *w)
{
    struct bench *b = &w->bench;

    b->rank = tern_rank(b->comm);
    b->peer = 1 - b->rank;
    if (MPI_Comm_dup(tern_comm_raw(b->comm), &b->raw)
        || MPI_Comm_set_errhandler(b->raw, MPI_ERRORS_RETURN))
        return tern_fail(TERN_EMPI, NULL, "the communicator cannot be duplicated");
    int error = tern_agree(b->comm, allocate(w));
    error = error ? error : open_probe(w);
    return tern_agree(b->comm, error);
}

static void tidy(struct work *w)
{
    void *block;
    int bytes;

    if (w->command->end != NULL)
        w->command->end();
    tern_bounce_close(w->bench.bounce);
    if (w->bsend != NULL)
        MPI_Buffer_detach(&block, &bytes);
    tern_free(w->bsend);
    tern_free(w->bench.out);
    tern_free(w->bench.in);
    MPI_Comm_free(&w->bench.raw);
}

/* ---- One size ------------------------------------------------------------------------------- */

static char pattern(int rank, size_t i)
{
    return (char)tern_mix(i + ((uint64_t)rank << 40));
}

/* One repetition of `v` outside the timing, with bytes that tell their sender and place. */
static int check(struct work *w, const struct variant *v)
{
    struct bench *b = &w->bench;
    size_t in = b->bytes * (size_t)b->window, wrong = 0;

    for (size_t i = 0; i < b->bytes; i++)
        b->out[i] = pattern(b->rank, i);
    for (size_t i = 0; i < in; i++)
        b->in[i] = (char)~pattern(b->peer, i % b->bytes);
    b->checking = true;
    int error = w->command->run(b, v, 1);
    b->checking = false;
    if (w->command->alone || (w->command->windowed && b->rank == 0))
        return error;
    for (size_t i = 0; i < in && !error; i++)
        wrong += b->in[i] != pattern(b->peer, i % b->bytes);
    if (wrong > 0)
        return tern_fail(TERN_EMISMATCH, NULL, "%s: %zu of %zu bytes arrived wrong", v->name, wrong,
                         in);
    return error;
}

static void name_row(const struct work *w, size_t v, struct row *row)
{
    size_t base = w->baseline[v];

    snprintf(row->kernel, sizeof(row->kernel), "%s", w->command->name);
    snprintf(row->variant, sizeof(row->variant), "%s", w->variants[v]->name);
    snprintf(row->baseline, sizeof(row->baseline), "%s", base != v ? w->variants[base]->name : "");
    row->bytes = (int64_t)w->bench.bytes;
    row->flops = w->command->flops != NULL ? w->command->flops(&w->bench, w->variants[v]) : 0;
}

static int report_variant(const struct work *w, const tern_stat_samples *s, size_t v, double line)
{
    for (enum tern_stat_regime regime = TERN_STAT_FAST; regime <= TERN_STAT_VOID; regime++) {
        struct row row = {.probe = line, .converged = s->converged};
        if (s->count[regime] == 0 || (regime == TERN_STAT_VOID && regime != s->main))
            continue;
        name_row(w, v, &row);
        snprintf(row.regime, sizeof(row.regime), "%s",
                 w->bench.bounce != NULL ? tern_stat_regime_name(regime) : "any");
        int error = tern_stat_time(s, v, regime, &row.seconds);
        if (!error && w->baseline[v] != v)
            error = tern_stat_ratio(s, v, w->baseline[v], regime, &row.ratio);
        if (error)
            return error;
        for (size_t i = 0; i < s->rounds; i++)
            if (s->regime[i] == regime)
                tern_stat_histogram_add(&row.histogram, s->seconds[i * s->variants + v]);
        row_json(&row, tern_prog_report());
        if (regime == s->main && tern_prog_talks())
            row_print(&row);
    }
    return TERN_OK;
}

static int report(struct work *w, const tern_stat_samples *s)
{
    tern_stat_figure line;
    int error = tern_stat_probes(s, &line);

    for (size_t v = 0; v < w->n && !error; v++) {
        error = report_variant(w, s, v, line.median);
        w->moved += w->bench.bytes * s->repetitions[v] * s->rounds
                    * (size_t)(w->command->windowed ? w->bench.window : 1);
    }
    if (error || !tern_prog_talks())
        return error;
    printf("# %zu rounds (%zu fast, %zu slow, %zu void) after %zu of warm-up, %.2f s", s->rounds,
           s->count[TERN_STAT_FAST], s->count[TERN_STAT_SLOW], s->count[TERN_STAT_VOID], s->warm_up,
           s->spent);
    if (w->bench.bounce != NULL)
        printf("; cache line %.1f ns [%.1f-%.1f]", line.median * 1e9, line.min * 1e9,
               line.max * 1e9);
    printf("%s\n", s->converged ? "" : "; not converged");
    fflush(stdout);
    return TERN_OK;
}

/* In a repetition. */
static int operations(const struct work *w)
{
    if (w->bench.bytes == 0 || w->command->alone)
        return 1;
    return w->command->windowed ? w->bench.window : 2;
}

static int measure_size(struct work *w, int64_t bytes)
{
    struct bench *b = &w->bench;
    tern_stat_samples *samples = NULL;
    int error = TERN_OK;

    b->bytes = (size_t)bytes;
    b->window = bytes > 0 ? window_for(w->command, bytes) : 1;
    for (size_t v = 0; v < w->n && bytes > 0 && !error; v++)
        error = tern_agree(b->comm, check(w, w->variants[v]));
    if (error)
        return error;
    error = tern_stat_measure(
        &(tern_stat_plan){
            .variants = w->n,
            .baseline = w->baseline,
            .run = run,
            .start = start,
            .agree = agree,
            .probe = b->bounce != NULL ? probe : NULL,
            .context = w,
            .operations = operations(w),
            .batch = w->settings->batch,
            .narrow = w->settings->narrow,
            .seconds = w->settings->seconds,
            .seed = (uint64_t)w->settings->seed,
        },
        &samples);
    error = error ? error : tern_agree(b->comm, report(w, samples));
    tern_stat_free(samples);
    return error;
}

void bench_measure(tern_comm *c, const struct command *command, const struct settings *settings)
{
    struct work w = {.bench = {.comm = c}, .command = command, .settings = settings};
    int error = check_modes(&w);

    if (!error && command->sizes != NULL)
        error = parse_sizes(&w, settings->sizes != NULL ? settings->sizes : command->sizes);
    if (error)
        tern_prog_usage("%s", tern_last_error());
    if (command->ranks > 0 && tern_size(c) != command->ranks)
        tern_prog_usage("%s needs %d ranks, not %d: mpirun -n %d tern-bench %s", command->name,
                        command->ranks, tern_size(c), command->ranks, command->name);
    pick_variants(&w);
    error = prepare(&w);
    if (!error && tern_prog_talks())
        row_print_head(command->flops != NULL ? "GF/s" : "GB/s");
    tern_json_array(tern_prog_report(), "points");
    tern_prog_phase(command->name, 0);
    if (command->sizes == NULL)
        w.sizes_n = 1; /* of no bytes */
    for (size_t i = 0; i < w.sizes_n && !error; i++)
        error = measure_size(&w, w.sizes[i]);
    if (error)
        tern_prog_fail(error == TERN_EMISMATCH ? TERN_EXIT_DIFFER : TERN_EXIT_ERROR, error);
    tern_prog_phase(NULL, w.moved);
    tern_json_end(tern_prog_report());
    tidy(&w);
}
