/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: the memory of other ranks of the node, which this rank may read. */
#ifndef TERN_SORT_PEERS_H
#define TERN_SORT_PEERS_H

#include "msg/msg.h"

typedef struct tern__peers {
    size_t *reads;  /* [rank] whether this rank reads there, ... */
    size_t *serves; /* ... and that rank here */
    struct tern__card *cards;
} tern__peers;

/* Let the others read `data` until all have met again, if TERN_READ_PEERS and the system allow it.
 * Collective. */
int tern__peers_open(tern_comm *c, const void *data, tern__peers *out);
void tern__peers_close(tern__peers *peers);

/* Copy bytes of the data of `rank`, which this rank reads.  Local: that rank has no part in it. */
int tern__peers_read(const tern__peers *peers, int rank, size_t begin, void *out, size_t bytes);

#endif
