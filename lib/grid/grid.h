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

/** Assign the blocks to ranks so that those of a node lie together and little crosses between
 * nodes; MPI_Cart_create() of the MPIs at hand leaves the ranks as they are.  A pure function,
 * local, the same on every rank; time O(ranks * m log m) for m ranks a node.
 * \param[in] node  of each of g->ranks ranks: any number that tells one node from another.
 * \param[out] block  of each rank.  \return TERN_OK or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_grid_order(const tern_grid *g, const int *node, int *block);

/** A communicator over the ranks of \p c in the order of tern_grid_order() for the nodes at hand:
 * its ranks are the blocks, as tern_grid_block() and tern_halo_open() take them.  Collective.
 * \param[out] out  owned by the caller, to be freed with tern_comm_free(); unchanged on failure.
 * \return TERN_OK, TERN_EINVAL (the grid is cut for another number of ranks), TERN_ENOMEM or
 * TERN_EMPI; if one rank fails, all do. */
TERN_API TERN_MUST_CHECK int tern_grid_comm(tern_comm *c, const tern_grid *g, tern_comm **out);

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
    bool corners;  /**< fill the ghost cells beyond two or three faces too: edges and corners */
    int fields;    /**< arrays of this shape that are exchanged at once; 0 means 1 */
    bool in_place; /**< of mode shared: leave the ghost cells that tern_halo_view() gives alone */
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
 *   neighbor             MPI_Ineighbor_alltoallw over a graph of the ranks that exchange
 *   rma-fence rma-pscw   MPI_Put between two fences; between post, start, complete and wait
 *   channel              two of the library's channels for each pair of neighbours
 *   shared-copy          ranks of a node unpack what a neighbour has packed into shared memory
 *   shared               they copy straight from its array, if it is one of tern_halo_alloc(),
 *                        else as shared-copy
 *   partitioned          MPI 4 partitioned messages, where MPI has them
 *   auto                 the first 120 exchanges, or as many times 20 as begin within 0.5 s, take
 *                        turns among shared, shared-copy, datatype, persistent and isend; the
 *                        fastest stays.  Every rank must exchange, also one without points (so in
 *                        rma-fence)
 *
 * Between nodes shared-copy and shared send messages.
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

/** The mode that is used: spec.mode, or what auto has chosen, once it has.  Local; static storage.
 */
TERN_API const char *tern_halo_mode(const tern_halo *h);

/** Memory for an array that the plan exchanges: \p elements of spec.type, of which number \p first
 * is the block's first point.  In modes shared and auto the ranks of the node share it; elsewhere
 * it is plain memory.  Its content is undefined: it lies near to who touches it first.  Collective.
 * \param[out] out  address of the block's first point; the plan's, until tern_halo_close();
 * unchanged on failure.  \return TERN_OK, TERN_EINVAL, TERN_ENOMEM or TERN_EMPI; if one rank
 * fails, all do. */
TERN_API TERN_MUST_CHECK int tern_halo_alloc(tern_halo *h, size_t elements, size_t first,
                                             void **out);

enum tern_side { TERN_LOW, TERN_HIGH };

/** Where the ghost cells beyond one face are, if they can be read in the neighbour's memory: those
 * of cell (x, y, z), counted as everywhere from the block's first point, at x + y * stride[1] + z *
 * stride[2] from the address that is returned.  NULL if they cannot, and so are exchanged as in any
 * other mode: no neighbour there, or one on another node, this rank itself, or one with a block
 * that is shorter than the ghost cells are wide.
 *
 * With spec.in_place neighbours read the points of an array from tern_halo_finish() on until they
 * start their next exchange; they may be changed when this rank has finished the next one: so use
 * two arrays in turn.  Without spec.in_place always NULL.  \p first is of tern_halo_alloc(), and
 * all ranks have allocated and exchange their arrays in the same order.  Local; the address stays
 * the same for each array. */
TERN_API const void *tern_halo_view(const tern_halo *h, const void *first, int dim,
                                    enum tern_side side, int64_t stride[TERN_GRID_DIMS]);

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

/** Between start and finish, as often as one likes: in modes shared and shared-copy, where a
 * neighbour of this node is ready, ask the processor for its points, so that they are on their way
 * while this rank computes.  Never waits; elsewhere it does nothing. */
TERN_API void tern_halo_progress(tern_halo *h);

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
