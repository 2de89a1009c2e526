/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort_lines(): parse, sort pairs of key and locator, cut exactly, send each part as sorted
 * text, parse it again where it arrives, and merge.  The text is held twice at most: read and
 * sorted, or sorted and received. */
#include "config.h"

#include "sort/lines.h"

#include <stdlib.h>

enum { AHEAD = 16 /* lines between the request for one and its use */ };

static const size_t MOST_BYTES = (size_t)1 << 40; /* what a locator can tell apart */

typedef struct line_job {
    tern_comm *c;
    tern_lines *lines;
    tern__pair *scratch; /* as many as lines->items */
    tern__order order;
    bool unique;
    tern_phase_fn *phase;
} line_job;

static void begin_phase(const line_job *j, const char *name, size_t bytes_moved)
{
    if (j->phase != NULL)
        j->phase(name, bytes_moved);
}

/* hot */
static size_t copy_line(const tern_lines *lines, size_t i, size_t end, char *out)
{
    if (i + AHEAD < end)
        __builtin_prefetch(lines->text + (lines->items[i + AHEAD].value >> TERN__LENGTH_BITS));
    tern__line line = tern__locate(lines->text, lines->items[i].value, lines->end);
    memcpy(out, line.text, line.length + 1);
    return line.length + 1;
}

/* The lines of this rank in their order, as text. */
static void copy_sorted(const tern_lines *lines, const uint64_t *weight, char *out)
{
#pragma omp parallel for schedule(static) if (lines->n > TERN__BLOCK)
    for (size_t i = 0; i < lines->n; i++)
        copy_line(lines, i, lines->n, out + weight[i]);
}

void tern__weigh_lines(const tern_lines *lines, uint64_t *weight)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < lines->n; i++) {
        weight[i] = sum;
        sum += tern__length(lines->text, lines->items[i].value, lines->end) + 1;
    }
    weight[lines->n] = sum;
}

/* Make the items, and as many again. */
static int parse(line_job *j)
{
    int error = tern__parse_lines(j->lines, &j->order);

    if (!error) {
        j->scratch = tern_alloc((j->lines->n + 1) * sizeof(*j->scratch));
        error = j->scratch != NULL ? TERN_OK : TERN_ENOMEM;
    }
    return tern_agree(j->c, error);
}

static int sort_locally(line_job *j)
{
    int error = parse(j);

    if (error)
        return error;
    tern__line_context context = {j->lines->text, &j->order};
    tern__sort_items(&context, j->lines->items, j->scratch, j->lines->n);
    if (j->unique)
        tern__unique_lines(j->lines, &j->order);
    return TERN_OK;
}

static void drop_items(line_job *j)
{
    tern_free(j->lines->items);
    tern_free(j->scratch);
    j->lines->items = j->scratch = NULL;
}

/* Replace the text by its lines in their order. */
static int sort_text(line_job *j, const uint64_t *weight)
{
    tern_lines *lines = j->lines;
    char *sorted = tern_alloc(weight[lines->n]);
    int error = tern_agree(j->c, sorted != NULL ? TERN_OK : TERN_ENOMEM);

    if (error) {
        tern_free(sorted);
        return error;
    }
    copy_sorted(lines, weight, sorted);
    tern_free(lines->text);
    lines->text = sorted;
    lines->bytes = weight[lines->n];
    return TERN_OK;
}

