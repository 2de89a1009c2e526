/* SPDX-License-Identifier: BSD-3-Clause */
/* Option tables: each row is parsed by getopt_long() and printed by --help, so the two cannot
 * differ. */
#include "config.h"

#include "base/base.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_OPTIONS = 96,
    FIRST_CODE = 256, /* getopt's value for row i is FIRST_CODE + i: never a letter */
    HELP_COLUMN = 30,
    HELP_WIDTH = 100
};

int tern_parse_number(const char *text, double *out)
{
    static const char prefixes[] = "kMGTPE";
    char *end;
    double value = strtod(text, &end);

    if (end == text || !isfinite(value))
        return TERN_EINVAL;
    const char *prefix =
        *end != '\0' ? strchr(*end == 'K' ? "k" : prefixes, *end == 'K' ? 'k' : *end) : NULL;
    if (prefix != NULL) {
        int power = *end == 'K' ? 1 : (int)(prefix - prefixes) + 1;
        end++;
        value *= pow(*end == 'i' ? 1024.0 : 1000.0, power);
        end += *end == 'i';
    }
    if (*end != '\0')
        return TERN_EINVAL;
    *out = value;
    return TERN_OK;
}

static bool is_last(const tern_option *o)
{
    return o->name == NULL && o->letter == 0;
}

/* How the user knows an option: "--name", or "-x" where there is no long name. */
static const char *name_of(const tern_option *o, char text[static 64])
{
    if (o->name != NULL)
        snprintf(text, 64, "--%s", o->name);
    else
        snprintf(text, 64, "-%c", o->letter);
    return text;
}

static int set_number(const tern_option *o, const char *text)
{
    char name[64];
    double value;
    bool whole = o->type == TERN_OPTION_COUNT;
    bool bounded = o->least != 0 || o->most != 0;

    if (tern_parse_number(text, &value) || (whole && value != floor(value)) || fabs(value) > 9e18)
        return tern_fail(TERN_EINVAL, NULL, "%s: '%s' is not a %snumber", name_of(o, name), text,
                         whole ? "whole " : "");
    if (bounded && (value < o->least || value > o->most))
        return tern_fail(TERN_EINVAL, NULL, "%s: %s is not between %.15g and %.15g",
                         name_of(o, name), text, o->least, o->most);
    if (whole)
        *(int64_t *)o->value = (int64_t)value;
    else
        *(double *)o->value = value;
    return TERN_OK;
}

/* The names of a choice stand in `argument`, separated by '|'. */
static int set_choice(const tern_option *o, const char *text)
{
    char name[64];
    const char *p = o->argument;

    for (int i = 0;; i++) {
        size_t n = strcspn(p, "|");
        if (n == strlen(text) && strncmp(p, text, n) == 0) {
            *(int *)o->value = i;
            return TERN_OK;
        }
        if (p[n] == '\0')
            return tern_fail(TERN_EINVAL, NULL, "%s: '%s' is none of %s", name_of(o, name), text,
                             o->argument);
        p += n + 1;
    }
}

static int add_to_list(const tern_option *o, const char *text)
{
    tern_option_list *list = o->value;
    char name[64];

    if (list->n == TERN_OPTION_LIST_MOST)
        return tern_fail(TERN_EINVAL, NULL, "%s is given more than %d times", name_of(o, name),
                         TERN_OPTION_LIST_MOST);
    list->text[list->n++] = text;
    return TERN_OK;
}

static int set(const tern_option *o, const char *text)
{
    switch (o->type) {
    case TERN_OPTION_FLAG: *(bool *)o->value = true; return TERN_OK;
    case TERN_OPTION_TEXT: *(const char **)o->value = text; return TERN_OK;
    case TERN_OPTION_CHOICE: return set_choice(o, text);
    case TERN_OPTION_LIST: return add_to_list(o, text);
    case TERN_OPTION_MAYBE: *(const char **)o->value = text != NULL ? text : ""; return TERN_OK;
    case TERN_OPTION_COUNT:
    case TERN_OPTION_REAL: return set_number(o, text);
    }
    return TERN_EINVAL;
}

static int argument_of(const tern_option *o)
{
    return o->type == TERN_OPTION_FLAG    ? no_argument
           : o->type == TERN_OPTION_MAYBE ? optional_argument
                                          : required_argument;
}

