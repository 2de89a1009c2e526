/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo mode sendrecv: one MPI_Sendrecv for each shift.  All ranks go through the shifts in one
 * order, so that it cannot deadlock. */
#include "config.h"

#include "grid/halo.h"

/* The part of `shift`, if it stands next in `list`. */
static const struct part *next_of(const struct parts *list, size_t *i, int64_t shift)
{
    static const struct part none = {.peer = MPI_PROC_NULL};

    return *i < list->n && list->of[*i].shift == shift ? &list->of[(*i)++] : &none;
}

int tern__halo_start_sendrecv(tern_halo *h)
{
    int error = TERN_OK;

    for (size_t s = 0, r = 0; error >= 0 && (s < h->sends.n || r < h->recvs.n);) {
        int64_t out_shift = s < h->sends.n ? h->sends.of[s].shift : INT64_MAX;
        int64_t in_shift = r < h->recvs.n ? h->recvs.of[r].shift : INT64_MAX;
        int64_t shift = out_shift < in_shift ? out_shift : in_shift;
        const struct part *out = next_of(&h->sends, &s, shift);
        const struct part *in = next_of(&h->recvs, &r, shift);

        if (out->peer != MPI_PROC_NULL)
            tern__halo_pack(h, out, out->buffer);
        error =
            tern_sendrecv(h->comm, out->buffer, out->elements, h->spec.type, out->peer, out->tag,
                          in->buffer, in->elements, h->spec.type, in->peer, in->tag, NULL);
    }
    return error;
}
