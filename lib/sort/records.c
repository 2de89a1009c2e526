/* SPDX-License-Identifier: BSD-3-Clause */
/* Local sort of records: pairs of a key's first word and a position are sorted; groups of equal
 * words by the next word, and so on; then every record is moved once, to where its pair is: to
 * another block, or in place. */
#include "config.h"

#include "sort/records.h"

#include <string.h>

enum { AHEAD = 16 /* records between the request for one and its use */ };

typedef struct pairing {
    const tern__items *t;
    const char *records;
    tern__pair *pairs, *scratch;
} pairing;

static const char *key_of(const pairing *p, const tern__pair *pair)
{
    return tern__item(p->t, p->records, pair->value) + p->t->key_offset;
}

/* Take word i of the keys as keys of pairs begin .. end - 1. */
static void load_word(const pairing *p, unsigned i, size_t begin, size_t end)
{
#pragma omp parallel for schedule(static) if (end - begin > TERN__BLOCK)
    for (size_t k = begin; k < end; k++)
        p->pairs[k].key = p->t->word(p->t, key_of(p, &p->pairs[k]), i);
}

/* The end of the group of equal keys that begins at `begin`. */
static size_t group_end(const pairing *p, size_t begin, size_t end)
{
    size_t i = begin + 1;

    while (i < end && p->pairs[i].key == p->pairs[begin].key)
        i++;
    return i;
}

/* Sort pairs begin .. end - 1, which agree in the words before `i`, by it and what follows. */
static void sort_by_words(const pairing *p, unsigned i, size_t begin, size_t end)
{
    load_word(p, i, begin, end);
    if (p->scratch != NULL)
        tern__radix_pair(p->pairs + begin, p->scratch + begin, end - begin);
    else /* by position, too, which is as good as stable */
        tern__quick_pair(p->pairs + begin, end - begin);
    if (i + 1 == p->t->words)
        return;
    for (size_t group; begin < end; begin = group) {
        group = group_end(p, begin, end);
        if (group - begin > 1)
            sort_by_words(p, i + 1, begin, group);
    }
}

/* ---- The user's order ----------------------------------------------------------------------- */

static bool pair_less(const void *context, const void *a, const void *b)
{
    const pairing *p = context;

    return tern__compare_keys(p->t, key_of(p, a), key_of(p, b)) < 0;
}

static void pair_merge(const void *context, const void *first, size_t na, const void *second,
                       size_t nb, void *merged)
{
    const tern__pair *a = first, *b = second, *a_end = a + na, *b_end = b + nb;
    tern__pair *out = merged;

    while (a < a_end && b < b_end)
        *out++ = pair_less(context, b, a) ? *b++ : *a++;
    memcpy(out, a, (size_t)(a_end - a) * sizeof(*a));
    memcpy(out + (a_end - a), b, (size_t)(b_end - b) * sizeof(*b));
}

/* Merge sort, bottom up, of pairs begin .. end - 1; the runs of one thread. */
static void merge_sort(const pairing *p, size_t begin, size_t end)
{
    tern__pair *in = p->pairs, *out = p->scratch;

    for (size_t run = 1; run < end - begin; run *= 2) {
        for (size_t i = begin; i < end; i += 2 * run) {
            size_t middle = end - i < run ? end : i + run;
            size_t last = end - middle < run ? end : middle + run;
            pair_merge(p, in + i, middle - i, in + middle, last - middle, out + i);
        }
        tern__pair *other = in;
        in = out;
        out = other;
    }
    if (in != p->pairs)
        memcpy(p->pairs + begin, in + begin, (end - begin) * sizeof(*in));
}

