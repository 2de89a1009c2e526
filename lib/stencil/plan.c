/* SPDX-License-Identifier: BSD-3-Clause */
/* Which blocks to try: as many steps and as wide tiles as the wavefronts of all threads leave room
 * for in the cache.  The run itself finds out which is best (solver.c). */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>
#include <unistd.h>

/* Parts of the caches that a wavefront may fill: the second level is the thread's own; the third is
 * shared, also with what passes through (../shared/field/stencil.md 3.1 and 3.2), and with other
 * machines where this one is virtual, so of a large one no more than MOST_L3 is counted on. */
static const double share_l2 = 0.75, share_l3 = 0.4;
enum { MOST_L3 = 16 << 20 };

/* An array with its ghost cells takes at most this many times the memory of its points, unless it
 * is small: bytes. */
enum { MOST_BLOAT = 4, SMALL = 4 << 20 };

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
    least[1] = fmin(MOST_L3, cache(_SC_LEVEL3_CACHE_SIZE, 4e6) / (ranks * s->threads));
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
    double bytes; /* of both arrays */
    bool cached;  /* all of them */
};

static void add(tern_stencil *s, const struct blocking *b)
{
    for (int i = 0; i < s->plans; i++)
        if (s->plan[i].depth == b->depth && s->plan[i].stream == b->stream
            && s->plan[i].band == b->band && s->plan[i].overlap == b->overlap
            && s->plan[i].tile[0] == b->tile[0] && s->plan[i].tile[1] == b->tile[1])
            return;
    if (s->plans < MOST_PLANS)
        s->plan[s->plans++] = *b;
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

/* A block of `depth` steps whose wavefront takes `bytes`. */
static struct blocking block_of(const struct task *t, int depth, double bytes)
{
    struct blocking b = {.depth = depth};

    if (t->s->grid.dims == 2)
        b.tile[0] = width_plane(t, depth, bytes);
    else
        b.tile[1] = width_space(t, depth, bytes);
    return b;
}

/* Whether so many steps leave something of the ranks' blocks, and of a tile, between what a step
 * needs of its neighbours. */
static bool suits(const struct task *t, int depth)
{
    const int64_t deep = (int64_t)depth * t->s->shape.reach[t->s->grid.dims - 1];

    return deep <= (t->s->grid.dims == 2 ? 32 : 8) && (t->thin == INT64_MAX || deep <= t->thin / 4);
}

/* The best guess first, and the same for the third level of the cache. */
static void add_blocks(tern_stencil *s, const struct task *t)
{
    const double l2 = share_l2 * t->machine.l2, l3 = share_l3 * t->machine.l3;
    static const int plane[] = {32, 16, 8, 4}, space[] = {8, 4, 2, 1};

    for (int i = 0; i < 4; i++) {
        const int depth = s->grid.dims == 2 ? plane[i] : space[i];
        const struct blocking near = block_of(t, depth, l2), far = block_of(t, depth, l3);
        if (depth == 1 || !suits(t, depth))
            continue;
        const bool first = s->plans == 0;
        add(s, &near);
        if (first)
            add(s, &far);
    }
}

/* Single steps through memory.  Ordinary stores fetch the lines that they write: the fewer rows at
 * once, the better the processor foresees what is needed; of streamed ones, four rows at once are
 * sometimes better. */
static void add_sweeps(tern_stencil *s, const struct task *t)
{
    struct blocking b = block_of(t, 1, share_l2 * t->machine.l2);
    const bool blocks = s->plans > 0;

    b.tile[0] = 0;
    b.stream = true;
    add(s, &b);
    if (blocks)
        return;
    b.band = 1;
    add(s, &b);
    b.stream = false;
    add(s, &b);
}

static void look_at_grid(const tern_stencil *s, struct task *t)
{
    t->thin = INT64_MAX;
    t->bytes = 2 * t->element;
    for (int d = 0; d < DIMS; d++) {
        t->count[d] = tern__most(1, s->grid.size[d] / s->grid.parts[d]);
        t->bytes *= (double)t->count[d];
        if (tern__exchanged(s, d))
            t->thin = tern__least(t->thin, t->count[d]);
    }
    t->cached = t->bytes <= t->machine.threads * t->machine.l2;
}

/* Steps in the cache: blocks save messages, not memory. */
static void add_cached(tern_stencil *s, const struct task *t, bool single)
{
    for (int depth = 4; depth <= 8 && s->grid.ranks > 1 && !single; depth *= 2)
        if ((int64_t)depth * s->shape.reach[0] <= t->thin / 2)
            add(s, &(struct blocking){.depth = depth, .whole = true});
    add(s, &(struct blocking){.depth = 1});
}

static void choose(tern_stencil *s, const struct task *t, bool single)
{
    if (t->cached) {
        add_cached(s, t, single);
        return;
    }
    if (!single)
        add_blocks(s, t);
    if (t->bytes > 2 * t->machine.threads * t->machine.l3)
        add_sweeps(s, t);
    else
        add(s, &(struct blocking){.depth = 1});
}

/* Whether messages and computation overlap makes little difference to any but the best. */
static void add_overlap(tern_stencil *s, enum tern_overlap overlap)
{
    const int n = s->plans;

    if (s->grid.ranks == 1 || overlap == TERN_OVERLAP_NEVER)
        return;
    for (int i = 0; i < n; i++) {
        struct blocking b = s->plan[i];
        b.overlap = !b.stream;
        if (overlap == TERN_OVERLAP_ALWAYS)
            s->plan[i] = b;
        else if (i == 0 || b.whole)
            add(s, &b);
    }
}

/* Whether the ghost cells of so many steps make the largest block much larger: they are computed as
 * well, and the buffers of the exchange hold them again. */
static bool bloats(const struct task *t, int depth)
{
    const tern_stencil *s = t->s;
    double own = 1, all = 1; /* points */

    for (int d = 0; d < s->grid.dims; d++) {
        const int64_t count = (s->grid.size[d] + s->grid.parts[d] - 1) / s->grid.parts[d];
        const int64_t deep = tern__exchanged(s, d) ? (int64_t)depth * s->shape.reach[d] : 0;
        own *= (double)count;
        all *= (double)(count + 2 * deep);
    }
    return all * t->element > SMALL && all > MOST_BLOAT * own;
}

/* What the caller has asked for, or as much of it as memory is worth. */
static struct blocking wanted(const struct task *t, const tern_stencil_spec *spec)
{
    int depth = (int)spec->block;

    while (depth > 1 && bloats(t, depth))
        depth--;
    struct blocking b = block_of(t, depth, share_l2 * t->machine.l2);

    b.whole = t->cached && spec->tile == 0;
    if (spec->tile > 0 && t->s->grid.dims == 3)
        b.tile[1] = spec->tile;
    else if (spec->tile > 0)
        b.tile[0] = tern__most(spec->tile / 64 * 64, 64);
    return b;
}

int tern__plan(tern_stencil *s, const tern_stencil_spec *spec)
{
    struct task task = {.s = s, .element = (double)s->element};
    int error = look(s, &task.machine);

    if (error < 0)
        return error;
    look_at_grid(s, &task);
    if (spec->block <= 1) {
        choose(s, &task, spec->block == 1);
    } else {
        const struct blocking b = wanted(&task, spec);
        add(s, &b);
    }
    add_overlap(s, spec->overlap);
    return TERN_OK;
}
