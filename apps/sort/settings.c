/* SPDX-License-Identifier: BSD-3-Clause */
/* From options as they stand to what is done; combinations that sort(1) refuses are refused. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sort/binary.h"

static char stdin_name[] = "-";
static char *stdin_paths[] = {stdin_name, NULL};

/* ---- Keys -------------------------------------------------------------------------------------
 */

/* All values must be the same one. */
static const char *only(const tern_option_list *list, const char *what)
{
    for (int i = 1; i < list->n; i++)
        if (strcmp(list->text[0], list->text[i]) != 0)
            tern_prog_usage("%s is both '%s' and '%s'", what, list->text[0], list->text[i]);
    return list->n > 0 ? list->text[0] : NULL;
}

static void settle_separator(sort_settings *s)
{
    const char *text = only(&s->separators, "the field separator");

    if (text == NULL)
        return;
    bool nul = strcmp(text, "\\0") == 0;
    if (!nul && strlen(text) != 1)
        tern_prog_usage("-t: '%s' is not one character", text);
    s->lines.separated = true;
    s->lines.separator = (char)(nul ? '\0' : text[0]);
}

static void settle_keys(sort_settings *s)
{
    static tern_line_key keys[TERN_OPTION_LIST_MOST];

    for (int i = 0; i < s->keys.n; i++)
        if (tern_line_key_parse(s->keys.text[i], &keys[i]))
            tern_prog_usage("-k: %s", tern_last_error());
    s->lines.keys = keys;
    s->lines.n_keys = (size_t)s->keys.n;
}

static void settle_order(sort_settings *s)
{
    static const char letters[] = "bdfghiMnrV", orders[] = "ghMnV";
    char given[sizeof(letters)] = "";

    if (s->order >= 0)
        s->letters[(int)orders[s->order]] = true;
    for (const char *p = letters; *p != '\0'; p++)
        if (s->letters[(int)*p])
            given[strlen(given)] = *p;
    if (tern_line_key_set(given, &s->lines.global) || tern_line_options_check(&s->lines))
        tern_prog_usage("%s", tern_last_error());
    s->reverse = s->letters['r'];
    s->lines.stable = s->letters['s'];
    s->lines.unique = s->letters['u'];
    s->lines.nul = s->letters['z'];
    s->lines.phase = tern_prog_phase;
}

/* ---- Checking ----------------------------------------------------------------------------------
 */

static void settle_check(sort_settings *s)
{
    bool aloud = s->letters['c'], quiet = s->letters['C'];

    if (s->check_how != NULL) {
        const char *how = s->check_how;
        bool silent = strcmp(how, "quiet") == 0 || strcmp(how, "silent") == 0;
        if (!silent && how[0] != '\0' && strcmp(how, "diagnose-first") != 0)
            tern_prog_usage("--check: '%s' is none of quiet, silent, diagnose-first", how);
        quiet |= silent;
        aloud |= !silent;
    }
    if (aloud && quiet)
        tern_prog_usage("-c and -C exclude each other");
    s->check = aloud || quiet;
    s->check_quietly = quiet;
}

static void refuse_to_write(const sort_settings *s)
{
    if (!s->check)
        return;
    if (s->output != NULL)
        tern_prog_usage("-%c writes nothing, so -o has no place", s->check_quietly ? 'C' : 'c');
    if (s->n_paths > 1)
        tern_prog_usage("-%c checks one file, and '%s' is another", s->check_quietly ? 'C' : 'c',
                        s->paths[1]);
}

/* ---- Inputs ------------------------------------------------------------------------------------
 */

static int read_names(FILE *f, const char *path, char **names, size_t *bytes)
{
    size_t room = 0;

    *names = NULL;
    *bytes = 0;
    do {
        if (*bytes + 2 >= room) {
            room = 2 * room + 4096;
            char *larger = realloc(*names, room);
            if (larger == NULL)
                return tern_fail(TERN_ENOMEM, NULL, "no memory for the names in %s", path);
            *names = larger;
        }
        *bytes += fread(*names + *bytes, 1, room - *bytes - 1, f);
    } while (!feof(f) && !ferror(f));
    if (ferror(f))
        return tern_fail(TERN_EIO, NULL, "%s: %s", input_name(path), strerror(errno));
    if (*bytes > 0 && (*names)[*bytes - 1] != '\0')
        (*names)[(*bytes)++] = '\0';
    return *bytes > 0 ? TERN_OK : tern_fail(TERN_EINVAL, NULL, "no input from '%s'", path);
}

