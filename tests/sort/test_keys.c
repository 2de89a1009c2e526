/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort() against qsort() on the whole sequence: every type, distribution and order, at sizes
 * from nothing to what all threads sort together, on evenly and oddly filled ranks. */
#include "sort/sort.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

/* ---- What the order of each type is, from its definition ------------------------------------ */

#define DEFINE_COMPARE(name, type)                 \
 static int name(const void *a, const void *b)     \
 {                                                 \
  type x = *(const type *)a, y = *(const type *)b; \
  return (x > y) - (x < y);                        \
 }
DEFINE_COMPARE(compare_u8, uint8_t)
DEFINE_COMPARE(compare_u16, uint16_t)
DEFINE_COMPARE(compare_u32, uint32_t)
DEFINE_COMPARE(compare_u64, uint64_t)
DEFINE_COMPARE(compare_i8, int8_t)
DEFINE_COMPARE(compare_i16, int16_t)
DEFINE_COMPARE(compare_i32, int32_t)
DEFINE_COMPARE(compare_i64, int64_t)

/* IEEE 754-2019, 5.10: numbers by value, -0 before +0, NaNs outside the infinities by sign and then
 * by significand. */
static int total_order(double x, double y, int64_t x_bits, int64_t y_bits)
{
    if (signbit(x) != signbit(y))
        return signbit(x) ? -1 : 1;
    if (isnan(x) || isnan(y)) {
        int outer = isnan(x) && isnan(y) ? (x_bits > y_bits) - (x_bits < y_bits)
                    : isnan(x)           ? 1
                                         : -1;
        return signbit(x) ? -outer : outer;
    }
    return (x > y) - (x < y);
}

static int compare_f32(const void *a, const void *b)
{
    float x, y;
    uint32_t i, j;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    memcpy(&i, a, sizeof(i));
    memcpy(&j, b, sizeof(j));
    return total_order((double)x, (double)y, i & INT32_MAX, j & INT32_MAX);
}

static int compare_f64(const void *a, const void *b)
{
    double x, y;
    uint64_t i, j;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    memcpy(&i, a, sizeof(i));
    memcpy(&j, b, sizeof(j));
    return total_order(x, y, (int64_t)(i & INT64_MAX), (int64_t)(j & INT64_MAX));
}

static int compare_u128(const void *a, const void *b)
{
    uint64_t x[2], y[2];
    int high = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

    memcpy(x, a, sizeof(x));
    memcpy(y, b, sizeof(y));
    int by_high = (x[high] > y[high]) - (x[high] < y[high]);
    return by_high != 0 ? by_high : (x[!high] > y[!high]) - (x[!high] < y[!high]);
}

static int (*const compare[TERN_KEY_TYPES])(const void *, const void *) = {
    [TERN_U8] = compare_u8,   [TERN_U16] = compare_u16,   [TERN_U32] = compare_u32,
    [TERN_U64] = compare_u64, [TERN_I8] = compare_i8,     [TERN_I16] = compare_i16,
    [TERN_I32] = compare_i32, [TERN_I64] = compare_i64,   [TERN_F32] = compare_f32,
    [TERN_F64] = compare_f64, [TERN_U128] = compare_u128,
};

/* ---- One case ------------------------------------------------------------------------------- */

/* How the input lies on the ranks. */
enum layout { EVEN, ALL_ON_LAST, EVERY_SECOND, LAYOUTS };

/* Where the part of rank r begins; r = p is the end. */
static size_t first_of(enum layout layout, size_t total, int p, int r)
{
    if (layout == ALL_ON_LAST)
        return r == p ? total : 0;
    if (layout == EVERY_SECOND && r < p)
        r += r % 2;
    return total * (size_t)(r < p ? r : p) / (size_t)p;
}

