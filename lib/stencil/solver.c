/* SPDX-License-Identifier: BSD-3-Clause */
/* The solver loop: two arrays with ghost cells, of which each step reads one and writes the other.
 */
#include "config.h"

#include "stencil/solver.h"
#include "topo/topo.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE = 64 / sizeof(double), /* elements of a cache line; rows begin on one */
    SET_BYTES = 4096,           /* rows a multiple of this apart would share cache sets */
    SHARE = 4096                /* points, some 2 us, that are worth waking a thread for */
};

static int check(const tern_stencil_spec *spec, const struct stencil_kernel *kernel)
{
    double most = 0.5 / kernel->dims;

    if (!(spec->diffusion > 0 && spec->diffusion <= most))
        return tern_fail(TERN_EINVAL, NULL,
                         "the diffusion number %g is outside (0, %g], where the scheme is stable",
                         spec->diffusion, most);
    if (spec->threads < 0)
        return tern_fail(TERN_EINVAL, NULL, "%d threads", spec->threads);
    return TERN_OK;
}

static int64_t round_up(int64_t n, int64_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* Everything that can be decided, and refused, before memory is taken. */
static int lay_out(tern_stencil *s, const tern_stencil_spec *spec)
{
    tern_grid wanted = {0};
    int error = tern__stencil_find(spec->stencil, &s->kernel);

    if (error >= 0)
        error = check(spec, s->kernel);
    if (error < 0)
        return error;
    wanted.dims = s->kernel->dims;
    for (int d = 0; d < wanted.dims; d++) {
        wanted.size[d] = spec->size[d];
        wanted.parts[d] = spec->parts[d];
        wanted.periodic[d] = spec->boundary[d].kind == TERN_PERIODIC;
        s->boundary[d] = spec->boundary[d];
    }
    error = tern_grid_split(&wanted, tern_size(s->comm), &s->grid);
    if (error < 0)
        return error;
    tern_grid_block(&s->grid, tern_rank(s->comm), &s->block);
    s->weights.side = spec->diffusion;
    s->weights.centre = 1 - 2 * s->kernel->dims * spec->diffusion;
    s->margin = round_up(s->kernel->reach, LINE);
    s->pitch = round_up(s->margin + s->block.count[0] + s->kernel->reach, LINE);
    if (s->pitch * (int64_t)sizeof(double) % SET_BYTES == 0)
        s->pitch += LINE;
    return TERN_OK;
}

/* Rows of an array with its ghost cells. */
static int64_t rows(const tern_stencil *s)
{
    return tern_block_points(&s->block) > 0 ? s->block.count[1] + 2 * s->kernel->reach : 0;
}

static size_t array_bytes(const tern_stencil *s)
{
    return (size_t)(s->pitch * rows(s)) * sizeof(double);
}

/* Refuse what the node cannot hold, before the system kills a process for it.  Collective. */
static int check_memory(const tern_stencil *s)
{
    double mine = 2 * (double)array_bytes(s), all = 0;
    double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    MPI_Request request;

    if (MPI_Iallreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, tern_comm_node(s->comm), &request)
        != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Iallreduce failed");
    int error = tern_wait_mpi(s->comm, &request, "iallreduce", TERN_FOREVER);
    if (error >= 0 && all > have)
        error = tern_fail(TERN_ENOMEM, NULL,
                          "the grid needs %.3g GB on this node, which has %.3g: use more nodes or "
                          "a smaller grid",
                          all * 1e-9, have * 1e-9);
    return error;
}

/* Fill all rows with `value`, by the threads that will compute them: their first touch. */
static void fill(const tern_stencil *s, double *array, double value)
{
    int64_t all = rows(s);

#pragma omp parallel for schedule(static) num_threads(s->team)
    for (int64_t y = 0; y < all; y++)
        for (int64_t x = 0; x < s->pitch; x++)
            array[y * s->pitch + x] = value;
}

/* Set the ghost cells beyond the Dirichlet ends of the grid; nothing ever changes them. */
static void fill_boundary(const tern_stencil *s, double *first)
{
    int64_t nx = s->block.count[0], ny = s->block.count[1], reach = s->kernel->reach;
    const double *value = (double[]){s->boundary[0].value, s->boundary[1].value};
    bool low[2], high[2];

    for (int d = 0; d < 2; d++) {
        bool fixed = s->boundary[d].kind == TERN_DIRICHLET;
        low[d] = fixed && s->block.start[d] == 0;
        high[d] = fixed && s->block.start[d] + s->block.count[d] == s->grid.size[d];
    }
    for (int64_t y = -reach; y < ny + reach; y++) {
        bool beyond = (y < 0 && low[1]) || (y >= ny && high[1]);
        for (int64_t x = 0; x < nx && beyond; x++)
            first[y * s->pitch + x] = value[1];
        for (int64_t k = 0; k < reach && y >= 0 && y < ny; k++) {
            if (low[0])
                first[y * s->pitch - 1 - k] = value[0];
            if (high[0])
                first[y * s->pitch + nx + k] = value[0];
        }
    }
}

static int make_arrays(tern_stencil *s)
{
    size_t bytes = array_bytes(s);

    if (bytes == 0)
        return TERN_OK;
    for (int i = 0; i < 2; i++) {
        s->array[i] = tern_alloc(bytes);
        if (s->array[i] == NULL)
            return TERN_ENOMEM;
        fill(s, s->array[i], 0);
    }
    s->now = s->array[0] + s->kernel->reach * s->pitch + s->margin;
    s->next = s->array[1] + s->kernel->reach * s->pitch + s->margin;
    fill_boundary(s, s->now);
    fill_boundary(s, s->next);
    return TERN_OK;
}

/* Threads a rank: what was asked for, OMP_NUM_THREADS, or its share of the node.  Collective. */
static int choose_threads(tern_stencil *s, int wanted)
{
    s->threads = 1;
    int error = tern_share_threads(tern_comm_node(s->comm), wanted, &s->threads);
    int64_t useful = tern_block_points(&s->block) / SHARE + 1;
    s->team = s->threads < useful ? s->threads : (int)useful;
    return error;
}

static int open_halo(tern_stencil *s, const char *mode)
{
    tern_halo_spec spec = {
        .grid = s->grid,
        .type = MPI_DOUBLE,
        .stride = {1, s->pitch, s->pitch * rows(s)},
        .mode = mode,
    };
    for (int d = 0; d < s->grid.dims; d++)
        spec.width[d] = s->kernel->reach;
    return tern_halo_open(s->comm, &spec, &s->halo);
}

/* The steps of opening; each agrees with the other ranks before the next begins. */
static int set_up(tern_stencil *s, const tern_stencil_spec *spec)
{
    int error = tern_agree(s->comm, lay_out(s, spec));

    if (error >= 0)
        error = open_halo(s, spec->halo);
    if (error >= 0)
        error = tern_agree(s->comm, choose_threads(s, spec->threads));
    if (error >= 0)
        error = tern_agree(s->comm, check_memory(s));
    if (error >= 0)
        error = tern_agree(s->comm, make_arrays(s));
    return error;
}

int tern_stencil_open(tern_comm *c, const tern_stencil_spec *spec, tern_stencil **out)
{
    tern_stencil *s = calloc(1, sizeof(*s));
    int error =
        tern_agree(c, s != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for a solver"));

    if (error >= 0) {
        s->comm = c;
        error = set_up(s, spec);
    }
    if (error < 0) {
        tern_stencil_close(s);
        return error;
    }
    *out = s;
    return TERN_OK;
}

void tern_stencil_close(tern_stencil *s)
{
    if (s == NULL)
        return;
    tern_halo_close(s->halo);
    tern_free(s->array[0]);
    tern_free(s->array[1]);
    free(s);
}

static void sweep(const tern_stencil *s)
{
    int64_t n = s->block.count[0];

#pragma omp parallel for schedule(static) num_threads(s->team)
    for (int64_t y = 0; y < s->block.count[1]; y++)
        s->kernel->row(s->next + y * s->pitch, s->now + y * s->pitch, s->pitch, n, s->weights);
}

static int step(tern_stencil *s)
{
    double begin = tern_clock();
    int error = tern_halo_exchange(s->halo, s->now);

    if (error < 0)
        return error;
    s->work.halo += tern_clock() - begin;
    if (s->now != NULL)
        sweep(s);
    double *done = s->next;
    s->next = s->now;
    s->now = done;
    s->work.steps++;
    return TERN_OK;
}

int tern_stencil_run(tern_stencil *s, int64_t steps)
{
    double begin = tern_clock();
    int error = TERN_OK;

    for (int64_t i = 0; i < steps && error >= 0; i++)
        error = step(s);
    s->work.seconds += tern_clock() - begin;
    return error;
}

const tern_grid *tern_stencil_grid(const tern_stencil *s)
{
    return &s->grid;
}

int tern_stencil_threads(const tern_stencil *s)
{
    return s->threads;
}

const double *tern_stencil_field(const tern_stencil *s, tern_block *block, int64_t *pitch)
{
    *block = s->block;
    *pitch = s->pitch;
    return s->now;
}

void tern_stencil_worked(const tern_stencil *s, tern_stencil_work *out)
{
    *out = s->work;
}
