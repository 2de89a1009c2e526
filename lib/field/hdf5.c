/* SPDX-License-Identifier: BSD-3-Clause */
/* HDF5: the library lays datasets out in one piece each and says where, so any build of it will do
 * and all ranks write at once; an XDMF file beside says what they are. */
#include "config.h"

#include "field/field_private.h"

#ifdef HAVE_HDF5

# include <hdf5.h>
# include <stdio.h>
# include <string.h>

static hid_t type_of(const tern_ckpt_field *field)
{
    const char *name = tern__field_type(field)->name;

    return strcmp(name, "f64") == 0   ? H5T_NATIVE_DOUBLE
           : strcmp(name, "f32") == 0 ? H5T_NATIVE_FLOAT
           : strcmp(name, "i64") == 0 ? H5T_NATIVE_INT64
           : strcmp(name, "i32") == 0 ? H5T_NATIVE_INT32
                                      : H5T_NATIVE_UINT8;
}

/* x runs fastest, so it is the last dimension. */
static hid_t space_of(const tern_grid *g)
{
    hsize_t size[TERN_GRID_DIMS];

    for (int d = 0; d < g->dims; d++)
        size[g->dims - 1 - d] = (hsize_t)g->size[d];
    return H5Screate_simple(g->dims, size, NULL);
}

static bool add(hid_t file, const tern_ckpt_spec *spec, int field, int64_t *at)
{
    hid_t space = space_of(&spec->grid), how = H5Pcreate(H5P_DATASET_CREATE);
    haddr_t offset = HADDR_UNDEF;

    H5Pset_layout(how, H5D_CONTIGUOUS);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    H5Pset_obj_track_times(how, false); /* the same bytes at any time */
    hid_t set = H5Dcreate2(file, spec->field[field].name, type_of(&spec->field[field]), space,
                           H5P_DEFAULT, how, H5P_DEFAULT);
    if (set >= 0) {
        offset = H5Dget_offset(set);
        H5Dclose(set);
    }
    H5Pclose(how);
    H5Sclose(space);
    *at = (int64_t)offset;
    return offset != HADDR_UNDEF;
}

int tern__field_begin_h5(const char *beside, const tern_ckpt_spec *spec, int64_t *at)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* it would print */
    hid_t file = H5Fcreate(beside, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    bool good = file >= 0;

    for (int f = 0; f < spec->fields && good; f++)
        good = add(file, spec, f, &at[f]);
    if (file >= 0)
        good = H5Fclose(file) >= 0 && good;
    return good ? TERN_OK : tern_fail(TERN_EIO, NULL, "%s: HDF5 cannot make this file", beside);
}

static void put_xdmf(FILE *out, const char *name, const tern_ckpt_spec *spec)
{
    fprintf(out, "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n<Domain>\n");
    tern__field_put_grid(out, name, spec, -1);
    fprintf(out, "</Domain>\n</Xdmf>\n");
}

int tern__field_end_h5(const char *path, const char *beside, const tern_ckpt_spec *spec)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t stem = strlen(path) - strlen("h5");
    tern_outfile file;
    char xdmf[4096];

    (void)beside;
    snprintf(xdmf, sizeof(xdmf), "%.*sxdmf", (int)stem, path);
    int error = tern_outfile_begin(xdmf, &file);
    if (error < 0)
        return error;
    FILE *out = fopen(file.beside, "w");
    if (out == NULL)
        return tern__field_fail(xdmf);
    put_xdmf(out, name, spec);
    int bad = ferror(out);
    if (fclose(out) != 0 || bad) {
        tern_outfile_discard(&file);
        return tern__field_fail(xdmf);
    }
    return tern_outfile_commit(&file);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* The name of the dataset u, or else of the first. */
static herr_t choose(hid_t group, const char *name, const H5L_info_t *info, void *out)
{
    H5O_info_t about;

    (void)info;
    if (H5Oget_info_by_name(group, name, &about, H5P_DEFAULT) < 0 || about.type != H5O_TYPE_DATASET)
        return 0;
    if (strcmp(name, "u") == 0 || *(char *)out == '\0')
        snprintf(out, 256, "%s", name);
    return 0;
}

/* Its sizes must be the grid's, the last one x. */
static bool fits(hid_t space, const tern_grid *g)
{
    hsize_t size[H5S_MAX_RANK];

    if (H5Sget_simple_extent_ndims(space) != g->dims)
        return false;
    H5Sget_simple_extent_dims(space, size, NULL);
    for (int d = 0; d < g->dims; d++)
        if (size[g->dims - 1 - d] != (hsize_t)g->size[d])
            return false;
    return true;
}

static bool read_block(hid_t set, hid_t space, const tern_grid *g, const tern_block *b,
                       double *values)
{
    hsize_t start[TERN_GRID_DIMS], count[TERN_GRID_DIMS];

    for (int d = 0; d < g->dims; d++) {
        start[g->dims - 1 - d] = (hsize_t)b->start[d];
        count[g->dims - 1 - d] = (hsize_t)b->count[d];
    }
    if (tern_block_points(b) == 0)
        return true;
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    hid_t memory = H5Screate_simple(g->dims, count, NULL);
    bool good = H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) >= 0;
    H5Sclose(memory);
    return good;
}

static int read_set(hid_t set, const char *path, const tern_grid *grid, const tern_block *block,
                    double *values)
{
    hid_t space = H5Dget_space(set);
    int error = TERN_OK;

    if (!fits(space, grid))
        error = tern_fail(TERN_EINVAL, NULL, "%s: its dataset has other sizes than the grid", path);
    else if (!read_block(set, space, grid, block, values))
        error = tern_fail(TERN_EIO, NULL, "%s: HDF5 cannot read its dataset", path);
    H5Sclose(space);
    return error;
}

int tern__field_read_h5(const char *path, const tern_grid *grid, const tern_block *block,
                        double *values)
{
    char name[256] = "";

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* it would print */
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        return tern_fail(TERN_EIO, NULL, "%s: HDF5 cannot open this file", path);
    H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, choose, name);
    hid_t set = name[0] != '\0' ? H5Dopen2(file, name, H5P_DEFAULT) : -1;
    int error = set >= 0 ? read_set(set, path, grid, block, values)
                         : tern_fail(TERN_EINVAL, NULL, "%s: it has no dataset", path);
    if (set >= 0)
        H5Dclose(set);
    H5Fclose(file);
    return error;
}

#else

int tern__field_read_h5(const char *path, const tern_grid *grid, const tern_block *block,
                        double *values)
{
    (void)grid, (void)block, (void)values;
    return tern_fail(TERN_ENOTSUP, NULL, "%s: built without HDF5", path);
}

#endif
