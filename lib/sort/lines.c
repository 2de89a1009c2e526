/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort_lines() and tern_sort_shared_lines(): parse, sort pairs of word and locator, cut
 * exactly, send each part to its rank, and merge. */
#include "config.h"

#include "sort/lines.h"

#include <stdlib.h>

static const size_t MOST_BYTES = (size_t)1 << 40; /* what a locator can tell apart */

void tern__line_phase(const tern__line_job *j, const char *name, size_t bytes_moved)
{
    if (j->phase != NULL)
        j->phase(name, bytes_moved);
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

int tern__parse_job(tern__line_job *j)
{
    int error = tern__parse_lines(j->lines, j->ranges, j->n_ranges, &j->order);

    if (!error) {
        j->room = tern__line_room(j->lines->n);
        j->scratch = tern_alloc(j->room * sizeof(*j->scratch));
        error = j->scratch != NULL ? TERN_OK : TERN_ENOMEM;
    }
    return tern_agree(j->c, error);
}

static int sort_locally(tern__line_job *j)
{
    int error = tern__parse_job(j);

    if (error)
        return error;
    tern__line_context context = {j->lines->text, &j->order};
    tern__sort_items(&context, j->lines->items, j->scratch, j->lines->n);
    if (j->unique)
        tern__unique_lines(j->lines, &j->order);
    return TERN_OK;
}

/* With their ends. */
static size_t sum_bytes(const tern_lines *lines, size_t first, size_t n)
{
    size_t bytes = n;

#pragma omp parallel for schedule(static) reduction(+ : bytes) if (n > TERN__BLOCK)
    for (size_t i = first; i < first + n; i++)
        bytes += tern__length(lines->text, lines->items[i].value, lines->end);
    return bytes;
}

/* Runs begin at lines from[r]. */
static void merge_runs(tern__line_job *j, int64_t *from)
{
    tern_lines *lines = j->lines;
    tern__line_context context = {lines->text, &j->order};
    tern__merger merger = tern__line_merger(&context);
    tern__pair *merged = tern__merge_runs(&merger, lines->items, j->scratch, from, tern_size(j->c));

    if (merged == j->scratch) {
        j->scratch = lines->items;
        lines->items = merged;
    }
    if (j->unique)
        tern__unique_lines(lines, &j->order);
}

/* From sorted lines on every rank to the rank's part of all; cut and from have p + 1 entries each.
 */
static int redistribute(tern__line_job *j, int64_t *cut, int64_t *from)
{
    uint64_t *weight = (uint64_t *)j->scratch; /* not needed now, and twice as long */

    tern__line_phase(j, "split", j->lines->bytes);
    tern__weigh_lines(j->lines, weight);
    int error = tern__split_lines(j->c, j->lines, &j->order, j->unique, weight, cut);
    if (!error)
        error = tern__exchange_counts(j->c, cut, from);
    if (error)
        return error;
    tern__line_phase(j, "exchange", 0);
    error = j->shared ? tern__send_items(j, cut, from) : tern__send_text(j, cut, weight);
    if (error)
        return error;
    tern__line_phase(j, "merge", j->lines->bytes);
    merge_runs(j, from);
    return TERN_OK;
}

static int sort_lines(tern__line_job *j)
{
    size_t p = (size_t)tern_size(j->c);

    tern__line_phase(j, "sort", 0);
    int error = sort_locally(j);
    if (error || p == 1)
        return error;
    int64_t *offsets = malloc(2 * (p + 1) * sizeof(*offsets));
    error = offsets != NULL
                ? TERN_OK
                : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu offsets", 2 * (p + 1));
    error = tern_agree(j->c, error);
    if (!error)
        error = redistribute(j, offsets, offsets + p + 1);
    free(offsets);
    return error;
}

/* ---- Arguments ------------------------------------------------------------------------------ */

static int validate(const char *text, const tern_text_range *ranges, size_t n, char end)
{
    size_t before = 0;

    for (size_t i = 0; i < n; before = ranges[i].end, i++) {
        if (ranges[i].begin < before || ranges[i].end < ranges[i].begin)
            return tern_fail(TERN_EINVAL, TERN_HERE, "sort lines: range %zu does not ascend", i);
        if (ranges[i].end > MOST_BYTES)
            return tern_fail(TERN_EINVAL, TERN_HERE,
                             "sort lines: byte %zu is beyond 1 TiB: use more ranks", ranges[i].end);
        if (ranges[i].end == ranges[i].begin)
            continue;
        if (text == NULL || text[ranges[i].end - 1] != end)
            return tern_fail(TERN_EINVAL, TERN_HERE, "sort lines: the last line has no end");
    }
    return TERN_OK;
}

/* The job has ranges; what else follows from the options, and its lines. */
static int prepare(tern__line_job *j, const char *text, const tern_line_options *options)
{
    char end = options->nul ? '\0' : '\n';

    j->unique = options->unique;
    j->phase = options->phase;
    j->lines = malloc(sizeof(*j->lines));
    if (j->lines == NULL)
        return tern_fail(TERN_ENOMEM, TERN_HERE, "sort lines: no memory");
    *j->lines = (tern_lines){.text = text, .end = end};
    int error = validate(text, j->ranges, j->n_ranges, end);
    return error ? error : tern__order_make(options, &j->order);
}

/* Of all lines of this rank, which are those of its ranges unless some were left out or sent. */
static size_t bytes_of(const tern__line_job *j)
{
    size_t bytes = 0;

    if (j->unique || tern_size(j->c) > 1)
        return sum_bytes(j->lines, 0, j->lines->n);
    for (size_t i = 0; i < j->n_ranges; i++)
        bytes += j->ranges[i].end - j->ranges[i].begin;
    return bytes;
}

/* A block `own` belongs to the lines, if there are any. */
static int run(tern__line_job *j, const char *text, char *own, const tern_line_options *options,
               tern_lines **out)
{
    static const tern_line_options defaults;
    int error = prepare(j, text, options != NULL ? options : &defaults);

    if (j->lines != NULL)
        j->lines->own = own;
    else
        tern_free(own);
    error = tern_agree(j->c, error);
    if (!error)
        error = sort_lines(j);
    tern_free(j->scratch);
    free(j->order.criteria);
    if (error) {
        tern_lines_free(j->lines);
        return error;
    }
    j->lines->bytes = bytes_of(j);
    *out = j->lines;
    return TERN_OK;
}

int tern_sort_lines(tern_comm *c, char *text, size_t bytes, const tern_line_options *options,
                    tern_lines **out)
{
    tern__line_job j = {.c = c, .whole = {0, bytes}, .n_ranges = 1};

    j.ranges = &j.whole;
    return run(&j, text, text, options, out);
}

int tern_sort_shared_lines(tern_comm *c, const char *text, const tern_text_range *ranges, size_t n,
                           const tern_line_options *options, tern_lines **out)
{
    tern__line_job j = {.c = c, .shared = true, .ranges = ranges, .n_ranges = n};

    return run(&j, text, NULL, options, out);
}

/* ---- Access --------------------------------------------------------------------------------- */

void tern_lines_free(tern_lines *lines)
{
    if (lines == NULL)
        return;
    tern_free(lines->own);
    tern_free(lines->items);
    free(lines);
}

size_t tern_lines_count(const tern_lines *lines)
{
    return lines->n;
}

size_t tern_lines_bytes(const tern_lines *lines, size_t first, size_t n)
{
    return first == 0 && n == lines->n ? lines->bytes : sum_bytes(lines, first, n);
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

    for (; i < end; i++) {
        tern__line line = tern__line_ahead(lines, i, end);
        if (line.length >= room - used)
            break;
        memcpy(buffer + used, line.text, line.length + 1);
        used += line.length + 1;
    }
    *bytes = used;
    return i;
}
