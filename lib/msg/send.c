/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocking sends. */
#include "config.h"

#include "msg/msg_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A send whose deadline passed: the layer's copy, until MPI is done with it. */
struct orphan {
    struct orphan *next;
    void *copy;
    MPI_Request mpi;
};

static int poll_request(void *request, int *done)
{
    return MPI_Test(request, done, MPI_STATUS_IGNORE);
}

int tern_send_mode(tern_comm *c, tern_mode mode, const void *buf, size_t n, MPI_Datatype type,
                   int dest, int tag, const char *where) /* hot */
{
    const struct tern__mode *m = tern__mode(c, mode);
    struct tern__wait op = {c, m->name, where, tern__bytes(n, type), dest, tag};
    MPI_Request request = MPI_REQUEST_NULL;
    struct tern__span span;
    int error = tern__span(n, type, &span);
    /* A rank that shares its core yields even where MPI should not wait. */
    bool at_once = op.bytes < m->at_once && (c->spin != 0 || mode == TERN_BUFFERED);

    if (error == MPI_SUCCESS && at_once)
        error = m->send(buf, span.count, span.type, dest, tag, c->mpi);
    else if (error == MPI_SUCCESS)
        error = m->isend(buf, span.count, span.type, dest, tag, c->mpi, &request);
    tern__span_free(&span);
    if (error)
        return tern__mpi_fail(&op, error);
    return at_once ? TERN_OK : tern__wait(&op, poll_request, &request, TERN_FOREVER);
}

/* A copy of the message, packed if it has gaps; `type` and `n` then describe the copy. */
static int copy_message(tern_comm *c, const void *buf, size_t *n, MPI_Datatype *type, void **out)
{
    enum tern__layout layout;
    size_t bytes = *n * tern__type_size(*type, &layout);
    int packed = 0, at = 0;

    if (layout != TERN__GAPS) {
        if (buf == NULL && bytes > 0)
            return tern_fail(TERN_EINVAL, NULL, "a send from NULL");
        *out = tern_alloc(bytes);
        if (*out != NULL && bytes > 0)
            memcpy(*out, buf, bytes);
        return *out != NULL ? TERN_OK : TERN_ENOMEM;
    }
    if (*n > INT_MAX || MPI_Pack_size((int)*n, *type, c->mpi, &packed))
        return tern_fail(TERN_EINVAL, NULL, "a message with gaps is too large for a copy");
    *out = tern_alloc((size_t)packed);
    if (*out == NULL)
        return TERN_ENOMEM;
    MPI_Pack(buf, (int)*n, *type, *out, packed, &at, c->mpi);
    *n = (size_t)at;
    *type = MPI_PACKED;
    return TERN_OK;
}

void tern__reap_orphans(tern_comm *c, bool all)
{
    pthread_mutex_lock(&c->lock);
    for (struct orphan **at = &c->orphans; *at != NULL;) {
        struct orphan *o = *at;
        int done = 0;
        if (all)
            MPI_Cancel(&o->mpi);
        if (MPI_Test(&o->mpi, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS && !done && !all) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        if (done)
            tern_free(o->copy);
        else
            tern_log(TERN_LOG_WARN, "a send whose deadline passed was never received");
        free(o);
    }
    pthread_mutex_unlock(&c->lock);
}

/* Let MPI go on with the copy; it is freed when somebody receives it. */
static int adopt(tern_comm *c, void *copy, MPI_Request mpi)
{
    struct orphan *o = malloc(sizeof(*o));

    if (o == NULL)
        return TERN_ENOMEM; /* the copy is lost to us, but not to MPI */
    pthread_mutex_lock(&c->lock);
    *o = (struct orphan){.next = c->orphans, .copy = copy, .mpi = mpi};
    c->orphans = o;
    pthread_mutex_unlock(&c->lock);
    return TERN_OK;
}

int tern_send_mode_until(tern_comm *c, tern_mode mode, const void *buf, size_t n, MPI_Datatype type,
                         int dest, int tag, tern_deadline deadline, const char *where)
{
    const struct tern__mode *m = tern__mode(c, mode);
    struct tern__wait op = {c, m->name, where, tern__bytes(n, type), dest, tag};
    MPI_Request request;
    struct tern__span span;
    void *copy = NULL;

    tern__reap_orphans(c, false);
    int error = copy_message(c, buf, &n, &type, &copy);
    if (error)
        return error;
    error = tern__span(n, type, &span);
    if (error == MPI_SUCCESS)
        error = m->isend(copy, span.count, span.type, dest, tag, c->mpi, &request);
    tern__span_free(&span);
    if (error) {
        tern_free(copy);
        return tern__mpi_fail(&op, error);
    }
    error = tern__wait(&op, poll_request, &request, deadline);
    if (error != TERN_ETIMEDOUT) {
        tern_free(copy);
        return error;
    }
    error = adopt(c, copy, request);
    return error ? error : tern__late(&op);
}
