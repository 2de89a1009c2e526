/* SPDX-License-Identifier: BSD-3-Clause */
/* Second pass.  In step t rank r takes block t p + r: all ranks send what their runs have of the
 * blocks of the step; then each sorts its own, while the pieces of the next step are read and the
 * block before is written. */
#include "config.h"

#include "sort/external_private.h"

#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

typedef struct merging {
    tern__external_sort *x;
    size_t p, me;
    size_t quota; /* records that one rank sends to another at a time */
    size_t *send, *receive, *to,
        *all;   /* p each: counts of a turn, where it goes, counts of a step */
    char *last; /* the last record of the steps before */
    bool any;   /* .. if there is one */
    tern_content after;
} merging;

/* Records of this rank in block b. */
static size_t count_in(const tern__external_sort *x, size_t b)
{
    uint64_t n = 0;

    for (size_t j = 0; j < x->runs && b < x->blocks; j++)
        n += x->cut[(b + 1) * x->runs + j] - x->cut[b * x->runs + j];
    return (size_t)n;
}

/* Of this rank's records in block b, in the order of the runs, `skip` left out, at most n. */
static int read_pieces(const tern__external_sort *x, size_t b, size_t skip, size_t n, char **out)
{
    int error = TERN_OK;

    for (size_t j = 0; j < x->runs && n > 0 && !error; j++) {
        uint64_t at = x->cut[b * x->runs + j];
        size_t length = (size_t)(x->cut[(b + 1) * x->runs + j] - at),
               from = skip < length ? skip : length;
        size_t part = length - from < n ? length - from : n;
        error = tern__runs_read(x, (uint64_t)x->run * j + at + from, part, *out);
        *out += part * x->bytes;
        n -= part;
        skip -= from;
    }
    return error;
}

static size_t of_turn(size_t all, size_t turn, size_t quota)
{
    size_t before = turn * quota;

    return all <= before ? 0 : all - before < quota ? all - before : quota;
}

/* A turn of a step: task->first is the step, task->n the turn. */
static int read_turn(const merging *m, size_t step, size_t turn, char **block)
{
    size_t n = 0;
    int error = TERN_OK;

    for (size_t r = 0; r < m->p; r++)
        n += of_turn(count_in(m->x, step * m->p + r), turn, m->quota);
    char *out = *block = tern_alloc(n * m->x->bytes);
    if (out == NULL)
        return TERN_ENOMEM;
    for (size_t r = 0; r < m->p && !error; r++) {
        size_t b = step * m->p + r, part = of_turn(count_in(m->x, b), turn, m->quota);
        if (part > 0)
            error = read_pieces(m->x, b, turn * m->quota, part, &out);
    }
    return error;
}

typedef struct ahead {
    tern__task task;
    const merging *m;
} ahead;

static int read_ahead(tern__task *t)
{
    return read_turn(((ahead *)t)->m, (size_t)t->first, 0, &t->block);
}

static int write_block(tern__task *t)
{
    return t->x->e->write(t->x->e->context, t->first, t->block, t->n);
}

/* ---- Exchange ---------------------------------------------------------------------------------
 */

/* How many turns the step takes, on all ranks. */
static int count_step(merging *m, size_t step, size_t *turns)
{
    uint64_t most = 0, all = 0;

    for (size_t r = 0; r < m->p; r++) {
        m->send[r] = count_in(m->x, step * m->p + r);
        most = m->send[r] > most ? m->send[r] : most;
    }
    int error = tern_allreduce(m->x->c, &most, &all, 1, MPI_UINT64_T, MPI_MAX);
    if (!error)
        error = tern_alltoall_counts(m->x->c, m->send, m->all);
    *turns = (size_t)((all + m->quota - 1) / m->quota);
    return error;
}

/* Send a turn's records; those from each rank go behind what came from it before. */
static int exchange_turn(merging *m, size_t step, size_t turn, const char *from, char *block)
{
    size_t begin = 0, bytes = m->x->bytes;

    for (size_t r = 0; r < m->p; r++) {
        m->send[r] = of_turn(count_in(m->x, step * m->p + r), turn, m->quota) * bytes;
        m->receive[r] = of_turn(m->all[r], turn, m->quota) * bytes;
        m->to[r] = (begin + turn * m->quota) * bytes;
        begin += m->all[r];
    }
    return tern_alltoallv(m->x->c, from, m->send, NULL, block, m->receive, m->to, MPI_BYTE, NULL);
}

/* This rank's block of the step; the records of the first turn have been read. */
static int collect(merging *m, size_t step, tern__task *reader, char **block)
{
    size_t turns = 0, n = 0;
    int error = tern_agree(m->x->c, tern__task_finish(reader));
    char *turn = reader->block;

    reader->block = NULL;
    if (!error && m->p == 1) {
        *block = turn;
        return TERN_OK;
    }
    if (!error)
        error = count_step(m, step, &turns);
    for (size_t r = 0; r < m->p; r++)
        n += m->all[r];
    if (!error) {
        *block = tern_alloc(n * m->x->bytes);
        error = tern_agree(m->x->c, *block != NULL ? TERN_OK : TERN_ENOMEM);
    }
    for (size_t i = 0; i < turns && !error; i++) {
        if (i > 0) {
            tern_free(turn);
            error = tern_agree(m->x->c, read_turn(m, step, i, &turn));
        }
        if (!error)
            error = exchange_turn(m, step, i, turn, *block);
    }
    tern_free(turn);
    return error;
}

