/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo modes rma-fence and rma-pscw: packed points are put into the neighbour's buffers.  Fences
 * wait for all ranks; post, start, complete and wait (MPI 3.1, 11.5.2) for the neighbours only. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

enum { CHUNK = 1 << 30 }; /* bytes a put, below INT_MAX */

struct rma {
    MPI_Win win;
    char *memory;       /* of the window: the ghost cells of all parts */
    int64_t *at;        /* of each received part, offset in own memory */
    int64_t *there;     /* of each sent part, offset in the peer's memory */
    MPI_Group from, to; /* peers */
};

static size_t bytes_of(const tern_halo *h, const struct part *p)
{
    return p->elements * h->element;
}

/* The peers of a list, each once. */
static int make_group(const tern_halo *h, const struct parts *list, MPI_Group *out)
{
    int *peers = calloc(list->n + 1, sizeof(*peers)), n = 0;
    MPI_Group all;

    if (peers == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for the neighbours");
    for (size_t i = 0; i < list->n; i++) {
        int seen = 0;
        while (seen < n && peers[seen] != list->of[i].peer)
            seen++;
        peers[seen] = list->of[i].peer;
        n += seen == n;
    }
    int rc = MPI_Comm_group(tern_comm_raw(h->comm), &all);
    if (rc == MPI_SUCCESS) {
        rc = MPI_Group_incl(all, n, peers, out);
        MPI_Group_free(&all);
    }
    free(peers);
    return rc == MPI_SUCCESS ? TERN_OK : tern_fail(TERN_EMPI, NULL, "MPI_Group_incl failed");
}

/* Tell each sender where its points go. */
static int tell_offsets(tern_halo *h, const struct rma *r)
{
    size_t n = h->recvs.n + h->sends.n;
    tern_req *reqs = calloc(n + 1, sizeof(*reqs));
    int error = TERN_OK;

    if (reqs == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for %zu requests", n);
    error = tern_agree(h->comm, error);
    for (size_t i = 0; i < h->sends.n && error >= 0; i++) {
        const struct part *p = &h->sends.of[i];
        error = tern_irecv(h->comm, &r->there[i], 1, MPI_INT64_T, p->peer, p->tag + TERN__HALO_TAGS,
                           &reqs[i]);
    }
    for (size_t i = 0; i < h->recvs.n && error >= 0; i++) {
        const struct part *p = &h->recvs.of[i];
        error = tern_isend(h->comm, &r->at[i], 1, MPI_INT64_T, p->peer, p->tag + TERN__HALO_TAGS,
                           &reqs[h->sends.n + i]);
    }
    if (error >= 0)
        error = tern_waitall(n, reqs, NULL, TERN_FOREVER);
    free(reqs);
    return error;
}

static int prepare(tern_halo *h, struct rma *r, int64_t *total)
{
    r->at = calloc(h->recvs.n + 1, sizeof(*r->at));
    r->there = calloc(h->sends.n + 1, sizeof(*r->there));
    if (r->at == NULL || r->there == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for the neighbours");
    *total = 0;
    for (size_t i = 0; i < h->recvs.n; i++) {
        r->at[i] = *total;
        *total += (int64_t)((bytes_of(h, &h->recvs.of[i]) + 63) / 64 * 64);
    }
    int error = make_group(h, &h->recvs, &r->from);
    return error < 0 ? error : make_group(h, &h->sends, &r->to);
}

int tern__halo_open_rma(tern_halo *h)
{
    struct rma *r = calloc(1, sizeof(*r));
    int64_t bytes = 0;
    int error;

    h->state = r;
    if (r == NULL) {
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for a halo mode");
    } else {
        r->win = MPI_WIN_NULL;
        r->from = r->to = MPI_GROUP_NULL;
        error = prepare(h, r, &bytes);
    }
    error = tern_agree(h->comm, error);
    if (error < 0 || r == NULL)
        return error;
    if (MPI_Win_allocate(bytes, 1, MPI_INFO_NULL, tern_comm_raw(h->comm), &r->memory, &r->win)
        != MPI_SUCCESS) {
        r->win = MPI_WIN_NULL;
        error = tern_fail(TERN_ENOMEM, NULL, "MPI has no window of %lld bytes", (long long)bytes);
    }
    error = tern_agree(h->comm, error);
    return error < 0 ? error : tell_offsets(h, r);
}

static int put_all(tern_halo *h, const struct rma *r)
{
    for (size_t i = 0; i < h->sends.n; i++) {
        const struct part *p = &h->sends.of[i];
        size_t bytes = bytes_of(h, p);
        tern__halo_pack(h, p, p->buffer);
        for (size_t at = 0; at < bytes; at += CHUNK) {
            int n = (int)(bytes - at < CHUNK ? bytes - at : CHUNK);
            if (MPI_Put((char *)p->buffer + at, n, MPI_BYTE, p->peer,
                        (MPI_Aint)(r->there[i] + (int64_t)at), n, MPI_BYTE, r->win)
                != MPI_SUCCESS)
                return tern_fail(TERN_EMPI, NULL, "MPI_Put to rank %d failed", p->peer);
        }
    }
    return TERN_OK;
}

static int unpack_all(tern_halo *h, const struct rma *r)
{
    for (size_t i = 0; i < h->recvs.n; i++)
        tern__halo_unpack(h, &h->recvs.of[i], r->memory + r->at[i]);
    return TERN_OK;
}

int tern__halo_start_fence(tern_halo *h)
{
    const struct rma *r = h->state;

    if (MPI_Win_fence(MPI_MODE_NOPRECEDE, r->win) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Win_fence failed");
    return put_all(h, r);
}

int tern__halo_finish_fence(tern_halo *h)
{
    const struct rma *r = h->state;

    if (MPI_Win_fence(MPI_MODE_NOSUCCEED, r->win) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Win_fence failed");
    return unpack_all(h, r);
}

int tern__halo_start_pscw(tern_halo *h)
{
    const struct rma *r = h->state;

    if (MPI_Win_post(r->from, 0, r->win) != MPI_SUCCESS
        || MPI_Win_start(r->to, 0, r->win) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Win_start failed");
    int error = put_all(h, r);
    if (MPI_Win_complete(r->win) != MPI_SUCCESS && error >= 0)
        error = tern_fail(TERN_EMPI, NULL, "MPI_Win_complete failed");
    return error;
}

static int all_put(void *state)
{
    const struct rma *r = state;
    int done = 0;

    if (MPI_Win_test(r->win, &done) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Win_test failed");
    return done ? TERN_OK : TERN_EAGAIN;
}

int tern__halo_finish_pscw(tern_halo *h)
{
    int error = tern_wait_for(h->comm, all_put, h->state, "halo exchange", TERN_FOREVER);

    return error < 0 ? error : unpack_all(h, h->state);
}

void tern__halo_close_rma(tern_halo *h)
{
    struct rma *r = h->state;

    if (r == NULL)
        return;
    if (r->win != MPI_WIN_NULL)
        MPI_Win_free(&r->win);
    if (r->from != MPI_GROUP_NULL)
        MPI_Group_free(&r->from);
    if (r->to != MPI_GROUP_NULL)
        MPI_Group_free(&r->to);
    free(r->at);
    free(r->there);
    free(r);
}
