/* SPDX-License-Identifier: BSD-3-Clause */
/* VTK image data: XML, with the points behind it as raw bytes, each field after its length. */
#include "config.h"

#include "field/field_private.h"

#include <stdio.h>

static const char tail[] = "\n</AppendedData>\n</VTKFile>\n";

static const char *byte_order(void)
{
    const uint16_t one = 1;

    return *(const unsigned char *)&one == 1 ? "LittleEndian" : "BigEndian";
}

static void put_head(FILE *out, const tern_ckpt_spec *spec)
{
    const int64_t *n = spec->grid.size;
    char extent[96];
    int64_t offset = 0;

    snprintf(extent, sizeof(extent), "0 %lld 0 %lld 0 %lld", (long long)n[0] - 1,
             (long long)n[1] - 1, (long long)n[2] - 1);
    fprintf(out,
            "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" "
            "byte_order=\"%s\" header_type=\"UInt64\">\n"
            "<ImageData WholeExtent=\"%s\" Origin=\"0 0 0\" Spacing=\"1 1 1\">\n"
            "<Piece Extent=\"%s\">\n<PointData Scalars=\"%s\">\n",
            byte_order(), extent, extent, spec->field[0].name);
    for (int f = 0; f < spec->fields; f++) {
        fprintf(out, "<DataArray type=\"%s\" Name=\"%s\" format=\"appended\" offset=\"%lld\"/>\n",
                tern__field_type(&spec->field[f])->vtk, spec->field[f].name, (long long)offset);
        offset += (int64_t)sizeof(uint64_t) + tern__field_bytes(spec, f);
    }
    fprintf(out, "</PointData>\n</Piece>\n</ImageData>\n<AppendedData encoding=\"raw\">\n_");
}

int tern__field_begin_vti(const char *beside, const tern_ckpt_spec *spec, int64_t *at)
{
    FILE *out = fopen(beside, "w");

    if (out == NULL)
        return tern__field_fail(beside);
    put_head(out, spec);
    for (int f = 0; f < spec->fields; f++) {
        uint64_t bytes = (uint64_t)tern__field_bytes(spec, f);
        fwrite(&bytes, sizeof(bytes), 1, out);
        at[f] = ftello(out);
        fseeko(out, (off_t)bytes, SEEK_CUR);
    }
    fputs(tail, out);
    int bad = ferror(out);
    return fclose(out) != 0 || bad ? tern__field_fail(beside) : TERN_OK;
}
