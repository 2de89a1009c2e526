/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps of the algorithms in which ranks work in pairs. */
#include "config.h"

#include "sort/items.h"

#include <string.h>

enum { TAG = 1, LITTLE_BYTES = 16 << 10 };
static const size_t FAILED = SIZE_MAX; /* in place of a number of items */

/* Both tell whether they have room.  The error of one that has none; nothing has been sent then. */
static int agree(tern__job *j, int partner, bool ready)
{
    char mine = ready, its = 0;
    int error = tern_sendrecv(j->c, &mine, 1, MPI_CHAR, partner, TAG, &its, 1, MPI_CHAR, partner,
                              TAG, NULL);

    return error ? error : !ready ? TERN_ENOMEM : its ? TERN_OK : TERN_EPEER;
}

/* Little is received in any case, to spare the partner a question. */
static int swap(tern__job *j, int partner, const char *send, size_t sends, char *received,
                size_t gets)
{
    char little[LITTLE_BYTES];
    bool large = sends > LITTLE_BYTES || gets > LITTLE_BYTES; /* both know */
    int error = large ? agree(j, partner, received != NULL) : TERN_OK;

    if (error)
        return error;
    error = tern_sendrecv(j->c, send, sends, MPI_BYTE, partner, TAG,
                          received != NULL ? received : little, gets, MPI_BYTE, partner, TAG, NULL);
    return error || received != NULL ? error : TERN_ENOMEM;
}

int tern__swap_items(tern__job *j, int partner, int failed, size_t begin, size_t end,
                     char **received, size_t *n)
{
    size_t bytes = j->items->merger.bytes, sends = failed ? FAILED : end - begin, gets = 0;
    int error = tern_sendrecv(j->c, &sends, sizeof(sends), MPI_BYTE, partner, TAG, &gets,
                              sizeof(gets), MPI_BYTE, partner, TAG, NULL);

    if (error || failed)
        return failed ? failed : error;
    if (gets == FAILED)
        return TERN_EPEER;
    char *block = tern_alloc((gets > 0 ? gets : 1) * bytes);
    error =
        swap(j, partner, tern__item(j->items, j->data, begin), sends * bytes, block, gets * bytes);
    if (error) {
        tern_free(block);
        return error;
    }
    *received = block;
    *n = gets;
    return TERN_OK;
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
