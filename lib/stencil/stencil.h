/* SPDX-License-Identifier: BSD-3-Clause */
/** \file stencil.h
 * Explicit time stepping on a grid that is spread over all ranks, in the plane or in space.
 *
 * A stencil computes each point from the points round it.  The sums below are taken in just the
 * order of their brackets, from left to right, and without fused multiply-adds, so the bits of the
 * result do not depend on ranks, threads, halo mode, blocks of steps or vector width.  With w[0] of
 * the point itself:
 *
 *   stars      2d5 (2dr1), 2dr2, 2dr3, 2dr4; 3d7 (3dr1), 3d13 (3dr2), 3d19 (3dr3), 3d25 (3dr4)
 *              w[0] u + w[1] p[1] + w[2] p[2] + ..., where p[r] are the points at distance r,
 *              ((x-r + x+r) + (y-r + y+r)) in the plane, in space + (z-r + z+r)
 *   squares    2d9, 2d25, 2d49, 2d81, of radius R = 1 to 4
 *              B[0](x) + (B[1](x-1) + B[1](x+1)) + (B[2](x-2) + B[2](x+2)) + ..., where
 *              B[j](x) = w[j,0] u + w[j,1] (y-1 + y+1) + w[j,2] (y-2 + y+2) + ...
 *   the cube   3d27
 *              B[0](x) + (B[1](x-1) + B[1](x+1)), where B[j](x) = w[j] u + w[j+1] f + w[j+2] e,
 *              f = (y-1 + y+1) + P(y), e = P(y-1) + P(y+1), P(y) = (z-1 + z+1)
 *   any        w[0] u[0] + w[1] u[1] + ... in the order of the user's table
 *
 * The named ones are Laplacians L for points 1 apart: stars and squares of order 2 R, the cube the
 * isotropic one of order 2.  The equations:
 *
 *   heat       u_t = D (u_xx + u_yy + ...), forward in time: u' = u + w L u, w = D dt / h^2;
 *              of order 1 in time
 *
 *   wave       u_tt = c^2 (u_xx + u_yy + ...), leapfrog: u' = (2 u + C^2 L u) - u of the step
 *              before, C = c dt / h; of order 2 in time; u_t is 0 at the beginning, and the first
 *              step is u + C^2 / 2 L u
 *
 *   advection  u_t + a u_x + b u_y + ... = 0: the product of Lax-Wendroff steps along each
 *              dimension, as any points, with C = a dt / h, b dt / h, ...; of order 2
 *
 *   Poisson    L u = f; a step is one iteration of a solver:
 *              jacobi        u' = u + w (L u - f), w = 2 r / steepest, with the relaxation r and
 *                            the steepest factor that -L has for any wave; for 2d5 and 3d7 and
 *                            r = 1 that is Jacobi's own iteration
 *              gauss-seidel  2d5 and 3d7 in two colours, first the points whose coordinates add to
 *                            an even number
 *              sor           the same, over-relaxed
 *              chebyshev     the iteration of second kind for the spectrum of L
 *
 *   life       Conway's Game of Life, bytes 0 and 1
 *
 *   user       what a function of the caller's computes, a row at a time
 *
 * Heat may have a coefficient k that varies: u' = u + w (((x-1) + (x+1)) + ((y-1) + (y+1)) +
 * ((z-1) + (z+1))), where (p) = ((k + k[p]) / 2) (u[p] - u) is what flows from p. */
#ifndef TERN_STENCIL_STENCIL_H
#define TERN_STENCIL_STENCIL_H

#include "grid/grid.h"

TERN_BEGIN_DECLS

/* ---- The solver ------------------------------------------------------------------------------ */

typedef struct tern_stencil tern_stencil;

/** Name of the \p i-th stencil, NULL past the last.  Local; static storage. */
TERN_API const char *tern_stencil_name(int i);

/** Name of the \p i-th set of kernels of this build, NULL past the last: avx512, avx2, baseline.
 * Local; static storage. */
TERN_API const char *tern_stencil_isa_name(int i);

