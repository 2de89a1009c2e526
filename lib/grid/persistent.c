/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo mode persistent: requests set up once. */
#include "config.h"

#include "grid/halo.h"

int tern__halo_open_persistent(tern_halo *h)
{
    int error = TERN_OK;

    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        error = tern_recv_init(h->comm, p->buffer, p->elements, h->spec.type, p->peer, p->tag,
                               &h->reqs[i]);
    }
    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        error = tern_send_mode_init(h->comm, h->mode->send, p->buffer, p->elements, h->spec.type,
                                    p->peer, p->tag, &h->reqs[h->recvs.n + i], TERN_HERE);
    }
    return error;
}

int tern__halo_start_persistent(tern_halo *h)
{
    int error = tern_startall(h->recvs.n, h->reqs);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        tern__halo_pack(h, &h->sends.of[i], h->sends.of[i].buffer);
        error = tern_start(&h->reqs[h->recvs.n + i]);
    }
    return error;
}
