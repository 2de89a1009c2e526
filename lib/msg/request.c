/* SPDX-License-Identifier: BSD-3-Clause */
/* Non-blocking and persistent operations: how they start. */
#include "config.h"

#include "msg/msg_private.h"

#include <stdlib.h>

/* Fill `req` for an operation that MPI has (or has not) started. */
static int begin(tern_req *req, int mpi_error)
{
    struct tern__wait op = tern__operation(req, req->where);

    if (mpi_error == MPI_SUCCESS)
        return TERN_OK;
    req->mpi = MPI_REQUEST_NULL;
    req->flags = 0;
    return tern__mpi_fail(&op, mpi_error);
}

int tern_isend_mode(tern_comm *c, tern_mode mode, const void *buf, size_t n, MPI_Datatype type,
                    int dest, int tag, tern_req *req, const char *where) /* hot */
{
    const struct tern__mode *m = tern__mode(c, mode);
    struct tern__span span;
    int error = tern__span(n, type, &span);

    *req = (tern_req){.mpi = MPI_REQUEST_NULL,
                      .comm = c,
                      .what = m->iname,
                      .where = where,
                      .bytes = tern__bytes(n, type),
                      .peer = dest,
                      .tag = tag,
                      .flags = TERN__ACTIVE};
    if (error == MPI_SUCCESS)
        error = m->isend(buf, span.count, span.type, dest, tag, c->mpi, &req->mpi);
    tern__span_free(&span);
    return begin(req, error);
}

/* A kept message that matches and fits completes the receive at once; TERN_EAGAIN if none matches.
 */
static int start_from_kept(tern_req *req, void *buf, size_t n, MPI_Datatype type)
{
    struct tern__wait op = tern__operation(req, req->where);
    tern_status status;
    int error = tern__recv_kept(req->comm, &op, buf, n, type, &status);

    if (error == TERN_EAGAIN)
        return error;
    if (error) {
        req->flags = 0;
        return error;
    }
    req->peer = status.source;
    req->tag = status.tag;
    req->bytes = status.bytes;
    req->flags |= TERN__KEPT;
    return TERN_OK;
}

int tern_irecv_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type, int source, int tag,
                  tern_req *req, const char *where) /* hot */
{
    struct tern__span span;

    *req = (tern_req){.mpi = MPI_REQUEST_NULL,
                      .comm = c,
                      .what = "irecv",
                      .where = where,
                      .bytes = tern__bytes(n, type),
                      .peer = source,
                      .tag = tag,
                      .flags = TERN__ACTIVE | TERN__RECEIVE};
    int error = tern__any_kept(c) ? start_from_kept(req, buf, n, type) : TERN_EAGAIN;
    if (error != TERN_EAGAIN)
        return error;
    error = tern__span(n, type, &span);
    if (error == MPI_SUCCESS)
        error = LARGE(MPI_Irecv)(buf, span.count, span.type, source, tag, c->mpi, &req->mpi);
    tern__span_free(&span);
    return begin(req, error);
}

/* What tern_start() repeats for a buffered send: Open MPI 4.1.4 copies the buffer only at the first
 * start of its own persistent form, and then sends old content. */
struct again {
    const void *buf;
    size_t n;
    MPI_Datatype type; /* own duplicate */
};

static int keep_buffered(tern_req *req, const void *buf, size_t n, MPI_Datatype type)
{
    struct again *again = malloc(sizeof(*again));

    if (again == NULL)
        return tern_fail(TERN_ENOMEM, req->where, "no memory for a request");
    *again = (struct again){.buf = buf, .n = n};
    int error = begin(req, MPI_Type_dup(type, &again->type));
    if (error) {
        free(again);
        return error;
    }
    req->again = again;
    return TERN_OK;
}

static int start_buffered(tern_req *req)
{
    const struct again *again = req->again;
    const struct tern__mode *m = tern__mode(req->comm, TERN_BUFFERED);
    struct tern__span span;
    int error = tern__span(again->n, again->type, &span);

    if (error == MPI_SUCCESS)
        error = m->isend(again->buf, span.count, span.type, req->peer, req->tag, req->comm->mpi,
                         &req->mpi);
    tern__span_free(&span);
    return error;
}

static void drop_buffered(tern_req *req)
{
    struct again *again = req->again;

    if (again == NULL)
        return;
    MPI_Type_free(&again->type);
    free(again);
    req->again = NULL;
}

int tern_send_mode_init(tern_comm *c, tern_mode mode, const void *buf, size_t n, MPI_Datatype type,
                        int dest, int tag, tern_req *req, const char *where)
{
    const struct tern__mode *m = tern__mode(c, mode);
    struct tern__span span;

    int error = tern__span(n, type, &span);

    *req = (tern_req){.mpi = MPI_REQUEST_NULL,
                      .comm = c,
                      .what = m->name,
                      .where = where,
                      .bytes = tern__bytes(n, type),
                      .peer = dest,
                      .tag = tag,
                      .flags = TERN__PERSISTENT};
    if (mode == TERN_BUFFERED && error == MPI_SUCCESS) {
        tern__span_free(&span);
        return keep_buffered(req, buf, n, type);
    }
    if (error == MPI_SUCCESS)
        error = m->init(buf, span.count, span.type, dest, tag, c->mpi, &req->mpi);
    tern__span_free(&span);
    return begin(req, error);
}

