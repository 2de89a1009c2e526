/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorts that are larger than the memory they may use, against qsort() on all items: records and
 * lines, unevenly spread, of known and unknown size, packed runs, and what goes wrong in between.
 */
#include "sort/sort.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "support/mpitap.h"

/* ---- What is sorted ------------------------------------------------------------------------- */

/* An input of all ranks, of which each has a part, and the result, put together in memory. */
typedef struct job {
    const char *all;     /* the input */
    size_t begin, bytes; /* this rank's part */
    size_t total;
    char *result;                 /* what this rank has written, zeros elsewhere */
    size_t in_order;              /* bytes written one after the other */
    size_t fail_read, fail_write; /* fail from this byte on; SIZE_MAX: never */
} job;

static int read_part(void *context, uint64_t at, size_t n, void *bytes, size_t *got)
{
    const job *j = context;

    if (at + n > j->fail_read)
        return tern_fail(TERN_EIO, NULL, "no more to read");
    *got = j->bytes - at < n ? j->bytes - (size_t)at : n;
    memcpy(bytes, j->all + j->begin + at, *got);
    return TERN_OK;
}

static int write_part(void *context, uint64_t at, void *bytes, size_t n)
{
    job *j = context;

    if (at + n > j->fail_write)
        return tern_fail(TERN_EIO, NULL, "no more to write");
    memcpy(j->result + at, bytes, n);
    j->in_order += at == j->in_order ? n : 0;
    return TERN_OK;
}

