/* SPDX-License-Identifier: BSD-3-Clause */
/* lib/base against published vectors and hand-made cases. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/mpitap.h"

/* Vectors of the xxHash specification and of xxhsum -H64. */
static void hash_vectors(void)
{
    const char *text = "Nobody inspects the spammish repetition";

    CU_ASSERT_EQUAL(tern_hash("", 0, 0), 0xEF46DB3751D8E999u);
    CU_ASSERT_EQUAL(tern_hash("a", 1, 0), 0xD24EC4F1A98C6E5Bu);
    CU_ASSERT_EQUAL(tern_hash("abc", 3, 0), 0x44BC2CF5AD770999u);
    CU_ASSERT_EQUAL(tern_hash(text, strlen(text), 0), 0xFBCEA83C8A378BF1u);
}

/* Known-answer tests of Random123 1.09, philox4x32-10, words 0 and 1 of the output. */
static void random_vectors(void)
{
    CU_ASSERT_EQUAL(tern_random(0, 0, 0), 0xe169c58d6627e8d5u);
    CU_ASSERT_EQUAL(tern_random(~0u | ~0ull << 32, ~0ull, ~0ull), 0x41c83b0e408f276du);
    CU_ASSERT_EQUAL(tern_random(0x299f31d0a4093822u, 0x0370734413198a2eu, 0x85a308d3243f6a88u),
                    0x94fdccebd16cfe09u);
}

static void random_is_uniform(void)
{
    enum { BINS = 64, DRAWS = 64 * 1024 };
    int count[BINS] = {0};
    double chi2 = 0;

    for (int i = 0; i < DRAWS; i++)
        count[(int)(tern_random_real(7, 1, (uint64_t)i) * BINS)]++;
    for (int i = 0; i < BINS; i++) {
        double d = count[i] - (double)DRAWS / BINS;
        chi2 += d * d * BINS / DRAWS;
    }
    CU_ASSERT(chi2 > 30 && chi2 < 113); /* 63 degrees of freedom: p = 0.9999 .. 0.0001 */
}

static void numbers(void)
{
    static const struct {
        const char *text;
        double value; /* -1: refused */
    } cases[] = {
        {"12", 12},   {"10M", 1e7}, {"2Ki", 2048}, {"1.5G", 1.5e9},  {"3k", 3000}, {"3K", 3000},
        {"1e3", 1e3}, {"0x10", 16}, {"", -1},      {"x", -1},        {"1Q", -1},   {"1Mib", -1},
        {"nan", -1},  {"inf", -1},  {"1 ", -1},    {"1Gi", 1 << 30},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double value = -1;
        int error = tern_parse_number(cases[i].text, &value);
        CU_ASSERT_EQUAL(error, cases[i].value < 0 ? TERN_EINVAL : TERN_OK);
        CU_ASSERT_EQUAL(value, cases[i].value);
    }
}

static struct {
    bool numeric, reverse;
    const char *output;
    int64_t steps;
    int mode;
    double rate;
} got;

static const tern_option table[] = {
    {"numeric", 'n', TERN_OPTION_FLAG, &got.numeric, NULL, "numbers", 0, 0},
    {NULL, 'r', TERN_OPTION_FLAG, &got.reverse, NULL, "reverse", 0, 0},
    {"output", 'o', TERN_OPTION_TEXT, &got.output, "FILE", "where to", 0, 0},
    {"steps", 0, TERN_OPTION_COUNT, &got.steps, "N", "steps", 1, 1e6},
    {"mode", 0, TERN_OPTION_CHOICE, &got.mode, "send|ssend|isend", "mode", 0, 0},
    {"rate", 0, TERN_OPTION_REAL, &got.rate, "R", "rate", 0, 0},
    {0},
};

/* Parse a line of words; the value is the error, *operand the first operand or NULL. */
static int parse(const char *line, const char **operand)
{
    static char copy[256];
    char *argv[32] = {"prog"};
    int argc = 1, at = 0;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    memset(&got, 0, sizeof(got));
    int error = tern_options_parse(table, argc, argv, &at);
    *operand = error == TERN_OK && at < argc ? argv[at] : NULL;
    return error;
}

