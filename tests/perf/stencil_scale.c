/* SPDX-License-Identifier: BSD-3-Clause */
/* Weak scaling from one rank to two, 2d5 of f64, as variants of one measurement: rank 0 alone on a
 * grid of X x Y, while rank 1 waits; both on one of X x 2 Y; and, as limits of the machine, each on
 * a grid of its own at the same time, without exchange, and with the least that there could be: as
 * many bytes as the ghost rows of a block of steps, and a flag, through shared memory.
 *
 *   stencil_scale X Y HALO SEED */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/solver.h"
#include "tern.h"

enum { STEPS = 32 }; /* in a repetition */
enum { ALONE, BOTH, APART, BY_HAND, VARIANTS };

struct work {
    tern_comm *comm, *self;
    tern_stencil *alone, *both;
    tern_bounce *line;
    tern_window *window;
    char *ghosts; /* of this rank, two blocks' */
    size_t bytes; /* of a block */
    uint64_t blocks;
};

/* In the window, for each rank: the number of the block whose rows are there. */
struct part {
    _Alignas(128) _Atomic uint64_t block;
    _Alignas(128) char rows[];
};

#include "hooks.h"

static struct part *part_of(const struct work *w, int rank)
{
    char *base = tern_window_base(w->window);

    return (struct part *)(void *)(base + (size_t)rank * (sizeof(struct part) + 2 * w->bytes));
}

/* Rows of two blocks have places of their own, so that one may be read while the next is written.
 */
static void exchange(struct work *w)
{
    struct part *mine = part_of(w, tern_rank(w->comm)), *other = part_of(w, 1 - tern_rank(w->comm));
    const size_t at = w->blocks % 2 * w->bytes;

    w->blocks++;
    memcpy(mine->rows + at, w->ghosts + at, w->bytes);
    atomic_store_explicit(&mine->block, w->blocks, memory_order_release);
    for (int looks = 0; atomic_load_explicit(&other->block, memory_order_acquire) < w->blocks;)
        if (++looks % 1024 == 0)
            sched_yield();
    memcpy(w->ghosts + at, other->rows + at, w->bytes);
}

static int run_by_hand(struct work *w, int64_t steps)
{
    int64_t tile;
    int depth, error = TERN_OK;

    tern_stencil_blocking(w->both, &depth, &tile);
    for (int64_t done = 0; done < steps && !error; done += depth) {
        error = tern_stencil_run(w->alone, steps - done < depth ? steps - done : depth);
        exchange(w);
    }
    return error;
}

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;
    const int64_t steps = (int64_t)repetitions * STEPS;

    if (variant == BY_HAND)
        return run_by_hand(w, steps);
    if (variant == BOTH)
        return tern_stencil_run(w->both, steps);
    return tern_rank(w->comm) == 0 || variant == APART ? tern_stencil_run(w->alone, steps)
                                                       : TERN_OK;
}

static int open_solver(tern_comm *c, char **argv, tern_stencil **out)
{
    const tern_stencil_spec spec = {
        .stencil = "2d5",
        .size = {strtoll(argv[1], NULL, 10), strtoll(argv[2], NULL, 10) * tern_size(c), 1},
        .halo = argv[3],
        .threads = 1,
    };
    int error = tern_stencil_open(c, &spec, out);

    error = error ? error : tern_stencil_begin(*out, &(tern_stencil_state){.name = "noise"});
    for (int i = 0; i < 64 && !error && (*out)->plans > 1; i++)
        error = tern_stencil_run(*out, STEPS);
    return error;
}

static int prepare_by_hand(struct work *w, size_t row)
{
    int64_t tile;
    int depth;

    tern_stencil_blocking(w->both, &depth, &tile);
    w->bytes = (size_t)depth * row * sizeof(double);
    w->ghosts = calloc(2, w->bytes);
    if (w->ghosts == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for ghost rows");
    return tern_window_open(tern_comm_node(w->comm), 2 * (sizeof(struct part) + 2 * w->bytes),
                            &w->window);
}

static int prepare(struct work *w, char **argv)
{
    int error = tern_comm_wrap(MPI_COMM_SELF, &w->self);

    error = error ? error : open_solver(w->comm, argv, &w->both);
    error = error ? error : open_solver(w->self, argv, &w->alone);
    error = error ? error : tern_bounce_open(tern_comm_node(w->comm), &w->line);
    return error ? error : prepare_by_hand(w, strtoull(argv[1], NULL, 10));
}

static int report(const struct work *w, const tern_stat_samples *s, char **argv)
{
    tern_stat_figure f, limit, hand, alone, both, line;
    int64_t tile;
    int depth, error = tern_stat_ratio(s, ALONE, BOTH, s->main, &f);

    error = error ? error : tern_stat_ratio(s, ALONE, APART, s->main, &limit);
    error = error ? error : tern_stat_ratio(s, ALONE, BY_HAND, s->main, &hand);
    error = error ? error : tern_stat_time(s, ALONE, s->main, &alone);
    error = error ? error : tern_stat_time(s, BOTH, s->main, &both);
    error = error ? error : tern_stat_probes(s, &line);
    tern_stencil_blocking(w->both, &depth, &tile);
    if (tern_rank(w->comm) != 0 || error)
        return error;
    printf("ratio %sx%s weak-scaling %.4f [%.4f-%.4f]\n", argv[1], argv[2], f.median, f.min, f.max);
    printf("ratio %sx%s without-exchange %.4f [%.4f-%.4f]\n", argv[1], argv[2], limit.median,
           limit.min, limit.max);
    printf("ratio %sx%s by-hand %.4f [%.4f-%.4f]\n", argv[1], argv[2], hand.median, hand.min,
           hand.max);
    printf("# alone %.3f us a step, at best %.3f, both at best %.3f, blocks of %d steps, tiles of "
           "%lld, halo %s, %zu rounds, cache line %.0f ns\n",
           alone.median / STEPS * 1e6, alone.min / STEPS * 1e6, both.min / STEPS * 1e6, depth,
           (long long)tile, argv[3], f.n, line.median * 1e9);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};
    tern_stat_samples *samples = NULL;

    if (tern_init(&argc, &argv) < 0 || argc < 5)
        return 2;
    w.comm = tern_world();
    int error = prepare(&w, argv);
    error = error ? error
                  : tern_stat_measure(
                      &(tern_stat_plan){
                          .variants = VARIANTS,
                          .run = run,
                          .start = start,
                          .agree = agree,
                          .probe = probe,
                          .context = &w,
                          .narrow = 0.005,
                          .seconds = 12,
                          .least_rounds = 5,
                          .seed = strtoull(argv[4], NULL, 10),
                      },
                      &samples);
    error = error ? error : report(&w, samples, argv);
    if (error)
        fprintf(stderr, "stencil_scale: %s\n", tern_last_error());
    tern_stat_free(samples);
    tern_bounce_close(w.line);
    tern_window_close(w.window);
    free(w.ghosts);
    tern_stencil_close(w.alone);
    tern_stencil_close(w.both);
    tern_comm_free(w.self);
    tern_finalize();
    return error ? 2 : 0;
}
