/* SPDX-License-Identifier: BSD-3-Clause */
/* All-to-all of items between borders, which are what the sort knows, by lib/coll's all-to-all,
 * which takes counts. */
#include "config.h"

#include "sort/keys.h"

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
