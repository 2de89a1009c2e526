/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort_lines() against qsort() with the definition of the order, on texts that hold what is
 * awkward.  tests/apps/sort.sh compares with GNU sort. */
#include "sort/sort.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

typedef struct text {
    char *bytes;
    size_t size;
} text;

typedef struct line {
    const char *bytes;
    size_t size;  /* without the newline */
    size_t index; /* in the input */
} line;

/* ---- Reference ------------------------------------------------------------------------------ */

static bool numeric, reverse, unique;

/* The numbers of these tests have at most 3 digits before and after the point: exact in
 * thousandths. */
static long thousandths(const line *l)
{
    char copy[64] = "";
    long whole = 0, part = 0, unit = 1000, sign = 1;
    const char *p = copy;

    memcpy(copy, l->bytes, l->size < 63 ? l->size : 63);
    p += strspn(p, " \t");
    if (*p == '-') {
        sign = -1;
        p++;
    }
    for (; *p >= '0' && *p <= '9'; p++)
        whole = whole * 10 + (*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++)
            part += (*p - '0') * (unit /= 10);
    return sign * (whole * 1000 + part);
}

static int by_bytes(const line *a, const line *b)
{
    size_t shorter = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->bytes, b->bytes, shorter);

    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static int by_key(const line *a, const line *b)
{
    long x = numeric ? thousandths(a) : 0, y = numeric ? thousandths(b) : 0;

    return numeric ? (x > y) - (x < y) : by_bytes(a, b);
}

static int by_all(const void *a, const void *b)
{
    int order = by_key(a, b);

    if (order == 0 && !unique)
        order = by_bytes(a, b);
    order = reverse ? -order : order;
    return order != 0 ? order : (((const line *)a)->index > ((const line *)b)->index) * 2 - 1;
}

static text reference(text in)
{
    size_t n = 0, kept = 0;
    line *lines = malloc((in.size + 1) * sizeof(*lines));
    text out = {malloc(in.size + 1), 0};

    CU_ASSERT_FATAL(lines != NULL && out.bytes != NULL);
    for (size_t i = 0; i < in.size; n++) {
        const char *end = memchr(in.bytes + i, '\n', in.size - i);
        lines[n] = (line){in.bytes + i, (size_t)(end - in.bytes) - i, n};
        i += lines[n].size + 1;
    }
    qsort(lines, n, sizeof(*lines), by_all);
    for (size_t i = 0; i < n; i++) {
        if (unique && kept > 0 && by_key(&lines[kept - 1], &lines[i]) == 0)
            continue;
        lines[kept++] = lines[i];
        memcpy(out.bytes + out.size, lines[i].bytes, lines[i].size + 1);
        out.size += lines[i].size + 1;
    }
    free(lines);
    return out;
}

/* ---- One case ------------------------------------------------------------------------------- */

/* Where the part of rank r begins: line-aligned, uneven, the first rank often empty. */
static size_t begin_of(text in, int r, int p)
{
    size_t at = r == p ? in.size : in.size * (size_t)(r * r) / (size_t)(p * p);

    while (at > 0 && in.bytes[at - 1] != '\n')
        at--;
    return r == 0 ? 0 : at;
}

/* The parts of all ranks, in rank order, on rank 0. */
static text collect(const tern_lines *lines)
{
    tern_comm *c = tern_world();
    size_t n = tern_lines_count(lines), bytes = tern_lines_bytes(lines, 0, n), copied;
    text all = {malloc(1 << 26), 0};
    char *mine = malloc(bytes + 1);

    CU_ASSERT_FATAL(all.bytes != NULL && mine != NULL);
    CU_ASSERT_EQUAL(tern_lines_copy(lines, 0, n, mine, bytes, &copied), n);
    CU_ASSERT_EQUAL(copied, bytes);
    if (tern_rank(c) > 0) {
        CU_ASSERT_EQUAL(tern_send(c, mine, bytes, MPI_CHAR, 0, 5), TERN_OK);
    } else {
        memcpy(all.bytes, mine, bytes);
        all.size = bytes;
    }
    for (int r = 1; r < tern_size(c) && tern_rank(c) == 0; r++) {
        tern_status status;
        CU_ASSERT_EQUAL(
            tern_recv(c, all.bytes + all.size, (1u << 26) - all.size, MPI_CHAR, r, 5, &status),
            TERN_OK);
        all.size += status.bytes;
    }
    free(mine);
    return all;
}

