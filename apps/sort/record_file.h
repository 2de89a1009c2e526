/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside tern-sort: files of keys and of fixed-size records. */
#ifndef TERN_APPS_SORT_RECORD_FILE_H
#define TERN_APPS_SORT_RECORD_FILE_H

#include "sort/tern-sort.h"

/* ---- What a record is -------------------------------------------------------------------------
 */

typedef struct record_form {
    size_t bytes;            /* of a record */
    size_t key_offset;       /* of its key */
    size_t key_bytes;        /* the key is a string of so many bytes, as memcmp() orders them; .. */
    enum tern_key_type type; /* .. or, where that is 0, a little-endian number */
} record_form;

/* --record and --key, or --type: keys alone.  Ends the program where they make no sense. */
record_form record_form_of(const sort_settings *s);

/* Index of the first n characters of `name` among names separated by '|', or -1. */
int find_name(const char *names, const char *name, size_t n);

/* Refuse options that do not go together. */
void check_record_settings(const sort_settings *s);

/* The order of two records, negative, 0 or positive. */
int record_compare(const record_form *form, const void *a, const void *b);

/* ---- Parts of the operands --------------------------------------------------------------------
 */

/* Bytes begin .. begin + bytes - 1 of the sequence of all files.  Local; by any thread. */
int sequence_read(const input *in, uint64_t begin, size_t bytes, char *out);

/* ---- Sort Benchmark ---------------------------------------------------------------------------
 */

typedef struct crc32_table {
    uint32_t of[8][256]; /* of a byte and the zeros after it */
} crc32_table;

void crc32_prepare(crc32_table *t);
uint32_t crc32_of(const crc32_table *t, const void *bytes, size_t n);

typedef struct gensort {
    uint64_t first, total; /* number of the first record; how many */
    bool skew, ascii;
} gensort;

/* Records first .. first + n - 1, whatever g->first and g->total say. */
void gensort_records(const gensort *g, uint64_t first, size_t n, char *out);

/* ---- Programs ---------------------------------------------------------------------------------
 */

/* Whether --generate asks for records of the Sort Benchmark, which are written. */
bool makes_records(const sort_settings *s);

enum tern_exit generate_records(tern_comm *c, const sort_settings *s);

/* Whether the operands are in order, and with --checksum their summary as of valsort. */
enum tern_exit check_records(tern_comm *c, const sort_settings *s);

#endif
