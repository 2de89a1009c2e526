/* SPDX-License-Identifier: BSD-3-Clause */
/* A sum in whole numbers has no order, so neither ranks nor threads can change it; the index inside
 * makes a value in the wrong place count. */
#include "config.h"

#include "stencil/solver.h"

#include <string.h>

static uint64_t sum_of_row(const tern_stencil *s, int64_t y, int64_t z)
{
    const int64_t *start = s->block.start, *size = s->grid.size;
    const int64_t first = start[0] + size[0] * (start[1] + y + size[1] * (start[2] + z));
    const char *row = s->now + tern__at(s, 0, y, z) * (int64_t)s->element;
    uint64_t sum = 0;

    for (int64_t x = 0; x < s->block.count[0]; x++) {
        uint64_t bits = 0;
        switch (s->type) {
        case TERN_STENCIL_F64: memcpy(&bits, row + x * 8, 8); break;
        case TERN_STENCIL_F32: memcpy(&bits, row + x * 4, 4); break;
        default: memcpy(&bits, row + x, 1);
        }
        sum += tern_mix(bits ^ tern_mix((uint64_t)(first + x)));
    }
    return sum;
}

int tern_stencil_checksum(const tern_stencil *s, uint64_t *out)
{
    uint64_t sum = 0;

#pragma omp parallel for collapse(2) schedule(static) num_threads(s->team) reduction(+ : sum)
    for (int64_t z = 0; z < s->block.count[2]; z++)
        for (int64_t y = 0; y < s->block.count[1]; y++)
            sum += sum_of_row(s, y, z);
    int error = tern_allreduce(s->comm, MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM);
    if (error >= 0)
        *out = sum;
    return error;
}
