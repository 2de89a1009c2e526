/* SPDX-License-Identifier: BSD-3-Clause */
/* The algorithms on a simulated cluster, under SimGrid's smpirun: what they do is verified, what
 * they send is counted behind the library's back, and how long they take is what the simulator
 * says.  For each a line
 *
 *   NAME RANKS MICROSECONDS MODEL MESSAGES PROMISED WRONG
 *
 * MODEL is latency * rounds + bytes / bandwidth, in microseconds, MESSAGES the most that a rank
 * sends, PROMISED what it may send by its header, and WRONG the number of elements that are not
 * what they should be. Usage: sim LATENCY BANDWIDTH, of one message from host to host, in s and
 * bytes/s. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/coll.h"
#include "grid/grid.h"
#include "sort/sort.h"
#include "stencil/stencil.h"

/* Where all send to all, more ranks take the simulator too long; so does MPI_Iallgather of a sort.
 */
enum { MOST_FOR_ALL = 256 };
enum { BLOCK = 32 /* elements */, PARCELS = 5, PARCEL_BYTES = 100, KEYS = 100 };
enum { SIDE = 256 /* points of a grid along x and y */, STEPS = 16, DEPTH = 4 };

static tern_comm *c;
static int rank, size;
static double latency, bandwidth;

/* ---- Measuring --------------------------------------------------------------------------------
 */

