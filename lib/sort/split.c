/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact splitters of items that are sorted on every rank.  A splitter is a place in the order of
 * all items, where equal keys are ordered by rank and position, so that no two are equal.  Each has
 * a bracket of places on every rank.  In a round the ranks offer samples of their brackets, evenly
 * spaced and in proportion to them; everybody counts what it has before each sample; the counts of
 * all ranks tell the two samples between which the splitter lies.  (Histogram sort with sampling:
 * Harsh, Kale and Solomonik, SPAA 2019; when all that is left in the brackets fits a sample, the
 * round is exact.)  Some log N / log SAMPLES rounds of three collectives. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES = 512, /* of a round, for all splitters together ... */
    LEAST = 8,     /* ... but at least for each */
    KEY_ALIGN = 16
};

/* A place in the order: before item `index` of `rank`, whose key follows the struct. */
typedef struct sample {
    int64_t index;
    int32_t rank, splitter;
} sample;
_Static_assert(sizeof(sample) % KEY_ALIGN == 0, "keys must be aligned");

/* Where a splitter lies, on this rank and in all. */
typedef struct bracket {
    int64_t low, high;
    int64_t all_low, all_high;
    int64_t want;
} bracket;

typedef struct splitting {
    tern_comm *c;
    const tern__items *items;
    const char *data;
    int64_t slack;
    int splitters;
    int quota; /* samples of a splitter in a round */
    int round;
    bracket *bracket;
    size_t stride;           /* bytes of a sample with its key */
    int *count, *at;         /* [rank], bytes of samples */
    char *mine, *all;        /* samples of this rank, of all ranks */
    int64_t *local, *global; /* items before each of all samples */
    size_t n;                /* samples of all ranks */
} splitting;

static bool is_found(const splitting *s, const bracket *b)
{
    return b->want - b->all_low <= s->slack || b->all_high - b->want <= s->slack;
}

static bool any_open(const splitting *s)
{
    for (int i = 0; i < s->splitters; i++)
        if (!is_found(s, &s->bracket[i]))
            return true;
    return false;
}

/* How many samples this rank offers of a bracket: its share of the quota, rounded at random so that
 * small shares get their turn; all there is where that is less. */
static int64_t offer(const splitting *s, int i)
{
    const bracket *b = &s->bracket[i];
    int64_t here = b->high - b->low, all = b->all_high - b->all_low;

    if (is_found(s, b))
        return 0;
    if (all <= s->quota)
        return here;
    double share = (double)s->quota * (double)here / (double)all;
    double dice = tern_random_real((uint64_t)tern_rank(s->c), (uint64_t)s->round, (uint64_t)i);
    int64_t n = (int64_t)(share + dice);
    return n < here ? n : here;
}

/* The samples of this rank, to s->mine; their bytes. */
static int take_samples(splitting *s)
{
    char *at = s->mine;

    for (int i = 0; i < s->splitters; i++) {
        int64_t n = offer(s, i), here = s->bracket[i].high - s->bracket[i].low;
        for (int64_t k = 0; k < n; k++) {
            double place = ((double)k + 0.5) / (double)n * (double)here;
            int64_t skip = n == here ? k : (int64_t)place;
            sample x = {.index = s->bracket[i].low + (skip < here ? skip : here - 1),
                        .rank = tern_rank(s->c),
                        .splitter = i};
            memcpy(at, &x, sizeof(x));
            memcpy(at + sizeof(x),
                   tern__item(s->items, s->data, (size_t)x.index) + s->items->key_offset,
                   s->items->key_bytes);
            at += s->stride;
        }
    }
    return (int)(at - s->mine);
}

