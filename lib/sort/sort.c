/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort(): local sort, exact split, one exchange, merge.  Two buffers, each as large as the
 * larger of what the rank has and what it shall have, are all the memory that grows with n. */
#include "config.h"

#include "sort/sort.h"

#include "sort/keys.h"

#include <stdlib.h>
#include <string.h>

/* A sort under way. */
typedef struct job {
    tern_comm *c;
    const tern__width *width;
    char *images, *scratch; /* room for `room` images each */
    size_t n;
    size_t share;        /* keys that this rank shall have */
    int64_t *cut, *from; /* p + 1 each: where the parts to send and received begin */
    tern_phase_fn *phase;
} job;

static void begin_phase(const job *j, const char *name, size_t images_moved)
{
    if (j->phase != NULL)
        j->phase(name, images_moved * j->width->bytes);
}

static int validate(enum tern_key_type type, const void *keys, size_t n)
{
    if ((unsigned)type >= TERN_KEY_TYPES)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: there is no key type %d", (int)type);
    if (keys == NULL && n > 0)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: %zu keys at NULL", n);
    if (n > INT64_MAX / sizeof(uint64_t))
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: %zu keys do not fit in memory", n);
    return TERN_OK;
}

/* Give *keys room for the rank's share, and make the second buffer. */
static int allocate(job *j, void **keys)
{
    size_t room = j->n > j->share ? j->n : j->share, p = (size_t)tern_size(j->c);
    char *images = *keys;

    j->cut = malloc(2 * (p + 1) * sizeof(*j->cut));
    j->scratch = tern_alloc(room * j->width->bytes);
    if (images == NULL || j->n < room)
        images = tern_alloc(room * j->width->bytes);
    if (j->cut == NULL || j->scratch == NULL || images == NULL) {
        if (images != *keys)
            tern_free(images);
        return j->cut != NULL ? TERN_ENOMEM : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory");
    }
    if (images != *keys) {
        if (j->n > 0)
            memcpy(images, *keys, j->n * j->width->bytes);
        tern_free(*keys);
    }
    *keys = j->images = images;
    j->from = j->cut + p + 1;
    return TERN_OK;
}

/* From sorted runs on every rank to the rank's share; the result is in j->images. */
static int redistribute(job *j)
{
    int p = tern_size(j->c);
    size_t width = j->width->bytes;

    begin_phase(j, "split", j->n);
    int error = tern__split(j->c, j->images, width, j->n, j->cut);
    if (error)
        return error;
    begin_phase(j, "exchange", 0);
    error = tern__exchange_counts(j->c, j->cut, j->from);
    if (!error)
        error = tern__exchange(j->c, width, j->images, j->cut, j->scratch, j->from);
    if (error)
        return error;
    begin_phase(j, "merge", j->share);
    char *merged = tern__merge_runs(&j->width->merger, j->scratch, j->images, j->from, p);
    if (merged == j->scratch) {
        j->scratch = j->images;
        j->images = merged;
    }
    return TERN_OK;
}

int tern_sort(tern_comm *c, enum tern_key_type type, void **keys, size_t *n,
              const tern_sort_options *options)
{
    static const tern_sort_options defaults;
    int64_t mine = (int64_t)*n, total;
    int error = tern_agree(c, validate(type, *keys, *n));

    if (!error)
        error = tern_allreduce(c, &mine, &total, 1, MPI_INT64_T, MPI_SUM);
    if (error)
        return error;
    if (options == NULL)
        options = &defaults;
    job j = {
        .c = c,
        .width = tern__width_of(type),
        .n = *n,
        .share = (size_t)tern__share(total, tern_size(c), tern_rank(c)),
        .phase = options->phase,
    };
    error = tern_agree(c, allocate(&j, keys));
    if (!error) {
        begin_phase(&j, "sort", 0);
        tern__keys_to_images(type, options->descending, j.images, j.n);
        j.width->sort(j.images, j.scratch, j.n);
        if (tern_size(c) > 1)
            error = redistribute(&j);
        *keys = j.images;
    }
    if (!error) {
        *n = j.share;
        tern__images_to_keys(type, options->descending, j.images, j.share);
    }
    tern_free(j.scratch);
    free(j.cut);
    return error;
}

int tern_sort_local(enum tern_key_type type, void *keys, size_t n, bool descending)
{
    int error = validate(type, keys, n);

    if (error)
        return error;
    const tern__width *width = tern__width_of(type);
    void *scratch = tern_alloc(n * width->bytes);
    if (scratch == NULL)
        return TERN_ENOMEM;
    tern__keys_to_images(type, descending, keys, n);
    width->sort(keys, scratch, n);
    tern__images_to_keys(type, descending, keys, n);
    tern_free(scratch);
    return TERN_OK;
}
