/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort_external(): how the memory is divided, and the three steps. */
#include "config.h"

#include "sort/external_private.h"

#include <stdlib.h>
#include <unistd.h>

/* What lies in memory at once: in the first pass a run that is read, one that is sorted, with the
 * sort's own block, and one that is written; in the second two blocks that are read and sent, and
 * the same. */
enum {
    RUNS_AT_ONCE = 4,
    BLOCKS_AT_ONCE = 6,
    SAMPLE_BYTES = 64 << 10,
    LEAST_MEMORY = 16 << 10, /* with less there is nothing but splitters */
    RUNS_UNKNOWN = 256
};

static size_t at_least_1(uint64_t n)
{
    return n > 0 ? (size_t)n : 1;
}

/* What all ranks must know alike. */
static int agree_sizes(tern__external_sort *x)
{
    uint64_t memory = x->e->memory, least = 0, all = 0;
    uint64_t mine = x->e->bytes < UINT64_MAX / 2 ? x->e->bytes : UINT64_MAX / 2;
    int error = tern_allreduce(x->c, &memory, &least, 1, MPI_UINT64_T, MPI_MIN);

    least = least > LEAST_MEMORY ? least : LEAST_MEMORY;
    x->most_run = at_least_1(least / RUNS_AT_ONCE);
    x->most = at_least_1(least / BLOCKS_AT_ONCE);
    uint64_t runs = x->e->bytes == UINT64_MAX ? RUNS_UNKNOWN : mine / x->most_run + 1;
    if (!error)
        error = tern_allreduce(x->c, &runs, &all, 1, MPI_UINT64_T, MPI_SUM);
    /* So many that all runs together put a splitter less than half a block beside its place. */
    uint64_t every = x->most / (2 * all + 1);
    x->every = at_least_1(every < SAMPLE_BYTES ? every : SAMPLE_BYTES);
    return error;
}

static int prepare(tern__external_sort *x)
{
    int error = tern_agree(x->c, x->kind->open(x));

    if (!error)
        error = tern_agree(x->c, tern_comm_wrap(MPI_COMM_SELF, &x->self));
    if (!error)
        error = agree_sizes(x);
    if (error)
        return error;
    return tern_agree(x->c, x->e->resume != NULL ? tern__resume_open(x) : tern__runs_open(x));
}

static void begin_phase(const tern__external_sort *x, const char *name, uint64_t bytes)
{
    if (x->e->phase != NULL)
        x->e->phase(name, (size_t)bytes);
}

/* A wrong result is one on all ranks, whoever has seen it. */
static int share_mismatch(tern_comm *c, int error)
{
    int mine = error == TERN_EMISMATCH, any = 0;

    if (error && tern_allreduce(c, &mine, &any, 1, MPI_INT, MPI_MAX) == TERN_OK && any)
        return TERN_EMISMATCH;
    return error;
}

static int sort(tern__external_sort *x)
{
    begin_phase(x, "runs", 0);
    int error = tern__external_runs(x);

    tern_pool_trim(); /* what comes next needs blocks of other sizes */
    if (!error) {
        begin_phase(x, "split", x->taken + x->written);
        error = tern__external_split(x);
    }
    if (!error) {
        begin_phase(x, "merge", 0);
        error = share_mismatch(x->c, tern__external_merge(x));
    }
    if (!error)
        begin_phase(x, NULL, x->written + x->after.bytes / (uint64_t)tern_size(x->c));
    return error;
}

static void release(tern__external_sort *x)
{
    for (size_t j = 0; j < x->runs; j++)
        tern__run_free(&x->run[j]);
    free(x->run);
    free(x->cut);
    tern_free(x->unpacked);
    if (x->fd >= 0)
        close(x->fd);
    if (x->notes >= 0)
        close(x->notes);
    tern_comm_free(x->self);
    x->kind->close(x);
}

int tern_sort_external(tern_comm *c, const tern_external *external, tern_content *content)
{
    tern__external_sort x = {.c = c,
                             .e = external,
                             .kind = external->lines != NULL ? &tern__external_lines
                                                             : &tern__external_records,
                             .packer = tern__packer_of(external->compress),
                             .unpacked_at = UINT64_MAX,
                             .fd = -1,
                             .notes = -1};
    int error = prepare(&x);

    if (!error)
        error = sort(&x);
    if (!error)
        *content = x.after;
    if (external->resume != NULL && (!error || error == TERN_EMISMATCH))
        tern__resume_remove(&x);
    release(&x);
    return error;
}
