/* SPDX-License-Identifier: BSD-3-Clause */
/* Compressed input, known by its first bytes: gzip (RFC 1952), also several members, and zstd (RFC
 * 8878), also several frames.  What ends too early is an error. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_ZLIB
# include <zlib.h>
#endif
#ifdef HAVE_ZSTD
# include <zstd.h>
#endif

#include "sort/tern-sort.h"

typedef struct format {
    const char *name;
    unsigned char magic[MAGIC_BYTES];
    size_t magic_bytes;
    int (*open)(inflater *z);
    int (*feed)(inflater *z, const char **in, size_t *n, char **out, size_t *room);
    void (*close)(inflater *z);
} format;

struct inflater {
    const format *format;
    const char *path;
    bool whole; /* nothing is missing so far */
#ifdef HAVE_ZLIB
    z_stream gzip;
#endif
#ifdef HAVE_ZSTD
    ZSTD_DStream *zstd;
#endif
};

static int fail(const inflater *z, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s: %s", input_name(z->path), z->format->name, why);
}

#ifdef HAVE_ZLIB
static int open_gzip(inflater *z)
{
    enum { WINDOW_BITS = 15, GZIP_ONLY = 16 };

    return inflateInit2(&z->gzip, WINDOW_BITS + GZIP_ONLY) == Z_OK ? TERN_OK : fail(z, "no memory");
}

static int feed_gzip(inflater *z, const char **in, size_t *n, char **out, size_t *room)
{
    z_stream *s = &z->gzip;
    size_t most_in = *n < UINT32_MAX ? *n : UINT32_MAX;
    size_t most_out = *room < UINT32_MAX ? *room : UINT32_MAX;

    s->next_in = (Bytef *)*in;
    s->avail_in = (uInt)most_in;
    s->next_out = (Bytef *)*out;
    s->avail_out = (uInt)most_out;
    if (z->whole && most_in > 0 && inflateReset(s) != Z_OK) /* another member */
        return fail(z, "broken");
    int rc = inflate(s, Z_NO_FLUSH);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return fail(z, s->msg != NULL ? s->msg : "broken");
    if (most_in > 0)
        z->whole = rc == Z_STREAM_END;
    *in = (const char *)s->next_in;
    *n -= most_in - s->avail_in;
    *out = (char *)s->next_out;
    *room -= most_out - s->avail_out;
    return TERN_OK;
}

static void close_gzip(inflater *z)
{
    inflateEnd(&z->gzip);
}
#else
# define open_gzip  NULL
# define feed_gzip  NULL
# define close_gzip NULL
#endif

#ifdef HAVE_ZSTD
static int open_zstd(inflater *z)
{
    z->zstd = ZSTD_createDStream();
    return z->zstd != NULL ? TERN_OK : fail(z, "no memory");
}

static int feed_zstd(inflater *z, const char **in, size_t *n, char **out, size_t *room)
{
    ZSTD_inBuffer from = {*in, *n, 0};
    ZSTD_outBuffer to = {*out, *room, 0};
    size_t rc = ZSTD_decompressStream(z->zstd, &to, &from);

    if (ZSTD_isError(rc))
        return fail(z, ZSTD_getErrorName(rc));
    if (from.pos > 0 || to.pos > 0)
        z->whole = rc == 0;
    *in += from.pos;
    *n -= from.pos;
    *out += to.pos;
    *room -= to.pos;
    return TERN_OK;
}

static void close_zstd(inflater *z)
{
    ZSTD_freeDStream(z->zstd);
}
#else
# define open_zstd  NULL
# define feed_zstd  NULL
# define close_zstd NULL
#endif

static const format formats[] = {
    {"gzip", {0x1f, 0x8b, 0x08}, 3, open_gzip, feed_gzip, close_gzip},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, open_zstd, feed_zstd, close_zstd},
};

static const format *format_of(const char *magic, size_t n)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (n >= formats[i].magic_bytes
            && memcmp(magic, formats[i].magic, formats[i].magic_bytes) == 0)
            return &formats[i];
    return NULL;
}

bool is_compressed(const char *magic, size_t n)
{
    return format_of(magic, n) != NULL;
}

int inflater_open(const char *path, const char *magic, size_t n, inflater **out)
{
    const format *f = format_of(magic, n);

    *out = NULL;
    if (f == NULL)
        return TERN_OK;
    if (f->open == NULL)
        return tern_fail(TERN_EIO, NULL, "%s: tern-sort is built without %s", input_name(path),
                         f->name);
    inflater *z = calloc(1, sizeof(*z));
    if (z == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "%s: no memory", input_name(path));
    z->format = f;
    z->path = path;
    int error = f->open(z);
    if (error)
        free(z);
    else
        *out = z;
    return error;
}

int inflater_feed(inflater *z, const char **in, size_t *n, char **out, size_t *room)
{
    return z->format->feed(z, in, n, out, room);
}

int inflater_end(const inflater *z)
{
    return z->whole ? TERN_OK : fail(z, "it ends too early");
}

void inflater_close(inflater *z)
{
    if (z == NULL)
        return;
    z->format->close(z);
    free(z);
}
