/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of each rank of a node that the others see. */
#ifndef TERN_GRID_SEGMENT_H
#define TERN_GRID_SEGMENT_H

#include "msg/msg.h"

struct segment {
    MPI_Win win; /* MPI_WIN_NULL: not open */
    int rank, size;
    char **of; /* of each rank of the node, aligned to 128 bytes */
};

/* `bytes` for the caller.  Collective over the ranks of c's node; all of them fail, or none. */
int tern__segment_open(tern_comm *c, size_t bytes, struct segment *out);

/* Wait until all ranks of the node have come here. */
int tern__segment_barrier(tern_comm *c);

/* Collective over the node. */
void tern__segment_close(struct segment *s);

#endif
