/* SPDX-License-Identifier: BSD-3-Clause */
/* The local sorts against qsort(): each instruction set x width x distribution, at sizes around
 * every boundary of blocks and at random ones; all threads, of several numbers. */
#include "sort/quick.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

static const char *const sets[] = {"scalar", "avx2", "avx512"};
enum { SETS = sizeof(sets) / sizeof(*sets), WIDTHS = 3 };

/* ---- Items of a width, and what qsort() makes of them ---------------------------------------- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int compare_pair(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    int by_key = compare_u64(x, y);

    return by_key != 0 ? by_key : compare_u64(x + 1, y + 1);
}

static const struct width {
    size_t bytes;
    int (*compare)(const void *, const void *);
} widths[WIDTHS] = {{4, compare_u32}, {8, compare_u64}, {16, compare_pair}};

static const tern__quick *quick_of(const tern__simd *set, int width)
{
    const tern__quick *const all[WIDTHS] = {set->u32, set->u64, set->pair};

    return all[width];
}

static void sort_by_all(int width, void *items, size_t n)
{
    switch (width) {
    case 0: tern__quick_u32(items, n); return;
    case 1: tern__quick_u64(items, n); return;
    default: tern__quick_pair(items, n);
    }
}

/* ---- Distributions --------------------------------------------------------------------------- */

static uint64_t random_state = 1;

static uint64_t next_random(void) /* xorshift64: Marsaglia 2003 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t uniform(size_t i, size_t n)
{
    (void)i, (void)n;
    return next_random();
}

static uint64_t few(size_t i, size_t n)
{
    (void)i, (void)n;
    return next_random() % 5 * UINT64_C(0x3333333333333333); /* the greatest value among them */
}

static uint64_t many_equal(size_t i, size_t n)
{
    (void)i, (void)n;
    return next_random() % 8 == 0 ? next_random() : UINT64_MAX;
}

static uint64_t sorted(size_t i, size_t n)
{
    (void)n;
    return i * UINT64_C(0x100000001);
}

static uint64_t reversed(size_t i, size_t n)
{
    return (n - i) * UINT64_C(0x100000001);
}

static uint64_t equal(size_t i, size_t n)
{
    (void)i, (void)n;
    return UINT64_C(0x7777777777777777);
}

static uint64_t zeros(size_t i, size_t n)
{
    (void)i, (void)n;
    return 0;
}

static uint64_t organ_pipe(size_t i, size_t n)
{
    return (i < n / 2 ? i : n - i) * UINT64_C(0x100000001);
}

static uint64_t sawtooth(size_t i, size_t n)
{
    (void)n;
    return i % 97 * UINT64_C(0x100000001);
}

static uint64_t zipf(size_t i, size_t n)
{
    (void)i, (void)n;
    return next_random() >> (next_random() % 64);
}

/* Kills quicksort with the median of first, middle and last: Musser 1997. */
static uint64_t killer(size_t i, size_t n)
{
    size_t half = n / 2;

    if (i >= half)
        return 2 * (i - half + 1);
    return i % 2 == 0 ? i + 1 : half + i + half % 2;
}

static uint64_t two_runs(size_t i, size_t n)
{
    return (i < n / 2 ? i : i - n / 2) * UINT64_C(0x100000001);
}

static uint64_t (*const distributions[])(size_t i, size_t n) = {
    uniform, few,        many_equal, sorted, reversed, equal,
    zeros,   organ_pipe, sawtooth,   zipf,   killer,   two_runs,
};
enum { DISTRIBUTIONS = sizeof(distributions) / sizeof(*distributions) };

