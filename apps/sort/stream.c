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

struct byte_stream {
    const input *in;
    size_t unit;
    int file;       /* the next operand */
    int fd;         /* the one that is read, or -1 */
    bool at_end;    /* .. it has no more */
    char last;      /* the last byte that it gave */
    uint64_t given; /* bytes that it gave */
    inflater *z;    /* if it is compressed */
    char *packed;   /* read and not yet decoded: packed[begin .. end - 1] */
    size_t begin, end;
};

/* ---- A file -----------------------------------------------------------------------------------
 */

static const char *path_of(const byte_stream *s)
{
    return s->in->paths[s->file - 1];
}

/* Read up to n bytes; *got is 0 at the end. */
static int read_some(byte_stream *s, char *out, size_t n, size_t *got)
{
    ssize_t bytes;

    do
        bytes = read(s->fd, out, n);
    while (bytes < 0 && errno == EINTR);
    *got = bytes > 0 ? (size_t)bytes : 0;
    return bytes < 0 ? tern_fail(TERN_EIO, NULL, "%s: %s", input_name(path_of(s)), strerror(errno))
                     : TERN_OK;
}

/* Its first bytes, from which it is known whether it is compressed. */
static int read_magic(byte_stream *s)
{
    size_t got = 1;
    int error = TERN_OK;

    s->begin = s->end = 0;
    while (s->end < MAGIC_BYTES && got > 0 && !error) {
        error = read_some(s, s->packed + s->end, MAGIC_BYTES - s->end, &got);
        s->end += got;
    }
    return error ? error : inflater_open(path_of(s), s->packed, s->end, &s->z);
}

static int open_next(byte_stream *s)
{
    const char *path = s->in->paths[s->file++];

    s->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
    s->at_end = false;
    s->given = 0;
    return s->in->plain || s->unit > 0 ? TERN_OK : read_magic(s);
}

static void close_file(byte_stream *s)
{
    if (s->fd >= 0 && s->fd != STDIN_FILENO)
        close(s->fd);
    s->fd = -1;
    inflater_close(s->z);
    s->z = NULL;
}

/* ---- Its bytes --------------------------------------------------------------------------------
 */

/* As they are: those that were read to know it first. */
static int copy(byte_stream *s, char *out, size_t room, size_t *got)
{
    size_t known = s->end - s->begin;

    if (known == 0) {
        int error = read_some(s, out, room, got);
        s->at_end = *got == 0;
        return error;
    }
    *got = known < room ? known : room;
    memcpy(out, s->packed + s->begin, *got);
    s->begin += *got;
    return TERN_OK;
}

static int decode(byte_stream *s, char *out, size_t room, size_t *got)
{
    char *to = out;
    int error = TERN_OK;

    while (to == out && !s->at_end && !error) {
        const char *from = s->packed + s->begin;
        size_t n = s->end - s->begin, left = room;
        error = inflater_feed(s->z, &from, &n, &to, &left);
        s->begin = (size_t)(from - s->packed);
        if (error || to > out || n > 0)
            continue;
        s->begin = 0;
        error = read_some(s, s->packed, COMPRESSED_BYTES, &s->end);
        s->at_end = s->end == 0;
        if (s->at_end && !error)
            error = inflater_end(s->z);
    }
    *got = (size_t)(to - out);
    return error;
}

/* Some bytes of the file; at its end, the end of a last line that has none. */
static int next_bytes(byte_stream *s, char *out, size_t room, size_t *got)
{
    int error = s->z != NULL ? decode(s, out, room, got) : copy(s, out, room, got);

    s->given += *got;
    if (*got > 0)
        s->last = out[*got - 1];
    if (error || !s->at_end)
        return error;
    error = check_unit(path_of(s), s->given, s->unit);
    if (!error && s->unit == 0 && s->given > 0 && s->last != s->in->end) {
        out[0] = s->in->end;
        *got = 1;
    }
    close_file(s);
    return error;
}

/* ---- All --------------------------------------------------------------------------------------
 */

int stream_open(const input *in, size_t unit, byte_stream **out)
{
    byte_stream *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for a stream");
    *s = (byte_stream){.in = in, .unit = unit, .fd = -1, .packed = malloc(COMPRESSED_BYTES)};
    *out = s;
    return s->packed != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for a stream");
}

int stream_some(byte_stream *s, char *out, size_t room, size_t *got)
{
    size_t more = 0;
    int error = TERN_OK;

    for (*got = 0; *got < room && !error; *got += more) {
        more = 0;
        if (s->fd < 0 && s->file == s->in->n)
            break;
        if (s->fd < 0)
            error = open_next(s);
        if (!error)
            error = next_bytes(s, out + *got, room - *got, &more);
    }
    return error;
}

void stream_close(byte_stream *s)
{
    if (s == NULL)
        return;
    close_file(s);
    free(s->packed);
    free(s);
}

/* ---- In memory --------------------------------------------------------------------------------
 */

static int make_larger(stream_part *b, size_t *room, size_t most)
{
    size_t first = most < READ_BYTES ? most + 1 : READ_BYTES,
           larger = *room > 0 ? 2 * *room : first;
    char *block = tern_alloc(larger);

    if (block == NULL)
        return TERN_ENOMEM;
    if (b->bytes > 0)
        memcpy(block, b->block, b->bytes);
    tern_free(b->block);
    b->block = block;
    *room = larger;
    return TERN_OK;
}

/* On from b until there are more than `most` bytes, or the end. */
static int read_begin(stream_part *b, size_t most)
{
    size_t room = 0;

    for (;;) {
        size_t got = 0;
        int error = make_larger(b, &room, most);
        if (!error)
            error = stream_some(b->rest, b->block + b->bytes, room - b->bytes, &got);
        b->bytes += got;
        b->more = b->bytes == room;
        if (error || !b->more || b->bytes > most)
            return error;
    }
}

int stream_begin(const input *in, size_t unit, size_t most, stream_part *out)
{
    *out = (stream_part){.more = false};
    int error = stream_open(in, unit, &out->rest);

    if (!error)
        error = read_begin(out, most);
    if (error)
        stream_part_free(out);
    else if (!out->more) {
        stream_close(out->rest);
        out->rest = NULL;
    }
    return error;
}

void stream_part_free(stream_part *part)
{
    stream_close(part->rest);
    tern_free(part->block);
    *part = (stream_part){.more = false};
}

int stream_read(const input *in, size_t unit, char **block, size_t *bytes)
{
    stream_part all;
    int error = stream_begin(in, unit, SIZE_MAX, &all);

    if (error)
        return error;
    *block = all.block;
    *bytes = all.bytes;
    return TERN_OK;
}
