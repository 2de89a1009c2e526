/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of runs: written once, one run after the other, packed in frames or not, and read
 * anywhere. */
#include "config.h"

#include "sort/external_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const tern__external_sort *x, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", x->e->folder, why);
}

int tern__runs_open(tern__external_sort *x)
{
    return tern_file_nameless(x->e->folder, &x->fd);
}

/* ---- Bytes of the file ------------------------------------------------------------------------
 */

static int put_bytes(const tern__external_sort *x, uint64_t at, size_t n, const char *in)
{
    while (n > 0) {
        ssize_t put = pwrite(x->fd, in, n, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return fail(x, strerror(put < 0 ? errno : ENOSPC));
        in += put;
        n -= (size_t)put;
        at += (uint64_t)put;
    }
    return TERN_OK;
}

static int get_bytes(const tern__external_sort *x, uint64_t at, size_t n, char *out)
{
    while (n > 0) {
        ssize_t got = pread(x->fd, out, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(x, got < 0 ? strerror(errno) : "a run has become shorter");
        out += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return TERN_OK;
}

/* ---- Frames -----------------------------------------------------------------------------------
 */

static size_t frame_bytes(const tern__external_sort *x, const tern__run *run, size_t f)
{
    uint64_t left = run->bytes - (uint64_t)f * x->packer->frame;

    return left < x->packer->frame ? (size_t)left : x->packer->frame;
}

static int write_frames(tern__external_sort *x, tern__run *run, const char *in)
{
    char *packed = NULL;
    size_t room = 0, bytes = 0;
    int error = TERN_OK;

    run->frames = (size_t)((run->bytes + x->packer->frame - 1) / x->packer->frame);
    run->frame = malloc((run->frames + 1) * sizeof(*run->frame));
    if (run->frame == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu frames", run->frames);
    run->frame[0] = run->begin;
    for (size_t f = 0; f < run->frames && !error; f++) {
        size_t n = frame_bytes(x, run, f);
        error = x->packer->pack(x->e->compress, in, n, &packed, &room, &bytes);
        if (!error)
            error = put_bytes(x, run->frame[f], bytes, packed);
        run->frame[f + 1] = run->frame[f] + bytes;
        in += n;
    }
    tern_free(packed);
    return error;
}

/* Unpack frame f to `out`. */
static int unpack_frame(const tern__external_sort *x, const tern__run *run, size_t f, char *out)
{
    size_t packed = (size_t)(run->frame[f + 1] - run->frame[f]);
    char *in = tern_alloc(packed);
    int error = in != NULL ? get_bytes(x, run->frame[f], packed, in) : TERN_ENOMEM;

    if (!error)
        error = x->packer->unpack(x->e->compress, in, packed, out, frame_bytes(x, run, f));
    tern_free(in);
    return error;
}

/* The bytes of frame f from `skip` on, n of them.  A frame that was wanted in part is wanted again
 * soon. */
static int read_frame(tern__external_sort *x, const tern__run *run, size_t f, size_t skip, size_t n,
                      char *out)
{
    if (n == frame_bytes(x, run, f))
        return unpack_frame(x, run, f, out);
    if (x->unpacked == NULL)
        x->unpacked = tern_alloc(x->packer->frame);
    if (x->unpacked == NULL)
        return TERN_ENOMEM;
    if (x->unpacked_at != run->frame[f]) {
        x->unpacked_at = UINT64_MAX;
        int error = unpack_frame(x, run, f, x->unpacked);
        if (error)
            return error;
        x->unpacked_at = run->frame[f];
    }
    memcpy(out, x->unpacked + skip, n);
    return TERN_OK;
}

static int read_frames(tern__external_sort *x, const tern__run *run, uint64_t at, size_t n,
                       char *out)
{
    int error = TERN_OK;

    while (n > 0 && !error) {
        size_t f = (size_t)(at / x->packer->frame), skip = (size_t)(at % x->packer->frame);
        size_t part = frame_bytes(x, run, f) - skip;
        part = part < n ? part : n;
        error = read_frame(x, run, f, skip, part, out);
        out += part;
        at += part;
        n -= part;
    }
    return error;
}

/* ---- Runs -------------------------------------------------------------------------------------
 */

int tern__runs_read(tern__external_sort *x, size_t j, uint64_t at, size_t n, char *out)
{
    const tern__run *run = &x->run[j];

    return run->frame != NULL ? read_frames(x, run, at, n, out)
                              : get_bytes(x, run->begin + at, n, out);
}

/* Leave a hole in the file: what is not on the disk yet need not be written, and memory is free for
 * the result.  Only a hint. */
static void drop_bytes(const tern__external_sort *x, uint64_t begin, uint64_t end)
{
#ifdef FALLOC_FL_PUNCH_HOLE
    enum { PAGE = 4096 };
    uint64_t first = (begin + PAGE - 1) / PAGE * PAGE, last = end / PAGE * PAGE;

    if (first < last)
        (void)fallocate(x->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)first,
                        (off_t)(last - first));
#else
    (void)x, (void)begin, (void)end;
#endif
}

/* Frames are dropped when all of them was read. */
void tern__runs_drop(const tern__external_sort *x, size_t j, uint64_t at, size_t n)
{
    const tern__run *run = &x->run[j];

    if (x->notes >= 0) /* who resumes the sort reads them again */
        return;
    if (run->frame == NULL) {
        drop_bytes(x, run->begin + at, run->begin + at + n);
        return;
    }
    const size_t frame = x->packer->frame, first = (size_t)((at + frame - 1) / frame);
    const size_t end = at + n == run->bytes ? run->frames : (size_t)((at + n) / frame);
    if (first < end)
        drop_bytes(x, run->frame[first], run->frame[end]);
}

int tern__runs_write(tern__external_sort *x, tern__run *run, const char *in)
{
    int error;

    run->begin = x->written;
    if (x->packer != NULL)
        error = write_frames(x, run, in);
    else
        error = put_bytes(x, run->begin, (size_t)run->bytes, in);
    if (!error)
        x->written = run->frame != NULL ? run->frame[run->frames] : run->begin + run->bytes;
    return error;
}

int tern__runs_add(tern__external_sort *x, const tern__run *run)
{
    if (x->runs == x->room) {
        size_t room = 2 * x->room + 16;
        tern__run *larger = realloc(x->run, room * sizeof(*larger));
        if (larger == NULL)
            return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu runs", room);
        x->run = larger;
        x->room = room;
    }
    x->run[x->runs++] = *run;
    return TERN_OK;
}

void tern__run_free(tern__run *run)
{
    free(run->sample);
    free(run->text);
    free(run->frame);
    *run = (tern__run){.bytes = 0};
}
