/* SPDX-License-Identifier: BSD-3-Clause */
/* The balance of items that are in order on all ranks already: each rank sends what belongs
 * elsewhere, which for a nearly balanced result is little and goes to neighbours. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>

/* Items of each rank, as prefix sums: begin[r] are before rank r. */
static int find_begins(const tern__job *j, int64_t *begin)
{
    int p = tern_size(j->c);
    int64_t n = (int64_t)j->n;
    int error = tern_allgather(j->c, &n, begin + 1, 1, MPI_INT64_T);

    begin[0] = 0;
    for (int r = 0; r < p && !error; r++)
        begin[r + 1] += begin[r];
    return error;
}

/* Whether all ranks hold what they may. */
static bool is_balanced(const int64_t *begin, int p, double imbalance)
{
    int64_t total = begin[p], most = (int64_t)((double)total / p * (1 + imbalance));

    for (int r = 0; r < p; r++) {
        int64_t n = begin[r + 1] - begin[r];
        if (n != tern__share(total, p, r) && (imbalance == 0 || n > most))
            return false;
    }
    return true;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

int tern__balance(tern__job *j)
{
    int p = tern_size(j->c), me = tern_rank(j->c);
    int64_t *begin = malloc(2 * ((size_t)p + 1) * sizeof(*begin));
    int error = tern_agree(
        j->c,
        begin != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for the balance"));

    if (!error)
        error = find_begins(j, begin);
    if (!error && !is_balanced(begin, p, j->imbalance)) {
        int64_t *cut = begin + p + 1;
        for (int r = 0; r <= p; r++)
            cut[r] = clamp(tern__share_begin(begin[p], p, r), begin[me], begin[me + 1]) - begin[me];
        error = tern__redistribute(j, cut, TERN__UNSORTED);
    }
    free(begin);
    return error;
}
