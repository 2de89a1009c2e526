/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of the algorithms in which ranks work in pairs. */
#include "config.h"

#include "sort/items.h"

#include <string.h>

enum { TAG = 1 };

int tern__swap_items(tern__job *j, int partner, size_t begin, size_t end, char **received,
                     size_t *n)
{
    size_t bytes = j->items->merger.bytes, sends = end - begin, gets = 0;
    int error = tern_sendrecv(j->c, &sends, sizeof(sends), MPI_BYTE, partner, TAG, &gets,
                              sizeof(gets), MPI_BYTE, partner, TAG, NULL);

    if (error)
        return error;
    *received = tern_alloc((gets > 0 ? gets : 1) * bytes);
    if (*received == NULL)
        return TERN_ENOMEM;
    *n = gets;
    return tern_sendrecv(j->c, tern__item(j->items, j->data, begin), sends * bytes, MPI_BYTE,
                         partner, TAG, *received, gets * bytes, MPI_BYTE, partner, TAG, NULL);
}

int tern__merge_in(tern__job *j, size_t begin, size_t end, char *received, size_t n,
                   bool received_first)
{
    const tern__merger *m = &j->items->merger;
    const char *own = tern__item(j->items, j->data, begin);
    size_t mine = end - begin;
    char *merged = tern_alloc((mine + n > 0 ? mine + n : 1) * m->bytes);

    if (merged != NULL) {
        if (received_first)
            m->merge(m->context, received, n, own, mine, merged);
        else
            m->merge(m->context, own, mine, received, n, merged);
        tern_free(j->data);
        j->data = merged;
        j->n = mine + n;
        j->room = j->n > 0 ? j->n : 1;
    }
    tern_free(received);
    return merged != NULL ? TERN_OK : TERN_ENOMEM;
}
