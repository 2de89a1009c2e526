/* SPDX-License-Identifier: BSD-3-Clause */
/* The field as a PNG.  Every rank adds its points to the pixels they fall on; the sums are whole
 * numbers, so the picture does not depend on who added what. */
#include "config.h"

#include "stencil/solver.h"

#include <errno.h>
#include <math.h>
#ifdef HAVE_PNG
# include <png.h>
#endif
#include <stdio.h>
#include <string.h>

enum { MOST_PIXELS = 1024 };

/* Values are counted in this many steps between the smallest and the largest; 2^30 points on one
 * pixel do not overflow. */
static const double steps = 4294967296.0; /* 2^32 */

struct picture {
    int64_t width, height; /* pixels */
    int64_t zoom;          /* pixels a point along either side, 1 unless the grid is small */
    double low, high;      /* values of the first and the last colour */
    int64_t *sum;          /* of the values' steps, for each pixel of the unzoomed picture */
    int64_t columns, rows; /* of it */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void lay_out(const tern_stencil *s, struct picture *p)
{
    const int64_t *size = s->grid.size;
    int64_t side = size[0] > size[1] ? size[0] : size[1];
    double shrink = side > MOST_PIXELS ? (double)MOST_PIXELS / (double)side : 1;

    p->columns = (int64_t)fmax(1, round((double)size[0] * shrink));
    p->rows = (int64_t)fmax(1, round((double)size[1] * shrink));
    p->zoom = side < MOST_PIXELS ? MOST_PIXELS / side : 1;
    p->width = p->columns * p->zoom;
    p->height = p->rows * p->zoom;
}

/* The plane that is shown, counted in this rank's block: the middle one. */
static int64_t middle(const tern_stencil *s)
{
    return s->grid.size[2] / 2 - s->block.start[2];
}

/* Rows that this rank has of it. */
static int64_t rows(const tern_stencil *s)
{
    return middle(s) >= 0 && middle(s) < s->block.count[2] ? s->block.count[1] : 0;
}

/* Smallest and largest value of all ranks. */
static int find_range(const tern_stencil *s, struct picture *p)
{
    double range[2] = {-INFINITY, -INFINITY}; /* of -u and u */
    int error;

    for (int64_t y = 0; y < rows(s); y++)
        for (int64_t x = 0; x < s->block.count[0]; x++) {
            double u = tern__get(s, s->now, tern__at(s, x, y, middle(s)));
            range[0] = fmax(range[0], -u);
            range[1] = fmax(range[1], u);
        }
    error = tern_allreduce(s->comm, MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX);
    p->low = -range[0];
    p->high = range[1];
    return error;
}

/* First of the n points that falls on pixel `at` of `pixels`. */
static int64_t first_on(int64_t at, int64_t n, int64_t pixels)
{
    return (at * n + pixels - 1) / pixels;
}

/* This rank's points [range[0], range[1]) along dimension d, counted in its block, on a pixel. */
static void points_on(const tern_stencil *s, int d, int64_t at, int64_t pixels, int64_t range[2])
{
    int64_t start = s->block.start[d], count = s->block.count[d];

    for (int i = 0; i < 2; i++) {
        int64_t point = first_on(at + i, s->grid.size[d], pixels) - start;
        range[i] = point < 0 ? 0 : least(point, count);
    }
}

static int64_t sum_of(const tern_stencil *s, const struct picture *p, const int64_t x[2],
                      const int64_t y[2])
{
    double scale = p->high > p->low ? steps / (p->high - p->low) : 0;
    int64_t sum = 0;

    for (int64_t j = y[0]; j < y[1]; j++)
        for (int64_t i = x[0]; i < x[1]; i++) {
            double u = (tern__get(s, s->now, tern__at(s, i, j, middle(s))) - p->low) * scale;
            sum += u >= 0 ? llrint(fmin(u, steps)) : 0; /* no number: the first colour */
        }
    return sum;
}

static void add_block(const tern_stencil *s, const struct picture *p)
{
#pragma omp parallel for schedule(static) num_threads(s->team)
    for (int64_t row = 0; row < (rows(s) > 0 ? p->rows : 0); row++) {
        int64_t x[2], y[2];
        points_on(s, 1, row, p->rows, y);
        for (int64_t column = 0; column < p->columns && y[0] < y[1]; column++) {
            points_on(s, 0, column, p->columns, x);
            p->sum[row * p->columns + column] = sum_of(s, p, x, y);
        }
    }
}

static int64_t points_of_pixel(const tern_stencil *s, const struct picture *p, int64_t column,
                               int64_t row)
{
    int64_t wide = first_on(column + 1, s->grid.size[0], p->columns)
                   - first_on(column, s->grid.size[0], p->columns);
    int64_t high =
        first_on(row + 1, s->grid.size[1], p->rows) - first_on(row, s->grid.size[1], p->rows);

    return wide * high;
}

/* Index of the colour of each pixel of the final picture, from the top down. */
static void colour(const tern_stencil *s, const struct picture *p, unsigned char *index)
{
    for (int64_t j = 0; j < p->height; j++)
        for (int64_t i = 0; i < p->width; i++) {
            int64_t column = i / p->zoom, row = (p->height - 1 - j) / p->zoom;
            double mean = (double)p->sum[row * p->columns + column]
                          / (double)points_of_pixel(s, p, column, row) / steps;
            index[j * p->width + i] = (unsigned char)fmin(255, mean * 256);
        }
}

#ifdef HAVE_PNG

/* To an open file: png_image_write_to_file() would remove the path when it fails, even a device. */
static int encode(const struct picture *p, const unsigned char *index, FILE *file, const char *path)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION,
        .width = (png_uint_32)p->width,
        .height = (png_uint_32)p->height,
        .format = PNG_FORMAT_RGB_COLORMAP,
        .colormap_entries = 256,
    };
    unsigned char map[256][3];

    tern__colour_map(map);
    if (!png_image_write_to_stdio(&image, file, 0, index, 0, map))
        return tern_fail(TERN_EIO, NULL, "%s: %s", path, image.message);
    return TERN_OK;
}

