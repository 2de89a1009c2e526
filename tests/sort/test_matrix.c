/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated combinations of options and inputs: tern_sort_lines() and tern_lines_disorder() beside
 * GNU sort.  TERN_TEST_MATRIX=N tries N of them, not 60. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sort/sort.h"
#include "support/mpitap.h"

enum { INPUTS = 10, LINES = 400, MOST_TEXT = 1 << 20, MOST_OPTIONS = 256, SEED = 4 };

static char folder[] = "/tmp/tern-matrix-XXXXXX";
static uint64_t drawn; /* numbers of the random sequence that are used up */

static unsigned draw(unsigned n)
{
    return (unsigned)(tern_random(SEED, 0, drawn++) % n);
}

static const char *pick(const char *const *from, size_t n)
{
    return from[draw((unsigned)n)];
}
#define PICK(array) pick(array, sizeof(array) / sizeof((array)[0]))

/* ---- Inputs --------------------------------------------------------------------------------- */

static size_t put(char *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(out, 256, format, args);
    va_end(args);
    return (size_t)n;
}

/* A field that some ordering has something to say about. */
static size_t put_field(char *out)
{
    static const char *const words[] = {"",     "a",     "B", "b",  "Abc", "aBC",  "x y",
                                        "--",   "-",     ".", "..", "#1",  "_z",   "\177",
                                        "\001", "\200x", "~", "a~", ".a",  "zz\r", "caf\303\251"};
    static const char *const months[] = {"JAN",  "feb", "March", "apr ", " May",
                                         "JUNE", "ju",  "Dec",   "sept"};
    /* no NaN: GNU sort orders equal ones by what is in memory after them */
    static const char *const numbers[] = {
        "0",    "-0",     "00",      "-",      "+1",    ".5",
        "-.5",  "5.",     "1e3",     "0x10",   "inf",   "-INF",
        "1E-2", "1e4000", "1e-4950", "0.1000", "-1.10", "123456789012345678901",
        "1_0"};
    static const char *const versions[] = {
        "a.txt", "a1.txt", "a01.txt", "a10.txt", "a2.tar.gz", "lib-1.2", "lib-1.10", "1.0~rc",
        "1.0",   "1.0.1",  ".bashrc", "..",      "x.9y",      "x.a.7",   "file.~1~", "file.c"};
    static const char *const suffixes[] = {"", "K", "k", "M", "G", "m", "T", " K", "E", "Y", "KB"};

    switch (draw(9)) {
    case 0: return put(out, "%s", PICK(words));
    case 1: return put(out, "%s", PICK(months));
    case 2: return put(out, "%s", PICK(numbers));
    case 3: return put(out, "%s", PICK(versions));
    case 4: return put(out, "%s%u%s", draw(3) ? "" : "-", draw(2000), PICK(suffixes));
    case 5: return put(out, "%d.%u", (int)draw(20) - 10, draw(100));
    case 6: return put(out, "%u", draw(30));
    case 7: return put(out, "the same beginning of %u", draw(4));
    default: return put(out, "%c%c", 'a' + (int)draw(3), 'A' + (int)draw(3));
    }
}

/* Lines of up to 5 fields; some inputs repeat lines, hold NULs, or do not end in an end. */
static size_t make_input(int number, char end, char *out)
{
    static const char *const separators[] = {" ", "\t", ",", "  ", ":", " \t ", ""};
    const char *separator = PICK(separators);
    size_t n = 0, line = 0;

    for (int i = 0; i < LINES; i++) {
        size_t begin = n;
        if (i > 0 && draw(6) == 0) {
            memmove(out + n, out + line, n - line);
            n += n - line;
            line = begin;
            continue;
        }
        line = n;
        for (unsigned fields = draw(6); fields > 0; fields--) {
            n += put_field(out + n);
            if (fields > 1)
                n += put(out + n, "%s", draw(5) ? separator : PICK(separators));
            if (number % 3 == 0 && draw(20) == 0)
                out[n++] = end == '\n' ? '\0' : '\n';
        }
        out[n++] = end;
    }
    return n;
}

/* ---- Options -------------------------------------------------------------------------------- */

static void add(char *options, const char *format, ...)
{
    size_t n = strlen(options);
    va_list args;

    va_start(args, format);
    vsnprintf(options + n, MOST_OPTIONS - n, format, args);
    va_end(args);
}

/* Letters that do not exclude each other. */
static void add_letters(char *options)
{
    static const char *const orders[] = {"", "", "n", "g", "h", "M", "V", "d", "i", "f", "dV"};

    add(options, "%s%s%s%s", PICK(orders), draw(4) ? "" : "f", draw(4) ? "" : "b",
        draw(3) ? "" : "r");
}

