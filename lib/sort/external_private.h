/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the external sort: what is sorted, the file of runs, samples, the cut into blocks.  All
 * sizes and places are in bytes. */
#ifndef TERN_SORT_EXTERNAL_PRIVATE_H
#define TERN_SORT_EXTERNAL_PRIVATE_H

#include "sort/items.h"
#include "sort/lines.h"
#include "sort/sort.h"

#include <pthread.h>

typedef struct tern__external_sort tern__external_sort;

/* ---- What is sorted ---------------------------------------------------------------------------
 */

/* A kind of items; a file each.  All calls are Local. */
typedef struct tern__external_kind {
    size_t overhead; /* bytes of memory that an item takes beside itself while it is sorted */
    int (*open)(tern__external_sort *x);
    void (*close)(tern__external_sort *x);
    /* Bytes of the item at `at`, which ends at `end` at the latest. */
    size_t (*length)(const tern__external_sort *x, const char *at, const char *end);
    /* Bytes of the first items that are whole in `block` and cost at most `most`, with their
     * overhead: at least one item, or 0 if none is whole. */
    size_t (*whole)(const tern__external_sort *x, const char *block, size_t bytes, size_t most);
    /* Where the first item begins at `from` or behind it, which is not 0; or `bytes`. */
    size_t (*next)(const tern__external_sort *x, const char *block, size_t from, size_t bytes);
    int (*compare)(const tern__external_sort *x, const char *a, size_t a_bytes, const char *b,
                   size_t b_bytes);
    /* Sort the whole items of *block, stably, which may drop some of them, and may replace it. */
    int (*sort)(tern__external_sort *x, char **block, size_t *bytes);
    /* Between what the caller sees and what is sorted, in place. */
    void (*enter)(const tern__external_sort *x, char *block, size_t bytes);
    void (*leave)(const tern__external_sort *x, char *block, size_t bytes);
    /* What a block of the caller's items contains, and also whether they are in order. */
    int (*content)(const tern__external_sort *x, const char *block, size_t bytes,
                   tern_content *out);
    int (*prove)(const tern__external_sort *x, const char *block, size_t bytes, tern_proof *out);
} tern__external_kind;

extern const tern__external_kind tern__external_records, tern__external_lines;

/* ---- Runs -------------------------------------------------------------------------------------
 */

/* One of the first items of the pieces that a run is thought of as. */
typedef struct tern__run_sample {
    uint64_t at, weight;   /* of its piece: where in the run it begins, and what it costs */
    uint64_t text, length; /* where its bytes are among those of all samples */
    uint64_t rank, run;
} tern__run_sample;

/* A sorted run; it owns its lists. */
typedef struct tern__run {
    uint64_t bytes; /* of its items, .. */
    uint64_t begin; /* .. which, packed or not, begin here in the file of runs */
    tern__run_sample *sample;
    size_t samples;
    char *text; /* the samples' bytes */
    size_t text_bytes;
    uint64_t *frame; /* where its packed frames begin and the last ends; NULL: it is not packed */
    size_t frames;
} tern__run;

/* ---- Packing ----------------------------------------------------------------------------------
 */

/* A way to pack frames, which are read and unpacked as a whole. */
typedef struct tern__packer {
    size_t frame; /* bytes of one */
    /* Pack `bytes` of `in` into *out, a block of tern_alloc() that is made or made larger. */
    int (*pack)(const char *program, const char *in, size_t bytes, char **out, size_t *room,
                size_t *packed);
    /* Unpack what must be `bytes`. */
    int (*unpack)(const char *program, const char *in, size_t packed, char *out, size_t bytes);
} tern__packer;

/* The one for a name, of a program or "zstd", which is built in where configure found it. */
const tern__packer *tern__packer_of(const char *program);

extern const tern__packer tern__pack_by_program;

/* ---- Other threads ----------------------------------------------------------------------------
 */

/* Work of another thread: one file operation that goes on beside the sort. */
typedef struct tern__task {
    int (*work)(struct tern__task *task);
    bool running, joinable;
    pthread_t thread;
    int error;
    char sentence[1024];
    /* What it works on. */
    tern__external_sort *x;
    char *block; /* of tern_alloc() */
    size_t bytes, room;
    uint64_t at;
    bool ended;          /* nothing is left to be read */
    tern__run run;       /* that is written, and .. */
    tern_content before; /* .. what all runs up to it contain */
} tern__task;

void tern__task_start(tern__task *t);
int tern__task_finish(tern__task *t); /* TERN_OK if it does not run */

/* ---- The sort ---------------------------------------------------------------------------------
 */

struct tern__external_sort {
    tern_comm *c, *self; /* the latter for what the library does collectively, but not here */
    const tern_external *e;
    const tern__external_kind *kind;
    tern__items items; /* of records */
    tern__order order; /* of lines */

    /* Runs of this rank lie in one file, one after the other. */
    int fd, notes;              /* the latter is -1 unless the sort can be resumed */
    uint64_t note_end;          /* bytes of the notes */
    uint64_t noted, id;         /* notes, and the sort that they are of */
    uint64_t written;           /* bytes of the file */
    uint64_t taken;             /* bytes of the input that are in runs */
    const tern__packer *packer; /* or NULL */
    char *unpacked;             /* one frame, that which begins in the file .. */
    uint64_t unpacked_at;       /* .. here */
    size_t unit;                /* items are multiples of it */
    size_t most_run;            /* what a run may cost */
    tern__run *run;
    size_t runs, room, made; /* the last counts the one that is not yet written, too */
    size_t every;            /* bytes from sample to sample */
    tern_content before, after;

    /* The order is cut into blocks; block b takes cut[b * runs + j] .. cut[(b + 1) * runs + j] - 1
     * of run j. */
    size_t most; /* what a block should cost */
    size_t blocks;
    uint64_t *cut;
};

/* The file of runs.  Bytes at .. at + n - 1 of run j, by one thread at a time, and that these are
 * not needed any more; a run, whose place and frames are set. */
int tern__runs_open(tern__external_sort *x);
int tern__runs_read(tern__external_sort *x, size_t j, uint64_t at, size_t n, char *out);
void tern__runs_drop(const tern__external_sort *x, size_t j, uint64_t at, size_t n);
int tern__runs_write(tern__external_sort *x, tern__run *run, const char *in);
int tern__runs_add(tern__external_sort *x, const tern__run *run);
void tern__run_free(tern__run *run);

/* Resuming; tern__resume_load() is Collective. */
int tern__resume_open(tern__external_sort *x);
int tern__resume_load(tern__external_sort *x);
int tern__resume_note(tern__external_sort *x, const tern__task *written);
void tern__resume_remove(const tern__external_sort *x);

/* The three steps; each Collective. */
int tern__external_runs(tern__external_sort *x);
int tern__external_split(tern__external_sort *x);
int tern__external_merge(tern__external_sort *x);

static inline void tern__content_add(tern_content *sum, const tern_content *part)
{
    sum->items += part->items;
    sum->bytes += part->bytes;
    sum->hash += part->hash;
}

#endif