static void options_accepted(void)
{
    const char *operand;

    CU_ASSERT_EQUAL(parse("-nr file -o out --steps=10k --mode ssend --rate 2.5", &operand),
                    TERN_OK);
    CU_ASSERT(got.numeric && got.reverse);
    CU_ASSERT_STRING_EQUAL(got.output, "out");
    CU_ASSERT_EQUAL(got.steps, 10000);
    CU_ASSERT_EQUAL(got.mode, 1);
    CU_ASSERT_EQUAL(got.rate, 2.5);
    CU_ASSERT_STRING_EQUAL(operand, "file");
    CU_ASSERT_EQUAL(parse("-- -n", &operand), TERN_OK);
    CU_ASSERT_STRING_EQUAL(operand, "-n");
    CU_ASSERT_FALSE(got.numeric);
}

static void options_refused(void)
{
    static const char *lines[][2] = {
        {"--nope", "--nope"},
        {"-x", "-x"},
        {"--output", "needs a value"},
        {"--steps 0", "between"},
        {"--steps 2M", "between"},
        {"--steps 1.5", "whole"},
        {"--steps ten", "'ten'"},
        {"--mode bsend", "send|ssend|isend"},
        {"--numeric=3", "takes no value"},
        {"--rate 1e999", "number"},
    };
    const char *operand;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        CU_ASSERT_EQUAL(parse(lines[i][0], &operand), TERN_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), lines[i][1]));
    }
}

static void pool_reuses(void)
{
    tern_pool_usage usage;
    size_t bytes = 5 << 20;
    char *a = tern_alloc(bytes);

    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_EQUAL((uintptr_t)a % 64, 0);
    memset(a, 1, bytes);
    tern_free(a);
    tern_pool_stat(&usage);
    CU_ASSERT_EQUAL(usage.used, 0);
    CU_ASSERT_EQUAL(usage.cached, bytes);
    char *b = tern_alloc(bytes - 4096);
    CU_ASSERT_PTR_EQUAL(a, b);
    tern_free(b);
    tern_pool_trim();
    tern_pool_stat(&usage);
    CU_ASSERT_EQUAL(usage.cached, 0);
    CU_ASSERT_EQUAL(usage.peak, bytes);
    CU_ASSERT_PTR_NULL(tern_alloc(SIZE_MAX - 8));
    void *small = tern_alloc(0);
    CU_ASSERT_PTR_NOT_NULL(small);
    tern_free(small);
    tern_free(NULL);
}

/* From a small block to one that is mapped, and to one that is mapped elsewhere. */
static void pool_grows(void)
{
    static const size_t sizes[] = {100, 5000, 3 << 20, (3 << 20) + 1, 40 << 20};
    tern_pool_usage before, after;
    size_t had = 0;

    tern_pool_stat(&before);
    char *block = tern_alloc(1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *larger = tern_grow(block, sizes[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(larger);
        size_t same = 0;
        while (same < had && larger[same] == (char)(same % 101))
            same++;
        CU_ASSERT_EQUAL(same, had);
        block = larger;
        for (had = 0; had < sizes[i]; had++)
            block[had] = (char)(had % 101);
    }
    CU_ASSERT_PTR_EQUAL(tern_grow(block, 1), block);
    CU_ASSERT_PTR_NULL(tern_grow(block, SIZE_MAX - 8));
    CU_ASSERT_EQUAL(block[1000], 1000 % 101);
    tern_pool_stat(&after);
    CU_ASSERT_EQUAL(after.used, before.used + (40 << 20));
    tern_free(block);
    tern_pool_trim();
    tern_pool_stat(&after);
    CU_ASSERT_EQUAL(after.used, before.used);
}

static void outfile_appears_whole(void)
{
    char dir[] = "/tmp/tern-base-XXXXXX", path[64];
    tern_outfile out;
    struct stat st;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/out", dir);
    CU_ASSERT_EQUAL(tern_outfile_begin(path, &out), TERN_OK);
    CU_ASSERT_NOT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(stat(out.beside, &st), 0);
    CU_ASSERT_EQUAL(tern_outfile_commit(&out), TERN_OK);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_NOT_EQUAL(stat(out.beside, &st), 0);
    CU_ASSERT_EQUAL(tern_outfile_begin(dir, &out), TERN_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "directory"));
    CU_ASSERT_EQUAL(tern_outfile_begin("/nowhere/at/all", &out), TERN_EIO);
    CU_ASSERT_EQUAL(tern_outfile_begin("/dev/null", &out), TERN_OK);
    CU_ASSERT_STRING_EQUAL(out.beside, "/dev/null");
    unlink(path);
    rmdir(dir);
}

static void write_word(const char *path, const char *word)
{
    FILE *f = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(word, f);
    fclose(f);
}

static void check_word(const char *path, const char *word)
{
    char text[16] = "";
    FILE *f = fopen(path, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof(text), f));
    CU_ASSERT_STRING_EQUAL(text, word);
    fclose(f);
}