/** Name of the \p i-th solver of Poisson's equation, NULL past the last.  Local; static storage. */
TERN_API const char *tern_stencil_solver_name(int i);

/** What a point is. */
enum tern_stencil_type {
    TERN_STENCIL_F64,
    TERN_STENCIL_F32,
    TERN_STENCIL_U8 /**< bytes, of life and a user's kernel */
};

enum tern_equation {
    TERN_HEAT,
    TERN_WAVE,
    TERN_ADVECTION,
    TERN_POISSON,
    TERN_LIFE, /**< bytes 0 and 1, in the plane */
    TERN_USER  /**< what spec.kernel computes */
};

/** One point of a user's stencil: its place beside the computed one, at most 4 away, and weight. */
typedef struct tern_stencil_point {
    int at[TERN_GRID_DIMS];
    double weight;
} tern_stencil_point;

/** The ghost cells beyond one end of one dimension. */
enum tern_boundary_kind {
    TERN_DIRICHLET, /**< a value, or a function of place and time */
    TERN_PERIODIC,  /**< at both ends: the last point is a neighbour of the first */
    TERN_NEUMANN,   /**< outward derivative, with points 1 apart: value = du/dn */
    TERN_ROBIN,     /**< a u + b du/dn = value */
    TERN_MIRROR     /**< the points inside, mirrored at the last point */
};

/** The value of a boundary for the ghost cell at \p point, counted in the whole grid, so -1, -2,
 * ... or size, size + 1, ... along one dimension, after \p step steps.  Called by many threads at
 * once. */
typedef double tern_boundary_function(void *context, const int64_t point[TERN_GRID_DIMS],
                                      int64_t step);

/** What is beyond one end of one dimension.  The ends of TERN_NEUMANN and TERN_ROBIN lie half way
 * between the last point and the first ghost cell. */
typedef struct tern_boundary {
    enum tern_boundary_kind kind;
    double value;               /**< of TERN_DIRICHLET, TERN_NEUMANN and TERN_ROBIN */
    double a, b;                /**< of TERN_ROBIN, not below 0 */
    tern_boundary_function *of; /**< in place of the value; NULL: none */
    void *context;              /**< passed to it */
} tern_boundary;

/** Whether a rank computes what needs no ghost cells while these are exchanged. */
enum tern_overlap {
    TERN_OVERLAP_TRIED, /**< where trials show that it is faster */
    TERN_OVERLAP_NEVER,
    TERN_OVERLAP_ALWAYS /**< but for steps that are stored past the cache */
};

/** One row of points that a kernel is to compute. */
typedef struct tern_stencil_row {
    void *out;                  /**< the first point */
    const void *in;             /**< the same point a step before: neighbour (x, y, z) is at
                                   x + y * pitch + z * plane; ghost cells lie round the grid */
    int64_t pitch, plane;       /**< in points */
    int64_t points;             /**< of the row */
    int64_t at[TERN_GRID_DIMS]; /**< of the first point in the whole grid; of ghost cells that
                                   are computed, too, it may be outside a period */
    int64_t step;               /**< steps before */
} tern_stencil_row;

/** A user's kernel: compute out from in, up to spec.reach away.  It must depend on nothing else
 * that changes, and have no side effects: rows come in any order, some of them twice, and many
 * threads call it at once. */
typedef void tern_stencil_kernel(void *context, const tern_stencil_row *row);

/** A field as a function of the \p point, counted in the whole grid.  Called by many threads at
 * once. */
typedef double tern_stencil_function(void *context, const int64_t point[TERN_GRID_DIMS]);