static char *reference(const tern_generator *g, bool descending)
{
    size_t width = tern_key_bytes(g->type), n = g->total;
    char *keys = malloc(n * width + 1), swap[16];

    CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
    CU_ASSERT_EQUAL_FATAL(tern_generate(g, 0, n, keys), TERN_OK);
    qsort(keys, n, width, compare[g->type]);
    for (size_t i = 0; descending && i < n / 2; i++) {
        memcpy(swap, keys + i * width, width);
        memcpy(keys + i * width, keys + (n - 1 - i) * width, width);
        memcpy(keys + (n - 1 - i) * width, swap, width);
    }
    return keys;
}

/* Phases begin on all ranks alike, for who is told of them may talk to the others. */
static uint64_t phases;

static void note_phase(const char *name, size_t bytes)
{
    (void)bytes;
    phases = tern_hash(name, strlen(name), phases);
}

static void check_phases(tern_comm *c)
{
    const uint64_t mine[2] = {phases, ~phases};
    uint64_t most[2] = {0, 0};

    CU_ASSERT_EQUAL(tern_allreduce(c, mine, most, 2, MPI_UINT64_T, MPI_MAX), TERN_OK);
    CU_ASSERT_EQUAL(most[0], ~most[1]);
}

static bool sorts_as(const tern_sort_options *options, const tern_generator *g, enum layout layout)
{
    tern_comm *c = tern_world();
    int p = tern_size(c), r = tern_rank(c);
    size_t first = first_of(layout, g->total, p, r),
           n = first_of(layout, g->total, p, r + 1) - first;
    size_t width = tern_key_bytes(g->type);
    tern_content before, after;
    bool sorted = false, same, descending = options->descending;
    void *keys = n > 0 ? tern_alloc(n * width) : NULL;

    CU_ASSERT_EQUAL(tern_generate(g, first, n, keys), TERN_OK);
    CU_ASSERT_EQUAL(tern_keys_content(c, g->type, keys, n, &before), TERN_OK);
    tern_proof proof = {.sorted = false};
    tern_sort_options proved = *options;
    proved.prove = &proof;
    proved.phase = note_phase;
    CU_ASSERT_EQUAL(tern_sort(c, g->type, &keys, &n, &proved), TERN_OK);
    check_phases(c);
    CU_ASSERT(proof.sorted && tern_content_equal(&before, &proof.content));
    CU_ASSERT_EQUAL(tern_keys_content(c, g->type, keys, n, &after), TERN_OK);
    CU_ASSERT_EQUAL(tern_is_sorted(c, g->type, keys, n, descending, &sorted), TERN_OK);
    CU_ASSERT(sorted);
    CU_ASSERT(tern_content_equal(&before, &after));
    size_t share = g->total / (size_t)p + ((size_t)r < g->total % (size_t)p);
    size_t begin = g->total / (size_t)p * (size_t)r
                   + ((size_t)r < g->total % (size_t)p ? (size_t)r : g->total % (size_t)p);
    char *expected = reference(g, descending);
    same = n == share && memcmp(keys, expected + begin * width, n * width) == 0;
    free(expected);
    tern_free(keys);
    return same;
}

