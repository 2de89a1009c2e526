/* SPDX-License-Identifier: BSD-3-Clause */
/* Exact splitters.  Splitter s is the largest key with no more than begin(s) keys below it, where
 * begin(s) is the number of keys that ranks 0 .. s-1 shall hold; it is found bit by bit, all
 * splitters at once, one allreduce of p - 1 counts a bit (Solomonik and Kale, IPDPS 2010, call it
 * histogram sort).  Keys equal to a splitter are dealt out in rank order, so that the cut is exact
 * with any duplicates.  Cost: as many allreduces as it takes bits to tell the keys apart, some
 * log2(N) for distinct ones, and p log2(n/p) comparisons each. */
#include "config.h"

#include "sort/keys.h"

#include <stdlib.h>

typedef struct splitting {
    tern_comm *c;
    const void *images;
    size_t width, n;
    int splitters;                  /* p - 1 */
    int64_t *want;                  /* keys that shall lie before each */
    uint64_t *key;                  /* known so far: high bits of each */
    int64_t *below, *above;         /* local keys before and up to what the key can still become, */
    int64_t *all_below, *all_above; /* .. and those of all ranks */
    int64_t *local, *global;        /* counts of a round */
} splitting;

/* Number of images in [low, high) of the sorted array that are less than `key`. */
static int64_t lower_bound(const splitting *s, int64_t low, int64_t high, uint64_t key)
{
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (tern__image_at(s->images, s->width, (size_t)middle) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int sum_counts(splitting *s)
{
    return tern_allreduce(s->c, s->local, s->global, (size_t)s->splitters, MPI_INT64_T, MPI_SUM);
}

/* Decide one bit of every splitter: set where not too many keys lie below. */
static int decide_bit(splitting *s, unsigned bit)
{
    for (int i = 0; i < s->splitters; i++)
        s->local[i] = lower_bound(s, s->below[i], s->above[i], s->key[i] | UINT64_C(1) << bit);
    int error = sum_counts(s);
    for (int i = 0; i < s->splitters && !error; i++) {
        if (s->global[i] <= s->want[i]) {
            s->key[i] |= UINT64_C(1) << bit;
            s->below[i] = s->local[i];
            s->all_below[i] = s->global[i];
        } else {
            s->above[i] = s->local[i];
            s->all_above[i] = s->global[i];
        }
    }
    return error;
}

/* Whether a splitter still has several keys to choose from, which may differ. */
static bool is_open(const splitting *s)
{
    for (int i = 0; i < s->splitters; i++)
        if (s->all_above[i] - s->all_below[i] > 1)
            return true;
    return false;
}

/* Keys that are left are equal: those missing before the splitter are taken from the lowest ranks.
 */
static int deal_equal(splitting *s, int64_t *cut)
{
    MPI_Request request;

    for (int i = 0; i < s->splitters; i++) {
        s->local[i] = s->above[i] - s->below[i];
        s->global[i] = 0;
    }
    MPI_Iexscan(s->local, s->global, s->splitters, MPI_INT64_T, MPI_SUM, tern_comm_raw(s->c),
                &request);
    int error = tern_wait_mpi(s->c, &request, "exscan", TERN_FOREVER);
    for (int i = 0; i < s->splitters; i++) {
        int64_t before = tern_rank(s->c) > 0 ? s->global[i] : 0; /* undefined on rank 0 */
        int64_t missing = s->want[i] - s->all_below[i];
        int64_t take = missing > before ? missing - before : 0;
        cut[i + 1] = s->below[i] + (take < s->local[i] ? take : s->local[i]);
    }
    return error;
}

static int find(splitting *s, int64_t *cut)
{
    int64_t n = (int64_t)s->n, total;
    int error = tern_allreduce(s->c, &n, &total, 1, MPI_INT64_T, MPI_SUM);

    for (int i = 0; i < s->splitters && !error; i++) {
        s->want[i] = tern__share_begin(total, s->splitters + 1, i + 1);
        s->above[i] = n;
        s->all_above[i] = total;
    }
    for (unsigned bit = 8 * (unsigned)s->width; bit-- > 0 && !error && is_open(s);)
        error = decide_bit(s, bit);
    cut[0] = 0;
    cut[s->splitters + 1] = n;
    return error ? error : deal_equal(s, cut);
}

int tern__split(tern_comm *c, const void *images, size_t width, size_t n, int64_t *cut)
{
    int splitters = tern_size(c) - 1;
    int64_t *memory = calloc((size_t)splitters * 8 + 1, sizeof(*memory));
    int error = memory != NULL
                    ? TERN_OK
                    : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %d splitters", splitters);

    error = tern_agree(c, error);
    if (!error) {
        splitting s = {
            .c = c,
            .images = images,
            .width = width,
            .n = n,
            .splitters = splitters,
            .want = memory,
            .key = (uint64_t *)(memory + splitters),
            .below = memory + 2 * (ptrdiff_t)splitters,
            .above = memory + 3 * (ptrdiff_t)splitters,
            .all_below = memory + 4 * (ptrdiff_t)splitters,
            .all_above = memory + 5 * (ptrdiff_t)splitters,
            .local = memory + 6 * (ptrdiff_t)splitters,
            .global = memory + 7 * (ptrdiff_t)splitters,
        };
        error = find(&s, cut);
    }
    free(memory);
    return error;
}
