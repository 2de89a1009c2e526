/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that tells ParaView and VisIt that other files are one series in time: XDMF for .h5, PVD
 * for .vti. */
#include "config.h"

#include "field/field_private.h"

#include <stdio.h>
#include <string.h>

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void put_h5(FILE *out, const char *pattern, const tern_ckpt_spec *spec, int64_t frames,
                   int64_t every)
{
    fprintf(out, "<?xml version=\"1.0\"?>\n<Xdmf Version=\"3.0\">\n<Domain>\n"
                 "<Grid GridType=\"Collection\" CollectionType=\"Temporal\">\n");
    for (int64_t i = 0; i < frames; i++) {
        char name[4096];
        tern_field_frame(name_in(pattern), i, name, sizeof(name));
        tern__field_put_grid(out, name, spec, i * every);
    }
    fprintf(out, "</Grid>\n</Domain>\n</Xdmf>\n");
}

static void put_vti(FILE *out, const char *pattern, int64_t frames, int64_t every)
{
    fprintf(out, "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\">\n"
                 "<Collection>\n");
    for (int64_t i = 0; i < frames; i++) {
        char name[4096];
        tern_field_frame(name_in(pattern), i, name, sizeof(name));
        fprintf(out, "<DataSet timestep=\"%lld\" file=\"%s\"/>\n", (long long)i * every, name);
    }
    fprintf(out, "</Collection>\n</VTKFile>\n");
}

void tern__field_put_grid(FILE *out, const char *name, const tern_ckpt_spec *spec, int64_t time)
{
    const int64_t *n = spec->grid.size;

    fprintf(out, "<Grid GridType=\"Uniform\">\n");
    if (time >= 0)
        fprintf(out, "<Time Value=\"%lld\"/>\n", (long long)time);
    fprintf(out,
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
    fprintf(out, "</Grid>\n");
}

void tern_field_frame(const char *path, int64_t frame, char *out, size_t bytes)
{
    const char *dot = strrchr(name_in(path), '.');
    int stem = (int)(dot != NULL ? (size_t)(dot - path) : strlen(path));

    snprintf(out, bytes, "%.*s-%06lld%s", stem, path, (long long)frame, dot != NULL ? dot : "");
}

static int write_collection(const char *path, bool h5, const tern_ckpt_spec *spec, int64_t frames,
                            int64_t every)
{
    const char *dot = strrchr(name_in(path), '.');
    char name[4096];
    tern_outfile file;

    snprintf(name, sizeof(name), "%.*s.%s", (int)(dot - path), path, h5 ? "xdmf" : "pvd");
    int error = tern_outfile_begin(name, &file);
    if (error < 0)
        return error;
    FILE *out = fopen(file.beside, "w");
    if (out != NULL && h5)
        put_h5(out, path, spec, frames, every);
    else if (out != NULL)
        put_vti(out, path, frames, every);
    int bad = out == NULL || ferror(out);
    if ((out != NULL && fclose(out) != 0) || bad) {
        tern_outfile_discard(&file);
        return tern__field_fail(name);
    }
    return tern_outfile_commit(&file);
}

int tern_field_collection(tern_comm *c, const char *path, const tern_ckpt_spec *spec,
                          int64_t frames, int64_t every)
{
    const char *dot = strrchr(name_in(path), '.');
    const bool h5 = dot != NULL && strcmp(dot, ".h5") == 0;
    const bool vti = dot != NULL && strcmp(dot, ".vti") == 0;

    if (!h5 && !vti)
        return TERN_OK;
    return tern_agree(c, tern_rank(c) == 0 ? write_collection(path, h5, spec, frames, every)
                                           : TERN_OK);
}