/* A file takes the place of another; if it cannot, both stay. */
static void file_is_renamed(void)
{
    char dir[] = "/tmp/tern-base-XXXXXX", from[64], to[64], nowhere[64];
    struct stat st;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(from, sizeof(from), "%s/new", dir);
    snprintf(to, sizeof(to), "%s/old", dir);
    snprintf(nowhere, sizeof(nowhere), "%s/no/where", dir);
    write_word(from, "new");
    write_word(to, "old");
    CU_ASSERT_EQUAL(tern_file_rename(from, nowhere), TERN_EIO);
    CU_ASSERT_STRING_EQUAL(tern_last_error(), strerror(ENOENT));
    check_word(from, "new");
    CU_ASSERT_EQUAL(tern_file_rename(nowhere, to), TERN_EIO);
    check_word(to, "old");
    CU_ASSERT_EQUAL(tern_file_rename(from, to), TERN_OK);
    CU_ASSERT_NOT_EQUAL(stat(from, &st), 0);
    check_word(to, "new");
    unlink(to);
    rmdir(dir);
}

/* A file without a name holds what is written, and its folder stays empty. */
static void file_has_no_name(void)
{
    char dir[] = "/tmp/tern-base-XXXXXX", nowhere[64], back[4] = "";
    int fd = -1;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    CU_ASSERT_EQUAL(tern_file_nameless(dir, &fd), TERN_OK);
    CU_ASSERT_EQUAL(pwrite(fd, "new", 4, 0), 4);
    CU_ASSERT_EQUAL(pread(fd, back, 4, 0), 4);
    CU_ASSERT_STRING_EQUAL(back, "new");
    snprintf(nowhere, sizeof(nowhere), "%s/no", dir);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
    close(fd);
    CU_ASSERT_EQUAL(tern_file_nameless(nowhere, &fd), TERN_EIO);
    CU_ASSERT_EQUAL(fd, -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), strerror(ENOENT)));
}

enum { LARGE = 5000003 };

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 7 + i / 4096);
}

/* Parts that begin and end anywhere, their bytes put some by some, all parts in turn. */
static void write_parts(const tern_writer *w, const unsigned char *bytes)
{
    static const size_t cuts[] = {0,     1,     4095,    4096,    8192,    12289,
                                  20000, 28672, 1100000, 3200001, 3200002, LARGE};
    enum { PARTS = sizeof(cuts) / sizeof(*cuts) - 1 };
    tern_writer_part part[PARTS];
    size_t done[PARTS];

    for (int i = 0; i < PARTS; i++) {
        CU_ASSERT_EQUAL(tern_writer_begin(w, cuts[i], &part[i]), TERN_OK);
        done[i] = cuts[i];
    }
    for (uint64_t turn = 0, left = PARTS; left > 0; turn++) {
        const size_t i = turn % PARTS,
                     some = tern_random(1, 2, turn) % (turn % 7 == 0 ? 3000000 : 10000);
        const size_t n = cuts[i + 1] - done[i] < some ? cuts[i + 1] - done[i] : some;
        const bool inside = turn % 3 == 0 && n <= TERN_WRITER_SPACE;
        if (inside)
            memcpy(tern_writer_space(&part[i]), bytes + done[i], n);
        const void *from = inside ? (const void *)tern_writer_space(&part[i]) : bytes + done[i];
        CU_ASSERT_EQUAL(tern_writer_put(&part[i], from, n), TERN_OK);
        left -= n > 0 && done[i] + n == cuts[i + 1];
        done[i] += n;
    }
    for (int i = 0; i < PARTS; i++)
        CU_ASSERT_EQUAL(tern_writer_end(&part[i]), TERN_OK);
}

