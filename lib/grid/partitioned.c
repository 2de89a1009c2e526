/* SPDX-License-Identifier: BSD-3-Clause */
/* Partitioned messages (MPI 4.0, chapter 4): set up once like persistent ones, handed over piece by
 * piece. */
#include "config.h"

#include "grid/halo.h"

/* All partitions of a message are equally long; the last may hang over into the buffer's margin. */
static size_t piece(const struct part *p)
{
    return (p->elements + TERN__HALO_PARTITIONS - 1) / TERN__HALO_PARTITIONS;
}

int tern__halo_open_partitioned(tern_halo *h)
{
    int error = TERN_OK;

    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        error = tern_precv_init(h->comm, p->buffer, TERN__HALO_PARTITIONS, piece(p), h->spec.type,
                                p->peer, p->tag, &h->reqs[i]);
    }
    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        error = tern_psend_init(h->comm, p->buffer, TERN__HALO_PARTITIONS, piece(p), h->spec.type,
                                p->peer, p->tag, &h->reqs[h->recvs.n + i]);
    }
    return error;
}

int tern__halo_start_partitioned(tern_halo *h)
{
    int error = tern_startall(h->recvs.n + h->sends.n, h->reqs);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        tern__halo_pack(h, &h->sends.of[i], h->sends.of[i].buffer);
        for (int k = 0; k < TERN__HALO_PARTITIONS && error >= 0; k++)
            error = tern_pready(&h->reqs[h->recvs.n + i], k);
    }
    return error;
}
