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

__extension__ typedef unsigned __int128 u128;

/* A little-endian number as an unsigned one that is ordered alike. */
u128 key_image(enum tern_key_type type, const void *key);

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
    uint64_t packed;   /* 1: the array must be read by HDF5 */
    uint64_t length;   /* of the whole file */
    int64_t time;      /* when it was last changed, in nanoseconds */
} sequence_file;

/* Bytes of regular files, one after the other. */
typedef struct sequence {
    char **paths;
    int n;
    uint64_t total;
    sequence_file *files;
    /* Of arrays: */
    bool arrays, big_endian;
    enum tern_key_type type;
} sequence;

/* The files of `in`, which are no streams, or of `paths`, arrays of one type.
 * Collective. */
int sequence_open(tern_comm *c, const input *in, sequence *out);
int sequence_open_arrays(tern_comm *c, int n, char **paths, sequence *out);
void sequence_close(sequence *s);

/* Bytes begin .. begin + bytes - 1.  Local; by any thread. */
int sequence_read(const sequence *s, uint64_t begin, size_t bytes, char *out);

/* This rank's part, as a block of tern_alloc(); `unit` is the size of an item.  Collective. */
int sequence_load(tern_comm *c, const sequence *s, size_t unit, char **block, size_t *bytes);

/* What tells these files from others: names, sizes and times.  Local. */
uint64_t sequence_hash(const sequence *s);

/* Whether no file has changed since it was opened.  Collective. */
int sequence_unchanged(tern_comm *c, const sequence *s);

/* ---- Records in mapped files ------------------------------------------------------------------
 */

/* Whether the records of `in` are such that it pays to sort their keys alone, on ranks that share
 * the file cache.  The same on all ranks. */
bool records_map_can(tern_comm *c, const sort_settings *s, const input *in,
                     const tern_record_layout *layout);

/* Sort and write them.  *again: they cannot be mapped, but reading may do.  Collective. */
int records_map_sort(tern_comm *c, const sort_settings *s, const input *in,
                     const tern_record_layout *layout, bool *again);

/* ---- Arrays ----------------------------------------------------------------------------------
 */

/* What a file says of an array of one dimension in it. */
typedef struct array_info {
    enum tern_key_type type;
    bool big_endian;
    bool packed; /* not to be read as bytes of the file */
    uint64_t elements;
    uint64_t skip; /* bytes of the file before them, if it is not packed */
} array_info;

/* Whether the operands are arrays, by the name of the first: .npy, or FILE.h5:/PATH. */
bool takes_arrays(const sort_settings *s);

/* Read what a file says.  Local. */
int array_open(const char *name, array_info *out);

/* What a file with the name and a little-endian array has before its elements, by malloc(). */
int array_header(const char *name, enum tern_key_type type, uint64_t elements, char **out,
                 size_t *bytes);

/* Of numpy. */
bool is_npy(const char *path);
int npy_open(const char *path, array_info *out);
int npy_header(enum tern_key_type type, uint64_t elements, char **out, size_t *bytes);

/* Of HDF5.  Elements first .. first + n - 1 come in little-endian order; by one thread at a time,
 * the others wait. */
enum { HDF5_NAME = 4096 };
bool is_hdf5(const char *name);
const char *hdf5_file(const char *name, char buffer[static HDF5_NAME]); /* without the path in it */
int hdf5_open(const char *name, array_info *out);
int hdf5_read(const char *name, uint64_t first, size_t n, void *out);
int hdf5_header(const char *name, enum tern_key_type type, uint64_t elements, char **out,
                size_t *bytes);

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
