/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of the solver. */
#ifndef TERN_STENCIL_SOLVER_H
#define TERN_STENCIL_SOLVER_H

#include "stencil/kernel.h"
#include "stencil/stencil.h"
#include "stencil/sum.h"

#include <math.h>

enum {
    DIMS = TERN_GRID_DIMS,
    MOST_DEPTH = 64,  /* steps of a block */
    MOST_PLANS = 8,   /* ways to block that are tried */
    MOST_WEIGHTS = 25 /* of a named stencil */
};

/* ---- Shapes ---------------------------------------------------------------------------------- */

/* A stencil with its weights. */
struct shape {
    enum family family;
    int dims;
    int reach[DIMS]; /* how far its neighbours are */
    int n;           /* weights */
    double weights[MOST_POINTS];
    int points[MOST_POINTS][DIMS]; /* of FAMILY_POINTS */
};

/* The Laplacian, for points 1 apart. */
int tern__shape_named(const char *name, struct shape *out);
/* Lax-Wendroff steps with these Courant numbers. */
int tern__shape_advection(const double *courant, int dims, struct shape *out);
int tern__shape_points(const tern_stencil_point *points, size_t n, int dims, struct shape *out);

/* out = identity + scale * s, of a named stencil. */
void tern__shape_combine(const struct shape *s, double identity, double scale, struct shape *out);

/* What a named stencil multiplies waves of these angles a point by, and the most negative such
 * factor of all angles, as a positive number. */
long double tern__shape_symbol(const struct shape *s, const long double *angle);
double tern__shape_steepest(const struct shape *s);

int tern__kernels_find(const char *isa, const struct kernel_set **out);

/* ---- Arrays ---------------------------------------------------------------------------------- */

/* Points [low, high) along each dimension, counted from the block's first. */
struct range {
    int64_t low[DIMS], high[DIMS];
};

/* A ghost cell is factor * u(source) + scale * the value of the end, for the point that lies
 * `source` inside it. */
struct ghost {
    int source;
    double factor, scale;
};

/* What is beyond one end of one dimension. */
struct face {
    bool closed; /* ghost cells come from here, not from other points of a period */
    bool live;   /* ... and change with the points */
    double value;
    tern_boundary_function *of; /* in its place */
    void *context;
    struct ghost ghost[MOST_REACH];
};

/* How steps are grouped. */
struct blocking {
    int depth;          /* steps of a block */
    int64_t tile[DIMS]; /* points of a tile along x and, in space, y */
    bool stream;        /* stores go past the cache; depth is 1 */
    int64_t band;       /* rows that a kernel is given at once, 0: all of a tile */
    bool whole;         /* a step is done before the next begins: no wavefront, for what fits in the
                           cache */
    bool overlap;       /* compute what needs no ghost cells while they are exchanged */
};

/* What one step computes. */
struct step {
    enum family family;
    enum finish finish;    /* FINISH_STORE or FINISH_UPDATE */
    double keep, gain;     /* of FINISH_UPDATE */
    const double *weights; /* of points; NULL: */
    double own[MOST_WEIGHTS];
    const int (*points)[DIMS];
    int n;
};

enum solver { SOLVER_JACOBI, SOLVER_SOR, SOLVER_CHEBYSHEV };

