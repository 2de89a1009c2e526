/* SPDX-License-Identifier: BSD-3-Clause */
/* Second pass.  In step t the r-th of q taking ranks takes block t q + r: all ranks send what their
 * runs have of the blocks of the step; then each sorts its own, while the pieces of the next step
 * are read and the block before is written.  All ranks take blocks, or, where the result must be
 * written in order, rank 0 alone. */
#include "config.h"

#include "sort/external_private.h"

#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

typedef struct merging {
    tern__external_sort *x;
    size_t p, me, takers;
    size_t quota; /* bytes that one rank sends to another at a time */
    size_t *send, *receive, *to,
        *all;                     /* p each: counts of a turn, where it goes, counts of a step */
    uint64_t done;                /* bytes of the result before the step */
    char *last;                   /* the last item of the steps before, .. */
    size_t last_bytes, last_room; /* .. if there is one */
} merging;

/* Bytes of this rank in the block that rank r takes in a step. */
static size_t count_for(const merging *m, size_t step, size_t r)
{
    const tern__external_sort *x = m->x;
    size_t b = step * m->takers + r;
    uint64_t n = 0;

    for (size_t j = 0; j < x->runs && r < m->takers && b < x->blocks; j++)
        n += x->cut[(b + 1) * x->runs + j] - x->cut[b * x->runs + j];
    return (size_t)n;
}

