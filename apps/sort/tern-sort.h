/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_APPS_SORT_H
#define TERN_APPS_SORT_H

#include "msg/msg.h"
#include "prog/prog.h"
#include "sort/sort.h"

#define SORT_NAMES "general-numeric|human-numeric|month|numeric|version"

/* What the user asked for. */
typedef struct sort_settings {
    bool reverse;
    int type;             /* enum tern_key_type, or -1: lines of text */
    const char *generate; /* "DISTRIBUTION:N", or NULL */
    int64_t seed;
    int64_t threads; /* 0: what the node has for each rank */
    int64_t record;  /* bytes of a record, or 0 */
    bool checksum;
    tern_option_list outputs;
    const char *output; /* or NULL: stdout */
    const char *array; /* the name of an array in the output, with its file, or NULL: plain bytes */

    /* Lines of text, as the options stand. */
    tern_option_list keys, separators;
    bool letters[128];     /* of the options that are letters, those given */
    int order;             /* --sort, or -1 */
    const char *check_how; /* --check, or NULL */
    bool plain, debug;
    const char *files0_from;
    tern_option_list temporary, compress;
    const char *memory;
    int64_t parallel, batch;

    /* What follows from them. */
    tern_line_options lines;
    bool check, check_quietly;
    const char *key; /* of a record, "OFFSET:LENGTH[:TYPE]", or NULL: all of it */
    char **paths;    /* operands, or the names in files0_from */
    int n_paths;
    char *names; /* what the latter point into, or NULL */
    bool resume;
    bool in_place;         /* sort binary data with little more memory than it has */
    const char *algorithm; /* of tern_sort_algorithm(), or NULL */
    const char *stats;     /* "", "json" or NULL */
    const char *packer;    /* of --compress-program, or NULL */
} sort_settings;

/* ---- Settings ---------------------------------------------------------------------------------
 */

/* Draw the conclusions, or end the program as tern_prog_usage() does.  Collective. */
void settle_settings(sort_settings *s, int n, char **paths);

void free_settings(sort_settings *s);

/* Tell on stderr what will be compared, once. */
void explain_keys(const sort_settings *s);

/* ---- Input -------------------------------------------------------------------------------------
 */

typedef struct input_file {
    uint64_t begin; /* of its bytes in the sequence of all files */
    uint64_t size;
    uint64_t open_end; /* 1: its last line has no end, which the sequence has, else 0 */
    uint64_t time;     /* of its last change, ns */
} input_file;

/* All operands as one sequence of bytes. */
typedef struct input {
    char **paths;
    int n;
    bool stream;       /* some operand is no regular file, or compressed: rank 0 reads them all */
    bool plain;        /* nothing is decompressed */
    bool grows;        /* one of them is stdout */
    char end;          /* of a line */
    uint64_t total;    /* bytes in the sequence, if no stream */
    input_file *files; /* if no stream */
} input;

/* Look at the operands, on rank 0, and tell all.  `in` has paths, n, plain and end; no path is "-",
 * stdin; `unit` is 0 for lines or the size of a key, which the size of each file must be a multiple
 * of.  Collective. */
int input_open(tern_comm *c, size_t unit, input *in);
void input_close(input *in);

/* Where this rank's lines begin and end in the sequence.  Collective. */
int input_divide(tern_comm *c, const input *in, uint64_t *begin, uint64_t *end);

/* These bytes of the sequence as a block of tern_alloc(), with all threads.  Collective. */
int input_read_range(tern_comm *c, const input *in, uint64_t begin, uint64_t end, char **block,
                     size_t *bytes);

/* The same by one thread, any.  Local. */
int input_read_piece(const input *in, uint64_t begin, uint64_t end, char *out);

/* What tells this input from others: names, sizes and times.  Local. */
uint64_t input_hash(const input *in);

/* Whether a file has changed since input_open(), an error.  Local. */
int input_check(const input *in);

/* The file that has byte `at` of the sequence.  Local. */
int input_file_at(const input *in, uint64_t at);

/* ---- Streams ----------------------------------------------------------------------------------
 */

/* All operands, one after the other, decompressed, as they are read.  All calls are Local. */
typedef struct byte_stream byte_stream;

/* `unit` as of input_open(). */
int stream_open(const input *in, size_t unit, byte_stream **out);

/* Read on, up to `room` bytes; less only at the end. */
int stream_some(byte_stream *s, char *out, size_t room, size_t *got);
void stream_close(byte_stream *s); /* NULL is allowed */

/* All of it, as a block of tern_alloc(). */
int stream_read(const input *in, size_t unit, char **block, size_t *bytes);

/* The begin of a stream. */
typedef struct stream_part {
    bool more;         /* it goes on; all ranks know */
    byte_stream *rest; /* on rank 0, if it does */
    char *block;       /* of tern_alloc(): all of it on rank 0, but if it is whole and of lines, the
                          rank's part */
    size_t bytes;
} stream_part;