struct tern_stencil {
    tern_comm *comm; /* borrowed */
    tern_grid grid;
    tern_block block;
    struct shape laplacian; /* of a named stencil */
    struct shape shape;     /* of a step */
    enum tern_stencil_type type;
    size_t element; /* bytes */
    const struct kernel_set *kernels;
    enum tern_equation equation;
    double number;      /* of diffusion or Courant */
    struct shape first; /* of the first step of wave */
    enum solver solver; /* of Poisson's equation */
    double relaxation;
    double softest;    /* what -L multiplies the longest wave by */
    double half_width; /* of the spectrum that chebyshev serves */
    double rho[2];     /* its numbers of the steps before rho_of and of it */
    int64_t rho_of;
    char *source;      /* its first point: what L u should be; NULL: 0.  Laid out as the arrays */
    char *coefficient; /* the same of what varies in diffusion */
    void *source_array, *coefficient_array;
    tern_stencil_kernel *row; /* computes a row, in place of a sum; NULL: none */
    void *row_context;
    struct step step[MOST_DEPTH]; /* of the block under way */
    int described;                /* of them, since the run began */
    tern_boundary boundary[DIMS][2];
    struct face face[DIMS][2];
    bool live;     /* whether any face is */
    int threads;   /* that may be used */
    int team;      /* that are worth it */
    int most_deep; /* steps that the ghost cells are enough for */
    int64_t ghost[DIMS];
    int64_t margin; /* elements before a row's first point: ghost cells and padding */
    int64_t pitch, plane;
    int arrays; /* that take memory: these two and, of some equations, fields that stay */
    void *array[2];
    char *now, *next;                /* first points of the two arrays, NULL without points */
    tern_halo *halo[MOST_DEPTH + 1]; /* one for each depth in use */
    const char *halo_mode;
    struct blocking plan[MOST_PLANS]; /* the best is kept as the first when all were tried */
    double trial[MOST_PLANS];         /* seconds a step; 0: not tried */
    int plans, trials, round;         /* trials of this round */
    int laps;                         /* blocks of the trial under way */
    double lap;                       /* seconds of those that count */
    double tried;                     /* seconds of all */
    tern_stencil_work work;
    struct norms *norms; /* under way, or NULL */
    bool warm;           /* ghost cells beyond the ends of the grid belong to the points */
    bool exact;          /* the state is a mode, of these waves */
    int64_t wave[DIMS];
};

/* Elements from the first point. */
static inline int64_t tern__at(const tern_stencil *s, int64_t x, int64_t y, int64_t z)
{
    return x + y * s->pitch + z * s->plane;
}

static inline double tern__get(const tern_stencil *s, const void *array, int64_t at)
{
    switch (s->type) {
    case TERN_STENCIL_F64: return ((const double *)array)[at];
    case TERN_STENCIL_F32: return (double)((const float *)array)[at];
    default: return (double)((const unsigned char *)array)[at];
    }
}

/* Whole numbers are rounded up, within their range. */
static inline void tern__set(const tern_stencil *s, void *array, int64_t at, double value)
{
    switch (s->type) {
    case TERN_STENCIL_F64: ((double *)array)[at] = value; break;
    case TERN_STENCIL_F32: ((float *)array)[at] = (float)value; break;
    default:
        ((unsigned char *)array)[at] = (unsigned char)(value < 255 ? ceil(fmax(value, 0)) : 255);
    }
}

static inline int64_t tern__least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t tern__most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int tern__set_type(tern_stencil *s, const tern_stencil_spec *spec);
MPI_Datatype tern__mpi_type(const tern_stencil *s);

/* How the grid is cut, and its ends; then, when the plans are known, ghost cells and strides. */
int tern__lay_out(tern_stencil *s, const tern_stencil_spec *spec);
void tern__set_strides(tern_stencil *s);

/* Refuse what the node cannot hold.  Collective. */
int tern__check_memory(const tern_stencil *s);
int tern__make_arrays(tern_stencil *s);
size_t tern__array_bytes(const tern_stencil *s); /* of one */

/* Whether ghost cells of this dimension come from other points, of this rank or another. */
static inline bool tern__exchanged(const tern_stencil *s, int d)
{
    return d < s->grid.dims && (s->grid.parts[d] > 1 || s->grid.periodic[d]);
}

/* Points that are computed in a step after which `left` steps of the block follow, and those that
 * are known before a block of `left` steps: ghost cells that other ranks compute too. */
void tern__extent(const tern_stencil *s, int left, struct range *out);

/* ---- Boundaries ------------------------------------------------------------------------------ */

int tern__faces(tern_stencil *s, const tern_stencil_spec *spec);

/* Set the ghost cells beyond the ends of the grid: all of them, or those that change with the
 * points of `box`, which have just become those of `step`. */
void tern__fill_all(const tern_stencil *s, char *array);
void tern__fill_live(const tern_stencil *s, char *array, const struct range *box, int64_t step);

