/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorts of records, by every kind of key, against qsort() on all records.  A record tells where it
 * came from, so that a stable sort has one right answer and any sort can be checked for it. */
#include "sort/sort.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

enum { MOST_BYTES = 100 };

/* The key of a record and, in the 8 bytes that `place` tells, its global position. */
typedef struct shape {
    tern_record_layout layout;
    size_t place;
} shape;

static int by_last_byte(const void *a, const void *b, const void *context)
{
    size_t last = *(const size_t *)context - 1;

    return (int)((const unsigned char *)a)[last] - ((const unsigned char *)b)[last];
}
static const size_t eleven = 11;

static const shape shapes[] = {
    {{.bytes = 100, .key_bytes = 10}, 10},
    {{.bytes = 27, .key_offset = 3, .key_bytes = 16}, 19},
    {{.bytes = 9, .key_offset = 8, .key_bytes = 1}, 0},
    {{.bytes = 41, .key_bytes = 33}, 33},
    {{.bytes = 16, .type = TERN_U64}, 8},
    {{.bytes = 16, .type = TERN_F64}, 8},
    {{.bytes = 16, .key_offset = 8, .type = TERN_I64}, 0},
    {{.bytes = 13, .key_offset = 8, .type = TERN_F32}, 0},
    {{.bytes = 10, .key_offset = 8, .type = TERN_I16}, 0},
    {{.bytes = 24, .key_offset = 8, .type = TERN_U128}, 0},
    {{.bytes = 11, .compare = by_last_byte, .context = &eleven}, 0},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* Few distinct keys, and long common prefixes, so that ties and later words decide. */
static void make(const shape *s, uint64_t first, size_t n, unsigned char *records)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char *record = records + i * s->layout.bytes;
        uint64_t place = first + i;
        for (size_t k = 0; k < s->layout.bytes; k++) {
            uint64_t dice = tern_random(5, place, k);
            record[k] = (unsigned char)(dice % 8 == 0 ? dice >> 32 : 7);
        }
        memcpy(record + s->place, &place, sizeof(place));
    }
}

/* ---- The reference: compares by definition, then by position -------------------------------- */

static const shape *at_work;
static bool backwards;

static int compare_numbers(const unsigned char *a, const unsigned char *b)
{
    int64_t i = 0, j = 0;
    int16_t s, t;
    uint64_t u[2], v[2];
    double x = 0, y = 0;
    float f, g;

    switch (at_work->layout.type) {
    case TERN_U64:
        memcpy(u, a, 8);
        memcpy(v, b, 8);
        return (u[0] > v[0]) - (u[0] < v[0]);
    case TERN_U128: /* little-endian machines only, as the test's input */
        memcpy(u, a, 16);
        memcpy(v, b, 16);
        if (u[1] != v[1])
            return u[1] > v[1] ? 1 : -1;
        return (u[0] > v[0]) - (u[0] < v[0]);
    case TERN_I64:
        memcpy(&i, a, 8);
        memcpy(&j, b, 8);
        break;
    case TERN_I16:
        memcpy(&s, a, 2);
        memcpy(&t, b, 2);
        i = s, j = t;
        break;
    case TERN_F32:
        memcpy(&f, a, 4);
        memcpy(&g, b, 4);
        x = (double)f, y = (double)g;
        break;
    default:
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        break;
    }
    return i != j ? (i > j) - (i < j) : (x > y) - (x < y);
}

static int compare_keys(const void *a, const void *b)
{
    const tern_record_layout *l = &at_work->layout;
    const unsigned char *x = (const unsigned char *)a + l->key_offset;
    const unsigned char *y = (const unsigned char *)b + l->key_offset;
    int order = l->compare != NULL ? l->compare(a, b, l->context)
                : l->key_bytes > 0 ? memcmp(x, y, l->key_bytes)
                                   : compare_numbers(x, y);

    return backwards ? -order : order;
}

static uint64_t place_of(const void *record)
{
    uint64_t place;

    memcpy(&place, (const char *)record + at_work->place, sizeof(place));
    return place;
}

