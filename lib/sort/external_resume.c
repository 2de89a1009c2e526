/* SPDX-License-Identifier: BSD-3-Clause */
/* Going on after a kill.  The file of runs has a name then, and beside it a list: a note for every
 * run that is on the disk, with its samples and frames and what all runs up to it contain.  A note
 * is of use only if all parameters of the sort are the same, and a sort goes on from the last note
 * that all ranks have of the same sort. */
#include "config.h"

#include "sort/external_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Samples, their bytes, and frames follow. */
typedef struct note {
    uint64_t check; /* hash of all that comes after it */
    uint64_t parameters, id, number;
    uint64_t taken, written; /* of the input, and in the file of runs, up to this run */
    tern_content before;
    uint64_t begin, bytes, samples, text_bytes, frames; /* of the run; frames + 1 words follow */
    uint64_t packed;
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
    if (x->e->bytes == UINT64_MAX)
        return tern_fail(TERN_EINVAL, NULL, "what is read once cannot be resumed");
    x->fd = open_named(x, ".runs");
    x->notes = open_named(x, ".done");
    if (x->fd < 0 || x->notes < 0)
        return fail(x, strerror(errno));
    if (flock(x->fd, LOCK_EX | LOCK_NB) != 0)
        return fail(x, "another sort is at work on it");
    return TERN_OK;
}

/* ---- What a note speaks of --------------------------------------------------------------------
 */

static uint64_t hash_key(const tern_line_key *k, uint64_t hash)
{
    const uint64_t all[] = {k->field,  k->character,  k->end_field,  k->end_character,
                            k->blanks, k->end_blanks, k->dictionary, k->printable,
                            k->fold,   k->numeric,    k->general,    k->human,
                            k->month,  k->version,    k->reverse};

    return tern_hash(all, sizeof(all), hash);
}

static uint64_t hash_lines(const tern_line_options *o)
{
    const uint64_t all[] = {o->n_keys,    o->stable, o->unique,
                            o->separated, o->nul,    (unsigned char)o->separator};
    uint64_t hash = hash_key(&o->global, tern_hash(all, sizeof(all), 0));

    for (size_t i = 0; i < o->n_keys; i++)
        hash = hash_key(&o->keys[i], hash);
    return hash;
}

static uint64_t parameters(const tern__external_sort *x)
{
    const tern_external *e = x->e;
    const uint64_t all[] = {e->layout.bytes,
                            e->layout.key_offset,
                            e->layout.key_bytes,
                            (uint64_t)e->layout.type,
                            e->descending,
                            e->lines != NULL ? hash_lines(e->lines) : 0,
                            e->bytes,
                            x->most_run,
                            x->every,
                            (uint64_t)tern_size(x->c),
                            (uint64_t)tern_rank(x->c)};
    uint64_t hash = tern_hash(all, sizeof(all), 0);

    return e->compress != NULL ? tern_hash(e->compress, strlen(e->compress), hash) : hash;
}

/* Bytes that follow the note. */
static uint64_t tail_bytes(const note *n)
{
    return n->samples * sizeof(tern__run_sample) + n->text_bytes
           + (n->packed != 0 ? (n->frames + 1) * sizeof(uint64_t) : 0);
}

static uint64_t check_of(const note *n, const char *tail)
{
    uint64_t hash = tern_hash((const char *)n + sizeof(n->check), sizeof(*n) - sizeof(n->check), 0);

    return tern_hash(tail, (size_t)tail_bytes(n), hash);
}

/* ---- Reading notes ----------------------------------------------------------------------------
 */

/* What follows a note, or NULL: it is cut off or damaged. */
static char *read_tail(const tern__external_sort *x, const note *n, uint64_t at, uint64_t size)
{
    uint64_t most = size - at - sizeof(*n);

    if (n->samples > most || n->text_bytes > most || n->frames > most || tail_bytes(n) > most)
        return NULL;
    size_t bytes = (size_t)tail_bytes(n);
    char *tail = malloc(bytes + 1);
    if (tail == NULL || pread(x->notes, tail, bytes, (off_t)(at + sizeof(*n))) != (ssize_t)bytes
        || n->check != check_of(n, tail)) {
        free(tail);
        return NULL;
    }
    return tail;
}

/* The run that a note and its tail tell of. */
static int make_run(const note *n, const char *tail, tern__run *run)
{
    size_t sample_bytes = (size_t)n->samples * sizeof(tern__run_sample);

    *run = (tern__run){.begin = n->begin,
                       .bytes = n->bytes,
                       .samples = (size_t)n->samples,
                       .text_bytes = (size_t)n->text_bytes,
                       .frames = (size_t)n->frames,
                       .sample = malloc(sample_bytes + 1),
                       .text = malloc((size_t)n->text_bytes + 1)};
    size_t frame_bytes = n->packed != 0 ? (run->frames + 1) * sizeof(*run->frame) : 0;
    run->frame = n->packed != 0 ? malloc(frame_bytes) : NULL;
    if (run->sample == NULL || run->text == NULL || (n->packed != 0 && run->frame == NULL)) {
        tern__run_free(run);
        return tern_fail(TERN_ENOMEM, NULL, "no memory for a note");
    }
    memcpy(run->sample, tail, sample_bytes);
    memcpy(run->text, tail + sample_bytes, run->text_bytes);
    if (frame_bytes > 0)
        memcpy(run->frame, tail + sample_bytes + run->text_bytes, frame_bytes);
    return TERN_OK;
}

