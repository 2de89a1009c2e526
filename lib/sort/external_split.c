/* SPDX-License-Identifier: BSD-3-Clause */
/* The cut into blocks.  All ranks see all samples, merge them, and take those nearest to equal
 * shares as splitters; a splitter tells its rank, run and place, so that no two are equal.  R runs
 * with a sample every K bytes put a splitter at most R K bytes beside where it should be.  Where it
 * cuts a run exactly is between two samples: K bytes are read to know. */
#include "config.h"

#include "sort/external_private.h"

#include <stdlib.h>
#include <string.h>

/* All samples, in order. */
typedef struct sample_set {
    tern__external_sort *x;
    size_t n, bytes;
    tern__run_sample *sample, *scratch;
    char *text;
    int64_t *from; /* of each run */
    size_t runs;
    uint64_t weight;
} sample_set;

/* What each rank has of samples. */
typedef struct amounts {
    uint64_t samples, bytes, runs;
} amounts;

/* ---- Merging samples --------------------------------------------------------------------------
 */

static bool less(const void *context, const void *a, const void *b)
{
    const sample_set *s = context;
    const tern__run_sample *u = a, *v = b;

    return s->x->kind->compare(s->x, s->text + u->text, u->length, s->text + v->text, v->length)
           < 0;
}

static void merge(const void *context, const void *first, size_t na, const void *second, size_t nb,
                  void *merged)
{
    const tern__run_sample *a = first, *b = second, *a_end = a + na, *b_end = b + nb;
    tern__run_sample *out = merged;

    while (a < a_end && b < b_end)
        *out++ = less(context, b, a) ? *b++ : *a++;
    memcpy(out, a, (size_t)(a_end - a) * sizeof(*a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));
}

/* ---- Gathering them ---------------------------------------------------------------------------
 */

static amounts own_amounts(const tern__external_sort *x)
{
    amounts a = {.runs = x->runs};

    for (size_t j = 0; j < x->runs; j++) {
        a.samples += x->run[j].samples;
        a.bytes += x->run[j].text_bytes;
    }
    return a;
}

/* This rank's samples, whose bytes begin at `at` of all. */
static void put_own(const tern__external_sort *x, tern__run_sample *out, char *text, uint64_t at)
{
    for (size_t j = 0; j < x->runs; j++) {
        const tern__run *run = &x->run[j];
        for (size_t i = 0; i < run->samples; i++) {
            *out = run->sample[i];
            out++->text += at;
        }
        memcpy(text + at, run->text, run->text_bytes);
        at += run->text_bytes;
    }
}

/* Where the samples of every run begin. */
static void find_runs(sample_set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        s->weight += s->sample[i].weight;
        if (s->sample[i].at == 0) /* the first of its run */
            s->from[s->runs++] = (int64_t)i;
    }
    s->from[s->runs] = (int64_t)s->n;
}

static int gather(sample_set *s, const amounts *of_rank)
{
    const tern__external_sort *x = s->x;
    size_t first = 0, at = 0;
    int error = TERN_OK;

    for (int r = 0; r < tern_size(x->c) && !error; r++) {
        size_t n = (size_t)of_rank[r].samples, bytes = (size_t)of_rank[r].bytes;
        if (r == tern_rank(x->c))
            put_own(x, s->sample + first, s->text, at);
        if (n > 0)
            error = tern_bcast(x->c, s->sample + first, n * sizeof(*s->sample), MPI_BYTE, r);
        if (n > 0 && !error)
            error = tern_bcast(x->c, s->text + at, bytes, MPI_BYTE, r);
        first += n;
        at += bytes;
    }
    return error;
}

static void order_samples(sample_set *s)
{
    tern__merger merger = {sizeof(*s->sample), less, merge, s};

    find_runs(s);
    if (s->runs == 0)
        return;
    tern__run_sample *sorted =
        tern__merge_runs(&merger, s->sample, s->scratch, s->from, (int)s->runs);
    if (sorted == s->scratch) {
        s->scratch = s->sample;
        s->sample = sorted;
    }
}

