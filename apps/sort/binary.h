/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside tern-sort: files of keys and of fixed-size records. */
#ifndef TERN_APPS_SORT_BINARY_H
#define TERN_APPS_SORT_BINARY_H

#include "sort/tern-sort.h"

/* ---- What a record is -------------------------------------------------------------------------
 */

/* --record and --key, or --type: keys alone.  Ends the program where they make no sense. */
tern_record_layout record_layout(const sort_settings *s);

/* Index of the first n characters of `name` among names separated by '|', or -1. */
int find_name(const char *names, const char *name, size_t n);

/* Refuse options that do not go together. */
void check_record_settings(const sort_settings *s);

/* The order of two records, negative, 0 or positive. */
int record_compare(const tern_record_layout *layout, const void *a, const void *b);

/* ---- Parts of the operands --------------------------------------------------------------------
 */

/* A part of a file. */
typedef struct sequence_file {
    uint64_t begin; /* of its bytes in the sequence */
    uint64_t size;
    uint64_t skip;     /* bytes of the file before them */
    uint64_t open_end; /* 1: the sequence has a newline after them, which the file has not */
    uint64_t length;   /* of the whole file */
    int64_t time;      /* when it was last changed, in nanoseconds */
} sequence_file;

/* Bytes of regular files, one after the other. */
typedef struct sequence {
    char **paths;
    int n;
    uint64_t total;
    sequence_file *files;
    /* Of arrays of numpy: */
    bool npy, big_endian;
    enum tern_key_type type;
} sequence;

/* The files of `in`, which are no streams, or of `paths`, arrays of numpy of one type.
 * Collective. */
int sequence_open(tern_comm *c, const input *in, sequence *out);
int sequence_open_npy(tern_comm *c, int n, char **paths, sequence *out);
void sequence_close(sequence *s);

/* Bytes begin .. begin + bytes - 1.  Local; by any thread. */
int sequence_read(const sequence *s, uint64_t begin, size_t bytes, char *out);

/* This rank's part, as a block of tern_alloc(); `unit` is the size of an item.  Collective. */
int sequence_load(tern_comm *c, const sequence *s, size_t unit, char **block, size_t *bytes);

/* What tells these files from others: names, sizes and times.  Local. */
uint64_t sequence_hash(const sequence *s);

/* Whether no file has changed since it was opened.  Collective. */
int sequence_unchanged(tern_comm *c, const sequence *s);

/* ---- Arrays of numpy --------------------------------------------------------------------------
 */

typedef struct npy_array {
    enum tern_key_type type;
    bool big_endian;
    uint64_t elements;
    uint64_t skip; /* bytes of the file before them */
} npy_array;

/* Whether a file is one, by its name. */
bool is_npy(const char *path);

/* Whether the operands are, by the name of the first. */
bool takes_arrays(const sort_settings *s);

/* Read the header of a file.  Local. */
int npy_open(const char *path, npy_array *out);

/* The header of a little-endian array of one dimension, for `out`; its size. */
enum { NPY_HEADER = 128 };
size_t npy_header(enum tern_key_type type, uint64_t elements, char out[static NPY_HEADER]);

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
