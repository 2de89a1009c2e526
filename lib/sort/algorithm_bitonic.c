/* SPDX-License-Identifier: BSD-3-Clause */
/* Bitonic sort of ranks (Batcher 1968): a network of comparators, each of which merges the blocks
 * of two ranks and leaves the lower half with the lower rank.  In the form whose comparators all
 * point the same way, ranks that do not exist up to the next power of two may be thought of as
 * holding nothing but infinity, and so may the places that are missing in a block. */
#include "config.h"

#include "sort/items.h"

#include <string.h>

/* Merge blocks with `partner`, if there is one; `block` is the size of all blocks; `failed` as in
 * tern__swap_items(). */
static int compare_split(tern__job *j, int partner, int failed, size_t block)
{
    bool lower = tern_rank(j->c) < partner;
    char *received = NULL;
    size_t n = 0;

    if (partner >= tern_size(j->c))
        return failed;
    int error = tern__swap_items(j, partner, failed, 0, j->n, &received, &n);
    if (error)
        return error;
    error = tern__merge_in(j, 0, j->n, received, n, !lower);
    if (error)
        return error;
    size_t low = j->n < block ? j->n : block;
    if (!lower)
        memmove(j->data, tern__item(j->items, j->data, low), (j->n - low) * j->items->merger.bytes);
    j->n = lower ? low : j->n - low;
    return TERN_OK;
}

/* A rank that fails goes on, and tells. */
static int run_network(tern__job *j, size_t block)
{
    int p = tern_size(j->c), me = tern_rank(j->c), error = TERN_OK;

    for (int k = 2; k < 2 * p; k *= 2) {
        error = compare_split(j, me ^ (k - 1), error, block);
        for (int step = k / 4; step > 0; step /= 2)
            error = compare_split(j, me ^ step, error, block);
    }
    return error;
}

int tern__bitonic(tern__job *j)
{
    int64_t n = (int64_t)j->n, most;
    int error = tern__sort_here(j);

    if (!error)
        error = tern_allreduce(j->c, &n, &most, 1, MPI_INT64_T, MPI_MAX);
    tern__begin_phase(j, "exchange", j->n);
    if (!error)
        error = run_network(j, (size_t)most);
    return tern_agree(j->c, error);
}
