/* SPDX-License-Identifier: BSD-3-Clause */
/* First pass: sorted runs.  While one is sorted, the next is read and the one before is written:
 * three blocks, and what the sort needs.  A run takes whole items of what has been read; the rest
 * begins the next one. */
#include "config.h"

#include "sort/external_private.h"

#include <stdlib.h>
#include <string.h>

enum { LONG = 64 /* samples are at most one such part of the items */ };

/* ---- Reading ----------------------------------------------------------------------------------
 */

static int make_larger(tern__task *t)
{
    size_t room = 2 * t->room + t->x->unit;
    char *block = tern_alloc(room);

    if (block == NULL)
        return TERN_ENOMEM;
    memcpy(block, t->block, t->bytes);
    tern_free(t->block);
    t->block = block;
    t->room = room;
    return TERN_OK;
}

/* Fill the block, and more if no item is whole. */
static int read_input(tern__task *t)
{
    tern__external_sort *x = t->x;

    for (;;) {
        size_t want = t->room - t->bytes, got = 0;
        int error = x->e->read(x->e->context, t->at + t->bytes, want, t->block + t->bytes, &got);
        if (error)
            return error;
        t->bytes += got;
        t->ended = got < want || t->at + t->bytes == x->e->bytes;
        if (t->ended || x->kind->whole(x, t->block, t->bytes, 1) > 0)
            return TERN_OK;
        error = make_larger(t);
        if (error)
            return error;
    }
}

/* Read on behind the rest of what was read before, so that there are `room` bytes. */
static int start_reading(tern__external_sort *x, tern__task *reader, const char *rest,
                         size_t rest_bytes, size_t room, bool ended)
{
    room = (room + x->unit - 1) / x->unit * x->unit;
    room = room > rest_bytes ? room : rest_bytes;
    if (x->e->bytes - x->taken < room)
        room = (size_t)(x->e->bytes - x->taken);
    *reader = (tern__task){.work = read_input,
                           .x = x,
                           .block = tern_alloc(room + 1),
                           .bytes = rest_bytes,
                           .room = room,
                           .at = x->taken,
                           .ended = ended || x->e->bytes == x->taken};
    if (reader->block == NULL)
        return TERN_ENOMEM;
    if (rest_bytes > 0)
        memcpy(reader->block, rest, rest_bytes);
    if (!reader->ended
        && (reader->bytes < room || x->kind->whole(x, reader->block, rest_bytes, 1) == 0))
        tern__task_start(reader);
    return TERN_OK;
}

/* ---- Samples ----------------------------------------------------------------------------------
 */

static int add_sample(tern__run *run, const char *item, tern__run_sample sample, size_t *text_room)
{
    if (run->text == NULL || run->text_bytes + sample.length > *text_room) {
        *text_room = 2 * *text_room + (size_t)sample.length + 4096;
        char *larger = realloc(run->text, *text_room);
        if (larger == NULL)
            return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu bytes of samples", *text_room);
        run->text = larger;
    }
    memcpy(run->text + run->text_bytes, item, sample.length);
    sample.text = run->text_bytes;
    run->text_bytes += sample.length;
    run->sample[run->samples++] = sample;
    return TERN_OK;
}