static void add_key(char *options)
{
    unsigned first = 1 + draw(4);

    add(options, " -k%u", first);
    if (draw(3) == 0)
        add(options, ".%u", 1 + draw(4));
    if (draw(2))
        add_letters(options);
    if (draw(3) > 0) {
        add(options, ",%u", first + draw(2));
        if (draw(3) == 0)
            add(options, ".%u", draw(5));
        if (draw(4) == 0)
            add(options, "b");
    }
}

static void make_options(char *options, bool nul)
{
    static const char *const separators[] = {",", " ", ":", "a", "\t", "\\0"};

    options[0] = '\0';
    if (draw(3) == 0)
        add(options, " -t '%s'", PICK(separators));
    for (unsigned keys = draw(4); keys > 0; keys--)
        add_key(options);
    add(options, " -");
    add_letters(options);
    add(options, "%s%s%s", draw(3) ? "" : "s", draw(3) ? "" : "u", nul ? "z" : "");
    if (options[strlen(options) - 1] == '-')
        options[strlen(options) - 2] = '\0';
}

/* The same for the library.  `keys` has room for them. */
static tern_line_options parse_options(const char *options, tern_line_key *keys)
{
    tern_line_options o = {.keys = keys};
    char copy[MOST_OPTIONS], *p = copy;

    memcpy(copy, options, sizeof(copy));
    while (*p == ' ') {
        char *word = p + 1;
        if (word[1] == 't') {
            o.separated = true;
            o.separator = (char)(word[4] == '\\' ? '\0' : word[4]);
            p = word + (word[4] == '\\' ? 7 : 6);
            continue;
        }
        p = word + strcspn(word, " ");
        char last = *p;
        *p = '\0';
        if (word[1] == 'k') {
            CU_ASSERT_EQUAL_FATAL(tern_line_key_parse(word + 2, &keys[o.n_keys++]), TERN_OK);
        } else {
            for (char *c = word + 1; *c != '\0'; c++) {
                char letter[2] = {*c, '\0'};
                o.stable |= *c == 's';
                o.unique |= *c == 'u';
                o.nul |= *c == 'z';
                if (strchr("suz", *c) == NULL)
                    CU_ASSERT_EQUAL_FATAL(tern_line_key_set(letter, &o.global), TERN_OK);
            }
        }
        *p = last;
    }
    return o;
}

/* ---- Files ---------------------------------------------------------------------------------- */

static FILE *open_file(const char *name, const char *how)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return fopen(path, how);
}

