/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the lines are in order already, as sort -c.  Threads of all ranks take pieces; a piece
 * ends with the first line that begins after it, with which the next one begins, so no two pieces
 * need to know of each other. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sort/tern-sort.h"

enum { PIECE_BYTES = 4 << 20 };

/* Where the first line begins that begins at `at` or later, or where the text ends. */
static size_t next_line(const char *text, size_t at, size_t bytes, char end)
{
    const char *before = at == 0 || at >= bytes ? NULL : memchr(text + at - 1, end, bytes - at + 1);

    return at == 0 ? 0 : before != NULL ? (size_t)(before - text) + 1 : bytes;
}

/* Lines that begin in [from, to), and the next. */
static int check_piece(const input *in, const input_map *map, const sort_settings *s, size_t from,
                       size_t to, uint64_t *at)
{
    size_t bytes = (size_t)in->total, offset;

    map_load(map, (tern_text_range){from, to});
    size_t begin = next_line(map->base, from, bytes, in->end);
    size_t last = next_line(map->base, to, bytes, in->end);
    last = begin < last ? next_line(map->base, last + 1, bytes, in->end) : begin;
    int error = tern_lines_disorder(map->base + begin, last - begin, &s->lines, &offset);
    *at = error || offset == SIZE_MAX ? UINT64_MAX : begin + offset;
    return error;
}

/* This rank's share of the pieces. */
static int check_pieces(tern_comm *c, const input *in, const input_map *map, const sort_settings *s,
                        uint64_t *least_at)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c);
    uint64_t pieces = (in->total + PIECE_BYTES - 1) / PIECE_BYTES;
    uint64_t first = pieces / p * r, last = r + 1 < p ? first + pieces / p : pieces;
    thread_failure failed = {.error = TERN_OK};
    uint64_t least = UINT64_MAX, done = 0;

#pragma omp parallel for schedule(dynamic, 1) reduction(min : least)
    for (uint64_t i = first; i < last; i++) {
        uint64_t from = i * PIECE_BYTES, at = UINT64_MAX;
        uint64_t to = in->total - from < PIECE_BYTES ? in->total : from + PIECE_BYTES;
        if (least == UINT64_MAX)
            thread_failed(&failed, check_piece(in, map, s, (size_t)from, (size_t)to, &at));
        least = at < least ? at : least;
#pragma omp atomic
        done++;
        tern_prog_step(done, last - first);
    }
    *least_at = least;
    int error = thread_failure_end(&failed);
    return error ? error : map_check(in);
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

/* Where in the map the first line is that is less than the one before, or UINT64_MAX. */
static int check_map(tern_comm *c, const input *in, const input_map *map, const sort_settings *s,
                     uint64_t *at)
{
    uint64_t mine = UINT64_MAX;
    int error = tern_agree(c, check_pieces(c, in, map, s, &mine));

    if (!error)
        error = tern_allreduce(c, &mine, at, 1, MPI_UINT64_T, MPI_MIN);
    if (!error && *at != UINT64_MAX && tern_rank(c) == 0 && !s->check_quietly)
        tell(in, map->base, (size_t)in->total, *at);
    return error;
}

/* The same for what rank 0 alone can read, or what cannot be mapped. */
static int check_read(tern_comm *c, const input *in, const sort_settings *s, uint64_t *at)
{
    char *text = NULL;
    size_t bytes = 0, offset = SIZE_MAX;
    int error = TERN_OK;

    if (tern_rank(c) == 0)
        error = stream_read(in, 0, &text, &bytes);
    if (!error)
        error = tern_lines_disorder(text, bytes, &s->lines, &offset);
    if (!error && offset != SIZE_MAX) {
        *at = offset;
        if (!s->check_quietly)
            tell(in, text, bytes, offset);
    }
    tern_free(text);
    error = tern_agree(c, error);
    return error ? error : tern_bcast(c, at, 1, MPI_UINT64_T, 0);
}

static int check(tern_comm *c, const input *in, const sort_settings *s, uint64_t *at)
{
    input_map map;

    if (!map_can(in))
        return check_read(c, in, s, at);
    int error = tern_agree(c, map_open(in, &map));
    error = error ? check_read(c, in, s, at) : check_map(c, in, &map, s, at);
    map_close(&map);
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