static void sort_by_compare(pairing *p, size_t n)
{
    enum { PARTS = 64 };
    tern__merger merger = {sizeof(tern__pair), pair_less, pair_merge, p};
    int64_t from[PARTS + 1];

    for (int i = 0; i <= PARTS; i++)
        from[i] = tern__share_begin((int64_t)n, PARTS, i);
#pragma omp parallel for schedule(dynamic, 1) if (n > TERN__BLOCK)
    for (int i = 0; i < PARTS; i++)
        if (from[i] < from[i + 1])
            merge_sort(p, (size_t)from[i], (size_t)from[i + 1]);
    tern__pair *sorted = tern__merge_runs(&merger, p->pairs, p->scratch, from, PARTS);
    if (sorted == p->scratch) {
        p->scratch = p->pairs;
        p->pairs = sorted;
    }
}

/* ---- Moving --------------------------------------------------------------------------------- */

/* hot */
static void gather(const pairing *p, size_t n, char *out)
{
    size_t bytes = p->t->merger.bytes;

#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            __builtin_prefetch(p->records + p->pairs[i + AHEAD].value * bytes);
        memcpy(out + i * bytes, p->records + p->pairs[i].value * bytes, bytes);
    }
}

/* Round each cycle of the permutation, with one record taken out.  A pair that is done points to
 * its own place. */
static void permute(const pairing *p, size_t n, char *records, char *taken)
{
    size_t bytes = p->t->merger.bytes;

    for (size_t begin = 0; begin < n; begin++) {
        size_t hole = begin;
        if (p->pairs[begin].value == begin)
            continue;
        memcpy(taken, records + begin * bytes, bytes);
        for (size_t from; (from = p->pairs[hole].value) != begin; hole = from) {
            __builtin_prefetch(records + p->pairs[from].value * bytes);
            memcpy(records + hole * bytes, records + from * bytes, bytes);
            p->pairs[hole].value = hole;
        }
        memcpy(records + hole * bytes, taken, bytes);
        p->pairs[hole].value = hole;
    }
}

static void sort_pairs(pairing *p, size_t n)
{
#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++)
        p->pairs[i].value = i;
    if (p->t->words > 0)
        sort_by_words(p, 0, 0, n);
    else
        sort_by_compare(p, n);
}

static int sort_in_place(const tern__items *t, char *records, size_t n)
{
    bool merges = t->words == 0;
    pairing p = {
        .t = t,
        .records = records,
        .pairs = tern_alloc(n * sizeof(*p.pairs)),
        .scratch = merges ? tern_alloc(n * sizeof(*p.scratch)) : NULL,
    };
    char *taken = tern_alloc(t->merger.bytes);
    bool ready = p.pairs != NULL && taken != NULL && (p.scratch != NULL || !merges);

    if (ready) {
        sort_pairs(&p, n);
        tern_free(p.scratch);
        p.scratch = NULL;
        permute(&p, n, records, taken);
    }
    tern_free(p.scratch);
    tern_free(p.pairs);
    tern_free(taken);
    return ready ? TERN_OK : TERN_ENOMEM;
}

/* Where the pairs that are not needed any more take no more room than the records, these go there:
 * fresh memory costs as much as moving them. */
int tern__sort_records(const tern__items *t, char **records, size_t n, size_t room)
{
    if (n < 2)
        return TERN_OK;
    if (t->in_place)
        return sort_in_place(t, *records, n);
    const size_t bytes = room * t->merger.bytes, least = n * sizeof(tern__pair);
    const size_t block = bytes > least ? bytes : least;
    pairing p = {
        .t = t,
        .records = *records,
        .pairs = tern_alloc(t->words > 0 ? least : block), /* which sort_by_compare() may swap */
        .scratch = tern_alloc(block),
    };
    char *sorted = NULL;

    if (p.pairs != NULL && p.scratch != NULL) {
        sort_pairs(&p, n);
        sorted = block == bytes ? (char *)p.scratch : tern_alloc(bytes);
    }
    if (sorted != (char *)p.scratch)
        tern_free(p.scratch);
    if (sorted != NULL) {
        gather(&p, n, sorted);
        tern_free(*records);
        *records = sorted;
    }
    tern_free(p.pairs);
    return sorted != NULL ? TERN_OK : TERN_ENOMEM;
}
