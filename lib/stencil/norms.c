/* SPDX-License-Identifier: BSD-3-Clause */
/* Norms of the state and of its residual.  The ranks' sums are added in whole numbers, by
 * reductions that travel while the next steps are computed. */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is added up, the same layout on all ranks: only whole numbers in `sum`. */
struct norms {
    struct sum sum[3]; /* of the values, their squares, the residuals' squares */
    double most[3];    /* of -u, u and the residual's size */
    int64_t step;
    MPI_Request request[2];
};

enum { VALUES, SQUARES, RESIDUALS };

/* ---- One row --------------------------------------------------------------------------------- */

/* Points of one row, at most SUM_ONCE. */
struct piece {
    int64_t x, y, z, n;
};

static void read_values(const tern_stencil *s, const void *array, int64_t at, int64_t n,
                        double *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = tern__get(s, array, at + i);
}

/* The sum of a shape's points, in the type of the solver. */
static void apply(const tern_stencil *s, const struct shape *shape, const struct piece *p,
                  void *out)
{
    const int64_t at = tern__at(s, p->x, p->y, p->z) * (int64_t)s->element;
    const struct sweep sweep = {
        .out = out,
        .in = s->now + at,
        .pitch = s->pitch,
        .plane = s->plane,
        .columns = p->n,
        .rows = 1,
        .weights = shape->weights,
        .points = shape->points,
        .n = shape->n,
    };

    s->kernels->of[s->type][shape->family][FINISH_STORE](&sweep);
}

/* Whether the residual is what the Laplacian makes of the state. */
static bool by_laplacian(const tern_stencil *s)
{
    return s->equation != TERN_ADVECTION && s->shape.family != FAMILY_POINTS;
}

static void residual(const tern_stencil *s, const struct piece *p, const double *values,
                     double *out)
{
    double next[SUM_ONCE] __attribute__((aligned(64))); /* or floats */
    const int64_t at = tern__at(s, p->x, p->y, p->z);

    if (s->row != NULL)
        tern__row(s, s->now + at * (int64_t)s->element, next, (int64_t[]){p->x, p->y, p->z}, p->n,
                  s->work.steps);
    else
        apply(s, by_laplacian(s) ? &s->laplacian : &s->shape, p, next);
    read_values(s, next, 0, p->n, out);
    for (int64_t i = 0; i < p->n && !by_laplacian(s); i++)
        out[i] -= values[i];
    for (int64_t i = 0; i < p->n && s->source != NULL; i++)
        out[i] -= tern__get(s, s->source, at + i);
}

static void add_squares(struct norms *to, int which, double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        values[i] *= values[i];
    tern__sum_add(&to->sum[which], values, (size_t)n);
}

static void add_piece(const tern_stencil *s, const struct piece *p, struct norms *to)
{
    double values[SUM_ONCE], other[SUM_ONCE];

    read_values(s, s->now, tern__at(s, p->x, p->y, p->z), p->n, values);
    residual(s, p, values, other);
    for (int64_t i = 0; i < p->n; i++) {
        to->most[0] = -values[i] > to->most[0] ? -values[i] : to->most[0];
        to->most[1] = values[i] > to->most[1] ? values[i] : to->most[1];
        to->most[2] = fabs(other[i]) > to->most[2] ? fabs(other[i]) : to->most[2];
    }
    add_squares(to, RESIDUALS, other, p->n);
    memcpy(other, values, (size_t)p->n * sizeof(*values));
    tern__sum_add(&to->sum[VALUES], other, (size_t)p->n);
    add_squares(to, SQUARES, values, p->n);
}

/* ---- This rank, and all ---------------------------------------------------------------------- */

static void clear(struct norms *n)
{
    memset(n, 0, sizeof(*n));
    n->most[0] = n->most[1] = -INFINITY;
}

static void merge(struct norms *to, const struct norms *from)
{
    for (int i = 0; i < 3; i++) {
        tern__sum_merge(&to->sum[i], &from->sum[i]);
        to->most[i] = fmax(to->most[i], from->most[i]);
    }
}