/* Send cut[r] .. cut[r + 1] - 1 of the text to rank r. */
static int exchange_text(line_job *j, const int64_t *cut, int64_t *from)
{
    int p = tern_size(j->c);
    int error = tern__exchange_counts(j->c, cut, from);

    if (error)
        return error;
    char *received = tern_alloc((size_t)from[p]);
    error = tern_agree(j->c, received != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = tern__exchange(j->c, 1, j->lines->text, cut, received, from);
    if (error) {
        tern_free(received);
        return error;
    }
    tern_free(j->lines->text);
    j->lines->text = received;
    j->lines->bytes = (size_t)from[p];
    return TERN_OK;
}

/* Runs begin at lines from[r]. */
static int merge_runs(line_job *j, int64_t *from)
{
    tern_lines *lines = j->lines;
    int error = parse(j);

    if (error)
        return error;
    tern__line_context context = {lines->text, &j->order};
    tern__merger merger = tern__line_merger(&context);
    tern__pair *merged = tern__merge_runs(&merger, lines->items, j->scratch, from, tern_size(j->c));
    if (merged == j->scratch) {
        j->scratch = lines->items;
        lines->items = merged;
    }
    if (j->unique)
        tern__unique_lines(lines, &j->order);
    return TERN_OK;
}

/* From sorted lines on every rank to the rank's part of all; cut, line_from and from have p + 1
 * entries each. */
static int redistribute(line_job *j, int64_t *cut, int64_t *line_from, int64_t *from)
{
    int p = tern_size(j->c);
    uint64_t *weight = (uint64_t *)j->scratch; /* not needed now, and twice as long */

    begin_phase(j, "split", j->lines->bytes);
    tern__weigh_lines(j->lines, weight);
    int error = tern__split_lines(j->c, j->lines, &j->order, j->unique, weight, cut);
    if (!error)
        error = tern__exchange_counts(j->c, cut, line_from);
    if (error)
        return error;
    begin_phase(j, "exchange", 0);
    error = sort_text(j, weight);
    for (int r = 0; r <= p && !error; r++)
        cut[r] = (int64_t)weight[cut[r]];
    drop_items(j);
    if (!error)
        error = exchange_text(j, cut, from);
    if (error)
        return error;
    begin_phase(j, "merge", j->lines->bytes);
    return merge_runs(j, line_from);
}

static int sort_lines(line_job *j)
{
    size_t p = (size_t)tern_size(j->c);

    begin_phase(j, "sort", 0);
    int error = sort_locally(j);
    if (error || p == 1)
        return error;
    int64_t *offsets = malloc(3 * (p + 1) * sizeof(*offsets));
    error = offsets != NULL
                ? TERN_OK
                : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu offsets", 3 * (p + 1));
    error = tern_agree(j->c, error);
    if (!error)
        error = redistribute(j, offsets, offsets + p + 1, offsets + 2 * (p + 1));
    free(offsets);
    return error;
}

static int validate(const char *text, size_t bytes, char end)
{
    if (bytes == 0)
        return TERN_OK;
    if (text == NULL || text[bytes - 1] != end)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort lines: the last line has no end");
    if (bytes > MOST_BYTES)
        return tern_fail(TERN_EINVAL, TERN_HERE,
                         "sort lines: %zu bytes on one rank are more than 1 TiB: use more ranks",
                         bytes);
    return TERN_OK;
}

/* The block belongs to the lines, if there are any. */
static int new_lines(char *text, size_t bytes, char end, tern_lines **out)
{
    tern_lines *lines = malloc(sizeof(*lines));

    *out = lines;
    if (lines == NULL) {
        tern_free(text);
        return tern_fail(TERN_ENOMEM, TERN_HERE, "sort lines: no memory");
    }
    *lines = (tern_lines){.text = text, .bytes = bytes, .end = end};
    return validate(text, bytes, end);
}

int tern_sort_lines(tern_comm *c, char *text, size_t bytes, const tern_line_options *options,
                    tern_lines **out)
{
    static const tern_line_options defaults;

    if (options == NULL)
        options = &defaults;
    line_job j = {.c = c, .unique = options->unique, .phase = options->phase};
    int error = new_lines(text, bytes, options->nul ? '\0' : '\n', &j.lines);
    if (!error)
        error = tern__order_make(options, &j.order);
    error = tern_agree(c, error);
    if (!error)
        error = sort_lines(&j);
    tern_free(j.scratch);
    free(j.order.criteria);
    if (error)
        tern_lines_free(j.lines);
    else
        *out = j.lines;
    return error;
}

void tern_lines_free(tern_lines *lines)
{
    if (lines == NULL)
        return;
    tern_free(lines->text);
    tern_free(lines->items);
    free(lines);
}

size_t tern_lines_count(const tern_lines *lines)
{
    return lines->n;
}

size_t tern_lines_bytes(const tern_lines *lines, size_t first, size_t n)
{
    size_t bytes = n;

    for (size_t i = first; i < first + n; i++)
        bytes += tern__length(lines->text, lines->items[i].value, lines->end);
    return bytes;
}

const char *tern_lines_at(const tern_lines *lines, size_t i, size_t *length)
{
    tern__line line = tern__locate(lines->text, lines->items[i].value, lines->end);

    *length = line.length + 1;
    return line.text;
}

size_t tern_lines_copy(const tern_lines *lines, size_t first, size_t end, char *buffer, size_t room,
                       size_t *bytes)
{
    size_t used = 0, i = first;

    while (i < end && tern__length(lines->text, lines->items[i].value, lines->end) < room - used) {
        used += copy_line(lines, i, end, buffer + used);
        i++;
    }
    *bytes = used;
    return i;
}
