/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays of numpy in files: a magic number, a version, and a dictionary in Python's syntax that
 * tells type and shape, padded to 64 bytes; then the elements (NEP 1, versions 1 to 3). */
#include "config.h"

#include "sort/binary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX = 12, HEADER = 128, MOST_HEADER = 1 << 16 };

static const char magic[] = "\x93NUMPY";
/* In the order of enum tern_key_type; u128 is none of numpy's. */
static const char *const types[] = {"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

static int fail(const char *path, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", path, why);
}

bool is_npy(const char *path)
{
    size_t n = strlen(path);

    return n > 4 && strcmp(path + n - 4, ".npy") == 0;
}

/* What follows 'key': in the dictionary, or NULL. */
static const char *value_of(const char *dictionary, const char *key)
{
    const char *at = strstr(dictionary, key);

    if (at == NULL)
        return NULL;
    at += strlen(key);
    at += strspn(at, " ");
    return *at == ':' ? at + 1 + strspn(at + 1, " ") : NULL;
}

/* '<f8' */
static int parse_type(const char *path, const char *text, array_info *out)
{
    if (text != NULL && *text == '\'' && strchr("<>=|", text[1]) != NULL && text[1] != '\0')
        for (int i = 0; i < TYPES; i++)
            if (strncmp(text + 2, types[i], 2) == 0 && text[4] == '\'') {
                out->type = (enum tern_key_type)i;
                out->big_endian = text[1] == '>';
                return TERN_OK;
            }
    return tern_fail(TERN_EIO, NULL,
                     "%s: elements of type %.*s; they must be integers of 1, 2, 4 or 8 bytes or "
                     "floating-point numbers of 4 or 8",
                     path, text != NULL ? (int)strcspn(text, ",") : 7,
                     text != NULL ? text : "unknown");
}

/* (5,) */
static int parse_shape(const char *path, const char *text, array_info *out)
{
    char *end = NULL;

    if (text != NULL && *text == '(' && strcspn(text + 1, "0123456789") == strspn(text + 1, " ")) {
        errno = 0;
        out->elements = strtoull(text + 1, &end, 10);
        end += strspn(end, " ");
        if (errno == 0 && end[0] == ',' && end[1 + strspn(end + 1, " ")] == ')')
            return TERN_OK;
    }
    return fail(path, "not an array of one dimension");
}

/* The header's size is a little-endian number of two bytes, since version 2 of four. */
static int read_header(FILE *f, const char *path, char *text, array_info *out)
{
    unsigned char p[PREFIX];
    size_t more;

    if (fread(p, 1, 10, f) != 10 || memcmp(p, magic, 6) != 0)
        return fail(path, "not an array of numpy");
    if (p[6] < 1 || p[6] > 3)
        return fail(path, "a version of numpy's format that is not known");
    if (p[6] > 1 && fread(p + 10, 1, 2, f) != 2)
        return fail(path, "it ends in its header");
    size_t n = p[8] | (size_t)p[9] << 8;
    if (p[6] > 1)
        n |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (n >= MOST_HEADER)
        return fail(path, "its header is too large");
    more = fread(text, 1, n, f);
    text[more] = '\0';
    out->skip = n + (p[6] > 1 ? 12 : 10);
    return more == n ? TERN_OK : fail(path, "it ends in its header");
}

int npy_open(const char *path, array_info *out)
{
    char *text = malloc(MOST_HEADER);
    FILE *f = fopen(path, "rb");
    int error = f == NULL      ? fail(path, strerror(errno))
                : text == NULL ? tern_fail(TERN_ENOMEM, NULL, "no memory for a header")
                               : TERN_OK;

    *out = (array_info){.packed = false};
    if (!error)
        error = read_header(f, path, text, out);
    if (!error)
        error = parse_type(path, value_of(text, "'descr'"), out);
    if (!error)
        error = parse_shape(path, value_of(text, "'shape'"), out);
    if (f != NULL)
        fclose(f);
    free(text);
    return error;
}

int npy_header(enum tern_key_type type, uint64_t elements, char **out, size_t *bytes)
{
    char order = tern_key_bytes(type) == 1 ? '|' : '<';

    if ((int)type >= TYPES)
        return tern_fail(TERN_EINVAL, NULL, "numpy has no elements of 16 bytes");
    char *head = malloc(HEADER);
    if (head == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for a header");
    memset(head, ' ', HEADER);
    memcpy(head, magic, 6);
    memcpy(head + 6, "\1\0", 2);
    head[8] = HEADER - 10;
    head[9] = 0;
    int n = snprintf(head + 10, HEADER - 10,
                     "{'descr': '%c%s', 'fortran_order': False, 'shape': (%" PRIu64 ",), }", order,
                     types[type], elements);
    head[10 + n] = ' ';
    head[HEADER - 1] = '\n';
    *out = head;
    *bytes = HEADER;
    return TERN_OK;
}
