/* SPDX-License-Identifier: BSD-3-Clause */
/* A distributed sort from memory to memory: sort_np KEYS DISTRIBUTION TIMES [in-place].  Rank 0
 * prints, of the best of TIMES sorts after one that warms up, its seconds, those that the best of
 * as many sorts with a proof, in turn with them, takes longer, and the peak memory of a rank over
 * its data, all in one line. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "msg/msg.h"
#include "sort/sort.h"

static void check(int error)
{
    if (error >= 0)
        return;
    fprintf(stderr, "sort_np: %s\n", tern_last_error());
    MPI_Abort(MPI_COMM_WORLD, 2);
}

/* ---- Memory -----------------------------------------------------------------------------------
 */

/* A field of /proc/self/status in bytes, 0 where there is none. */
static double status_of(const char *field)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            kib = strtod(line + strlen(field), NULL);
    if (f != NULL)
        fclose(f);
    return 1024 * kib;
}

/* From now on VmHWM counts anew. */
static void forget_peak(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");

    if (f == NULL)
        return;
    fputs("5", f);
    fclose(f);
}

/* ---- Sorting ----------------------------------------------------------------------------------
 */

typedef struct figures {
    double seconds, memory;
} figures;

static double slowest(tern_comm *c, double start)
{
    double mine = tern_clock() - start, all = 0;

    check(tern_allreduce(c, &mine, &all, 1, MPI_DOUBLE, MPI_MAX));
    return all;
}

static double begin(tern_comm *c)
{
    check(tern_barrier(c));
    return tern_clock();
}

/* One sort of fresh keys; the block is allocated beside what is measured. */
static figures sort_once(tern_comm *c, const tern_generator *g, const tern_sort_options *options)
{
    uint64_t first;
    size_t n;
    figures f;

    tern_fill(TERN_EVEN, g->total, tern_size(c), tern_rank(c), &first, &n);
    double idle = status_of("VmRSS:"), data = (double)(n * sizeof(uint64_t));
    void *keys = tern_alloc(n * sizeof(uint64_t));
    check(keys != NULL ? TERN_OK : TERN_ENOMEM);
    check(tern_generate(g, first, n, keys));
    forget_peak();
    double start = begin(c);
    check(tern_sort(c, g->type, &keys, &n, options));
    f.seconds = slowest(c, start);
    double mine = (status_of("VmHWM:") - idle) / data;
    check(tern_allreduce(c, &mine, &f.memory, 1, MPI_DOUBLE, MPI_MAX));
    tern_free(keys);
    return f;
}

/* Index of `name` among TERN_DISTRIBUTION_NAMES. */
static int find(const char *name)
{
    const char *p = TERN_DISTRIBUTION_NAMES;
    size_t length = strlen(name);

    for (int i = 0; p != NULL; i++) {
        if (strncmp(p, name, length) == 0 && (p[length] == '|' || p[length] == '\0'))
            return i;
        p = strchr(p, '|');
        p = p != NULL ? p + 1 : NULL;
    }
    return -1;
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    tern_comm *c = tern_world();
    bool in_place = argc == 5 && strcmp(argv[4], "in-place") == 0;
    if (argc != 4 + in_place || find(argv[2]) < 0)
        check(tern_fail(TERN_EINVAL, NULL, "usage: sort_np KEYS DISTRIBUTION TIMES [in-place]"));
    tern_generator g = {.distribution = (enum tern_distribution)find(argv[2]),
                        .type = TERN_U64,
                        .seed = 1,
                        .total = strtoull(argv[1], NULL, 10)};
    tern_sort_options options = {.in_place = in_place};
    figures best = sort_once(c, &g, &options); /* whose memory is not yet the pool's */
    double memory = best.memory;

    tern_proof proof;
    tern_sort_options proved = {.in_place = in_place, .prove = &proof};
    double least = 1e9; /* with the proof */

    best.seconds = 1e9;
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
        figures f = sort_once(c, &g, &options);
        best.seconds = f.seconds < best.seconds ? f.seconds : best.seconds;
        f = sort_once(c, &g, &proved);
        least = f.seconds < least ? f.seconds : least;
    }
    if (tern_rank(c) == 0)
        printf("%.6f %.6f %.4f\n", best.seconds, least - best.seconds, memory);
    return tern_finalize() ? 2 : 0;
}
