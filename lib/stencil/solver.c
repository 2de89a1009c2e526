/* SPDX-License-Identifier: BSD-3-Clause */
/* The solver loop: two arrays with ghost cells, of which each step reads one and writes the other,
 * in blocks of steps between which the ranks exchange their ghost cells. */
#include "config.h"

#include "stencil/solver.h"
#include "topo/topo.h"

#include <stdlib.h>
#include <string.h>

enum { SHARE = 4096 }; /* points, some 2 us, that are worth waking a thread for */

/* Trials of the plans: after so long they are over, and plans slower than this are dropped. */
static const double TRIAL_SECONDS = 0.5, NEAR = 1.15;

/* A block of a small grid takes no longer than one message that is late, so several in a row, of so
 * many points in all, are one trial, and there are more rounds. */
enum { TRIAL_POINTS = 1 << 18, ROUNDS = 2, ROUNDS_SMALL = 4 };

/* Threads a rank: what was asked for, OMP_NUM_THREADS, or its share of the node.  Collective. */
static int choose_threads(tern_stencil *s, int wanted)
{
    s->threads = 1;
    return tern_share_threads(tern_comm_node(s->comm), wanted, &s->threads);
}

static int check_spec(tern_stencil *s, const tern_stencil_spec *spec)
{
    if (spec->threads < 0)
        return tern_fail(TERN_EINVAL, NULL, "%d threads", spec->threads);
    if (spec->block < 0 || spec->block > MOST_DEPTH || spec->tile < 0)
        return tern_fail(TERN_EINVAL, NULL,
                         "blocks of %lld steps with tiles of %lld points: 0 to %d steps",
                         (long long)spec->block, (long long)spec->tile, MOST_DEPTH);
    int error = tern__set_type(s, spec);
    if (error < 0)
        return error;
    error = tern__kernels_find(spec->isa, &s->kernels);
    return error >= 0 ? tern__set_shape(s, spec) : error;
}

static int open_halo(tern_stencil *s, int depth)
{
    tern_halo_spec spec = {
        .grid = s->grid,
        .type = tern__mpi_type(s),
        .stride = {1, s->pitch, s->plane},
        .mode = s->halo_mode,
        .fields = depth > 1 && tern__leaps(s) ? 2 : 1,
        .corners = depth > 1 || (s->shape.family >= FAMILY_BOX2_1),
    };

    for (int d = 0; d < s->grid.dims; d++)
        spec.width[d] = tern__exchanged(s, d) ? (int64_t)depth * s->shape.reach[d] : 0;
    return tern_halo_open(s->comm, &spec, &s->halo[depth]);
}

static int open_halos(tern_stencil *s)
{
    int error = TERN_OK;

    for (int i = 0; i < s->plans && error >= 0; i++)
        if (s->halo[s->plan[i].depth] == NULL)
            error = open_halo(s, s->plan[i].depth);
    return error;
}

/* The steps of opening; each agrees with the other ranks before the next begins. */
static int set_up(tern_stencil *s, const tern_stencil_spec *spec)
{
    const tern_stencil_spec single = {.block = 1};
    int error = tern_agree(s->comm, check_spec(s, spec));

    if (error >= 0)
        error = tern_agree(s->comm, choose_threads(s, spec->threads));
    if (error >= 0)
        error = tern_agree(s->comm, tern__lay_out(s, spec));
    if (error >= 0)
        error = tern__plan(s, tern__in_place(s) ? &single : spec);
    if (error < 0)
        return error;
    tern__set_strides(s);
    s->arrays = spec->equation == TERN_POISSON || spec->coefficient != NULL ? 3 : 2;
    s->team = (int)tern__least(s->threads, tern_block_points(&s->block) / SHARE + 1);
    s->halo_mode = spec->halo;
    error = tern_agree(s->comm, tern__check_memory(s));
    if (error >= 0)
        error = open_halos(s);
    if (error >= 0)
        error = tern_agree(s->comm, tern__make_arrays(s));
    if (error >= 0)
        error = tern_agree(s->comm, tern__make_source(s, spec));
    return error >= 0 && spec->coefficient != NULL ? tern__make_coefficient(s, spec) : error;
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
    s->halo_mode = NULL; /* the caller's */
    *out = s;
    return TERN_OK;
}

