/* SPDX-License-Identifier: BSD-3-Clause */
/* All-to-all of items between borders, which are what the sort knows, by lib/coll's all-to-all,
 * which takes counts. */
#include "config.h"

#include "sort/items.h"

#include <omp.h>
#include <stdlib.h>

#include "coll/coll.h"

int64_t tern__share(int64_t total, int p, int r)
{
    return total / p + (r < total % p);
}

int64_t tern__share_begin(int64_t total, int p, int r)
{
    return total / p * r + (r < total % p ? r : total % p);
}

/* Two rows of p counts, on all ranks or on none. */
static int new_counts(tern_comm *c, size_t **out)
{
    size_t p = (size_t)tern_size(c);
    size_t *counts = calloc(2 * p, sizeof(*counts));
    int error = TERN_OK;

    if (counts == NULL)
        error = tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu counts", 2 * p);
    error = tern_agree(c, error);
    if (error)
        free(counts);
    else
        *out = counts;
    return error;
}

static void count_between(const int64_t *border, int p, size_t width, size_t *counts)
{
    for (int r = 0; r < p; r++)
        counts[r] = (size_t)(border[r + 1] - border[r]) * width;
}

int tern__exchange_counts(tern_comm *c, const int64_t *cut, int64_t *from)
{
    int p = tern_size(c);
    size_t *counts = NULL;
    int error = new_counts(c, &counts);

    if (error)
        return error;
    count_between(cut, p, 1, counts);
    error = tern_alltoall_counts(c, counts, counts + p);
    from[0] = 0;
    for (int r = 0; r < p && !error; r++)
        from[r + 1] = from[r] + (int64_t)counts[p + r];
    free(counts);
    return error;
}

int tern__exchange(tern_comm *c, size_t width, const void *send, const int64_t *cut, void *receive,
                   const int64_t *from)
{
    int p = tern_size(c);
    size_t *counts = NULL;
    int error = new_counts(c, &counts);

    if (error)
        return error;
    count_between(cut, p, width, counts);
    count_between(from, p, width, counts + p);
    error = tern_alltoallv(c, send, counts, NULL, receive, counts + p, NULL, MPI_BYTE, NULL);
    free(counts);
    return error;
}

/* Make room in the job for what arrives; the job's block is the old one until then. */
static int receive(tern__job *j, const int64_t *cut, const int64_t *from, char **received)
{
    size_t width = j->items->merger.bytes, n = (size_t)from[tern_size(j->c)];

    *received = tern_alloc((n > 0 ? n : 1) * width);
    int error = tern_agree(j->c, *received != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = tern__exchange(j->c, width, j->data, cut, *received, from);
    return error;
}

/* Leave out empty runs. */
static int close_up(int64_t *from, int p)
{
    int runs = 0;

    for (int r = 0; r < p; r++)
        if (from[r + 1] > from[r])
            from[++runs] = from[r + 1];
    return runs;
}

/* Merge the runs, with another block beside them. */
static int merge(tern__job *j, int64_t *from)
{
    size_t n = (size_t)from[tern_size(j->c)], width = j->items->merger.bytes;
    int runs = close_up(from, tern_size(j->c));
    char *other = tern_alloc((n > 0 ? n : 1) * width);
    int error = tern_agree(j->c, other != NULL ? TERN_OK : TERN_ENOMEM);

    if (error) {
        tern_free(other);
        return error;
    }
    tern__begin_phase(j, "merge", n);
    char *merged = tern__merge_runs(&j->items->merger, j->data, other, from, runs);
    tern_free(merged == other ? j->data : other);
    j->data = merged;
    return TERN_OK;
}

/* By one thread a rank, merging what comes is best; several threads merge better all at once. Small
 * messages are left to lib/coll, which knows how to send them.  All ranks decide alike. */
static int choose(tern__job *j, const int64_t *from, int64_t *total, bool *streams)
{
    enum { LEAST_BLOCK = 64 << 10, MOST_RANKS = 512 }; /* bytes between two ranks */
    int p = tern_size(j->c);
    int64_t mine[] = {from[p], omp_get_max_threads() > 1}, sum[2];
    int error = tern_allreduce(j->c, mine, sum, 2, MPI_INT64_T, MPI_SUM);

    if (error)
        return error;
    *total = sum[0];
    *streams = sum[1] == 0 && p <= MOST_RANKS
               && (size_t)(sum[0] / p / p) * j->items->merger.bytes >= LEAST_BLOCK;
    return TERN_OK;
}

static int receive_all(tern__job *j, const int64_t *cut, int64_t *from, enum tern__arrival arrival)
{
    char *received = NULL;
    int error = receive(j, cut, from, &received);

    if (error) {
        tern_free(received);
        return error;
    }
    tern_free(j->data);
    j->data = received;
    j->n = (size_t)from[tern_size(j->c)];
    j->room = j->n > 0 ? j->n : 1;
    return arrival == TERN__SORTED ? merge(j, from) : TERN_OK;
}

int tern__redistribute(tern__job *j, const int64_t *cut, enum tern__arrival arrival)
{
    size_t p = (size_t)tern_size(j->c);
    int64_t *from = calloc(p + 1, sizeof(*from)), total = 0;
    bool streams = false;
    int error = tern_agree(
        j->c, from != NULL ? TERN_OK
                           : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu offsets", p + 1));

    j->looked = 0;
    j->seen = (tern__seen){0};
    tern__begin_phase(j, "exchange", 0);
    if (!error)
        error = tern__exchange_counts(j->c, cut, from);
    if (!error && (arrival == TERN__SORTED || j->in_place))
        error = choose(j, from, &total, &streams);
    if (!error && j->in_place) {
        error = tern__exchange_in_place(j, cut, from, total, arrival);
    } else if (!error && streams) {
        tern__begin_phase(j, "merge", 0);
        error = tern__stream_merge(j, cut, from, total);
    } else if (!error) {
        error = receive_all(j, cut, from, arrival);
    }
    free(from);
    return error;
}