static size_t load(const char *name, char *out)
{
    FILE *f = open_file(name, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(out, 1, MOST_TEXT, f);
    fclose(f);
    return n;
}

/* ---- One case ------------------------------------------------------------------------------- */

typedef struct test_case {
    char options[MOST_OPTIONS];
    int input;
    uint64_t disorder; /* the line that sort -c found, from 1; 0: none */
    size_t want_bytes;
    char *want; /* on rank 0 */
} test_case;

static char *inputs[INPUTS];
static size_t sizes[INPUTS];

static size_t line_begin(const char *text, size_t size, char end, size_t at)
{
    at = at > size ? size : at;
    while (at > 0 && text[at - 1] != end)
        at--;
    return at;
}

/* All ranks' lines on rank 0. */
static size_t collect(const tern_lines *lines, char *out)
{
    tern_comm *c = tern_world();
    size_t bytes, total;
    static char mine[MOST_TEXT];

    tern_lines_copy(lines, 0, tern_lines_count(lines), mine, sizeof(mine), &bytes);
    if (tern_rank(c) > 0) {
        CU_ASSERT_EQUAL(tern_send(c, mine, bytes, MPI_CHAR, 0, 5), TERN_OK);
        return 0;
    }
    memcpy(out, mine, bytes);
    total = bytes;
    for (int r = 1; r < tern_size(c); r++) {
        tern_status status = {.bytes = 0};
        CU_ASSERT_EQUAL(tern_recv(c, out + total, MOST_TEXT - total, MPI_CHAR, r, 5, &status),
                        TERN_OK);
        total += status.bytes;
    }
    return total;
}

static uint64_t first_disorder(const test_case *t, const tern_line_options *o)
{
    const char *text = inputs[t->input];
    size_t at;
    uint64_t line = 1;

    CU_ASSERT_EQUAL_FATAL(tern_lines_disorder(text, sizes[t->input], o, &at), TERN_OK);
    for (size_t i = 0; i < at && at != SIZE_MAX; i++)
        line += text[i] == (o->nul ? '\0' : '\n');
    return at == SIZE_MAX ? 0 : line;
}

static bool run(const test_case *t)
{
    tern_comm *c = tern_world();
    tern_line_key keys[8];
    tern_line_options o = parse_options(t->options, keys);
    char end = o.nul ? '\0' : '\n';
    const char *text = inputs[t->input];
    size_t size = sizes[t->input], p = (size_t)tern_size(c), r = (size_t)tern_rank(c);
    size_t begin = line_begin(text, size, end, size * r / p);
    size_t stop = r + 1 == p ? size : line_begin(text, size, end, size * (r + 1) / p);
    static char got[MOST_TEXT];
    tern_lines *lines = NULL;
    char *mine = tern_alloc(stop - begin);

    CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
    memcpy(mine, text + begin, stop - begin);
    CU_ASSERT_EQUAL_FATAL(tern_sort_lines(c, mine, stop - begin, &o, &lines), TERN_OK);
    size_t bytes = collect(lines, got);
    tern_lines_free(lines);
    if (r > 0)
        return true;
    return bytes == t->want_bytes && memcmp(got, t->want, bytes) == 0
           && first_disorder(t, &o) == t->disorder;
}

/* ---- All ------------------------------------------------------------------------------------ */

static int number_of_cases(void)
{
    const char *value = getenv("TERN_TEST_MATRIX");

    return value != NULL ? atoi(value) : 60;
}

/* Every third input has lines that end in NUL. */
static bool is_nul(int input)
{
    return input % 3 == 2;
}

static void make_cases(test_case *cases, int n)
{
    drawn = (uint64_t)tern_size(tern_world()) << 32; /* others on each number of ranks */
    for (int i = 0; i < INPUTS; i++) {
        inputs[i] = malloc(MOST_TEXT);
        CU_ASSERT_PTR_NOT_NULL_FATAL(inputs[i]);
        sizes[i] = make_input(i, is_nul(i) ? '\0' : '\n', inputs[i]);
    }
    for (int i = 0; i < n; i++) {
        cases[i].input = (int)draw(INPUTS);
        make_options(cases[i].options, is_nul(cases[i].input));
    }
}

/* One shell runs sort(1) on all of them.  Rank 0. */
static void ask_gnu_sort(test_case *cases, int n)
{
    char name[32], command[96];

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    for (int i = 0; i < INPUTS; i++) {
        snprintf(name, sizeof(name), "in%d", i);
        FILE *f = open_file(name, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        CU_ASSERT_EQUAL(fwrite(inputs[i], 1, sizes[i], f), sizes[i]);
        fclose(f);
    }
    FILE *script = open_file("script", "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(script);
    fprintf(script, "LC_ALL=C\nexport LC_ALL\n");
    for (int i = 0; i < n; i++)
        fprintf(script,
                "sort%s in%d >want%d\nsort -c%s in%d 2>&1 | sed -n '1s/^[^:]*:[^:]*:\\([0-9]*\\): "
                "disorder.*/\\1/p' >check%d\n",
                cases[i].options, cases[i].input, i, cases[i].options, cases[i].input, i);
    fclose(script);
    snprintf(command, sizeof(command), "cd %s && sh ./script", folder);
    CU_ASSERT_EQUAL_FATAL(system(command), 0); /* NOLINT(cert-env33-c): our own script */
    for (int i = 0; i < n; i++) {
        char line[64] = "";
        cases[i].want = malloc(MOST_TEXT);
        CU_ASSERT_PTR_NOT_NULL_FATAL(cases[i].want);
        snprintf(name, sizeof(name), "want%d", i);
        cases[i].want_bytes = load(name, cases[i].want);
        snprintf(name, sizeof(name), "check%d", i);
        FILE *f = open_file(name, "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        if (fgets(line, sizeof(line), f) != NULL)
            cases[i].disorder = strtoull(line, NULL, 10);
        fclose(f);
    }
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0); /* NOLINT(cert-env33-c) */
}

static bool have_gnu_sort(void)
{
    return system("sort --version 2>/dev/null | grep -q 'GNU coreutils'")
           == 0; /* NOLINT(cert-env33-c) */
}

static void as_gnu_sort(void)
{
    int n = number_of_cases(), same = 0, have = tern_rank(tern_world()) > 0 || have_gnu_sort();
    test_case *cases = calloc((size_t)n, sizeof(*cases));

    CU_ASSERT_PTR_NOT_NULL_FATAL(cases);
    CU_ASSERT_EQUAL_FATAL(tern_bcast(tern_world(), &have, 1, MPI_INT, 0), TERN_OK);
    make_cases(cases, n);
    if (have && tern_rank(tern_world()) == 0)
        ask_gnu_sort(cases, n);
    for (int i = 0; i < n && have; i++) {
        bool right = run(&cases[i]);
        same += right;
        if (!right)
            printf("# differs: sort%s, input %d\n", cases[i].options, cases[i].input);
        free(cases[i].want);
    }
    if (tern_rank(tern_world()) == 0)
        printf("# %d of %d as GNU sort%s\n", same, n, have ? "" : ", which is not there");
    CU_ASSERT(!have || same == n);
    for (int i = 0; i < INPUTS; i++)
        free(inputs[i]);
    free(cases);
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
        {"as_gnu_sort", as_gnu_sort},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sort_matrix", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