static bool sorts(const tern_generator *g, enum layout layout, bool descending)
{
    return sorts_as(&(tern_sort_options){.descending = descending}, g, layout);
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void every_type_and_distribution(void)
{
    static const size_t totals[] = {5003, 0, 1000, 5, 3001, 1};
    size_t i = 0;

    for (int type = 0; type < TERN_KEY_TYPES; type++)
        for (int d = 0; d < TERN_DISTRIBUTIONS; d++, i++) {
            tern_generator g = {(enum tern_distribution)d, (enum tern_key_type)type, i,
                                totals[i * 7 / 2 % 6], 0};
            CU_ASSERT(sorts(&g, (enum layout)(i % LAYOUTS), i % 2 == 0));
        }
}

/* From fewer items than ranks to enough for every splitter. */
static void every_algorithm(void)
{
    static const size_t totals[] = {0, 1, 7, 60, 3001};
    uint64_t p = (uint64_t)tern_size(tern_world());
    size_t i = 0;

    for (int a = 0; tern_sort_algorithm(a) != NULL; a++)
        for (int d = 0; d < TERN_DISTRIBUTIONS; d++, i++) {
            enum tern_key_type type = (enum tern_key_type)(i * 7 % TERN_KEY_TYPES);
            tern_generator g = {(enum tern_distribution)d, type, i, totals[i % 5], p};
            tern_sort_options options = {.descending = i % 2, .algorithm = tern_sort_algorithm(a)};
            CU_ASSERT(sorts_as(&options, &g, (enum layout)(i % LAYOUTS)));
        }
}

/* Beyond what one thread sorts alone, where ranks have several. */
static void large_arrays(void)
{
    static const enum tern_distribution some[] = {TERN_UNIFORM, TERN_REVERSED, TERN_EQUAL,
                                                  TERN_SQRT};
    uint64_t p = (uint64_t)tern_size(tern_world());
    uint64_t total = p > 4 ? 50001 : 140001 * p;

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        tern_generator wide = {some[i], TERN_U64, 3, total, p};
        tern_generator narrow = {some[i], TERN_F32, 4, 140003, p};
        CU_ASSERT(sorts(&wide, EVEN, i % 2 == 0));
        CU_ASSERT(sorts(&narrow, ALL_ON_LAST, i % 2 != 0));
    }
}

/* Ranks of one thread merge chunks as they come; the last is not full.  They come by messages, or
 * are read where they lie. */
static void chunks_come(const char *read_peers)
{
    int threads = omp_get_max_threads();
    uint64_t p = (uint64_t)tern_size(tern_world());

    setenv("TERN_READ_PEERS", read_peers, 1);
    omp_set_num_threads(1);
    for (int d = 0; d < TERN_DISTRIBUTIONS && p > 1 && p < 5; d++) {
        tern_generator g = {(enum tern_distribution)d, TERN_U64, 3, 8209 * p * p, p};
        CU_ASSERT(sorts(&g, (enum layout)(d % LAYOUTS), d % 2 == 0));
    }
    omp_set_num_threads(threads);
    unsetenv("TERN_READ_PEERS");
}

static void chunks(void)
{
    chunks_come("0");
    chunks_come("1");
}

/* Some ranks read one another, others do not. */
static void chunks_both_ways(void)
{
    chunks_come(tern_rank(tern_world()) % 2 ? "1" : "0");
}

/* ---- In place ------------------------------------------------------------------------------- */

/* The first test, since the peak is that of the process.  Rank r's part is left to rank r + 1. */
static void in_place_needs_little_memory(void)
{
    size_t n = (16 << 20) / sizeof(uint64_t) + (size_t)tern_rank(tern_world());
    tern_generator g = {TERN_UNIFORM, TERN_U64, (uint64_t)tern_rank(tern_world()), n, 0};
    tern_sort_options options = {.in_place = true};
    tern_pool_usage before, after;
    void *keys = tern_alloc(n * sizeof(uint64_t));
    bool sorted = false;

    tern_pool_trim();
    tern_pool_stat(&before);
    CU_ASSERT_EQUAL_FATAL(tern_generate(&g, 0, n, keys), TERN_OK);
    CU_ASSERT_EQUAL(tern_sort(tern_world(), TERN_U64, &keys, &n, &options), TERN_OK);
    tern_pool_stat(&after);
    size_t most = before.used > after.used ? before.used : after.used; /* the data or the result */
    CU_ASSERT(after.peak <= most + (16 << 20) / 5);
    CU_ASSERT_EQUAL(tern_is_sorted(tern_world(), TERN_U64, keys, n, false, &sorted), TERN_OK);
    CU_ASSERT(sorted);
    tern_free(keys);
    tern_pool_trim();
}

