/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocking receives, which never lose a message: MPI cuts one that is longer than the buffer (Open
 * MPI 4.1.4 even writes past the buffer when it reads from the sender's memory), so none is ever
 * posted on the caller's buffer.
 *
 *   spilled: posted on address space that has room for any message, then copied; as fast as
 *            MPI_Recv for short messages
 *   probed:  matched probe, then received in place; for long ones, where a probe costs nothing
 *            beside the copy
 *
 * Which one is a guess from the message before; a wrong guess costs a copy or a probe, never the
 * message. */
#include "config.h"

#include "msg/msg_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_BYTES = 8192 }; /* below this a copy is cheaper than a matched probe, some 110 ns */

static int truncated(const struct tern__wait *op, const tern_status *s)
{
    return tern_fail(
        TERN_ETRUNC, op->where,
        "%s from rank %d, tag %d: the message has %zu bytes, the buffer %zu; it is kept: "
        "receive it with a larger buffer or tern_recv_alloc()",
        op->what, s->source, s->tag, s->bytes, op->bytes);
}

/* ---- Two ways to take a message off the wire --------------------------------------------------
 */

struct probe {
    MPI_Comm comm;
    int source, tag;
#ifdef HAVE_MATCHED_PROBE
    MPI_Message message;
#endif
    MPI_Status status;
};

/* Without matched probe the message could be taken by another thread; an MPI that lacks it has to
 * be one without threads. */
#ifdef HAVE_MATCHED_PROBE
static int poll_improbe(void *state, int *done)
{
    struct probe *p = state;

    return MPI_Improbe(p->source, p->tag, p->comm, done, &p->message, &p->status);
}

static int recv_matched(struct probe *p, void *data, const struct tern__span *span,
                        MPI_Request *request)
{
    return LARGE(MPI_Imrecv)(data, span->count, span->type, &p->message, request);
}
#else
# define poll_improbe poll_iprobe

static int recv_matched(struct probe *p, void *data, const struct tern__span *span,
                        MPI_Request *request)
{
    return LARGE(MPI_Irecv)(data, span->count, span->type, p->status.MPI_SOURCE, p->status.MPI_TAG,
                            p->comm, request);
}
#endif

static int poll_iprobe(void *state, int *done)
{
    struct probe *p = state;

    return MPI_Iprobe(p->source, p->tag, p->comm, done, &p->status);
}

struct posted {
    MPI_Request request;
    MPI_Status status;
};

static int poll_posted(void *state, int *done)
{
    struct posted *p = state;

    return MPI_Test(&p->request, done, &p->status);
}

/* Where a message goes: known before it comes, or made when its size is known. */
struct sink {
    void *buf;
    size_t room; /* bytes; for a new block: SIZE_MAX */
    MPI_Datatype type;
    size_t n;     /* room in elements */
    size_t width; /* bytes of an element */
    bool dense;   /* the message's bytes can be copied */
    bool fresh;   /* allocate when the size is known */
};

/* Make room for `bytes`: 0, TERN_ETRUNC without a sentence, or TERN_ENOMEM. */
static int open_sink(struct sink *sink, size_t bytes)
{
    if (bytes > sink->room)
        return TERN_ETRUNC;
    if (!sink->fresh || bytes == 0)
        return TERN_OK;
    sink->buf = tern_alloc(bytes);
    return sink->buf != NULL ? TERN_OK : TERN_ENOMEM;
}

/* Receive the matched message into `data`, as `n` elements of `type`. */
static int take(const struct tern__wait *op, struct probe *p, void *data, size_t n,
                MPI_Datatype type)
{
    struct tern__span span;
    struct posted posted;
    int error = tern__span(n, type, &span);

    if (error == MPI_SUCCESS)
        error = recv_matched(p, data, &span, &posted.request);
    tern__span_free(&span);
    if (error)
        return tern__mpi_fail(op, error);
    return tern__wait(op, poll_posted, &posted, TERN_FOREVER); /* it is on its way already */
}

static int keep_probed(tern_comm *c, const struct tern__wait *op, struct probe *p,
                       const tern_status *s)
{
    struct kept *k = tern__new_kept(s);

    if (k == NULL)
        return TERN_ENOMEM;
    int error = take(op, p, k->data, s->bytes, MPI_BYTE);
    if (error) {
        tern__drop_kept(k);
        return error;
    }
    tern__keep(c, k);
    return truncated(op, s);
}

/* The matched message into the sink.  One that is no whole number of elements is taken off the wire
 * as bytes, to be refused. */
static int take_into(const struct tern__wait *op, struct probe *p, struct sink *sink, size_t bytes)
{
    if (!sink->fresh)
        return take(op, p, sink->buf, sink->n, sink->type);
    if (sink->dense || bytes % sink->width != 0)
        return take(op, p, sink->buf, bytes, MPI_BYTE);
    return take(op, p, sink->buf, bytes / sink->width, sink->type);
}

static int recv_probed(tern_comm *c, const struct tern__wait *op, struct sink *sink, tern_status *s,
                       tern_deadline deadline)
{
    struct probe p = {.comm = c->mpi, .source = op->peer, .tag = op->tag};
    int error = tern__wait(op, poll_improbe, &p, deadline);

    if (error)
        return error;
    tern__status(&p.status, s);
    error = open_sink(sink, s->bytes);
    if (error)
        return keep_probed(c, op, &p, s);
    return take_into(op, &p, sink, s->bytes);
}

/* After a late deadline the posted receive is taken back, unless a message was faster. */
static int take_back(MPI_Request *request, MPI_Status *status)
{
    int cancelled = 0;

    MPI_Cancel(request);
    MPI_Wait(request, status);
    MPI_Test_cancelled(status, &cancelled);
    return cancelled ? TERN_ETIMEDOUT : TERN_OK;
}

static int keep_spilled(tern_comm *c, const struct tern__wait *op, const char *data,
                        const tern_status *s)
{
    struct kept *k = tern__new_kept(s);

    if (k == NULL)
        return TERN_ENOMEM;
    memcpy(k->data, data, s->bytes);
    tern__keep(c, k);
    return truncated(op, s);
}

static int recv_spilled(tern_comm *c, const struct tern__wait *op, struct sink *sink,
                        tern_status *s, tern_deadline deadline) /* hot */
{
    struct posted posted;
    char *data = tern__spill_for(sink->buf);
    int error = tern__spill_irecv(data, op->peer, op->tag, c->mpi, &posted.request);

    if (error)
        return tern__mpi_fail(op, error);
    error = tern__wait(op, poll_posted, &posted, deadline);
    if (error == TERN_ETIMEDOUT)
        error = take_back(&posted.request, &posted.status);
    if (error)
        return error;
    tern__status(&posted.status, s);
    error = open_sink(sink, s->bytes);
    if (error)
        error = keep_spilled(c, op, data, s);
    else if (s->bytes > 0)
        memcpy(sink->buf, data, s->bytes);
    tern__spill_trim(data, s->bytes);
    return error;
}

/* The bytes of a kept message, as if they had just arrived. */
static int unpack(tern_comm *c, const struct tern__wait *op, const struct kept *k,
                  const struct sink *sink)
{
    size_t bytes = k->status.bytes, n = sink->width > 0 ? bytes / sink->width : 0;
    int position = 0;

    if (bytes == 0)
        return TERN_OK;
    if (sink->dense) {
        memcpy(sink->buf, k->data, bytes);
        return TERN_OK;
    }
    if (n * sink->width != bytes || bytes > INT_MAX)
        return tern_fail(TERN_EMISMATCH, op->where,
                         "%s: a kept message of %zu bytes is no whole number of elements of %zu "
                         "bytes, or too long for a derived type",
                         op->what, bytes, sink->width);
    int error = MPI_Unpack(k->data, (int)bytes, &position, sink->buf, (int)n, sink->type, c->mpi);
    return error ? tern__mpi_fail(op, error) : TERN_OK;
}

static int recv_kept(tern_comm *c, const struct tern__wait *op, struct sink *sink, tern_status *s)
{
    struct kept *k = NULL;
    int error = tern__take_kept(c, op->peer, op->tag, sink->room, s, &k);

    if (error == TERN_ETRUNC)
        return truncated(op, s);
    if (error)
        return error;
    error = open_sink(sink, k->status.bytes);
    if (!error)
        error = unpack(c, op, k, sink);
    if (error)
        tern__put_back(c, k);
    else
        tern__drop_kept(k);
    return error;
}

static int receive(tern_comm *c, const struct tern__wait *op, struct sink *sink, tern_status *s,
                   tern_deadline deadline) /* hot */
{
    size_t expected = sink->room < c->last ? sink->room : c->last;
    int error = tern__any_kept(c) ? recv_kept(c, op, sink, s) : TERN_EAGAIN;

    if (error != TERN_EAGAIN)
        return error;
    if (expected < COPY_BYTES && sink->dense && tern__spill_on() && op->peer != MPI_PROC_NULL)
        error = recv_spilled(c, op, sink, s, deadline);
    else
        error = recv_probed(c, op, sink, s, deadline);
    if (error == TERN_ETIMEDOUT)
        return tern__late(op);
    if (error == TERN_OK && tern__spill_on()) /* else threads may race for it */
        c->last = s->bytes;
    return error;
}

static struct sink sink_for(void *buf, size_t n, MPI_Datatype type)
{
    enum tern__layout layout;
    struct sink sink = {.buf = buf, .n = n, .type = type};

    sink.width = tern__type_size(type, &layout);
    sink.room = n * sink.width;
    sink.dense = layout == TERN__DENSE;
    return sink;
}

int tern__recv_kept(tern_comm *c, const struct tern__wait *op, void *buf, size_t n,
                    MPI_Datatype type, tern_status *status)
{
    struct sink sink = sink_for(buf, n, type);

    return recv_kept(c, op, &sink, status);
}

int tern_recv_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type, int source, int tag,
                 tern_status *status, tern_deadline deadline, const char *where)
{
    struct sink sink = sink_for(buf, n, type);
    tern_status s = {MPI_ANY_SOURCE, MPI_ANY_TAG, 0};
    struct tern__wait op = {c, "recv", where, sink.room, source, tag};

    if (buf == NULL && sink.dense && sink.room > 0)
        return tern_fail(TERN_EINVAL, where, "recv: the buffer is NULL");
    int error = receive(c, &op, &sink, &s, deadline);
    if (status != NULL && (error == TERN_OK || error == TERN_ETRUNC))
        *status = s;
    return error;
}

