/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays in files: of numpy or HDF5, which their names tell. */
#include "config.h"

#include "sort/binary.h"

bool takes_arrays(const sort_settings *s)
{
    return s->record == 0 && s->type < 0 && (is_npy(s->paths[0]) || is_hdf5(s->paths[0]));
}

int array_open(const char *name, array_info *out)
{
    return is_hdf5(name) ? hdf5_open(name, out) : npy_open(name, out);
}

int array_header(const char *name, enum tern_key_type type, uint64_t elements, char **out,
                 size_t *bytes)
{
    return name != NULL && is_hdf5(name) ? hdf5_header(name, type, elements, out, bytes)
                                         : npy_header(type, elements, out, bytes);
}
