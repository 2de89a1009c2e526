/* SPDX-License-Identifier: BSD-3-Clause */
/* The cut into blocks.  All ranks see all samples, merge them, and take every so many as splitter,
 * which tells its rank, run and position, so that no two are equal.  R runs with a sample every K
 * records put a splitter at most R K records beside where it should be.  Where it cuts a run
 * exactly is between two samples: K records are read to know. */
#include "config.h"

#include "sort/external_private.h"

#include <stdlib.h>
#include <string.h>

/* Behind a sample's record: where it is from. */
typedef struct origin {
    uint64_t rank, run, position;
} origin;

/* All samples, in order. */
typedef struct sample_set {
    size_t width; /* bytes of a sample */
    size_t n;
    char *samples, *scratch;
    int64_t *from; /* of each run */
    size_t runs;
} sample_set;

static origin origin_of(const tern__external_sort *x, const char *sample)
{
    origin o;

    memcpy(&o, sample + x->bytes, sizeof(o));
    return o;
}

/* ---- Merging samples --------------------------------------------------------------------------
 */

static bool less(const void *context, const void *a, const void *b)
{
    const tern__external_sort *x = context;

    return tern__compare_items(&x->items, a, b) < 0;
}

static void merge(const void *context, const void *first, size_t na, const void *second, size_t nb,
                  void *merged)
{
    const tern__external_sort *x = context;
    size_t width = x->bytes + sizeof(origin);
    const char *a = first, *b = second, *a_end = a + na * width, *b_end = b + nb * width;
    char *out = merged;

    while (a < a_end && b < b_end) {
        const char **from = less(x, b, a) ? &b : &a;
        memcpy(out, *from, width);
        *from += width;
        out += width;
    }
    memcpy(out, a, (size_t)(a_end - a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b));
}

/* ---- Gathering them ---------------------------------------------------------------------------
 */

static size_t runs_of(const tern__external_sort *x, uint64_t n)
{
    return (size_t)((n + x->run - 1) / x->run);
}

/* Where the samples of every run of every rank begin. */
static void place(const tern__external_sort *x, sample_set *s)
{
    for (int r = 0; r < tern_size(x->c); r++)
        for (size_t j = 0; j < runs_of(x, x->ranks_n[r]); j++) {
            s->from[s->runs++] = (int64_t)s->n;
            s->n += tern__sample_count(x, tern__run_length(x->ranks_n[r], x->run, j));
        }
    s->from[s->runs] = (int64_t)s->n;
}

static void put_own(const tern__external_sort *x, char *out)
{
    for (size_t j = 0; j < x->runs; j++) {
        size_t n = tern__sample_count(x, tern__run_length(x->e->n, x->run, j));
        for (size_t i = 0; i < n; i++, out += x->bytes + sizeof(origin)) {
            origin o = {(uint64_t)tern_rank(x->c), j, i * x->every};
            memcpy(out, x->samples + (j * x->per_run + i) * x->bytes, x->bytes);
            memcpy(out + x->bytes, &o, sizeof(o));
        }
    }
}

static int gather(const tern__external_sort *x, sample_set *s)
{
    size_t run = 0;
    int error = TERN_OK;

    for (int r = 0; r < tern_size(x->c) && !error; r++) {
        size_t first = (size_t)s->from[run];
        run += runs_of(x, x->ranks_n[r]);
        size_t n = (size_t)s->from[run] - first;
        char *part = s->samples + first * s->width;
        if (r == tern_rank(x->c))
            put_own(x, part);
        if (n > 0)
            error = tern_bcast(x->c, part, n * s->width, MPI_BYTE, r);
    }
    return error;
}

static int order_samples(const tern__external_sort *x, sample_set *s)
{
    tern__merger merger = {s->width, less, merge, x};
    int error = gather(x, s);

    if (error || s->runs == 0)
        return error;
    char *sorted = tern__merge_runs(&merger, s->samples, s->scratch, s->from, (int)s->runs);
    if (sorted == s->scratch) {
        s->scratch = s->samples;
        s->samples = sorted;
    }
    return TERN_OK;
}

/* ---- Cutting runs -----------------------------------------------------------------------------
 */

