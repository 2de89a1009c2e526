/* SPDX-License-Identifier: BSD-3-Clause */
/* A part of a large file goes to the disk from a buffer, in whole blocks, past the file cache.  The
 * bytes before the first whole block of the part and behind the last one, whose blocks may be those
 * of other parts, too, go by way of the cache. */
#include "config.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096 }; /* the largest that file systems ask for */

/* ---- Files ------------------------------------------------------------------------------------
 */

static int open_direct(int fd)
{
    char name[64];

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    return open(name, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

tern_writer tern_writer_open(int fd, uint64_t bytes)
{
    const bool large = (double)bytes >= tern_env_number("TERN_DIRECT");

    return (tern_writer){.fd = fd, .direct = large ? open_direct(fd) : -1};
}

void tern_writer_close(tern_writer *w)
{
    if (w->direct >= 0)
        close(w->direct);
    w->direct = -1;
}

static int put_at(int fd, const char *bytes, size_t n, uint64_t at)
{
    while (n > 0) {
        ssize_t put = pwrite(fd, bytes, n, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? errno : ENOSPC;
        bytes += put;
        n -= (size_t)put;
        at += (uint64_t)put;
    }
    return 0;
}

static int put_cached(const tern_writer *w, const char *bytes, size_t n, uint64_t at)
{
    int why = put_at(w->fd, bytes, n, at);

    tern_file_push(w->fd, at, n);
    return why == 0 ? TERN_OK : tern_fail(TERN_EIO, NULL, "%s", strerror(why));
}

/* Whole blocks.  A file system that turns out to want them otherwise gets them cached. */
static int put_direct(const tern_writer *w, const char *blocks, size_t n, uint64_t at)
{
    int why = put_at(w->direct, blocks, n, at);

    if (why == EINVAL)
        return put_cached(w, blocks, n, at);
    return why == 0 ? TERN_OK : tern_fail(TERN_EIO, NULL, "%s", strerror(why));
}

/* ---- Parts ------------------------------------------------------------------------------------
 */

/* Bytes of the buffer are as many behind the begin of a block in memory as in the file. */
int tern_writer_begin(const tern_writer *w, uint64_t at, tern_writer_part *part)
{
    const size_t begun = w->direct >= 0 ? (size_t)(at % BLOCK) : 0;

    *part = (tern_writer_part){.w = w,
                               .at = at,
                               .buffer = tern_alloc(TERN_WRITER_SPACE + 2 * BLOCK),
                               .begin = begun,
                               .end = begun};
    return part->buffer != NULL ? TERN_OK : TERN_ENOMEM;
}

char *tern_writer_space(const tern_writer_part *part)
{
    return part->buffer + part->end;
}

/* The first n bytes of the buffer. */
static int empty(tern_writer_part *p, size_t n,
                 int (*put)(const tern_writer *w, const char *bytes, size_t n, uint64_t at))
{
    int error = n > 0 ? put(p->w, p->buffer + p->begin, n, p->at) : TERN_OK;

    p->begin += n;
    p->at += n;
    return error;
}

/* All but the begin of a block, which goes to the front. */
static int empty_blocks(tern_writer_part *p)
{
    const size_t rest = p->end % BLOCK, last = p->end - rest;
    int error = TERN_OK;

    if (last == 0)
        return TERN_OK;
    if (p->begin > 0)
        error = empty(p, BLOCK - p->begin, put_cached);
    if (!error)
        error = empty(p, last - p->begin, put_direct);
    memcpy(p->buffer, p->buffer + last, rest);
    p->begin = 0;
    p->end = rest;
    return error;
}

/* Bytes that lie in the space already. */
static int take(tern_writer_part *p, size_t n)
{
    p->end += n;
    if (p->w->direct >= 0)
        return empty_blocks(p);
    int error = empty(p, n, put_cached);
    p->begin = p->end = 0;
    return error;
}

int tern_writer_put(tern_writer_part *part, const void *bytes, size_t n)
{
    const char *from = bytes;
    int error = TERN_OK;

    if (from == tern_writer_space(part))
        return take(part, n);
    if (part->w->direct < 0) {
        part->at += n;
        return put_cached(part->w, from, n, part->at - n);
    }
    for (size_t some; n > 0 && !error; from += some, n -= some) {
        some = n < TERN_WRITER_SPACE ? n : TERN_WRITER_SPACE;
        memcpy(tern_writer_space(part), from, some);
        error = take(part, some);
    }
    return error;
}

int tern_writer_end(tern_writer_part *part)
{
    int error = empty(part, part->end - part->begin, put_cached);

    tern_free(part->buffer);
    part->buffer = NULL;
    return error;
}
