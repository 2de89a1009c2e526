/* SPDX-License-Identifier: BSD-3-Clause */
/* The external sort of lines of text.  A line costs what sorting it takes beside the text: its
 * item, twice. */
#include "config.h"

#include "sort/external_private.h"

#include <omp.h>
#include <stdlib.h>

enum { CHUNK = 1 << 14, PARTS = 64, PART_LEAST = 1 << 16, OVERHEAD = 2 * sizeof(tern__pair) };

static int open_lines(tern__external_sort *x)
{
    x->unit = 1;
    return tern__order_make(x->e->lines, &x->order);
}

static void close_lines(tern__external_sort *x)
{
    free(x->order.criteria);
    x->order.criteria = NULL;
}

/* ---- Where lines are --------------------------------------------------------------------------
 */

static size_t length(const tern__external_sort *x, const char *at, const char *end)
{
    return (size_t)((const char *)memchr(at, x->order.end, (size_t)(end - at)) - at) + 1;
}

static size_t count_ends(const char *text, size_t bytes, char end)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes; i++)
        n += text[i] == end;
    return n;
}

/* Behind the last end of a line in text[0 .. bytes - 1]; 0 if there is none. */
static size_t last_end(const char *text, size_t bytes, char end)
{
    while (bytes > 0 && text[bytes - 1] != end)
        bytes--;
    return bytes;
}

/* Whole chunks that are not too dear, and as many lines of the next. */
static size_t whole(const tern__external_sort *x, const char *block, size_t bytes, size_t most)
{
    size_t cost = 0, at = 0;

    for (size_t next; at < bytes; at = next) {
        next = bytes - at < CHUNK ? bytes : at + CHUNK;
        size_t more = next - at + OVERHEAD * count_ends(block + at, next - at, x->order.end);
        if (cost + more > most)
            break;
        cost += more;
    }
    size_t end = last_end(block, at, x->order.end);
    for (const char *p; end < bytes; end = (size_t)(p - block) + 1) {
        p = memchr(block + end, x->order.end, bytes - end);
        if (p == NULL || (end > 0 && cost + (size_t)(p - block) + 1 - at + OVERHEAD > most))
            break;
        cost += OVERHEAD;
    }
    return end;
}

static size_t next(const tern__external_sort *x, const char *block, size_t from, size_t bytes)
{
    const char *p = memchr(block + from - 1, x->order.end, bytes - from + 1);

    return p != NULL ? (size_t)(p - block) + 1 : bytes;
}

/* ---- Order ------------------------------------------------------------------------------------
 */

static int compare(const tern__external_sort *x, const char *a, size_t a_bytes, const char *b,
                   size_t b_bytes)
{
    return tern__compare(&x->order, (tern__line){a, a_bytes - 1}, (tern__line){b, b_bytes - 1});
}

/* Lines first .. end - 1, one after the other. */
static void copy(const tern_lines *lines, size_t first, size_t end, char *out, size_t room)
{
    while (first < end) {
        size_t bytes;
        first = tern_lines_copy(lines, first, end, out, room, &bytes);
        out += bytes;
        room -= bytes;
    }
}

/* The sorted lines as a block; each thread copies some. */
static int copy_all(const tern_lines *lines, char **out, size_t *bytes)
{
    size_t n = tern_lines_count(lines), parts = n / PART_LEAST + 1, at[PARTS + 1] = {0};

    parts = parts < PARTS ? parts : PARTS;
#define PART(i) (n / parts * (i) + n % parts * (i) / parts)
#pragma omp parallel for schedule(static, 1) if (parts > 1)
    for (size_t i = 0; i < parts; i++)
        at[i + 1] = tern_lines_bytes(lines, PART(i), PART(i + 1) - PART(i));
    for (size_t i = 0; i < parts; i++)
        at[i + 1] += at[i];
    char *block = tern_alloc(at[parts]);
    if (block == NULL)
        return TERN_ENOMEM;
#pragma omp parallel for schedule(static, 1) if (parts > 1)
    for (size_t i = 0; i < parts; i++)
        copy(lines, PART(i), PART(i + 1), block + at[i], at[i + 1] - at[i]);
#undef PART
    *out = block;
    *bytes = at[parts];
    return TERN_OK;
}

static int sort(tern__external_sort *x, char **block, size_t *bytes)
{
    tern_line_options options = *x->e->lines;
    tern_lines *lines;

    options.phase = NULL;
    int error = tern_sort_lines(x->self, *block, *bytes, &options, &lines);
    *block = NULL;
    if (error)
        return error;
    error = copy_all(lines, block, bytes);
    tern_lines_free(lines);
    return error;
}

static void stay(const tern__external_sort *x, char *block, size_t bytes)
{
    (void)x, (void)block, (void)bytes;
}

/* ---- Proof ------------------------------------------------------------------------------------
 */

/* Where the lines begin that thread `part` of `parts` looks at. */
static size_t part_begin(const char *block, size_t bytes, char end, size_t part, size_t parts)
{
    size_t at = bytes / parts * part;

    return part == parts ? bytes : at == 0 ? 0 : last_end(block, at, end);
}

static size_t parts_of(size_t bytes)
{
    return bytes < PART_LEAST ? 1 : (size_t)omp_get_max_threads();
}

static int content(const tern__external_sort *x, const char *block, size_t bytes, tern_content *out)
{
    size_t parts = parts_of(bytes);
    uint64_t items = 0, hash = 0;

#pragma omp parallel for schedule(static, 1) reduction(+ : items, hash) if (parts > 1)
    for (size_t i = 0; i < parts; i++) {
        const char *end = block + part_begin(block, bytes, x->order.end, i + 1, parts);
        const char *p = block + part_begin(block, bytes, x->order.end, i, parts);
        for (size_t n; p < end; p += n) {
            n = length(x, p, end);
            hash += tern_hash(p, n, 0);
            items++;
        }
    }
    *out = (tern_content){items, bytes, hash};
    return TERN_OK;
}

/* A part begins with the last line of the one before it. */
static int prove(const tern__external_sort *x, const char *block, size_t bytes, tern_proof *out)
{
    size_t parts = parts_of(bytes), wrong = 0, failed = 0;

#pragma omp parallel for schedule(static, 1) reduction(+ : wrong, failed) if (parts > 1)
    for (size_t i = 0; i < parts; i++) {
        size_t begin = part_begin(block, bytes, x->order.end, i, parts), offset = SIZE_MAX;
        size_t end = part_begin(block, bytes, x->order.end, i + 1, parts);
        begin = begin > 0 ? last_end(block, begin - 1, x->order.end) : 0;
        failed +=
            end > begin
            && tern_lines_disorder(block + begin, end - begin, x->e->lines, &offset) != TERN_OK;
        wrong += offset != SIZE_MAX;
    }
    out->sorted = wrong == 0;
    return failed > 0 ? tern_fail(TERN_ENOMEM, NULL, "no memory to check the result")
                      : content(x, block, bytes, &out->content);
}

const tern__external_kind tern__external_lines = {OVERHEAD, open_lines, close_lines, length,
                                                  whole,    next,       compare,     sort,
                                                  stay,     stay,       content,     prove};
