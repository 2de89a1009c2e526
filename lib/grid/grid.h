/* SPDX-License-Identifier: BSD-3-Clause */
/** \file grid.h
 * A Cartesian grid of points cut into one block a rank, and the plan that exchanges the ghost cells
 * around the blocks.
 *
 * Dimension 0 is x, whose points lie side by side in memory, then y, then z; sizes and indices are
 * arrays in that order, and there always are three: beyond `dims` a grid has one point.  Block
 * (i, j, k) belongs to rank i + parts[0] * (j + parts[1] * k). */
#ifndef TERN_GRID_GRID_H
#define TERN_GRID_GRID_H

#include <mpi.h>

#include "base/base.h"
#include "msg/msg.h"

TERN_BEGIN_DECLS

enum { TERN_GRID_DIMS = 3 };

/* ---- Decomposition -------------------------------------------------------------------------- */

/** A grid and how it is cut.  A plain value, the same on all ranks. */
typedef struct tern_grid {
    int dims;                      /**< 1, 2 or 3 */
    int ranks;                     /**< product of the parts */
    int64_t size[TERN_GRID_DIMS];  /**< points */
    int parts[TERN_GRID_DIMS];     /**< blocks along each dimension */
    bool periodic[TERN_GRID_DIMS]; /**< whether the last point is a neighbour of the first */
} tern_grid;

/** The points [start, start + count) along each dimension; empty if any count is 0. */
typedef struct tern_block {
    int64_t start[TERN_GRID_DIMS];
    int64_t count[TERN_GRID_DIMS];
} tern_block;

/** Cut a grid into one block for each of \p ranks.  Local, and the same on every rank.
 * \param[in] wanted  its dims, size, periodic and parts; a part of 0 is chosen, so that the slowest
 * rank's step is the shortest by a model of computation and halo exchange, in which faces across x
 * cost five times the others.  \p wanted->ranks is ignored.
 * \param[out] out  unchanged on failure.
 * \return TERN_OK, or TERN_EINVAL if a size is below 1, the points are more than 2^62, or the parts
 * do not multiply to \p ranks. */
TERN_API TERN_MUST_CHECK int tern_grid_split(const tern_grid *wanted, int ranks, tern_grid *out);

/** The block of \p rank.  Blocks differ by at most one point along a dimension, the longer ones
 * first; where there are more parts than points the last are empty.  Local. */
TERN_API void tern_grid_block(const tern_grid *g, int rank, tern_block *out);

/** Points in \p b.  Local. */
TERN_API int64_t tern_block_points(const tern_block *b);

/* ---- Halo exchange --------------------------------------------------------------------------- */

/** How to exchange the ghost cells of arrays of one shape, set up once and used at every step. */
typedef struct tern_halo tern_halo;

/** What is exchanged.  Every rank holds its block in an array with `width` ghost cells before and
 * after it along each dimension: the element at (x, y, z), counted from the first point of the
 * block, is at x + y * stride[1] + z * stride[2] from that point's. */
typedef struct tern_halo_spec {
    tern_grid grid;
    MPI_Datatype type;              /**< of one element: predefined, such as MPI_DOUBLE */
    int64_t width[TERN_GRID_DIMS];  /**< ghost cells on either side; any, also more than a block */
    int64_t stride[TERN_GRID_DIMS]; /**< in elements; stride[0] is 1 */
    const char *mode;               /**< how messages are sent, one of tern_halo_mode_name() */
    bool corners; /**< fill the ghost cells beyond two or three faces too: edges and corners */
    int fields;   /**< arrays of this shape that are exchanged at once; 0 means 1 */
} tern_halo_spec;

/** Name of the \p i-th mode of this build, NULL past the last:
 *
 *   send ssend bsend     blocking sends into receives posted before
 *   isend issend         non-blocking sends
 *   rsend                ready sends, after the receiver has told that its receive is posted
 *   sendrecv             one MPI_Sendrecv for each face
 *   persistent           requests set up once, with standard sends
 *   persistent-ssend     the same with synchronous sends
 *   datatype             non-blocking, MPI vector types in place of packing
 *   partitioned          MPI 4 partitioned messages, where MPI has them
 *
 * All of them work where every send waits for its receiver, and all move the same bits.  A rank
 * that is its own neighbour copies.  Local; static storage. */
TERN_API const char *tern_halo_mode_name(int i);

/** Set up an exchange.  Collective over \p c, whose size is spec->grid.ranks; it talks on a
 * duplicate of \p c.  \param[in] spec  copied.  \param[out] out  owned by the caller, unchanged on
 * failure.  \return TERN_OK, TERN_EINVAL (unknown mode, strides or widths that make no array),
 * TERN_ENOTSUP, TERN_ENOMEM or TERN_EMPI; if one rank fails, all do. */
TERN_API TERN_MUST_CHECK int tern_halo_open(tern_comm *c, const tern_halo_spec *spec,
                                            tern_halo **out);

/** Begin to exchange.  Pairwise with the neighbours.  Returns at once, except in the blocking modes
 * (send, ssend, bsend, rsend, sendrecv), which wait for the neighbours to begin.  \p first is the
 * address of the block's first point, not of the array; with several fields that of each, and every
 * neighbour gets the points of all fields in one message (in mode datatype one for each field).
 * The points may be read, but not changed, and the ghost cells are undefined until
 * tern_halo_finish(). Ghost cells outside a dimension that is not periodic, and without
 * spec.corners those beyond more than one face, are never touched. */
TERN_API TERN_MUST_CHECK int tern_halo_start_fields(tern_halo *h, void *const *first);

/** The same for one field: TERN_EINVAL if the plan has more. */
TERN_API TERN_MUST_CHECK int tern_halo_start(tern_halo *h, void *first);

/** Complete what tern_halo_start() began: blocking until the ghost cells hold the neighbours'
 * points and those of this rank may be changed.  Without a start it does nothing. */
TERN_API TERN_MUST_CHECK int tern_halo_finish(tern_halo *h);

/** Both. */
TERN_API TERN_MUST_CHECK int tern_halo_exchange(tern_halo *h, void *first);
TERN_API TERN_MUST_CHECK int tern_halo_exchange_fields(tern_halo *h, void *const *first);

/** What this rank sends in one exchange to other ranks.  Local. */
TERN_API void tern_halo_traffic(const tern_halo *h, int64_t *messages, int64_t *bytes);

/** Free a plan with no exchange under way; NULL is allowed.  Collective. */
TERN_API void tern_halo_close(tern_halo *h);

TERN_END_DECLS
#endif
