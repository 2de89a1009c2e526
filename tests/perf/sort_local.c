/* SPDX-License-Identifier: BSD-3-Clause */
/* The local sort of keys in memory: sort_local ITEMS ROUNDS [PEERS].  In every round each case runs
 * once, its peer right after it, on a fresh copy of the same keys; every result is verified.  PEERS
 * is a shared object with the functions of sort_peers.cc. */
#include "sort/quick.h"

#include <dlfcn.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 32, PAIRS = TERN_KEY_TYPES };

typedef void peer_fn(uint64_t *keys, size_t n);

/* What is sorted, by how many threads; `seconds` are filled in. */
typedef struct work {
    const char *name;
    int type; /* of keys, or PAIRS */
    enum tern_distribution distribution;
    int threads;      /* 0: all */
    const char *peer; /* symbol, NULL for ours, or what does not sort: "read" or "partition" */
    double seconds[MOST_ROUNDS];
} work;

enum {
    U64,
    VQSORT,
    U64_ALL,
    GNU,
    U32,
    F32,
    F64,
    I64,
    PAIR,
    FEW,
    SORTED,
    REVERSED,
    EQUAL,
    READ,
    PART,
    PART_ALL,
    WORKS
};

static work works[WORKS] = {
    [U64] = {"u64", TERN_U64, TERN_UNIFORM, 1, NULL, {0}},
    [VQSORT] = {"vqsort", TERN_U64, TERN_UNIFORM, 1, "peer_vqsort_u64", {0}},
    [U64_ALL] = {"u64, all threads", TERN_U64, TERN_UNIFORM, 0, NULL, {0}},
    [GNU] = {"__gnu_parallel", TERN_U64, TERN_UNIFORM, 0, "peer_gnu_parallel_u64", {0}},
    [U32] = {"u32", TERN_U32, TERN_UNIFORM, 1, NULL, {0}},
    [F32] = {"f32", TERN_F32, TERN_UNIFORM, 1, NULL, {0}},
    [F64] = {"f64", TERN_F64, TERN_UNIFORM, 1, NULL, {0}},
    [I64] = {"i64", TERN_I64, TERN_UNIFORM, 1, NULL, {0}},
    [PAIR] = {"pairs", PAIRS, TERN_UNIFORM, 1, NULL, {0}},
    [FEW] = {"few", TERN_U64, TERN_FEW, 1, NULL, {0}},
    [SORTED] = {"sorted", TERN_U64, TERN_SORTED, 1, NULL, {0}},
    [REVERSED] = {"reversed", TERN_U64, TERN_REVERSED, 1, NULL, {0}},
    [EQUAL] = {"equal", TERN_U64, TERN_EQUAL, 1, NULL, {0}},
    [READ] = {"read", TERN_U64, TERN_UNIFORM, 1, "read", {0}},
    [PART] = {"partition", TERN_U64, TERN_UNIFORM, 1, "partition", {0}},
    [PART_ALL] = {"parts by all", TERN_U64, TERN_UNIFORM, 0, "partition", {0}},
};

static void *peers;
static uint64_t sink; /* so that reading is not left out */

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "sort_local: %s: %s\n", name, what);
    exit(1);
}

static size_t bytes_of(const work *w)
{
    return w->type == PAIRS ? sizeof(tern__pair) : tern_key_bytes((enum tern_key_type)w->type);
}

/* As many bytes as `items` keys of 64 bits, but for types of 32 bits as many items. */
static size_t count_of(const work *w, size_t items)
{
    return w->type == PAIRS ? items / 2 : items;
}

static void fill(const work *w, void *keys, size_t n)
{
    bool pairs = w->type == PAIRS;
    tern_generator g = {.distribution = w->distribution,
                        .type = pairs ? TERN_U64 : (enum tern_key_type)w->type,
                        .seed = 1,
                        .total = pairs ? 2 * n : n};

    if (tern_generate(&g, 0, g.total, keys) != TERN_OK)
        fail("cannot generate", w->name);
}

