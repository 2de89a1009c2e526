/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing.  To a file all threads of all ranks write at once, at offsets that follow from the sizes
 * before them, beside the final name; to stdout, a device or a pipe rank 0 writes, and asks one
 * rank after the other for what it has. */
#include "config.h"

#include "sort/tern-sort.h"

#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TAG_ASK = 1, TAG_ANSWER, SEGMENTS_A_THREAD = 4 };

static const char *name_of(const char *path)
{
    return path != NULL ? path : "stdout";
}

static int fail(const char *path)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", name_of(path), strerror(errno));
}

int output_try(tern_comm *c, const char *path)
{
    tern_outfile file;
    int error = TERN_OK;

    if (path != NULL && tern_rank(c) == 0) {
        error = tern_outfile_begin(path, &file);
        if (!error)
            tern_outfile_discard(&file);
    }
    return tern_agree(c, error);
}

/* ---- A file, by all ranks ---------------------------------------------------------------------
 */

/* Items first .. end - 1, by one thread. */
static int write_segment(const tern_writer *w, const output_source *s, size_t first, size_t end,
                         uint64_t offset)
{
    tern_writer_part part;
    int error = tern_writer_begin(w, offset, &part);

    while (first < end && !error) {
        const char *piece;
        size_t bytes;
        first = s->next(s->context, first, end, tern_writer_space(&part), &piece, &bytes);
        error = tern_writer_put(&part, piece, bytes);
    }
    const int ended = tern_writer_end(&part);
    return error ? error : ended;
}

/* All items of this rank from `offset` on, with all threads. */
static int write_items(const tern_writer *w, const output_source *s, uint64_t offset)
{
    size_t n = (size_t)omp_get_max_threads() * SEGMENTS_A_THREAD, done = 0;
    uint64_t *at = malloc((n + 1) * sizeof(*at));
    thread_failure failed = {.error = TERN_OK};

    if (at == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for offsets");
#define SEGMENT(i) (s->items / n * (i) + s->items % n * (i) / n)
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < n; i++)
        at[i + 1] = s->bytes(s->context, SEGMENT(i), SEGMENT(i + 1) - SEGMENT(i));
    at[0] = offset;
    for (size_t i = 0; i < n; i++)
        at[i + 1] += at[i];
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < n; i++) {
        thread_failed(&failed, write_segment(w, s, SEGMENT(i), SEGMENT(i + 1), at[i]));
#pragma omp atomic
        done++;
        if (omp_get_thread_num() == 0)
            tern_prog_step(done, n);
    }
#undef SEGMENT
    free(at);
    return thread_failure_end(&failed);
}

static int write_beside(tern_comm *c, const tern_outfile *file, const output_source *s)
{
    uint64_t mine = s->bytes(s->context, 0, s->items), offset = 0, all = 0;
    MPI_Request request;

    MPI_Iexscan(&mine, &offset, 1, MPI_UINT64_T, MPI_SUM, tern_comm_raw(c), &request);
    int error = tern_wait_mpi(c, &request, "exscan", TERN_FOREVER);
    if (!error)
        error = tern_allreduce(c, &mine, &all, 1, MPI_UINT64_T, MPI_SUM);
    if (error)
        return error;
    int fd = open(file->beside, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(file->path);
    tern_writer w = tern_writer_open(fd, all);
    error = write_items(&w, s, tern_rank(c) > 0 ? offset : 0);
    if (error == TERN_EIO)
        error = tern_fail(error, NULL, "%s: %s", file->path, tern_last_error());
    tern_writer_close(&w);
    if (close(fd) != 0 && !error)
        error = fail(file->path);
    return error;
}

static int check(const output_source *s)
{
    return s->check != NULL ? s->check(s->context) : TERN_OK;
}

static int write_file(tern_comm *c, const tern_outfile *file, const output_source *s)
{
    int error = tern_agree(c, write_beside(c, file, s));

    if (!error)
        error = tern_agree(c, check(s));
    if (tern_rank(c) == 0) {
        if (error)
            tern_outfile_discard(file);
        else
            error = tern_outfile_commit(file);
    }
    return error ? error : tern_agree(c, error);
}

/* ---- A stream, by rank 0 ----------------------------------------------------------------------
 */

int output_put(int fd, const char *path, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, bytes, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail(path);
        bytes += put;
        n -= (size_t)put;
    }
    return TERN_OK;
}

