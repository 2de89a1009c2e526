/* SPDX-License-Identifier: BSD-3-Clause */
/* A picture as a field: black is 0, white is 1, stretched over the plane of x and y with y upwards,
 * the same in all planes along z. */
#include "config.h"

#include "field/field_private.h"

#ifdef HAVE_PNG

# include <png.h>
# include <string.h>

static void stretch(const png_image *image, const unsigned char *grey, const tern_grid *grid,
                    const tern_block *b, double *values)
{
    for (int64_t i = 0; i < tern_block_points(b); i++) {
        int64_t x = b->start[0] + i % b->count[0];
        int64_t y = b->start[1] + i / b->count[0] % b->count[1];
        int64_t column = (2 * x + 1) * image->width / (2 * grid->size[0]);
        int64_t row = (2 * y + 1) * image->height / (2 * grid->size[1]);
        values[i] = grey[(image->height - 1 - row) * image->width + column] / 255.0;
    }
}

int tern__field_read_png(const char *path, const tern_grid *grid, const tern_block *block,
                         double *values)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color black = {0, 0, 0};
    int error = TERN_OK;

    if (!png_image_begin_read_from_file(&image, path))
        return tern_fail(TERN_EIO, NULL, "%s: %s", path, image.message);
    image.format = PNG_FORMAT_GRAY;
    unsigned char *grey = tern_alloc(PNG_IMAGE_SIZE(image));
    if (grey == NULL)
        error = TERN_ENOMEM;
    else if (!png_image_finish_read(&image, &black, grey, 0, NULL))
        error = tern_fail(TERN_EIO, NULL, "%s: %s", path, image.message);
    if (error >= 0)
        stretch(&image, grey, grid, block, values);
    png_image_free(&image);
    tern_free(grey);
    return error;
}

#else

int tern__field_read_png(const char *path, const tern_grid *grid, const tern_block *block,
                         double *values)
{
    (void)grid, (void)block, (void)values;
    return tern_fail(TERN_ENOTSUP, NULL, "%s: this build reads no pictures: install libpng", path);
}

#endif