void tern_stencil_close(tern_stencil *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i <= MOST_DEPTH; i++)
        tern_halo_close(s->halo[i]);
    tern_free(s->array[0]);
    tern_free(s->array[1]);
    tern_free(s->source_array);
    tern_free(s->coefficient_array);
    tern__norms_drop(s);
    free(s);
}

/* ---- Running --------------------------------------------------------------------------------- */

/* The ghost cells beyond the ends of the grid, beside those that have come. */
static void fill(const tern_stencil *s, int depth)
{
    struct range known;

    if (!s->live || s->now == NULL)
        return;
    tern__extent(s, depth, &known);
    tern__fill_live(s, s->now, &known, s->work.steps);
}

/* The same but for those beside the caller's own points, which are as new as these. */
static void fill_beside(const tern_stencil *s, int depth)
{
    struct range own, rest;

    if (!s->live)
        return;
    tern__extent(s, 0, &own);
    tern__extent(s, depth, &rest);
    for (int d = s->grid.dims - 1; d >= 0; d--) {
        struct range low = rest, high = rest;
        low.high[d] = own.low[d];
        high.low[d] = own.high[d];
        tern__fill_live(s, s->now, &low, s->work.steps);
        tern__fill_live(s, s->now, &high, s->work.steps);
        rest.low[d] = own.low[d];
        rest.high[d] = own.high[d];
    }
}

static int start(tern_stencil *s, int depth)
{
    double begin = tern_clock();
    int error = tern_halo_start_fields(s->halo[depth], (void *[]){s->now, s->next});

    s->work.halo += tern_clock() - begin;
    return error;
}

static int finish(tern_stencil *s, int depth)
{
    double begin = tern_clock();
    int error = tern_halo_finish(s->halo[depth]);

    s->work.halo += tern_clock() - begin;
    return error;
}

/* The same as start() and finish(), but that a look at the clock takes as long as a small exchange.
 */
int tern__get_ghosts(tern_stencil *s, int depth)
{
    const double begin = tern_clock();
    int error = tern_halo_exchange_fields(s->halo[depth], (void *[]){s->now, s->next});

    s->work.halo += tern_clock() - begin;
    if (error >= 0)
        fill(s, depth);
    return error;
}

/* Steps that begin while the ghost cells are exchanged. */
static int overlap(tern_stencil *s, const struct blocking *how, int steps)
{
    int error = start(s, how->depth);

    if (error < 0)
        return error;
    tern__block_inner(s, how, steps);
    error = finish(s, how->depth);
    if (error < 0)
        return error;
    fill_beside(s, how->depth);
    tern__block_rim(s, how, steps);
    return TERN_OK;
}

/* One exchange and the steps that it is enough for. */
static int exchange_and_compute(tern_stencil *s, const struct blocking *how, int steps)
{
    if (s->now != NULL && how->overlap && s->warm && tern__block_splits(s, how, steps))
        return overlap(s, how, steps);
    int error = tern__get_ghosts(s, how->depth);
    if (error >= 0 && s->now != NULL)
        tern__block(s, how, steps);
    return error;
}

/* One block. */
static int advance(tern_stencil *s, const struct blocking *how, int steps)
{
    int error = exchange_and_compute(s, how, steps);

    if (error < 0)
        return error;
    if (steps % 2 != 0) {
        char *done = s->next;
        s->next = s->now;
        s->now = done;
    }
    s->work.steps += steps;
    s->warm = true;
    return TERN_OK;
}

/* Points of a rank, the same on all. */
static double share(const tern_stencil *s)
{
    double points = 1.0 / s->grid.ranks;

    for (int d = 0; d < s->grid.dims; d++)
        points *= (double)s->grid.size[d];
    return points;
}

/* Blocks of a trial. */
static int row_of(const tern_stencil *s, const struct blocking *how)
{
    return s->round == 0 ? 1 : 1 + (int)(TRIAL_POINTS / (share(s) * how->depth));
}

/* Keep the plan whose slowest rank was the fastest, and, while there is time for another round,
 * those that came near it. */
