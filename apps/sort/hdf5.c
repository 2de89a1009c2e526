/* SPDX-License-Identifier: BSD-3-Clause */
/* Datasets of HDF5 files, FILE.h5:/PATH.  One that lies in one piece is read as bytes of the file,
 * by all threads; any other, in chunks or compressed, by the library, which is no friend of
 * threads, in turn.  To write, the library lays out a file, and what comes before the data is its
 * head. */
#include "config.h"

#include "sort/binary.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The ':' before the path of the dataset, or NULL. */
static const char *colon_of(const char *name)
{
    static const char *const endings[] = {".h5:/", ".hdf5:/"};

    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(name, endings[i]);
        if (at != NULL)
            return at + strlen(endings[i]) - 2;
    }
    return NULL;
}

bool is_hdf5(const char *name)
{
    return colon_of(name) != NULL;
}

const char *hdf5_file(const char *name, char buffer[static HDF5_NAME])
{
    const char *colon = colon_of(name);

    if (colon == NULL)
        return name;
    snprintf(buffer, HDF5_NAME, "%.*s", (int)(colon - name), name);
    return buffer;
}

#ifdef HAVE_HDF5

# include <hdf5.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int fail(const char *name, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", name, why);
}

/* ---- Types ------------------------------------------------------------------------------------
 */

/* Little-endian, in the order of enum tern_key_type; u128 is none of HDF5's. */
static hid_t type_at(size_t i)
{
    const hid_t types[] = {H5T_STD_U8LE,   H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE,
                           H5T_STD_I8LE,   H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE,
                           H5T_IEEE_F32LE, H5T_IEEE_F64LE};

    return i < sizeof(types) / sizeof(types[0]) ? types[i] : -1;
}

static bool is_big_endian(hid_t type)
{
    return H5Tget_size(type) > 1 && H5Tget_order(type) == H5T_ORDER_BE;
}

/* Whether they are the same but for the order of their bytes. */
static bool is_alike(hid_t type, hid_t known)
{
    H5T_class_t class = H5Tget_class(known);

    return H5Tget_class(type) == class && H5Tget_size(type) == H5Tget_size(known)
           && H5Tget_precision(type) == 8 * H5Tget_size(type)
           && (class != H5T_INTEGER || H5Tget_sign(type) == H5Tget_sign(known));
}

