/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of text: read or map, sort, write. */
#include "config.h"

#include <stdlib.h>

#include "sort/external.h"

/* ---- What is written --------------------------------------------------------------------------
 */

typedef struct sorted_text {
    const tern_lines *lines;
    const input *mapped; /* where they are; NULL: in memory */
} sorted_text;

static size_t lines_bytes(const void *context, size_t first, size_t n)
{
    const sorted_text *t = context;

    return tern_lines_bytes(t->lines, first, n);
}

/* Lines that fit the buffer are copied there; a longer one is given where it is. */
static size_t next_lines(const void *context, size_t first, size_t end, char *buffer,
                         const char **piece, size_t *bytes)
{
    const sorted_text *t = context;
    size_t next = tern_lines_copy(t->lines, first, end, buffer, OUTPUT_BUFFER, bytes);

    *piece = buffer;
    if (next > first)
        return next;
    *piece = tern_lines_at(t->lines, first, bytes);
    return first + 1;
}

static int check_lines(const void *context)
{
    const sorted_text *t = context;

    return t->mapped != NULL ? map_check(t->mapped) : TERN_OK;
}

static int sum_lines(tern_comm *c, const tern_lines *lines, uint64_t bytes)
{
    uint64_t mine[2] = {tern_lines_count(lines), bytes}, all[2];
    int error = tern_allreduce(c, mine, all, 2, MPI_UINT64_T, MPI_SUM);

    if (!error)
        report_result(c, all[0], all[1], bytes);
    return error;
}

static int write_lines(tern_comm *c, const sort_settings *s, const tern_lines *lines,
                       const input *mapped)
{
    sorted_text text = {lines, mapped};
    output_source source = {&text, tern_lines_count(lines), lines_bytes, next_lines, check_lines};
    size_t bytes = tern_lines_bytes(lines, 0, source.items);

    tern_prog_phase("write", bytes);
    int error = output_write(c, s->output, &source);
    tern_prog_phase(NULL, bytes);
    return error ? error : sum_lines(c, lines, bytes);
}

/* ---- The two ways to the input ----------------------------------------------------------------
 */

static int sort_block(tern_comm *c, const sort_settings *s, char *text, size_t bytes)
{
    tern_lines *lines;

    tern_prog_phase(NULL, bytes); /* of reading */
    int error = tern_sort_lines(c, text, bytes, &s->lines, &lines);
    if (error)
        return error;
    error = write_lines(c, s, lines, NULL);
    tern_lines_free(lines);
    return error;
}

static int sort_read(tern_comm *c, const sort_settings *s, const input *in)
{
    uint64_t begin, end;
    char *text;
    size_t bytes;
    int error = input_divide(c, in, &begin, &end);

    if (!error)
        error = input_read_range(c, in, begin, end, &text, &bytes);
    return error ? error : sort_block(c, s, text, bytes);
}

/* *again is left when the files have not changed so far. */
static int sort_map(tern_comm *c, const sort_settings *s, const input *in, const input_map *map,
                    tern_text_range *ranges, bool *again)
{
    uint64_t begin, end;
    tern_lines *lines = NULL;
    int error = input_divide(c, in, &begin, &end);

    if (error)
        return error;
    size_t n = map_ranges(in, map, begin, end, ranges);
    for (size_t i = 0; i < n; i++)
        map_load_all(map, ranges[i]);
    tern_prog_phase(NULL, (size_t)(end - begin)); /* of reading */
    error = tern_sort_shared_lines(c, map->base, ranges, n, &s->lines, &lines);
    int changed = tern_agree(c, map_check(in));
    *again = changed != TERN_OK;
    if (!error && !changed)
        error = write_lines(c, s, lines, in);
    tern_lines_free(lines);
    return error ? error : changed;
}

/* *again: it has not worked, and reading may. */
static int sort_mapped(tern_comm *c, const sort_settings *s, const input *in, bool *again)
{
    input_map map;
    int error = map_open(in, &map);
    tern_text_range *ranges = malloc(((size_t)in->n + 1) * sizeof(*ranges));

    if (!error && ranges == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for %d ranges", in->n);
    error = tern_agree(c, error);
    *again = error != TERN_OK;
    if (!error)
        error = sort_map(c, s, in, &map, ranges, again);
    free(ranges);
    map_close(&map);
    return error;
}

/* ---- Larger than memory -----------------------------------------------------------------------
 */

enum { TIMES_IN_MEMORY = 3 /* a sort in memory takes the text twice, and its items */ };

typedef struct text_source {
    const input *in;
    uint64_t begin, end; /* of this rank's lines */
} text_source;

static int read_text(void *context, uint64_t at, size_t n, void *bytes, size_t *got)
{
    const text_source *t = context;
    uint64_t from = t->begin + at, left = t->end - from;

    *got = left < n ? (size_t)left : n;
    return input_read_piece(t->in, from, from + *got, bytes);
}

static int unchanged(tern_comm *c, const void *context)
{
    return tern_agree(c, input_check(((const text_source *)context)->in));
}

static int sort_external(tern_comm *c, const sort_settings *s, const input *in)
{
    text_source t = {.in = in};
    int error = input_divide(c, in, &t.begin, &t.end);

    if (error)
        return error;
    external_source source = {.lines = &s->lines,
                              .bytes = t.end - t.begin,
                              .input = input_hash(in),
                              .context = &t,
                              .read = read_text,
                              .unchanged = unchanged};

    return external_sort(c, s, &source);
}

static int sort_stream(tern_comm *c, const sort_settings *s, const input *in)
{
    external_source source = {.lines = &s->lines};
    stream_part text;
    int error = input_begin_stream(c, in, 0, external_stream_bytes(c, s), &text);

    if (error)
        return error;
    return text.more ? external_sort_stream(c, s, &source, &text)
                     : sort_block(c, s, text.block, text.bytes);
}

/* ---- All --------------------------------------------------------------------------------------
 */

static int open_operands(tern_comm *c, const sort_settings *s, input *in)
{
    *in = (input){
        .paths = s->paths,
        .n = s->n_paths,
        .plain = s->plain,
        .end = s->lines.nul ? '\0' : '\n',
    };
    tern_prog_phase("read", 0);
    return input_open(c, 0, in);
}

/* Files that cannot be mapped, or that others write to meanwhile, are read: what is in memory stays
 * as it is. */
static int sort_operands(tern_comm *c, const sort_settings *s, input *in)
{
    bool again = false, external = false;
    int error = open_operands(c, s, in);

    if (!error)
        error = output_try(c, s->output);
    if (!error)
        error = external_needed(c, s, TIMES_IN_MEMORY * (double)in->total, &external);
    if (error)
        return error;
    if (in->stream)
        return sort_stream(c, s, in);
    if (external)
        return sort_external(c, s, in);
    if (!map_can(in) || !map_is_shared(c))
        return sort_read(c, s, in);
    error = sort_mapped(c, s, in, &again);
    if (!again)
        return error;
    input_close(in);
    error = open_operands(c, s, in);
    return error ? error : sort_read(c, s, in);
}

enum tern_exit sort_text(tern_comm *c, const sort_settings *s)
{
    input in;
    int error = sort_operands(c, s, &in);

    input_close(&in);
    if (error)
        tern_prog_fail(error == TERN_EMISMATCH ? TERN_EXIT_DIFFER : TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