static int settle(tern_stencil *s)
{
    double time[MOST_PLANS + 1]; /* and of all trials together */
    int best = 0, kept = 1;

    memcpy(time, s->trial, sizeof(s->trial));
    time[s->plans] = s->tried;
    int error =
        tern_allreduce(s->comm, MPI_IN_PLACE, time, (size_t)s->plans + 1, MPI_DOUBLE, MPI_MAX);
    const bool small = share(s) < TRIAL_POINTS;
    const bool last =
        ++s->round >= (small ? ROUNDS_SMALL : ROUNDS) || time[s->plans] > TRIAL_SECONDS;
    const double near = small && s->round == 1 ? INFINITY : NEAR;
    for (int i = 1; i < s->plans; i++)
        if (time[i] < time[best])
            best = i;
    const struct blocking first = s->plan[0];
    s->plan[0] = s->plan[best];
    s->plan[best] = first;
    s->trial[best] = s->trial[0];
    s->trial[0] = time[best];
    time[best] = time[0];
    for (int i = 1; i < s->plans && !last; i++)
        if (time[i] < near * s->trial[0]) {
            s->plan[kept] = s->plan[i];
            s->trial[kept++] = s->trial[i];
        }
    s->plans = kept;
    s->trials = 0;
    return error;
}

/* Each plan is tried on steps that have to be done anyway, the good ones again: the first time the
 * cache is still full of the plan before. */
static int try(tern_stencil *s)
{
    const struct blocking *how = &s->plan[s->trials];
    const int row = row_of(s, how), warming = row > 1;
    double begin = tern_clock();
    int error = advance(s, how, how->depth);
    double seconds = tern_clock() - begin;

    s->tried += seconds;
    s->lap = s->laps < warming ? 0 : s->lap + seconds;
    if (++s->laps < row + warming || error < 0)
        return error;
    seconds = s->lap / row / how->depth;
    if (s->round <= warming || seconds < s->trial[s->trials])
        s->trial[s->trials] = seconds;
    s->lap = s->laps = 0;
    return ++s->trials == s->plans ? settle(s) : TERN_OK;
}

int tern_stencil_run(tern_stencil *s, int64_t steps)
{
    double begin = tern_clock();
    int64_t end = s->work.steps + steps;
    int error = TERN_OK;

    s->warm = false; /* the caller may have changed the points */
    s->described = 0;
    if (tern__leaps(s) && s->work.steps == 0 && steps > 0)
        error = advance(s, &s->plan[0], 1); /* which has no step before */
    while (s->work.steps < end && error >= 0) {
        int64_t left = end - s->work.steps;
        const struct blocking *how = &s->plan[0];
        if (tern__in_place(s))
            error = tern__sor_sweep(s);
        else if (s->plans > 1 && left >= s->plan[s->trials].depth)
            error = try(s);
        else
            error = advance(s, how, (int)tern__least(left, how->depth));
    }
    s->work.seconds += tern_clock() - begin;
    return error;
}

/* ---- Questions ------------------------------------------------------------------------------- */

const tern_grid *tern_stencil_grid(const tern_stencil *s)
{
    return &s->grid;
}

int tern_stencil_threads(const tern_stencil *s)
{
    return s->threads;
}

void tern_stencil_blocking(const tern_stencil *s, int *steps, int64_t *tile)
{
    *steps = s->plan[0].depth;
    *tile = s->plan[0].tile[s->grid.dims - 2];
}

double tern_stencil_diffusion(const tern_stencil *s)
{
    return s->number;
}

const char *tern_stencil_isa(const tern_stencil *s)
{
    return s->kernels->isa;
}

const double *tern_stencil_field(const tern_stencil *s, tern_block *block, int64_t *pitch)
{
    int64_t strides[DIMS];
    const void *first = tern_stencil_points(s, block, strides);

    *pitch = strides[1];
    return s->type == TERN_STENCIL_F64 ? first : NULL;
}

const void *tern_stencil_points(const tern_stencil *s, tern_block *block, int64_t strides[DIMS])
{
    *block = s->block;
    strides[0] = 1;
    strides[1] = s->pitch;
    strides[2] = s->plane;
    return s->now;
}

void tern_stencil_worked(const tern_stencil *s, tern_stencil_work *out)
{
    *out = s->work;
}
