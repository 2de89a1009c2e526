/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of fields, read back by other means: raw bytes, the head of VTK's XML, the HDF5 library. */
#include "config.h"

#include "field/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_HDF5
# include <hdf5.h>
#endif

#include "support/mpitap.h"

enum { X = 37, Y = 29, Z = 11, POINTS = X * Y * Z };

static tern_comm *comm;
static char folder[32];

static double value_u(int64_t i)
{
    return (double)i + 0.25;
}

static int32_t value_id(int64_t i)
{
    return (int32_t)(7 * i + 1);
}

struct arrays {
    double *u;
    int32_t *id;
    tern_ckpt_field field[2];
    tern_ckpt_spec spec;
};

static void make(struct arrays *a)
{
    tern_grid wanted = {.dims = 3, .size = {X, Y, Z}};
    tern_block b;

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, tern_size(comm), &a->spec.grid), TERN_OK);
    tern_grid_block(&a->spec.grid, tern_rank(comm), &b);
    int64_t row = b.count[0] + 3, plane = row * (b.count[1] + 1);
    a->u = calloc((size_t)(plane * b.count[2]) + 1, sizeof(*a->u));
    a->id = calloc((size_t)(plane * b.count[2]) + 1, sizeof(*a->id));
    for (int64_t i = 0; i < tern_block_points(&b); i++) {
        int64_t x = i % b.count[0], y = i / b.count[0] % b.count[1],
                z = i / b.count[0] / b.count[1];
        int64_t at = b.start[0] + x + X * (b.start[1] + y + Y * (b.start[2] + z));
        a->u[x + y * row + z * plane] = value_u(at);
        a->id[x + y * row + z * plane] = value_id(at);
    }
    a->field[0] = (tern_ckpt_field){"u", "f64", sizeof(*a->u), a->u, {1, row, plane}};
    a->field[1] = (tern_ckpt_field){"id", "i32", sizeof(*a->id), a->id, {1, row, plane}};
    a->spec.fields = 2;
    a->spec.field = a->field;
}

static void drop(struct arrays *a)
{
    free(a->u);
    free(a->id);
}

static const char *name_of(const char *ending)
{
    static char name[64];

    snprintf(name, sizeof(name), "%s/f.%s", folder, ending);
    return name;
}

static void write_as(const char *ending)
{
    struct arrays a = {0};

    make(&a);
    CU_ASSERT_EQUAL_FATAL(tern_field_write(comm, name_of(ending), &a.spec), TERN_OK);
    drop(&a);
}

/* The whole file, with a 0 behind it; NULL on all ranks but the first. */
static char *contents(const char *name, size_t *bytes)
{
    FILE *in = tern_rank(comm) == 0 ? fopen(name, "rb") : NULL;
    char *text = NULL;

    if (in == NULL)
        return NULL;
    fseek(in, 0, SEEK_END);
    *bytes = (size_t)ftell(in);
    rewind(in);
    text = calloc(*bytes + 1, 1);
    CU_ASSERT_EQUAL(fread(text, 1, *bytes, in), *bytes);
    fclose(in);
    return text;
}

static int wrong_u(const char *from)
{
    int wrong = 0;

    for (int64_t i = 0; i < POINTS; i++) {
        double u;
        memcpy(&u, from + (size_t)i * sizeof(u), sizeof(u));
        wrong += u != value_u(i);
    }
    return wrong;
}

static int wrong_id(const char *from)
{
    int wrong = 0;

    for (int64_t i = 0; i < POINTS; i++) {
        int32_t id;
        memcpy(&id, from + (size_t)i * sizeof(id), sizeof(id));
        wrong += id != value_id(i);
    }
    return wrong;
}

static void raw(void)
{
    size_t bytes = 0;

    write_as("raw");
    char *text = contents(name_of("raw"), &bytes);
    if (text == NULL)
        return;
    CU_ASSERT_EQUAL(bytes, (size_t)POINTS * 12);
    CU_ASSERT_EQUAL(wrong_u(text), 0);
    CU_ASSERT_EQUAL(wrong_id(text + (size_t)POINTS * 8), 0);
    free(text);
}

