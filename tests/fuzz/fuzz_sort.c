/* SPDX-License-Identifier: BSD-3-Clause */
/* A fuzzer of tern-sort's options and of what reads its files.  The first byte of the input is a
 * digit.  After 0 come the words of a command line, one a line, which are parsed and settled only;
 * after another the bytes of a file, which is sorted or checked in the way of that number. Whatever
 * they are, they must be refused, or sorted: the proof of the result says whether they are.  Files
 * are written in the current folder. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int sort_main(int argc, char **argv);
#define main sort_main /* what is wanted are its table and its settings */
#include "../../apps/sort/main.c"
#undef main

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
TERN_NORETURN void __wrap_tern_prog_usage(const char *format, ...);
TERN_NORETURN void __wrap_tern_prog_fail(enum tern_exit status, int error);

enum { MOST_WORDS = 32 };

/* "in" is the file, unless its name must tell what it is. */
static const char *const ways[][6] = {
    {NULL},
    {"-o", "out", "in"},
    {"-o", "out", "-unz", "in"},
    {"-C", "in"},
    {"-o", "out", "in.npy"},
    {"-o", "out.npy", "in.npy"},
    {"-o", "out", "--record=5", "--key=1:3", "in"},
    {"-o", "out", "--record=30", "--key=2:2:i16", "-r", "in"},
    {"--record=5", "--key=3:2", "--check", "--checksum", "in"},
    {"-o", "out", "--type=f32", "in"},
};
enum { WAYS = sizeof(ways) / sizeof(*ways) };

static jmp_buf refused;
static tern_comm *world;

/* ---- What ends a program returns here ---------------------------------------------------------
 */

void __wrap_tern_prog_usage(const char *format, ...)
{
    (void)format;
    longjmp(refused, 1);
}

void __wrap_tern_prog_fail(enum tern_exit status, int error)
{
    (void)status;
    if (error == TERN_EMISMATCH)
        abort();
    longjmp(refused, 1);
}

/* ---- The two kinds ----------------------------------------------------------------------------
 */

static void settle(int words, char **word)
{
    int first = 0;

    settings = (sort_settings){.type = -1, .seed = 1, .order = -1};
    if (tern_options_parse(table, words, word, &first) != TERN_OK)
        longjmp(refused, 1);
    settings.files0_from = NULL; /* which would be read */
    settings.debug = false;      /* tells much */
    settle_settings(&settings, words - first, word + first);
}

static void parse(char *text)
{
    static char name[] = "tern-sort";
    char *word[MOST_WORDS + 1] = {name};
    int words = 1;

    for (char *p = strtok(text, "\n"); p != NULL && words < MOST_WORDS; p = strtok(NULL, "\n"))
        word[words++] = p;
    settle(words, word);
    if (settings.record == 0)
        return;
    const tern_record_layout layout = record_layout(&settings);
    const size_t key = layout.key_bytes > 0 ? layout.key_bytes : tern_key_bytes(layout.type);
    if (layout.key_offset + key > layout.bytes)
        abort();
}

static void work(const char *const *way)
{
    static char words[MOST_WORDS][32] = {"tern-sort"};
    char *word[MOST_WORDS + 1] = {words[0]};
    int n = 1;

    for (; n <= 6 && way[n - 1] != NULL; n++) {
        snprintf(words[n], sizeof(words[n]), "%s", way[n - 1]);
        word[n] = words[n];
    }
    settle(n, word);
    const bool binary = settings.record > 0 || settings.type >= 0;
    if (settings.check)
        (void)(binary ? check_records : check_text)(world, &settings);
    else
        (void)(binary || takes_arrays(&settings) ? sort_binary : sort_text)(world, &settings);
}

static bool save(const char *name, const uint8_t *data, size_t size)
{
    FILE *f = fopen(name, "wb");
    bool good = f != NULL && fwrite(data, 1, size, f) == size;

    return (f == NULL || fclose(f) == 0) && good;
}

/* ---- The fuzzer's -----------------------------------------------------------------------------
 */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char name[] = "tern-sort", quiet[] = "--quiet";
    char *word[] = {name, quiet, NULL}, **words = word;
    int n = 2;

    (void)argc, (void)argv;
    tern_prog_start(&spec, &n, &words, &world);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || data[0] < '0' || data[0] >= '0' + WAYS)
        return -1;
    const char *const *way = ways[data[0] - '0'];
    char *text = malloc(size);
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (setjmp(refused) == 0) {
        if (way[0] == NULL)
            parse(text);
        else if (save("in", data + 1, size - 1) && save("in.npy", data + 1, size - 1))
            work(way);
    }
    free_settings(&settings);
    free(text);
    return 0;
}
