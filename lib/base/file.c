/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *path, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", path, why);
}

static bool is_direct(const tern_outfile *out)
{
    return strcmp(out->path, out->beside) == 0;
}

/* The name the file will have: what `path` links to, or `path` itself where nothing is yet. */
static int resolve(const char *path, char name[static 4096])
{
    char *real = realpath(path, NULL);
    int n = snprintf(name, 4096, "%s", real != NULL ? real : path);

    free(real);
    return n < 4096 - 32 ? TERN_OK : fail(path, "the name is too long");
}

int tern_outfile_begin(const char *path, tern_outfile *out)
{
    struct stat st;
    int error = resolve(path, out->path);

    if (error)
        return error;
    bool exists = stat(out->path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        return fail(path, "is a directory");
    if (exists && access(out->path, W_OK) != 0)
        return fail(path, strerror(errno));
    memcpy(out->beside, out->path, sizeof(out->beside));
    if (exists && !S_ISREG(st.st_mode))
        return TERN_OK;
    size_t n = strlen(out->beside);
    snprintf(out->beside + n, sizeof(out->beside) - n, ".tmp%ld", (long)getpid());
    int fd = open(out->beside, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        return fail(path, strerror(errno));
    if (exists && fchmod(fd, st.st_mode & 07777) != 0)
        tern_log(TERN_LOG_WARN, "%s: its permissions cannot be kept: %s", path, strerror(errno));
    close(fd);
    return TERN_OK;
}

/* A name is durable when its directory is. */
static void sync_directory(const char *path)
{
    char copy[4096];

    snprintf(copy, sizeof(copy), "%s", path);
    int fd = open(dirname(copy), O_RDONLY);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static void *let_go(void *file)
{
    close(*(int *)file);
    free(file);
    return NULL;
}

/* Close the descriptor, which may be the last of its file, beside what follows. */
static void close_beside(int *file)
{
    pthread_t thread;

    if (file == NULL)
        return;
    if (*file >= 0 && pthread_create(&thread, NULL, let_go, file) == 0)
        pthread_detach(thread);
    else
        let_go(file);
}

int tern_file_rename(const char *from, const char *to)
{
    int *old = malloc(sizeof(*old));

    if (old != NULL)
        *old = open(to, O_RDONLY | O_CLOEXEC);
    const bool failed = rename(from, to) != 0;
    const int why = errno;
    close_beside(old);
    if (failed)
        return tern_fail(TERN_EIO, NULL, "%s", strerror(why));
    sync_directory(to);
    return TERN_OK;
}

int tern_file_nameless(const char *folder, int *fd)
{
    char path[4096];

    *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return TERN_OK;
    if (snprintf(path, sizeof(path), "%s/tern.XXXXXX", folder) >= (int)sizeof(path))
        return fail(folder, strerror(ENAMETOOLONG));
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd < 0)
        return fail(folder, strerror(errno));
    unlink(path);
    return TERN_OK;
}

/* Whatever was written to the file is on the disk. */
static int make_durable(const char *path)
{
    int fd = open(path, O_WRONLY), bad = fd < 0 || fsync(fd) != 0, why = errno;

    if (fd >= 0 && close(fd) != 0 && !bad) {
        bad = true;
        why = errno;
    }
    return bad ? tern_fail(TERN_EIO, NULL, "%s", strerror(why)) : TERN_OK;
}

int tern_outfile_commit(const tern_outfile *out)
{
    if (is_direct(out))
        return TERN_OK;
    int error = make_durable(out->beside);
    if (!error)
        error = tern_file_rename(out->beside, out->path);
    if (!error)
        return TERN_OK;
    tern_outfile_discard(out);
    return fail(out->path, tern_last_error());
}

void tern_outfile_discard(const tern_outfile *out)
{
    if (!is_direct(out))
        unlink(out->beside);
}

void tern_file_push(int fd, uint64_t at, size_t bytes)
{
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(fd, (off_t)at, (off_t)bytes, SYNC_FILE_RANGE_WRITE);
#else
    (void)fd, (void)at, (void)bytes;
#endif
}
