/* SPDX-License-Identifier: BSD-3-Clause */
/* A stencil of one's own on lib/grid: the Game of Life on a torus, one byte a cell.  A glider moves
 * by one cell along x and y in four generations. */
#include <stdio.h>
#include <stdlib.h>
#include <tern.h>

enum { N = 60, GENERATIONS = 80 };

/* One generation of a block with a ghost cell on every side. */
static void step(unsigned char *out, const unsigned char *in, int64_t pitch, const int64_t *count)
{
    for (int64_t y = 0; y < count[1]; y++)
        for (int64_t x = 0; x < count[0]; x++) {
            const unsigned char *c = in + x + y * pitch;
            int around = c[-pitch - 1] + c[-pitch] + c[-pitch + 1] + c[-1] + c[1] + c[pitch - 1]
                         + c[pitch] + c[pitch + 1];
            out[x + y * pitch] = around == 3 || (around == 2 && *c);
        }
}

/* Living cells, and the sums of their coordinates. */
static void count_cells(const unsigned char *cell, int64_t pitch, const tern_block *b, int64_t *sum)
{
    for (int64_t y = 0; y < b->count[1]; y++)
        for (int64_t x = 0; x < b->count[0]; x++)
            if (cell[x + y * pitch]) {
                sum[0]++;
                sum[1] += b->start[0] + x;
                sum[2] += b->start[1] + y;
            }
}

int main(int argc, char **argv)
{
    static const int64_t glider[5][2] = {{1, 0}, {2, 1}, {0, 2}, {1, 2}, {2, 2}};
    tern_grid grid, torus = {.dims = 2, .size = {N, N}, .periodic = {true, true}};
    tern_halo *halo = NULL;
    tern_block b;

    if (tern_init(&argc, &argv) < 0)
        return 2;
    tern_comm *c = tern_world();
    int error = tern_grid_split(&torus, tern_size(c), &grid);
    if (!error) {
        tern_grid_block(&grid, tern_rank(c), &b); /* may be empty */
        int64_t pitch = b.count[0] + 2, rows = b.count[1] + 2, sum[3] = {0};
        tern_halo_spec spec = {.grid = grid,
                               .type = MPI_UNSIGNED_CHAR,
                               .width = {1, 1},
                               .stride = {1, pitch, pitch * rows},
                               .mode = "isend",
                               .corners = true};
        error = tern_halo_open(c, &spec, &halo);
        unsigned char *array = calloc((size_t)(2 * pitch * rows), 1);
        unsigned char *now = array + 1 + pitch, *next = now + pitch * rows;
        for (int i = 0; i < 5; i++) {
            int64_t x = glider[i][0] - b.start[0], y = glider[i][1] - b.start[1];
            if (x >= 0 && x < b.count[0] && y >= 0 && y < b.count[1])
                now[x + y * pitch] = 1;
        }
        for (int i = 0; i < GENERATIONS && !error; i++) {
            error = tern_halo_exchange(halo, now);
            step(next, now, pitch, b.count);
            unsigned char *done = next;
            next = now;
            now = done;
        }
        count_cells(now, pitch, &b, sum);
        error = error ? error : tern_allreduce(c, MPI_IN_PLACE, sum, 3, MPI_INT64_T, MPI_SUM);
        if (!error && tern_rank(c) == 0)
            printf("%d cells, x %d, y %d\n", (int)sum[0], (int)sum[1], (int)sum[2]);
        free(array);
    }
    if (error)
        fprintf(stderr, "life: %s\n", tern_last_error());
    tern_halo_close(halo);
    return tern_finalize();
}
