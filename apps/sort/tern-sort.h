/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_APPS_SORT_H
#define TERN_APPS_SORT_H

#include "msg/msg.h"
#include "prog/prog.h"
#include "sort/sort.h"

/* What the user asked for. */
typedef struct sort_settings {
    bool numeric, reverse, unique;
    int type;             /* enum tern_key_type, or -1: lines of text */
    const char *output;   /* or NULL: stdout */
    const char *generate; /* "DISTRIBUTION:N", or NULL */
    int64_t seed;
    int64_t threads; /* 0: what the node has for each rank */
    int64_t record;  /* bytes of a record, or 0 */
    const char *key; /* of a record, "OFFSET:LENGTH[:TYPE]", or NULL: all of it */
    bool check, checksum;
    const char *memory; /* -S, or NULL */
    const char *folder; /* -T, or NULL */
    bool resume;
} sort_settings;

/* ---- Input -------------------------------------------------------------------------------------
 */

typedef struct input_file {
    uint64_t begin; /* of its bytes in the sequence of all files */
    uint64_t size;
    uint64_t open_end; /* 1: its last line has no newline, which the sequence has, else 0 */
} input_file;

/* All operands as one sequence of bytes. */
typedef struct input {
    char **paths;
    int n;
    bool stream;       /* some operand is no regular file: rank 0 reads them all */
    uint64_t total;    /* bytes in the sequence, if no stream */
    input_file *files; /* if no stream */
} input;

/* Look at the operands, on rank 0, and tell all.  No operand is "-", stdin; `unit` is 0 for lines
 * or the size of a key, which the size of each file must be a multiple of.  Collective. */
int input_open(tern_comm *c, int n, char **paths, size_t unit, input *in);
void input_close(input *in);

/* This rank's part of the sequence, as a block of tern_alloc(): whole lines, or whole keys.
 * Collective. */
int input_read_lines(tern_comm *c, const input *in, char **block, size_t *bytes);
int input_read_keys(tern_comm *c, const input *in, size_t unit, char **block, size_t *bytes);

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
} output_source;

enum { OUTPUT_BUFFER = 4 << 20 };

/* Find out early that `path` (NULL: stdout) cannot be written.  Collective. */
int output_try(tern_comm *c, const char *path);

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

/* ---- The three programs in one -----------------------------------------------------------------
 */

/* Each returns the program's exit status, or ends it with tern_prog_fail(). */
enum tern_exit sort_text(tern_comm *c, const sort_settings *s, int n, char **paths);
enum tern_exit sort_binary(tern_comm *c, const sort_settings *s, int n, char **paths);
enum tern_exit sort_generated(tern_comm *c, const sort_settings *s);

/* Fields of the report that all three have; `mine` is of this rank and in the unit of the balance.
 * Collective. */
void report_result(tern_comm *c, uint64_t elements, uint64_t bytes, uint64_t mine);

#endif