static int parse_type(const char *name, hid_t type, array_info *out)
{
    for (size_t i = 0; type_at(i) >= 0; i++)
        if (is_alike(type, type_at(i))) {
            out->type = (enum tern_key_type)i;
            out->big_endian = is_big_endian(type);
            return TERN_OK;
        }
    return fail(name, "its elements are neither integers of 1, 2, 4 or 8 bytes nor floating-point "
                      "numbers of 4 or 8");
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

typedef struct dataset {
    hid_t file, set, type, space;
} dataset;

static int open_set(const char *name, dataset *d)
{
    char file[HDF5_NAME];

    *d = (dataset){-1, -1, -1, -1};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* it would print */
    if (access(hdf5_file(name, file), R_OK) != 0)
        return fail(file, strerror(errno));
    d->file = H5Fopen(file, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (d->file < 0)
        return fail(file, "no file of HDF5");
    d->set = H5Dopen2(d->file, colon_of(name) + 1, H5P_DEFAULT);
    if (d->set < 0)
        return fail(name, "there is no such dataset");
    d->type = H5Dget_type(d->set);
    d->space = H5Dget_space(d->set);
    return d->type >= 0 && d->space >= 0 ? TERN_OK : fail(name, "it cannot be read");
}

static void close_set(const dataset *d)
{
    if (d->space >= 0)
        H5Sclose(d->space);
    if (d->type >= 0)
        H5Tclose(d->type);
    if (d->set >= 0)
        H5Dclose(d->set);
    if (d->file >= 0)
        H5Fclose(d->file);
}

static int describe(const char *name, const dataset *d, array_info *out)
{
    hsize_t size = 0;

    if (H5Sget_simple_extent_ndims(d->space) != 1)
        return fail(name, "not an array of one dimension");
    H5Sget_simple_extent_dims(d->space, &size, NULL);
    haddr_t at = H5Dget_offset(d->set);
    *out = (array_info){.elements = size, .packed = at == HADDR_UNDEF && size > 0};
    if (at != HADDR_UNDEF)
        out->skip = (uint64_t)at;
    int error = parse_type(name, d->type, out);
    if (out->packed) /* the library gives them in the order that is asked for */
        out->big_endian = false;
    return error;
}

int hdf5_open(const char *name, array_info *out)
{
    dataset d;

    pthread_mutex_lock(&lock);
    int error = open_set(name, &d);
    if (!error)
        error = describe(name, &d, out);
    close_set(&d);
    pthread_mutex_unlock(&lock);
    return error;
}

static int read_elements(const char *name, const dataset *d, hsize_t first, hsize_t n, void *out)
{
    array_info info = {.elements = 0};
    int error = parse_type(name, d->type, &info);

    if (error)
        return error;
    hid_t memory = H5Screate_simple(1, &n, NULL);
    bool good = memory >= 0
                && H5Sselect_hyperslab(d->space, H5S_SELECT_SET, &first, NULL, &n, NULL) >= 0
                && H5Dread(d->set, type_at(info.type), memory, d->space, H5P_DEFAULT, out) >= 0;
    if (memory >= 0)
        H5Sclose(memory);
    return good ? TERN_OK : fail(name, "it cannot be read");
}

int hdf5_read(const char *name, uint64_t first, size_t n, void *out)
{
    dataset d;

    pthread_mutex_lock(&lock);
    int error = open_set(name, &d);
    if (!error)
        error = read_elements(name, &d, first, n, out);
    close_set(&d);
    pthread_mutex_unlock(&lock);
    return error;
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

enum { HEAD = 16 << 10 };

/* An array of so many elements that is laid out and not written; where it lies in the file. */
static int lay_out(const char *name, const char *path, enum tern_key_type type, uint64_t elements,
                   uint64_t *at)
{
    hsize_t size = elements;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    H5Pset_meta_block_size(access, HEAD); /* all that is not data lies there, before the data */
    H5Pset_small_data_block_size(access, 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access), set = -1;
    hid_t space = H5Screate_simple(1, &size, NULL), how = H5Pcreate(H5P_DATASET_CREATE),
          link = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(link, 1);
    H5Pset_layout(how, H5D_CONTIGUOUS);
    H5Pset_alloc_time(how, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(how, H5D_FILL_TIME_NEVER);
    if (file >= 0)
        set = H5Dcreate2(file, colon_of(name) + 1, type_at(type), space, link, how, H5P_DEFAULT);
    *at = set >= 0 && elements > 0 ? (uint64_t)H5Dget_offset(set) : 0;
    bool good = set >= 0 && (elements == 0 || *at != (uint64_t)HADDR_UNDEF);
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(link);
    H5Pclose(how);
    H5Pclose(access);
    H5Sclose(space);
    good &= file >= 0 && H5Fclose(file) >= 0;
    return good ? TERN_OK : fail(name, "such a dataset cannot be made");
}

/* The first `at` bytes of the file, or all where there are no elements. */
static int read_head(const char *name, const char *path, uint64_t at, uint64_t data, char **out,
                     size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    long size = f != NULL && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;

    if (data == 0)
        at = size > 0 ? (uint64_t)size : 0;
    *out = malloc((size_t)at + 1);
    bool good = f != NULL && *out != NULL && (uint64_t)size == at + data
                && fseek(f, 0, SEEK_SET) == 0 && fread(*out, 1, (size_t)at, f) == at;
    if (f != NULL)
        fclose(f);
    *bytes = (size_t)at;
    return good ? TERN_OK : fail(name, "HDF5 does not lay out the dataset at the end of its file");
}

int hdf5_header(const char *name, enum tern_key_type type, uint64_t elements, char **out,
                size_t *bytes)
{
    char path[] = "/tmp/tern-sort.XXXXXX"; /* sparse: only its head is written */
    uint64_t at = 0;
    int fd = mkstemp(path);

    if (fd < 0)
        return fail(path, strerror(errno));
    close(fd);
    pthread_mutex_lock(&lock);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    int error = type_at(type) >= 0 ? lay_out(name, path, type, elements, &at)
                                   : fail(name, "HDF5 has no elements of 16 bytes");
    pthread_mutex_unlock(&lock);
    if (!error)
        error = read_head(name, path, at, elements * tern_key_bytes(type), out, bytes);
    unlink(path);
    return error;
}

#else

static int missing(const char *name)
{
    return tern_fail(TERN_ENOTSUP, NULL, "%s: tern-sort is built without HDF5", name);
}

int hdf5_open(const char *name, array_info *out)
{
    (void)out;
    return missing(name);
}

int hdf5_read(const char *name, uint64_t first, size_t n, void *out)
{
    (void)first, (void)n, (void)out;
    return missing(name);
}

int hdf5_header(const char *name, enum tern_key_type type, uint64_t elements, char **out,
                size_t *bytes)
{
    (void)type, (void)elements, (void)out, (void)bytes;
    return missing(name);
}
#endif