/* Without the file cache, where the file system can, and with it. */
static void file_is_written_in_parts(void)
{
    static unsigned char bytes[LARGE], back[LARGE];
    const char *least[] = {"0", "1Gi"};

    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = byte_at(i);
    for (int i = 0; i < 2; i++) {
        int fd = -1;
        setenv("TERN_DIRECT", least[i], 1);
        CU_ASSERT_EQUAL_FATAL(tern_file_nameless("/tmp", &fd), TERN_OK);
        tern_writer w = tern_writer_open(fd, LARGE);
        CU_ASSERT(i == 0 || w.direct < 0);
        write_parts(&w, bytes);
        tern_writer_close(&w);
        memset(back, 0, sizeof(back));
        CU_ASSERT_EQUAL(pread(fd, back, LARGE, 0), LARGE);
        CU_ASSERT_EQUAL(memcmp(bytes, back, LARGE), 0);
        CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), LARGE);
        close(fd);
    }
    unsetenv("TERN_DIRECT");
}

/* A device without room says so, at the latest in the end. */
static void file_is_full(void)
{
    int fd = open("/dev/full", O_WRONLY);
    tern_writer w = tern_writer_open(fd, 0);
    tern_writer_part part;

    CU_ASSERT_EQUAL(tern_writer_begin(&w, 0, &part), TERN_OK);
    int put = tern_writer_put(&part, "x", 1), end = tern_writer_end(&part);
    CU_ASSERT(put == TERN_EIO || end == TERN_EIO);
    CU_ASSERT_STRING_EQUAL(tern_last_error(), strerror(ENOSPC));
    tern_writer_close(&w);
    close(fd);
}

static void errors_have_names(void)
{
    for (int e = TERN_ESTOPPED; e <= TERN_CLOSED; e++)
        CU_ASSERT_STRING_NOT_EQUAL(tern_strerror(e), "unknown error");
    CU_ASSERT_STRING_EQUAL(tern_strerror(-99), "unknown error");
    CU_ASSERT_EQUAL(tern_fail(TERN_EIO, "a.c:3", "%s: %d", "x", 7), TERN_EIO);
    CU_ASSERT_STRING_EQUAL(tern_last_error(), "x: 7 [a.c:3]");
}

static void environment(void)
{
    CU_ASSERT_PTR_NULL(tern_env("TERN_NO_SUCH"));
    unsetenv("TERN_BSEND_BYTES");
    CU_ASSERT_EQUAL(tern_env_number("TERN_BSEND_BYTES"), 16 << 20);
    setenv("TERN_BSEND_BYTES", "2k", 1);
    CU_ASSERT_EQUAL(tern_env_number("TERN_BSEND_BYTES"), 2000);
    unsetenv("TERN_BSEND_BYTES");
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"hash_vectors", hash_vectors},
        {"random_vectors", random_vectors},
        {"random_is_uniform", random_is_uniform},
        {"numbers", numbers},
        {"options_accepted", options_accepted},
        {"options_refused", options_refused},
        {"pool_reuses", pool_reuses},
        {"pool_grows", pool_grows},
        {"outfile_appears_whole", outfile_appears_whole},
        {"file_is_renamed", file_is_renamed},
        {"file_has_no_name", file_has_no_name},
        {"file_is_written_in_parts", file_is_written_in_parts},
        {"file_is_full", file_is_full},
        {"errors_have_names", errors_have_names},
        {"environment", environment},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"base", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
