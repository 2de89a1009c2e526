/* SPDX-License-Identifier: BSD-3-Clause */
/* The cache-line probe: ranks 0 and 1 of a node count one shared word up in turns, rank 0 to odd
 * numbers, rank 1 to even ones.  Rank 0 holds the clock: it ends a measurement that takes too long,
 * and writes the result into a line of its own, for which the other ranks look in their sleep. */
#include "config.h"

#include "topo/topo_private.h"

#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    BATCHES = 5,
    CROSSINGS = 2000, /* a batch; even */
    POLLS = 500,      /* before a core is given away; some 0.5 us: two sockets are nearer */
    NAP = 20000,      /* ns between two looks of the ranks that do not take part */
    LINE = 128        /* bytes: two cache lines, which prefetchers fetch as a pair */
};
static const double LIMIT = 0.02; /* seconds */

/* In the shared window.  C11 atomics work between processes because they are lock-free. */
struct shared {
    _Alignas(LINE) _Atomic uint32_t turn;  /* the bouncing line: crossings so far; STOP ends it */
    _Alignas(LINE) _Atomic uint32_t round; /* measurements finished */
    double seconds;                        /* result of the last one */
};
static const uint32_t STOP = UINT32_MAX;

struct tern_bounce {
    MPI_Comm node; /* borrowed */
    tern_window *window;
    struct shared *shared;
    uint32_t round; /* measurements begun */
    int rank, size;
};

/* Wait until the word has left `value`; what it became.  `slow` is set if the core was given away.
 */
static uint32_t wait_change(_Atomic uint32_t *turn, uint32_t value, bool *slow)
{
    uint32_t now;

    for (int polls = 0; (now = atomic_load_explicit(turn, memory_order_acquire)) == value; polls++)
        if (polls >= POLLS) {
            sched_yield();
            *slow = true;
        }
    return now;
}

/* Rank 1: answer every odd number with the next even one, until rank 0 stops. */
static void answer(struct shared *s)
{
    bool slow;

    for (uint32_t turn = 0; (turn = wait_change(&s->turn, turn, &slow)) != STOP;)
        atomic_store_explicit(&s->turn, ++turn, memory_order_release);
    atomic_store(&s->turn, 0); /* rank 0 looks again after the next barrier */
}

/* Rank 0: one batch.  Seconds for a crossing, NaN if `deadline` passed first. */
static double batch(struct shared *s, uint32_t *turn, tern_deadline deadline)
{
    double start = tern_clock();
    bool slow = false; /* look at the clock rarely, unless crossings take long */

    for (int i = 0; i < CROSSINGS; i += 2) {
        atomic_store_explicit(&s->turn, ++*turn, memory_order_release);
        *turn = wait_change(&s->turn, *turn, &slow);
        if ((slow || i % 128 == 0) && tern_clock() > deadline)
            return NAN;
        slow = false;
    }
    return (tern_clock() - start) / CROSSINGS;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double measure(struct shared *s)
{
    double batches[BATCHES];
    uint32_t turn = 0;
    tern_deadline deadline = tern_after(LIMIT);
    int n = 0;

    while (n < BATCHES && !isnan(batches[n] = batch(s, &turn, deadline)))
        n++;
    qsort(batches, (size_t)n, sizeof(batches[0]), compare);
    return n > 0 ? batches[n / 2] : NAN;
}

int tern_bounce_measure(tern_bounce *b, double *seconds)
{
    MPI_Request barrier;
    struct shared *s = b->shared;

    if (b->size < 2) {
        *seconds = NAN;
        return TERN_OK;
    }
    int error = tern__topo_mpi(MPI_Ibarrier(b->node, &barrier), "MPI_Ibarrier");
    if (!error)
        error = tern__topo_wait(1, &barrier);
    if (error)
        return error;
    b->round++;
    if (b->rank == 0) {
        s->seconds = measure(s);
        atomic_store(&s->turn, STOP);
        atomic_store(&s->round, b->round);
    } else if (b->rank == 1) {
        answer(s);
    }
    while (atomic_load(&s->round) != b->round)
        nanosleep(&(struct timespec){.tv_nsec = NAP}, NULL);
    *seconds = s->seconds;
    return TERN_OK;
}

int tern_bounce_open(MPI_Comm node, tern_bounce **out)
{
    tern_bounce *b = calloc(1, sizeof(*b));
    int mine = b != NULL, all = 0;

    int error =
        tern__topo_mpi(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, node), "MPI_Allreduce");
    if (!error && !all)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for the cache-line probe");
    if (error || b == NULL)
        goto free_probe;
    b->node = node;
    error = tern__topo_mpi(MPI_Comm_rank(node, &b->rank), "MPI_Comm_rank");
    if (!error)
        error = tern__topo_mpi(MPI_Comm_size(node, &b->size), "MPI_Comm_size");
    if (!error && b->size > 1)
        error = tern_window_open(node, sizeof(struct shared), &b->window);
    if (error)
        goto free_probe;
    b->shared = b->window != NULL ? tern_window_base(b->window) : NULL;
    *out = b;
    return TERN_OK;

free_probe:
    free(b);
    return error;
}

void tern_bounce_close(tern_bounce *b)
{
    if (b == NULL)
        return;
    tern_window_close(b->window);
    free(b);
}
