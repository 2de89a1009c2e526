/* SPDX-License-Identifier: BSD-3-Clause */
/* A checkpoint beside a plain parallel write of the same bytes (MPI_File_write_at_all, then
 * MPI_File_sync), in turn, in the folder that is given.  Prints the ratio of each pair. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tern.h"

enum { X = 2048, Y = 4096, PAIRS = 5 }; /* 64 MiB */

static void must(int error)
{
    if (error < 0) {
        fprintf(stderr, "ckpt: %s\n", tern_last_error());
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
}

static double plain(tern_comm *c, const char *name, const double *data, const tern_block *b)
{
    MPI_File file;
    double begin;

    if (tern_rank(c) == 0) /* a checkpoint is a new file too */
        unlink(name);
    must(tern_barrier(c));
    begin = tern_clock();
    MPI_File_open(tern_comm_raw(c), name, MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL, &file);
    MPI_File_write_at_all(file, b->start[1] * X * (MPI_Offset)sizeof(*data), data,
                          (int)tern_block_points(b), MPI_DOUBLE, MPI_STATUS_IGNORE);
    MPI_File_sync(file);
    MPI_File_close(&file);
    must(tern_barrier(c));
    return tern_clock() - begin;
}

static double checkpoint(tern_comm *c, tern_ckpt *k, const tern_ckpt_spec *spec)
{
    double begin;

    must(tern_barrier(c));
    begin = tern_clock();
    must(tern_ckpt_write(k, spec));
    must(tern_barrier(c));
    return tern_clock() - begin;
}

int main(int argc, char **argv)
{
    tern_grid wanted = {.dims = 2, .size = {X, Y}, .parts = {1}};
    tern_ckpt_spec spec = {.fields = 1};
    char raw[4096], name[4096];
    tern_block b;
    tern_ckpt *k;

    if (tern_init(&argc, &argv) < 0 || argc < 2)
        return 2;
    tern_comm *c = tern_world();
    snprintf(raw, sizeof(raw), "%s/raw", argv[1]);
    snprintf(name, sizeof(name), "%s/state", argv[1]);
    must(tern_grid_split(&wanted, tern_size(c), &spec.grid));
    tern_grid_block(&spec.grid, tern_rank(c), &b);
    double *data = tern_alloc((size_t)tern_block_points(&b) * sizeof(*data));
    for (int64_t i = 0; i < tern_block_points(&b); i++)
        data[i] = (double)i;
    spec.field = &(tern_ckpt_field){"u", "f64", sizeof(*data), data, {1, X, X * b.count[1]}};
    must(tern_ckpt_open(c, name, &k));
    for (int i = -2; i < PAIRS; i++) { /* the first two create the files */
        double theirs = plain(c, raw, data, &b), ours = checkpoint(c, k, &spec);
        if (i >= 0 && tern_rank(c) == 0)
            printf("pair %.3f %.4f %.4f\n", theirs / ours, theirs, ours);
    }
    tern_ckpt_close(k);
    tern_free(data);
    tern_finalize();
    return 0;
}
