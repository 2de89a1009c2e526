/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside of checkpoints: the format of a file.
 *
 *   0         head, 4096 bytes: struct head, then zeros; written last
 *   4096      data: the blocks of the ranks that wrote, in order; in a block its fields, in a field
 *             its rows, first along y, then along z, without gaps
 *   behind    checksums: XXH64 of each piece, in the same order
 *
 * A piece is as many rows of one field of one block as fit into piece_bytes, at least one.  All is
 * in the byte order of the machine that wrote, which `order` tells. */
#ifndef TERN_CKPT_PRIVATE_H
#define TERN_CKPT_PRIVATE_H

#include "ckpt/ckpt.h"

enum { HEAD = 4096, PIECE = 1 << 20, FORMAT = 1, ORDER = 0x01020304, PATH = 4096 };

struct head {
    char magic[8]; /* "TERNCKPT" */
    uint32_t version, order;
    int64_t generation, step;
    int64_t size[TERN_GRID_DIMS];
    int32_t parts[TERN_GRID_DIMS], dims;
    uint64_t piece_bytes;
    uint32_t fields, attributes;
    struct {
        char name[TERN_CKPT_NAME];
        char type[8];
        uint64_t element; /* bytes */
    } field[TERN_CKPT_FIELDS];
    tern_ckpt_attribute attribute[TERN_CKPT_ATTRIBUTES];
    uint64_t hash; /* XXH64 of all before */
};

/* Fill a head; the same on all ranks.  TERN_OK or TERN_EINVAL. */
int tern__ckpt_head(const tern_ckpt_spec *spec, int64_t generation, struct head *out);

/* Read and check the head of an open file, and the file's length. */
bool tern__ckpt_read_head(int fd, struct head *out);
void tern__ckpt_describe(const struct head *h, tern_ckpt_info *out);

/* Where the block of a rank that wrote is in the file. */
struct place {
    int rank;
    tern_block block;
    int64_t data;  /* offset of its data */
    int64_t entry; /* number of its first checksum */
};
struct place tern__ckpt_first(const struct head *h);
void tern__ckpt_next(const struct head *h, struct place *p);
tern_grid tern__ckpt_grid(const struct head *h);
int64_t tern__ckpt_table(const struct head *h); /* offset of the checksums */
int64_t tern__ckpt_bytes(const struct head *h); /* of the whole file */

/* Rows of a field of a block, and in a piece of it; pieces. */
int64_t tern__ckpt_rows(const tern_block *b);
int64_t tern__ckpt_piece_rows(const struct head *h, const tern_block *b, uint32_t field);
int64_t tern__ckpt_pieces(const struct head *h, const tern_block *b, uint32_t field);

/* pread and pwrite of all bytes: TERN_OK or TERN_EIO. */
int tern__ckpt_put(int fd, const void *data, size_t bytes, int64_t at);
int tern__ckpt_get(int fd, void *data, size_t bytes, int64_t at);

/* Write the caller's block with its checksums; read it back. */
int tern__ckpt_store(int fd, const struct head *h, int rank, const tern_ckpt_field *field);
int tern__ckpt_check(int fd, const struct head *h, int rank);

/* Read a block from those of the run that wrote. */
int tern__ckpt_load(int fd, const struct head *h, const tern_block *mine,
                    const tern_ckpt_field *field);

struct tern_ckpt {
    tern_comm *comm;        /* borrowed */
    char path[PATH];        /* without the ending */
    struct head head[2];    /* of both generations; generation 0: not valid */
    tern_ckpt_info newest;  /* generation 0: none */
    bool watching, asked;   /* signals are caught; an answer is under way */
    bool stopping;          /* the answer was TERN_CKPT_STOP */
    double interval, since; /* seconds; when the last write was asked for */
    int wish, answer;       /* sent and received by the request */
    MPI_Request request;
};

void tern__ckpt_unwatch(tern_ckpt *k);

#endif
