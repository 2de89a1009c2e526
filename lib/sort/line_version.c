/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys as versions, by the rules of the GNU coreutils manual (section "Version sort ordering"):
 * text and digits in turn, text by bytes with '~' before the end before letters before all else,
 * digits by value; first without file suffixes, then with them; an empty key, '.', '..' and other
 * hidden files come first.  A word is the kind of the key and the text before its first digit. */
#include "config.h"

#include "sort/lines.h"

/* What is left of a key, of which only some bytes may count. */
typedef struct cursor {
    const tern__criterion *by;
    const char *p, *end;
} cursor;

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The byte at the cursor, or -1. */
static int peek(cursor *c)
{
    while (c->p < c->end && !tern__counts(c->by, *c->p))
        c->p++;
    return c->p < c->end ? tern__fold(c->by, *c->p) : -1;
}

static int next(cursor *c)
{
    int byte = peek(c);

    c->p += byte >= 0;
    return byte;
}

static cursor cursor_at(const tern__criterion *by, tern__line key)
{
    return (cursor){by, key.text, key.text + key.length};
}

/* Where the suffix begins, the longest end that is (\.[A-Za-z~][A-Za-z0-9~]*)*. */
static const char *find_suffix(cursor c)
{
    enum { OUTSIDE, DOT, INSIDE } state = OUTSIDE;
    const char *suffix = NULL, *at;

    for (int byte; (void)peek(&c), at = c.p, (byte = next(&c)) >= 0;) {
        if (byte == '.') {
            suffix = state == INSIDE ? suffix : at;
            state = DOT;
        } else if (state != OUTSIDE
                   && (is_letter(byte) || byte == '~' || (state == INSIDE && is_digit(byte)))) {
            state = INSIDE;
        } else {
            state = OUTSIDE;
        }
    }
    return state == INSIDE ? suffix : c.end;
}

/* Of what stands where text is; where there is none, whether for a digit or the end, is 1. */
static int rank_of(int byte)
{
    if (byte < 0 || is_digit(byte))
        return 1;
    return byte == '~' ? 0 : is_letter(byte) ? 2 + byte - 'A' : 60 + byte;
}

static int compare_text(cursor *a, cursor *b)
{
    for (;;) {
        int x = peek(a), y = peek(b);
        if ((x < 0 || is_digit(x)) && (y < 0 || is_digit(y)))
            return 0;
        int order = rank_of(x) - rank_of(y);
        if (order != 0)
            return order;
        next(a);
        next(b);
    }
}

static int compare_digits(cursor *a, cursor *b)
{
    int order = 0;

    while (peek(a) == '0')
        next(a);
    while (peek(b) == '0')
        next(b);
    while (is_digit(peek(a)) && is_digit(peek(b))) {
        int x = next(a), y = next(b);
        order = order != 0 ? order : x - y;
    }
    if (is_digit(peek(a)) || is_digit(peek(b)))
        return is_digit(peek(a)) ? 1 : -1;
    return order;
}

static int compare_parts(cursor a, cursor b)
{
    while (peek(&a) >= 0 || peek(&b) >= 0) {
        int order = compare_text(&a, &b);
        if (order == 0)
            order = compare_digits(&a, &b);
        if (order != 0)
            return order;
    }
    return 0;
}

/* Empty, ".", "..", other that begins with '.', all else. */
static int kind_of(cursor c)
{
    int first = next(&c), second = next(&c), third = next(&c);

    if (first != '.')
        return first < 0 ? 0 : 4;
    return second < 0 ? 1 : second == '.' && third < 0 ? 2 : 3;
}

static int compare(const tern__criterion *by, tern__line key_a, tern__line key_b)
{
    cursor a = cursor_at(by, key_a), b = cursor_at(by, key_b), whole_a = a, whole_b = b;
    int kind = kind_of(a), order = kind - kind_of(b);

    if (order != 0 || kind < 3)
        return order;
    a.end = find_suffix(a);
    b.end = find_suffix(b);
    order = compare_parts(a, b);
    return order != 0 ? order : compare_parts(whole_a, whole_b);
}

static uint64_t word(const tern__criterion *by, tern__line key, size_t depth)
{
    enum { RANK_BITS = 9, RANKS = 6 };
    cursor c = cursor_at(by, key);
    int kind = kind_of(c);
    uint64_t word = (uint64_t)kind;

    (void)depth;
    if (kind < 3)
        return word << (RANKS * RANK_BITS + 1);
    c.end = find_suffix(c);
    for (int i = 0, byte = 'A'; i < RANKS;
         i++) { /* the first digit, or the end, is the last rank */
        bool text = byte >= 0 && !is_digit(byte);
        byte = text ? next(&c) : byte;
        word = word << RANK_BITS | (uint64_t)(text ? rank_of(byte) : 0);
    }
    return word << 1 | 1;
}

const tern__ordering tern__by_version = {"version", word, compare, 0};
