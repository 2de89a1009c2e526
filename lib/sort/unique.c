/* SPDX-License-Identifier: BSD-3-Clause */
/* Of equal neighbours keep the first, also across ranks: each rank shows its first and last group
 * of equal records, from which all see where a group goes on. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

/* A rank's groups; its first and its last record follow. */
typedef struct summary {
    uint64_t groups, first_count;
} summary;

typedef struct uniting {
    const tern__items *t;
    size_t stride;
    char *all;        /* a summary and two records of each rank */
    uint64_t *counts; /* of this rank's groups */
    size_t groups;
} uniting;

static const summary *of(const uniting *u, int r)
{
    return (const summary *)(u->all + (size_t)r * u->stride);
}

static const char *first_of(const uniting *u, int r)
{
    return (const char *)of(u, r) + sizeof(summary);
}

static const char *last_of(const uniting *u, int r)
{
    return first_of(u, r) + u->t->merger.bytes;
}

/* Close the rank's groups up. */
static void unite(uniting *u, char *records, size_t n)
{
    const tern__items *t = u->t;
    size_t bytes = t->merger.bytes;

    for (size_t i = 0; i < n; i++) {
        char *x = records + i * bytes, *kept = records + (u->groups - 1) * bytes;
        if (i > 0 && tern__compare_items(t, kept, x) == 0) {
            u->counts[u->groups - 1]++;
            continue;
        }
        if (u->groups < i)
            memcpy(records + u->groups * bytes, x, bytes);
        u->counts[u->groups++] = 1;
    }
}

static int share(tern_comm *c, uniting *u, const char *records)
{
    size_t bytes = u->t->merger.bytes;
    char *mine = u->all + (size_t)tern_size(c) * u->stride;

    if (u->groups > 0) {
        *(summary *)mine = (summary){u->groups, u->counts[0]};
        memcpy(mine + sizeof(summary), records, bytes);
        memcpy(mine + sizeof(summary) + bytes, records + (u->groups - 1) * bytes, bytes);
    }
    return tern_allgather(c, mine, u->all, u->stride, MPI_BYTE);
}

/* What the last group has on the ranks that follow. */
static uint64_t count_on(const uniting *u, int me, int p)
{
    uint64_t more = 0;

    for (int r = me + 1; r < p; r++) {
        if (of(u, r)->groups == 0)
            continue;
        if (tern__compare_items(u->t, last_of(u, me), first_of(u, r)) != 0)
            break;
        more += of(u, r)->first_count;
        if (of(u, r)->groups > 1)
            break;
    }
    return more;
}

/* Whether the first group began on a rank before. */
static bool began_before(const uniting *u, int me)
{
    for (int r = me - 1; r >= 0; r--)
        if (of(u, r)->groups > 0)
            return tern__compare_items(u->t, last_of(u, r), first_of(u, me)) == 0;
    return false;
}

static void settle(uniting *u, int me, int p, char *records)
{
    size_t bytes = u->t->merger.bytes;

    if (u->groups == 0)
        return;
    u->counts[u->groups - 1] += count_on(u, me, p);
    if (began_before(u, me)) {
        u->groups--;
        memmove(records, records + bytes, u->groups * bytes);
        memmove(u->counts, u->counts + 1, u->groups * sizeof(*u->counts));
    }
}

int tern_unique(tern_comm *c, const tern_record_layout *layout, void *records, size_t *n,
                uint64_t **counts)
{
    tern__items t;
    uniting u = {.t = &t};
    int p = tern_size(c), error = tern__user_items(&t, layout, false);

    if (!error && records == NULL && *n > 0)
        error = tern_fail(TERN_EINVAL, TERN_HERE, "unique: %zu records at NULL", *n);
    if (!error) {
        u.stride = (sizeof(summary) + 2 * layout->bytes + 15) / 16 * 16;
        u.all = calloc((size_t)p + 1, u.stride);
        u.counts = tern_alloc((*n + 1) * sizeof(*u.counts));
        error = u.all != NULL && u.counts != NULL
                    ? TERN_OK
                    : tern_fail(TERN_ENOMEM, TERN_HERE, "unique: no memory");
    }
    error = tern_agree(c, error);
    if (!error) {
        unite(&u, records, *n);
        error = share(c, &u, records);
        if (!error)
            settle(&u, tern_rank(c), p, records);
        *n = u.groups;
    }
    free(u.all);
    if (counts != NULL && !error)
        *counts = u.counts;
    else
        tern_free(u.counts);
    return error;
}
