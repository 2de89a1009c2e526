/* SPDX-License-Identifier: BSD-3-Clause */
/* All-to-all of items between borders, which are what the sort knows, by lib/coll's all-to-all,
 * which takes counts. */
#include "config.h"

#include "sort/items.h"

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
    size_t *counts = malloc(2 * p * sizeof(*counts));
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

int tern__redistribute(tern__job *j, const int64_t *cut, enum tern__arrival arrival)
{
    size_t p = (size_t)tern_size(j->c);
    int64_t *from = malloc((p + 1) * sizeof(*from));
    char *received = NULL;
    int error = tern_agree(
        j->c, from != NULL ? TERN_OK
                           : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu offsets", p + 1));

    tern__begin_phase(j, "exchange", 0);
    if (!error)
        error = tern__exchange_counts(j->c, cut, from);
    if (!error)
        error = receive(j, cut, from, &received);
    if (error) {
        tern_free(received);
    } else {
        tern_free(j->data);
        j->data = received;
        j->n = (size_t)from[p];
        j->room = j->n > 0 ? j->n : 1;
        if (arrival == TERN__SORTED)
            error = merge(j, from);
    }
    free(from);
    return error;
}
