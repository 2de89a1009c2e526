/* SPDX-License-Identifier: BSD-3-Clause */
/* Radix sort of ranks: the range of the keys' first words is cut into equal buckets, buckets are
 * counted, and each rank gets neighbours that hold about its share; then it sorts.  Two passes over
 * the items in place of a merge, but the balance is as good as the keys are spread: equal ones all
 * go to one rank first.  Stable. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKET_BITS = 12, BUCKETS = 1 << BUCKET_BITS };

typedef struct buckets {
    uint64_t least;
    unsigned shift;
    int64_t count[BUCKETS];
    int32_t rank[BUCKETS]; /* to which a bucket goes */
} buckets;

static uint64_t word_of(const tern__job *j, size_t i)
{
    return j->items->word(j->items, tern__item(j->items, j->data, i) + j->items->key_offset, 0);
}

static size_t bucket_of(const buckets *b, uint64_t word)
{
    return (word - b->least) >> b->shift;
}

/* The range of all ranks' words. */
static int find_range(tern__job *j, buckets *b)
{
    uint64_t range[2] = {UINT64_MAX, UINT64_MAX}, all[2]; /* least, and complement of the most */

    for (size_t i = 0; i < j->n; i++) {
        uint64_t word = word_of(j, i);
        range[0] = word < range[0] ? word : range[0];
        range[1] = ~word < range[1] ? ~word : range[1];
    }
    int error = tern_allreduce(j->c, range, all, 2, MPI_UINT64_T, MPI_MIN);
    if (error)
        return error;
    b->least = all[0];
    uint64_t span = ~all[1] >= all[0] ? ~all[1] - all[0] : 0;
    while (span >> b->shift >= BUCKETS)
        b->shift++;
    return TERN_OK;
}

/* Bucket by bucket to the rank where the middle of the bucket belongs. */
static int assign(tern__job *j, buckets *b)
{
    int p = tern_size(j->c);
    int64_t before = 0, total = 0;
    int error = tern_allreduce(j->c, MPI_IN_PLACE, b->count, BUCKETS, MPI_INT64_T, MPI_SUM);

    for (int k = 0; k < BUCKETS && !error; k++)
        total += b->count[k];
    for (int k = 0; k < BUCKETS && !error; k++) {
        double middle = (double)before + (double)b->count[k] / 2;
        int rank = total > 0 ? (int)(middle * p / (double)total) : 0;
        b->rank[k] = rank < p ? rank : p - 1;
        before += b->count[k];
    }
    return error;
}

/* Order the items by destination, in a new block; cut: p + 1, next: p. */
static int partition(tern__job *j, const buckets *b, int64_t *cut, int64_t *next)
{
    int p = tern_size(j->c);
    size_t bytes = j->items->merger.bytes;
    char *parted = tern_alloc((j->n > 0 ? j->n : 1) * bytes);

    if (parted == NULL)
        return TERN_ENOMEM;
    for (int r = 0; r <= p; r++)
        cut[r] = 0;
    for (size_t i = 0; i < j->n; i++)
        cut[b->rank[bucket_of(b, word_of(j, i))] + 1]++;
    for (int r = 0; r < p; r++) {
        cut[r + 1] += cut[r];
        next[r] = cut[r];
    }
    for (size_t i = 0; i < j->n; i++) {
        int r = b->rank[bucket_of(b, word_of(j, i))];
        memcpy(parted + (size_t)next[r]++ * bytes, tern__item(j->items, j->data, i), bytes);
    }
    tern_free(j->data);
    j->data = parted;
    j->room = j->n > 0 ? j->n : 1;
    return TERN_OK;
}

static int distribute(tern__job *j, buckets *b, int64_t *cut)
{
    int error = find_range(j, b);

    if (error)
        return error;
    for (size_t i = 0; i < j->n; i++)
        b->count[bucket_of(b, word_of(j, i))]++;
    error = assign(j, b);
    if (!error)
        error = tern_agree(j->c, partition(j, b, cut, cut + tern_size(j->c) + 1));
    if (!error)
        error = tern__redistribute(j, cut, TERN__UNSORTED);
    return error;
}

int tern__radix(tern__job *j)
{
    buckets *b = calloc(1, sizeof(*b));
    int64_t *cut = malloc(2 * ((size_t)tern_size(j->c) + 1) * sizeof(*cut));
    int error = b != NULL && cut != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory");

    if (!error && j->items->words == 0)
        error = tern_fail(TERN_EINVAL, TERN_HERE, "sort: 'radix' needs a key, not a comparison");
    error = tern_agree(j->c, error);
    tern__begin_phase(j, "split", 0);
    if (!error)
        error = distribute(j, b, cut);
    free(b);
    free(cut);
    return error ? error : tern__sort_here(j);
}
