/* SPDX-License-Identifier: BSD-3-Clause */
/** \file field.h
 * Arrays that are spread over ranks as files for other programs: raw bytes, VTK image data, HDF5
 * with the XDMF file that tells ParaView and VisIt how to read it. */
#ifndef TERN_FIELD_FIELD_H
#define TERN_FIELD_FIELD_H

#include "ckpt/ckpt.h"

TERN_BEGIN_DECLS

/** Name of the \p i-th format of this build, which is the ending of its files; NULL past the last:
 *
 *   raw    field after field; in a field x runs fastest, then y, then z; no head
 *   vti    VTK image data, appended raw: opens in ParaView and VisIt
 *   h5     HDF5, one dataset a field, and beside it NAME.xdmf; where the library was found
 *
 * Numbers are in the byte order of the machine.  Local; static storage. */
TERN_API const char *tern_field_format_name(int i);

/** Whether a file of this name can be written: its ending is one of a format.  Local.
 * \return TERN_OK, TERN_EINVAL or TERN_ENOTSUP (built without HDF5). */
TERN_API TERN_MUST_CHECK int tern_field_check(const char *path);

/** Write spec->field to \p path, in the format of its ending: beside it first, renamed when whole
 * and durable.  Every rank writes its own block.  The same bytes whatever the ranks.  In vti and h5
 * the types of the fields are f64, f32, i64, i32 or u8.  spec->step and attributes are ignored.
 * Collective.  \return TERN_OK, TERN_EINVAL, TERN_ENOTSUP, TERN_EIO or TERN_ENOMEM; if one rank
 * fails, all do, and there is no file, or the one before. */
TERN_API TERN_MUST_CHECK int tern_field_write(tern_comm *c, const char *path,
                                              const tern_ckpt_spec *spec);

/** Whether tern_field_read() knows the ending of \p path: raw, h5 or png.  Local. */
TERN_API bool tern_field_readable(const char *path);

/** Read the caller's block of the field in \p path into \p values, one after the other, x fastest.
 * Of .raw the size must be that of the grid's points as f64, f32 or u8; of .h5 the dataset u, or
 * the first, must have the grid's sizes, the last one x; a .png is stretched over x and y, y
 * upwards, black 0 and white 1.  Collective.
 * \return TERN_OK, TERN_EINVAL, TERN_ENOTSUP, TERN_EIO or TERN_ENOMEM; if one rank fails, all do,
 * and the values are undefined. */
TERN_API TERN_MUST_CHECK int tern_field_read(tern_comm *c, const char *path, const tern_grid *grid,
                                             double *values);

/** Name of a frame of a series: "run.h5" and 12 make "run-000012.h5".  Local. */
TERN_API void tern_field_frame(const char *path, int64_t frame, char *out, size_t bytes);

/** Write the file that makes frames 0 to \p frames - 1 of \p path one series in time, a frame every
 * \p every steps: of .h5 an .xdmf, of .vti a .pvd, for ParaView and VisIt; of others nothing.
 * Collective.  \return TERN_OK or TERN_EIO. */
TERN_API TERN_MUST_CHECK int tern_field_collection(tern_comm *c, const char *path,
                                                   const tern_ckpt_spec *spec, int64_t frames,
                                                   int64_t every);

TERN_END_DECLS
#endif