static void in_place(void)
{
    static const size_t totals[] = {5003, 0, 3001, 7, 1};
    uint64_t p = (uint64_t)tern_size(tern_world());
    size_t i = 0;

    for (int type = 0; type < TERN_KEY_TYPES; type++)
        for (int d = 0; d < TERN_DISTRIBUTIONS; d++, i++) {
            tern_generator g = {(enum tern_distribution)d, (enum tern_key_type)type, i,
                                totals[i % 5], p};
            tern_sort_options options = {
                .in_place = true, .descending = i % 2, .stable = i % 3 == 0};
            CU_ASSERT(sorts_as(&options, &g, (enum layout)(i / 2 % LAYOUTS)));
        }
}

/* Many chunks, and more data than a rank had before; one thread or several. */
static void in_place_large(void)
{
    static const enum tern_distribution some[] = {TERN_UNIFORM, TERN_STAGGERED, TERN_REVERSED,
                                                  TERN_ALL_TO_ONE, TERN_SQRT};
    uint64_t p = (uint64_t)tern_size(tern_world());

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        tern_generator g = {some[i], i % 2 ? TERN_F64 : TERN_U32, i, p > 4 ? 30001 : 140001, p};
        tern_sort_options options = {.in_place = true, .stable = i % 2};
        for (int layout = 0; layout < LAYOUTS; layout++)
            CU_ASSERT(sorts_as(&options, &g, (enum layout)layout));
    }
}

static void in_place_is_refused(void)
{
    tern_sort_options options = {.in_place = true, .algorithm = "radix"};
    tern_comm *c = tern_world();
    size_t n = 0;
    void *keys = NULL;

    CU_ASSERT_EQUAL(tern_sort(c, TERN_U64, &keys, &n, &options), TERN_ENOTSUP);
    options.algorithm = "histogram";
    CU_ASSERT_EQUAL(tern_sort(c, TERN_U64, &keys, &n, &options), TERN_OK);
    CU_ASSERT_EQUAL(tern_sort_by_key(c, TERN_U64, &keys, &n, NULL, 0, &options), TERN_ENOTSUP);
    tern_free(keys);
}

/* ---- Proofs and generators ------------------------------------------------------------------ */

/* tern_is_sorted() must see a fall inside a rank, and one between ranks. */
static void disorder_is_found(void)
{
    tern_comm *c = tern_world();
    int r = tern_rank(c), p = tern_size(c);
    uint32_t keys[4] = {(uint32_t)r * 4, (uint32_t)r * 4 + 1, (uint32_t)r * 4 + 2,
                        (uint32_t)r * 4 + 3};
    bool sorted = false;

    CU_ASSERT_EQUAL(tern_is_sorted(c, TERN_U32, keys, 4, false, &sorted), TERN_OK);
    CU_ASSERT(sorted);
    CU_ASSERT_EQUAL(tern_is_sorted(c, TERN_U32, keys, 4, true, &sorted), TERN_OK);
    CU_ASSERT(!sorted);
    if (r == p - 1)
        keys[3] = 0;
    CU_ASSERT_EQUAL(tern_is_sorted(c, TERN_U32, keys, 4, false, &sorted), TERN_OK);
    CU_ASSERT(!sorted);
    for (int i = 0; i < 4; i++)
        keys[i] = (uint32_t)(p - r);
    CU_ASSERT_EQUAL(tern_is_sorted(c, TERN_U32, keys, 4, false, &sorted), TERN_OK);
    CU_ASSERT_EQUAL(sorted, p == 1);
    CU_ASSERT_EQUAL(tern_is_sorted(c, TERN_U32, keys, r % 2 ? 0 : 4, true, &sorted), TERN_OK);
    CU_ASSERT(sorted);
}

