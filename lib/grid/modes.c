/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways to send.  In all of them the receives stand before the first send that could wait, so
 * that none deadlocks, even round an odd ring and when every send waits for its receiver; sendrecv
 * is safe because all ranks go through the shifts in one order. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

/* A part as MPI gets it. */
struct message {
    void *buf;
    size_t n;
    MPI_Datatype type;
};

/* All fields in one where the mode packs, else that of `round`. */
static struct message message_of(const tern_halo *h, const struct part *p, size_t round)
{
    if (h->mode->packs)
        return (struct message){p->buffer, p->elements, h->spec.type};
    return (struct message){tern__halo_at(h, &p->box, (int)round), 1, p->type};
}

static int open_nothing(tern_halo *h)
{
    (void)h;
    return TERN_OK;
}

static int post_receives(tern_halo *h)
{
    size_t n = h->rounds * h->recvs.n;
    int error = TERN_OK;

    for (size_t i = 0; i < n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i / h->rounds];
        struct message m = message_of(h, p, i % h->rounds);
        error = tern_irecv(h->comm, m.buf, m.n, m.type, p->peer, p->tag, &h->reqs[i]);
    }
    return error;
}

static int start_blocking(tern_halo *h)
{
    int error = post_receives(h);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        tern__halo_pack(h, p);
        error = tern_send_mode(h->comm, h->mode->send, p->buffer, p->elements, h->spec.type,
                               p->peer, p->tag, TERN_HERE);
    }
    return error;
}

static int start_immediate(tern_halo *h)
{
    size_t n = h->rounds * h->sends.n, recvs = h->rounds * h->recvs.n;
    int error = post_receives(h);

    for (size_t i = 0; i < n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i / h->rounds];
        struct message m = message_of(h, p, i % h->rounds);
        if (h->mode->packs)
            tern__halo_pack(h, p);
        error = tern_isend_mode(h->comm, h->mode->send, m.buf, m.n, m.type, p->peer, p->tag,
                                &h->reqs[recvs + i], TERN_HERE);
    }
    return error;
}

/* A neighbour may be at most one exchange ahead, so two exchanges must fit. */
static int open_buffered(tern_halo *h)
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

static int open_ready(tern_halo *h)
{
    size_t n = h->sends.n + h->recvs.n;

    h->tokens = calloc(n + 1, sizeof(*h->tokens));
    if (h->tokens == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu requests", n);
    for (size_t i = 0; i < n; i++)
        h->tokens[i] = TERN_REQ_NULL;
    return TERN_OK;
}

/* Empty messages from receiver to sender: "my receive is posted". */
static int exchange_tokens(tern_halo *h)
{
    tern_req *req = h->tokens;
    int error = TERN_OK;

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        error = tern_irecv(h->comm, NULL, 0, MPI_BYTE, p->peer, p->tag + TERN__HALO_TAGS, req++);
    }
    if (error >= 0)
        error = post_receives(h);
    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        error = tern_isend(h->comm, NULL, 0, MPI_BYTE, p->peer, p->tag + TERN__HALO_TAGS, req++);
    }
    return error;
}

static int start_ready(tern_halo *h)
{
    int error = exchange_tokens(h);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        tern__halo_pack(h, p);
        error = tern_wait(&h->tokens[i], NULL, TERN_FOREVER);
        if (error >= 0)
            error = tern_rsend(h->comm, p->buffer, p->elements, h->spec.type, p->peer, p->tag);
    }
    if (error >= 0)
        error = tern_waitall(h->recvs.n, h->tokens + h->sends.n, NULL, TERN_FOREVER);
    return error;
}

/* The part of `shift`, if it stands next in `list`. */
static const struct part *next_of(const struct parts *list, size_t *i, int64_t shift)
{
    static const struct part none = {.peer = MPI_PROC_NULL};

    return *i < list->n && list->of[*i].shift == shift ? &list->of[(*i)++] : &none;
}

static int start_sendrecv(tern_halo *h)
{
    int error = TERN_OK;

    for (size_t s = 0, r = 0; error >= 0 && (s < h->sends.n || r < h->recvs.n);) {
        int64_t out_shift = s < h->sends.n ? h->sends.of[s].shift : INT64_MAX;
        int64_t in_shift = r < h->recvs.n ? h->recvs.of[r].shift : INT64_MAX;
        int64_t shift = out_shift < in_shift ? out_shift : in_shift;
        const struct part *out = next_of(&h->sends, &s, shift);
        const struct part *in = next_of(&h->recvs, &r, shift);

        if (out->peer != MPI_PROC_NULL)
            tern__halo_pack(h, out);
        error =
            tern_sendrecv(h->comm, out->buffer, out->elements, h->spec.type, out->peer, out->tag,
                          in->buffer, in->elements, h->spec.type, in->peer, in->tag, NULL);
    }
    return error;
}

static int open_persistent(tern_halo *h)
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

static int start_persistent(tern_halo *h)
{
    int error = tern_startall(h->recvs.n, h->reqs);

    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        tern__halo_pack(h, &h->sends.of[i]);
        error = tern_start(&h->reqs[h->recvs.n + i]);
    }
    return error;
}

static const struct halo_mode modes[] = {
    {"send", TERN_STANDARD, true, open_nothing, start_blocking},
    {"ssend", TERN_SYNCHRONOUS, true, open_nothing, start_blocking},
    {"bsend", TERN_BUFFERED, true, open_buffered, start_blocking},
    {"isend", TERN_STANDARD, true, open_nothing, start_immediate},
    {"issend", TERN_SYNCHRONOUS, true, open_nothing, start_immediate},
    {"rsend", TERN_READY, true, open_ready, start_ready},
    {"sendrecv", TERN_STANDARD, true, open_nothing, start_sendrecv},
    {"persistent", TERN_STANDARD, true, open_persistent, start_persistent},
    {"persistent-ssend", TERN_SYNCHRONOUS, true, open_persistent, start_persistent},
    {"datatype", TERN_STANDARD, false, open_nothing, start_immediate},
#ifdef HAVE_MPI_PSEND_INIT
    {"partitioned", TERN_STANDARD, true, tern__halo_open_partitioned, tern__halo_start_partitioned},
#endif
};

enum { MODES = sizeof(modes) / sizeof(modes[0]) };

const char *tern_halo_mode_name(int i)
{
    return i >= 0 && i < MODES ? modes[i].name : NULL;
}

int tern__halo_mode_find(const char *name, const struct halo_mode **out)
{
    int i = tern_choose("halo mode", name, tern_halo_mode_name);

    if (i >= 0)
        *out = &modes[i];
    return i;
}
