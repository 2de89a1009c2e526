/* SPDX-License-Identifier: BSD-3-Clause */
/** \file ckpt.h
 * Checkpoints of arrays that are spread over ranks.
 *
 * A checkpoint has two generations, the files PATH.0 and PATH.1.  A new one is written beside, as
 * PATH.new, every piece with its checksum; then it is made durable, read back, and renamed over the
 * older of the two.  So whenever a program dies, one whole generation is left; the newest that is
 * valid is read.  It can be read by any number of ranks and gives the same bits. */
#ifndef TERN_CKPT_CKPT_H
#define TERN_CKPT_CKPT_H

#include "grid/grid.h"

TERN_BEGIN_DECLS

enum {
    TERN_CKPT_FIELDS = 16,     /**< at most */
    TERN_CKPT_ATTRIBUTES = 16, /**< at most */
    TERN_CKPT_NAME = 32,       /**< bytes of a name, with the final 0 */
    TERN_CKPT_VALUE = 96       /**< bytes of an attribute's value, with the final 0 */
};

/** One array: the element at (x, y, z), counted from the block's first point, is at x * stride[0] +
 * y * stride[1] + z * stride[2] elements from `first`; stride[0] is 1. */
typedef struct tern_ckpt_field {
    const char *name; /**< unique in its checkpoint */
    const char *type; /**< what an element is, for people: "f64"; at most 7 characters */
    size_t element;   /**< bytes */
    void *first;      /**< address of the block's first point; may be NULL in an empty block */
    int64_t stride[TERN_GRID_DIMS];
} tern_ckpt_field;

/** A word of the user's about a checkpoint. */
typedef struct tern_ckpt_attribute {
    char name[TERN_CKPT_NAME];
    char value[TERN_CKPT_VALUE];
} tern_ckpt_attribute;

/** What is written or read.  All but the fields' addresses and strides is the same on all ranks. */
typedef struct tern_ckpt_spec {
    tern_grid grid; /**< how the arrays are cut now */
    int64_t step;
    int fields;
    const tern_ckpt_field *field;
    int attributes;
    const tern_ckpt_attribute *attribute;
} tern_ckpt_spec;

/** What a generation says of itself. */
typedef struct tern_ckpt_info {
    int64_t generation; /**< counts from 1 */
    int64_t step;
    int dims;
    int64_t size[TERN_GRID_DIMS];
    int parts[TERN_GRID_DIMS]; /**< of the run that wrote it */
    int fields;
    struct {
        char name[TERN_CKPT_NAME];
        char type[8];
        uint64_t element;
    } field[TERN_CKPT_FIELDS];
    int attributes;
    tern_ckpt_attribute attribute[TERN_CKPT_ATTRIBUTES];
} tern_ckpt_info;

typedef struct tern_ckpt tern_ckpt;

/** Look for the generations of \p path.  Collective over \p c, which is borrowed until
 * tern_ckpt_close(); all ranks must see the same files.  \param[out] out  owned by the caller,
 * unchanged on failure.  That there is no checkpoint yet is no failure.
 * \return TERN_OK, TERN_EINVAL (the path is too long) or TERN_ENOMEM, on all ranks. */
TERN_API TERN_MUST_CHECK int tern_ckpt_open(tern_comm *c, const char *path, tern_ckpt **out);

/** Free \p k; NULL is allowed.  Collective.  The files stay; signals are as they were. */
TERN_API void tern_ckpt_close(tern_ckpt *k);

/** The newest generation whose head is valid, NULL if there is none: to be asked before memory is
 * laid out for tern_ckpt_read().  Local; valid until the next write or read. */
TERN_API const tern_ckpt_info *tern_ckpt_newest(const tern_ckpt *k);

/** Value of an attribute, or NULL.  Local. */
TERN_API const char *tern_ckpt_value(const tern_ckpt_info *info, const char *name);

/** Write a generation.  Collective; blocking until it is durable under its name.  \return TERN_OK;
 * TERN_EINVAL; TERN_EIO, with the file and the reason, also when what was written reads back
 * differently; TERN_ENOMEM.  If one rank fails all do, and the generations before are untouched. */
TERN_API TERN_MUST_CHECK int tern_ckpt_write(tern_ckpt *k, const tern_ckpt_spec *spec);

/** Read the newest generation that is valid in all its pieces; spec->step and attributes are
 * ignored.  Collective.  \param[out] info  about the generation that was read; may be NULL.
 * \return TERN_OK; TERN_EIO, no valid generation; TERN_EMISMATCH, sizes or fields are others;
 * TERN_ENOMEM.  If one rank fails all do; the arrays are then undefined. */
TERN_API TERN_MUST_CHECK int tern_ckpt_read(tern_ckpt *k, const tern_ckpt_spec *spec,
                                            tern_ckpt_info *info);

/* ---- When to write --------------------------------------------------------------------------- */

enum tern_ckpt_wish {
    TERN_CKPT_GO_ON,
    TERN_CKPT_WRITE, /**< write and go on: SIGUSR1, or the interval is over */
    TERN_CKPT_STOP   /**< write and end restartably, with exit status 75: SIGTERM */
};

/** Catch SIGUSR1 and SIGTERM from now on, and ask for a write every \p interval seconds (0: never).
 * One plan a process.  When the plan is closed they mean what they did before, but for SIGTERM
 * after TERN_CKPT_STOP, which is ignored from then on.  Local. */
TERN_API void tern_ckpt_watch(tern_ckpt *k, double interval);

/** What to do now: the same on all ranks, though a signal may have reached one only.  To be called
 * once a step.  Collective, but hidden: it takes the answer that was asked for at the call before,
 * and asks for the next. \return TERN_OK or TERN_EMPI; \p wish unchanged on failure. */
TERN_API TERN_MUST_CHECK int tern_ckpt_poll(tern_ckpt *k, enum tern_ckpt_wish *wish);

TERN_END_DECLS
#endif
