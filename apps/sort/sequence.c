/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of regular files as one sequence of bytes, of which any thread may read any part. */
#include "config.h"

#include "sort/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 8 << 20 };

static int fail(const char *path, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", path, why);
}

/* ---- Opening ----------------------------------------------------------------------------------
 */

static int stamp(const sequence *s, int i, uint64_t *length, int64_t *time)
{
    char name[HDF5_NAME];
    const char *path = s->arrays ? hdf5_file(s->paths[i], name) : s->paths[i];
    struct stat st;

    if (stat(path, &st) != 0)
        return fail(path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(path, "no regular file");
    *length = (uint64_t)st.st_size;
    *time = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return TERN_OK;
}

static int stamp_all(sequence *s)
{
    int error = TERN_OK;

    for (int i = 0; i < s->n && !error; i++)
        error = stamp(s, i, &s->files[i].length, &s->files[i].time);
    return error;
}

/* File i is an array; all must be of one type. */
static int add_array(sequence *s, int i)
{
    sequence_file *f = &s->files[i];
    array_info array;
    int error = array_open(s->paths[i], &array);

    if (error)
        return error;
    size_t width = tern_key_bytes(array.type);
    if (i > 0 && (array.type != s->type || array.big_endian != s->big_endian))
        return fail(s->paths[i], "its elements are of another type than those before");
    if (!array.packed
        && (f->length < array.skip || (f->length - array.skip) / width < array.elements))
        return fail(s->paths[i], "it is shorter than its header says");
    if (is_npy(s->paths[i]) && f->length - array.skip > array.elements * width)
        return fail(s->paths[i], "it has more behind its array");
    s->type = array.type;
    s->big_endian = array.big_endian;
    f->skip = array.skip;
    f->packed = array.packed;
    f->size = array.elements * width;
    f->begin = s->total;
    s->total += f->size;
    return TERN_OK;
}

static int open_arrays(sequence *s)
{
    int error = stamp_all(s);

    for (int i = 0; i < s->n && !error; i++)
        error = add_array(s, i);
    return error;
}

/* Tell all what rank 0 found. */
static int share(tern_comm *c, sequence *s, int error)
{
    uint64_t known[3] = {s->total, s->big_endian, s->type};

    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, known, 3, MPI_UINT64_T, 0);
    if (!error)
        error = tern_bcast(c, s->files, (size_t)s->n * sizeof(*s->files), MPI_BYTE, 0);
    s->total = known[0];
    s->big_endian = known[1] != 0;
    s->type = (enum tern_key_type)known[2];
    return error;
}

static int new_files(sequence *s)
{
    s->files = calloc((size_t)s->n, sizeof(*s->files));
    return s->files != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for file names");
}

int sequence_open(tern_comm *c, const input *in, sequence *out)
{
    *out = (sequence){.paths = in->paths, .n = in->n, .total = in->total};
    int error = new_files(out);

    for (int i = 0; i < in->n && !error; i++)
        out->files[i] = (sequence_file){.begin = in->files[i].begin,
                                        .size = in->files[i].size,
                                        .open_end = in->files[i].open_end};
    if (!error && tern_rank(c) == 0)
        error = stamp_all(out);
    return share(c, out, error);
}

int sequence_open_arrays(tern_comm *c, int n, char **paths, sequence *out)
{
    *out = (sequence){.paths = paths, .n = n, .arrays = true};
    int error = new_files(out);

    if (!error && tern_rank(c) == 0)
        error = open_arrays(out);
    return share(c, out, error);
}

void sequence_close(sequence *s)
{
    free(s->files);
    s->files = NULL;
}

uint64_t sequence_hash(const sequence *s)
{
    uint64_t hash = tern_hash(s->files, (size_t)s->n * sizeof(*s->files), 0);

    for (int i = 0; i < s->n; i++)
        hash = tern_hash(s->paths[i], strlen(s->paths[i]), hash);
    return hash;
}

int sequence_unchanged(tern_comm *c, const sequence *s)
{
    int error = TERN_OK;

    for (int i = 0; i < s->n && !error && tern_rank(c) == 0; i++) {
        uint64_t length;
        int64_t time;
        error = stamp(s, i, &length, &time);
        if (!error && (length != s->files[i].length || time != s->files[i].time))
            error = fail(s->paths[i], "it has changed while it was read");
    }
    return tern_agree(c, error);
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

/* The last file that begins at or before `at`; of empty ones the last. */
static int file_at(const sequence *s, uint64_t at)
{
    int low = 0, high = s->n;

    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (s->files[middle].begin <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Whole elements, as all reads of arrays are. */
static int read_packed(const sequence *s, int i, uint64_t at, size_t bytes, char *out)
{
    size_t width = tern_key_bytes(s->type);

    return hdf5_read(s->paths[i], at / width, bytes / width, out);
}

static int read_file(const sequence *s, int i, uint64_t offset, size_t bytes, char *out)
{
    char name[HDF5_NAME];
    const char *path = s->arrays ? hdf5_file(s->paths[i], name) : s->paths[i];
    int fd = open(path, O_RDONLY | O_CLOEXEC), error = TERN_OK;

    if (fd < 0)
        return fail(path, strerror(errno));
    while (bytes > 0 && !error) {
        ssize_t got = pread(fd, out, bytes, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            error =
                fail(path, got < 0 ? strerror(errno) : "it has become shorter while it was read");
            break;
        }
        out += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    close(fd);
    return error;
}

int sequence_read(const sequence *s, uint64_t begin, size_t bytes, char *out)
{
    int error = TERN_OK;

    while (bytes > 0 && !error) {
        int i = file_at(s, begin);
        const sequence_file *f = &s->files[i];
        uint64_t at = begin - f->begin, left = f->size - at;
        size_t part = left < bytes ? (size_t)left : bytes;
        if (part > 0) {
            error = f->packed ? read_packed(s, i, at, part, out)
                              : read_file(s, i, f->skip + at, part, out);
        } else {
            *out = '\n'; /* after a last line without one */
            part = 1;
        }
        out += part;
        bytes -= part;
        begin += part;
    }
    return error;
}

/* With all threads. */
static int read_parallel(const sequence *s, uint64_t begin, size_t bytes, char *out)
{
    thread_failure failed = {.error = TERN_OK};
    uint64_t done = 0;

#pragma omp parallel for schedule(dynamic, 1)
    for (size_t at = 0; at < bytes; at += PIECE) {
        size_t part = bytes - at < PIECE ? bytes - at : PIECE;
        thread_failed(&failed, sequence_read(s, begin + at, part, out + at));
#pragma omp atomic
        done += part;
        if (omp_get_thread_num() == 0)
            tern_prog_step(done, bytes);
    }
    return thread_failure_end(&failed);
}

int sequence_load(tern_comm *c, const sequence *s, size_t unit, char **block, size_t *bytes)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c), n = s->total / unit,
             part = n / p, rest = n % p, begin = part * r + (r < rest ? r : rest);
    size_t mine = (size_t)(part + (r < rest)) * unit;
    char *out = tern_alloc(mine);
    int error =
        tern_agree(c, out == NULL ? TERN_ENOMEM : read_parallel(s, begin * unit, mine, out));

    if (!error)
        error = sequence_unchanged(c, s);
    if (error) {
        tern_free(out);
        return error;
    }
    *block = out;
    *bytes = mine;
    return TERN_OK;
}