/* The content hash must change when one key does. */
static void change_is_found(void)
{
    tern_comm *c = tern_world();
    uint16_t keys[3] = {1, 2, 3};
    tern_content before, after;

    CU_ASSERT_EQUAL(tern_keys_content(c, TERN_U16, keys, 3, &before), TERN_OK);
    CU_ASSERT_EQUAL(before.items, 3u * (unsigned)tern_size(c));
    CU_ASSERT_EQUAL(before.bytes, 6u * (unsigned)tern_size(c));
    keys[1] = (uint16_t)(tern_rank(c) == 0 ? 1 : 2);
    CU_ASSERT_EQUAL(tern_keys_content(c, TERN_U16, keys, 3, &after), TERN_OK);
    CU_ASSERT(!tern_content_equal(&before, &after));
}

/* Other keys with the same sum and the same sum of squares (Prouhet, Tarry, Escott). */
static void trade_is_found(void)
{
    static const uint64_t before[] = {1, 5, 6}, after[] = {2, 3, 7};

    for (unsigned shift = 0; shift < 60; shift++) {
        uint64_t keys[3], traded[3];
        tern_content a, b;
        for (int i = 0; i < 3; i++) {
            keys[i] = before[i] << shift;
            traded[i] = after[i] << shift;
        }
        CU_ASSERT_EQUAL(tern_keys_content(tern_world(), TERN_U64, keys, 3, &a), TERN_OK);
        CU_ASSERT_EQUAL(tern_keys_content(tern_world(), TERN_U64, traded, 3, &b), TERN_OK);
        CU_ASSERT(!tern_content_equal(&a, &b));
    }
}

static void nonsense_is_refused(void)
{
    tern_comm *c = tern_world();
    void *keys = NULL;
    size_t n = tern_rank(c) == 0 ? 5 : 0; /* 5 keys at NULL, on one rank only */
    tern_generator g = {TERN_DISTRIBUTIONS, TERN_U8, 0, 1, 0};
    bool sorted;

    CU_ASSERT(tern_sort(c, TERN_U64, &keys, &n, NULL) < 0);
    n = 0;
    CU_ASSERT_EQUAL(tern_sort(c, TERN_KEY_TYPES, &keys, &n, NULL), TERN_EINVAL);
    CU_ASSERT_EQUAL(tern_is_sorted(c, TERN_KEY_TYPES, NULL, 0, false, &sorted), TERN_EINVAL);
    CU_ASSERT_EQUAL(tern_generate(&g, 0, 1, &n), TERN_EINVAL);
    tern_free(keys); /* those with no keys were given a block */
}

/* The sequence does not depend on how it is cut, and its names mean what they say. */
static void generator_is_one_sequence(void)
{
    uint64_t whole[1000], parts[1000];

    for (int d = 0; d < TERN_DISTRIBUTIONS; d++) {
        tern_generator g = {(enum tern_distribution)d, TERN_U64, 11, 1000, 0};
        CU_ASSERT_EQUAL(tern_generate(&g, 0, 1000, whole), TERN_OK);
        CU_ASSERT_EQUAL(tern_generate(&g, 0, 333, parts), TERN_OK);
        CU_ASSERT_EQUAL(tern_generate(&g, 333, 667, parts + 333), TERN_OK);
        CU_ASSERT_EQUAL(memcmp(whole, parts, sizeof(whole)), 0);
        int rises = 0, falls = 0;
        for (int i = 1; i < 1000; i++) {
            rises += whole[i] > whole[i - 1];
            falls += whole[i] < whole[i - 1];
        }
        CU_ASSERT_EQUAL(rises == 999, d == TERN_SORTED);
        CU_ASSERT_EQUAL(falls == 999, d == TERN_REVERSED);
        CU_ASSERT_EQUAL(rises + falls == 0, d == TERN_EQUAL);
    }
}

