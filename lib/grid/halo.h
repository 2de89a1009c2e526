/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of the halo plan: what the geometry, the copying and the modes share. */
#ifndef TERN_GRID_HALO_H
#define TERN_GRID_HALO_H

#include "grid/grid.h"
#include "grid/segment.h"

/* Tags of messages with points are below this, those of other messages above: MPI grants 32767. */
enum { TERN__HALO_TAGS = 16384 };

/* ---- Geometry -------------------------------------------------------------------------------- */

/* A cuboid of elements in the array, relative to the block's first point. */
struct box {
    int64_t start[TERN_GRID_DIMS];
    int64_t count[TERN_GRID_DIMS];
};

/* One message to or from one other rank. */
struct part {
    int peer;
    int host;          /* the peer's rank on this node if their memory is to be used, else -1 */
    int tag;           /* of the shift, and not of it alone */
    int64_t shift;     /* all ranks go through the shifts in ascending order */
    int face;          /* 2 * dimension + side if these are all ghost cells of a face, else -1 */
    struct box box;    /* points that are sent, or ghost cells that are filled */
    size_t elements;   /* in the box, of all fields */
    void *buffer;      /* packed boxes, field after field; NULL if the mode does not pack */
    MPI_Datatype type; /* of the box in the array; MPI_DATATYPE_NULL if the mode packs */
};

struct parts {
    size_t n;
    struct part *of;
};

/* Fill h->sends, recvs, from and into from h->spec.  Local.  TERN_OK or TERN_ENOMEM. */
int tern__halo_parts(tern_halo *h, const tern_block *block);

/* ---- The plan -------------------------------------------------------------------------------- */

/* An array of tern_halo_alloc(). */
struct array {
    struct array *next;
    int index;
    char *first;         /* address of the block's first point */
    void *plain;         /* memory of this rank alone, or NULL */
    struct segment seg;  /* else memory that the node shares */
    struct frame *frame; /* of the ranks of the node */
};

/* How another rank of the node sees its array. */
struct frame {
    char *first;
    int64_t row, plane; /* strides in bytes */
};

struct halo_mode;

struct tern_halo {
    tern_comm *comm; /* own duplicate */
    tern_halo_spec spec;
    size_t element; /* bytes */
    const struct halo_mode *mode;
    struct parts sends, recvs;
    struct parts from, into; /* copies inside this rank: from.of[i] to into.of[i] */
    char **first;            /* of each field; first points of the exchange under way */
    bool active;             /* whether one is under way */
    size_t rounds;           /* messages that the mode sends for a part: 1, or one a field */
    size_t far;              /* parts that are messages, and not in memory of the node */
    tern_req *reqs;          /* rounds * recvs.n, then rounds * sends.n */
    void *state;             /* the mode's own */
    struct array *arrays;    /* newest first */
    const tern_halo *parent; /* whose arrays count: the plan itself, but for trials of mode auto */
};

/* The array whose first point that is, or NULL. */
const struct array *tern__halo_array(const tern_halo *h, const void *first);
const struct array *tern__halo_array_at(const tern_halo *h, int index);
void tern__halo_free_arrays(tern_halo *h);

/* ---- Copying --------------------------------------------------------------------------------- */

/* One side of a move: a box in an array, or packed. */
struct side {
    char *at;
    int64_t row, plane; /* strides in bytes */
};
struct side tern__side_array(const struct frame *f, const struct box *b, size_t element);
struct side tern__side_packed(void *buffer, const struct box *b, int field, size_t element);
void tern__move(struct side to, struct side from, const int64_t *count, size_t element);

/* This rank's own array of a field. */
struct frame tern__halo_frame(const tern_halo *h, int field);

/* Move a box of all fields out of the arrays into a buffer, back, or to another place in the
 * arrays. */
void tern__halo_pack(const tern_halo *h, const struct part *p, void *buffer);
void tern__halo_unpack(const tern_halo *h, const struct part *p, void *buffer);
void tern__halo_copy(const tern_halo *h, const struct part *from, const struct part *into);

/* ---- Modes ----------------------------------------------------------------------------------- */

/* Where the points are when they are sent. */
enum halo_storage {
    HALO_PACKED,      /* in buffers */
    HALO_TYPED,       /* in the array, described by MPI types */
    HALO_NEAR,        /* in the array, read by the ranks of the node; in buffers for others */
    HALO_NEAR_COPIED, /* in buffers that the ranks of the node read */
    HALO_AUTO         /* another plan knows */
};

/* A row of the table in modes.c. */
struct halo_mode {
    const char *name;
    tern_mode send; /* when a send is complete */
    enum halo_storage storage;
    int (*open)(tern_halo *h);      /* collective */
    int (*start)(tern_halo *h);     /* copies inside this rank are done */
    int (*finish)(tern_halo *h);    /* and unpack */
    void (*close)(tern_halo *h);    /* collective; also after an open that failed */
    void (*progress)(tern_halo *h); /* what can be done early; NULL: nothing */
};
int tern__halo_mode_find(const char *name, const struct halo_mode **out);

int tern__halo_start_blocking(tern_halo *h);
int tern__halo_start_immediate(tern_halo *h);
int tern__halo_start_sendrecv(tern_halo *h);
int tern__halo_finish_messages(tern_halo *h);
int tern__halo_open_buffered(tern_halo *h);
int tern__halo_open_persistent(tern_halo *h);
int tern__halo_start_persistent(tern_halo *h);
int tern__halo_open_partitioned(tern_halo *h);
int tern__halo_start_partitioned(tern_halo *h);
int tern__halo_open_ready(tern_halo *h);
int tern__halo_start_ready(tern_halo *h);
void tern__halo_close_ready(tern_halo *h);
int tern__halo_open_neighbor(tern_halo *h);
int tern__halo_start_neighbor(tern_halo *h);
int tern__halo_finish_neighbor(tern_halo *h);
void tern__halo_close_neighbor(tern_halo *h);
int tern__halo_open_rma(tern_halo *h);
int tern__halo_start_fence(tern_halo *h);
int tern__halo_finish_fence(tern_halo *h);
int tern__halo_start_pscw(tern_halo *h);
int tern__halo_finish_pscw(tern_halo *h);
void tern__halo_close_rma(tern_halo *h);
int tern__halo_open_channel(tern_halo *h);
int tern__halo_start_channel(tern_halo *h);
int tern__halo_finish_channel(tern_halo *h);
void tern__halo_close_channel(tern_halo *h);
int tern__halo_open_shared(tern_halo *h);
int tern__halo_start_shared(tern_halo *h);
int tern__halo_finish_shared(tern_halo *h);
void tern__halo_close_shared(tern_halo *h);
void tern__halo_progress_shared(tern_halo *h);
int tern__halo_open_auto(tern_halo *h);
int tern__halo_start_auto(tern_halo *h);
int tern__halo_finish_auto(tern_halo *h);
void tern__halo_close_auto(tern_halo *h);
void tern__halo_progress_auto(tern_halo *h);

/* Post a receive for each message from another node, or from any where the mode uses no memory of
 * the node. */
int tern__halo_post_receives(tern_halo *h);

/* Buffers hold this many elements more than their box, so that they can be cut evenly. */
enum { TERN__HALO_PARTITIONS = 4 };

#endif