/* Get the ghost cells of the state now, for blocks of `depth` steps.  Collective. */
int tern__get_ghosts(tern_stencil *s, int depth);

/* ---- Equations --------------------------------------------------------------------------------
 */

/* The shape of a step, and the equation's numbers. */
int tern__set_shape(tern_stencil *s, const tern_stencil_spec *spec);

/* What each of the next steps computes. */
void tern__describe_steps(tern_stencil *s, int steps);

/* ---- Steps ----------------------------------------------------------------------------------- */

/* Whether a step needs the state before the last. */
static inline bool tern__leaps(const tern_stencil *s)
{
    return s->equation == TERN_WAVE || s->solver == SOLVER_CHEBYSHEV;
}

/* Compute `steps` steps, for which the ghost cells are enough, as one block. */
void tern__block(tern_stencil *s, const struct blocking *how, int steps);

/* The same in two parts: the points that need none of the ghost cells that are being exchanged and
 * leave what is sent as it is, then the others.  Splits tells whether there are any of the former.
 */
bool tern__block_splits(const tern_stencil *s, const struct blocking *how, int steps);
void tern__block_inner(tern_stencil *s, const struct blocking *how, int steps);
void tern__block_rim(tern_stencil *s, const struct blocking *how, int steps);

/* Ways to block this grid on this machine, the same on all ranks.  Collective. */
int tern__plan(tern_stencil *s, const tern_stencil_spec *spec);

/* One sweep of successive over-relaxation, as one step.  Collective. */
int tern__sor_sweep(tern_stencil *s);

/* Whether a step changes the points in place. */
static inline bool tern__in_place(const tern_stencil *s)
{
    return s->equation == TERN_POISSON && s->solver == SOLVER_SOR;
}

/* ---- Norms ----------------------------------------------------------------------------------- */

/* Wait for norms that nobody asked for.  Collective. */
void tern__norms_drop(tern_stencil *s);

/* ---- Rows ------------------------------------------------------------------------------------ */

/* What the spec asks for, in place of a sum. */
int tern__set_user(tern_stencil *s, const tern_stencil_spec *spec);
int tern__set_life(tern_stencil *s, const tern_stencil_spec *spec);
int tern__set_varying(tern_stencil *s, const tern_stencil_spec *spec);

/* Compute the rows of a box, or points of one row; `at` is counted in the block. */
void tern__rows(const tern_stencil *s, const char *in, char *out, const struct range *box,
                int64_t step);
void tern__row(const tern_stencil *s, const void *in, void *out, const int64_t at[DIMS],
               int64_t points, int64_t step);

/* ---- Fields that stay ------------------------------------------------------------------------ */

/* An array of zeros laid out as the others, and its first point, unless there is one.  Local. */
int tern__make_field(const tern_stencil *s, char **first, void **array);

/* The coefficients of the spec, and a stable diffusion number for them.  Collective. */
int tern__make_coefficient(tern_stencil *s, const tern_stencil_spec *spec);

/* Set the points of `box`, which may be ghost cells of a period. */
void tern__set_field(const tern_stencil *s, char *field, const struct range *box,
                     tern_stencil_function *of, void *context);

/* The right-hand side that the spec has.  Local. */
int tern__make_source(tern_stencil *s, const tern_stencil_spec *spec);

/* ---- Exact solutions ------------------------------------------------------------------------- */

/* Values at the caller's points along dimension d of the mode with the solver's waves: an array of
 * tern_alloc(), to be freed, or NULL. */
double *tern__stencil_wave(const tern_stencil *s, int d);

/* The same at one point, which is counted in the whole grid. */
double tern__stencil_wave_at(const tern_stencil *s, int d, int64_t at);

/* What L multiplies that mode by. */
double tern__stencil_factor(const tern_stencil *s);

/* The constant solution on which modes are added, 0 where nothing fixes it; false if the boundaries
 * allow none. */
bool tern__stencil_rest(const tern_stencil *s, double *value);

/* Red, green and blue of 256 colours from dark to light. */
void tern__colour_map(unsigned char rgb[256][3]);

#endif