static int write_png(const struct picture *p, const unsigned char *index, const char *path)
{
    tern_outfile out;
    int error = tern_outfile_begin(path, &out);

    if (error < 0)
        return error;
    FILE *file = fopen(out.beside, "wb");
    if (file == NULL)
        error = tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
    if (error >= 0)
        error = encode(p, index, file, path);
    if (file != NULL && fclose(file) != 0 && error >= 0)
        error = tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
    if (error >= 0)
        return tern_outfile_commit(&out);
    tern_outfile_discard(&out);
    return error;
}

static int can_write(const char *path)
{
    tern_outfile out;
    int error = tern_outfile_begin(path, &out);

    if (error >= 0)
        tern_outfile_discard(&out);
    return error;
}

#else

static int can_write(const char *path)
{
    return tern_fail(TERN_ENOTSUP, NULL,
                     "%s: this build writes no pictures: install libpng (Debian: libpng-dev) and "
                     "configure again",
                     path);
}

static int write_png(const struct picture *p, const unsigned char *index, const char *path)
{
    (void)p, (void)index;
    return can_write(path);
}

#endif

int tern_stencil_picture_check(tern_comm *c, const char *path)
{
    return tern_agree(c, tern_rank(c) == 0 ? can_write(path) : TERN_OK);
}

/* With p->sum complete on rank 0. */
static int finish(const tern_stencil *s, const struct picture *p, const char *path)
{
    unsigned char *index;
    int error;

    if (tern_rank(s->comm) != 0)
        return TERN_OK;
    index = tern_alloc((size_t)(p->width * p->height));
    if (index == NULL)
        return TERN_ENOMEM;
    colour(s, p, index);
    error = write_png(p, index, path);
    tern_free(index);
    return error;
}

int tern_stencil_picture(const tern_stencil *s, const char *path)
{
    return tern_stencil_picture_between(s, path, 0, 0);
}

int tern_stencil_picture_between(const tern_stencil *s, const char *path, double low, double high)
{
    struct picture p = {.low = low, .high = high};
    int error = low < high ? TERN_OK : find_range(s, &p);

    if (error < 0)
        return error;
    lay_out(s, &p);
    size_t pixels = (size_t)(p.columns * p.rows);
    p.sum = tern_alloc(pixels * sizeof(*p.sum));
    error = tern_agree(s->comm, p.sum != NULL ? TERN_OK : TERN_ENOMEM);
    if (error >= 0) {
        memset(p.sum, 0, pixels * sizeof(*p.sum));
        add_block(s, &p);
        error = tern_allreduce(s->comm, MPI_IN_PLACE, p.sum, pixels, MPI_INT64_T, MPI_SUM);
    }
    if (error >= 0)
        error = tern_agree(s->comm, finish(s, &p, path));
    tern_free(p.sum);
    return error;
}