int tern_recv_init_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type, int source, int tag,
                      tern_req *req, const char *where)
{
    struct tern__span span;
    int error = tern__span(n, type, &span);

    *req = (tern_req){.mpi = MPI_REQUEST_NULL,
                      .comm = c,
                      .what = "recv",
                      .where = where,
                      .bytes = tern__bytes(n, type),
                      .peer = source,
                      .tag = tag,
                      .flags = TERN__PERSISTENT | TERN__RECEIVE};
    if (error == MPI_SUCCESS)
        error = LARGE(MPI_Recv_init)(buf, span.count, span.type, source, tag, c->mpi, &req->mpi);
    tern__span_free(&span);
    return begin(req, error);
}

int tern_psend_init_at(tern_comm *c, const void *buf, int partitions, size_t n, MPI_Datatype type,
                       int dest, int tag, tern_req *req, const char *where)
{
#ifdef HAVE_MPI_PSEND_INIT
    *req = (tern_req){.mpi = MPI_REQUEST_NULL,
                      .comm = c,
                      .what = "psend",
                      .where = where,
                      .bytes = tern__bytes(n, type),
                      .peer = dest,
                      .tag = tag,
                      .flags = TERN__PERSISTENT};
    return begin(req, MPI_Psend_init(buf, partitions, (MPI_Count)n, type, dest, tag, c->mpi,
                                     MPI_INFO_NULL, &req->mpi));
#else
    (void)c, (void)buf, (void)partitions, (void)n, (void)type, (void)dest, (void)tag, (void)req;
    return tern_fail(TERN_ENOTSUP, where,
                     "this MPI has no partitioned messages: they need MPI 4.0");
#endif
}

int tern_precv_init_at(tern_comm *c, void *buf, int partitions, size_t n, MPI_Datatype type,
                       int source, int tag, tern_req *req, const char *where)
{
#ifdef HAVE_MPI_PSEND_INIT
    *req = (tern_req){.mpi = MPI_REQUEST_NULL,
                      .comm = c,
                      .what = "precv",
                      .where = where,
                      .bytes = tern__bytes(n, type),
                      .peer = source,
                      .tag = tag,
                      .flags = TERN__PERSISTENT | TERN__RECEIVE};
    return begin(req, MPI_Precv_init(buf, partitions, (MPI_Count)n, type, source, tag, c->mpi,
                                     MPI_INFO_NULL, &req->mpi));
#else
    (void)c, (void)buf, (void)partitions, (void)n, (void)type, (void)source, (void)tag, (void)req;
    return tern_fail(TERN_ENOTSUP, where,
                     "this MPI has no partitioned messages: they need MPI 4.0");
#endif
}

int tern_pready(tern_req *req, int partition)
{
#ifdef HAVE_MPI_PSEND_INIT
    struct tern__wait op = tern__operation(req, req->where);

    if (!(req->flags & TERN__ACTIVE))
        return tern_fail(TERN_EINVAL, req->where, "pready: the request is not under way");
    int error = MPI_Pready(partition, req->mpi);
    return error ? tern__mpi_fail(&op, error) : TERN_OK;
#else
    (void)partition;
    return tern_fail(TERN_ENOTSUP, req->where, "this MPI has no partitioned messages");
#endif
}

int tern_parrived(tern_req *req, int partition, bool *arrived)
{
#ifdef HAVE_MPI_PSEND_INIT
    struct tern__wait op = tern__operation(req, req->where);
    int flag =
        1; /* of an inactive request all partitions have arrived; MPICH 4.0.2 fails to say so */

    if (!(req->flags & TERN__ACTIVE)) {
        *arrived = true;
        return TERN_OK;
    }
    int error = MPI_Parrived(req->mpi, partition, &flag);
    if (error)
        return tern__mpi_fail(&op, error);
    *arrived = flag != 0;
    return TERN_OK;
#else
    (void)partition, (void)arrived;
    return tern_fail(TERN_ENOTSUP, req->where, "this MPI has no partitioned messages");
#endif
}

int tern_start(tern_req *req)
{
    struct tern__wait op = tern__operation(req, req->where);

    if ((req->flags & (TERN__PERSISTENT | TERN__ACTIVE)) != TERN__PERSISTENT)
        return tern_fail(TERN_EINVAL, req->where,
                         "start: the request is not persistent, or under way");
    if (req->flags & TERN__RECEIVE && tern__any_kept(req->comm)
        && tern__peek_kept(req->comm, req->peer, req->tag, NULL))
        return tern_fail(TERN_EINVAL, req->where,
                         "start: a message that did not fit an earlier receive comes first; take "
                         "it with tern_recv()");
    int error = req->again != NULL ? start_buffered(req) : MPI_Start(&req->mpi);
    if (error)
        return tern__mpi_fail(&op, error);
    req->flags |= TERN__ACTIVE;
    return TERN_OK;
}

int tern_startall(size_t n, tern_req *reqs)
{
    for (size_t i = 0; i < n; i++) {
        int error = tern_start(&reqs[i]);
        if (error)
            return error;
    }
    return TERN_OK;
}

int tern_cancel(tern_req *req)
{
    struct tern__wait op = tern__operation(req, req->where);

    if (!(req->flags & TERN__ACTIVE))
        return tern_fail(TERN_EINVAL, req->where, "cancel: the request is not under way");
    int error = req->flags & TERN__KEPT ? MPI_SUCCESS : MPI_Cancel(&req->mpi);
    if (error)
        return tern__mpi_fail(&op, error);
    req->flags |= TERN__CANCELLED;
    return TERN_OK;
}

int tern_req_free(tern_req *req)
{
    if (req->flags & TERN__ACTIVE)
        return tern_fail(TERN_EINVAL, req->where,
                         "req_free: the request is under way; wait for it first");
    if (req->flags & TERN__PERSISTENT && req->mpi != MPI_REQUEST_NULL)
        MPI_Request_free(&req->mpi);
    drop_buffered(req);
    req->flags = 0;
    return TERN_OK;
}
