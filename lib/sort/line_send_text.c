/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted lines to other ranks as text: a copy in their order is cut, sent, and parsed again where
 * it arrives.  The text is held twice at most: as it was and in order, or in order and received. */
#include "config.h"

#include "sort/lines.h"

/* The lines of this rank in their order, as text.  hot */
static void copy_sorted(const tern_lines *lines, const uint64_t *weight, char *out)
{
#pragma omp parallel for schedule(static) if (lines->n > TERN__BLOCK)
    for (size_t i = 0; i < lines->n; i++) {
        tern__line line = tern__line_ahead(lines, i, lines->n);
        memcpy(out + weight[i], line.text, line.length + 1);
    }
}

static void replace_text(tern__line_job *j, char *text, size_t bytes)
{
    tern_free(j->lines->own);
    j->lines->text = j->lines->own = text;
    j->lines->bytes = bytes;
    j->whole = (tern_text_range){0, bytes};
}

/* Replace the text by its lines in their order. */
static int sort_text(tern__line_job *j, const uint64_t *weight)
{
    size_t bytes = weight[j->lines->n];
    char *sorted = tern_alloc(bytes);
    int error = tern_agree(j->c, sorted != NULL ? TERN_OK : TERN_ENOMEM);

    if (error) {
        tern_free(sorted);
        return error;
    }
    copy_sorted(j->lines, weight, sorted);
    replace_text(j, sorted, bytes);
    return TERN_OK;
}

/* Send bytes cut[r] .. cut[r + 1] - 1 of the text to rank r, and take what comes in its place. */
static int exchange_text(tern__line_job *j, const int64_t *cut, int64_t *from)
{
    int p = tern_size(j->c);
    int error = tern__exchange_counts(j->c, cut, from);

    if (error)
        return error;
    char *received = tern_alloc((size_t)from[p]);
    error = tern_agree(j->c, received != NULL ? TERN_OK : TERN_ENOMEM);
    if (!error)
        error = tern__exchange(j->c, 1, j->lines->text, cut, received, from);
    if (error)
        tern_free(received);
    else
        replace_text(j, received, (size_t)from[p]);
    return error;
}

static void drop_items(tern__line_job *j)
{
    tern_free(j->lines->items);
    tern_free(j->scratch);
    j->lines->items = j->scratch = NULL;
}

int tern__send_text(tern__line_job *j, const int64_t *cut, const uint64_t *weight)
{
    size_t p = (size_t)tern_size(j->c);
    int64_t *bytes = tern_alloc(2 * (p + 1) * sizeof(*bytes));
    int error = tern_agree(j->c, bytes != NULL ? TERN_OK : TERN_ENOMEM);

    for (size_t r = 0; r <= p && !error; r++)
        bytes[r] = (int64_t)weight[cut[r]];
    if (!error)
        error = sort_text(j, weight);
    drop_items(j); /* weight is among them */
    if (!error)
        error = exchange_text(j, bytes, bytes + p + 1);
    tern_free(bytes);
    return error ? error : tern__parse_job(j);
}
