/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of text: read, sort, write. */
#include "config.h"

#include "sort/external.h"

static size_t lines_bytes(const void *context, size_t first, size_t n)
{
    return tern_lines_bytes(context, first, n);
}

/* Lines that fit the buffer are copied there; a longer one is given where it is. */
static size_t next_lines(const void *context, size_t first, size_t end, char *buffer,
                         const char **piece, size_t *bytes)
{
    size_t next = tern_lines_copy(context, first, end, buffer, OUTPUT_BUFFER, bytes);

    *piece = buffer;
    if (next > first)
        return next;
    *piece = tern_lines_at(context, first, bytes);
    return first + 1;
}

static int sum_lines(tern_comm *c, const tern_lines *lines, uint64_t bytes)
{
    uint64_t mine[2] = {tern_lines_count(lines), bytes}, all[2];
    int error = tern_allreduce(c, mine, all, 2, MPI_UINT64_T, MPI_SUM);

    if (!error)
        report_result(c, all[0], all[1], bytes);
    return error;
}

static int sort_and_write(tern_comm *c, const sort_settings *s, char *text, size_t bytes)
{
    tern_lines *lines;

    tern_prog_phase(NULL, bytes); /* of reading */
    int error = tern_sort_lines(c, text, bytes, &s->lines, &lines);

    if (error)
        return error;
    output_source source = {lines, tern_lines_count(lines), lines_bytes, next_lines};
    size_t sorted = tern_lines_bytes(lines, 0, source.items);
    tern_prog_phase("write", sorted);
    error = output_write(c, s->output, &source);
    tern_prog_phase(NULL, sorted);
    if (!error)
        error = sum_lines(c, lines, sorted);
    tern_lines_free(lines);
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

static int sort_external(tern_comm *c, const sort_settings *s, text_source *t)
{
    external_source source = {.lines = &s->lines,
                              .bytes = t->end - t->begin,
                              .input = input_hash(t->in),
                              .context = t,
                              .read = read_text,
                              .unchanged = unchanged};

    return external_sort(c, s, &source);
}

/* ---- Both -------------------------------------------------------------------------------------
 */

static int sort_files(tern_comm *c, const sort_settings *s, const input *in)
{
    text_source t = {.in = in};
    bool external = false;
    char *text = NULL;
    size_t bytes = 0;
    int error = external_needed(c, s, TIMES_IN_MEMORY * (double)in->total, &external);

    if (!error)
        error = input_divide(c, in, &t.begin, &t.end);
    if (!error && external)
        return sort_external(c, s, &t);
    if (!error)
        error = input_read_range(c, in, t.begin, t.end, &text, &bytes);
    return error ? error : sort_and_write(c, s, text, bytes);
}

static int sort_stream(tern_comm *c, const sort_settings *s, const input *in)
{
    external_source source = {.lines = &s->lines};
    stream_part text;
    int error = input_begin_stream(c, in, 0, external_stream_bytes(c, s), &text);

    if (error)
        return error;
    return text.more ? external_sort_stream(c, s, &source, &text)
                     : sort_and_write(c, s, text.block, text.bytes);
}

enum tern_exit sort_text(tern_comm *c, const sort_settings *s)
{
    input in = {
        .paths = s->paths,
        .n = s->n_paths,
        .plain = s->plain,
        .end = s->lines.nul ? '\0' : '\n',
    };

    tern_prog_phase("read", 0);
    int error = input_open(c, 0, &in);
    if (!error)
        error = output_try(c, s->output);
    if (!error)
        error = in.stream ? sort_stream(c, s, &in) : sort_files(c, s, &in);
    input_close(&in);
    if (error)
        tern_prog_fail(error == TERN_EMISMATCH ? TERN_EXIT_DIFFER : TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
