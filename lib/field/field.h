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

TERN_END_DECLS
#endif
