/* SPDX-License-Identifier: BSD-3-Clause */
/* Generations of a checkpoint. */
#include "config.h"

#include "ckpt/ckpt_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void name_file(const tern_ckpt *k, const char *ending, char name[static PATH])
{
    snprintf(name, PATH, "%.*s.%s", PATH - 8, k->path, ending);
}

static const char *ending_of(int slot)
{
    return slot == 0 ? "0" : "1";
}

/* Put the file's name before the sentence of the failure. */
static int fail_at(int error, const char *name)
{
    return error < 0 ? tern_fail(error, NULL, "%s: %s", name, tern_last_error()) : error;
}

static int open_file(const char *name, int flags, int *fd)
{
    *fd = open(name, flags, 0666);
    return *fd >= 0 ? TERN_OK : tern_fail(TERN_EIO, NULL, "%s", strerror(errno));
}

/* Closing can be the first to tell of a failed write. */
static int close_file(int fd, int error)
{
    if (fd >= 0 && close(fd) != 0 && error >= 0)
        return tern_fail(TERN_EIO, NULL, "%s", strerror(errno));
    return error;
}

static int sync_file(int fd)
{
    return fsync(fd) == 0 ? TERN_OK : tern_fail(TERN_EIO, NULL, "%s", strerror(errno));
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void choose_newest(tern_ckpt *k)
{
    const struct head *h = &k->head[k->head[1].generation > k->head[0].generation];

    if (h->generation > 0)
        tern__ckpt_describe(h, &k->newest);
    else
        k->newest = (tern_ckpt_info){0};
}

static void look(tern_ckpt *k)
{
    char name[PATH];

    for (int slot = 0; slot < 2; slot++) {
        name_file(k, ending_of(slot), name);
        int fd = open(name, O_RDONLY);
        if (fd < 0)
            continue;
        if (!tern__ckpt_read_head(fd, &k->head[slot]))
            tern_log(TERN_LOG_WARN, "%s: not a whole checkpoint", name);
        close(fd);
    }
}

int tern_ckpt_open(tern_comm *c, const char *path, tern_ckpt **out)
{
    tern_ckpt *k = calloc(1, sizeof(*k));
    int error = TERN_OK;

    if (k == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for a checkpoint");
    else if (strlen(path) >= PATH - 8)
        error = tern_fail(TERN_EINVAL, NULL, "the name of a checkpoint is too long");
    error = tern_agree(c, error);
    if (error >= 0 && k != NULL) {
        k->comm = c;
        k->request = MPI_REQUEST_NULL;
        memcpy(k->path, path, strlen(path) + 1);
        if (tern_rank(c) == 0)
            look(k);
        error = tern_bcast(c, k->head, sizeof(k->head), MPI_BYTE, 0);
    }
    if (error < 0 || k == NULL) {
        free(k);
        return error;
    }
    choose_newest(k);
    *out = k;
    return TERN_OK;
}

void tern_ckpt_close(tern_ckpt *k)
{
    if (k == NULL)
        return;
    tern__ckpt_unwatch(k);
    free(k);
}

const tern_ckpt_info *tern_ckpt_newest(const tern_ckpt *k)
{
    return k->newest.generation > 0 ? &k->newest : NULL;
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Make the file as long as it will be, empty. */
static int create(const char *name, const struct head *h)
{
    int fd, error = open_file(name, O_RDWR | O_CREAT | O_TRUNC, &fd);

    if (error >= 0 && ftruncate(fd, tern__ckpt_bytes(h)) != 0)
        error = tern_fail(TERN_EIO, NULL, "%s", strerror(errno));
    return close_file(fd, error);
}

/* This rank's block: written, as it was when it is read again (while the disk is at work), and
 * durable. */
static int store(const tern_ckpt *k, const char *name, const struct head *h,
                 const tern_ckpt_spec *spec)
{
    int rank = tern_rank(k->comm), fd, error = open_file(name, O_RDWR, &fd);

    if (error >= 0)
        error = tern__ckpt_store(fd, h, rank, spec->field);
    if (error >= 0)
        error = tern__ckpt_check(fd, h, rank);
    if (error >= 0)
        error = sync_file(fd);
    return close_file(fd, error);
}

/* The head makes the file a checkpoint, the name a generation. */
static int seal(const char *beside, const char *name, const struct head *h)
{
    char block[HEAD] = {0};
    struct head again;
    int fd, error = open_file(beside, O_RDWR, &fd);

    memcpy(block, h, sizeof(*h));
    if (error >= 0)
        error = tern__ckpt_put(fd, block, sizeof(block), 0);
    if (error >= 0)
        error = sync_file(fd);
    if (error >= 0 && !tern__ckpt_read_head(fd, &again))
        error = tern_fail(TERN_EIO, NULL, "what was written cannot be read back");
    error = close_file(fd, error);
    return error >= 0 ? tern_file_rename(beside, name) : error;
}

int tern_ckpt_write(tern_ckpt *k, const tern_ckpt_spec *spec)
{
    int older = k->head[0].generation > k->head[1].generation, rank = tern_rank(k->comm);
    char beside[PATH], name[PATH];
    struct head h;
    int error = tern__ckpt_head(spec, k->newest.generation + 1, &h);

    name_file(k, "new", beside);
    name_file(k, ending_of(older), name);
    if (error >= 0 && rank == 0)
        error = fail_at(create(beside, &h), beside);
    error = tern_agree(k->comm, error);
    if (error < 0)
        return error;
    error = tern_agree(k->comm, fail_at(store(k, beside, &h, spec), beside));
    if (error >= 0)
        error = tern_agree(k->comm, rank == 0 ? fail_at(seal(beside, name, &h), beside) : TERN_OK);
    if (error < 0) {
        if (rank == 0)
            unlink(beside);
        return error;
    }
    k->head[older] = h;
    choose_newest(k);
    return TERN_OK;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Whether the file has the arrays that are asked for. */
static int compare(const struct head *h, const tern_ckpt_spec *spec)
{
    if (h->dims != spec->grid.dims || memcmp(h->size, spec->grid.size, sizeof(h->size)) != 0)
        return tern_fail(TERN_EMISMATCH, NULL,
                         "the checkpoint has %lld x %lld x %lld points, not %lld x %lld x %lld",
                         (long long)h->size[0], (long long)h->size[1], (long long)h->size[2],
                         (long long)spec->grid.size[0], (long long)spec->grid.size[1],
                         (long long)spec->grid.size[2]);
    if (h->fields != (uint32_t)spec->fields)
        return tern_fail(TERN_EMISMATCH, NULL, "the checkpoint has %u fields, not %d", h->fields,
                         spec->fields);
    for (int f = 0; f < spec->fields; f++)
        if (strcmp(h->field[f].name, spec->field[f].name) != 0
            || strcmp(h->field[f].type, spec->field[f].type) != 0
            || h->field[f].element != spec->field[f].element)
            return tern_fail(
                TERN_EMISMATCH, NULL, "the checkpoint's field %d is %s of %s, not %s of %s", f,
                h->field[f].name, h->field[f].type, spec->field[f].name, spec->field[f].type);
    return TERN_OK;
}

static int load(const tern_ckpt *k, int slot, const tern_ckpt_spec *spec)
{
    char name[PATH];
    struct head h;
    tern_block mine;
    int fd;

    name_file(k, ending_of(slot), name);
    int error = open_file(name, O_RDONLY, &fd);
    if (error >= 0 && (!tern__ckpt_read_head(fd, &h) || h.generation != k->head[slot].generation))
        error = tern_fail(TERN_EIO, NULL, "the file has changed");
    tern_grid_block(&spec->grid, tern_rank(k->comm), &mine);
    if (error >= 0 && tern_block_points(&mine) > 0)
        error = tern__ckpt_load(fd, &h, &mine, spec->field);
    if (fd >= 0)
        close(fd);
    return fail_at(error, name);
}

int tern_ckpt_read(tern_ckpt *k, const tern_ckpt_spec *spec, tern_ckpt_info *info)
{
    struct head check;
    int slot = k->head[1].generation > k->head[0].generation;
    int error = tern_agree(k->comm, tern__ckpt_head(spec, 0, &check));

    for (int tries = 0; tries < 2 && error >= 0; tries++, slot = 1 - slot) {
        if (k->head[slot].generation == 0)
            continue;
        error = tern_agree(k->comm, compare(&k->head[slot], spec));
        if (error < 0)
            break;
        int failed = tern_agree(k->comm, load(k, slot, spec));
        if (failed >= 0) {
            tern__ckpt_describe(&k->head[slot], &k->newest);
            if (info != NULL)
                *info = k->newest;
            return TERN_OK;
        }
        if (tern_rank(k->comm) == 0)
            tern_log(TERN_LOG_WARN, "%s", tern_last_error());
        k->head[slot].generation = 0;
    }
    choose_newest(k);
    return error < 0 ? error
                     : tern_fail(TERN_EIO, NULL, "%s: there is no whole checkpoint", k->path);
}