/* Give the arrays of a round room for all samples. */
static int reserve(splitting *s)
{
    free(s->all);
    free(s->local);
    s->all = malloc(s->n * s->stride + 1);
    s->local = malloc((2 * s->n + 1) * sizeof(*s->local));
    if (s->all == NULL || s->local == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu samples", s->n);
    s->global = s->local + s->n;
    return TERN_OK;
}

static int64_t offered(const splitting *s)
{
    int64_t n = 0;

    for (int i = 0; i < s->splitters; i++)
        n += offer(s, i);
    return n;
}

/* All ranks' samples, to s->all. */
static int share_samples(splitting *s)
{
    int p = tern_size(s->c), bytes = 0;
    MPI_Request request;

    free(s->mine);
    s->mine = malloc((size_t)offered(s) * s->stride + 1);
    if (s->mine != NULL)
        bytes = take_samples(s);
    int error = tern_allgather(s->c, &bytes, s->count, 1, MPI_INT);
    if (error)
        return error;
    size_t total = 0;
    for (int r = 0; r < p; r++) {
        s->at[r] = (int)total;
        total += (size_t)s->count[r];
    }
    s->n = total / s->stride;
    error = s->mine == NULL ? tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for samples")
            : total > INT32_MAX
                ? tern_fail(TERN_ENOMEM, TERN_HERE, "%zu bytes of samples are too many", total)
                : reserve(s);
    error = tern_agree(s->c, error);
    if (error)
        return error;
    if (MPI_Iallgatherv(s->mine, bytes, MPI_BYTE, s->all, s->count, s->at, MPI_BYTE,
                        tern_comm_raw(s->c), &request))
        return tern_fail(TERN_EMPI, TERN_HERE, "allgatherv failed");
    return tern_wait_mpi(s->c, &request, "allgatherv of samples", TERN_FOREVER);
}

/* Items of this rank before the sample. */
static int64_t place_of(const splitting *s, const sample *x)
{
    const bracket *b = &s->bracket[x->splitter];
    int me = tern_rank(s->c);

    if (x->rank == me)
        return x->index;
    return (int64_t)tern__bound(s->items, s->data, (size_t)b->low, (size_t)b->high,
                                (const char *)x + sizeof(*x), me < x->rank);
}

/* Narrow the brackets to the nearest samples. */
static void narrow(splitting *s)
{
    for (size_t k = 0; k < s->n; k++) {
        const sample *x = (const sample *)(s->all + k * s->stride);
        bracket *b = &s->bracket[x->splitter];
        if (s->global[k] <= b->want && s->global[k] >= b->all_low) {
            b->all_low = s->global[k];
            b->low = s->local[k];
        }
        if (s->global[k] >= b->want && s->global[k] <= b->all_high) {
            b->all_high = s->global[k];
            b->high = s->local[k];
        }
    }
}

static int refine(splitting *s)
{
    int error = share_samples(s);

    if (error || s->n == 0)
        return error;
    for (size_t k = 0; k < s->n; k++)
        s->local[k] = place_of(s, (const sample *)(s->all + k * s->stride));
    error = tern_allreduce(s->c, s->local, s->global, s->n, MPI_INT64_T, MPI_SUM);
    if (!error)
        narrow(s);
    return error;
}

static int begin(splitting *s, int64_t n, const int64_t *want)
{
    size_t p = (size_t)tern_size(s->c);
    int64_t total;

    s->bracket = malloc(((size_t)s->splitters + 1) * sizeof(*s->bracket));
    s->count = malloc(2 * p * sizeof(*s->count));
    int error = s->bracket != NULL && s->count != NULL
                    ? TERN_OK
                    : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for splitters");
    error = tern_agree(s->c, error);
    if (error)
        return error;
    s->at = s->count + p;
    error = tern_allreduce(s->c, &n, &total, 1, MPI_INT64_T, MPI_SUM);
    for (int i = 0; i < s->splitters && !error; i++)
        s->bracket[i] = (bracket){.high = n, .all_high = total, .want = want[i]};
    return error;
}

/* The nearest ends of the brackets.  After few rounds one that is wanted later than its predecessor
 * may be found before it; it is then the same.  (Places may be wanted in any order.) */
static void take_cuts(const splitting *s, int64_t *cut)
{
    int64_t all_before = 0, want_before = 0;

    cut[0] = 0;
    for (int i = 0; i < s->splitters; i++) {
        const bracket *b = &s->bracket[i];
        const bool low = b->want - b->all_low <= b->all_high - b->want;
        const int64_t all = low ? b->all_low : b->all_high;
        const bool crosses = b->want >= want_before && all < all_before;
        cut[i + 1] = crosses ? cut[i] : low ? b->low : b->high;
        all_before = crosses ? all_before : all;
        want_before = b->want;
    }
}

int tern__split(tern__job *j, int splitters, const int64_t *want, int64_t slack, int rounds,
                int64_t *cut)
{
    int quota = splitters > 0 ? SAMPLES / splitters : 0;
    splitting s = {
        .c = j->c,
        .items = j->items,
        .data = j->data,
        .slack = slack,
        .splitters = splitters,
        .quota = quota > LEAST ? quota : LEAST,
        .stride = sizeof(sample) + (j->items->key_bytes + KEY_ALIGN - 1) / KEY_ALIGN * KEY_ALIGN,
    };
    int error = begin(&s, (int64_t)j->n, want);

    for (; !error && s.round < rounds && any_open(&s); s.round++)
        error = refine(&s);
    if (!error)
        take_cuts(&s, cut);
    cut[splitters + 1] = (int64_t)j->n;
    free(s.bracket);
    free(s.count);
    free(s.mine);
    free(s.all);
    free(s.local);
    return error;
}