/* getopt's two descriptions of our table. */
static void describe(const tern_option *table, struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* tell a missing value from an unknown option, print nothing */
    for (int i = 0; !is_last(&table[i]); i++) {
        int has_value = argument_of(&table[i]);
        if (table[i].name != NULL)
            *longs++ = (struct option){table[i].name, has_value, NULL, FIRST_CODE + i};
        if (table[i].letter == 0)
            continue;
        *shorts++ = table[i].letter;
        if (has_value == required_argument)
            *shorts++ = ':';
    }
    *longs = (struct option){NULL, 0, NULL, 0};
    *shorts = '\0';
}

static const tern_option *row_of(const tern_option *table, int code)
{
    if (code >= FIRST_CODE)
        return &table[code - FIRST_CODE];
    while (!is_last(table) && table->letter != code)
        table++;
    return table;
}

static int refuse(const tern_option *table, int code, char **argv)
{
    const char *word = argv[optind - 1];
    char name[64];

    if (code == ':')
        return tern_fail(TERN_EINVAL, NULL, "%s needs a value",
                         name_of(row_of(table, optopt), name));
    if (optopt >= FIRST_CODE)
        return tern_fail(TERN_EINVAL, NULL, "%s takes no value",
                         name_of(row_of(table, optopt), name));
    if (optopt != 0)
        return tern_fail(TERN_EINVAL, NULL, "unknown option '-%c'", optopt);
    return tern_fail(TERN_EINVAL, NULL, "unknown or ambiguous option '%s'", word);
}

int tern_options_parse(const tern_option *table, int argc, char **argv, int *operands)
{
    struct option longs[MOST_OPTIONS + 1];
    char shorts[2 * MOST_OPTIONS + 2];
    int code;

    for (int i = 0; !is_last(&table[i]); i++)
        if (i == MOST_OPTIONS)
            return tern_fail(TERN_EINVAL, NULL, "an option table has more than %d rows",
                             MOST_OPTIONS);
    describe(table, longs, shorts);
    optind = 0; /* start afresh: glibc and musl reset on 0 */
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == '?' || code == ':')
            return refuse(table, code, argv);
        int error = set(row_of(table, code), optarg);
        if (error)
            return error;
    }
    *operands = optind;
    return TERN_OK;
}

void tern_print_wrapped(void *out, const char *text, int indent)
{
    int column = indent;

    while (*text != '\0') {
        int n = (int)strcspn(text, " ");
        if (column > indent && column + 1 + n > HELP_WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        const char *blank = column > indent ? " " : "";
        column += fprintf(out, "%s%.*s", blank, n, text);
        text += n + (text[n] != '\0');
    }
    fputc('\n', out);
}

void tern_options_help(const tern_option *table, void *out)
{
    for (; !is_last(table); table++) {
        char left[256];
        int n = table->letter ? snprintf(left, sizeof(left), "  -%c", table->letter)
                              : snprintf(left, sizeof(left), "    ");
        if (table->name != NULL)
            n += snprintf(left + n, sizeof(left) - (size_t)n, "%s --%s", table->letter ? "," : " ",
                          table->name);
        if (table->type == TERN_OPTION_MAYBE)
            n += snprintf(left + n, sizeof(left) - (size_t)n, "[=%s]", table->argument);
        else if (table->type != TERN_OPTION_FLAG)
            n += snprintf(left + n, sizeof(left) - (size_t)n, "%c%s", table->name ? '=' : ' ',
                          table->argument);
        fprintf(out, "%-*s", HELP_COLUMN, left);
        if (n >= HELP_COLUMN)
            fprintf(out, "\n%*s", HELP_COLUMN, "");
        tern_print_wrapped(out, table->help, HELP_COLUMN);
    }
}

int tern_choose(const char *what, const char *name, const char *(*names)(int i))
{
    char list[512] = "";

    for (int i = 0; names(i) != NULL; i++) {
        if (strcmp(names(i), name) == 0)
            return i;
        snprintf(list + strlen(list), sizeof(list) - strlen(list), " %s", names(i));
    }
    return tern_fail(TERN_EINVAL, NULL, "no %s is called '%s'; there are%s", what, name, list);
}