static int write_own(int fd, const char *path, const output_source *s, char *buffer)
{
    int error = TERN_OK;

    for (size_t i = 0; i < s->items && !error;) {
        const char *piece;
        size_t bytes;
        i = s->next(s->context, i, s->items, buffer, &piece, &bytes);
        error = output_put(fd, path, piece, bytes);
    }
    return error;
}

/* Rank 0 asks rank r until it has nothing left, or tells it to stop. */
static int write_others(tern_comm *c, int fd, const char *path, int r, int error)
{
    for (;;) {
        int more = !error;
        void *piece = NULL;
        size_t bytes = 0;
        int lost = tern_send(c, &more, 1, MPI_INT, r, TAG_ASK);
        if (!lost && more)
            lost = tern_recv_alloc(c, &piece, &bytes, MPI_CHAR, r, TAG_ANSWER, NULL);
        if (lost)
            return lost;
        if (bytes > 0)
            error = output_put(fd, path, piece, bytes);
        tern_free(piece);
        if (!more || bytes == 0)
            return error;
    }
}

/* Any other rank gives what it has, piece by piece, and then nothing. */
static int answer(tern_comm *c, const output_source *s, char *buffer)
{
    int more, error = tern_recv(c, &more, 1, MPI_INT, 0, TAG_ASK, NULL);

    for (size_t i = 0; !error && more;) {
        const char *piece = buffer;
        size_t bytes = 0;
        if (i < s->items)
            i = s->next(s->context, i, s->items, buffer, &piece, &bytes);
        error = tern_send(c, piece, bytes, MPI_CHAR, 0, TAG_ANSWER);
        if (error || bytes == 0)
            break;
        error = tern_recv(c, &more, 1, MPI_INT, 0, TAG_ASK, NULL);
    }
    return error;
}

static int write_stream(tern_comm *c, int fd, const char *path, const output_source *s)
{
    char *buffer = tern_alloc(OUTPUT_BUFFER);
    int error = tern_agree(c, buffer != NULL ? TERN_OK : TERN_ENOMEM);

    if (!error && tern_rank(c) == 0) {
        error = write_own(fd, path, s, buffer);
        for (int r = 1; r < tern_size(c); r++)
            error = write_others(c, fd, path, r, error);
    } else if (!error) {
        error = answer(c, s, buffer);
    }
    tern_free(buffer);
    return error ? error : check(s);
}

/* A device or a pipe that has a name. */
static int write_device(tern_comm *c, const char *path, const output_source *s)
{
    bool mine = tern_rank(c) == 0;
    int fd = mine ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    int error = tern_agree(c, mine && fd < 0 ? fail(path) : TERN_OK);

    if (!error)
        error = write_stream(c, fd, path, s);
    if (fd >= 0 && close(fd) != 0 && !error)
        error = fail(path);
    return tern_agree(c, error);
}

int output_write(tern_comm *c, const char *path, const output_source *source)
{
    tern_outfile file = {.path = ""};
    int error = TERN_OK;

    if (path == NULL)
        return tern_agree(c, write_stream(c, STDOUT_FILENO, path, source));
    if (tern_rank(c) == 0)
        error = tern_outfile_begin(path, &file);
    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, &file, sizeof(file), MPI_BYTE, 0);
    if (error)
        return error;
    if (strcmp(file.path, file.beside) == 0)
        return write_device(c, file.path, source);
    return write_file(c, &file, source);
}
