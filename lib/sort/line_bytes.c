/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys by their bytes: as they are, as upper-case letters, or only some of them.  A word is 7 bytes
 * and, below them, how many of them the key has, so that a NUL is more than nothing; 15 if the key
 * goes on. */
#include "config.h"

#include "sort/lines.h"

enum { WORD = 7, MORE = WORD << 1 | 1 };

/* ---- As they are ---------------------------------------------------------------------------- */

static uint64_t word_of_bytes(const tern__criterion *by, tern__line key, size_t depth)
{
    (void)by;
    depth = depth < key.length ? depth : key.length; /* more in a text that others change */
    key.text += depth;
    key.length -= depth;
    uint64_t word = tern__big_endian(key);
    return key.length > WORD ? (word & ~UINT64_C(0xff)) | MORE : word | key.length << 1;
}

static int compare_bytes(const tern__criterion *by, tern__line a, tern__line b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter > 0 ? memcmp(a.text, b.text, shorter) : 0;

    (void)by;
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

const tern__ordering tern__by_bytes = {"bytes", word_of_bytes, compare_bytes, WORD};

/* ---- Through tables ------------------------------------------------------------------------- */

unsigned char tern__fold(const tern__criterion *by, char c)
{
    return (unsigned char)(by->key.fold && c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

bool tern__counts(const tern__criterion *by, char c)
{
    if (by->key.dictionary)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
               || tern__is_blank(c);
    return !by->key.printable || (c >= ' ' && c <= '~');
}

/* Bytes that count from p on, at most WORD and one more to know that there is one. */
static uint64_t pack(const tern__criterion *by, const char *p, const char *end)
{
    uint64_t word = 0, n = 0;

    for (; p < end && n <= WORD; p++) {
        if (!tern__counts(by, *p))
            continue;
        if (n < WORD)
            word |= (uint64_t)tern__fold(by, *p) << (56 - 8 * n);
        n++;
    }
    return word | (n > WORD ? MORE : n << 1);
}

static uint64_t word_folded(const tern__criterion *by, tern__line key, size_t depth)
{
    return pack(by, key.text + depth, key.text + key.length);
}

static const char *skip_counted(const tern__criterion *by, const char *p, const char *end, size_t n)
{
    for (; p < end && n > 0; p++)
        n -= tern__counts(by, *p);
    return p;
}

static uint64_t word_counted(const tern__criterion *by, tern__line key, size_t depth)
{
    const char *end = key.text + key.length;

    return pack(by, skip_counted(by, key.text, end, depth), end);
}

static const char *next_counted(const tern__criterion *by, const char *p, const char *end)
{
    while (p < end && !tern__counts(by, *p))
        p++;
    return p;
}

static int compare_counted(const tern__criterion *by, tern__line a, tern__line b)
{
    const char *p = a.text, *p_end = p + a.length, *q = b.text, *q_end = q + b.length;

    for (;; p++, q++) {
        p = next_counted(by, p, p_end);
        q = next_counted(by, q, q_end);
        if (p == p_end || q == q_end)
            return (p < p_end) - (q < q_end);
        int order = tern__fold(by, *p) - tern__fold(by, *q);
        if (order != 0)
            return order;
    }
}

const tern__ordering tern__by_folded = {"folded", word_folded, compare_counted, WORD};
const tern__ordering tern__by_counted = {"counted", word_counted, compare_counted, WORD};
