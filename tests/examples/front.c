/* SPDX-License-Identifier: BSD-3-Clause */
/* A fire front (Fisher's equation, u_t = D (u_xx + u_yy) + r u (1 - u)): a user's kernel. */

#include <stdio.h>
#include <stdlib.h>
#include <tern.h>

enum { NX = 400, NY = 32, STEPS = 1000 };

/* One row of points: spread, and burn. */
static void burn(void *context, const tern_stencil_row *row)
{
    const double *u = row->in, rate = *(const double *)context;
    double *out = row->out;

    for (int64_t x = 0; x < row->points; x++) {
        double around = (u[x - 1] + u[x + 1]) + (u[x - row->pitch] + u[x + row->pitch]);
        out[x] = u[x] + 0.2 * (around - 4 * u[x]) + rate * u[x] * (1 - u[x]);
    }
}

static double match(void *context, const int64_t point[TERN_GRID_DIMS])
{
    (void)context;
    return point[0] < 4;
}

int main(int argc, char **argv)
{
    double rate = 0.01;
    tern_stencil_spec spec = {.equation = TERN_USER,
                              .kernel = burn,
                              .kernel_context = &rate,
                              .reach = {1, 1},
                              .dims = 2,
                              .size = {NX, NY},
                              .boundary = {{{.kind = TERN_NEUMANN}, {.kind = TERN_NEUMANN}},
                                           {{.kind = TERN_PERIODIC}, {.kind = TERN_PERIODIC}}},
                              .halo = "isend"};
    tern_stencil_norms half = {0}, all = {0};
    tern_stencil *s = NULL;
    int error = tern_init(&argc, &argv);

    if (!error)
        error = tern_stencil_open(tern_world(), &spec, &s);
    if (!error) {
        tern_stencil_begin_with(s, match, NULL);
        error = tern_stencil_run(s, STEPS);
    }
    if (!error)
        error = tern_stencil_norms_begin(s); /* they travel while the front goes on */
    if (!error)
        error = tern_stencil_run(s, STEPS);
    if (!error)
        error = tern_stencil_norms_end(s, &half);
    if (!error)
        error = tern_stencil_norms_begin(s);
    if (!error)
        error = tern_stencil_norms_end(s, &all);
    if (!error && tern_rank(tern_world()) == 0)
        printf("speed %.4f\n", (all.mean - half.mean) * NX / STEPS);
    if (error)
        fprintf(stderr, "front: %s\n", tern_last_error());
    tern_stencil_close(s);
    return tern_finalize();
}