static void ok(int error)
{
    if (error == TERN_OK)
        return;
    fprintf(stderr, "rank %d: %s\n", rank, tern_last_error());
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static void *some(size_t n, size_t width)
{
    void *p = calloc(n, width);

    ok(p != NULL ? TERN_OK : TERN_ENOMEM);
    return p;
}

/* An algorithm: how many elements are wrong. */
typedef uint64_t algorithm(const void *how);

struct figure {
    double seconds;                         /* until the last rank has ended */
    uint64_t messages, bytes, syncs, wrong; /* the most of a rank; in all, the last one */
};

static struct figure measure(algorithm *run, const void *how)
{
    struct figure f;

    MPI_Barrier(MPI_COMM_WORLD);
    sim_messages = sim_bytes = sim_collectives = 0;
    double began = MPI_Wtime();
    uint64_t wrong = run(how);
    double mine = MPI_Wtime() - began;
    uint64_t counted[] = {sim_messages, sim_bytes, sim_collectives}, most[3];
    MPI_Allreduce(&mine, &f.seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(counted, most, 3, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
    MPI_Allreduce(&wrong, &f.wrong, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
    f.messages = most[0];
    f.bytes = most[1];
    f.syncs = most[2];
    return f;
}

static int log2_of(int p)
{
    int n = 0;

    while (1 << n < p)
        n++;
    return n;
}

/* `base`: seconds that are no part of the model.  Beside the `promised` messages a rank sends log2
 * p for each collective: one in which all ranks agree, many in a sort. */
static void report(const char *name, const struct figure *f, double base, int rounds,
                   uint64_t promised)
{
    double model = base + rounds * latency + (double)f->bytes / bandwidth;

    promised += f->syncs * (uint64_t)log2_of(size);
    if (rank == 0)
        printf("%s %d %.2f %.2f %llu %llu %llu\n", name, size, 1e6 * f->seconds, 1e6 * model,
               (unsigned long long)f->messages, (unsigned long long)promised,
               (unsigned long long)f->wrong);
    fflush(stdout);
}

/* ---- All-to-all -------------------------------------------------------------------------------
 */

static uint64_t element(int source, int dest, size_t i)
{
    return tern_mix((uint64_t)source << 40 | (uint64_t)dest << 20 | i);
}

struct way {
    tern_alltoall_options options;
    bool ragged;
    size_t most; /* elements of a block */
};

static size_t block_elements(const struct way *w, int source, int dest)
{
    return w->ragged ? element(dest, source, 0) % (w->most + 1) : w->most;
}

static uint64_t exchange(const void *how)
{
    const struct way *w = how;
    size_t p = (size_t)size, out_n = 0, in_n = 0;
    size_t *out_count = some(p, sizeof(*out_count)), *in_count = some(p, sizeof(*in_count));

    for (int r = 0; r < size; r++) {
        out_n += out_count[r] = block_elements(w, rank, r);
        in_n += in_count[r] = block_elements(w, r, rank);
    }
    uint64_t *out = some(out_n + 1, sizeof(*out)), *in = some(in_n + 1, sizeof(*in)), wrong = 0;
    for (size_t r = 0, at = 0; r < p; r++)
        for (size_t i = 0; i < out_count[r]; i++)
            out[at++] = element(rank, (int)r, i);
    ok(tern_alltoallv(c, out, out_count, NULL, in, in_count, NULL, MPI_UINT64_T, &w->options));
    for (size_t r = 0, at = 0; r < p; r++)
        for (size_t i = 0; i < in_count[r]; i++)
            wrong += in[at++] != element((int)r, rank, i);
    free(out_count);
    free(in_count);
    free(out);
    free(in);
    return wrong;
}

/* Hops of radix `hops`-th root of p. */
static uint64_t multi_level(int hops)
{
    uint64_t radix = 1, reach;

    do {
        radix++;
        reach = 1;
        for (int i = 0; i < hops; i++)
            reach *= radix;
    } while (reach < (uint64_t)size);
    return (uint64_t)hops * (radix - 1);
}

static void exchanges(void)
{
    int p = size, node = p / (1 << log2_of(p) / 2); /* as many nodes as ranks in each */
    const struct {
        const char *name;
        int rounds; /* messages one after the other; those of a hop are received so */
        uint64_t promised;
    } table[] = {
        {"direct", 1, (uint64_t)p - 1},
        {"pairwise", p - 1, (uint64_t)p - 1},
        {"1-factor", p - 1, (uint64_t)p - 1},
        {"bruck", log2_of(p), (uint64_t)log2_of(p)},
        {"grid", (int)multi_level(2), multi_level(2)},
        {"levels", (int)multi_level(3), multi_level(3)},
        {"node", 2 * (node - 1) + 1,
         2 * (uint64_t)(node - 1) + (uint64_t)(p / node + node - 1) / (uint64_t)node},
    };
    struct figure nothing =
        measure(exchange, &(struct way){{"pairwise", 0}, false, 0}); /* makes the communicator */

    nothing =
        measure(exchange, &(struct way){{"pairwise", 0}, false, 0}); /* what the ranks agree on */
    report("agreement", &nothing, 0, log2_of(p), 0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].promised >= (uint64_t)(i == 0 ? 64 : MOST_FOR_ALL)) /* all at once are worse */
            continue;
        struct figure f = measure(exchange, &(struct way){{table[i].name, node}, false, BLOCK});
        report(table[i].name, &f, nothing.seconds, table[i].rounds, table[i].promised);
    }
    if (p > MOST_FOR_ALL)
        return;
    struct figure f = measure(exchange, &(struct way){{NULL, 0}, true, 40});
    report("auto", &f, nothing.seconds, (int)multi_level(2),
           multi_level(2) > (uint64_t)p ? multi_level(2) : (uint64_t)p);
}

/* ---- Sparse exchange, sort --------------------------------------------------------------------
 */

static int dest_of(int source, int i)
{
    return (int)(element(source, i, 1) % (unsigned)size);
}

/* Parcels for the rank that gets the most. */
static int busiest(void)
{
    int *n = some((size_t)size, sizeof(*n)), most = 0;

    for (int k = 0; k < size * PARCELS; k++) {
        int dest = dest_of(k / PARCELS, k % PARCELS);
        n[dest]++;
        most = n[dest] > most ? n[dest] : most;
    }
    free(n);
    return most;
}

static uint64_t sparse(const void *how)
{
    static unsigned char data[PARCELS][PARCEL_BYTES];
    tern_parcel out[PARCELS], *in = NULL;
    size_t n = 0, k = 0;
    uint64_t wrong = 0;

    (void)how;
    for (int i = 0; i < PARCELS; i++) {
        memset(data[i], rank + i, PARCEL_BYTES);
        out[i] = (tern_parcel){dest_of(rank, i), PARCEL_BYTES, data[i]};
    }
    ok(tern_sparse(c, out, PARCELS, &in, &n));
    for (int source = 0; source < size; source++)
        for (int i = 0; i < PARCELS; i++) {
            if (dest_of(source, i) != rank)
                continue;
            wrong += k >= n || in[k].rank != source || in[k].bytes != PARCEL_BYTES;
            for (size_t at = 0; k < n && at < in[k].bytes; at++)
                wrong += ((const unsigned char *)in[k].data)[at] != (unsigned char)(source + i);
            k++;
        }
    tern_free(in);
    return wrong + (k != n);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Every rank draws all keys, sorts them by itself, and looks at its part. */
static uint64_t sort(const void *how)
{
    size_t n = KEYS, all = (size_t)size * KEYS;
    uint64_t *keys = tern_alloc(n * sizeof(*keys)), *want = some(all, sizeof(*want)), wrong = 0;
    void *block = keys;

    (void)how;
    ok(keys != NULL ? TERN_OK : TERN_ENOMEM);
    for (size_t i = 0; i < all; i++)
        want[i] = element((int)(i / KEYS), 0, i % KEYS);
    memcpy(keys, want + (size_t)rank * KEYS, n * sizeof(*keys));
    qsort(want, all, sizeof(*want), compare);
    ok(tern_sort(c, TERN_U64, &block, &n, NULL));
    wrong += n != KEYS;
    for (size_t i = 0; i < n && n == KEYS; i++)
        wrong += ((uint64_t *)block)[i] != want[(size_t)rank * KEYS + i];
    free(want);
    tern_free(block);
    return wrong;
}

/* ---- Halo exchange, stencil -------------------------------------------------------------------
 */

struct field {
    tern_halo *halo;
    tern_block block;
    int64_t stride;
    double *first;
};

/* Of a point of the periodic grid. */
static double point(int64_t x, int64_t y, int step)
{
    return (double)((x + SIDE) % SIDE + SIDE * ((y + SIDE) % SIDE) + step);
}

/* What stands in a row or column that is not what it should be there. */
static uint64_t look(const struct field *f, int64_t x, int64_t y, bool along_x, int step)
{
    uint64_t wrong = 0;

    for (int64_t i = 0; i < f->block.count[along_x ? 0 : 1]; i++) {
        int64_t at_x = along_x ? i : x, at_y = along_x ? y : i;
        wrong += f->first[at_x + at_y * f->stride]
                 != point(f->block.start[0] + at_x, f->block.start[1] + at_y, step);
    }
    return wrong;
}

static uint64_t swap_halos(const void *how)
{
    const struct field *f = how;
    const int64_t nx = f->block.count[0], ny = f->block.count[1];
    uint64_t wrong = 0;

    for (int step = 0; step < STEPS; step++) {
        for (int64_t i = 0; i < nx * ny; i++)
            f->first[i % nx + i / nx * f->stride] =
                point(f->block.start[0] + i % nx, f->block.start[1] + i / nx, step);
        ok(tern_halo_exchange(f->halo, f->first));
        wrong += look(f, -1, 0, false, step) + look(f, nx, 0, false, step)
                 + look(f, 0, -1, true, step) + look(f, 0, ny, true, step);
    }
    return wrong;
}

/* `rounds`: messages one after the other in an exchange. */
static void halo(const char *mode, int rounds)
{
    const tern_grid wanted = {.dims = 2, .size = {SIDE, SIDE, 1}, .periodic = {true, true}};
    tern_halo_spec spec = {.type = MPI_DOUBLE, .width = {1, 1, 0}, .mode = mode};
    struct field f;
    char name[32];

    ok(tern_grid_split(&wanted, size, &spec.grid));
    tern_grid_block(&spec.grid, rank, &f.block);
    f.stride = f.block.count[0] + 2;
    spec.stride[0] = 1;
    spec.stride[1] = f.stride;
    spec.stride[2] = f.stride * (f.block.count[1] + 2);
    double *array = some((size_t)spec.stride[2], sizeof(*array));
    f.first = array + f.stride + 1;
    ok(tern_halo_open(c, &spec, &f.halo));
    struct figure figure = measure(swap_halos, &f);
    snprintf(name, sizeof(name), "halo.%s", mode);
    report(name, &figure, 0, STEPS * rounds, STEPS * 4);
    tern_halo_close(f.halo);
    free(array);
}

static uint64_t run_stencil(const void *how)
{
    tern_stencil *s = *(tern_stencil *const *)how;

    ok(tern_stencil_run(s, STEPS));
    return 0;
}

/* DEPTH steps between two exchanges with eight neighbours; beside the exact solution. */
static void stencil(void)
{
    tern_stencil_spec spec = {.stencil = "2d5",
                              .size = {SIDE, SIDE, 1},
                              .halo = "isend",
                              .threads = 1,
                              .block = DEPTH,
                              .overlap = TERN_OVERLAP_NEVER};
    tern_stencil *s;
    double error, bound;

    for (int d = 0; d < 2; d++)
        spec.boundary[d][0].kind = spec.boundary[d][1].kind = TERN_PERIODIC;
    ok(tern_stencil_open(c, &spec, &s));
    ok(tern_stencil_begin(s, &(tern_stencil_state){.name = "mode", .wave = {3, 5, 0}}));
    struct figure f = measure(run_stencil, &s);
    ok(tern_stencil_error(s, &error, &bound));
    f.wrong = !(error <= bound);
    report("stencil", &f, 0, STEPS / DEPTH, STEPS / DEPTH * 8);
    tern_stencil_close(s);
}

int main(int argc, char **argv)
{
    if (argc != 3 || tern_init(&argc, &argv) != TERN_OK)
        return 1;
    latency = atof(argv[1]);
    bandwidth = atof(argv[2]);
    c = tern_world();
    rank = tern_rank(c);
    size = tern_size(c);
    exchanges();
    struct figure f = measure(sparse, NULL);
    report("sparse", &f, 0, busiest() + (int)f.syncs * log2_of(size),
           PARCELS);         /* receives are one after the other */
    if (size > MOST_FOR_ALL) /* nor has a grid of SIDE squared work for so many */
        return tern_finalize() != TERN_OK;
    (void)sort(NULL); /* the first makes a communicator of its own */
    f = measure(sort, NULL);
    report("sort", &f, 0, (int)f.syncs * log2_of(size),
           f.syncs * (uint64_t)log2_of(size) + (uint64_t)size);
    halo("isend", 1);
    halo("sendrecv", 4);
    halo("ssend", 8); /* four, each of which waits for an answer */
    stencil();
    return tern_finalize() != TERN_OK;
}
