/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the external sort: runs, their index, blocks. */
#ifndef TERN_SORT_EXTERNAL_PRIVATE_H
#define TERN_SORT_EXTERNAL_PRIVATE_H

#include "sort/sort.h"
#include "sort/items.h"

#include <pthread.h>

/* Work of another thread: one file operation that goes on beside the sort. */
typedef struct tern__task {
    int (*work)(struct tern__task *task);
    bool running, joinable;
    pthread_t thread;
    int error;
    char sentence[1024];
    /* What it works on. */
    struct tern__external_sort *x;
    char *block; /* of tern_alloc() */
    uint64_t first;
    size_t n;
    uint64_t run;         /* number of the run, and .. */
    tern_content content; /* .. what all runs up to it contain */
} tern__task;

void tern__task_start(tern__task *t);
int tern__task_finish(tern__task *t); /* TERN_OK if it does not run */

typedef struct tern__external_sort {
    tern_comm *c;
    const tern_external *e;
    tern__items items;
    size_t bytes;   /* of a record */
    uint64_t total; /* records of all ranks */

    /* Runs of this rank lie in one file, one after the other, all of `run` records but the last. */
    int fd, notes; /* the latter is -1 unless the sort can be resumed */
    size_t run, runs;
    size_t every;      /* records from sample to sample of a run */
    size_t per_run;    /* samples of a full run */
    char *samples;     /* of this rank: the first record of a run, and every so many after it */
    uint64_t *ranks_n; /* records of each rank */
    tern_content before;

    /* The order is cut into blocks; block b takes cut[b * runs + j] .. cut[(b + 1) * runs + j] - 1
     * of run j, and begins at position begin[b]. */
    size_t most; /* records that a block should have */
    size_t blocks;
    uint64_t *cut, *begin;
} tern__external_sort;

/* Records at .. at + n - 1 of the file of runs. */
int tern__runs_read(const tern__external_sort *x, uint64_t at, size_t n, char *out);
int tern__runs_write(const tern__external_sort *x, uint64_t at, size_t n, const char *in);

/* How many records run j has, and how many samples. */
size_t tern__run_length(uint64_t n, size_t run, size_t j);
size_t tern__sample_count(const tern__external_sort *x, size_t length);

/* Resuming; tern__resume_load() is Collective and tells the first run that is missing. */
int tern__resume_open(tern__external_sort *x);
int tern__resume_load(tern__external_sort *x, size_t *first);
int tern__resume_note(const tern__external_sort *x, uint64_t run, const tern_content *content);
void tern__resume_remove(const tern__external_sort *x);

/* The three steps; each Collective. */
int tern__external_runs(tern__external_sort *x);
int tern__external_split(tern__external_sort *x);
int tern__external_merge(tern__external_sort *x);

#endif
