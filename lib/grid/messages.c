/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo modes of one message a part: blocking sends, non-blocking ones, MPI vector types.  The
 * receives stand before the first send that could wait, so that none deadlocks, even round an odd
 * ring and when every send waits for its receiver.  Parts that go through the memory of the node
 * are left out. */
#include "config.h"

#include "grid/halo.h"

/* A part as MPI gets it. */
struct message {
    void *buf;
    size_t n;
    MPI_Datatype type;
};

/* All fields in one where the mode packs, else that of `round`. */
static struct message message_of(const tern_halo *h, const struct part *p, size_t round)
{
    if (h->mode->storage != HALO_TYPED)
        return (struct message){p->buffer, p->elements, h->spec.type};
    struct frame frame = tern__halo_frame(h, (int)round);
    return (struct message){tern__side_array(&frame, &p->box, h->element).at, 1, p->type};
}

int tern__halo_post_receives(tern_halo *h)
{
    size_t n = h->rounds * h->recvs.n;
    int error = TERN_OK;

    for (size_t i = 0; i < n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i / h->rounds];
        struct message m = message_of(h, p, i % h->rounds);
        if (p->host < 0)
            error = tern_irecv(h->comm, m.buf, m.n, m.type, p->peer, p->tag, &h->reqs[i]);
    }
    return error;
}

int tern__halo_start_blocking(tern_halo *h)
{
    int error = tern__halo_post_receives(h);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        tern__halo_pack(h, p, p->buffer);
        error = tern_send_mode(h->comm, h->mode->send, p->buffer, p->elements, h->spec.type,
                               p->peer, p->tag, TERN_HERE);
    }
    return error;
}

int tern__halo_start_immediate(tern_halo *h)
{
    size_t n = h->rounds * h->sends.n, recvs = h->rounds * h->recvs.n;
    int error = tern__halo_post_receives(h);

    for (size_t i = 0; i < n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i / h->rounds];
        struct message m = message_of(h, p, i % h->rounds);
        if (p->host >= 0)
            continue;
        if (h->mode->storage != HALO_TYPED)
            tern__halo_pack(h, p, p->buffer);
        error = tern_isend_mode(h->comm, h->mode->send, m.buf, m.n, m.type, p->peer, p->tag,
                                &h->reqs[recvs + i], TERN_HERE);
    }
    return error;
}

int tern__halo_finish_messages(tern_halo *h)
{
    size_t n = h->rounds * (h->recvs.n + h->sends.n);
    int error = tern_waitall(n, h->reqs, NULL, TERN_FOREVER);

    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        if (p->host < 0 && p->buffer != NULL)
            tern__halo_unpack(h, p, p->buffer);
    }
    return error;
}

/* A neighbour may be at most one exchange ahead, so two exchanges must fit. */
int tern__halo_open_buffered(tern_halo *h)
{
    int64_t messages, bytes;
    double room = tern_env_number("TERN_BSEND_BYTES");

    tern_halo_traffic(h, &messages, &bytes);
    bytes = 2 * (bytes + messages * MPI_BSEND_OVERHEAD);
    if ((double)bytes > room)
        return tern_fail(TERN_EINVAL, NULL,
                         "halo mode bsend needs a buffer of %lld bytes: set TERN_BSEND_BYTES",
                         (long long)bytes);
    return TERN_OK;
}