int tern_recv_alloc_at(tern_comm *c, void **buf, size_t *n, MPI_Datatype type, int source, int tag,
                       tern_status *status, tern_deadline deadline, const char *where)
{
    enum tern__layout layout;
    size_t width = tern__type_size(type, &layout);
    struct sink sink = {.room = SIZE_MAX,
                        .type = type,
                        .width = width,
                        .dense = layout == TERN__DENSE,
                        .fresh = true};
    struct tern__wait op = {c, "recv_alloc", where, 0, source, tag};
    tern_status s = {MPI_ANY_SOURCE, MPI_ANY_TAG, 0};

    if (width == 0 || layout == TERN__GAPS)
        return tern_fail(TERN_EINVAL, where, "recv_alloc: the type must have a size and no gaps");
    int error = receive(c, &op, &sink, &s, deadline);
    if (error)
        return error;
    if (status != NULL)
        *status = s;
    if (s.bytes % width != 0) {
        tern_free(sink.buf);
        return tern_fail(TERN_EMISMATCH, where,
                         "recv_alloc: %zu bytes from rank %d, tag %d, are no whole number of "
                         "elements of %zu bytes",
                         s.bytes, s.source, s.tag, width);
    }
    *buf = sink.buf;
    *n = s.bytes / width;
    return TERN_OK;
}

