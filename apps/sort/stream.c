/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading what comes in one piece only: pipes, and compressed files. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sort/tern-sort.h"

enum { READ_BYTES = 8 << 20, COMPRESSED_BYTES = 256 << 10 };

typedef struct buffer {
    char *bytes;
    size_t used, room;
} buffer;

/* A file that is being read, after its first bytes are known. */
typedef struct source {
    int fd;
    const char *path;
    char magic[MAGIC_BYTES];
    size_t known; /* bytes of magic that were read and not yet delivered */
} source;

static int grow(buffer *b)
{
    size_t room = b->room > 0 ? 2 * b->room : READ_BYTES;
    char *larger = tern_alloc(room);

    if (larger == NULL)
        return TERN_ENOMEM;
    if (b->used > 0)
        memcpy(larger, b->bytes, b->used);
    tern_free(b->bytes);
    b->bytes = larger;
    b->room = room;
    return TERN_OK;
}

/* Read up to n bytes; how many there were, 0 at the end, -1 on failure, which is reported. */
static ssize_t read_some(source *s, char *out, size_t n)
{
    ssize_t got;

    if (s->known > 0) {
        got = (ssize_t)s->known;
        memcpy(out, s->magic, s->known);
        s->known = 0;
        return got;
    }
    do
        got = read(s->fd, out, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        tern_fail(TERN_EIO, NULL, "%s: %s", input_name(s->path), strerror(errno));
    return got;
}

static int read_magic(source *s)
{
    size_t known = 0;

    while (known < MAGIC_BYTES) {
        ssize_t got = read_some(s, s->magic + known, MAGIC_BYTES - known);
        if (got < 0)
            return TERN_EIO;
        if (got == 0)
            break;
        known += (size_t)got;
    }
    s->known = known;
    return TERN_OK;
}

/* There is always room for the end of a line. */
static int make_room(buffer *b)
{
    return b->used + MAGIC_BYTES >= b->room ? grow(b) : TERN_OK;
}

static int copy(source *s, buffer *b)
{
    for (;;) {
        int error = make_room(b);
        if (error)
            return error;
        ssize_t got = read_some(s, b->bytes + b->used, b->room - b->used - 1);
        if (got <= 0)
            return got < 0 ? TERN_EIO : TERN_OK;
        b->used += (size_t)got;
    }
}

/* Decode n bytes; the buffer grows as needed. */
static int decode_piece(inflater *z, const char *in, size_t n, buffer *b)
{
    size_t room;

    do {
        int error = make_room(b);
        if (error)
            return error;
        char *out = b->bytes + b->used;
        room = b->room - b->used - 1;
        error = inflater_feed(z, &in, &n, &out, &room);
        if (error)
            return error;
        b->used = (size_t)(out - b->bytes);
    } while (n > 0 || room == 0);
    return TERN_OK;
}

static int decode(source *s, inflater *z, buffer *b)
{
    char *in = tern_alloc(COMPRESSED_BYTES);
    int error = in != NULL ? TERN_OK : TERN_ENOMEM;

    while (!error) {
        ssize_t got = read_some(s, in, COMPRESSED_BYTES);
        if (got <= 0) {
            error = got < 0 ? TERN_EIO : inflater_end(z);
            break;
        }
        error = decode_piece(z, in, (size_t)got, b);
    }
    tern_free(in);
    return error;
}

static int read_source(source *s, bool plain, buffer *b)
{
    inflater *z = NULL;
    int error = plain ? TERN_OK : read_magic(s);

    if (!error && !plain)
        error = inflater_open(s->path, s->magic, s->known, &z);
    if (!error)
        error = z != NULL ? decode(s, z, b) : copy(s, b);
    inflater_close(z);
    return error;
}

static int read_file(const input *in, const char *path, size_t unit, buffer *b)
{
    bool is_stdin = strcmp(path, "-") == 0;
    source s = {.fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), .path = path};
    size_t before = b->used;

    if (s.fd < 0)
        return tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
    int error = read_source(&s, in->plain || unit > 0, b);
    if (!is_stdin)
        close(s.fd);
    if (!error)
        error = check_unit(path, b->used - before, unit);
    if (!error && unit == 0 && b->used > before && b->bytes[b->used - 1] != in->end)
        b->bytes[b->used++] = in->end;
    return error;
}

int stream_read(const input *in, size_t unit, char **block, size_t *bytes)
{
    buffer b = {NULL, 0, 0};
    int error = TERN_OK;

    for (int i = 0; i < in->n && !error; i++)
        error = read_file(in, in->paths[i], unit, &b);
    if (error) {
        tern_free(b.bytes);
        return error;
    }
    *block = b.bytes;
    *bytes = b.used;
    return TERN_OK;
}