/* The sum of all words, for as many bytes; memory is read once. */
static uint64_t sum_of(const void *keys, size_t bytes)
{
    const uint64_t *words = keys;
    uint64_t sum[8] = {0};

    for (size_t i = 0; i + 8 <= bytes / 8; i += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += words[i + k];
    for (size_t k = 1; k < 8; k++)
        sum[0] += sum[k];
    return sum[0];
}

/* The order of every item, and what they are, whatever their order. */
static uint64_t digest(const work *w, const void *keys, size_t n, bool *sorted)
{
    size_t bytes = bytes_of(w);
    tern__mapping m =
        tern__mapping_of(w->type == PAIRS ? TERN_U64 : (enum tern_key_type)w->type, false);
    uint64_t sum = 0, before = 0;

    *sorted = true;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = 0;
        memcpy(&key, (const char *)keys + i * bytes, bytes < 8 ? bytes : 8);
        uint64_t image = tern__to_image(m, key) & (bytes < 8 ? UINT32_MAX : UINT64_MAX);
        *sorted = *sorted && before <= image;
        before = image;
        if (w->type == PAIRS)
            key ^= ((const tern__pair *)keys)[i].value * 3;
        sum += (key ^ key >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return sum;
}

/* Every thread its share in two. */
static void part(uint64_t *keys, size_t n)
{
    const uint64_t middle = UINT64_MAX / 2;

#pragma omp parallel
    {
        const size_t threads = (size_t)omp_get_num_threads(), me = (size_t)omp_get_thread_num();
        const size_t begin = n / threads * me, end = me + 1 < threads ? begin + n / threads : n;
        tern__simd_chosen()->u64->partition(keys + begin, end - begin, &middle, NULL, NULL);
    }
}

static bool is(const work *w, const char *what)
{
    return w->peer != NULL && strcmp(w->peer, what) == 0;
}

static void sort(const work *w, void *keys, size_t n)
{
    if (is(w, "read"))
        sink += sum_of(keys, n * bytes_of(w));
    else if (is(w, "partition"))
        part(keys, n);
    else if (w->peer != NULL) {
        peer_fn *peer;
        *(void **)&peer = dlsym(peers, w->peer);
        if (peer == NULL)
            fail("no such peer", w->peer);
        peer(keys, n);
    } else if (w->type == PAIRS)
        tern__quick_pair(keys, n);
    else if (tern_sort_local((enum tern_key_type)w->type, keys, n, false) != TERN_OK)
        fail("failed", w->name);
}

static double run(const work *w, void *keys, size_t items)
{
    size_t n = count_of(w, items);
    bool sorted;
    int all = omp_get_max_threads();

    fill(w, keys, n);
    uint64_t before = digest(w, keys, n, &sorted);
    omp_set_num_threads(w->threads > 0 ? w->threads : all);
    double begin = tern_clock();
    sort(w, keys, n);
    double seconds = tern_clock() - begin;
    omp_set_num_threads(all);
    uint64_t after = digest(w, keys, n, &sorted);
    if (before != after || (!sorted && !is(w, "read") && !is(w, "partition")))
        fail("not sorted", w->name);
    return seconds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_spread(const work *w, int rounds)
{
    double s[MOST_ROUNDS];

    memcpy(s, w->seconds, sizeof(s));
    qsort(s, (size_t)rounds, sizeof(*s), compare);
    printf("# %-18s %.4f [%.4f-%.4f] s\n", w->name, s[rounds / 2], s[0], s[rounds - 1]);
}

/* The median, over the rounds, of one case's seconds over another's, times `scale`. */
static void figure(const char *name, const work *above, const work *below, double scale, int rounds,
                   const char *target)
{
    double s[MOST_ROUNDS];

    if (above->seconds[0] <= 0 || below->seconds[0] <= 0)
        return;
    for (int i = 0; i < rounds; i++)
        s[i] = scale * above->seconds[i] / below->seconds[i];
    qsort(s, (size_t)rounds, sizeof(*s), compare);
    printf("sort_local.%s %.3g ratio %s\n", name, s[rounds / 2], target);
}

/* What a quicksort can gain by all threads: where its parts are not in the cache, a level takes
 * what the partition of all keys by all threads does. */
static void print_limit(size_t items, int rounds)
{
    const double threads = omp_get_max_threads(), cache = 32 << 20;
    const double levels = fmax(0, log2((double)items * sizeof(uint64_t) / cache));
    double s[MOST_ROUNDS] = {0};

    for (int i = 0; i < rounds; i++) {
        const double one = works[U64].seconds[i], level = works[PART].seconds[i];
        s[i] = one / ((one - levels * level) / threads + levels * works[PART_ALL].seconds[i]);
    }
    qsort(s, (size_t)rounds, sizeof(*s), compare);
    printf(
        "# limit of u64.threads: %.3g [%.3g-%.3g], if %.1f levels are not in a cache of 32 MiB\n",
        s[rounds / 2], s[0], s[rounds - 1], levels);
}

static void figures(int rounds)
{
    figure("u64.vqsort", &works[VQSORT], &works[U64], 1, rounds, ">=0.9");
    figure("u64.threads", &works[U64], &works[U64_ALL], 1, rounds, ">=1.75");
    figure("u64.gnu_parallel", &works[GNU], &works[U64_ALL], 1, rounds, ">=5");
    figure("u32.bytes", &works[U64], &works[U32], 0.5, rounds, ">=0.9");
    figure("f32.bytes", &works[U64], &works[F32], 0.5, rounds, ">=0.9");
    figure("f64.bytes", &works[U64], &works[F64], 1, rounds, ">=0.9");
    figure("i64.bytes", &works[U64], &works[I64], 1, rounds, ">=0.9");
    figure("pairs.bytes", &works[U64], &works[PAIR], 1, rounds, ">=0.9");
    figure("few", &works[U64], &works[FEW], 1, rounds, ">=1");
    figure("reversed", &works[U64], &works[REVERSED], 1, rounds, ">=1");
    figure("sorted.read", &works[READ], &works[SORTED], 1, rounds, ">=0.5");
    figure("equal.read", &works[READ], &works[EQUAL], 1, rounds, ">=0.5");
}

int main(int argc, char **argv)
{
    size_t items = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;

    if (argc > 3 && (peers = dlopen(argv[3], RTLD_NOW)) == NULL)
        fail(dlerror(), argv[3]);
    if (rounds < 1 || rounds > MOST_ROUNDS)
        fail("1 .. 32 rounds", argv[2]);
    void *keys = tern_alloc(items * sizeof(uint64_t));
    if (keys == NULL)
        fail("no memory", argv[0]);
    for (int round = -1; round < rounds; round++) /* the first warms up */
        for (work *w = works; w < works + WORKS; w++)
            if (peers != NULL || w->peer == NULL || strncmp(w->peer, "peer_", 5) != 0)
                w->seconds[round < 0 ? 0 : round] = run(w, keys, items);
    printf("# %zu items, %d threads\n", items, omp_get_max_threads());
    for (const work *w = works; w < works + WORKS; w++)
        print_spread(w, rounds);
    print_limit(items, rounds);
    figures(rounds);
    tern_free(keys);
    return sink == 1; /* never */
}