/* Read some more than `most` bytes, or all.  The first is Local, the second Collective. */
int stream_begin(const input *in, size_t unit, size_t most, stream_part *out);
int input_begin_stream(tern_comm *c, const input *in, size_t unit, size_t most, stream_part *out);
void stream_part_free(stream_part *part);

/* "stdin" for "-". */
const char *input_name(const char *path);

/* Fails unless `bytes` is a multiple of `unit`, which may be 0. */
int check_unit(const char *path, uint64_t bytes, size_t unit);

/* ---- Mapped input ------------------------------------------------------------------------------
 */

enum { MAP_PLACE_BITS = 40 }; /* of a place in it */

typedef struct input_map {
    char *base;   /* of the text */
    size_t bytes; /* of memory that it takes */
    size_t *at;   /* where in it each file begins */
} input_map;

/* Whether operands are such as can be mapped.  The same on all ranks. */
bool map_can(const input *in);

/* Whether all ranks share one node, and so the file cache. */
bool map_is_shared(tern_comm *c);

/* Map all of them.  Local; one map at a time; map_close() also after a failure. */
int map_open(const input *in, input_map *map);
void map_close(input_map *map);

/* Bytes begin .. end - 1 of the sequence as ranges of the text, at most in->n; how many.  Local. */
size_t map_ranges(const input *in, const input_map *map, uint64_t begin, uint64_t end,
                  tern_text_range *ranges);

/* Bring what the range holds into memory.  Local; any thread. */
void map_load(const input_map *map, tern_text_range range);

/* The same with all threads. */
void map_load_all(const input_map *map, tern_text_range range);

/* Whether what was seen of the map is what the files were at input_open(), else an error.  Local.
 */
int map_check(const input *in);

/* ---- Compressed input --------------------------------------------------------------------------
 */

typedef struct inflater inflater;

enum { MAGIC_BYTES = 4 };

/* A decoder for what begins with these n <= MAGIC_BYTES bytes; NULL in *out: it is not compressed.
 * `path` is borrowed, for messages. */
int inflater_open(const char *path, const char *magic, size_t n, inflater **out);

/* Decode *n bytes from *in on, as far as there is room; both pairs move on. */
int inflater_feed(inflater *z, const char **in, size_t *n, char **out, size_t *room);

/* No more bytes come: an error if something is missing. */
int inflater_end(const inflater *z);
void inflater_close(inflater *z); /* NULL is allowed */

bool is_compressed(const char *magic, size_t n);

/* ---- Output ------------------------------------------------------------------------------------
 */

/* What a rank writes: items in order, rank after rank. */
typedef struct output_source {
    const void *context;
    size_t items;
    size_t (*bytes)(const void *context, size_t first, size_t n);
    /* Give bytes of items from `first` on, before `end`, in `buffer` or where they are; the item
     * after them. */
    size_t (*next)(const void *context, size_t first, size_t end, char *buffer, const char **piece,
                   size_t *bytes);
    int (*check)(const void *context); /* whether all was good, at the end; or NULL.  Local */
} output_source;

enum { OUTPUT_BUFFER = TERN_WRITER_SPACE };

/* Find out early that `path` (NULL: stdout) cannot be written.  Collective. */
int output_try(tern_comm *c, const char *path);

/* Write n bytes to a stream, whose name is `path`, or NULL: stdout.  Local. */
int output_put(int fd, const char *path, const char *bytes, size_t n);

/* Write all ranks' items to `path`, or to stdout.  Nothing is left of it on failure.  Collective.
 */
int output_write(tern_comm *c, const char *path, const output_source *source);

/* ---- Failures of threads -----------------------------------------------------------------------
 */

/* The first failure of any thread of a parallel loop, with its sentence, which belongs to the
 * thread. */
typedef struct thread_failure {
    int error;
    char sentence[1024];
} thread_failure;

void thread_failed(thread_failure *f, int error); /* by any thread; TERN_OK is allowed */
int thread_failure_end(const thread_failure *f);  /* after the loop: its error, now the caller's */

/* ---- The programs in one -----------------------------------------------------------------
 */

/* Each returns the program's exit status, or ends it with tern_prog_fail(). */
enum tern_exit sort_text(tern_comm *c, const sort_settings *s);
enum tern_exit check_text(tern_comm *c, const sort_settings *s);
enum tern_exit sort_binary(tern_comm *c, const sort_settings *s);
enum tern_exit sort_generated(tern_comm *c, const sort_settings *s);

/* Fields of the report that all have; `mine` is of this rank and in the unit of the balance.
 * Collective. */
void report_result(tern_comm *c, uint64_t elements, uint64_t bytes, uint64_t mine);

/* What --stats asks for, if it is given.  Collective. */
void report_stats(tern_comm *c, const sort_settings *s);

#endif
