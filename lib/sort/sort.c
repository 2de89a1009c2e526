/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort() and tern_sort_records(): check, turn the input into items, run an algorithm, see to
 * the balance, and turn the items back. */
#include "config.h"

#include "sort/sort.h"

#include "sort/algorithm.h"

#include <stdlib.h>
#include <string.h>

static const tern_sort_options defaults;

void tern__begin_phase(const tern__job *j, const char *name, size_t items_moved)
{
    if (j->phase != NULL)
        j->phase(name, items_moved * j->items->merger.bytes);
}

int tern__total(const tern__job *j, int64_t *total)
{
    int64_t n = (int64_t)j->n;

    return tern_allreduce(j->c, &n, total, 1, MPI_INT64_T, MPI_SUM);
}

void tern__hash_first(tern__job *j)
{
    if (!j->look || j->hashed)
        return;
    tern__begin_phase(j, "verify", 0);
    j->before = tern__hash_keys(j->data, j->items->merger.bytes, j->n);
    j->hashed = true;
}

/* What has not been hashed has not been moved: that is done on the way. */
static int sort_items(tern__job *j)
{
    const tern__items *t = j->items;

    if (!j->look || j->hashed)
        return t->sort(t, &j->data, j->n, j->room);
    j->hashed = true;
    return t->sort_hashing(t, &j->data, j->n, j->room, &j->before);
}

int tern__sort_here(tern__job *j)
{
    if (j->sorted) {
        tern__hash_first(j);
        return TERN_OK;
    }
    tern__begin_phase(j, "sort", 0);
    return tern_agree(j->c, sort_items(j));
}

static int validate(const tern__items *t, const void *data, size_t n,
                    const tern_sort_options *options)
{
    if (data == NULL && n > 0)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: %zu items at NULL", n);
    if (n > INT64_MAX / 2 / t->merger.bytes)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: %zu items do not fit in memory", n);
    if (!(options->imbalance >= 0))
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: an imbalance of %g", options->imbalance);
    return TERN_OK;
}

/* The block of an empty rank may be NULL; a job's may not. */
static int take_block(tern__job *j, void *data)
{
    j->data = data != NULL ? data : tern_alloc(j->items->merger.bytes);
    j->room = j->n > 0 ? j->n : 1;
    return j->data != NULL ? TERN_OK : TERN_ENOMEM;
}

static int run(tern__job *j, int algorithm)
{
    j->items->enter(j->items, j->data, j->n);
    int error = tern__run_algorithm(algorithm, j);
    if (!error)
        error = tern__balance(j);
    j->items->leave(j->items, j->data, j->n);
    return error;
}

/* The content of all ranks before the sort, by what was seen when it began. */
static int content_before(const tern__job *j, size_t n, tern_content *out)
{
    uint64_t mine[] = {n, j->before}, all[2];
    int error = tern_allreduce(j->c, mine, all, 2, MPI_UINT64_T, MPI_SUM);

    *out =
        (tern_content){.items = all[0], .bytes = all[0] * j->items->layout.bytes, .hash = all[1]};
    return error;
}

/* The result must be the input in order. */
static int run_proved(tern__job *j, int algorithm, const tern_sort_options *o)
{
    const tern_record_layout *layout = &j->items->layout;
    tern_content before;
    size_t n = j->n;
    int error = TERN_OK;

    j->look = j->items->sort_hashing != NULL;
    if (!j->look) {
        tern__begin_phase(j, "verify", 0);
        error = tern_records_content(j->c, layout, j->data, j->n, &before);
    }
    if (!error)
        error = run(j, algorithm);
    if (error)
        return error;
    tern__begin_phase(j, "verify", j->n);
    if (j->look)
        error = content_before(j, n, &before);
    if (!error)
        error = tern__prove(j->c, layout, j->data, j->n, o->descending, TERN__CONTENT | TERN__ORDER,
                            j->looked > 0 && j->looked == j->n ? &j->seen : NULL, o->prove);
    if (error || (o->prove->sorted && tern_content_equal(&before, &o->prove->content)))
        return error;
    return tern_fail(TERN_EMISMATCH, TERN_HERE, "the result is not the input in order: a bug");
}

int tern__sort_job(tern_comm *c, const tern_record_layout *layout, void **records, size_t *n,
                   const tern_sort_options *options, bool sorted)
{
    const tern_sort_options *o = options != NULL ? options : &defaults;
    tern__items items;
    tern__job j = {
        .c = c,
        .items = &items,
        .n = *n,
        .imbalance = o->imbalance,
        .stable = o->stable,
        .sorted = sorted,
        .in_place = o->in_place,
        .phase = o->phase,
    };
    int algorithm = tern__choose_algorithm(o);
    int error =
        algorithm < 0 ? algorithm : tern__items_init(&items, layout, o->descending, o->stable);

    if (!error)
        error = validate(&items, *records, *n, o);
    if (!error)
        items.in_place = o->in_place;
    if (!error)
        error = take_block(&j, *records);
    error = tern_agree(c, error);
    if (!error)
        error = tern__sort_comm(c, &j.c);
    if (!error) {
        error = o->prove != NULL ? run_proved(&j, algorithm, o) : run(&j, algorithm);
        *n = j.n;
    }
    if (j.data != NULL)
        *records = j.data;
    return error;
}

int tern_sort_records(tern_comm *c, const tern_record_layout *layout, void **records, size_t *n,
                      const tern_sort_options *options)
{
    return tern__sort_job(c, layout, records, n, options, false);
}

int tern_sort(tern_comm *c, enum tern_key_type type, void **keys, size_t *n,
              const tern_sort_options *options)
{
    tern_record_layout layout = tern_key_layout(type);

    return tern_sort_records(c, &layout, keys, n, options);
}

int tern_sort_records_local(const tern_record_layout *layout, void **records, size_t n,
                            bool descending)
{
    tern__items t;
    int error = tern__items_init(&t, layout, descending, true);

    if (!error)
        error = validate(&t, *records, n, &defaults);
    if (error || n == 0)
        return error;
    char *data = *records;
    if (t.sort_seen != NULL) {
        t.sort_seen(&t, data, n);
        return TERN_OK;
    }
    t.enter(&t, data, n);
    error = t.sort(&t, &data, n, n);
    t.leave(&t, data, n);
    *records = data;
    return error;
}

/* Keys are sorted where they are. */
int tern_sort_local(enum tern_key_type type, void *keys, size_t n, bool descending)
{
    tern_record_layout layout = tern_key_layout(type);

    return tern_sort_records_local(&layout, &keys, n, descending);
}
