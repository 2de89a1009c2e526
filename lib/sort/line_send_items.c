/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted lines to other ranks that see the text: only the items are sent. */
#include "config.h"

#include "sort/lines.h"

/* Take larger blocks than those of items and scratch, which keep what is in them. */
static int grow(tern__line_job *j, size_t n)
{
    size_t room = tern__line_room(n);
    tern__pair *items = tern_alloc(room * sizeof(*items));
    tern__pair *scratch = tern_alloc(room * sizeof(*scratch));

    if (items == NULL || scratch == NULL) {
        tern_free(items);
        tern_free(scratch);
        return TERN_ENOMEM;
    }
    memcpy(items, j->lines->items, j->lines->n * sizeof(*items));
    tern_free(j->lines->items);
    tern_free(j->scratch);
    j->lines->items = items;
    j->scratch = scratch;
    j->room = room;
    return TERN_OK;
}

int tern__send_items(tern__line_job *j, const int64_t *cut, const int64_t *from)
{
    size_t n = (size_t)from[tern_size(j->c)];
    int error = tern_agree(j->c, n > j->room ? grow(j, n) : TERN_OK);

    if (!error)
        error = tern__exchange(j->c, sizeof(tern__pair), j->lines->items, cut, j->scratch, from);
    if (error)
        return error;
    tern__pair *received = j->scratch;
    j->scratch = j->lines->items;
    j->lines->items = received;
    j->lines->n = n;
    return TERN_OK;
}