typedef struct tern_stencil_spec {
    enum tern_equation equation;
    const char *stencil;              /**< one of tern_stencil_name(), for heat and wave */
    const tern_stencil_point *points; /**< or any points: u' = their sum; NULL: named */
    size_t n_points;                  /**< at most 729 */
    int dims;                         /**< of the points, of advection and of a kernel: 2 or 3 */
    enum tern_stencil_type type;
    int64_t size[TERN_GRID_DIMS];              /**< points along x, y and z */
    int parts[TERN_GRID_DIMS];                 /**< blocks along them; 0: chosen */
    tern_boundary boundary[TERN_GRID_DIMS][2]; /**< before and behind, along x, y and z */
    double diffusion; /**< w above, at most what is stable: 1/4 for 2d5; 0: 0.8 of that */
    double courant[TERN_GRID_DIMS]; /**< C of advection along each dimension, within -1 and 1; of
                                       wave the first, at most what is stable, 0: 0.8 of that */
    const char
        *solver; /**< of Poisson's equation: one of tern_stencil_solver_name(), NULL: jacobi */
    double relaxation; /**< of jacobi, at most 1, and sor, below 2; 0: the best for these ends */
    tern_stencil_function *source;      /**< of Poisson's equation: f; NULL: 0 */
    void *source_context;               /**< passed to it */
    tern_stencil_function *coefficient; /**< of heat with 2d5 or 3d7: k of u_t = div(k grad u), not
                                           below 0, with w k at most what is stable; also called
                                           for the first points beyond closed ends; NULL: 1 */
    void *coefficient_context;
    tern_stencil_kernel *kernel; /**< of TERN_USER */
    void *kernel_context;
    int reach[TERN_GRID_DIMS]; /**< how far it looks along x, y and z, at most 4 */
    const char *halo;          /**< one of tern_halo_mode_name() */
    int threads;               /**< of each rank; 0: as many as it has CPUs */
    int64_t block; /**< steps in one pass over memory and between two exchanges, at most 64; 0:
                      chosen by a model of the caches, and by trials during the first steps */
    int64_t tile;  /**< points of a tile along x, in space along y; 0: chosen */
    enum tern_overlap overlap;
    const char *isa; /**< one of tern_stencil_isa_name(), NULL: the best of this processor */
} tern_stencil_spec;

/** Set up a solver; the field is 0.  Collective over \p c, which is borrowed until
 * tern_stencil_close().  Each rank needs two elements for each of its points and ghost cells; with
 * blocks, these are as deep as the block's steps times the stencil's reach; a block is cut to fewer
 * steps where they would take three times the memory of the points, and more than 4 MiB.
 * \param[in] spec  copied.  \param[out] out  owned by the caller; unchanged on failure.
 * \return TERN_OK, TERN_EINVAL, TERN_ENOTSUP, TERN_ENOMEM (also when the ranks of a node need more
 * than the node has) or TERN_EMPI; if one rank fails, all do. */
TERN_API TERN_MUST_CHECK int tern_stencil_open(tern_comm *c, const tern_stencil_spec *spec,
                                               tern_stencil **out);

/** Free \p s; NULL is allowed.  Collective. */
TERN_API void tern_stencil_close(tern_stencil *s);

/** Compute \p steps steps.  Collective; OpenMP threads inside each rank.  Blocks of steps do not
 * reach beyond a call, so many steps in one call are faster. */
TERN_API TERN_MUST_CHECK int tern_stencil_run(tern_stencil *s, int64_t steps);

/** How the grid is cut.  Local; valid until tern_stencil_close(). */
TERN_API const tern_grid *tern_stencil_grid(const tern_stencil *s);

/** Threads of this rank.  Local. */
TERN_API int tern_stencil_threads(const tern_stencil *s);

/** The blocks in use: steps, and points of a tile along x or, in space, y (0: all).  They change
 * while they are tried.  Local. */
TERN_API void tern_stencil_blocking(const tern_stencil *s, int *steps, int64_t *tile);

/** The diffusion number of heat in use, or the Courant number of wave.  Local. */
TERN_API double tern_stencil_diffusion(const tern_stencil *s);

/** The kernels in use.  Local; static storage. */
TERN_API const char *tern_stencil_isa(const tern_stencil *s);

/** The caller's block: point (x, y, z), counted from the block's first, is at element
 * x + y * \p strides[1] + z * \p strides[2] of the array that is returned, of doubles or floats as
 * the type says.  NULL if the block is empty.  Valid until the next step.  Local. */