/* `lines` of all ranks are as they should be. */
static void compare(tern_lines *lines, text in)
{
    text got = collect(lines), expected = reference(in);

    if (tern_rank(tern_world()) == 0)
        CU_ASSERT(got.size == expected.size && memcmp(got.bytes, expected.bytes, got.size) == 0);
    free(got.bytes);
    free(expected.bytes);
    tern_lines_free(lines);
}

/* Every rank has its part, then every rank sees all of it, its part in two ranges. */
static void check(text in)
{
    tern_comm *c = tern_world();
    int r = tern_rank(c), p = tern_size(c);
    size_t begin = begin_of(in, r, p), end = begin_of(in, r + 1, p), middle = begin;
    tern_line_options options = {.global = {.numeric = numeric, .reverse = reverse},
                                 .unique = unique};
    tern_lines *lines = NULL;
    char *mine = tern_alloc(end - begin);

    CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
    memcpy(mine, in.bytes + begin, end - begin);
    CU_ASSERT_EQUAL_FATAL(tern_sort_lines(c, mine, end - begin, &options, &lines), TERN_OK);
    compare(lines, in);
    if (begin < end)
        middle = (size_t)((char *)memchr(in.bytes + begin, '\n', end - begin) - in.bytes) + 1;
    const tern_text_range ranges[] = {{begin, middle}, {middle, end}};
    CU_ASSERT_EQUAL_FATAL(tern_sort_shared_lines(c, in.bytes, ranges, 2, &options, &lines),
                          TERN_OK);
    compare(lines, in);
}

static void check_all_options(text in)
{
    for (int i = 0; i < 8; i++) {
        numeric = (i & 1) != 0;
        reverse = (i & 2) != 0;
        unique = (i & 4) != 0;
        check(in);
    }
}

