/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures, read back with libpng. */
#include "config.h"

#include "stencil/stencil.h"

#include <math.h>
#ifdef HAVE_PNG
# include <png.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/mpitap.h"

static tern_comm *comm;
static char dir[] = "/tmp/tern-picture-XXXXXX", path[64];

#ifdef HAVE_PNG

struct picture {
    unsigned width, height;
    unsigned char *rgb;
};

static void read_back(struct picture *p)
{
    png_image image = {.version = PNG_IMAGE_VERSION};

    CU_ASSERT_FATAL(png_image_begin_read_from_file(&image, path) != 0);
    image.format = PNG_FORMAT_RGB;
    p->width = image.width;
    p->height = image.height;
    p->rgb = malloc(PNG_IMAGE_SIZE(image));
    CU_ASSERT_FATAL(png_image_finish_read(&image, NULL, p->rgb, 0, NULL) != 0);
}

/* CIE lightness L* of a pixel, from the definition of sRGB (IEC 61966-2-1) and CIE 1976. */
static double lightness(const struct picture *p, unsigned x, unsigned y)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double luminance = 0;

    for (int i = 0; i < 3; i++) {
        double v = p->rgb[3 * ((size_t)y * p->width + x) + (size_t)i] / 255.0;
        luminance += weight[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return luminance > 0.008856 ? 116 * cbrt(luminance) - 16 : 903.3 * luminance;
}

/* Open a solver of nx x ny whose value at (x, y) is x + nx * y, or mean-preserving bands of it. */
static tern_stencil *ramp(int64_t nx, int64_t ny)
{
    tern_stencil_spec spec = {
        .stencil = "2d5", .size = {nx, ny}, .diffusion = 0.2, .halo = "send", .threads = 2};
    tern_stencil *s = NULL;
    tern_block b;
    int64_t pitch;

    CU_ASSERT_EQUAL_FATAL(tern_stencil_open(comm, &spec, &s), TERN_OK);
    double *u = (double *)tern_stencil_field(s, &b, &pitch);
    for (int64_t y = 0; y < b.count[1]; y++)
        for (int64_t x = 0; x < b.count[0]; x++)
            u[x + y * pitch] = (double)(b.start[0] + x + nx * (b.start[1] + y));
    return s;
}

/* Small grids are shown enlarged: x to the right, y upwards, light is large. */
static void orientation(void)
{
    tern_stencil *s = ramp(4, 3);
    struct picture p;

    CU_ASSERT_EQUAL(tern_stencil_picture(s, path), TERN_OK);
    tern_stencil_close(s);
    if (tern_rank(comm) != 0)
        return;
    read_back(&p);
    CU_ASSERT_EQUAL(p.width, 1024);
    CU_ASSERT_EQUAL(p.height, 768);
    for (unsigned i = 1; i < 12; i++) {
        unsigned x = i % 4, y = i / 4, x0 = (i - 1) % 4, y0 = (i - 1) / 4;
        CU_ASSERT(lightness(&p, 256 * x + 99, 767 - (256 * y + 7))
                  > lightness(&p, 256 * x0 + 201, 767 - (256 * y0 + 250)));
    }
    free(p.rgb);
}

/* 2048 points in a row, two on a pixel: all 256 colours in equal shares, ever lighter. */
static void colours(void)
{
    tern_stencil *s = ramp(2048, 1);
    struct picture p;
    double low, high;
    int steps = 0;

    CU_ASSERT_EQUAL(tern_stencil_picture(s, path), TERN_OK);
    tern_stencil_close(s);
    if (tern_rank(comm) != 0)
        return;
    read_back(&p);
    CU_ASSERT_EQUAL(p.width, 1024);
    CU_ASSERT_EQUAL(p.height, 1);
    low = lightness(&p, 0, 0);
    high = lightness(&p, 1023, 0);
    CU_ASSERT(low < 15 && high > 90);
    for (unsigned x = 4; x < 1024; x += 4) {
        double step = lightness(&p, x, 0) - lightness(&p, x - 4, 0);
        CU_ASSERT(step >= 0 && step < 1.2); /* 85 / 255 on average */
        steps += step > 0;
    }
    CU_ASSERT(steps > 250);
    free(p.rgb);
}

/* A pixel shows the mean of its points: a fine chequerboard becomes one grey. */
static void means(void)
{
    tern_stencil *s = ramp(4096, 2048);
    struct picture p;
    tern_block b;
    int64_t pitch;
    double *u = (double *)tern_stencil_field(s, &b, &pitch);

    for (int64_t y = 0; y < b.count[1]; y++)
        for (int64_t x = 0; x < b.count[0]; x++)
            u[x + y * pitch] = (double)((b.start[0] + x + b.start[1] + y) % 2);
    CU_ASSERT_EQUAL(tern_stencil_picture(s, path), TERN_OK);
    tern_stencil_close(s);
    if (tern_rank(comm) != 0)
        return;
    read_back(&p);
    CU_ASSERT_EQUAL(p.width, 1024);
    CU_ASSERT_EQUAL(p.height, 512);
    for (unsigned i = 1; i < p.width * p.height; i++)
        if (memcmp(p.rgb, p.rgb + 3 * (size_t)i, 3) != 0)
            CU_FAIL_FATAL("pixels differ");
    CU_ASSERT(lightness(&p, 0, 0) > 40 && lightness(&p, 0, 0) < 70);
    free(p.rgb);
}

/* No range, and no number. */
static void flat_and_broken(void)
{
    tern_stencil *s = ramp(1, 1);
    tern_block b;
    int64_t pitch;

    CU_ASSERT_EQUAL(tern_stencil_picture(s, path), TERN_OK);
    double *u = (double *)tern_stencil_field(s, &b, &pitch);
    if (tern_block_points(&b) > 0)
        u[0] = NAN;
    CU_ASSERT_EQUAL(tern_stencil_picture(s, path), TERN_OK);
    tern_stencil_close(s);
}

static void refused(void)
{
    tern_stencil *s = ramp(2, 2);

    CU_ASSERT_EQUAL(tern_stencil_picture_check(comm, path), TERN_OK);
    int mine = tern_rank(comm) == 0 ? TERN_EIO : TERN_EPEER;
    CU_ASSERT_EQUAL(tern_stencil_picture_check(comm, "/nowhere/at/all.png"), mine);
    CU_ASSERT_EQUAL(tern_stencil_picture(s, "/nowhere/at/all.png"), mine);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "/nowhere/at/all.png"));
    tern_stencil_close(s);
}