static job new_job(const char *all, size_t total)
{
    job j = {.all = all, .total = total, .fail_read = SIZE_MAX, .fail_write = SIZE_MAX};

    j.result = calloc(1, total + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(j.result);
    return j;
}

static size_t files_in(const char *folder)
{
    DIR *d = opendir(folder);
    size_t n = 0;

    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n - 2; /* . and .. */
}

/* A folder of the rank's own. */
static char folder[] = "/tmp/test_external.XXXXXX";

/* Sort, and put the result together; whether no file is left. */
static int sort(job *j, tern_external *e, tern_content *content)
{
    e->folder = folder;
    e->context = j;
    e->read = read_part;
    e->write = write_part;
    int error = tern_sort_external(tern_world(), e, content);

    CU_ASSERT_EQUAL(files_in(folder), 0);
    if (!error) {
        char *sum = calloc(1, j->total + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(sum);
        CU_ASSERT_EQUAL(
            tern_allreduce(tern_world(), j->result, sum, j->total + 1, MPI_BYTE, MPI_BOR), TERN_OK);
        free(j->result);
        j->result = sum;
    }
    return error;
}

/* ---- Records -------------------------------------------------------------------------------- */

enum { WIDTH = 20, KEY = 7, PLACE = 12 };

/* Few distinct keys of two bytes at KEY, and at PLACE where the record stood. */
static char *make_records(size_t n)
{
    char *records = calloc(n + 1, WIDTH);

    CU_ASSERT_PTR_NOT_NULL_FATAL(records);
    for (size_t i = 0; i < n; i++) {
        uint64_t dice = tern_random(3, 1, i);
        records[i * WIDTH + KEY] = (char)(dice % 2 * 0x90);
        records[i * WIDTH + KEY + 1] = (char)(dice >> 8);
        memcpy(records + i * WIDTH + PLACE, &i, sizeof(i));
    }
    return records;
}

static int backwards;

static int compare_records(const void *a, const void *b)
{
    const char *x = a, *y = b;
    int order = memcmp(x + KEY, y + KEY, 2);
    size_t i, k;

    if (order != 0)
        return backwards ? -order : order;
    memcpy(&i, x + PLACE, sizeof(i));
    memcpy(&k, y + PLACE, sizeof(k));
    return (i > k) - (i < k);
}

/* How records lie on the ranks: evenly, all on the last, or none on odd ranks. */
static void spread(job *j, size_t n, enum tern_filling filling)
{
    uint64_t first;
    size_t mine;

    tern_fill(filling, n, tern_size(tern_world()), tern_rank(tern_world()), &first, &mine);
    j->begin = (size_t)first * WIDTH;
    j->bytes = mine * WIDTH;
}

static bool sorts_records(size_t n, enum tern_filling filling, tern_external e)
{
    char *all = make_records(n);
    job j = new_job(all, n * WIDTH);
    tern_content content = {.items = 0};

    spread(&j, n, filling);
    e.layout = (tern_record_layout){.bytes = WIDTH, .key_offset = KEY, .key_bytes = 2};
    e.bytes = j.bytes;
    CU_ASSERT_EQUAL(sort(&j, &e, &content), TERN_OK);
    backwards = e.descending;
    qsort(all, n, WIDTH, compare_records);
    bool same =
        memcmp(all, j.result, n * WIDTH) == 0 && content.items == n && content.bytes == n * WIDTH;
    free(all);
    free(j.result);
    return same;
}

static void records(void)
{
    static const size_t numbers[] = {0, 1, 500, 6001}, memory[] = {1, 50000, 1 << 20};

    for (int f = 0; f < TERN_FILLINGS; f++)
        for (size_t i = 0; i < 4; i++)
            for (size_t m = 0; m < 3; m++)
                CU_ASSERT(sorts_records(
                    numbers[i], (enum tern_filling)f,
                    (tern_external){.memory = memory[m], .descending = (i + m) % 2 == 1}));
}

static void packed_records(void)
{
#ifdef HAVE_ZSTD
    CU_ASSERT(sorts_records(6001, TERN_EVEN, (tern_external){.memory = 60000, .compress = "zstd"}));
#else
    MPITAP_SKIP("built without zstd");
#endif
}

/* Rank 0 writes, from the first byte to the last. */
static void records_in_order(void)
{
    CU_ASSERT(sorts_records(6001, TERN_RAMP, (tern_external){.memory = 60000, .in_order = true}));
}

/* ---- Lines ---------------------------------------------------------------------------------- */

enum { LINES = 4000 };

typedef struct line {
    const char *text;
    size_t bytes, place;
} line;

/* Words of a few letters, some many times, some empty, and a long one now and then. */
static size_t make_lines(char *text)
{
    char *p = text;

    for (size_t i = 0; i < LINES; i++) {
        uint64_t dice = tern_random(4, 2, i);
        size_t length = i % 500 == 7 ? 9000 : dice % 12;
        for (size_t k = 0; k < length; k++)
            *p++ = (char)('a' + tern_random(5, dice % 300, k) % 3);
        *p++ = '\n';
    }
    return (size_t)(p - text);
}

static int compare_lines(const void *a, const void *b)
{
    const line *x = a, *y = b;
    size_t least = x->bytes < y->bytes ? x->bytes : y->bytes;
    int order = memcmp(x->text, y->text, least - 1);

    if (order == 0)
        order = (x->bytes > y->bytes) - (x->bytes < y->bytes);
    if (order == 0)
        return (x->place > y->place) - (x->place < y->place);
    return backwards ? -order : order;
}

static bool equal(const line *a, const line *b)
{
    return a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
}

/* The lines of `text` in order, equal ones once or not. */
static char *reference(const char *text, size_t *bytes, bool unique)
{
    line *lines = malloc(LINES * sizeof(*lines));
    char *out = malloc(*bytes + 1), *end = out;
    size_t at = 0;

    CU_ASSERT_FATAL(lines != NULL && out != NULL);
    for (size_t i = 0; i < LINES; i++) {
        size_t n = (size_t)(strchr(text + at, '\n') - (text + at)) + 1;
        lines[i] = (line){text + at, n, i};
        at += n;
    }
    qsort(lines, LINES, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < LINES; i++) {
        if (unique && i > 0 && equal(&lines[i - 1], &lines[i]))
            continue;
        memcpy(end, lines[i].text, lines[i].bytes);
        end += lines[i].bytes;
    }
    free(lines);
    *bytes = (size_t)(end - out);
    return out;
}

/* Each rank has the lines that begin in its p-th, or, of unknown size, rank 0 all of them. */
static void spread_lines(job *j, bool unknown)
{
    size_t p = (size_t)tern_size(tern_world()), r = (size_t)tern_rank(tern_world());
    size_t edge[2] = {j->total / p * r, r + 1 < p ? j->total / p * (r + 1) : j->total};

    for (int i = 0; i < 2; i++)
        while (edge[i] > 0 && edge[i] < j->total && j->all[edge[i] - 1] != '\n')
            edge[i]++;
    if (unknown)
        edge[0] = 0, edge[1] = r == 0 ? j->total : 0;
    j->begin = edge[0];
    j->bytes = edge[1] - edge[0];
}

static bool sorts_lines(const tern_line_options *options, bool unknown, tern_external e)
{
    char *text = calloc(1, LINES * 40);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t bytes = make_lines(text), wanted = bytes;
    job j = new_job(text, bytes);
    tern_content content = {.items = 0};

    spread_lines(&j, unknown);
    e.lines = options;
    e.bytes = unknown && tern_rank(tern_world()) == 0 ? UINT64_MAX : j.bytes;
    CU_ASSERT_EQUAL(sort(&j, &e, &content), TERN_OK);
    backwards = options->global.reverse;
    char *want = reference(text, &wanted, options->unique);
    bool same = content.bytes == wanted && memcmp(want, j.result, wanted) == 0
                && (options->unique || content.items == LINES);
    free(want);
    free(text);
    free(j.result);
    return same;
}

static void lines(void)
{
    static const size_t memory[] = {1, 50000, 300000, 10 << 20};
    tern_line_options options = {.stable = false};

    for (size_t i = 0; i < 16; i++) {
        options.unique = i & 1;
        options.global.reverse = (i & 2) != 0;
        CU_ASSERT(sorts_lines(&options, i % 3 == 0, (tern_external){.memory = memory[i / 4]}));
    }
    CU_ASSERT(sorts_lines(&options, true, (tern_external){.memory = 90000, .in_order = true}));
}

/* ---- What goes wrong ------------------------------------------------------------------------ */

/* One rank's failure is one of all, and the sentence is its own. */
static void failures(void)
{
    enum { N = 5000 };
    char *all = make_records(N);
    int last = tern_size(tern_world()) - 1;

    for (int what = 0; what < 3; what++) {
        job j = new_job(all, N * WIDTH);
        tern_content content = {.items = 77};
        tern_external e = {.memory = 20000, .layout = {.bytes = WIDTH, .key_bytes = 2}};
        spread(&j, N, TERN_EVEN);
        e.bytes = j.bytes;
        if (tern_rank(tern_world()) == last) {
            j.fail_read = what == 0 ? j.bytes / 2 : SIZE_MAX;
            j.fail_write = what == 1 ? N * WIDTH / 2 : SIZE_MAX;
            e.layout.bytes = what == 2 ? 0 : WIDTH;
        }
        int error = sort(&j, &e, &content);
        CU_ASSERT(error
                  == (tern_rank(tern_world()) == last ? (what < 2 ? TERN_EIO : TERN_EINVAL)
                                                      : TERN_EPEER));
        CU_ASSERT_EQUAL(content.items, 77);
        free(j.result);
    }
    free(all);
}

static void no_folder(void)
{
    tern_external e = {.memory = 20000,
                       .folder = "/nowhere",
                       .layout = {.bytes = 8, .type = TERN_U64},
                       .read = read_part,
                       .write = write_part};
    tern_content content;

    CU_ASSERT(tern_sort_external(tern_world(), &e, &content) < 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "nowhere"));
}

static int setup(void)
{
    return mkdtemp(folder) == NULL || tern_init(NULL, NULL) != TERN_OK;
}

static int teardown(void)
{
    return rmdir(folder) != 0 || tern_finalize() != TERN_OK;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"records", records},
        {"packed_records", packed_records},
        {"records_in_order", records_in_order},
        {"lines", lines},
        {"failures", failures},
        {"no_folder", no_folder},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_external", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