TERN_API const void *tern_stencil_points(const tern_stencil *s, tern_block *block,
                                         int64_t strides[TERN_GRID_DIMS]);

/** The same for doubles in the plane; NULL if they are floats. */
TERN_API const double *tern_stencil_field(const tern_stencil *s, tern_block *block, int64_t *pitch);

/** Work done so far by this rank. */
typedef struct tern_stencil_work {
    int64_t steps;  /**< since the initial state */
    int64_t before; /**< of these, before tern_stencil_resume() */
    double seconds; /**< in tern_stencil_run() */
    double halo;    /**< of these, in halo exchange, with the waiting for slower neighbours */
} tern_stencil_work;
TERN_API void tern_stencil_worked(const tern_stencil *s, tern_stencil_work *out);

/** The arrays that hold all a later run needs to go on with the same bits: one or, of the wave
 * equation, two, the state now and that before.  \p first gets the addresses of their first
 * points; strides are those of tern_stencil_points().  They may be read and, before
 * tern_stencil_resume(), written, but for ghost cells.  Local; valid until the next step.
 * \return how many. */
TERN_API int tern_stencil_state_arrays(tern_stencil *s, void *first[2]);

/** The arrays hold the state after \p step steps, of the initial state that tern_stencil_begin()
 * was given.  Local. */
TERN_API void tern_stencil_resume(tern_stencil *s, int64_t step);

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
 *   zero      0 everywhere
 *   glider    of life, which moves to the right and downwards
 *   gun       Gosper's, of life
 *
 * Values are between -1 and 1; mode comes on top of the boundary value; bytes are 1 where it is
 * above 0.  Local; static storage. */
TERN_API const char *tern_stencil_state_name(int i);

/** Set the field, and forget what was computed before.  Local.
 * \return TERN_OK, or TERN_EINVAL for an unknown name or a wave below 0. */
TERN_API TERN_MUST_CHECK int tern_stencil_begin(tern_stencil *s, const tern_stencil_state *state);

/** Set the field to a function of the place, and forget what was computed before.  Local. */
TERN_API void tern_stencil_begin_with(tern_stencil *s, tern_stencil_function *of, void *context);

/** A formula: numbers, pi, variables, + - * / ^, brackets, and sin cos tan exp log sqrt abs tanh
 * floor min max atan2.  ^ begins at the right and binds closer than a sign. */
typedef struct tern_expression tern_expression;

/** Read \p text.  Local.
 * \param[in] names  of the variables, up to a NULL; borrowed for the call.
 * \param[out] out  owned by the caller; unchanged on failure.
 * \return TERN_OK, TERN_EINVAL (what is wrong, and where) or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_expression_open(const char *text, const char *const *names,
                                                  tern_expression **out);

/** Free \p e; NULL is allowed.  Local. */
TERN_API void tern_expression_close(tern_expression *e);

/** Its value for the \p values of the variables, in the order of their names.  Local; any number of
 * threads at once. */
TERN_API double tern_expression_value(const tern_expression *e, const double *values);

/** Give Poisson's equation the right-hand side whose solution is the state mode of these waves: f
 * is what L makes of it.  The field is kept.  Local.
 * \return TERN_OK; TERN_EINVAL, a wave is below 0; TERN_ENOTSUP, as tern_stencil_error();
 * TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_stencil_pose(tern_stencil *s, const int64_t wave[TERN_GRID_DIMS]);

/* ---- Norms ----------------------------------------------------------------------------------- */

/** About a state.  The sums are exact and rounded once, so ranks, threads, halo mode and blocks
 * change no bit.  The residual is how far the state is from a steady one: of Poisson's equation
 * L u - f, of heat and wave with a named stencil L u, else what the next step adds. */
typedef struct tern_stencil_norms {
    int64_t step;
    double mean, l2; /**< l2: square root of the mean square */
    double least, most;
    double residual_l2;   /**< the same of the residual */
    double residual_most; /**< its largest size */
} tern_stencil_norms;