static void add_block(const tern_stencil *s, struct norms *to)
{
    const int64_t *count = s->block.count;

#pragma omp parallel num_threads(s->team)
    {
        struct norms own;
        clear(&own);
#pragma omp for collapse(2) schedule(static)
        for (int64_t z = 0; z < count[2]; z++)
            for (int64_t y = 0; y < count[1]; y++)
                for (int64_t x = 0; x < count[0]; x += SUM_ONCE)
                    add_piece(s, &(struct piece){x, y, z, tern__least(SUM_ONCE, count[0] - x)},
                              &own);
#pragma omp critical(tern_norms)
        merge(to, &own);
    }
}

static int start(tern_stencil *s, struct norms *n)
{
    MPI_Comm comm = tern_comm_raw(s->comm);
    const int words = 3 * (int)(sizeof(struct sum) / sizeof(int64_t));

    for (int i = 0; i < 3; i++)
        tern__sum_settle(&n->sum[i]);
    if (MPI_Iallreduce(MPI_IN_PLACE, n->sum, words, MPI_INT64_T, MPI_SUM, comm, &n->request[0])
            != MPI_SUCCESS
        || MPI_Iallreduce(MPI_IN_PLACE, n->most, 3, MPI_DOUBLE, MPI_MAX, comm, &n->request[1])
               != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Iallreduce failed");
    s->norms = n;
    return TERN_OK;
}

int tern_stencil_norms_begin(tern_stencil *s)
{
    struct norms *n = s->norms == NULL ? malloc(sizeof(*n)) : NULL;
    int error = s->norms != NULL ? tern_fail(TERN_EINVAL, NULL, "norms are under way already")
                : n != NULL      ? TERN_OK
                                 : tern_fail(TERN_ENOMEM, NULL, "no memory for norms");

    error = tern_agree(s->comm, error);
    if (error >= 0)
        error = tern__get_ghosts(s, s->plan[0].depth);
    if (error >= 0) {
        clear(n);
        n->step = s->work.steps;
        if (s->now != NULL)
            add_block(s, n);
        error = start(s, n);
    }
    if (error < 0)
        free(n);
    return error;
}

static int finish(tern_stencil *s)
{
    int error = tern_wait_mpi(s->comm, &s->norms->request[0], "iallreduce", TERN_FOREVER);
    int other = tern_wait_mpi(s->comm, &s->norms->request[1], "iallreduce", TERN_FOREVER);

    return error < 0 ? error : other;
}

static void tell(const tern_stencil *s, const struct norms *n, tern_stencil_norms *out)
{
    const int64_t *size = s->grid.size;
    const double points = (double)size[0] * (double)size[1] * (double)size[2];
    const bool odd = n->sum[RESIDUALS].odd != 0 || n->sum[SQUARES].odd != 0;

    *out = (tern_stencil_norms){
        .step = n->step,
        .mean = tern__sum_value(&n->sum[VALUES]) / points,
        .l2 = sqrt(tern__sum_value(&n->sum[SQUARES]) / points),
        .least = odd ? NAN : -n->most[0],
        .most = odd ? NAN : n->most[1],
        .residual_l2 = sqrt(tern__sum_value(&n->sum[RESIDUALS]) / points),
        .residual_most = odd ? NAN : n->most[2],
    };
}

int tern_stencil_norms_end(tern_stencil *s, tern_stencil_norms *out)
{
    if (s->norms == NULL)
        return tern_fail(TERN_EINVAL, NULL, "no norms were begun");
    int error = finish(s);
    if (error >= 0)
        tell(s, s->norms, out);
    free(s->norms);
    s->norms = NULL;
    return error;
}

void tern__norms_drop(tern_stencil *s)
{
    if (s->norms == NULL)
        return;
    (void)finish(s);
    free(s->norms);
    s->norms = NULL;
}
