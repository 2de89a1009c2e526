/* SPDX-License-Identifier: BSD-3-Clause */
/* Sort by exact splitters: each item crosses the network once, and the result is balanced.  Stable,
 * since splitters and merges keep the order of equal keys. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>

int tern__histogram(tern__job *j)
{
    int p = tern_size(j->c);
    int64_t n = (int64_t)j->n, total;
    int64_t *want = malloc((2 * (size_t)p + 2) * sizeof(*want)), *cut = want + p;
    int error = tern__sort_here(j);

    if (!error)
        error = tern_agree(j->c, want != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = tern_allreduce(j->c, &n, &total, 1, MPI_INT64_T, MPI_SUM);
    if (!error) {
        tern__begin_phase(j, "split", j->n);
        for (int i = 1; i < p; i++)
            want[i - 1] = tern__share_begin(total, p, i);
        /* two splitters, each half of the slack beside its place */
        int64_t slack = (int64_t)(j->imbalance / 2 * (double)(total / p));
        error = tern__split(j, p - 1, want, slack, cut);
    }
    if (!error)
        error = tern__redistribute(j, cut, TERN__SORTED);
    free(want);
    return error;
}
