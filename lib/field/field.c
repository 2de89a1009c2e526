/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes fields: rank 0 makes the file as its format wants it, then all ranks write their rows to
 * where they belong. */
#include "config.h"

#include "field/field_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int end_nothing(const char *path, const char *beside, const tern_ckpt_spec *spec)
{
    (void)path, (void)beside, (void)spec;
    return TERN_OK;
}

static const struct format formats[] = {
    {"raw", false, tern__field_begin_raw, end_nothing},
    {"vti", true, tern__field_begin_vti, end_nothing},
#ifdef HAVE_HDF5
    {"h5", true, tern__field_begin_h5, tern__field_end_h5},
#endif
};

enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

const char *tern_field_format_name(int i)
{
    return i >= 0 && i < FORMATS ? formats[i].name : NULL;
}

static int find(const char *path, const struct format **out)
{
    const char *dot = strrchr(path, '.');
    const char *ending = dot != NULL && strchr(dot, '/') == NULL ? dot + 1 : "";

    for (int i = 0; i < FORMATS; i++)
        if (strcmp(ending, formats[i].name) == 0) {
            *out = &formats[i];
            return TERN_OK;
        }
    if (strcmp(ending, "h5") == 0)
        return tern_fail(TERN_ENOTSUP, NULL, "%s: built without HDF5", path);
    return tern_fail(TERN_EINVAL, NULL, "%s: a name that ends in .raw, .vti or .h5 is needed",
                     path);
}

int tern_field_check(const char *path)
{
    const struct format *format;

    return find(path, &format);
}

const struct field_type *tern__field_type(const tern_ckpt_field *field)
{
    static const struct field_type types[] = {
        {"f64", 8, "Float64", "Float"}, {"f32", 4, "Float32", "Float"}, {"i64", 8, "Int64", "Int"},
        {"i32", 4, "Int32", "Int"},     {"u8", 1, "UInt8", "UChar"},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].name, field->type) == 0 && types[i].bytes == field->element)
            return &types[i];
    return NULL;
}

int tern__field_fail(const char *path)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
}

int tern__field_begin_raw(const char *beside, const tern_ckpt_spec *spec, int64_t *at)
{
    int64_t bytes = 0;

    for (int f = 0; f < spec->fields; f++) {
        at[f] = bytes;
        bytes += tern__field_bytes(spec, f);
    }
    return truncate(beside, bytes) == 0 ? TERN_OK : tern__field_fail(beside);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Writes bytes that follow each other in the file in pieces. */
struct stream {
    int fd;
    char *buffer;
    size_t used;
    int64_t at; /* of the buffer in the file */
};

enum { ROOM = 1 << 20 };

static int flush(struct stream *s)
{
    const char *from = s->buffer;

    while (s->used > 0) {
        ssize_t n = pwrite(s->fd, from, s->used, s->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return TERN_EIO;
        from += n;
        s->at += n;
        s->used -= (size_t)n;
    }
    return TERN_OK;
}

static int put(struct stream *s, const char *data, size_t bytes, int64_t at)
{
    while (bytes > 0) {
        if ((s->used == ROOM || at != s->at + (int64_t)s->used) && flush(s) < 0)
            return TERN_EIO;
        if (s->used == 0)
            s->at = at;
        size_t n = bytes < ROOM - s->used ? bytes : ROOM - s->used;
        memcpy(s->buffer + s->used, data, n);
        s->used += n;
        data += n;
        at += (int64_t)n;
        bytes -= n;
    }
    return TERN_OK;
}

static int put_field(struct stream *s, const tern_ckpt_spec *spec, int field, const tern_block *b,
                     int64_t at)
{
    const tern_ckpt_field *f = &spec->field[field];
    int64_t element = (int64_t)f->element, error = TERN_OK;

    for (int64_t i = 0; i < b->count[1] * b->count[2] && error >= 0; i++) {
        int64_t y = i % b->count[1], z = i / b->count[1];
        int64_t row = (b->start[2] + z) * spec->grid.size[1] + b->start[1] + y;
        int64_t from = y * f->stride[1] + z * f->stride[2];
        error = put(s, (const char *)f->first + from * element, (size_t)(b->count[0] * element),
                    at + (row * spec->grid.size[0] + b->start[0]) * element);
    }
    return (int)error;
}

/* The caller's block. */
static int put_block(const char *path, const tern_ckpt_spec *spec, int rank, const int64_t *at)
{
    struct stream s = {.fd = open(path, O_WRONLY)};
    int error = TERN_OK;
    tern_block b;

    if (s.fd < 0)
        return tern__field_fail(path);
    tern_grid_block(&spec->grid, rank, &b);
    s.buffer = tern_alloc(ROOM);
    if (s.buffer == NULL) {
        close(s.fd);
        return TERN_ENOMEM;
    }
    for (int f = 0; f < spec->fields && error >= 0 && tern_block_points(&b) > 0; f++)
        error = put_field(&s, spec, f, &b, at[f]);
    if (error < 0 || flush(&s) < 0 || fsync(s.fd) != 0)
        error = tern__field_fail(path);
    tern_free(s.buffer);
    return close(s.fd) != 0 && error >= 0 ? tern__field_fail(path) : error;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int check(const char *path, const tern_ckpt_spec *spec, const struct format **format)
{
    int error = find(path, format);

    if (error < 0)
        return error;
    if (spec->fields < 1 || spec->fields > TERN_CKPT_FIELDS)
        return tern_fail(TERN_EINVAL, NULL, "%s: %d fields", path, spec->fields);
    for (int f = 0; f < spec->fields && (*format)->typed; f++)
        if (tern__field_type(&spec->field[f]) == NULL)
            return tern_fail(TERN_EINVAL, NULL,
                             "%s: the type of field %s is none of f64, f32, "
                             "i64, i32 and u8",
                             path, spec->field[f].name);
    return TERN_OK;
}

/* What rank 0 tells the others. */
struct place {
    tern_outfile file;
    int64_t at[TERN_CKPT_FIELDS];
};

static int begin(const struct format *format, const char *path, const tern_ckpt_spec *spec,
                 struct place *p)
{
    int error = tern_outfile_begin(path, &p->file);

    if (error < 0)
        return error;
    error = format->begin(p->file.beside, spec, p->at);
    if (error < 0)
        tern_outfile_discard(&p->file);
    return error;
}

static int end(const struct format *format, const char *path, const tern_ckpt_spec *spec,
               const struct place *p)
{
    int error = format->end(path, p->file.beside, spec);

    if (error < 0) {
        tern_outfile_discard(&p->file);
        return error;
    }
    return tern_outfile_commit(&p->file);
}

int tern_field_write(tern_comm *c, const char *path, const tern_ckpt_spec *spec)
{
    int rank = tern_rank(c), error;
    const struct format *format = NULL;
    struct place p;

    memset(&p, 0, sizeof(p));
    error = check(path, spec, &format);
    if (error >= 0 && rank == 0)
        error = begin(format, path, spec, &p);
    error = tern_agree(c, error);
    if (error < 0)
        return error;
    error = tern_bcast(c, &p, sizeof(p), MPI_BYTE, 0);
    if (error >= 0)
        error = tern_agree(c, put_block(p.file.beside, spec, rank, p.at));
    if (error >= 0)
        return tern_agree(c, rank == 0 ? end(format, path, spec, &p) : TERN_OK);
    if (rank == 0)
        tern_outfile_discard(&p.file);
    return error;
}