/* How many records of run j are before the splitter. */
static int locate(const tern__external_sort *x, const char *splitter, size_t j, char *buffer,
                  uint64_t *out)
{
    origin o = origin_of(x, splitter);
    uint64_t me = (uint64_t)tern_rank(x->c);
    bool equal_too = me < o.rank || (me == o.rank && j < o.run);
    size_t length = tern__run_length(x->e->n, x->run, j), samples = tern__sample_count(x, length);
    const char *key = splitter + x->items.key_offset;

    if (me == o.rank && j == o.run) {
        *out = o.position;
        return TERN_OK;
    }
    size_t i =
        tern__bound(&x->items, x->samples + j * x->per_run * x->bytes, 0, samples, key, equal_too);
    *out = 0;
    if (i == 0)
        return TERN_OK;
    size_t low = (i - 1) * x->every + 1, high = i * x->every < length ? i * x->every : length;
    int error = tern__runs_read(x, (uint64_t)x->run * j + low, high - low, buffer);
    if (!error)
        *out = low + tern__bound(&x->items, buffer, 0, high - low, key, equal_too);
    return error;
}

static const char *splitter_of(const tern__external_sort *x, const sample_set *s, size_t block)
{
    return s->samples + s->n * block / x->blocks * s->width;
}

static int cut_runs(tern__external_sort *x, const sample_set *s)
{
    char *buffer = tern_alloc(x->every * x->bytes);
    int error = buffer != NULL ? TERN_OK : TERN_ENOMEM;

    for (size_t b = 1; b < x->blocks && !error; b++)
        for (size_t j = 0; j < x->runs && !error; j++)
            error = locate(x, splitter_of(x, s, b), j, buffer, &x->cut[b * x->runs + j]);
    for (size_t j = 0; j < x->runs; j++)
        x->cut[x->blocks * x->runs + j] = tern__run_length(x->e->n, x->run, j);
    tern_free(buffer);
    return error;
}

/* Where blocks begin in the whole order. */
static int sum_blocks(tern__external_sort *x)
{
    uint64_t *mine = calloc(x->blocks + 1, sizeof(*mine));
    int error = tern_agree(
        x->c, mine != NULL ? TERN_OK
                           : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu blocks", x->blocks));

    for (size_t b = 0; b <= x->blocks && !error; b++)
        for (size_t j = 0; j < x->runs; j++)
            mine[b] += x->cut[b * x->runs + j];
    if (!error)
        error = tern_allreduce(x->c, mine, x->begin, x->blocks + 1, MPI_UINT64_T, MPI_SUM);
    free(mine);
    return error;
}

static int allocate(tern__external_sort *x, sample_set *s)
{
    uint64_t runs = 1;

    for (int r = 0; r < tern_size(x->c); r++)
        runs += runs_of(x, x->ranks_n[r]);
    s->from = malloc((size_t)runs * sizeof(*s->from));
    if (s->from == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %llu runs", (unsigned long long)runs);
    place(x, s);
    s->samples = tern_alloc(s->n * s->width);
    s->scratch = tern_alloc(s->n * s->width);
    x->blocks = (size_t)((x->total + x->most - 1) / x->most);
    x->blocks = x->blocks < s->n ? x->blocks : s->n;
    x->cut = calloc((x->blocks + 1) * x->runs + 1, sizeof(*x->cut));
    x->begin = calloc(x->blocks + 1, sizeof(*x->begin));
    if (s->samples == NULL || s->scratch == NULL)
        return TERN_ENOMEM;
    return x->cut != NULL && x->begin != NULL
               ? TERN_OK
               : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu blocks", x->blocks);
}

int tern__external_split(tern__external_sort *x)
{
    sample_set s = {.width = x->bytes + sizeof(origin)};
    int error = tern_agree(x->c, allocate(x, &s));

    if (!error)
        error = order_samples(x, &s);
    if (!error)
        error = tern_agree(x->c, cut_runs(x, &s));
    if (!error)
        error = sum_blocks(x);
    tern_free(s.samples);
    tern_free(s.scratch);
    free(s.from);
    return error;
}