/** Begin to compute the norms of the state now.  Collective; the sums of the ranks travel behind
 * later steps.  \return TERN_OK, TERN_EINVAL (there are some under way), TERN_ENOMEM, TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_stencil_norms_begin(tern_stencil *s);

/** Wait for the norms that were begun; the same bits on all ranks.  If any value is no finite
 * number, they are none, either.  Collective.
 * \return TERN_OK, TERN_EINVAL (none were begun) or TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_stencil_norms_end(tern_stencil *s, tern_stencil_norms *out);

/* ---- Verification ---------------------------------------------------------------------------- */

/** Sum modulo 2^64 over all points of mix(bits ^ mix(index)), where index is x + size[0] * (y +
 * size[1] * z):
 * equal fields have equal checksums, whatever the ranks.  Collective. */
TERN_API TERN_MUST_CHECK int tern_stencil_checksum(const tern_stencil *s, uint64_t *out);

/** Largest distance of a point from the exact solution of the discrete equations, and the largest
 * that rounding can explain: 4 eps times the sum over all steps of the largest value.  Collective.
 * \return TERN_OK, or TERN_ENOTSUP where no exact solution is known: it is for the state mode, if
 * all Dirichlet dimensions have the same value. */
TERN_API TERN_MUST_CHECK int tern_stencil_error(tern_stencil *s, double *error, double *bound);

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

/** The same with the darkest colour for \p low and below and the lightest for \p high and above, so
 * that the pictures of a series can be compared; as tern_stencil_picture() unless low < high. */
TERN_API TERN_MUST_CHECK int tern_stencil_picture_between(const tern_stencil *s, const char *path,
                                                          double low, double high);

/* ---- The stencil of the Parallel Research Kernels -------------------------------------------- */

/** The operator of the Parallel Research Kernels (Van der Wijngaart and Mattson, HPEC 2014), to
 * compare machines by: out += S in, where S is a star of radius R that takes the sum of the
 * derivatives along x and y, then in += 1; in begins as x + y, out as 0. */
typedef struct tern_prk tern_prk;

enum { TERN_PRK_MOST_BLOCK = 64 };

typedef struct tern_prk_spec {
    int64_t size;     /**< points along x and y */
    int radius;       /**< R, 1 to 4 */
    int block;        /**< iterations in one pass over memory and between two exchanges, at most
                         TERN_PRK_MOST_BLOCK; 1: as in the original; 0: eight */
    int64_t tile;     /**< columns that these go through together; 0: as many as the cache holds */
    const char *halo; /**< one of tern_halo_mode_name() */
} tern_prk_spec;

/** Set it up, in slabs of rows, one thread a rank.  Collective over \p c, which is borrowed until
 * tern_prk_close().  \param[in] spec  copied.  \param[out] out  owned by the caller; unchanged on
 * failure.  \return TERN_OK, TERN_EINVAL, TERN_ENOMEM or TERN_EMPI; if one rank fails, all do. */
TERN_API TERN_MUST_CHECK int tern_prk_open(tern_comm *c, const tern_prk_spec *spec, tern_prk **out);

/** Do so many iterations.  Collective. */
TERN_API TERN_MUST_CHECK int tern_prk_run(tern_prk *k, int64_t iterations);

/** Mean of the sizes of `out` where it is computed, and what it is after so many iterations without
 * rounding.  Collective. */
TERN_API TERN_MUST_CHECK int tern_prk_norm(const tern_prk *k, double *norm, double *expected);

/** Floating-point operations of an iteration as the Parallel Research Kernels count them:
 * 2 (4R + 1) + 1 a point that is R or more from the border.  Local. */
TERN_API double tern_prk_flops(const tern_prk *k);

/** The block in use.  Local. */
TERN_API int tern_prk_block(const tern_prk *k);

/** Free \p k; NULL is allowed.  Collective. */
TERN_API void tern_prk_close(tern_prk *k);

TERN_END_DECLS
#endif
