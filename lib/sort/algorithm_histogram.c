/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorts by splitters: local sort, cuts, one exchange, merge.  Each item crosses the network once.
 * Stable, since splitters and merges keep the order of equal keys.
 *   histogram  refines the cuts until they are exact, so that the result is balanced (Solomonik and
 *              Kale, IPDPS 2010)
 *   sample     is content with the first sample; what is out of balance moves again afterwards
 *              (Frazer and McKellar, JACM 1970) */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>

static int cut_and_send(tern__job *j, int rounds, int64_t total, int64_t *want, int64_t *cut)
{
    int p = tern_size(j->c);
    /* two cuts bound a rank, each may be off by half of what the rank may have too much */
    int64_t slack = (int64_t)(j->imbalance / 2 * (double)total / p);

    tern__begin_phase(j, "split", j->n);
    for (int i = 1; i < p; i++)
        want[i - 1] = tern__share_begin(total, p, i);
    int error = tern__split(j, p - 1, want, slack, rounds, cut);
    return error ? error : tern__redistribute(j, cut, TERN__SORTED);
}

int tern__split_sort(tern__job *j, int rounds)
{
    size_t p = (size_t)tern_size(j->c);
    int64_t *memory = malloc((2 * p + 1) * sizeof(*memory)), total;
    int error = tern__sort_here(j);

    if (!error)
        error = tern_agree(
            j->c, memory != NULL ? TERN_OK
                                 : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu cuts", p));
    if (!error)
        error = tern__total(j, &total);
    if (!error)
        error = cut_and_send(j, rounds, total, memory, memory + p);
    free(memory);
    return error;
}

int tern__histogram(tern__job *j)
{
    return tern__split_sort(j, TERN__ALL_ROUNDS);
}

int tern__sample(tern__job *j)
{
    return tern__split_sort(j, 1);
}