/* n items; in pairs the values are more varied than the keys. */
static void fill(int width, int distribution, void *items, size_t n)
{
    uint32_t *u32 = items;
    uint64_t *u64 = items;

    for (size_t i = 0; i < n; i++) {
        uint64_t x = distributions[distribution](i, n);
        switch (width) {
        case 0: u32[i] = (uint32_t)x; break;
        case 1: u64[i] = x; break;
        default:
            u64[2 * i] = x;
            u64[2 * i + 1] = next_random() % 3 == 0 ? UINT64_MAX : next_random();
        }
    }
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* Whether `set`, or all threads if it is NULL, sort as qsort() does.  What stands around the items
 * must remain. */
static bool sorts(const tern__simd *set, int width, int distribution, size_t n)
{
    static const unsigned char guard[64] = "what stands before and behind the items is not touched";
    size_t bytes = n * widths[width].bytes;
    char *block = malloc(bytes + 2 * sizeof(guard)), *expected = malloc(bytes + 1);
    char *items = block + sizeof(guard), most[TERN__ITEM_BYTES];

    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    memcpy(block, guard, sizeof(guard));
    memcpy(items + bytes, guard, sizeof(guard));
    fill(width, distribution, items, n);
    memcpy(expected, items, bytes);
    qsort(expected, n, widths[width].bytes, widths[width].compare);
    memset(most, UINT8_MAX, sizeof(most));
    if (set != NULL)
        quick_of(set, width)->sort(items, n, most);
    else
        sort_by_all(width, items, n);
    bool same = memcmp(items, expected, bytes) == 0 && memcmp(block, guard, sizeof(guard)) == 0
                && memcmp(items + bytes, guard, sizeof(guard)) == 0;
    free(block);
    free(expected);
    return same;
}

static void check(const tern__simd *set, int width, int distribution, size_t n)
{
    bool same = sorts(set, width, distribution, n);

    if (!same)
        tern_log(TERN_LOG_WARN, "%s: width %zu, distribution %d, %zu items",
                 set != NULL ? set->name : "all", widths[width].bytes, distribution, n);
    CU_ASSERT_TRUE(same);
}

/* Each rank does the same; more of them only take time. */
#define FEW_RANKS()                      \
 do {                                    \
  int ranks;                             \
  MPI_Comm_size(MPI_COMM_WORLD, &ranks); \
  if (ranks > 3)                         \
   MPITAP_SKIP("local");                 \
 } while (0)

/* Rows, vectors and gaps are all multiples of powers of two. */
static void sizes_around_boundaries(void)
{
    FEW_RANKS();
    for (int s = 0; s < SETS; s++) {
        const tern__simd *set = tern__simd_named(sets[s]);
        for (int width = 0; set != NULL && width < WIDTHS; width++) {
            for (size_t n = 0; n < 70; n++)
                check(set, width, 0, n);
            for (size_t power = 64; power <= 2048; power *= 2)
                for (size_t n = power - 3; n <= power + 3; n++)
                    check(set, width, (int)(n % DISTRIBUTIONS), n);
        }
    }
}

static void every_distribution(void)
{
    FEW_RANKS();
    for (int s = 0; s < SETS; s++) {
        const tern__simd *set = tern__simd_named(sets[s]);
        for (int width = 0; set != NULL && width < WIDTHS; width++)
            for (int d = 0; d < DISTRIBUTIONS; d++) {
                check(set, width, d, 200);
                check(set, width, d, 3001);
                check(set, width, d, 20011);
            }
    }
}

static void random_cases(void)
{
    FEW_RANKS();
    for (int i = 0; i < 600; i++) {
        const tern__simd *set = tern__simd_named(sets[next_random() % SETS]);
        int width = (int)(next_random() % WIDTHS), d = (int)(next_random() % DISTRIBUTIONS);
        if (set != NULL)
            check(set, width, d, next_random() % 6000);
    }
}

static void every_number_of_threads(void)
{
    static const int threads[] = {1, 2, 3, 5, 8};
    int before = omp_get_max_threads();

    FEW_RANKS();
    for (size_t t = 0; t < sizeof(threads) / sizeof(*threads); t++) {
        omp_set_num_threads(threads[t]);
        for (int d = 0; d < DISTRIBUTIONS; d++)
            check(NULL, (int)(d + t) % WIDTHS, d, 70001);
    }
    omp_set_num_threads(before);
}

/* Keys, n of a type, by tern__quick_keys() and by qsort() of their images. */
static bool sorts_keys(enum tern_key_type type, int distribution, size_t n)
{
    int width = tern_key_bytes(type) == 8;
    size_t bytes = n * widths[width].bytes;
    char *keys = malloc(bytes), *expected = malloc(bytes);

    CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
    CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
    fill(width, distribution, keys, n);
    memcpy(expected, keys, bytes);
    tern__keys_to_images(type, false, expected, n);
    qsort(expected, n, widths[width].bytes, widths[width].compare);
    tern__images_to_keys(type, false, expected, n);
    tern__quick_keys(widths[width].bytes, keys, n, tern__mapping_of(type, false));
    bool same = memcmp(keys, expected, bytes) == 0;
    free(keys);
    free(expected);
    return same;
}

static void keys_as_they_are(void)
{
    FEW_RANKS();
    static const enum tern_key_type types[] = {TERN_I32, TERN_F32, TERN_I64, TERN_F64};
    int before = omp_get_max_threads();

    for (int s = 0; s < SETS; s++) {
        setenv("TERN_SIMD", sets[s], 1);
        for (int threads = 1; threads <= 3 && tern__simd_named(sets[s]) != NULL; threads += 2) {
            omp_set_num_threads(threads);
            for (int d = 0; d < DISTRIBUTIONS; d++)
                CU_ASSERT_TRUE(sorts_keys(types[(d + s + threads) % 4], d, d % 2 ? 150001 : 3001));
        }
    }
    unsetenv("TERN_SIMD");
    omp_set_num_threads(before);
}

/* Keys of a small range, but for one that may be far away in a corner that no sample sees. */
static void small_ranges(void)
{
    FEW_RANKS();
    static const enum tern_key_type types[] = {TERN_U32, TERN_I32, TERN_F32,
                                               TERN_U64, TERN_I64, TERN_F64};
    enum { MOST = 300001 };
    uint64_t *keys = malloc(MOST * sizeof(*keys)), *expected = malloc(MOST * sizeof(*keys));

    CU_ASSERT_FATAL(keys != NULL && expected != NULL);
    for (int i = 0; i < 96; i++) {
        enum tern_key_type type = types[i % 6];
        bool wide = tern_key_bytes(type) == 8, descending = i % 7 == 0, far = i % 5 == 0;
        size_t n = i % 4 == 0 ? 5000 : MOST, bytes = n * tern_key_bytes(type);
        uint64_t values = 1 + next_random() % (i % 3 == 0 ? 3 : 70000), first = next_random();
        for (size_t k = 0; k < n; k++)
            wide ? (keys[k] = first + next_random() % values)
                 : (((uint32_t *)keys)[k] = (uint32_t)(first + next_random() % values));
        if (far)
            wide ? (keys[n - 2] = ~first) : (((uint32_t *)keys)[n - 2] = (uint32_t)~first);
        memcpy(expected, keys, bytes);
        tern__keys_to_images(type, descending, expected, n);
        qsort(expected, n, bytes / n, wide ? compare_u64 : compare_u32);
        tern__images_to_keys(type, descending, expected, n);
        CU_ASSERT_EQUAL(tern_sort_local(type, keys, n, descending), TERN_OK);
        CU_ASSERT_EQUAL(memcmp(keys, expected, bytes), 0);
    }
    free(keys);
    free(expected);
}

/* The pairs' keys, too, are mapped by a partition. */
static void partition_maps_keys(void)
{
    FEW_RANKS();
    tern__mapping m = tern__mapping_of(TERN_F64, true);

    for (int s = 0; s < SETS; s++) {
        const tern__simd *set = tern__simd_named(sets[s]);
        for (size_t n = 300; set != NULL && n < 340; n++) {
            tern__pair pairs[340], bound = {next_random(), 0};
            for (size_t i = 0; i < n; i++)
                pairs[i] = (tern__pair){next_random(), i};
            tern__pair before[340];
            memcpy(before, pairs, sizeof(pairs));
            size_t below = set->pair->partition(pairs, n, &bound, &m, NULL);
            for (size_t i = 0; i < n; i++) {
                CU_ASSERT_EQUAL(pairs[i].key < bound.key, i < below);
                CU_ASSERT_EQUAL(pairs[i].key, tern__to_image(m, before[pairs[i].value].key));
            }
        }
    }
}

/* Items below any bound go first, and none is lost. */
static void partition_by_any_bound(void)
{
    FEW_RANKS();
    for (int s = 0; s < SETS; s++) {
        const tern__simd *set = tern__simd_named(sets[s]);
        for (size_t n = 600; set != NULL && n < 700; n++) {
            uint64_t items[700], sum = 0, after = 0;
            for (size_t i = 0; i < n; i++)
                sum += items[i] = next_random() % 1000;
            uint64_t bound = next_random() % 1001;
            size_t below = set->u64->partition(items, n, &bound, NULL, NULL);
            for (size_t i = 0; i < n; i++) {
                CU_ASSERT_EQUAL(items[i] < bound, i < below);
                after += items[i];
            }
            CU_ASSERT_EQUAL(after, sum);
        }
    }
}

static uint64_t sum_of_hashes(int width, const void *items, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += tern__hash_key(width == 0 ? ((const uint32_t *)items)[i]
                                         : ((const uint64_t *)items)[i]);
    return sum;
}

/* Each item is read once, whatever stands beside the last ones. */
static void partition_hashes_keys(void)
{
    FEW_RANKS();
    for (int s = 0; s < SETS; s++) {
        const tern__simd *set = tern__simd_named(sets[s]);
        for (size_t n = 600; set != NULL && n < 700; n++)
            for (int width = 0; width < 2; width++) {
                uint64_t items[700], bound = UINT64_C(0x4567456745674567), hash = 7;
                fill(width, 0, items, n);
                uint64_t sum = sum_of_hashes(width, items, n);
                quick_of(set, width)->partition(items, n, &bound, NULL, &hash);
                CU_ASSERT_EQUAL(hash, sum + 7);
                CU_ASSERT_EQUAL(sum_of_hashes(width, items, n), sum);
            }
    }
}

/* In every way that a sort can go. */
static void sort_hashes_keys(void)
{
    static const size_t sizes[] = {0, 1, 100, 40000, 300001};

    FEW_RANKS();
    for (int d = 0; d < DISTRIBUTIONS; d++)
        for (int i = 0; i < 5; i++)
            for (int width = 0; width < 2; width++) {
                size_t n = sizes[i], bytes = widths[width].bytes;
                char *items = malloc(n * bytes + 1);
                CU_ASSERT_PTR_NOT_NULL_FATAL(items);
                fill(width, d, items, n);
                uint64_t sum = sum_of_hashes(width, items, n);
                CU_ASSERT_EQUAL(tern__quick_hashing(bytes, items, n), sum);
                for (size_t k = 1; k < n; k++)
                    CU_ASSERT(widths[width].compare(items + (k - 1) * bytes, items + k * bytes)
                              <= 0);
                free(items);
            }
}

static void look_sees_each_step(void)
{
    FEW_RANKS();
    for (int s = 0; s < SETS; s++) {
        const tern__simd *set = tern__simd_named(sets[s]);
        uint32_t up[300], down[300], same[300];
        for (uint32_t i = 0; i < 300; i++) {
            up[i] = i / 2;
            down[i] = 300 - i / 2;
            same[i] = 7;
        }
        for (size_t n = 3; set != NULL && n <= 300; n++) {
            CU_ASSERT_EQUAL(set->u32->look(up, n), TERN__RISES);
            CU_ASSERT_EQUAL(set->u32->look(down, n), TERN__FALLS);
            CU_ASSERT_EQUAL(set->u32->look(same, n), 0);
            same[n - 1] = 8; /* the last step counts */
            CU_ASSERT_EQUAL(set->u32->look(same, n), TERN__RISES);
            same[n - 1] = 6;
            CU_ASSERT_EQUAL(set->u32->look(same, n), TERN__FALLS);
            same[n - 1] = 7;
        }
    }
}

/* Each rank its own random cases. */
static int setup(void)
{
    int error = tern_init(NULL, NULL);

    if (!error)
        random_state += (uint64_t)tern_rank(tern_world());
    return error;
}

static int teardown(void)
{
    return tern_finalize();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"sizes_around_boundaries", sizes_around_boundaries},
        {"every_distribution", every_distribution},
        {"random_cases", random_cases},
        {"every_number_of_threads", every_number_of_threads},
        {"keys_as_they_are", keys_as_they_are},
        {"small_ranges", small_ranges},
        {"partition_maps_keys", partition_maps_keys},
        {"partition_by_any_bound", partition_by_any_bound},
        {"partition_hashes_keys", partition_hashes_keys},
        {"sort_hashes_keys", sort_hashes_keys},
        {"look_sees_each_step", look_sees_each_step},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_kernels", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
