/* SPDX-License-Identifier: BSD-3-Clause */
/* The definition of the solver once more, as a scalar program on one array: no MPI, no threads, no
 * ghost cells.  The random configurations are compared with it bit by bit. */
#ifndef TERN_TESTS_REFERENCE_H
#define TERN_TESTS_REFERENCE_H

#include "stencil/stencil.h"

/* What is run, and how: the same on all ranks. */
struct configuration {
    tern_stencil_spec spec;
    tern_stencil_point points[32]; /* of spec.points, and of advection */
    size_t n;                      /* of them; 0: a named stencil */
    int64_t steps;
    int team;     /* threads that work whatever the size */
    int64_t band; /* rows that a kernel is given at once, 0: all */
    bool whole;   /* no wavefront */
};

struct reference {
    const struct configuration *what;
    int dims;
    double identity, scale; /* of the Laplacian in this step */
    double *now, *next;
    double steepest, softest; /* of Poisson's equation: what -L multiplies waves by */
    double rho;               /* of chebyshev */
};

void reference_open(struct reference *r, const struct configuration *what, uint64_t seed);
void reference_step(struct reference *r, int64_t step);
void reference_close(struct reference *r);

/* Functions for both: of Dirichlet ends, and the right-hand side of Poisson's equation. */
double reference_source(void *context, const int64_t point[3]);
double reference_wave(void *context, const int64_t point[3], int64_t step);

#endif