static int allocate(sample_set *s, const amounts *of_rank)
{
    uint64_t runs = 0;

    for (int r = 0; r < tern_size(s->x->c); r++) {
        s->n += (size_t)of_rank[r].samples;
        s->bytes += (size_t)of_rank[r].bytes;
        runs += of_rank[r].runs;
    }
    s->from = malloc((size_t)(runs + 1) * sizeof(*s->from));
    if (s->from == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %llu runs", (unsigned long long)runs);
    s->sample = tern_alloc(s->n * sizeof(*s->sample));
    s->scratch = tern_alloc(s->n * sizeof(*s->scratch));
    s->text = tern_alloc(s->bytes);
    return s->sample != NULL && s->scratch != NULL && s->text != NULL ? TERN_OK : TERN_ENOMEM;
}

static int collect(sample_set *s)
{
    tern_comm *c = s->x->c;
    amounts mine = own_amounts(s->x), *of_rank = malloc((size_t)tern_size(c) * sizeof(*of_rank));
    int error = tern_agree(
        c, of_rank != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for samples"));

    if (!error)
        error = tern_allgather(c, &mine, of_rank, sizeof(mine), MPI_BYTE);
    if (!error)
        error = tern_agree(c, allocate(s, of_rank));
    if (!error)
        error = gather(s, of_rank);
    if (!error)
        order_samples(s);
    free(of_rank);
    return error;
}

/* ---- Cutting runs -----------------------------------------------------------------------------
 */

/* Whether an item of run j is before the splitter: equal ones by rank, run and place, or, where
 * equal ones must stay together, none. */
static bool is_before(const sample_set *s, const tern__run_sample *splitter, size_t j,
                      const char *item, size_t bytes)
{
    const tern__external_sort *x = s->x;
    uint64_t me = (uint64_t)tern_rank(x->c);
    int order = x->kind->compare(x, item, bytes, s->text + splitter->text, splitter->length);
    bool together = x->e->lines != NULL && x->e->lines->unique;

    return order < 0
           || (order == 0 && !together
               && (me < splitter->rank || (me == splitter->rank && j < splitter->run)));
}

/* How many samples of run j are before the splitter. */
static size_t samples_before(const sample_set *s, const tern__run_sample *splitter, size_t j)
{
    const tern__run *run = &s->x->run[j];
    size_t low = 0, high = run->samples;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const tern__run_sample *m = &run->sample[middle];
        if (is_before(s, splitter, j, run->text + m->text, (size_t)m->length))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many bytes of run j are before the splitter. */
static int locate(const sample_set *s, const tern__run_sample *splitter, size_t j, uint64_t *out)
{
    tern__external_sort *x = s->x;
    const tern__run *run = &x->run[j];

    *out = splitter->at;
    if (splitter->rank == (uint64_t)tern_rank(x->c) && splitter->run == j)
        return TERN_OK;
    size_t i = samples_before(s, splitter, j);
    *out = 0;
    if (i == 0)
        return TERN_OK;
    uint64_t low = run->sample[i - 1].at + run->sample[i - 1].length;
    size_t bytes = (size_t)((i < run->samples ? run->sample[i].at : run->bytes) - low), at = 0;
    char *piece = tern_alloc(bytes);
    int error = piece != NULL ? tern__runs_read(x, j, low, bytes, piece) : TERN_ENOMEM;
    while (!error && at < bytes) {
        size_t length = x->kind->length(x, piece + at, piece + bytes);
        if (!is_before(s, splitter, j, piece + at, length))
            break;
        at += length;
    }
    tern_free(piece);
    *out = low + at;
    return error;
}

/* For each block but the first the number of the first sample with so much before it. */
static void choose_splitters(const sample_set *s, size_t *splitter)
{
    uint64_t before = 0, share = s->weight / s->x->blocks;
    size_t i = 0;

    for (size_t b = 1; b < s->x->blocks; b++) {
        while (i + 1 < s->n && before < share * b)
            before += s->sample[i++].weight;
        splitter[b] = i;
    }
}

/* Run by run, so that what is read for one splitter may serve the next. */
static int cut_runs(tern__external_sort *x, const sample_set *s, const size_t *splitter)
{
    int error = TERN_OK;

    for (size_t j = 0; j < x->runs; j++) {
        for (size_t b = 1; b < x->blocks && !error; b++)
            error = locate(s, &s->sample[splitter[b]], j, &x->cut[b * x->runs + j]);
        x->cut[x->blocks * x->runs + j] = x->run[j].bytes;
    }
    return error;
}

static int divide(tern__external_sort *x, const sample_set *s)
{
    x->blocks = (size_t)((s->weight + x->most - 1) / x->most);
    x->blocks = x->blocks < s->n ? x->blocks : s->n;
    x->cut = calloc((x->blocks + 1) * x->runs + 1, sizeof(*x->cut));
    size_t *splitter = calloc(x->blocks + 1, sizeof(*splitter));
    int error = x->cut != NULL && splitter != NULL
                    ? TERN_OK
                    : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu blocks", x->blocks);

    if (!error && x->blocks > 0) {
        choose_splitters(s, splitter);
        error = cut_runs(x, s, splitter);
    }
    free(splitter);
    return error;
}

int tern__external_split(tern__external_sort *x)
{
    sample_set s = {.x = x};
    int error = collect(&s);

    if (!error)
        error = tern_agree(x->c, divide(x, &s));
    tern_free(s.sample);
    tern_free(s.scratch);
    tern_free(s.text);
    free(s.from);
    return error;
}
