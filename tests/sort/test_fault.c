/* SPDX-License-Identifier: BSD-3-Clause */
/* A rank runs out of memory, at any of its allocations and from then on: all ranks learn it, by
 * every algorithm, none waits, and the next sort works. */
#include <omp.h>
#include <string.h>

#include "coll/fault.h"
#include "sort/sort.h"
#include "support/mpitap.h"

enum {
    MOST_ALLOCATIONS = 60,
    LITTLE = 300,
    MUCH = 60000 /* keys, enough to be merged as they come */
};

static tern_comm *c;
static int rank, size;

/* A sort of some input whose allocation number `nth` fails, or none if it is negative. */
typedef int sort_fn(const char *algorithm, size_t n, int nth, bool *met);

static int sort_keys(const char *algorithm, size_t n, int nth, bool *met)
{
    bool in_place = strcmp(algorithm, "in place") == 0;
    tern_sort_options options = {.algorithm = in_place ? NULL : algorithm, .in_place = in_place};
    uint64_t *keys = tern_alloc(n * sizeof(*keys));
    void *block = keys;

    CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = tern_random(1, (uint64_t)rank, i);
    fault_at(nth);
    int error = tern_sort(c, TERN_U64, &block, &n, &options);
    *met = fault_met();
    fault_at(-1);
    keys = block;
    for (size_t i = 1; i < n && !error; i++)
        CU_ASSERT_FATAL(keys[i - 1] <= keys[i]);
    tern_free(block);
    return error;
}

/* Lines of 8 letters of four, so that many are equal. */
static char *make_lines(size_t n)
{
    char *text = tern_alloc(9 * n);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < 9 * n; i++)
        text[i] = i % 9 == 8 ? '\n' : (char)('a' + tern_random(2, 0, i) % 4);
    return text;
}

static int finish_lines(int error, bool *met, tern_lines **lines)
{
    *met = fault_met();
    fault_at(-1);
    if (!error)
        tern_lines_free(*lines);
    return error;
}

static int sort_lines(const char *algorithm, size_t n, int nth, bool *met)
{
    char *text = make_lines(n);
    tern_lines *lines = NULL;

    (void)algorithm;
    fault_at(nth);
    return finish_lines(tern_sort_lines(c, text, 9 * n, NULL, &lines), met, &lines);
}

static int sort_shared_lines(const char *algorithm, size_t n, int nth, bool *met)
{
    char *text = make_lines(n);
    tern_text_range mine = {n / (size_t)size * (size_t)rank * 9,
                            n / (size_t)size * (size_t)(rank + 1) * 9};
    tern_lines *lines = NULL;

    (void)algorithm;
    fault_at(nth);
    int error = finish_lines(tern_sort_shared_lines(c, text, &mine, 1, NULL, &lines), met, &lines);
    tern_free(text);
    return error;
}

/* Let `victim` fail at its first allocation, at its second, .. until it has no more. */
static void fail_everywhere(sort_fn *sort, const char *algorithm, size_t n, int victim)
{
    int any = 1;

    for (int nth = 0; any && nth < MOST_ALLOCATIONS; nth++) {
        bool met;
        int error = sort(algorithm, n, rank == victim ? nth : -1, &met);
        any = met;
        CU_ASSERT_EQUAL(tern_bcast(c, &any, 1, MPI_INT, victim), TERN_OK);
        CU_ASSERT_EQUAL(error, !any ? TERN_OK : rank == victim ? TERN_ENOMEM : TERN_EPEER);
        CU_ASSERT_EQUAL(sort(algorithm, n, -1, &met), TERN_OK);
    }
    CU_ASSERT_EQUAL(any, 0);
}

static void every_algorithm(void)
{
    const char *name;

    for (int i = 0; (name = tern_sort_algorithm(i)) != NULL; i++)
        for (int victim = 0; victim<size; victim += size> 1 ? size - 1 : 1) {
            fail_everywhere(sort_keys, name, LITTLE, victim);
            fail_everywhere(sort_keys, name, MUCH, victim);
        }
}

static void in_place(void)
{
    fail_everywhere(sort_keys, "in place", LITTLE, size - 1);
    fail_everywhere(sort_keys, "in place", MUCH, 0);
}

static void lines(void)
{
    fail_everywhere(sort_lines, NULL, LITTLE, size - 1);
    fail_everywhere(sort_lines, NULL, MUCH, 0);
    fail_everywhere(sort_shared_lines, NULL, LITTLE, 0);
    fail_everywhere(sort_shared_lines, NULL, MUCH, size - 1);
}

static int setup(void)
{
    if (tern_init(NULL, NULL) != TERN_OK)
        return 1;
    c = tern_world();
    rank = tern_rank(c);
    size = tern_size(c);
    omp_set_num_threads(1); /* several merge when all is there */
    return 0;
}

static int teardown(void)
{
    return tern_finalize();
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"every_algorithm", every_algorithm},
        {"in_place", in_place},
        {"lines", lines},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"fault", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };

    return mpitap_main(&argc, &argv, suites);
}
