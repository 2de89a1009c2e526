/* SPDX-License-Identifier: BSD-3-Clause */
/* From options to criteria, as sort(1) does: keys without options have the global ones, a line
 * without keys is one if there are any, and its bytes are the last resort. */
#include "config.h"

#include <stdlib.h>

#include "sort/lines.h"

/* ---- Finding keys --------------------------------------------------------------------------- */

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && tern__is_blank(*p))
        p++;
    return p;
}

/* What follows field number 0 at p: its separator, or the blanks that the next one begins with. */
static const char *skip_field(const tern__criterion *by, const char *p, const char *end)
{
    if (by->separator >= 0) {
        const char *next = memchr(p, by->separator, (size_t)(end - p));
        return next != NULL ? next : end;
    }
    p = skip_blanks(p, end);
    while (p < end && !tern__is_blank(*p))
        p++;
    return p;
}

static const char *skip_characters(const char *p, const char *end, size_t n)
{
    return (size_t)(end - p) < n ? end : p + n;
}

static const char *find_field(const tern__criterion *by, const char *p, const char *end,
                              size_t field)
{
    for (; field > 0 && p < end; field--) {
        p = skip_field(by, p, end);
        p += by->separator >= 0 && p < end;
    }
    return p;
}

static const char *find_end(const tern__criterion *by, const char *p, const char *end)
{
    const tern_line_key *k = &by->key;

    p = find_field(by, p, end, k->end_field);
    if (k->end_character == 0)
        return p < end ? skip_field(by, p, end) : end;
    if (k->end_blanks)
        p = skip_blanks(p, end);
    return skip_characters(p, end, k->end_character);
}

tern__line tern__find_key(const tern__criterion *by, tern__line line)
{
    const tern_line_key *k = &by->key;
    const char *begin = line.text, *end = begin + line.length, *stop = end;

    if (by->whole)
        return line;
    if (k->end_field != SIZE_MAX)
        stop = find_end(by, begin, end);
    begin = find_field(by, begin, end, k->field);
    if (k->blanks)
        begin = skip_blanks(begin, end);
    begin = skip_characters(begin, end, k->character);
    return (tern__line){begin, begin < stop ? (size_t)(stop - begin) : 0};
}

/* ---- Comparing ------------------------------------------------------------------------------ */

int tern__compare_from(const tern__order *o, size_t first, tern__line a, tern__line b)
{
    for (size_t i = first; i < o->n; i++) {
        const tern__criterion *by = &o->criteria[i];
        int order = by->ordering->compare(by, tern__find_key(by, a), tern__find_key(by, b));
        if (order != 0)
            return by->flip != 0 ? -order : order;
    }
    return 0;
}

/* ---- Options -------------------------------------------------------------------------------- */

static bool orders(const tern_line_key *k)
{
    return k->dictionary || k->printable || k->fold || k->numeric || k->general || k->human
           || k->month || k->version;
}

/* Says nothing of how it is compared. */
static bool is_plain(const tern_line_key *k)
{
    return !orders(k) && !k->reverse && !k->blanks && !k->end_blanks;
}

static int check_key(const tern_line_key *k)
{
    if (k->numeric + k->general + k->human + k->month
            + (k->version || k->dictionary || k->printable)
        <= 1)
        return TERN_OK;
    return tern_fail(TERN_EINVAL, NULL, "options '%s%s%s%s%s%s%s' exclude each other",
                     k->dictionary ? "d" : "", k->general ? "g" : "", k->human ? "h" : "",
                     k->printable ? "i" : "", k->month ? "M" : "", k->numeric ? "n" : "",
                     k->version ? "V" : "");
}

int tern_line_options_check(const tern_line_options *o)
{
    int error = o->n_keys == 0 ? check_key(&o->global) : TERN_OK;

    for (size_t i = 0; i < o->n_keys && !error; i++)
        error = check_key(is_plain(&o->keys[i]) ? &o->global : &o->keys[i]);
    return error;
}

static const tern__ordering *ordering_of(const tern_line_key *k)
{
    return k->numeric                      ? &tern__by_number
           : k->general                    ? &tern__by_general_number
           : k->human                      ? &tern__by_human_number
           : k->month                      ? &tern__by_month
           : k->version                    ? &tern__by_version
           : k->dictionary || k->printable ? &tern__by_counted
           : k->fold                       ? &tern__by_folded
                                           : &tern__by_bytes;
}

static void add_criterion(tern__order *order, const tern_line_options *o, tern_line_key key)
{
    order->criteria[order->n++] = (tern__criterion){
        .ordering = ordering_of(&key),
        .key = key,
        .whole = key.field == 0 && key.character == 0 && key.end_field == SIZE_MAX && !key.blanks,
        .separator = o->separated ? (unsigned char)o->separator : -1,
        .flip = key.reverse ? UINT64_MAX : 0,
    };
}

/* `key` at its place, compared as `how`. */
static tern_line_key compared_as(tern_line_key how, tern_line_key place)
{
    how.field = place.field;
    how.character = place.character;
    how.end_field = place.end_field;
    how.end_character = place.end_character;
    return how;
}

int tern__order_make(const tern_line_options *o, tern__order *order)
{
    const tern_line_key line = {.end_field = SIZE_MAX};
    tern_line_key last = line;
    int error = tern_line_options_check(o);

    if (error)
        return error;
    *order =
        (tern__order){malloc((o->n_keys + 2) * sizeof(*order->criteria)), 0, o->nul ? '\0' : '\n'};
    if (order->criteria == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu keys", o->n_keys);
    for (size_t i = 0; i < o->n_keys; i++) {
        const tern_line_key *k = &o->keys[i];
        add_criterion(order, o, compared_as(is_plain(k) ? o->global : *k, *k));
    }
    if (o->n_keys == 0 && (orders(&o->global) || o->global.blanks))
        add_criterion(order, o, compared_as(o->global, line));
    last.reverse = o->global.reverse;
    if (order->n == 0 || !(o->stable || o->unique))
        add_criterion(order, o, last);
    return TERN_OK;
}