/* The first item, and the first that begins so many bytes after the one before it. */
static int take_samples(tern__external_sort *x, const char *block, uint64_t items, tern__run *run)
{
    double cost = 1 + (double)x->kind->overhead * (double)items / (double)run->bytes;
    size_t room = (size_t)run->bytes / x->every + 1, text_room = 0, at = 0;
    const char *end = block + run->bytes;
    int error = TERN_OK;

    run->sample = malloc(room * sizeof(*run->sample));
    if (run->sample == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu samples", room);
    while (at < run->bytes && !error) {
        size_t length = x->kind->length(x, block + at, end), next = at + length;
        size_t least = LONG * length > x->every ? LONG * length : x->every;
        least = least < run->bytes - at ? at + least : run->bytes;
        next = x->kind->next(x, block, next > least ? next : least, (size_t)run->bytes);
        tern__run_sample sample = {.at = at,
                                   .weight = (uint64_t)((double)(next - at) * cost) + 1,
                                   .length = length,
                                   .rank = (uint64_t)tern_rank(x->c),
                                   .run = x->made};
        error = add_sample(run, block + at, sample, &text_room);
        at = next;
    }
    return error;
}

/* ---- Runs -------------------------------------------------------------------------------------
 */

static int write_run(tern__task *t)
{
    int error = tern__runs_write(t->x, &t->run, t->block);

    if (!error && t->x->notes >= 0)
        error = tern__resume_note(t->x, t);
    return error;
}

/* The run that has been written is one of all. */
static int finish_run(tern__external_sort *x, tern__task *writer)
{
    bool began = writer->running;
    int error = tern__task_finish(writer);

    tern_free(writer->block);
    writer->block = NULL;
    if (began && !error && writer->run.bytes > 0)
        error = tern__runs_add(x, &writer->run);
    else
        tern__run_free(&writer->run);
    writer->run = (tern__run){.bytes = 0};
    return error;
}

/* From items as they were read to a run in memory. */
static int sort_run(tern__external_sort *x, char **block, size_t bytes, tern__run *run)
{
    tern_content content = {.items = 0};
    int error = x->kind->content(x, *block, bytes, &content);

    if (error)
        return error;
    tern__content_add(&x->before, &content);
    x->kind->enter(x, *block, bytes);
    error = x->kind->sort(x, block, &bytes);
    run->bytes = bytes;
    if (!error)
        error = take_samples(x, *block, content.items, run);
    x->made++;
    return error;
}

/* What has been read becomes a run; the next is read meanwhile. */
static int make_run(tern__external_sort *x, tern__task *reader, tern__task *writer)
{
    tern__run run = {.bytes = 0};
    int error = tern__task_finish(reader);
    char *block = reader->block;
    size_t bytes = error ? 0 : x->kind->whole(x, block, reader->bytes, x->most_run);

    reader->block = NULL;
    if (!error && bytes < reader->bytes && bytes == 0)
        error = tern_fail(TERN_EINVAL, NULL, "the input ends within an item");
    x->taken += bytes;
    if (!error)
        error = start_reading(x, reader, block + bytes, reader->bytes - bytes,
                              bytes + bytes / 8 < x->most_run ? bytes + bytes / 8 : x->most_run,
                              reader->ended);
    if (!error && bytes > 0)
        error = sort_run(x, &block, bytes, &run);
    int written = finish_run(x, writer);
    *writer = (tern__task){
        .work = write_run, .x = x, .block = block, .at = x->taken, .run = run, .before = x->before};
    return error ? error : written;
}

/* Whether some rank has more to read. */
static int any_left(const tern__external_sort *x, const tern__task *reader, int error, bool *out)
{
    int mine = reader->running || reader->bytes > 0 || !reader->ended, any = 0;

    error = tern_agree(x->c, error);
    if (!error)
        error = tern_allreduce(x->c, &mine, &any, 1, MPI_INT, MPI_MAX);
    *out = any != 0;
    return error;
}

static void tell(const tern__external_sort *x)
{
    if (x->e->step != NULL && x->e->bytes != UINT64_MAX)
        x->e->step(x->taken, x->e->bytes);
}

int tern__external_runs(tern__external_sort *x)
{
    tern__task reader = {.block = NULL}, writer = {.block = NULL};
    bool more = false;
    int error = x->e->resume != NULL ? tern__resume_load(x) : TERN_OK;

    if (error)
        return error;
    error = any_left(x, &reader, start_reading(x, &reader, NULL, 0, x->most_run, false), &more);
    while (more && !error) {
        error = make_run(x, &reader, &writer);
        tell(x);
        error = any_left(x, &reader, error, &more);
        if (!error && (writer.run.bytes > 0 || x->notes >= 0))
            tern__task_start(&writer);
    }
    int left = tern__task_finish(&reader), written = finish_run(x, &writer);
    tern_free(reader.block);
    return tern_agree(x->c, error ? error : left ? left : written);
}
