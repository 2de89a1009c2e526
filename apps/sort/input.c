/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading in parallel.  The files form one sequence of bytes, in which a newline is put where a
 * file ends without one.  Ranks take equal ranges of it; a line belongs to the rank in whose range
 * it begins. */
#include "config.h"

#include "sort/tern-sort.h"

#include "coll/coll.h"

#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 8 << 20, SCAN_BYTES = 64 << 10 };

const char *input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "stdin" : path;
}

static int fail(const char *path, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", input_name(path), why);
}

/* ---- Looking at the operands ------------------------------------------------------------------
 */

int check_unit(const char *path, uint64_t bytes, size_t unit)
{
    if (unit == 0 || bytes % unit == 0)
        return TERN_OK;
    return tern_fail(TERN_EIO, NULL, "%s: %llu bytes are no whole number of %zu-byte keys",
                     input_name(path), (unsigned long long)bytes, unit);
}

/* Whether the last line of a file has its end, and whether the file is compressed. */
static int look_inside(int fd, const input *in, const char *path, input_file *file, bool *stream)
{
    char magic[MAGIC_BYTES], last = in->end;
    ssize_t first = file->size > 0 ? pread(fd, magic, sizeof(magic), 0) : 0;
    ssize_t got = file->size > 0 ? pread(fd, &last, 1, (off_t)file->size - 1) : 1;

    if (got != 1 || first < 0)
        return fail(path, got < 0 || first < 0 ? strerror(errno) : "it has become shorter");
    file->open_end = last != in->end;
    *stream |= !in->plain && is_compressed(magic, (size_t)first);
    return TERN_OK;
}

static uint64_t time_of(const struct stat *st)
{
    return (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec;
}

/* Whether the file is where stdout goes. */
static bool is_stdout(const struct stat *file)
{
    struct stat out;

    return fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == file->st_dev
           && out.st_ino == file->st_ino;
}

static int look_at(input *in, const char *path, size_t unit, input_file *file, bool *stream)
{
    struct stat st;
    bool is_stdin = strcmp(path, "-") == 0;
    int error = TERN_OK, fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0)
        error = fail(path, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        error = fail(path, strerror(EISDIR));
    else if (!S_ISREG(st.st_mode) || is_stdin)
        *stream = true;
    else {
        file->size = (uint64_t)st.st_size;
        file->time = time_of(&st);
        in->grows |= is_stdout(&st);
        error =
            unit > 0 ? check_unit(path, file->size, unit) : look_inside(fd, in, path, file, stream);
    }
    if (fd >= 0 && !is_stdin)
        close(fd);
    return error;
}

static int look_at_all(input *in, size_t unit)
{
    for (int i = 0; i < in->n; i++) {
        int error = look_at(in, in->paths[i], unit, &in->files[i], &in->stream);
        if (error)
            return error;
        in->files[i].begin = in->total;
        in->total += in->files[i].size + in->files[i].open_end;
    }
    return TERN_OK;
}

int input_open(tern_comm *c, size_t unit, input *in)
{
    in->files = calloc((size_t)in->n + 1, sizeof(*in->files));
    int error = in->files == NULL   ? tern_fail(TERN_ENOMEM, NULL, "no memory for the file names")
                : tern_rank(c) == 0 ? look_at_all(in, unit)
                                    : TERN_OK;
    uint64_t known[3] = {in->stream, in->total, in->grows};

    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, known, 3, MPI_UINT64_T, 0);
    if (!error)
        error = tern_bcast(c, in->files, (size_t)in->n * sizeof(*in->files), MPI_BYTE, 0);
    in->stream = known[0] != 0;
    in->total = known[1];
    in->grows = known[2] != 0;
    return error;
}

void input_close(input *in)
{
    free(in->files);
    in->files = NULL;
}

uint64_t input_hash(const input *in)
{
    uint64_t hash = tern_hash(in->files, (size_t)in->n * sizeof(*in->files), 0);

    for (int i = 0; i < in->n; i++)
        hash = tern_hash(in->paths[i], strlen(in->paths[i]), hash);
    return hash;
}

/* ---- Ranges of regular files ------------------------------------------------------------------
 */

