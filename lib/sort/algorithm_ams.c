/* SPDX-License-Identifier: BSD-3-Clause */
/* Multi-level sort after AMS (Axtmann, Bingmann, Sanders and Schulz, SPAA 2015), with exact
 * splitters.  On each level the ranks are cut into groups, and so are the items, by exact splitters
 * at the places where the groups' shares will begin.  What belongs to a group is dealt out to its
 * ranks evenly, in the order of the senders, so a rank sends to one or two ranks of each group;
 * then the groups go on by themselves.  k levels of p^(1/k) groups: some k p^(1/k) messages a rank
 * in place of p - 1, for moving each item k times.  Stable: a group's ranks hold equal keys in the
 * order of their origin. */
#include "config.h"

#include "sort/items.h"

#include <math.h>
#include <stdlib.h>

/* The ranks of a level among all, and the items they hold. */
typedef struct level {
    int first_rank, all_ranks;
    int groups;
    int64_t first_item, all_items;
} level;

static int first_of_group(const level *l, int p, int g)
{
    return (int)tern__share_begin(p, l->groups, g);
}

/* Items that shall lie before rank r of this level, of those of the level. */
static int64_t items_before(const level *l, int r)
{
    return tern__share_begin(l->all_items, l->all_ranks, l->first_rank + r) - l->first_item;
}

/* Cut piece g of this rank, [piece[0], piece[1]), which begins at place `before` of what all ranks
 * have for the group, among the group's ranks. */
static void deal(const level *l, int p, int g, const int64_t *piece, int64_t before, int64_t *cut)
{
    int first = first_of_group(l, p, g), end = first_of_group(l, p, g + 1);
    int64_t all = items_before(l, end) - items_before(l, first);

    for (int r = first; r < end; r++) {
        int64_t at = tern__share_begin(all, end - first, r - first) - before;
        int64_t length = piece[1] - piece[0];
        cut[r] = piece[0] + (at < 0 ? 0 : at > length ? length : at);
    }
}

/* piece: groups + 1 cuts; before, local: groups entries; cut: p + 1. */
static int cut_for_groups(tern__job *j, const level *l, int64_t *piece, int64_t *local,
                          int64_t *before, int64_t *cut)
{
    int p = tern_size(j->c);
    MPI_Request request;

    for (int g = 1; g < l->groups; g++)
        local[g - 1] = items_before(l, first_of_group(l, p, g));
    int error = tern__split(j, l->groups - 1, local, 0, TERN__ALL_ROUNDS, piece);
    for (int g = 0; g < l->groups; g++) {
        local[g] = piece[g + 1] - piece[g];
        before[g] = 0;
    }
    if (error)
        return error;
    if (MPI_Iexscan(local, before, l->groups, MPI_INT64_T, MPI_SUM, tern_comm_raw(j->c), &request))
        return tern_fail(TERN_EMPI, TERN_HERE, "exscan failed");
    error = tern_wait_mpi(j->c, &request, "exscan", TERN_FOREVER);
    for (int g = 0; g < l->groups && !error; g++)
        deal(l, p, g, piece + g, tern_rank(j->c) > 0 ? before[g] : 0, cut);
    cut[p] = (int64_t)j->n;
    return error;
}

static int send_to_groups(tern__job *j, const level *l)
{
    size_t p = (size_t)tern_size(j->c), groups = (size_t)l->groups;
    int64_t *memory = malloc((3 * groups + p + 2) * sizeof(*memory));
    int error = tern_agree(j->c, memory != NULL ? TERN_OK
                                                : tern_fail(TERN_ENOMEM, TERN_HERE,
                                                            "no memory for %zu groups", groups));

    if (!error)
        error = cut_for_groups(j, l, memory, memory + groups + 1, memory + 2 * groups + 1,
                               memory + 3 * groups + 1);
    if (!error)
        error = tern__redistribute(j, memory + 3 * groups + 1, TERN__SORTED);
    free(memory);
    return error;
}

/* Go on among the ranks of the caller's group. */
static int enter_group(tern__job *j, level *l, tern_comm **group)
{
    int p = tern_size(j->c), me = tern_rank(j->c), g = 0;
    MPI_Comm raw;

    while (first_of_group(l, p, g + 1) <= me)
        g++;
    int first = first_of_group(l, p, g);
    if (MPI_Comm_split(tern_comm_raw(j->c), g, me, &raw))
        return tern_fail(TERN_EMPI, TERN_HERE, "MPI_Comm_split failed");
    int error = tern_comm_wrap(raw, group);
    MPI_Comm_free(&raw);
    l->first_item += items_before(l, first);
    l->first_rank += first;
    return error;
}

static int run_level(tern__job *j, level l)
{
    int p = tern_size(j->c);
    bool last = p <= l.groups;
    tern_comm *group = NULL, *all = j->c;
    tern_phase_fn *phase = j->phase;

    if (p == 1)
        return TERN_OK;
    l.groups = last ? p : l.groups;
    int error = send_to_groups(j, &l);
    if (error || last)
        return error;
    error = enter_group(j, &l, &group);
    if (!error) {
        j->c = group;
        j->phase = NULL; /* which all ranks call alike, and groups may differ in levels */
        error = run_level(j, l);
        j->c = all;
        j->phase = phase;
    }
    tern_comm_free(group);
    return error;
}

/* Two levels up to 512 ranks, three beyond. */
static int groups_for(int p)
{
    enum { TWO_LEVELS = 512 };
    int groups = (int)ceil(p <= TWO_LEVELS ? sqrt(p) : cbrt(p));

    return groups < 2 ? 2 : groups;
}

int tern__ams(tern__job *j)
{
    level l = {.all_ranks = tern_size(j->c), .groups = groups_for(tern_size(j->c))};
    int error = tern__sort_here(j);

    if (!error)
        error = tern__total(j, &l.all_items);
    tern__begin_phase(j, "split", j->n);
    if (!error)
        error = run_level(j, l);
    return tern_agree(j->c, error);
}
