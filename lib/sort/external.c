/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort_external(): how the memory is divided, and the three steps. */
#include "config.h"

#include "sort/external_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What lies in memory at once: in the first pass a run that is read, one that is sorted, with the
 * sort's own block, and one that is written; in the second two blocks that are read and sent, and
 * the same. */
enum { RUNS_AT_ONCE = 4, BLOCKS_AT_ONCE = 6, SAMPLE_BYTES = 64 << 10 };

static int open_file(tern__external_sort *x)
{
    char path[4096];

    if (snprintf(path, sizeof(path), "%s/tern-sort.XXXXXX", x->e->folder) >= (int)sizeof(path))
        return tern_fail(TERN_EIO, NULL, "%s: %s", x->e->folder, strerror(ENAMETOOLONG));
    x->fd = mkstemp(path);
    if (x->fd < 0)
        return tern_fail(TERN_EIO, NULL, "%s: %s", x->e->folder, strerror(errno));
    unlink(path); /* the file goes with its last descriptor */
    return TERN_OK;
}

/* What all ranks must know alike. */
static int agree_sizes(tern__external_sort *x)
{
    uint64_t n = x->e->n, memory = x->e->memory / x->bytes, least = 0, runs = 0, all = 0;
    int error = tern_allgather(x->c, &n, x->ranks_n, 1, MPI_UINT64_T);

    if (!error)
        error = tern_allreduce(x->c, &memory, &least, 1, MPI_UINT64_T, MPI_MIN);
    if (!error)
        error = tern_allreduce(x->c, &n, &x->total, 1, MPI_UINT64_T, MPI_SUM);
    x->run = (size_t)(least / RUNS_AT_ONCE > 0 ? least / RUNS_AT_ONCE : 1);
    x->most = (size_t)(least / BLOCKS_AT_ONCE > 0 ? least / BLOCKS_AT_ONCE : 1);
    x->runs = (size_t)((n + x->run - 1) / x->run);
    runs = x->runs;
    if (!error)
        error = tern_allreduce(x->c, &runs, &all, 1, MPI_UINT64_T, MPI_SUM);
    /* So many that all runs together put a splitter less than half a block beside its place. */
    uint64_t every = x->most / (2 * all + 1), usual = SAMPLE_BYTES / x->bytes;
    x->every = (size_t)(every < usual ? every : usual);
    x->every = x->every > 0 ? x->every : 1;
    x->per_run = tern__sample_count(x, x->run);
    return error;
}

static int prepare(tern__external_sort *x)
{
    int error = tern__items_init(&x->items, &x->e->layout, x->e->descending, true);

    x->bytes = x->e->layout.bytes;
    x->ranks_n = malloc((size_t)tern_size(x->c) * sizeof(*x->ranks_n));
    if (!error && x->ranks_n == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for %d counts", tern_size(x->c));
    error = tern_agree(x->c, error);
    if (!error)
        error = agree_sizes(x);
    if (error)
        return error;
    x->samples = tern_alloc(x->runs * x->per_run * x->bytes);
    error = x->samples == NULL     ? TERN_ENOMEM
            : x->e->resume != NULL ? tern__resume_open(x)
                                   : open_file(x);
    return tern_agree(x->c, error);
}

static void begin_phase(const tern__external_sort *x, const char *name, uint64_t times)
{
    if (x->e->phase != NULL)
        x->e->phase(name, (size_t)(times * x->e->n) * x->bytes);
}

/* A wrong result is one on all ranks, whoever has seen it. */
static int share_mismatch(tern_comm *c, int error)
{
    int mine = error == TERN_EMISMATCH, any = 0;

    if (error && tern_allreduce(c, &mine, &any, 1, MPI_INT, MPI_MAX) == TERN_OK && any)
        return TERN_EMISMATCH;
    return error;
}

int tern_sort_external(tern_comm *c, const tern_external *external, tern_content *content)
{
    tern__external_sort x = {.c = c, .e = external, .fd = -1, .notes = -1};
    int error = prepare(&x);

    if (!error) {
        begin_phase(&x, "runs", 0);
        error = tern__external_runs(&x);
    }
    if (!error) {
        begin_phase(&x, "split", 2);
        error = tern__external_split(&x);
    }
    if (!error) {
        begin_phase(&x, "merge", 0);
        error = share_mismatch(c, tern__external_merge(&x));
    }
    if (!error) {
        begin_phase(&x, NULL, 2);
        *content = x.before;
    }
    if (external->resume != NULL && (!error || error == TERN_EMISMATCH))
        tern__resume_remove(&x);
    if (x.fd >= 0)
        close(x.fd);
    if (x.notes >= 0)
        close(x.notes);
    tern_free(x.samples);
    free(x.ranks_n);
    free(x.cut);
    free(x.begin);
    return error;
}
