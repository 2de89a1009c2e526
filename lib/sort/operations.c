/* SPDX-License-Identifier: BSD-3-Clause */
/* What the steps of a sort are good for beside it: merge, selection, counts. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

#include "coll/coll.h"

static bool in_order(const tern__items *t, const void *records, size_t n)
{
    bool sorted = true;

#pragma omp parallel for schedule(static) reduction(&& : sorted) if (n > TERN__BLOCK)
    for (size_t i = 1; i < n; i++)
        sorted = sorted
                 && tern__compare_items(t, tern__item(t, records, i - 1), tern__item(t, records, i))
                        <= 0;
    return sorted;
}

int tern_merge(tern_comm *c, const tern_record_layout *layout, void **records, size_t *n,
               const tern_sort_options *options)
{
    tern_sort_options o = options != NULL ? *options : (tern_sort_options){0};
    tern__items t;
    int error = tern__user_items(&t, layout, o.descending);

    if (!error && *records != NULL && !in_order(&t, *records, *n))
        error = tern_fail(TERN_EINVAL, TERN_HERE, "merge: the records are not in order");
    error = tern_agree(c, error);
    o.algorithm = "histogram";
    return error ? error : tern__sort_job(c, layout, records, n, &o, true);
}

/* ---- Selection ------------------------------------------------------------------------------ */

/* A sorted copy of a rank's records. */
static int sorted_copy(tern__job *j, tern__items *t, tern_comm *c, const tern_record_layout *layout,
                       const void *records, size_t n, bool descending)
{
    int error = tern__user_items(t, layout, descending);

    *j = (tern__job){.c = c, .items = t, .n = n, .room = n > 0 ? n : 1};
    if (!error && records == NULL && n > 0)
        error = tern_fail(TERN_EINVAL, TERN_HERE, "select: %zu records at NULL", n);
    if (!error) {
        j->data = tern_alloc(j->room * layout->bytes);
        error = j->data != NULL ? TERN_OK : TERN_ENOMEM;
    }
    error = tern_agree(c, error);
    if (!error)
        error = tern__sort_comm(c, &j->c);
    if (error)
        return error;
    if (n > 0)
        memcpy(j->data, records, n * layout->bytes);
    return tern__sort_here(j);
}

/* What a rank has at its cuts, each after a byte that says whether it has anything. */
static void offer(const tern__job *j, const int64_t *cut, size_t m, char *mine)
{
    size_t bytes = j->items->merger.bytes;

    for (size_t i = 0; i < m; i++, mine += bytes + 1) {
        *mine = (char)((size_t)cut[i + 1] < j->n);
        if (*mine)
            memcpy(mine + 1, tern__item(j->items, j->data, (size_t)cut[i + 1]), bytes);
    }
}

/* The least of all ranks' offers is the item at the place. */
static void take_least(const tern__job *j, const char *all, size_t m, char *out)
{
    size_t bytes = j->items->merger.bytes;

    for (size_t i = 0; i < m; i++) {
        const char *least = NULL;
        for (size_t r = 0; r < (size_t)tern_size(j->c); r++) {
            const char *x = all + (r * m + i) * (bytes + 1);
            if (*x && (least == NULL || tern__compare_items(j->items, x + 1, least) < 0))
                least = x + 1;
        }
        if (least != NULL) /* always: the places are less than the total */
            memcpy(out + i * bytes, least, bytes);
    }
}

static int validate_places(const uint64_t *places, size_t m, int64_t total)
{
    enum { MOST_PLACES = 1 << 24 };

    if (m > MOST_PLACES)
        return tern_fail(TERN_EINVAL, TERN_HERE, "nth: %zu places are more than %d", m,
                         MOST_PLACES);
    for (size_t i = 0; i < m; i++)
        if (places[i] >= (uint64_t)total)
            return tern_fail(TERN_EINVAL, TERN_HERE, "nth: there is no place %llu among %lld items",
                             (unsigned long long)places[i], (long long)total);
    return TERN_OK;
}