static text empty_text(size_t room)
{
    text t = {malloc(room), 0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(t.bytes);
    return t;
}

static void put(text *t, const void *bytes, size_t n)
{
    memcpy(t->bytes + t->size, bytes, n);
    t->size += n;
    t->bytes[t->size++] = '\n';
}

/* ---- Tests ---------------------------------------------------------------------------------- */

static void nothing_and_little(void)
{
    text t = empty_text(64);

    check_all_options(t);
    put(&t, "", 0);
    check_all_options(t);
    put(&t, "b", 1);
    put(&t, "a", 1);
    check_all_options(t);
    free(t.bytes);
}

/* Bytes 0, 1, 127, 128, 255 and CR in lines of 0 to 20 bytes: many are prefixes of others. */
static void awkward_bytes(void)
{
    static const char alphabet[] = {0, 1, 127, (char)128, (char)255, '\r'};
    text t = empty_text(1 << 20);
    char bytes[20];

    for (uint64_t i = 0; i < 30000; i++) {
        size_t n = tern_random(1, 0, i) % 21;
        for (size_t k = 0; k < n; k++)
            bytes[k] = alphabet[tern_random(2, i, k) % (k % 8 < 6 ? 2 : sizeof(alphabet))];
        put(&t, bytes, n);
    }
    check_all_options(t);
    free(t.bytes);
}

/* Long common beginnings, of which some lines are the end. */
static void long_prefixes(void)
{
    text t = empty_text(1 << 24);
    static char bytes[700];

    memset(bytes, 'x', sizeof(bytes));
    for (uint64_t i = 0; i < 6000; i++) {
        size_t n = 300 + tern_random(3, 0, i) % 400, at = tern_random(3, 1, i) % n;
        bytes[at] = tern_random(3, 2, i) % 4 == 0 ? 'y' : 'x';
        put(&t, bytes, tern_random(3, 3, i) % 3 == 0 ? 640 : n);
        bytes[at] = 'x';
    }
    check_all_options(t);
    free(t.bytes);
}

/* More equal lines than one thread sorts alone; more ranks than different lines. */
static void repeated_lines(void)
{
    text t = empty_text(1 << 24);

    for (int i = 0; i < 200000; i++)
        put(&t, i % 100000 == 7 ? "seven and something" : "a line that is there again and again",
            i % 100000 == 7 ? 19 : 36);
    check_all_options(t);
    free(t.bytes);
}

static void numbers(void)
{
    static const char *const forms[] = {"%ld.%03ld",   "-%ld.%03ld", " %ld.%ld0", "00%ld.%ld",
                                        "\t-%ld.%ldx", "%ld",        "-0.%ld",    ".%03ld",
                                        "-",           "+%ld",       "x%ld"};
    text t = empty_text(1 << 22);
    char bytes[64];

    for (uint64_t i = 0; i < 40000; i++) {
        uint64_t random = tern_random(5, 0, i);
        const char *form = forms[random % (sizeof(forms) / sizeof(forms[0]))];
        int n = snprintf(bytes, sizeof(bytes), form, (long)(random >> 8) % 300,
                         (long)(random >> 40) % 100);
        put(&t, bytes, (size_t)n);
    }
    check_all_options(t);
    free(t.bytes);
}

/* A line beyond the length that a locator holds. */
static void long_lines(void)
{
    enum { LONG = (1 << 24) + 5 };
    text t = empty_text(2 * LONG + 64);

    put(&t, "m", 1);
    memset(t.bytes + t.size, 'l', LONG);
    t.size += LONG;
    t.bytes[t.size++] = '\n';
    put(&t, "b", 1);
    put(&t, "l", 1);
    reverse = unique = numeric = false;
    check(t);
    reverse = true;
    check(t);
    free(t.bytes);
}

/* Equal lines are shared out like others. */
static void balance(void)
{
    tern_comm *c = tern_world();
    size_t n = 100000 / (size_t)(tern_rank(c) + 1), mine = n, all;
    text t = {tern_alloc(n * 8), 0};
    tern_lines *lines;

    for (size_t i = 0; i < n; i++)
        put(&t, "1234567", 7);
    CU_ASSERT_EQUAL_FATAL(tern_sort_lines(c, t.bytes, t.size, NULL, &lines), TERN_OK);
    CU_ASSERT_EQUAL(tern_allreduce(c, &mine, &all, 1, MPI_UINT64_T, MPI_SUM), TERN_OK);
    size_t share = all / (size_t)tern_size(c), got = tern_lines_count(lines);
    CU_ASSERT(got + 1 >= share && got <= share + 1);
    tern_lines_free(lines);
}

static void nonsense_is_refused(void)
{
    tern_comm *c = tern_world();
    tern_lines *lines = NULL;
    char *text_block = tern_alloc(3);

    memcpy(text_block, "a\nb", 3); /* on one rank the last newline is missing */
    CU_ASSERT(tern_sort_lines(c, text_block, tern_rank(c) == 0 ? 3 : 2, NULL, &lines) < 0);
    CU_ASSERT_PTR_NULL(lines);
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
        {"nothing_and_little", nothing_and_little},
        {"awkward_bytes", awkward_bytes},
        {"long_prefixes", long_prefixes},
        {"repeated_lines", repeated_lines},
        {"numbers", numbers},
        {"long_lines", long_lines},
        {"balance", balance},
        {"nonsense_is_refused", nonsense_is_refused},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_lines", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