/* An array of the XML: behind its offset there are its length and its points. */
static const char *vti_array(const char *text, const char *what, uint64_t bytes)
{
    const char *array = strstr(text, what), *data = strstr(text, "encoding=\"raw\">");
    uint64_t length;
    long offset = -1;

    CU_ASSERT_PTR_NOT_NULL_FATAL(array);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_EQUAL(sscanf(strstr(array, "offset="), "offset=\"%ld\"", &offset), 1);
    const char *at = strchr(data, '_') + 1 + offset;
    memcpy(&length, at, sizeof(length));
    CU_ASSERT_EQUAL_FATAL(length, bytes);
    return at + sizeof(length);
}

static void vti(void)
{
    static const char end[] = "\n</AppendedData>\n</VTKFile>\n";
    size_t bytes = 0;

    write_as("vti");
    char *text = contents(name_of("vti"), &bytes);
    if (text == NULL)
        return;
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "WholeExtent=\"0 36 0 28 0 10\""));
    CU_ASSERT_EQUAL(wrong_u(vti_array(text, "type=\"Float64\" Name=\"u\"", (uint64_t)POINTS * 8)),
                    0);
    CU_ASSERT_EQUAL(wrong_id(vti_array(text, "type=\"Int32\" Name=\"id\"", (uint64_t)POINTS * 4)),
                    0);
    CU_ASSERT_STRING_EQUAL(text + bytes - strlen(end), end);
    free(text);
}

