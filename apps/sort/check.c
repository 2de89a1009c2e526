/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the lines are in order already, as sort -c.  Threads of all ranks take pieces that stay
 * in the cache; a piece ends with the first line that begins after it, with which the next one
 * begins, so no two pieces need to know of each other. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sort/tern-sort.h"

enum { PIECE_BYTES = 512 << 10, OVERLAP_BYTES = 4 << 10 };

/* What a thread reads into. */
typedef struct piece {
    char *text;
    size_t room;
} piece;

/* The first end of a line in text[from .. bytes - 1], or NULL. */
static const char *find_end(const char *text, size_t from, size_t bytes, char end)
{
    return from < bytes ? memchr(text + from, end, bytes - from) : NULL;
}

static int reserve(piece *p, size_t bytes)
{
    if (bytes <= p->room)
        return TERN_OK;
    tern_free(p->text);
    p->text = tern_alloc(bytes);
    p->room = p->text != NULL ? bytes : 0;
    return p->text != NULL ? TERN_OK : TERN_ENOMEM;
}

/* Read from `from` on to the end of the line that begins at `to` or after it; *bytes of them, less
 * at the end of the input, and none if all of it lies in one line. */
static int read_piece(const input *in, uint64_t from, uint64_t to, piece *p, size_t *bytes)
{
    for (uint64_t overlap = OVERLAP_BYTES;; overlap *= 4) {
        uint64_t end = in->total - to < overlap ? in->total : to + overlap;
        int error = reserve(p, (size_t)(end - from));
        if (!error)
            error = input_read_piece(in, from, end, p->text);
        if (error)
            return error;
        *bytes = (size_t)(end - from);
        if (from > 0 && find_end(p->text, 0, (size_t)(to - from) - 1, in->end) == NULL) {
            *bytes = 0; /* no line begins here, so the piece before reads on */
            return TERN_OK;
        }
        /* a line begins at `to` or later if an end stands at to - 1 or later */
        const char *before = find_end(p->text, (size_t)(to - from) - 1, *bytes, in->end);
        const char *last = before == NULL
                               ? NULL
                               : find_end(p->text, (size_t)(before - p->text) + 1, *bytes, in->end);
        if (last != NULL)
            *bytes = (size_t)(last - p->text) + 1;
        if (last != NULL || end == in->total)
            return TERN_OK;
    }
}

/* Lines that begin in [from, to), and the next. */
static int check_piece(const input *in, const sort_settings *s, uint64_t from, uint64_t to,
                       piece *p, uint64_t *at)
{
    size_t bytes, offset, begin = 0;
    int error = read_piece(in, from > 0 ? from - 1 : 0, to, p, &bytes);

    *at = UINT64_MAX;
    if (error)
        return error;
    if (from > 0) {
        const char *end = find_end(p->text, 0, bytes, in->end);
        begin = end != NULL ? (size_t)(end - p->text) + 1 : bytes;
    }
    error = tern_lines_disorder(p->text + begin, bytes - begin, &s->lines, &offset);
    if (!error && offset != SIZE_MAX)
        *at = (from > 0 ? from - 1 : 0) + begin + offset;
    return error;
}

/* This rank's share of the pieces. */
static int check_files(tern_comm *c, const input *in, const sort_settings *s, uint64_t *least_at)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c);
    uint64_t pieces = (in->total + PIECE_BYTES - 1) / PIECE_BYTES;
    uint64_t first = pieces / p * r, last = r + 1 < p ? first + pieces / p : pieces;
    thread_failure failed = {.error = TERN_OK};
    uint64_t least = UINT64_MAX, done = 0;

#pragma omp parallel reduction(min : least)
    {
        piece mine = {NULL, 0};
#pragma omp for schedule(dynamic, 4)
        for (uint64_t i = first; i < last; i++) {
            uint64_t from = i * PIECE_BYTES, at = UINT64_MAX;
            uint64_t to = in->total - from < PIECE_BYTES ? in->total : from + PIECE_BYTES;
            if (least == UINT64_MAX)
                thread_failed(&failed, check_piece(in, s, from, to, &mine, &at));
            least = at < least ? at : least;
#pragma omp atomic
            done++;
            tern_prog_step(done, last - first);
        }
        tern_free(mine.text);
    }
    *least_at = least;
    int error = thread_failure_end(&failed);
    return error ? error : input_check(in);
}

/* Number and text of the line at `at`. */
static void tell(const input *in, const char *text, size_t bytes, uint64_t at)
{
    uint64_t number = 1;
    const char *line = text + at, *end = memchr(line, in->end, bytes - (size_t)at);

    for (const char *p = text; (p = memchr(p, in->end, (size_t)(line - p))) != NULL; p++)
        number++;
    fprintf(stderr, "tern-sort: %s:%" PRIu64 ": disorder: ", in->paths[0], number);
    fwrite(line, 1, (size_t)(end - line), stderr);
    fputc('\n', stderr);
}

/* The whole input again; nobody waits for disorder to be found fast. */
static int tell_of_file(const input *in, uint64_t at)
{
    const input_file *f = &in->files[0];
    char *text = tern_alloc((size_t)in->total);
    int error = text != NULL ? input_read_piece(in, f->begin, in->total, text) : TERN_ENOMEM;

    if (!error)
        tell(in, text, (size_t)in->total, at);
    tern_free(text);
    return error;
}

/* Rank 0 checks what it alone can read. */
static int check_stream(const input *in, const sort_settings *s, uint64_t *at)
{
    char *text = NULL;
    size_t bytes = 0, offset;
    int error = stream_read(in, 0, &text, &bytes);

    if (!error)
        error = tern_lines_disorder(text, bytes, &s->lines, &offset);
    if (!error && offset != SIZE_MAX) {
        *at = offset;
        if (!s->check_quietly)
            tell(in, text, bytes, offset);
    }
    tern_free(text);
    return error;
}

/* Where in the input the first line is that is less than the one before, or UINT64_MAX. */
static int check(tern_comm *c, const input *in, const sort_settings *s, uint64_t *at)
{
    uint64_t mine = UINT64_MAX;
    bool first = tern_rank(c) == 0;
    int error = !in->stream ? check_files(c, in, s, &mine)
                : first     ? check_stream(in, s, &mine)
                            : TERN_OK;

    error = tern_agree(c, error);
    if (!error)
        error = tern_allreduce(c, &mine, at, 1, MPI_UINT64_T, MPI_MIN);
    if (!error && *at != UINT64_MAX && !in->stream && !s->check_quietly)
        error = tern_agree(c, first ? tell_of_file(in, *at) : TERN_OK);
    return error;
}

enum tern_exit check_text(tern_comm *c, const sort_settings *s)
{
    input in = {
        .paths = s->paths,
        .n = s->n_paths,
        .plain = s->plain,
        .end = s->lines.nul ? '\0' : '\n',
    };
    uint64_t at = UINT64_MAX;

    tern_prog_phase("check", 0);
    int error = input_open(c, 0, &in);
    if (!error)
        error = check(c, &in, s, &at);
    input_close(&in);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    tern_prog_phase(NULL, (size_t)(in.total / (uint64_t)tern_size(c)));
    return at == UINT64_MAX ? TERN_EXIT_OK : TERN_EXIT_DIFFER;
}