/* What the definitions say of 16 parts of 100 keys each, and of the values. */
static void adversaries_are_what_they_say(void)
{
    enum { PARTS = 16, EACH = 100, TOTAL = PARTS * EACH };
    static const uint64_t range = UINT64_MAX / PARTS;
    uint64_t key[TOTAL];
    tern_generator g = {TERN_STAGGERED, TERN_U64, 3, TOTAL, PARTS};

    CU_ASSERT_EQUAL(tern_generate(&g, 0, TOTAL, key), TERN_OK);
    for (size_t i = 0; i < TOTAL; i++) /* 1, 3, 5 .., 0, 2, 4 .. */
        CU_ASSERT_EQUAL(key[i] / range, 2 * (i / EACH) % PARTS + (i < TOTAL / 2));
    g.distribution = TERN_BUCKETS;
    CU_ASSERT_EQUAL(tern_generate(&g, 0, TOTAL, key), TERN_OK);
    for (size_t i = 1; i < TOTAL; i++)
        CU_ASSERT(i % EACH == 0 || key[i] / range >= key[i - 1] / range);
    g.distribution = TERN_GROUPS;
    CU_ASSERT_EQUAL(tern_generate(&g, 0, TOTAL, key), TERN_OK);
    for (size_t i = 0; i < TOTAL; i++) /* groups of 4, each from another 4 ranges, half way round */
        CU_ASSERT_EQUAL(key[i] / range / 4, (i / EACH / 4 + 2) % 4);
    g.distribution = TERN_ALL_TO_ONE;
    CU_ASSERT_EQUAL(tern_generate(&g, 0, TOTAL, key), TERN_OK);
    for (size_t i = 0; i < TOTAL; i++)
        CU_ASSERT_EQUAL(key[i] / range, i % EACH < EACH / 2 ? 0 : PARTS - 1 - i / EACH);
    g.distribution = TERN_ALMOST;
    CU_ASSERT_EQUAL(tern_generate(&g, 0, TOTAL, key), TERN_OK);
    int falls = 0;
    for (size_t i = 1; i < TOTAL; i++)
        falls += key[i] < key[i - 1];
    CU_ASSERT(falls > 0 && falls < TOTAL / 20);
    g.distribution = TERN_EXPONENTIAL;
    CU_ASSERT_EQUAL(tern_generate(&g, 0, TOTAL, key), TERN_OK);
    int low = 0;
    for (size_t i = 0; i < TOTAL; i++) /* 1 - 1/e^2 of them, 0.8647, are below 2/32 */
        low += key[i] < UINT64_MAX / 16;
    CU_ASSERT(low > TOTAL * 83 / 100 && low < TOTAL * 90 / 100);
}

static void fillings_are_whole(void)
{
    for (int f = 0; f < TERN_FILLINGS; f++)
        for (int p = 1; p < 9; p++) {
            uint64_t sum = 0, first;
            for (int r = 0; r < p; r++) {
                size_t n;
                tern_fill((enum tern_filling)f, 1001, p, r, &first, &n);
                CU_ASSERT_EQUAL(first, sum);
                CU_ASSERT(n == 0 || f != TERN_EMPTY_ODD || r % 2 == 0);
                CU_ASSERT(n == 0 || f != TERN_ONE_RANK || r == p - 1);
                sum += n;
            }
            CU_ASSERT_EQUAL(sum, 1001);
        }
}

static int setup(void)
{
    return tern_init(NULL, NULL);
}

static int teardown(void)
{
    return tern_finalize();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"in_place_needs_little_memory", in_place_needs_little_memory},
        {"every_type_and_distribution", every_type_and_distribution},
        {"every_algorithm", every_algorithm},
        {"large_arrays", large_arrays},
        {"chunks", chunks},
        {"chunks_both_ways", chunks_both_ways},
        {"in_place", in_place},
        {"in_place_large", in_place_large},
        {"in_place_is_refused", in_place_is_refused},
        {"disorder_is_found", disorder_is_found},
        {"change_is_found", change_is_found},
        {"trade_is_found", trade_is_found},
        {"nonsense_is_refused", nonsense_is_refused},
        {"generator_is_one_sequence", generator_is_one_sequence},
        {"adversaries_are_what_they_say", adversaries_are_what_they_say},
        {"fillings_are_whole", fillings_are_whole},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_keys", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