static int pread_all(int fd, const char *path, char *out, size_t bytes, uint64_t offset)
{
    while (bytes > 0) {
        ssize_t got = pread(fd, out, bytes, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(path,
                        got < 0 ? strerror(errno) : "it has become shorter while it was read");
        out += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    return TERN_OK;
}

/* Read a part of one file with all threads. */
static int read_parallel(int fd, const char *path, char *out, size_t bytes, uint64_t offset)
{
    thread_failure failed = {.error = TERN_OK};
    uint64_t done = 0;

#pragma omp parallel for schedule(dynamic, 1)
    for (size_t at = 0; at < bytes; at += READ_BYTES) {
        size_t part = bytes - at < READ_BYTES ? bytes - at : READ_BYTES;
        thread_failed(&failed, pread_all(fd, path, out + at, part, offset + at));
#pragma omp atomic
        done += part;
        if (omp_get_thread_num() == 0)
            tern_prog_step(done, bytes);
    }
    return thread_failure_end(&failed);
}

typedef int read_fn(int fd, const char *path, char *out, size_t bytes, uint64_t offset);

/* Bytes begin .. end - 1 of the sequence that lie in file i; *out moves on. */
static int read_from_file(const input *in, int i, uint64_t begin, uint64_t end, read_fn *how,
                          char **out)
{
    const input_file *f = &in->files[i];
    uint64_t file_end = f->begin + f->size;
    uint64_t first = begin > f->begin ? begin : f->begin, last = end < file_end ? end : file_end;
    int error = TERN_OK;

    if (first < last) {
        int fd = open(in->paths[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return fail(in->paths[i], strerror(errno));
        error = how(fd, in->paths[i], *out, (size_t)(last - first), first - f->begin);
        close(fd);
        *out += last - first;
    }
    if (!error && f->open_end && begin <= file_end && end > file_end)
        *(*out)++ = in->end;
    return error;
}

static int read_files(const input *in, uint64_t begin, uint64_t end, read_fn *how, char *out)
{
    int error = TERN_OK;

    for (int i = input_file_at(in, begin); i < in->n && in->files[i].begin < end && !error; i++)
        error = read_from_file(in, i, begin, end, how, &out);
    return error;
}

int input_read_piece(const input *in, uint64_t begin, uint64_t end, char *out)
{
    return read_files(in, begin, end, pread_all, out);
}

int input_file_at(const input *in, uint64_t at)
{
    int low = 0, high = in->n - 1;

    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        if (in->files[middle].begin <= at)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

int input_check(const input *in)
{
    struct stat st;

    for (int i = 0; i < in->n; i++) {
        if (stat(in->paths[i], &st) != 0)
            return fail(in->paths[i], strerror(errno));
        if ((uint64_t)st.st_size != in->files[i].size || time_of(&st) != in->files[i].time)
            return fail(in->paths[i], "it has changed while it was read");
    }
    return TERN_OK;
}

/* The first line of file i that begins in [from, to) of the sequence, or UINT64_MAX. */
static int scan(const input *in, int i, uint64_t from, uint64_t to, uint64_t *start)
{
    const input_file *f = &in->files[i];
    uint64_t at = from - 1, file_end = f->begin + f->size; /* a line begins after a newline */
    char *buffer = malloc(SCAN_BYTES);
    int error = TERN_OK, fd = open(in->paths[i], O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        error = fail(in->paths[i], strerror(errno));
    else if (buffer == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory to scan %s", in->paths[i]);
    *start = UINT64_MAX;
    while (!error && at < to - 1 && at < file_end) {
        uint64_t left = (to - 1 < file_end ? to - 1 : file_end) - at;
        size_t bytes = left < SCAN_BYTES ? (size_t)left : SCAN_BYTES;
        error = pread_all(fd, in->paths[i], buffer, bytes, at - f->begin);
        const char *newline = error ? NULL : memchr(buffer, in->end, bytes);
        if (newline != NULL) {
            *start = at + (uint64_t)(newline - buffer) + 1;
            break;
        }
        at += bytes;
    }
    if (fd >= 0)
        close(fd);
    free(buffer);
    return error;
}

/* The first line that begins in [from, to) of the sequence, or UINT64_MAX. */
static int first_line(const input *in, uint64_t from, uint64_t to, uint64_t *start)
{
    *start = UINT64_MAX;
    for (int i = 0; i < in->n && from < to; i++) {
        const input_file *f = &in->files[i];
        uint64_t next = f->begin + f->size + f->open_end;
        if (f->begin >= from && f->begin < to && next > f->begin) {
            *start = f->begin;
            return TERN_OK;
        }
        if (f->begin < from && from < next) {
            int error = scan(in, i, from, to, start);
            if (error || *start != UINT64_MAX)
                return error;
        }
    }
    return TERN_OK;
}

/* Where each rank's lines begin; a rank without any begins where the next one does. */
int input_divide(tern_comm *c, const input *in, uint64_t *begin, uint64_t *end)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c), mine = UINT64_MAX;
    uint64_t part = in->total / p, rest = in->total % p;
    uint64_t from = part * r + (r < rest ? r : rest), to = from + part + (r < rest);
    uint64_t *starts = malloc((p + 1) * sizeof(*starts));
    int error = starts != NULL ? first_line(in, from, to, &mine)
                               : tern_fail(TERN_ENOMEM, NULL, "no memory for %d offsets", (int)p);

    error = tern_agree(c, error);
    if (!error)
        error = tern_allgather(c, &mine, starts, 1, MPI_UINT64_T);
    if (!error) {
        starts[p] = in->total;
        for (uint64_t i = p; i-- > 0;)
            if (starts[i] == UINT64_MAX)
                starts[i] = starts[i + 1];
        *begin = starts[r];
        *end = starts[r + 1];
    }
    free(starts);
    return error;
}

/* ---- Both -------------------------------------------------------------------------------------
 */

int input_read_range(tern_comm *c, const input *in, uint64_t begin, uint64_t end, char **block,
                     size_t *bytes)
{
    char *read = tern_alloc((size_t)(end - begin));
    int error = read != NULL ? read_files(in, begin, end, read_parallel, read) : TERN_ENOMEM;

    error = tern_agree(c, error ? error : input_check(in));
    if (error) {
        tern_free(read);
        return error;
    }
    *block = read;
    *bytes = (size_t)(end - begin);
    return TERN_OK;
}

/* Rank 0 has all, and gives each rank its share of whole lines. */
static int scatter(tern_comm *c, char end, char **block, size_t *bytes)
{
    size_t p = (size_t)tern_size(c), *counts = calloc(2 * p, sizeof(*counts)), at = 0;
    char *mine = NULL;
    int error = tern_agree(
        c, counts != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for %zu counts", p));

    for (size_t r = 0; r < p && !error && tern_rank(c) == 0; r++) {
        size_t to = *bytes / p * (r + 1);
        if (r + 1 == p)
            to = *bytes;
        else if (to > at)
            to = (size_t)((char *)memchr(*block + to - 1, end, *bytes - to + 1) - *block) + 1;
        counts[r] = to > at ? to - at : 0;
        at += counts[r];
    }
    if (!error)
        error = tern_alltoall_counts(c, counts, counts + p);
    size_t got = error ? 0 : counts[p];
    if (!error) {
        mine = tern_alloc(got);
        error = tern_agree(c, mine != NULL ? TERN_OK : TERN_ENOMEM);
    }
    if (!error)
        error = tern_alltoallv(c, *block, counts, NULL, mine, counts + p, NULL, MPI_BYTE, NULL);
    free(counts);
    tern_free(*block);
    *block = mine;
    *bytes = got;
    return error;
}

/* All know whether it goes on; what is whole and of lines is shared out. */
static int share_begin(tern_comm *c, const input *in, size_t unit, stream_part *out)
{
    int more = out->more;
    int error = tern_bcast(c, &more, 1, MPI_INT, 0);

    out->more = more != 0;
    if (!error && !out->more && unit == 0 && tern_size(c) > 1)
        error = scatter(c, in->end, &out->block, &out->bytes);
    return error;
}

int input_begin_stream(tern_comm *c, const input *in, size_t unit, size_t most, stream_part *out)
{
    *out = (stream_part){.more = false};
    int error = tern_agree(c, tern_rank(c) == 0 ? stream_begin(in, unit, most, out) : TERN_OK);
    if (!error)
        error = share_begin(c, in, unit, out);
    if (error)
        stream_part_free(out);
    return error;
}
