/* SPDX-License-Identifier: BSD-3-Clause */
/* First pass: sorted runs.  While one is sorted, the next is read and the one before is written:
 * three blocks, and what the sort needs. */
#include "config.h"

#include "sort/external_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int fail(const tern__external_sort *x, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", x->e->folder, why);
}

int tern__runs_write(const tern__external_sort *x, uint64_t at, size_t n, const char *in)
{
    uint64_t offset = at * x->bytes, end = offset + n * x->bytes;

    while (offset < end) {
        ssize_t put = pwrite(x->fd, in, (size_t)(end - offset), (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(x, strerror(put < 0 ? errno : ENOSPC));
        in += put;
        offset += (uint64_t)put;
    }
    return TERN_OK;
}

int tern__runs_read(const tern__external_sort *x, uint64_t at, size_t n, char *out)
{
    uint64_t offset = at * x->bytes, end = offset + n * x->bytes;

    while (offset < end) {
        ssize_t got = pread(x->fd, out, (size_t)(end - offset), (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(x, got < 0 ? strerror(errno) : "a run has become shorter");
        out += got;
        offset += (uint64_t)got;
    }
    return TERN_OK;
}

size_t tern__run_length(uint64_t n, size_t run, size_t j)
{
    uint64_t begin = (uint64_t)run * j;

    return begin >= n ? 0 : n - begin < run ? (size_t)(n - begin) : run;
}

size_t tern__sample_count(const tern__external_sort *x, size_t length)
{
    return (length + x->every - 1) / x->every;
}

static int read_input(tern__task *t)
{
    t->block = tern_alloc(t->n * t->x->bytes);
    return t->block != NULL ? t->x->e->read(t->x->e->context, t->first, t->n, t->block)
                            : TERN_ENOMEM;
}

static int write_run(tern__task *t)
{
    int error = tern__runs_write(t->x, t->first, t->n, t->block);

    if (!error && t->x->notes >= 0)
        error = tern__resume_note(t->x, t->run, &t->content);
    return error;
}

static void start_reading(tern__external_sort *x, tern__task *reader, size_t j)
{
    *reader = (tern__task){.work = read_input, .x = x, .first = (uint64_t)x->run * j};
    reader->n = tern__run_length(x->e->n, x->run, j);
    if (reader->n > 0)
        tern__task_start(reader);
}

static void take_samples(const tern__external_sort *x, size_t j, const char *run, size_t n)
{
    char *out = x->samples + j * x->per_run * x->bytes;

    for (size_t i = 0; i < n; i += x->every, out += x->bytes)
        memcpy(out, run + i * x->bytes, x->bytes);
}

static int sort_run(tern__external_sort *x, size_t j, char **block, size_t n)
{
    if (n == 0)
        return TERN_OK;
    x->items.enter(&x->items, *block, n);
    int error = x->items.sort(&x->items, block, n, n);
    if (!error)
        take_samples(x, j, *block, n);
    return error;
}

static void add_content(tern__external_sort *x, const tern_content *part)
{
    x->before.items += part->items;
    x->before.bytes += part->bytes;
    x->before.hash += part->hash;
}

/* Run j, which has been read; the next one is under way meanwhile. */
static int make_run(tern__external_sort *x, size_t j, tern__task *reader, tern__task *writer)
{
    int error = tern_agree(x->c, tern__task_finish(reader));
    char *block = reader->block;
    size_t n = reader->n;
    tern_content content;

    reader->block = NULL;
    if (!error) {
        start_reading(x, reader, j + 1);
        error = tern_records_content(x->c, &x->e->layout, block, n, &content);
    }
    if (!error) {
        add_content(x, &content);
        error = sort_run(x, j, &block, n);
    }
    int written = tern__task_finish(writer);
    tern_free(writer->block);
    *writer = (tern__task){.work = write_run,
                           .x = x,
                           .block = block,
                           .first = (uint64_t)x->run * j,
                           .n = n,
                           .run = j,
                           .content = x->before};
    error = tern_agree(x->c, error ? error : written);
    if (!error && (n > 0 || x->notes >= 0))
        tern__task_start(writer);
    return error;
}

int tern__external_runs(tern__external_sort *x)
{
    uint64_t mine = x->runs, most = 0;
    tern__task reader, writer = {.block = NULL};
    size_t first = 0;
    int error = tern_allreduce(x->c, &mine, &most, 1, MPI_UINT64_T, MPI_MAX);

    if (!error && x->e->resume != NULL)
        error = tern__resume_load(x, &first);
    if (error)
        return error;
    start_reading(x, &reader, first);
    for (size_t j = first; j < most && !error; j++) {
        error = make_run(x, j, &reader, &writer);
        if (x->e->step != NULL)
            x->e->step(j + 1, most);
    }
    int left = tern__task_finish(&reader), written = tern__task_finish(&writer);
    tern_free(reader.block);
    tern_free(writer.block);
    return tern_agree(x->c, error ? error : left ? left : written);
}