/* A note of this sort at x->note_end, whose run is there; false: none, or no memory for it. */
static bool take_note(tern__external_sort *x, uint64_t number, uint64_t size, uint64_t runs_size)
{
    tern__run run;
    note n;

    if (size - x->note_end < sizeof(n)
        || pread(x->notes, &n, sizeof(n), (off_t)x->note_end) != (ssize_t)sizeof(n)
        || n.number != number || n.parameters != parameters(x) || n.written > runs_size
        || (number > 0 && n.id != x->id))
        return false;
    char *tail = read_tail(x, &n, x->note_end, size);
    if (tail == NULL)
        return false;
    bool made = make_run(&n, tail, &run) == TERN_OK;
    free(tail);
    if (!made || (n.bytes > 0 && tern__runs_add(x, &run) != TERN_OK))
        return false;
    if (n.bytes == 0)
        tern__run_free(&run);
    x->id = n.id;
    x->taken = n.taken;
    x->written = n.written;
    x->before = n.before;
    x->note_end += sizeof(n) + tail_bytes(&n);
    return true;
}

static void forget(tern__external_sort *x)
{
    for (size_t j = 0; j < x->runs; j++)
        tern__run_free(&x->run[j]);
    x->runs = 0;
    x->note_end = x->taken = x->written = 0;
    x->before = (tern_content){.items = 0};
}

/* Take up to `most` notes; how many there were. */
static uint64_t take_notes(tern__external_sort *x, uint64_t most)
{
    struct stat notes, runs;
    uint64_t n = 0;

    forget(x);
    if (fstat(x->notes, &notes) != 0 || fstat(x->fd, &runs) != 0)
        return 0;
    while (n < most && take_note(x, n, (uint64_t)notes.st_size, (uint64_t)runs.st_size))
        n++;
    return n;
}

/* ---- Collective -------------------------------------------------------------------------------
 */

/* Whether all ranks' notes are of one sort. */
static int compare_ids(const tern__external_sort *x, bool *same)
{
    uint64_t mine[2] = {x->id, ~x->id}, all[2];
    int error = tern_allreduce(x->c, mine, all, 2, MPI_UINT64_T, MPI_MAX);

    *same = !error && all[0] == ~all[1];
    return error;
}

static int new_id(tern__external_sort *x)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    x->id = tern_mix((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    return tern_bcast(x->c, &x->id, 1, MPI_UINT64_T, 0);
}

int tern__resume_load(tern__external_sort *x)
{
    uint64_t mine = take_notes(x, UINT64_MAX), least = 0;
    bool same = false;
    int error = tern_allreduce(x->c, &mine, &least, 1, MPI_UINT64_T, MPI_MIN);

    if (!error)
        error = compare_ids(x, &same);
    if (error)
        return error;
    least = same ? least : 0;
    error = tern_agree(
        x->c, take_notes(x, least) == least ? TERN_OK : fail(x, "its notes cannot be read twice"));
    if (!error && ftruncate(x->notes, (off_t)x->note_end) != 0)
        error = fail(x, strerror(errno));
    x->made = x->runs;
    x->noted = least;
    error = tern_agree(x->c, error);
    return error || least > 0 ? error : new_id(x);
}

/* ---- Writing notes ----------------------------------------------------------------------------
 */

static int put(tern__external_sort *x, const void *bytes, size_t n)
{
    ssize_t put = pwrite(x->notes, bytes, n, (off_t)x->note_end);

    if (put != (ssize_t)n)
        return fail(x, strerror(put < 0 ? errno : ENOSPC));
    x->note_end += n;
    return TERN_OK;
}

static char *make_tail(const tern__run *run, const note *n)
{
    size_t sample_bytes = run->samples * sizeof(*run->sample);
    char *tail = malloc((size_t)tail_bytes(n) + 1);

    if (tail == NULL)
        return NULL;
    if (run->samples > 0) {
        memcpy(tail, run->sample, sample_bytes);
        memcpy(tail + sample_bytes, run->text, run->text_bytes);
    }
    if (run->frame != NULL)
        memcpy(tail + sample_bytes + run->text_bytes, run->frame,
               (run->frames + 1) * sizeof(*run->frame));
    return tail;
}

int tern__resume_note(tern__external_sort *x, const tern__task *t)
{
    const tern__run *run = &t->run;
    note n = {.parameters = parameters(x),
              .id = x->id,
              .number = x->noted++,
              .taken = t->at,
              .written = x->written,
              .before = t->before,
              .begin = run->begin,
              .bytes = run->bytes,
              .samples = run->samples,
              .text_bytes = run->text_bytes,
              .frames = run->frames,
              .packed = run->frame != NULL};
    char *tail = make_tail(run, &n);

    if (tail == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for a note");
    n.check = check_of(&n, tail);
    int error = fdatasync(x->fd) == 0 ? TERN_OK : fail(x, strerror(errno));
    if (!error)
        error = put(x, &n, sizeof(n));
    if (!error)
        error = put(x, tail, (size_t)tail_bytes(&n));
    free(tail);
    return error;
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
