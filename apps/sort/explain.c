/* SPDX-License-Identifier: BSD-3-Clause */
/* --debug: the keys in words. */
#include "config.h"

#include <stdio.h>

#include "sort/tern-sort.h"

static const char *order_of(const tern_line_key *k)
{
    return k->numeric   ? "as a decimal number"
           : k->general ? "as a floating-point number"
           : k->human   ? "as a number with a suffix"
           : k->month   ? "as the name of a month"
           : k->version ? "as a version"
                        : "by its bytes";
}

static void print_order(const tern_line_key *k)
{
    fprintf(stderr, "%s%s%s%s%s\n", order_of(k),
            k->dictionary  ? ", of blanks, letters and digits only"
            : k->printable ? ", of printable characters only"
                           : "",
            k->fold ? ", letters in upper case" : "", k->reverse ? ", backwards" : "",
            k->blanks && k->end_field == SIZE_MAX && k->field == 0 && k->character == 0
                ? ", after blanks"
                : "");
}

static void print_place(const tern_line_key *k)
{
    fprintf(stderr, "from field %zu, character %zu%s ", k->field + 1, k->character + 1,
            k->blanks ? " after its blanks" : "");
    if (k->end_field == SIZE_MAX)
        fprintf(stderr, "to the end of the line, ");
    else if (k->end_character == 0)
        fprintf(stderr, "to the end of field %zu, ", k->end_field + 1);
    else
        fprintf(stderr, "to field %zu, character %zu%s, ", k->end_field + 1, k->end_character,
                k->end_blanks ? " after its blanks" : "");
}

/* Has no option of its own, so it has the global ones. */
static bool inherits(const tern_line_key *k)
{
    return !(k->blanks || k->end_blanks || k->dictionary || k->printable || k->fold || k->numeric
             || k->general || k->human || k->month || k->version || k->reverse);
}

void explain_keys(const sort_settings *s)
{
    const tern_line_options *o = &s->lines;

    if (tern_rank(tern_world()) != 0)
        return;
    if (o->separated)
        fprintf(stderr, "fields end at byte %d\n", (unsigned char)o->separator);
    else
        fprintf(stderr, "fields begin with blanks\n");
    for (size_t i = 0; i < o->n_keys; i++) {
        fprintf(stderr, "key %zu: ", i + 1);
        print_place(&o->keys[i]);
        print_order(inherits(&o->keys[i]) ? &o->global : &o->keys[i]);
        if (o->keys[i].end_field < o->keys[i].field)
            fprintf(stderr, "  which is empty: it ends before it begins\n");
    }
    if (o->n_keys == 0) {
        tern_line_key line = o->global;
        line.end_field = SIZE_MAX;
        fprintf(stderr, "key: the line, ");
        print_order(&line);
    }
    fprintf(stderr, "lines with equal keys: %s\n",
            o->unique           ? "the first of the input"
            : o->stable         ? "in the order of the input"
            : o->global.reverse ? "by their bytes, backwards"
                                : "by their bytes");
}
