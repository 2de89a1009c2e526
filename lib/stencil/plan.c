/* SPDX-License-Identifier: BSD-3-Clause */
/* Which blocks to try: as many steps and as wide tiles as the wavefronts of all threads leave room
 * for in the cache.  The run itself finds out which is best (solver.c). */
#include "config.h"

#include "stencil/solver.h"

#include <unistd.h>

/* Parts of the caches that a wavefront may fill: the second level is the thread's own; the third is
 * shared, also with what passes through (../shared/field/stencil.md 3.1 and 3.2). */
static const double share_l2 = 0.75, share_l3 = 0.4;

/* What the plans depend on, the same on all ranks. */
struct machine {
    double l2, l3; /* bytes for one thread */
    double threads;
};

static double cache(int name, double otherwise)
{
    long bytes = sysconf(name);

    return bytes > 0 ? (double)bytes : otherwise;
}

/* The poorest rank decides. */
static int look(const tern_stencil *s, struct machine *m)
{
    double least[3] = {512e3, 2e6, -s->threads};
    int ranks, error;

    MPI_Comm_size(tern_comm_node(s->comm), &ranks);
#ifdef _SC_LEVEL3_CACHE_SIZE
    least[0] = cache(_SC_LEVEL2_CACHE_SIZE, least[0]);
    least[1] = cache(_SC_LEVEL3_CACHE_SIZE, 4e6) / (ranks * s->threads);
#endif
    error = tern_allreduce(s->comm, MPI_IN_PLACE, least, 3, MPI_DOUBLE, MPI_MIN);
    *m = (struct machine){least[0], least[1], -least[2]};
    return error;
}

/* What there is to plan for: the shape is known, the arrays are not yet. */
struct task {
    const tern_stencil *s;
    struct machine machine;
    int64_t count[DIMS]; /* of the smallest block */
    int64_t thin;        /* least number of points between ranks, INT64_MAX if none is exchanged */
    double element;
};

static void add(tern_stencil *s, int depth, int64_t x, int64_t y, bool stream)
{
    struct blocking b = {.depth = depth, .tile = {x, y}, .stream = stream};

    if (s->plans < MOST_PLANS)
        s->plan[s->plans++] = b;
}

static int64_t line_of(double n, int64_t least, int64_t most)
{
    int64_t whole = (int64_t)n / 64 * 64;

    whole = whole < least ? least : whole;
    return whole >= most ? 0 : whole; /* 0: all */
}

/* Width of a tile whose wavefront of `depth` steps takes `bytes`, in the plane. */
static int64_t width_plane(const struct task *t, int depth, double bytes)
{
    int reach = t->s->shape.reach[1];
    double rows = depth * reach + 4 + 2 * reach;

    return line_of(bytes / (2 * rows * t->element), 256, t->count[0]);
}

/* The same in space, in rows of `x` points. */
static int64_t width_space(const struct task *t, int depth, double bytes)
{
    int reach = t->s->shape.reach[2];
    double planes = depth * reach + 1 + 2 * reach;
    double rows = bytes / (2 * planes * (double)t->count[0] * t->element);
    int64_t least = INT64_C(4) * t->s->shape.reach[1], wanted = (int64_t)rows / 4 * 4;

    wanted = wanted < least ? least : wanted;
    return wanted >= t->count[1] ? 0 : wanted;
}

static void add_blocks(tern_stencil *s, const struct task *t)
{
    const double l2 = share_l2 * t->machine.l2, l3 = share_l3 * t->machine.l3;
    static const int depths[] = {16, 8, 32, 4};
    const int reach = s->shape.reach[s->grid.dims - 1];

    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        int depth = depths[i];
        bool fits = t->thin == INT64_MAX || (int64_t)depth * reach <= t->thin / 4;
        if (!fits || (depth > 16 && reach > 1))
            continue;
        if (s->grid.dims == 2)
            add(s, depth, width_plane(t, depth, depth > 16 ? l3 : l2), 0, false);
        else if (depth <= 8)
            add(s, depth, 0, width_space(t, depth, l3), false);
    }
    if (s->grid.dims == 3)
        add(s, 4, 0, width_space(t, 4, l2), false);
}

static void look_at_grid(const tern_stencil *s, struct task *t)
{
    t->thin = INT64_MAX;
    for (int d = 0; d < DIMS; d++) {
        t->count[d] = tern__most(1, s->grid.size[d] / s->grid.parts[d]);
        if (tern__exchanged(s, d))
            t->thin = tern__least(t->thin, t->count[d]);
    }
}

/* Blocks in the cache save messages, not memory. */
static void choose(tern_stencil *s, const struct task *t)
{
    double points = 1;
    bool messages = s->grid.ranks > 1;

    for (int d = 0; d < DIMS; d++)
        points *= (double)t->count[d];
    double bytes = 2 * points * t->element, cached = t->machine.threads * t->machine.l2;
    if (bytes > cached) {
        add_blocks(s, t);
    } else if (messages) {
        for (int depth = 4; depth <= 8; depth *= 2)
            if ((int64_t)depth * s->shape.reach[0] <= t->thin / 2)
                add(s, depth, 0, 0, false);
    }
    add(s, 1, 0, 0, bytes > 2 * t->machine.threads * t->machine.l3);
}

int tern__plan(tern_stencil *s, const tern_stencil_spec *spec)
{
    struct task task = {.s = s, .element = s->type == TERN_STENCIL_F64 ? 8 : 4};
    int error = look(s, &task.machine);

    if (error < 0)
        return error;
    look_at_grid(s, &task);
    if (spec->block == 0) {
        choose(s, &task);
        return TERN_OK;
    }
    int depth = (int)spec->block;
    const double bytes = share_l2 * task.machine.l2;
    int64_t width = spec->tile / 64 * 64;
    if (s->grid.dims == 3)
        add(s, depth, 0, spec->tile > 0 ? spec->tile : width_space(&task, depth, bytes), false);
    else
        add(s, depth, spec->tile > 0 ? tern__most(width, 64) : width_plane(&task, depth, bytes), 0,
            false);
    if (depth == 1)
        s->plan[0].tile[0] = s->plan[0].tile[1] = 0;
    return TERN_OK;
}
