/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of the halo plan: what the geometry, the copying and the modes share. */
#ifndef TERN_GRID_HALO_H
#define TERN_GRID_HALO_H

#include "grid/grid.h"

/* Tags of messages with points are below this, those of other messages above: MPI grants 32767. */
enum { TERN__HALO_TAGS = 16384 };

/* A cuboid of elements in the array, relative to the block's first point. */
struct box {
    int64_t start[TERN_GRID_DIMS];
    int64_t count[TERN_GRID_DIMS];
};

/* One message to or from one other rank. */
struct part {
    int peer;
    int tag;           /* of the shift, and not of it alone */
    int64_t shift;     /* all ranks go through the shifts in ascending order */
    struct box box;    /* points that are sent, or ghost cells that are filled */
    size_t elements;   /* in the box, of all fields */
    void *buffer;      /* packed boxes, field after field; NULL if the mode does not pack */
    MPI_Datatype type; /* of the box in the array; MPI_DATATYPE_NULL if the mode packs */
};

struct parts {
    size_t n;
    struct part *of;
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
    tern_req *reqs;          /* rounds * recvs.n, then rounds * sends.n */
    tern_req *tokens;        /* of mode rsend: sends.n, then recvs.n */
};

/* A way to send: one row of the table in modes.c. */
struct halo_mode {
    const char *name;
    tern_mode send; /* when a send is complete */
    bool packs;     /* else MPI vector types */
    int (*open)(tern_halo *h);
    int (*start)(tern_halo *h); /* recvs' buffers are filled when all of h->reqs are complete */
};
int tern__halo_mode_find(const char *name, const struct halo_mode **out);

/* The mode partitioned, where MPI has it. */
int tern__halo_open_partitioned(tern_halo *h);
int tern__halo_start_partitioned(tern_halo *h);

/* Buffers hold this many elements more than their box, so that they can be cut evenly. */
enum { TERN__HALO_PARTITIONS = 4 };

/* Fill h->sends, recvs, from and into from h->spec.  Local.  TERN_OK or TERN_ENOMEM. */
int tern__halo_parts(tern_halo *h, const tern_block *block);

/* Move a box of all fields out of the arrays into a buffer, back, or to another place in the
 * arrays. */
void tern__halo_pack(const tern_halo *h, const struct part *p);
void tern__halo_unpack(const tern_halo *h, const struct part *p);
void tern__halo_copy(const tern_halo *h, const struct part *from, const struct part *into);

/* Address of a box's first element in a field. */
char *tern__halo_at(const tern_halo *h, const struct box *b, int field);

#endif
