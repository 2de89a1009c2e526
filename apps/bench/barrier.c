/* SPDX-License-Identifier: BSD-3-Clause */
/* Barriers of all ranks, however many share a core. */
#include "bench/bench.h"

static int raw_barrier(struct bench *b, const struct variant *v)
{
    return MPI_Barrier(b->raw) ? tern_fail(TERN_EMPI, NULL, "%s failed", v->name) : TERN_OK;
}

static int layer_barrier(struct bench *b, const struct variant *v)
{
    (void)v;
    return tern_barrier(b->comm);
}

static const struct way raw = {.send = raw_barrier}, layer = {.send = layer_barrier};

static int barriers(struct bench *b, const struct variant *v, uint64_t repetitions)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < repetitions && !error; i++)
        error = v->way->send(b, v);
    return error;
}

static const struct variant variants[] = {
    {"MPI_Barrier", "mpi", NULL, &raw, TERN_STANDARD},
    {"tern_barrier", "tern", "MPI_Barrier", &layer, TERN_STANDARD},
    {0},
};

const struct command bench_barrier = {
    .name = "barrier",
    .help = "barrier of all ranks, of the layer and of MPI",
    .variants = variants,
    .run = barriers,
};
