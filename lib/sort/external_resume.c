/* SPDX-License-Identifier: BSD-3-Clause */
/* Going on after a kill.  The file of runs has a name then, and beside it a list: one note for
 * every run that is on the disk, with what all ranks' runs up to it contain.  A note is of use only
 * if all parameters of the sort are the same, and a sort goes on from the last run that all ranks
 * have. */
#include "config.h"

#include "sort/external_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct note {
    uint64_t parameters, run;
    tern_content content;
    uint64_t check; /* hash of all before */
} note;

static int fail(const tern__external_sort *x, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", x->e->resume, why);
}

static void name_of(const tern__external_sort *x, const char *suffix, char out[static 4096])
{
    snprintf(out, 4096, "%s%s", x->e->resume, suffix);
}

static int open_named(const tern__external_sort *x, const char *suffix)
{
    char path[4096];

    name_of(x, suffix, path);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

int tern__resume_open(tern__external_sort *x)
{
    x->fd = open_named(x, ".runs");
    x->notes = open_named(x, ".done");
    if (x->fd < 0 || x->notes < 0)
        return fail(x, strerror(errno));
    if (flock(x->fd, LOCK_EX | LOCK_NB) != 0)
        return fail(x, "another sort is at work on it");
    return TERN_OK;
}

static uint64_t parameters(const tern__external_sort *x)
{
    uint64_t all[] = {x->bytes,
                      x->items.key_offset,
                      x->items.key_bytes,
                      x->e->layout.key_bytes,
                      (uint64_t)x->e->layout.type,
                      x->e->descending,
                      x->e->n,
                      x->total,
                      x->run,
                      x->every,
                      (uint64_t)tern_size(x->c),
                      (uint64_t)tern_rank(x->c)};

    return tern_hash(all, sizeof(all), 0);
}

static bool read_note(const tern__external_sort *x, uint64_t run, note *out)
{
    ssize_t got = pread(x->notes, out, sizeof(*out), (off_t)(run * sizeof(*out)));

    return got == (ssize_t)sizeof(*out) && out->run == run && out->parameters == parameters(x)
           && out->check == tern_hash(out, offsetof(note, check), 0);
}

/* Runs of this rank that are noted and there. */
static uint64_t count_runs(const tern__external_sort *x)
{
    struct stat st;
    note n;
    uint64_t runs = 0, records = 0;

    if (fstat(x->fd, &st) != 0)
        return 0;
    while (read_note(x, runs, &n)) {
        records += tern__run_length(x->e->n, x->run, (size_t)runs);
        if (records * x->bytes > (uint64_t)st.st_size)
            break;
        runs++;
    }
    return runs;
}

static int load_samples(tern__external_sort *x, size_t runs)
{
    int error = TERN_OK;

    for (size_t j = 0; j < runs && j < x->runs; j++) {
        size_t n = tern__run_length(x->e->n, x->run, j);
        char *out = x->samples + j * x->per_run * x->bytes;
        for (size_t i = 0; i < n && !error; i += x->every, out += x->bytes)
            error = tern__runs_read(x, (uint64_t)x->run * j + i, 1, out);
    }
    return error;
}

int tern__resume_load(tern__external_sort *x, size_t *first)
{
    uint64_t mine = count_runs(x), least = 0, same[2], all[2];
    note last = {.run = 0};
    int error = tern_allreduce(x->c, &mine, &least, 1, MPI_UINT64_T, MPI_MIN);

    if (error)
        return error;
    if (least > 0)
        read_note(x, least - 1, &last);
    same[0] = last.content.hash;
    same[1] = ~last.content.hash;
    error = tern_allreduce(x->c, same, all, 2, MPI_UINT64_T, MPI_MAX);
    if (error)
        return error;
    if (all[0] != ~all[1]) /* notes of different sorts */
        least = 0;
    x->before = least > 0 ? last.content : (tern_content){.items = 0};
    *first = (size_t)least;
    error = load_samples(x, (size_t)least);
    if (!error && ftruncate(x->notes, (off_t)(least * sizeof(note))) != 0)
        error = fail(x, strerror(errno));
    return tern_agree(x->c, error);
}

int tern__resume_note(const tern__external_sort *x, uint64_t run, const tern_content *content)
{
    note n = {.parameters = parameters(x), .run = run, .content = *content};

    n.check = tern_hash(&n, offsetof(note, check), 0);
    if (fdatasync(x->fd) != 0)
        return fail(x, strerror(errno));
    ssize_t put = pwrite(x->notes, &n, sizeof(n), (off_t)(run * sizeof(n)));
    return put == (ssize_t)sizeof(n) ? TERN_OK : fail(x, strerror(put < 0 ? errno : ENOSPC));
}

void tern__resume_remove(const tern__external_sort *x)
{
    static const char *const suffixes[] = {".done", ".runs"};
    char path[4096];

    for (int i = 0; i < 2; i++) {
        name_of(x, suffixes[i], path);
        unlink(path);
    }
}