static int compare_all(const void *a, const void *b)
{
    int order = compare_keys(a, b);
    uint64_t x = place_of(a), y = place_of(b);

    return order != 0 ? order : (x > y) - (x < y);
}

/* Finite floating-point keys only, whose order is that of `<`. */
static void tame(const shape *s, unsigned char *records, size_t n)
{
    for (size_t i = 0; i < n && s->layout.key_bytes == 0 && s->layout.compare == NULL; i++) {
        unsigned char *key = records + i * s->layout.bytes + s->layout.key_offset;
        float f = (float)(int)(key[0] % 16) - 8.5F;
        double d = (double)f;
        if (s->layout.type == TERN_F32)
            memcpy(key, &f, sizeof(f));
        if (s->layout.type == TERN_F64)
            memcpy(key, &d, sizeof(d));
    }
}

/* ---- One case ------------------------------------------------------------------------------- */

static size_t begin_of(size_t total, int p, int r)
{
    size_t part = total / (size_t)p, rest = total % (size_t)p, i = (size_t)r;

    return part * i + (i < rest ? i : rest);
}

static unsigned char *input(const shape *s, size_t first, size_t n)
{
    unsigned char *records = tern_alloc(n * s->layout.bytes + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(records);
    make(s, first, n, records);
    tame(s, records, n);
    return records;
}

static bool matches(const shape *s, const unsigned char *got, const unsigned char *want, size_t n,
                    bool stable)
{
    size_t bytes = s->layout.bytes;

    if (stable)
        return memcmp(got, want, n * bytes) == 0;
    for (size_t i = 0; i < n; i++)
        if (compare_keys(got + i * bytes, want + i * bytes) != 0)
            return false;
    return true;
}

static bool sorts(const shape *s, size_t total, const tern_sort_options *options)
{
    tern_comm *c = tern_world();
    int p = tern_size(c), r = tern_rank(c);
    size_t first = begin_of(total, p, r), n = begin_of(total, p, r + 1) - first;
    unsigned char *all = input(s, 0, total);
    void *records = input(s, first, n);
    tern_content before;
    tern_proof after;

    at_work = s;
    backwards = options->descending;
    qsort(all, total, s->layout.bytes, compare_all);
    CU_ASSERT_EQUAL(tern_records_content(c, &s->layout, records, n, &before), TERN_OK);
    CU_ASSERT_EQUAL(tern_sort_records(c, &s->layout, &records, &n, options), TERN_OK);
    CU_ASSERT_EQUAL(tern_prove(c, &s->layout, records, n, options, &after), TERN_OK);
    CU_ASSERT(after.sorted);
    CU_ASSERT(tern_content_equal(&before, &after.content));
    bool same = n == begin_of(total, p, r + 1) - first
                && matches(s, records, all + first * s->layout.bytes, n, options->stable);
    tern_free(all);
    tern_free(records);
    return same;
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void every_layout(void)
{
    static const size_t totals[] = {0, 1, 13, 4999};

    for (size_t i = 0; i < SHAPES; i++)
        for (size_t k = 0; k < 4; k++)
            CU_ASSERT(sorts(&shapes[i], totals[k],
                            &(tern_sort_options){.descending = (i + k) % 2, .stable = k % 3 == 0}));
}

/* Beyond what one thread does alone. */
static void many_records(void)
{
    CU_ASSERT(sorts(&shapes[0], 150001, &(tern_sort_options){.stable = true}));
    CU_ASSERT(sorts(&shapes[4], 300001, &(tern_sort_options){.descending = true, .stable = true}));
    CU_ASSERT(sorts(&shapes[10], 150001, &(tern_sort_options){.stable = true}));
    int threads = omp_get_max_threads();
    omp_set_num_threads(1); /* then what comes is merged as it comes */
    CU_ASSERT(sorts(&shapes[0], 50001, &(tern_sort_options){.stable = true}));
    omp_set_num_threads(threads);
}

static void in_place(void)
{
    static const size_t totals[] = {0, 1, 13, 4999};

    for (size_t i = 0; i < SHAPES; i++)
        for (size_t k = 0; k < 4; k++)
            CU_ASSERT(sorts(&shapes[i], totals[k],
                            &(tern_sort_options){.descending = (i + k) % 2,
                                                 .stable = k % 3 == 0,
                                                 .in_place = true}));
    CU_ASSERT(sorts(&shapes[0], 50001, &(tern_sort_options){.stable = true, .in_place = true}));
    CU_ASSERT(sorts(&shapes[4], 50001, &(tern_sort_options){.stable = false, .in_place = true}));
}

static bool is_stable(const char *algorithm)
{
    return strcmp(algorithm, "hypercube") != 0 && strcmp(algorithm, "bitonic") != 0;
}

static void every_algorithm(void)
{
    for (int a = 0; tern_sort_algorithm(a) != NULL; a++)
        for (size_t i = 0; i < SHAPES; i++) {
            const char *name = tern_sort_algorithm(a);
            tern_sort_options options = {.algorithm = name, .stable = is_stable(name)};
            if (shapes[i].layout.compare == NULL || strcmp(name, "radix") != 0)
                CU_ASSERT(sorts(&shapes[i], 1501, &options));
        }
}

static void payloads_follow(void)
{
    enum { TOTAL = 3001 };
    tern_comm *c = tern_world();
    int p = tern_size(c), r = tern_rank(c);
    size_t first = begin_of(TOTAL, p, r), n = begin_of(TOTAL, p, r + 1) - first;
    int32_t *key = tern_alloc(n * sizeof(*key) + 1);
    char *half = tern_alloc(n * 3 + 1);
    uint64_t *place = tern_alloc(n * sizeof(*place) + 1);

    for (size_t i = 0; i < n; i++) {
        key[i] = (int32_t)(tern_random(9, 0, first + i) % 100) - 50;
        place[i] = first + i;
        memset(half + 3 * i, key[i], 3);
    }
    void *keys = key;
    tern_payload payloads[] = {{3, half}, {sizeof(*place), place}};
    CU_ASSERT_EQUAL(
        tern_sort_by_key(c, TERN_I32, &keys, &n, payloads, 2, &(tern_sort_options){.stable = true}),
        TERN_OK);
    key = keys, half = payloads[0].data, place = payloads[1].data;
    CU_ASSERT_EQUAL(n, begin_of(TOTAL, p, r + 1) - first);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(key[i], (int32_t)(tern_random(9, 0, place[i]) % 100) - 50);
        CU_ASSERT_EQUAL((unsigned char)half[3 * i + 2], (unsigned char)key[i]);
        CU_ASSERT(i == 0 || key[i - 1] < key[i]
                  || (key[i - 1] == key[i] && place[i - 1] < place[i]));
    }
    tern_free(key);
    tern_free(half);
    tern_free(place);
}

static void nonsense_is_refused(void)
{
    static const tern_record_layout bad[] = {
        {.bytes = 0, .key_bytes = 1},
        {.bytes = 8, .key_offset = 1, .type = TERN_U64},
        {.bytes = 8, .key_offset = 9, .key_bytes = 1},
        {.bytes = 8, .type = TERN_KEY_TYPES},
    };
    tern_comm *c = tern_world();
    void *records = tern_alloc(64);
    size_t n = 1;

    memset(records, 0, 64);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(tern_sort_records(c, &bad[i], &records, &n, NULL), TERN_EINVAL);
    tern_record_layout good = tern_key_layout(TERN_U32);
    tern_sort_options unknown = {.algorithm = "bogo"}, negative = {.imbalance = -1};
    CU_ASSERT_EQUAL(tern_sort_records(c, &good, &records, &n, &unknown), TERN_EINVAL);
    CU_ASSERT_EQUAL(tern_sort_records(c, &good, &records, &n, &negative), TERN_EINVAL);
    tern_sort_options unstable = {.algorithm = "bitonic", .stable = true};
    CU_ASSERT_EQUAL(tern_sort_records(c, &good, &records, &n, &unstable), TERN_EINVAL);
    tern_free(records);
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
        {"every_layout", every_layout},
        {"many_records", many_records},
        {"every_algorithm", every_algorithm},
        {"in_place", in_place},
        {"payloads_follow", payloads_follow},
        {"nonsense_is_refused", nonsense_is_refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_records", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