static int find_places(tern__job *j, const uint64_t *places, size_t m, char *out)
{
    size_t row = m * (j->items->merger.bytes + 1), p = (size_t)tern_size(j->c);
    int64_t *want = malloc((2 * m + 2) * sizeof(*want)), total;
    char *all = malloc((p + 1) * row + 1);
    int error = tern__total(j, &total);

    if (!error)
        error = want != NULL && all != NULL
                    ? validate_places(places, m, total)
                    : tern_fail(TERN_ENOMEM, TERN_HERE, "nth: no memory for %zu places", m);
    error = tern_agree(j->c, error);
    for (size_t i = 0; i < m && !error; i++)
        want[i] = (int64_t)places[i];
    if (!error)
        error = tern__split(j, (int)m, want, 0, TERN__ALL_ROUNDS, want + m);
    if (!error) {
        offer(j, want + m, m, all + p * row);
        error = tern_allgather(j->c, all + p * row, all, row, MPI_BYTE);
    }
    if (!error)
        take_least(j, all, m, out);
    free(want);
    free(all);
    return error;
}

int tern_nth(tern_comm *c, const tern_record_layout *layout, const void *records, size_t n,
             const uint64_t *places, size_t m, bool descending, void *out)
{
    tern__items t;
    tern__job j;
    int error = sorted_copy(&j, &t, c, layout, records, n, descending);

    if (!error)
        error = find_places(&j, places, m, out);
    tern_free(j.data);
    return error;
}

/* Every rank gets the first k of all: each sends what lies before the cut to all. */
static int share_first(tern__job *j, size_t k, void **out, size_t *m)
{
    size_t p = (size_t)tern_size(j->c);
    size_t *counts = calloc(3 * p, sizeof(*counts)); /* to send, from where: 0, to receive */
    int64_t cut[3] = {0}, total, want;
    char *block = NULL;
    int error = tern__total(j, &total);

    want = (uint64_t)total < k ? total : (int64_t)k;
    if (!error) {
        block = tern_alloc((want > 0 ? (size_t)want : 1) * j->items->merger.bytes);
        error = block == NULL    ? TERN_ENOMEM
                : counts == NULL ? tern_fail(TERN_ENOMEM, TERN_HERE, "top: no memory")
                                 : TERN_OK;
    }
    error = tern_agree(j->c, error);
    if (!error)
        error = tern__split(j, 1, &want, 0, TERN__ALL_ROUNDS, cut);
    for (size_t r = 0; r < p && !error; r++)
        counts[r] = (size_t)cut[1] * j->items->merger.bytes;
    if (!error)
        error = tern_alltoall_counts(j->c, counts, counts + 2 * p);
    if (!error)
        error = tern_alltoallv(j->c, j->data, counts, counts + p, block, counts + 2 * p, NULL,
                               MPI_BYTE, NULL);
    free(counts);
    if (error) {
        tern_free(block);
        return error;
    }
    *out = block;
    *m = (size_t)want;
    return TERN_OK;
}

int tern_top(tern_comm *c, const tern_record_layout *layout, const void *records, size_t n,
             size_t k, bool descending, void **out, size_t *m)
{
    tern__items t;
    tern__job j;
    void *first = NULL;
    size_t had = 0;
    int error = sorted_copy(&j, &t, c, layout, records, n, descending);

    if (!error)
        error = share_first(&j, k, &first, &had);
    tern_free(j.data);
    if (!error) /* p runs in the order of the ranks: few items, so a stable sort merges them */
        error = tern_agree(c, tern_sort_records_local(layout, &first, had, descending));
    if (error) {
        tern_free(first);
        return error;
    }
    *out = first;
    *m = had;
    return TERN_OK;
}

/* ---- Counts --------------------------------------------------------------------------------- */

int tern_count_between(tern_comm *c, const tern_record_layout *layout, const void *records,
                       size_t n, const void *edges, size_t m, uint64_t *counts)
{
    tern__items t;
    uint64_t *local = calloc(m + 1, sizeof(*local));
    int error = tern__user_items(&t, layout, false);

    if (!error && local == NULL)
        error = tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu counts", m + 1);
    if (!error && ((records == NULL && n > 0) || !in_order(&t, edges, m)))
        error = tern_fail(TERN_EINVAL, TERN_HERE, "count: no records, or edges out of order");
    error = tern_agree(c, error);
    if (!error) {
#pragma omp parallel for schedule(static) reduction(+ : local[:m + 1]) if (n > TERN__BLOCK)
        for (size_t i = 0; i < n; i++)
            local[tern__bound(&t, edges, 0, m, tern__item(&t, records, i) + t.key_offset, true)]++;
        error = tern_allreduce(c, local, counts, m + 1, MPI_UINT64_T, MPI_SUM);
    }
    free(local);
    return error;
}