/* A disk that is full, and a device that must survive it: libpng's own writer removes the file. */
static void disk_full(void)
{
    struct stat st;

    if (stat("/dev/full", &st) != 0 || !S_ISCHR(st.st_mode))
        MPITAP_SKIP("no /dev/full");
    tern_stencil *s = ramp(2, 2);
    int mine = tern_rank(comm) == 0 ? TERN_EIO : TERN_EPEER;
    CU_ASSERT_EQUAL(tern_stencil_picture(s, "/dev/full"), mine);
    CU_ASSERT(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode));
    tern_stencil_close(s);
}

#else

static void not_built(void)
{
    int mine = tern_rank(comm) == 0 ? TERN_ENOTSUP : TERN_EPEER;
    CU_ASSERT_EQUAL(tern_stencil_picture_check(comm, path), mine);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "libpng"));
}

#endif

static int open_comm(void)
{
    int error = tern_comm_wrap(MPI_COMM_WORLD, &comm);

    if (error >= 0 && tern_rank(comm) == 0 && mkdtemp(dir) == NULL)
        return 1;
    snprintf(path, sizeof(path), "%s/a.png", dir);
    return error < 0;
}

static int close_comm(void)
{
    tern_comm_free(comm);
    unlink(path);
    rmdir(dir); /* fails on the ranks that did not make it, and if anything else was left in it */
    return 0;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
#ifdef HAVE_PNG
        {"orientation", orientation},
        {"colours", colours},
        {"means", means},
        {"flat_and_broken", flat_and_broken},
        {"refused", refused},
        {"disk_full", disk_full},
#else
        {"not_built", not_built},
#endif
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"picture", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
