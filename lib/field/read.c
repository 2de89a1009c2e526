/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads fields: every rank the rows of its own block, of a picture the pixels. */
#include "config.h"

#include "field/field_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read, and where to. */
struct reading {
    const char *path;
    const tern_grid *grid;
    tern_block block;
    double *values; /* of the block, x fastest */
};

/* ---- Bare numbers ---------------------------------------------------------------------------- */

static double number_of(const char *from, size_t element)
{
    double f64;
    float f32;

    switch (element) {
    case sizeof(double): memcpy(&f64, from, sizeof(f64)); return f64;
    case sizeof(float): memcpy(&f32, from, sizeof(f32)); return (double)f32;
    default: return (double)*(const unsigned char *)from;
    }
}

static bool read_all(int fd, char *to, size_t bytes, int64_t at)
{
    while (bytes > 0) {
        ssize_t n = pread(fd, to, bytes, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

static int read_rows(const struct reading *r, int fd, size_t element)
{
    const tern_block *b = &r->block;
    const size_t bytes = (size_t)b->count[0] * element;
    char *row = tern_alloc(bytes > 0 ? bytes : 1);
    int error = row != NULL ? TERN_OK : TERN_ENOMEM;

    for (int64_t i = 0; i < b->count[1] * b->count[2] && error >= 0; i++) {
        int64_t y = b->start[1] + i % b->count[1], z = b->start[2] + i / b->count[1];
        int64_t at = r->grid->size[0] * (y + r->grid->size[1] * z) + b->start[0];
        if (!read_all(fd, row, bytes, at * (int64_t)element))
            error = tern__field_fail(r->path);
        for (int64_t x = 0; x < b->count[0] && error >= 0; x++)
            r->values[i * b->count[0] + x] = number_of(row + (size_t)x * element, element);
    }
    tern_free(row);
    return error;
}

/* The size of the file tells what a number is. */
static int read_raw(const struct reading *r)
{
    const int64_t points = r->grid->size[0] * r->grid->size[1] * r->grid->size[2];
    struct stat about;
    int fd = open(r->path, O_RDONLY), error;

    if (fd < 0 || fstat(fd, &about) != 0) {
        error = tern__field_fail(r->path);
    } else if (about.st_size != points && about.st_size != 4 * points
               && about.st_size != 8 * points) {
        error =
            tern_fail(TERN_EINVAL, NULL, "%s: %lld bytes are no %lld numbers of 8, 4 or 1 bytes",
                      r->path, (long long)about.st_size, (long long)points);
    } else {
        error = read_rows(r, fd, (size_t)(about.st_size / points));
    }
    if (fd >= 0)
        close(fd);
    return error;
}

static int read_h5(const struct reading *r)
{
    return tern__field_read_h5(r->path, r->grid, &r->block, r->values);
}

static int read_png(const struct reading *r)
{
    return tern__field_read_png(r->path, r->grid, &r->block, r->values);
}

/* ---- Any ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*read)(const struct reading *r);
} readers[] = {{"raw", read_raw}, {"h5", read_h5}, {"png", read_png}};

enum { READERS = sizeof(readers) / sizeof(readers[0]) };

static int find(const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *ending = dot != NULL && strchr(dot, '/') == NULL ? dot + 1 : "";

    for (int i = 0; i < READERS; i++)
        if (strcmp(ending, readers[i].name) == 0)
            return i;
    return -1;
}

bool tern_field_readable(const char *path)
{
    return find(path) >= 0;
}

int tern_field_read(tern_comm *c, const char *path, const tern_grid *grid, double *values)
{
    struct reading r = {.path = path, .grid = grid, .values = values};
    const int i = find(path);

    tern_grid_block(grid, tern_rank(c), &r.block);
    return tern_agree(c, i >= 0 ? readers[i].read(&r)
                                : tern_fail(TERN_EINVAL, NULL,
                                            "%s: a name that ends in .raw, .h5 or .png is needed",
                                            path));
}
