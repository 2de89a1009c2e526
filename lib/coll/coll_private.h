/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/coll share. */
#ifndef TERN_COLL_PRIVATE_H
#define TERN_COLL_PRIVATE_H

#include "coll/coll.h"

/* What this module keeps with a communicator, as an MPI attribute of it. */
struct coll {
    tern_comm *own; /* the duplicate on which the module talks */
    unsigned round; /* sparse exchanges begun */
    tern_coll_stats stats;
};

/* The coll of `c`, made by the first call.  Collective. */
int tern__coll(tern_comm *c, struct coll **out, const char *where);

/* Receive a message of `bytes` and forget it; needs no memory. */
int tern__discard(tern_comm *c, int source, int tag, size_t bytes, const char *where);

/* Tags on the duplicate.  Calls are made in one order, so messages of two exchanges with one tag
 * are received in order; only where any source is taken must the next call's tag differ. */
enum {
    TAG_ALLTOALL = 1,
    TAG_STREAM = 2,
    TAG_SPARSE = 16, /* and the next SPARSE_TAGS */
    SPARSE_TAGS = 1024
};

/* ---- All-to-all ----------------------------------------------------------------------------- */

/* One side of an exchange. */
struct side {
    char *buf;
    const size_t *count, *at; /* [rank], in elements */
};

/* An exchange under way. */
struct exchange {
    struct coll *coll;
    tern_comm *c; /* coll->own */
    int rank, size;
    struct side out, in;
    MPI_Datatype type;
    size_t extent; /* bytes from one element to the next */
    size_t width;  /* bytes of an element's message */
    bool dense;    /* elements lie in memory as they are sent, without gaps */
    int group;     /* ranks of a node, 0: as MPI says */
    char *scratch; /* memory for tables ... */
    size_t left;   /* ... bytes that are left of it */
    const char *where;
};

/* Memory for a table of the schedule, which all ranks know to be there: SCRATCH bytes a rank, and
 * as many again. */
enum { SCRATCH = 320 };
void *tern__scratch(struct exchange *x, size_t bytes);

/* A schedule does everything; the rank's block for itself by tern__copy_own(), best while messages
 * are under way. */
typedef int schedule(struct exchange *x);
schedule tern__direct, tern__pairwise, tern__one_factor, tern__bruck, tern__grid, tern__levels,
    tern__node;

static inline char *block_of(const struct exchange *x, const struct side *side, int rank)
{
    return side->count[rank] > 0 ? side->buf + side->at[rank] * x->extent : side->buf;
}

int tern__copy_own(const struct exchange *x);
/* Start sending or receiving the block of `rank`. */
int tern__send_block(struct exchange *x, int rank, tern_req *req);
int tern__recv_block(struct exchange *x, int rank, tern_req *req);
/* Fails if what came from `rank` is not as long as was expected. */
int tern__check_block(const struct exchange *x, int rank, size_t bytes);
/* Exchange blocks with two ranks, which may be one; MPI_PROC_NULL: none. */
int tern__swap_blocks(struct exchange *x, int to, int from);

/* ---- Schedules of several hops -------------------------------------------------------------- */

/* A step of a route: to whom messages go and whence they come.  Every rank sends each of its `to`
 * one message, be it empty. */
struct hop {
    int to_n, from_n;
    int *to, *from; /* room for p each */
};

struct route {
    int hops;
    void *state;
    /* Fill `hop` for hop number `i`. */
    void (*peers)(const struct exchange *x, void *state, int i, struct hop *hop);
    /* Index in hop->to of the rank to which the block for `dest` goes next; -1: it stays. */
    int (*next)(const struct exchange *x, void *state, int i, int dest);
};

int tern__relay(struct exchange *x, const struct route *route);

#endif
