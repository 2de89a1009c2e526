/* SPDX-License-Identifier: BSD-3-Clause */
/* Definitions of keys as sort(1) has them: F[.C][OPTS][,F[.C][OPTS]]. */
#include "config.h"

#include <stdlib.h>

#include "sort/lines.h"

/* What an option letter sets; 'b' depends on where it stands. */
static bool *flag_of(tern_line_key *key, char letter)
{
    switch (letter) {
    case 'd': return &key->dictionary;
    case 'f': return &key->fold;
    case 'g': return &key->general;
    case 'h': return &key->human;
    case 'i': return &key->printable;
    case 'M': return &key->month;
    case 'n': return &key->numeric;
    case 'r': return &key->reverse;
    case 'V': return &key->version;
    default: return NULL;
    }
}

/* The letters at `p`; where they end. */
static const char *parse_letters(const char *p, tern_line_key *key, bool *blanks)
{
    for (bool *flag; (flag = *p == 'b' ? blanks : flag_of(key, *p)) != NULL; p++)
        *flag = true;
    return p;
}

/* A number, saturated; where it ends, or NULL if there is none. */
static const char *parse_count(const char *p, size_t *out)
{
    const char *begin = p;
    size_t value = 0;

    for (; *p >= '0' && *p <= '9'; p++) {
        size_t digit = (size_t)(*p - '0');
        value = value > (SIZE_MAX - digit) / 10 ? SIZE_MAX : value * 10 + digit;
    }
    *out = value;
    return p > begin ? p : NULL;
}

/* F[.C][OPTS] at *p, counted from 1; a sentence about what is wrong, or NULL.  Without .C the
 * character is `character`. */
static const char *parse_position(const char **p, size_t *field, size_t *character,
                                  tern_line_key *key, bool *blanks)
{
    const char *at = parse_count(*p, field);

    if (at == NULL)
        return "a field number is missing";
    if (*field == 0)
        return "fields are counted from 1";
    if (*at == '.') {
        at = parse_count(at + 1, character);
        if (at == NULL)
            return "a character number is missing after '.'";
    }
    *p = parse_letters(at, key, blanks);
    return NULL;
}

int tern_line_key_parse(const char *definition, tern_line_key *out)
{
    tern_line_key key = {.end_field = SIZE_MAX, .character = 1};
    const char *p = definition;
    const char *wrong = parse_position(&p, &key.field, &key.character, &key, &key.blanks);

    if (wrong == NULL && key.character == 0)
        wrong = "characters are counted from 1";
    key.field--;
    key.character--;
    if (wrong == NULL && *p == ',') {
        p++;
        wrong = parse_position(&p, &key.end_field, &key.end_character, &key, &key.end_blanks);
        key.end_field--;
    }
    if (wrong == NULL && *p != '\0')
        wrong = "something follows that is no part of it";
    if (wrong != NULL)
        return tern_fail(TERN_EINVAL, NULL, "key '%s': %s", definition, wrong);
    *out = key;
    return TERN_OK;
}

int tern_line_key_set(const char *options, tern_line_key *key)
{
    tern_line_key set = *key;
    const char *p = parse_letters(options, &set, &set.blanks);

    if (*p != '\0')
        return tern_fail(TERN_EINVAL, NULL, "'%c' is no option of a key", *p);
    set.end_blanks = set.blanks;
    *key = set;
    return TERN_OK;
}
