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
    const int64_t *n = spec->grid.size;

    fprintf(
        out,
        "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n<Domain>\n<Grid GridType=\"Uniform\">\n"
        "<Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"%lld %lld %lld\"/>\n"
        "<Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n"
        "<DataItem Dimensions=\"3\">0 0 0</DataItem>\n"
        "<DataItem Dimensions=\"3\">1 1 1</DataItem>\n</Geometry>\n",
        (long long)n[2], (long long)n[1], (long long)n[0]);
    for (int f = 0; f < spec->fields; f++) {
        const tern_ckpt_field *field = &spec->field[f];
        fprintf(out,
                "<Attribute Name=\"%s\" Center=\"Node\">\n"
                "<DataItem Format=\"HDF\" NumberType=\"%s\" Precision=\"%zu\" "
                "Dimensions=\"%lld %lld %lld\">%s:/%s</DataItem>\n</Attribute>\n",
                field->name, tern__field_type(field)->xdmf, field->element, (long long)n[2],
                (long long)n[1], (long long)n[0], name, field->name);
    }
    fprintf(out, "</Grid>\n</Domain>\n</Xdmf>\n");
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

#endif
