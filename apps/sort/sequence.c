/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts of the operands, wherever they begin. */
#include "config.h"

#include "sort/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The last file that begins at or before `at`; of empty ones the last. */
static int file_at(const input *in, uint64_t at)
{
    int low = 0, high = in->n;

    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (in->files[middle].begin <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int read_file(const char *path, uint64_t offset, size_t bytes, char *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), error = TERN_OK;

    if (fd < 0)
        return tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
    while (bytes > 0 && !error) {
        ssize_t got = pread(fd, out, bytes, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            error =
                tern_fail(TERN_EIO, NULL, "%s: %s", path,
                          got < 0 ? strerror(errno) : "it has become shorter while it was read");
            break;
        }
        out += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    close(fd);
    return error;
}

int sequence_read(const input *in, uint64_t begin, size_t bytes, char *out)
{
    int error = TERN_OK;

    while (bytes > 0 && !error) {
        int i = file_at(in, begin);
        const input_file *f = &in->files[i];
        uint64_t at = begin - f->begin, left = f->size - at;
        size_t part = left < bytes ? (size_t)left : bytes;
        if (part > 0) {
            error = read_file(in->paths[i], at, part, out);
        } else {
            *out = '\n'; /* after a last line without one */
            part = 1;
        }
        out += part;
        bytes -= part;
        begin += part;
    }
    return error;
}
