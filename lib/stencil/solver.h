/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of the solver. */
#ifndef TERN_STENCIL_SOLVER_H
#define TERN_STENCIL_SOLVER_H

#include "stencil/stencil.h"

/* Coefficients of a stencil. */
struct weights {
    double centre; /* of the point itself */
    double side;   /* of its neighbours */
};

/* Compute n points of a row: in[-1 .. n] and the rows `pitch` elements away are read. */
typedef void row_kernel(double *restrict out, const double *restrict in, int64_t pitch, int64_t n,
                        struct weights w);

/* A stencil: one row of the table in kernels.c. */
struct stencil_kernel {
    const char *name;
    int dims;
    int64_t reach; /* how far its neighbours are */
    row_kernel *row;
};
int tern__stencil_find(const char *name, const struct stencil_kernel **out);

/* out[i] = factor * in[i] */
void tern__row_scale(double *restrict out, const double *restrict in, double factor, int64_t n);

struct tern_stencil {
    tern_comm *comm; /* borrowed */
    tern_grid grid;
    tern_block block;
    const struct stencil_kernel *kernel;
    struct weights weights;
    tern_boundary boundary[TERN_GRID_DIMS];
    int threads;        /* that may be used */
    int team;           /* that are worth it */
    int64_t margin;     /* elements before a row's first point, ghost cells and padding */
    int64_t pitch;      /* elements from row to row */
    double *array[2];   /* blocks of tern_alloc() */
    double *now, *next; /* first points of the two arrays */
    tern_halo *halo;
    tern_stencil_work work;
    bool exact; /* the state is a mode, of these waves */
    int64_t wave[TERN_GRID_DIMS];
};

/* Values at the caller's points along dimension d of the mode with the solver's waves: an array of
 * tern_alloc(), to be freed, or NULL. */
double *tern__stencil_wave(const tern_stencil *s, int d);

/* The constant solution on which modes are added, 0 where nothing fixes it; false if the boundaries
 * allow none. */
bool tern__stencil_rest(const tern_stencil *s, double *value);

/* Factor by which one step multiplies the mode. */
long double tern__stencil_eigenvalue(const tern_stencil *s);

/* Red, green and blue of 256 colours from dark to light. */
void tern__colour_map(unsigned char rgb[256][3]);

#endif