int tern_sendrecv_at(tern_comm *c, const void *sendbuf, size_t sendn, MPI_Datatype sendtype,
                     int dest, int sendtag, void *recvbuf, size_t recvn, MPI_Datatype recvtype,
                     int source, int recvtag, tern_status *status, const char *where)
{
    tern_req req;
    int error =
        tern_isend_mode(c, TERN_STANDARD, sendbuf, sendn, sendtype, dest, sendtag, &req, where);

    if (error)
        return error;
    error = tern_recv_at(c, recvbuf, recvn, recvtype, source, recvtag, status, TERN_FOREVER, where);
    int sent = tern_wait_at(&req, NULL, TERN_FOREVER, where);
    return error ? error : sent;
}

int tern_probe_at(tern_comm *c, int source, int tag, tern_status *status, tern_deadline deadline,
                  const char *where)
{
    struct tern__wait op = {c, "probe", where, 0, source, tag};
    struct probe p = {.comm = c->mpi, .source = source, .tag = tag};

    if (tern__any_kept(c) && tern__peek_kept(c, source, tag, status))
        return TERN_OK;
    int error = tern__wait(&op, poll_iprobe, &p, deadline);
    if (error == TERN_ETIMEDOUT)
        return tern__late(&op);
    if (error == TERN_OK)
        tern__status(&p.status, status);
    return error;
}
