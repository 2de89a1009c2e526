/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted lines to other ranks that see the text: only the items are sent. */
#include "config.h"

#include "sort/lines.h"

/* The items in place of those that there are, and room for as many. */
static int receive(tern__line_job *j, const int64_t *cut, const int64_t *from)
{
    size_t n = (size_t)from[tern_size(j->c)];
    tern__pair *received = tern_alloc((n + 1) * sizeof(*received));
    int error = tern_agree(j->c, received != NULL ? TERN_OK : TERN_ENOMEM);

    if (!error)
        error = tern__exchange(j->c, sizeof(*received), j->lines->items, cut, received, from);
    if (error) {
        tern_free(received);
        return error;
    }
    tern_free(j->lines->items);
    j->lines->items = received;
    j->lines->n = n;
    return TERN_OK;
}

int tern__send_items(tern__line_job *j, const int64_t *cut, const int64_t *from)
{
    int error = receive(j, cut, from);

    if (error)
        return error;
    tern_free(j->scratch);
    j->scratch = tern_alloc((j->lines->n + 1) * sizeof(*j->scratch));
    return tern_agree(j->c, j->scratch != NULL ? TERN_OK : TERN_ENOMEM);
}
