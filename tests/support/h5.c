/* SPDX-License-Identifier: BSD-3-Clause */
/* Datasets of HDF5 by the HDF5 library alone, for tests: h5 w FILE PATH WIDTH ORDER CHUNK writes
 * what it reads, unsigned integers, in ORDER (l or b), in chunks that are compressed, or, for 0, in
 * one piece; h5 r FILE PATH WIDTH prints them, little-endian. */
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 20 };

static hid_t type_of(int width, char order)
{
    hid_t type = H5Tcopy(order == 'b' ? H5T_STD_U64BE : H5T_STD_U64LE);

    H5Tset_size(type, (size_t)width);
    return type;
}

static int write_set(hid_t file, const char *path, int width, char order, hsize_t chunk)
{
    char *data = malloc(MOST);
    hsize_t n = fread(data, 1, MOST, stdin) / (size_t)width;
    hid_t how = H5Pcreate(H5P_DATASET_CREATE), link = H5Pcreate(H5P_LINK_CREATE);

    H5Pset_create_intermediate_group(link, 1);
    if (chunk > 0) {
        H5Pset_chunk(how, 1, &chunk);
        H5Pset_deflate(how, 1);
    }
    hid_t set = H5Dcreate2(file, path, type_of(width, order), H5Screate_simple(1, &n, NULL), link,
                           how, H5P_DEFAULT);
    return H5Dwrite(set, type_of(width, 'l'), H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
}

static int read_set(hid_t file, const char *path, int width)
{
    char *data = malloc(MOST);
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    hssize_t n = H5Sget_simple_extent_npoints(H5Dget_space(set));

    if (H5Dread(set, type_of(width, 'l'), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
        return -1;
    return fwrite(data, (size_t)width, (size_t)n, stdout) == (size_t)n ? 0 : -1;
}

int main(int argc, char **argv)
{
    int width = argc > 4 ? atoi(argv[4]) : 8, status = -1;

    if (argc == 7 && argv[1][0] == 'w') {
        hid_t file = H5Fcreate(argv[2], H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        status = write_set(file, argv[3], width, argv[5][0], strtoull(argv[6], NULL, 10));
        status |= H5Fclose(file);
    } else if (argc == 5) {
        status = read_set(H5Fopen(argv[2], H5F_ACC_RDONLY, H5P_DEFAULT), argv[3], width);
    }
    return status < 0;
}
