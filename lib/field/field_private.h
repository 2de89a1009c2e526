/* SPDX-License-Identifier: BSD-3-Clause */
/* What the formats share. */
#ifndef TERN_FIELD_PRIVATE_H
#define TERN_FIELD_PRIVATE_H

#include "field/field.h"

#include <stdio.h>

/* What rank 0 does for a format; all ranks write the points. */
struct format {
    const char *name;
    bool typed; /* the types must be known ones */
    /* Make the file at `beside` but for the points; at[f]: where field f begins.  TERN_OK,
     * TERN_EIO. */
    int (*begin)(const char *beside, const tern_ckpt_spec *spec, int64_t *at);
    /* When all points are there. */
    int (*end)(const char *path, const char *beside, const tern_ckpt_spec *spec);
};

int tern__field_begin_raw(const char *beside, const tern_ckpt_spec *spec, int64_t *at);
int tern__field_begin_vti(const char *beside, const tern_ckpt_spec *spec, int64_t *at);
int tern__field_begin_h5(const char *beside, const tern_ckpt_spec *spec, int64_t *at);
int tern__field_end_h5(const char *path, const char *beside, const tern_ckpt_spec *spec);

/* Bytes of a field of the whole grid. */
static inline int64_t tern__field_bytes(const tern_ckpt_spec *spec, int field)
{
    const int64_t *n = spec->grid.size;

    return n[0] * n[1] * n[2] * (int64_t)spec->field[field].element;
}

/* Row of a table of types; NULL for one that is not known. */
struct field_type {
    const char *name;
    size_t bytes;
    const char *vtk, *xdmf; /* as they call it; xdmf without its precision */
};
const struct field_type *tern__field_type(const tern_ckpt_field *field);

/* One grid of an XDMF file, of the points in the HDF5 file `name`; time below 0: none. */
void tern__field_put_grid(FILE *out, const char *name, const tern_ckpt_spec *spec, int64_t time);

/* The points of a block as doubles, x fastest.  TERN_OK, TERN_EIO, TERN_EINVAL, TERN_ENOTSUP,
 * TERN_ENOMEM. */
int tern__field_read_h5(const char *path, const tern_grid *grid, const tern_block *block,
                        double *values);
int tern__field_read_png(const char *path, const tern_grid *grid, const tern_block *block,
                         double *values);

int tern__field_fail(const char *path); /* TERN_EIO with the reason of errno */

#endif