static int split_names(sort_settings *s, size_t bytes)
{
    char *p = s->names, *end = p + bytes;
    int n = 0;

    for (char *q = p; q < end; q += strlen(q) + 1)
        n++;
    s->paths = calloc((size_t)n + 1, sizeof(*s->paths));
    if (s->paths == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %d names", n);
    for (s->n_paths = 0; p < end; p += strlen(p) + 1) {
        s->paths[s->n_paths++] = p;
        if (*p == '\0')
            return tern_fail(TERN_EINVAL, NULL, "%s: name %d is empty", s->files0_from, s->n_paths);
        if (strcmp(p, "-") == 0 && strcmp(s->files0_from, "-") == 0)
            return tern_fail(TERN_EINVAL, NULL, "names come from stdin, so none may be '-'");
    }
    return TERN_OK;
}

/* Rank 0 reads, and tells all. */
static int load_names(tern_comm *c, sort_settings *s)
{
    const char *path = s->files0_from;
    uint64_t bytes = 0;
    int error = TERN_OK;

    if (tern_rank(c) == 0) {
        FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
        size_t got = 0;
        error = f == NULL ? tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno))
                          : read_names(f, path, &s->names, &got);
        bytes = got;
        if (f != NULL && f != stdin)
            fclose(f);
    }
    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, &bytes, 1, MPI_UINT64_T, 0);
    if (!error && tern_rank(c) > 0)
        s->names = malloc((size_t)bytes);
    if (!error)
        error = tern_agree(
            c, s->names != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory for names"));
    if (!error)
        error = tern_bcast(c, s->names, (size_t)bytes, MPI_CHAR, 0);
    return error ? error : tern_agree(c, split_names(s, (size_t)bytes));
}

static void settle_inputs(sort_settings *s, int n, char **paths)
{
    s->paths = n > 0 ? paths : stdin_paths;
    s->n_paths = n > 0 ? n : 1;
    if (s->files0_from == NULL)
        return;
    if (n > 0)
        tern_prog_usage("--files0-from names the inputs, so '%s' has no place", paths[0]);
    int error = load_names(tern_world(), s);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
}

/* ---- All ---------------------------------------------------------------------------------------
 */

/* What is for lines only. */
static void refuse_text_options(const sort_settings *s, const char *option)
{
    static const char letters[] = "bdfghiMmnsuVz";

    for (const char *p = letters; *p != '\0'; p++)
        if (s->letters[(int)*p])
            tern_prog_usage("-%c is for lines of text, not for %s", *p, option);
    if ((s->keys.n > 0 && s->record == 0) || s->separators.n > 0 || s->order >= 0
        || s->files0_from != NULL)
        tern_prog_usage("-k, -t, --sort and --files0-from are for lines of text, not for %s",
                        option);
}

/* An output that is an array by its name; -o names its file then. */
static void settle_array(sort_settings *s)
{
    static char file[HDF5_NAME];

    if (s->output == NULL || !(is_npy(s->output) || is_hdf5(s->output)))
        return;
    s->array = s->output;
    s->output = hdf5_file(s->output, file);
}

void settle_settings(sort_settings *s, int n, char **paths)
{
    s->output = only(&s->outputs, "the output");
    s->packer = only(&s->compress, "the program that compresses");
    s->threads = s->threads > 0 ? s->threads : s->parallel;
    s->reverse = s->letters['r'];
    s->paths = n > 0 ? paths : stdin_paths;
    s->n_paths = n > 0 ? n : 1;
    settle_check(s);
    if (s->stats != NULL && s->stats[0] != '\0' && strcmp(s->stats, "json") != 0)
        tern_prog_usage("--stats: '%s' is not json", s->stats);
    if (s->algorithm != NULL && tern_choose("--algorithm", s->algorithm, tern_sort_algorithm) < 0)
        tern_prog_usage("%s", tern_last_error());
    if (s->generate != NULL && (n > 0 || (s->output != NULL && !makes_records(s))))
        tern_prog_usage("--generate neither reads nor writes files");
    const char *binary = s->generate != NULL ? "--generate"
                         : s->record > 0     ? "--record"
                         : s->type >= 0      ? "--type"
                         : takes_arrays(s)   ? "arrays"
                                             : NULL;
    if (binary != NULL) {
        refuse_text_options(s, binary);
        settle_array(s);
    }
    s->key = s->record > 0 ? only(&s->keys, "--key") : NULL;
    check_record_settings(s);
    if (binary != NULL)
        return;
    if (s->in_place || s->algorithm != NULL)
        tern_prog_usage("%s is for binary keys, records and arrays, not for lines",
                        s->in_place ? "--in-place" : "--algorithm");
    settle_keys(s);
    settle_separator(s);
    settle_order(s);
    settle_inputs(s, n, paths);
    refuse_to_write(s);
    if (s->debug)
        explain_keys(s);
}

void free_settings(sort_settings *s)
{
    if (s->names == NULL)
        return;
    free(s->names);
    free(s->paths);
    s->names = NULL;
}
