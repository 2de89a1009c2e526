/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of text: read, sort, write. */
#include "config.h"

#include "sort/tern-sort.h"

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

enum tern_exit sort_text(tern_comm *c, const sort_settings *s)
{
    input in = {
        .paths = s->paths,
        .n = s->n_paths,
        .plain = s->plain,
        .end = s->lines.nul ? '\0' : '\n',
    };
    char *text;
    size_t bytes;

    tern_prog_phase("read", 0);
    int error = input_open(c, 0, &in);
    if (!error)
        error = output_try(c, s->output);
    if (!error)
        error = input_read_lines(c, &in, &text, &bytes);
    input_close(&in);
    if (!error)
        error = sort_and_write(c, s, text, bytes);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