/* ---- Proof ------------------------------------------------------------------------------------
 */

static size_t block_length(const tern__external_sort *x, size_t b)
{
    return b < x->blocks ? (size_t)(x->begin[b + 1] - x->begin[b]) : 0;
}

/* Whether the step goes on where the ones before it ended. */
static int check_seam(merging *m, size_t step, const char *block)
{
    const tern__external_sort *x = m->x;
    size_t first = m->p, last = 0;
    int error = TERN_OK;

    for (size_t r = m->p; r-- > 0;)
        if (block_length(x, step * m->p + r) > 0) {
            last = first == m->p ? r : last;
            first = r;
        }
    if (first == m->p)
        return TERN_OK;
    if (m->any && m->me == first && tern__compare_items(&x->items, m->last, block) > 0)
        error =
            tern_fail(TERN_EMISMATCH, NULL, "the result is not in order: a damaged run, or a bug");
    error = tern_agree(x->c, error);
    if (error)
        return error;
    if (m->me == last)
        memcpy(m->last, block + (block_length(x, step * m->p + last) - 1) * x->bytes, x->bytes);
    m->any = true;
    return tern_bcast(x->c, m->last, x->bytes, MPI_BYTE, (int)last);
}

static int prove_step(merging *m, const char *block, size_t n)
{
    tern_sort_options options = {.descending = m->x->e->descending};
    tern_proof proof;
    int error = tern_prove(m->x->c, &m->x->e->layout, block, n, &options, &proof);

    if (error)
        return error;
    m->after.items += proof.content.items;
    m->after.bytes += proof.content.bytes;
    m->after.hash += proof.content.hash;
    return proof.sorted ? TERN_OK
                        : tern_fail(TERN_EMISMATCH, NULL,
                                    "the result is not in order: a damaged run, or a bug");
}

/* ---- Steps ------------------------------------------------------------------------------------
 */

static int sort_block(merging *m, size_t step, char **block, size_t n)
{
    tern__items *t = &m->x->items;
    int error = tern_agree(m->x->c, n > 0 ? t->sort(t, block, n, n) : TERN_OK);

    if (!error)
        error = check_seam(m, step, *block);
    if (error)
        return error;
    t->leave(t, *block, n);
    return prove_step(m, *block, n);
}

static void start_reading(const merging *m, ahead *reader, size_t step)
{
    *reader = (ahead){.task = {.work = read_ahead, .x = m->x, .first = step}, .m = m};
    if (step * m->p < m->x->blocks)
        tern__task_start(&reader->task);
}

static int do_step(merging *m, size_t step, ahead *reader, tern__task *writer)
{
    tern__external_sort *x = m->x;
    size_t b = step * m->p + m->me, n = block_length(x, b);
    char *block = NULL;
    int error = collect(m, step, &reader->task, &block);

    if (!error) {
        start_reading(m, reader, step + 1);
        error = sort_block(m, step, &block, n);
    }
    int written = tern__task_finish(writer);
    tern_free(writer->block);
    *writer = (tern__task){.work = write_block, .x = x, .block = block, .n = n};
    error = tern_agree(x->c, error ? error : written);
    if (!error && n > 0) {
        writer->first = x->begin[b];
        tern__task_start(writer);
    }
    return error;
}

static int merge_all(merging *m)
{
    tern__external_sort *x = m->x;
    size_t steps = (x->blocks + m->p - 1) / m->p;
    tern__task writer = {.block = NULL};
    ahead reader;
    int error = TERN_OK;

    start_reading(m, &reader, 0);
    for (size_t step = 0; step < steps && !error; step++) {
        error = do_step(m, step, &reader, &writer);
        if (x->e->step != NULL)
            x->e->step(step + 1, steps);
    }
    int left = tern__task_finish(&reader.task), written = tern__task_finish(&writer);
    tern_free(reader.task.block);
    tern_free(writer.block);
    error = tern_agree(x->c, error ? error : left ? left : written);
    if (!error && !tern_content_equal(&x->before, &m->after))
        error = tern_fail(TERN_EMISMATCH, NULL,
                          "what was written is not what was read: a damaged run, or a bug");
    return error;
}

int tern__external_merge(tern__external_sort *x)
{
    size_t p = (size_t)tern_size(x->c);
    merging m = {.x = x, .p = p, .me = (size_t)tern_rank(x->c)};
    size_t *counts = calloc(4 * p, sizeof(*counts));

    m.quota = p == 1 ? SIZE_MAX / 2 : x->most / p * 3 / 2 + 1;
    m.last = malloc(x->bytes);
    int error =
        tern_agree(x->c, counts != NULL && m.last != NULL
                             ? TERN_OK
                             : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu counts", 4 * p));
    if (!error) {
        m.send = counts;
        m.receive = counts + p;
        m.to = counts + 2 * p;
        m.all = counts + 3 * p;
        error = merge_all(&m);
    }
    free(m.last);
    free(counts);
    return error;
}
