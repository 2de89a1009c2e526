/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of a checkpoint, and where its blocks are. */
#include "config.h"

#include "ckpt/ckpt_private.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = {'T', 'E', 'R', 'N', 'C', 'K', 'P', 'T'};

static uint64_t hash_of(const struct head *h)
{
    return tern_hash(h, offsetof(struct head, hash), FORMAT);
}

static bool fits(const char *text, size_t room)
{
    return text != NULL && text[0] != '\0' && strlen(text) < room;
}

static int check(const tern_ckpt_spec *spec)
{
    if (spec->fields < 1 || spec->fields > TERN_CKPT_FIELDS || spec->attributes < 0
        || spec->attributes > TERN_CKPT_ATTRIBUTES)
        return tern_fail(TERN_EINVAL, NULL, "a checkpoint of %d fields and %d attributes",
                         spec->fields, spec->attributes);
    for (int f = 0; f < spec->fields; f++) {
        const tern_ckpt_field *field = &spec->field[f];
        if (!fits(field->name, TERN_CKPT_NAME) || !fits(field->type, 8) || field->element == 0
            || field->stride[0] != 1)
            return tern_fail(TERN_EINVAL, NULL, "field %d of a checkpoint has no valid %s", f,
                             !fits(field->name, TERN_CKPT_NAME) ? "name"
                             : !fits(field->type, 8)            ? "type"
                                                                : "element or stride");
    }
    return TERN_OK;
}

int tern__ckpt_head(const tern_ckpt_spec *spec, int64_t generation, struct head *out)
{
    const tern_grid *g = &spec->grid;
    int error = check(spec);

    if (error < 0)
        return error;
    memset(out, 0, sizeof(*out)); /* padding is hashed too */
    memcpy(out->magic, magic, sizeof(magic));
    out->version = FORMAT;
    out->order = ORDER;
    out->generation = generation;
    out->step = spec->step;
    out->dims = g->dims;
    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        out->size[d] = g->size[d];
        out->parts[d] = g->parts[d];
    }
    out->piece_bytes = PIECE;
    out->fields = (uint32_t)spec->fields;
    out->attributes = (uint32_t)spec->attributes;
    for (int f = 0; f < spec->fields; f++) {
        strcpy(out->field[f].name, spec->field[f].name);
        strcpy(out->field[f].type, spec->field[f].type);
        out->field[f].element = spec->field[f].element;
    }
    for (int a = 0; a < spec->attributes; a++)
        out->attribute[a] = spec->attribute[a];
    out->hash = hash_of(out);
    return TERN_OK;
}

bool tern__ckpt_read_head(int fd, struct head *out)
{
    struct head h;
    struct stat st;

    if (tern__ckpt_get(fd, &h, sizeof(h), 0) < 0 || memcmp(h.magic, magic, sizeof(magic)) != 0
        || h.version != FORMAT || h.order != ORDER || h.hash != hash_of(&h) || fstat(fd, &st) != 0
        || st.st_size != tern__ckpt_bytes(&h))
        return false;
    *out = h;
    return true;
}

void tern__ckpt_describe(const struct head *h, tern_ckpt_info *out)
{
    *out = (tern_ckpt_info){
        .generation = h->generation,
        .step = h->step,
        .dims = h->dims,
        .fields = (int)h->fields,
        .attributes = (int)h->attributes,
    };
    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        out->size[d] = h->size[d];
        out->parts[d] = h->parts[d];
    }
    for (uint32_t f = 0; f < h->fields; f++) {
        memcpy(out->field[f].name, h->field[f].name, TERN_CKPT_NAME);
        memcpy(out->field[f].type, h->field[f].type, sizeof(h->field[f].type));
        out->field[f].element = h->field[f].element;
    }
    memcpy(out->attribute, h->attribute, sizeof(out->attribute));
}

const char *tern_ckpt_value(const tern_ckpt_info *info, const char *name)
{
    for (int a = 0; a < info->attributes; a++)
        if (strcmp(info->attribute[a].name, name) == 0)
            return info->attribute[a].value;
    return NULL;
}

/* ---- Places ---------------------------------------------------------------------------------- */

tern_grid tern__ckpt_grid(const struct head *h)
{
    tern_grid g = {.dims = h->dims, .ranks = 1};

    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        g.size[d] = h->size[d];
        g.parts[d] = h->parts[d];
        g.ranks *= h->parts[d];
    }
    return g;
}

int64_t tern__ckpt_rows(const tern_block *b)
{
    return b->count[0] > 0 ? b->count[1] * b->count[2] : 0;
}

int64_t tern__ckpt_piece_rows(const struct head *h, const tern_block *b, uint32_t field)
{
    int64_t row = b->count[0] * (int64_t)h->field[field].element;

    return row < (int64_t)h->piece_bytes ? (int64_t)h->piece_bytes / row : 1;
}

int64_t tern__ckpt_pieces(const struct head *h, const tern_block *b, uint32_t field)
{
    int64_t rows = tern__ckpt_rows(b);

    if (rows == 0)
        return 0;
    return (rows - 1) / tern__ckpt_piece_rows(h, b, field) + 1;
}

struct place tern__ckpt_first(const struct head *h)
{
    struct place p = {.data = HEAD};
    tern_grid g = tern__ckpt_grid(h);

    tern_grid_block(&g, 0, &p.block);
    return p;
}

void tern__ckpt_next(const struct head *h, struct place *p)
{
    tern_grid g = tern__ckpt_grid(h);

    for (uint32_t f = 0; f < h->fields; f++) {
        p->data += tern_block_points(&p->block) * (int64_t)h->field[f].element;
        p->entry += tern__ckpt_pieces(h, &p->block, f);
    }
    tern_grid_block(&g, ++p->rank, &p->block);
}

int64_t tern__ckpt_table(const struct head *h)
{
    int64_t element = 0;

    for (uint32_t f = 0; f < h->fields; f++)
        element += (int64_t)h->field[f].element;
    return HEAD + h->size[0] * h->size[1] * h->size[2] * element;
}

int64_t tern__ckpt_bytes(const struct head *h)
{
    struct place p = tern__ckpt_first(h);
    int ranks = tern__ckpt_grid(h).ranks;

    while (p.rank < ranks)
        tern__ckpt_next(h, &p);
    return tern__ckpt_table(h) + p.entry * (int64_t)sizeof(uint64_t);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

enum { MOST = 1 << 30 }; /* bytes a call: Linux takes at most 2^31 - 4096 */

int tern__ckpt_put(int fd, const void *data, size_t bytes, int64_t at)
{
    for (const char *from = data; bytes > 0;) {
        ssize_t n = pwrite(fd, from, bytes < MOST ? bytes : MOST, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return tern_fail(TERN_EIO, NULL, "%s", n < 0 ? strerror(errno) : "nothing is written");
        from += n;
        at += n;
        bytes -= (size_t)n;
    }
    return TERN_OK;
}

int tern__ckpt_get(int fd, void *data, size_t bytes, int64_t at)
{
    for (char *to = data; bytes > 0;) {
        ssize_t n = pread(fd, to, bytes < MOST ? bytes : MOST, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return tern_fail(TERN_EIO, NULL, "%s",
                             n < 0 ? strerror(errno) : "the file is too short");
        to += n;
        at += n;
        bytes -= (size_t)n;
    }
    return TERN_OK;
}
