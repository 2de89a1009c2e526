/* SPDX-License-Identifier: BSD-3-Clause */
/** \file stencil.h
 * Explicit time stepping on a grid that is spread over all ranks.
 *
 * The heat equation u_t = D (u_xx + u_yy), forward in time and centred in space:
 *
 *   u'(x, y) = (c u(x, y) + w (u(x-1, y) + u(x+1, y))) + w (u(x, y-1) + u(x, y+1))
 *
 * with the diffusion number w = D dt / h^2 and c = 1 - 4 w.  The brackets are part of the
 * definition: every value is computed in just this order and without fused multiply-adds, so the
 * bits of the result do not depend on ranks, threads, halo mode or vector width. */
#ifndef TERN_STENCIL_STENCIL_H
#define TERN_STENCIL_STENCIL_H

#include "grid/grid.h"

TERN_BEGIN_DECLS

/* ---- The solver ------------------------------------------------------------------------------ */

typedef struct tern_stencil tern_stencil;

enum tern_boundary_kind {
    TERN_DIRICHLET, /**< the points just outside the grid keep a value */
    TERN_PERIODIC   /**< the last point is a neighbour of the first */
};

/** What is beyond the ends of one dimension. */
typedef struct tern_boundary {
    enum tern_boundary_kind kind;
    double value; /**< of TERN_DIRICHLET */
} tern_boundary;

typedef struct tern_stencil_spec {
    const char *stencil;                    /**< its name: 2d5 */
    int64_t size[TERN_GRID_DIMS];           /**< points along x and y */
    int parts[TERN_GRID_DIMS];              /**< blocks along x and y; 0: chosen */
    tern_boundary boundary[TERN_GRID_DIMS]; /**< of x and y */
    double diffusion;                       /**< w above, in (0, 1/4]: beyond it is not stable */
    const char *halo;                       /**< one of tern_halo_mode_name() */
    int threads;                            /**< of each rank; 0: as many as it has CPUs */
} tern_stencil_spec;

/** Set up a solver; the field is 0.  Collective over \p c, which is borrowed until
 * tern_stencil_close().  Each rank needs 16 bytes for each of its points.  \param[in] spec  copied.
 * \param[out] out  owned by the caller; unchanged on failure.  \return TERN_OK, TERN_EINVAL,
 * TERN_ENOTSUP, TERN_ENOMEM (also when the ranks of a node need more than the node has) or
 * TERN_EMPI; if one rank fails, all do. */
TERN_API TERN_MUST_CHECK int tern_stencil_open(tern_comm *c, const tern_stencil_spec *spec,
                                               tern_stencil **out);

/** Free \p s; NULL is allowed.  Collective. */
TERN_API void tern_stencil_close(tern_stencil *s);

/** Compute \p steps steps.  Collective; OpenMP threads inside each rank. */
TERN_API TERN_MUST_CHECK int tern_stencil_run(tern_stencil *s, int64_t steps);

/** How the grid is cut.  Local; valid until tern_stencil_close(). */
TERN_API const tern_grid *tern_stencil_grid(const tern_stencil *s);

/** Threads of this rank.  Local. */
TERN_API int tern_stencil_threads(const tern_stencil *s);

/** The caller's block: point (x, y), counted from the block's first, is at element x + y * \p pitch
 * of the array that is returned.  Valid until the next step.  Local. */
TERN_API const double *tern_stencil_field(const tern_stencil *s, tern_block *block, int64_t *pitch);

/** Work done so far by this rank. */
typedef struct tern_stencil_work {
    int64_t steps;
    double seconds; /**< in tern_stencil_run() */
    double halo;    /**< of these, in halo exchange, with the waiting for slower neighbours */
} tern_stencil_work;
TERN_API void tern_stencil_worked(const tern_stencil *s, tern_stencil_work *out);

/* ---- Initial states -------------------------------------------------------------------------- */

/** A state to begin with.  It depends on nothing but these fields and the grid. */
typedef struct tern_stencil_state {
    const char *name;             /**< one of tern_stencil_state_name() */
    int64_t wave[TERN_GRID_DIMS]; /**< of mode: half waves of a Dirichlet dimension, waves of a
                                     periodic one */
    uint64_t seed;                /**< of spot and noise */
} tern_stencil_state;

/** Name of the \p i-th state, NULL past the last:
 *
 *   mode      product of sine waves (cosine in periodic dimensions): an eigenvector of the stencil,
 *             whose every later state is known exactly
 *   spot      hot discs of random places and sizes
 *   noise     independent random values
 *   letters   the word TERN
 *
 * Values are between -1 and 1; mode comes on top of the boundary value.  Local; static storage. */
TERN_API const char *tern_stencil_state_name(int i);

/** Set the field, and forget what was computed before.  Local.
 * \return TERN_OK, or TERN_EINVAL for an unknown name or a wave below 0. */
TERN_API TERN_MUST_CHECK int tern_stencil_begin(tern_stencil *s, const tern_stencil_state *state);

/* ---- Verification ---------------------------------------------------------------------------- */

/** Sum modulo 2^64 over all points of mix(bits ^ mix(index)), where index is x + y * size[0]:
 * equal fields have equal checksums, whatever the ranks.  Collective. */
TERN_API TERN_MUST_CHECK int tern_stencil_checksum(const tern_stencil *s, uint64_t *out);

/** Largest distance of a point from the exact solution of the discrete equations, and the largest
 * that rounding can explain: 4 eps times the sum over all steps of the largest value.  Collective.
 * \return TERN_OK, or TERN_ENOTSUP where no exact solution is known: it is for the state mode, if
 * all Dirichlet dimensions have the same value. */
TERN_API TERN_MUST_CHECK int tern_stencil_error(const tern_stencil *s, double *error,
                                                double *bound);

/** Points per second that memory would allow: the rate at which all ranks and threads together
 * read one of the solver's arrays and write the other, point by point (scale of STREAM; McCalpin
 * 1995), with the write-allocate traffic that ordinary stores cause.  The field is kept.  Measured
 * by lib/stat, within half the time of tern_stencil_run() or a quarter of a second, or as long as a
 * dozen passes take.  Collective. */
TERN_API TERN_MUST_CHECK int tern_stencil_roofline(tern_stencil *s, double *points_per_second);

/* ---- Pictures -------------------------------------------------------------------------------- */

/** Whether a picture can be written to \p path: to be asked before the work that it is to show.
 * Collective.
 * \return TERN_OK, TERN_ENOTSUP (built without libpng) or TERN_EIO. */
TERN_API TERN_MUST_CHECK int tern_stencil_picture_check(tern_comm *c, const char *path);

/** Write the field as a PNG, x to the right and y upwards, at most 1024 pixels wide and high: means
 * over the points of a pixel, or several pixels a point for small grids.  The smallest value is
 * dark blue, the largest pale yellow, and equal steps of value look like equal steps of colour.
 * Written by rank 0, beside it first and renamed when whole.  Collective; every rank needs memory
 * for the picture, 8 MiB at most.  The same bytes whatever the ranks.
 * \return TERN_OK, TERN_ENOTSUP, TERN_ENOMEM or TERN_EIO. */
TERN_API TERN_MUST_CHECK int tern_stencil_picture(const tern_stencil *s, const char *path);

TERN_END_DECLS
#endif
