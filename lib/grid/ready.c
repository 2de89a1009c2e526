/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo mode rsend: ready sends, each after an empty message from the receiver to the sender has
 * told "my receive is posted". */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

int tern__halo_open_ready(tern_halo *h)
{
    size_t n = h->sends.n + h->recvs.n;
    tern_req *tokens = calloc(n + 1, sizeof(*tokens)); /* sends.n, then recvs.n */

    h->state = tokens;
    if (tokens == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu requests", n);
    for (size_t i = 0; i < n; i++)
        tokens[i] = TERN_REQ_NULL;
    return TERN_OK;
}

static int exchange_tokens(tern_halo *h)
{
    tern_req *req = h->state;
    int error = TERN_OK;

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        error = tern_irecv(h->comm, NULL, 0, MPI_BYTE, p->peer, p->tag + TERN__HALO_TAGS, req++);
    }
    if (error >= 0)
        error = tern__halo_post_receives(h);
    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        error = tern_isend(h->comm, NULL, 0, MPI_BYTE, p->peer, p->tag + TERN__HALO_TAGS, req++);
    }
    return error;
}

int tern__halo_start_ready(tern_halo *h)
{
    tern_req *tokens = h->state;
    int error = exchange_tokens(h);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        tern__halo_pack(h, p, p->buffer);
        error = tern_wait(&tokens[i], NULL, TERN_FOREVER);
        if (error >= 0)
            error = tern_rsend(h->comm, p->buffer, p->elements, h->spec.type, p->peer, p->tag);
    }
    if (error >= 0)
        error = tern_waitall(h->recvs.n, tokens + h->sends.n, NULL, TERN_FOREVER);
    return error;
}

void tern__halo_close_ready(tern_halo *h)
{
    free(h->state);
}