/* Of this rank's bytes in block b, in the order of the runs, `skip` left out, at most n. */
static int read_pieces(tern__external_sort *x, size_t b, size_t skip, size_t n, char **out)
{
    int error = TERN_OK;

    for (size_t j = 0; j < x->runs && n > 0 && !error; j++) {
        uint64_t at = x->cut[b * x->runs + j];
        size_t length = (size_t)(x->cut[(b + 1) * x->runs + j] - at),
               from = skip < length ? skip : length;
        size_t part = length - from < n ? length - from : n;
        if (part > 0)
            error = tern__runs_read(x, j, at + from, part, *out);
        if (part > 0 && !error)
            tern__runs_drop(x, j, at + from, part);
        *out += part;
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

static int read_turn(const merging *m, size_t step, size_t turn, char **block)
{
    size_t n = 0;
    int error = TERN_OK;

    for (size_t r = 0; r < m->p; r++)
        n += of_turn(count_for(m, step, r), turn, m->quota);
    char *out = *block = tern_alloc(n);
    if (out == NULL)
        return TERN_ENOMEM;
    for (size_t r = 0; r < m->p && !error; r++) {
        size_t part = of_turn(count_for(m, step, r), turn, m->quota);
        if (part > 0)
            error = read_pieces(m->x, step * m->takers + r, turn * m->quota, part, &out);
    }
    return error;
}

/* The first turn of step task.at. */
typedef struct ahead {
    tern__task task;
    const merging *m;
} ahead;

static int read_ahead(tern__task *t)
{
    return read_turn(((ahead *)t)->m, (size_t)t->at, 0, &t->block);
}

static int write_block(tern__task *t)
{
    return t->x->e->write(t->x->e->context, t->at, t->block, t->bytes);
}

/* ---- Exchange ---------------------------------------------------------------------------------
 */

/* How many turns the step takes, on all ranks. */
static int count_step(merging *m, size_t step, size_t *turns)
{
    uint64_t most = 0, all = 0;

    for (size_t r = 0; r < m->p; r++) {
        m->send[r] = count_for(m, step, r);
        most = m->send[r] > most ? m->send[r] : most;
    }
    int error = tern_allreduce(m->x->c, &most, &all, 1, MPI_UINT64_T, MPI_MAX);
    if (!error)
        error = tern_alltoall_counts(m->x->c, m->send, m->all);
    *turns = (size_t)((all + m->quota - 1) / m->quota);
    return error;
}

/* Send a turn's bytes; those from each rank go behind what came from it before. */
static int exchange_turn(merging *m, size_t step, size_t turn, const char *from, char *block)
{
    size_t begin = 0;

    for (size_t r = 0; r < m->p; r++) {
        m->send[r] = of_turn(count_for(m, step, r), turn, m->quota);
        m->receive[r] = of_turn(m->all[r], turn, m->quota);
        m->to[r] = begin + turn * m->quota;
        begin += m->all[r];
    }
    return tern_alltoallv(m->x->c, from, m->send, NULL, block, m->receive, m->to, MPI_BYTE, NULL);
}

static int exchange(merging *m, size_t step, char **turn, char **block, size_t *bytes)
{
    size_t turns = 0;
    int error = count_step(m, step, &turns);

    for (size_t r = 0; r < m->p; r++)
        *bytes += m->all[r];
    if (error)
        return error;
    *block = tern_alloc(*bytes);
    error = tern_agree(m->x->c, *block != NULL ? TERN_OK : TERN_ENOMEM);
    for (size_t i = 0; i < turns && !error; i++) {
        if (i > 0) {
            tern_free(*turn);
            error = tern_agree(m->x->c, read_turn(m, step, i, turn));
        }
        if (!error)
            error = exchange_turn(m, step, i, *turn, *block);
    }
    return error;
}

/* This rank's block of the step; the bytes of the first turn have been read. */
static int collect(merging *m, size_t step, tern__task *reader, char **block, size_t *bytes)
{
    int error = tern_agree(m->x->c, tern__task_finish(reader));
    char *turn = reader->block;

    reader->block = NULL;
    if (!error && m->p == 1) {
        *bytes = count_for(m, step, 0);
        *block = turn;
        return TERN_OK;
    }
    if (!error)
        error = exchange(m, step, &turn, block, bytes);
    tern_free(turn);
    return error;
}

/* ---- Proof ------------------------------------------------------------------------------------
 */

static int disorder(void)
{
    return tern_fail(TERN_EMISMATCH, NULL, "the result is not in order: a damaged run, or a bug");
}

/* The last item of a block, which is the next one's predecessor. */
static size_t last_item(const tern__external_sort *x, const char *block, size_t bytes,
                        const char **item)
{
    const char *end = block + bytes, *p = block;
    size_t step = 1;

    /* from the end back in growing strides, to the first from which an item begins */
    while (step < bytes && x->kind->next(x, block, bytes - step, bytes) == bytes)
        step *= 2;
    if (step < bytes)
        p = block + x->kind->next(x, block, bytes - step, bytes);
    for (size_t n; p < end; p += n) {
        n = x->kind->length(x, p, end);
        *item = p;
    }
    return (size_t)(end - *item);
}

static int keep_last(merging *m, const char *item, size_t bytes)
{
    if (m->last_room < bytes) {
        tern_free(m->last);
        m->last = tern_alloc(bytes);
        m->last_room = m->last != NULL ? bytes : 0;
    }
    m->last_bytes = bytes;
    if (m->last == NULL)
        return TERN_ENOMEM;
    if (item != NULL)
        memcpy(m->last, item, bytes);
    return TERN_OK;
}

/* Tell all the last item of the block of rank r. */
static int share_last(merging *m, size_t r, const char *block, size_t bytes)
{
    tern_comm *c = m->x->c;
    const char *item = NULL;
    uint64_t length = 0;

    if (m->me == r)
        length = last_item(m->x, block, bytes, &item);
    int error = tern_bcast(c, &length, 1, MPI_UINT64_T, (int)r);
    if (!error)
        error = tern_agree(c, keep_last(m, item, (size_t)length));
    return error ? error : tern_bcast(c, m->last, (size_t)length, MPI_BYTE, (int)r);
}

/* Whether this rank's block goes on where the one before it ended. */
static int check_seam(const merging *m, const char *block, size_t bytes)
{
    const tern__external_sort *x = m->x;

    if (m->last_bytes == 0 || bytes == 0)
        return TERN_OK;
    size_t n = x->kind->length(x, block, block + bytes);
    return x->kind->compare(x, m->last, m->last_bytes, block, n) > 0 ? disorder() : TERN_OK;
}

/* Check all seams of the step, the ranks' bytes of which are in m->all. */
static int check_seams(merging *m, const char *block, size_t bytes)
{
    int error = TERN_OK;

    for (size_t r = 0; r < m->takers && !error; r++) {
        if (m->all[r] == 0)
            continue;
        if (m->me == r)
            error = check_seam(m, block, bytes);
        error = tern_agree(m->x->c, error);
        if (!error)
            error = share_last(m, r, block, bytes);
    }
    return error;
}

/* Back to what the caller sees, and look at it: order within the block, and what it contains. */
static int prove(tern__external_sort *x, char *block, size_t bytes)
{
    tern_proof proof;

    if (bytes == 0)
        return TERN_OK;
    x->kind->leave(x, block, bytes);
    int error = x->kind->prove(x, block, bytes, &proof);
    if (error)
        return error;
    tern__content_add(&x->after, &proof.content);
    return proof.sorted ? TERN_OK : disorder();
}

/* Sum both contents over all ranks, and compare them, unless items were to be dropped. */
static int compare_contents(tern__external_sort *x)
{
    tern_content *both[2] = {&x->before, &x->after};
    uint64_t mine[6], all[6];

    for (size_t i = 0; i < 2; i++) {
        mine[3 * i] = both[i]->items;
        mine[3 * i + 1] = both[i]->bytes;
        mine[3 * i + 2] = both[i]->hash;
    }
    int error = tern_allreduce(x->c, mine, all, 6, MPI_UINT64_T, MPI_SUM);
    for (size_t i = 0; i < 2; i++)
        *both[i] = (tern_content){all[3 * i], all[3 * i + 1], all[3 * i + 2]};
    if (error || (x->e->lines != NULL && x->e->lines->unique))
        return error;
    return tern_content_equal(&x->before, &x->after)
               ? TERN_OK
               : tern_fail(TERN_EMISMATCH, NULL,
                           "what was written is not what was read: a damaged run, or a bug");
}

/* ---- Steps ------------------------------------------------------------------------------------
 */

/* Sort the block, which may become shorter, and find its place in the result. */
static int sort_block(merging *m, char **block, size_t *bytes, uint64_t *at)
{
    tern__external_sort *x = m->x;
    int error = *bytes > 0 ? x->kind->sort(x, block, bytes) : TERN_OK;

    error = tern_agree(x->c, error);
    if (!error)
        error = tern_allgather(x->c, bytes, m->all, sizeof(*bytes), MPI_BYTE);
    if (!error)
        error = check_seams(m, *block, *bytes);
    for (size_t r = 0; r < m->p; r++) {
        *at = r == m->me ? m->done : *at;
        m->done += m->all[r];
    }
    return error;
}

static void start_reading(const merging *m, ahead *reader, size_t step)
{
    *reader = (ahead){.task = {.work = read_ahead, .x = m->x, .at = step}, .m = m};
    if (step * m->takers < m->x->blocks)
        tern__task_start(&reader->task);
}

static int do_step(merging *m, size_t step, ahead *reader, tern__task *writer)
{
    tern__external_sort *x = m->x;
    char *block = NULL;
    size_t bytes = 0;
    uint64_t at = 0;
    int error = collect(m, step, &reader->task, &block, &bytes);

    if (!error) {
        start_reading(m, reader, step + 1);
        error = sort_block(m, &block, &bytes, &at);
    }
    if (!error)
        error = prove(x, block, bytes);
    int written = tern__task_finish(writer);
    tern_free(writer->block);
    *writer = (tern__task){.work = write_block, .x = x, .block = block, .bytes = bytes, .at = at};
    error = tern_agree(x->c, error ? error : written);
    if (!error && bytes > 0)
        tern__task_start(writer);
    return error;
}

static int merge_all(merging *m)
{
    tern__external_sort *x = m->x;
    size_t steps = (x->blocks + m->takers - 1) / m->takers;
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
    return error ? error : compare_contents(x);
}

int tern__external_merge(tern__external_sort *x)
{
    size_t p = (size_t)tern_size(x->c);
    merging m = {.x = x, .p = p, .me = (size_t)tern_rank(x->c), .takers = x->e->in_order ? 1 : p};
    size_t *counts = calloc(4 * p, sizeof(*counts));

    m.quota = p == 1 ? SIZE_MAX / 2 : x->most / p * 3 / 2 + 1;
    int error = tern_agree(
        x->c,
        counts != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu counts", 4 * p));
    if (!error) {
        m.send = counts;
        m.receive = counts + p;
        m.to = counts + 2 * p;
        m.all = counts + 3 * p;
        error = merge_all(&m);
    }
    tern_free(m.last);
    free(counts);
    return error;
}
