/* SPDX-License-Identifier: BSD-3-Clause */
/* A sum in whole numbers has no order, so neither ranks nor threads can change it; the index inside
 * makes a value in the wrong place count. */
#include "config.h"

#include "stencil/solver.h"

#include <string.h>

int tern_stencil_checksum(const tern_stencil *s, uint64_t *out)
{
    const int64_t *start = s->block.start, *count = s->block.count;
    uint64_t sum = 0;

#pragma omp parallel for schedule(static) num_threads(s->team) reduction(+ : sum)
    for (int64_t y = 0; y < count[1]; y++)
        for (int64_t x = 0; x < count[0]; x++) {
            uint64_t index = (uint64_t)(start[0] + x + (start[1] + y) * s->grid.size[0]), bits;
            memcpy(&bits, &s->now[y * s->pitch + x], sizeof(bits));
            sum += tern_mix(bits ^ tern_mix(index));
        }
    int error = tern_allreduce(s->comm, MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM);
    if (error >= 0)
        *out = sum;
    return error;
}