static void hdf5(void)
{
#ifdef HAVE_HDF5
    hsize_t size[3] = {0};
    size_t bytes = 0;

    write_as("h5");
    char *text = contents(name_of("xdmf"), &bytes);
    if (text == NULL)
        return;
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Dimensions=\"11 29 37\">f.h5:/id"));
    free(text);
    text = malloc((size_t)POINTS * 8);
    hid_t file = H5Fopen(name_of("h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    CU_ASSERT_FATAL(file >= 0);
    hid_t u = H5Dopen2(file, "u", H5P_DEFAULT), id = H5Dopen2(file, "id", H5P_DEFAULT);
    hid_t space = H5Dget_space(u);
    CU_ASSERT_EQUAL(H5Sget_simple_extent_dims(space, size, NULL), 3);
    CU_ASSERT(size[0] == Z && size[1] == Y && size[2] == X);
    CU_ASSERT(H5Dread(u, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    CU_ASSERT_EQUAL(wrong_u(text), 0);
    CU_ASSERT(H5Dread(id, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    CU_ASSERT_EQUAL(wrong_id(text), 0);
    H5Sclose(space);
    H5Dclose(u);
    H5Dclose(id);
    H5Fclose(file);
    free(text);
#else
    CU_ASSERT_EQUAL(tern_field_check("f.h5"), TERN_ENOTSUP);
#endif
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Points of this rank's block whose value is another. */
static int64_t wrong_read(const tern_grid *grid, const char *path, double (*want)(int64_t i))
{
    double *values = malloc((size_t)(POINTS + 1) * sizeof(*values));
    int64_t wrong = 0;
    tern_block b;

    tern_grid_block(grid, tern_rank(comm), &b);
    CU_ASSERT_EQUAL(tern_field_read(comm, path, grid, values), TERN_OK);
    for (int64_t i = 0; i < tern_block_points(&b); i++) {
        int64_t x = i % b.count[0], y = i / b.count[0] % b.count[1],
                z = i / b.count[0] / b.count[1];
        wrong += values[i] != want(b.start[0] + x + X * (b.start[1] + y + Y * (b.start[2] + z)));
    }
    free(values);
    return wrong;
}

static double value_byte(int64_t i)
{
    return (double)(i % 251);
}

static double value_float(int64_t i)
{
    return (double)(float)(1 / (double)(i + 1));
}

static void put_numbers(const char *name, bool bytes)
{
    FILE *out = tern_rank(comm) == 0 ? fopen(name, "wb") : NULL;

    for (int64_t i = 0; i < POINTS && out != NULL; i++) {
        float number = (float)value_float(i);
        if (bytes)
            fputc((int)value_byte(i), out);
        else
            fwrite(&number, sizeof(number), 1, out);
    }
    if (out != NULL)
        fclose(out);
    CU_ASSERT_EQUAL(tern_barrier(comm), TERN_OK);
}

static void reading(void)
{
    tern_grid wanted = {.dims = 3, .size = {X, Y, Z}}, grid, other;
    double value[4 * POINTS];

    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, tern_size(comm), &grid), TERN_OK);
    write_as("raw"); /* u, and then id, which makes it too long */
    CU_ASSERT_EQUAL(tern_field_read(comm, name_of("raw"), &grid, value), TERN_EINVAL);
    put_numbers(name_of("raw"), true);
    CU_ASSERT_EQUAL(wrong_read(&grid, name_of("raw"), value_byte), 0);
    put_numbers(name_of("raw"), false);
    CU_ASSERT_EQUAL(wrong_read(&grid, name_of("raw"), value_float), 0);
    CU_ASSERT(tern_field_read(comm, "/nowhere.raw", &grid, value) < 0);
    CU_ASSERT_EQUAL(tern_field_read(comm, "f.txt", &grid, value), TERN_EINVAL);
    CU_ASSERT(tern_field_readable("f.raw") && tern_field_readable("a/f.png"));
    CU_ASSERT(!tern_field_readable("f") && !tern_field_readable("x.raw/f"));
    wanted.size[1]++;
    CU_ASSERT_EQUAL_FATAL(tern_grid_split(&wanted, tern_size(comm), &other), TERN_OK);
    CU_ASSERT_EQUAL(tern_field_read(comm, name_of("raw"), &other, value), TERN_EINVAL);
#ifdef HAVE_HDF5
    write_as("h5");
    CU_ASSERT_EQUAL(wrong_read(&grid, name_of("h5"), value_u), 0);
    CU_ASSERT_EQUAL(tern_field_read(comm, name_of("h5"), &other, value), TERN_EINVAL);
    put_numbers(name_of("h5"), true); /* no HDF5 at all */
    CU_ASSERT(tern_field_read(comm, name_of("h5"), &grid, value) < 0);
#endif
}

static void series(void)
{
    struct arrays a = {0};
    char name[64];
    size_t bytes;

    tern_field_frame("a.b/run", 12, name, sizeof(name));
    CU_ASSERT_STRING_EQUAL(name, "a.b/run-000012");
    tern_field_frame("run.x.vti", 0, name, sizeof(name));
    CU_ASSERT_STRING_EQUAL(name, "run.x-000000.vti");
    make(&a);
    CU_ASSERT_EQUAL(tern_field_collection(comm, name_of("vti"), &a.spec, 3, 20), TERN_OK);
    CU_ASSERT_EQUAL(tern_field_collection(comm, name_of("raw"), &a.spec, 3, 20), TERN_OK);
    char *text = contents(name_of("pvd"), &bytes);
    if (text != NULL)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "<DataSet timestep=\"40\" file=\"f-000002.vti\"/>"));
    free(text);
    drop(&a);
}

static void refused(void)
{
    struct arrays a = {0};

    make(&a);
    CU_ASSERT_EQUAL(tern_field_check("f.txt"), TERN_EINVAL);
    CU_ASSERT_EQUAL(tern_field_check("a.raw/f"), TERN_EINVAL);
    CU_ASSERT_EQUAL(tern_field_write(comm, "f", &a.spec), TERN_EINVAL);
    int error = tern_field_write(comm, "/nowhere/at/all.vti", &a.spec);
    CU_ASSERT_EQUAL(error, tern_rank(comm) == 0 ? TERN_EIO : TERN_EPEER);
    a.field[1].type = "rgb";
    CU_ASSERT_EQUAL(tern_field_write(comm, name_of("vti"), &a.spec), TERN_EINVAL);
    drop(&a);
}

static int open_comm(void)
{
    int error = tern_comm_wrap(MPI_COMM_WORLD, &comm);

    snprintf(folder, sizeof(folder), "test_field.XXXXXX");
    if (error < 0 || (tern_rank(comm) == 0 && mkdtemp(folder) == NULL))
        return -1;
    return MPI_Bcast(folder, sizeof(folder), MPI_CHAR, 0, MPI_COMM_WORLD);
}

static int close_comm(void)
{
    static const char *const ending[] = {"raw", "vti", "h5", "xdmf", "pvd"};

    for (int i = 0; i < 5 && tern_rank(comm) == 0; i++)
        unlink(name_of(ending[i]));
    if (tern_rank(comm) == 0)
        rmdir(folder);
    tern_comm_free(comm);
    return 0;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"raw", raw},       {"vti", vti},         {"hdf5", hdf5},    {"reading", reading},
        {"series", series}, {"refused", refused}, CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"field", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
