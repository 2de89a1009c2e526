/* SPDX-License-Identifier: BSD-3-Clause */
/* MPI's non-blocking collectives, waited for as everything else here. */
#include "config.h"

#include "msg/msg_private.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 1 << 30 }; /* elements a call, below INT_MAX */

static struct tern__wait collective(const tern_comm *c, const char *what, const char *where)
{
    return (struct tern__wait){c, what, where, 0, MPI_PROC_NULL, MPI_ANY_TAG};
}

static int poll_request(void *request, int *done)
{
    return MPI_Test(request, done, MPI_STATUS_IGNORE);
}

static int finish(const struct tern__wait *op, int mpi_error, MPI_Request *request,
                  tern_deadline deadline)
{
    if (mpi_error)
        return tern__mpi_fail(op, mpi_error);
    int error = tern__wait(op, poll_request, request, deadline);
    return error == TERN_ETIMEDOUT ? tern__late(op) : error;
}

int tern_wait_mpi_at(tern_comm *c, MPI_Request *request, const char *what, tern_deadline deadline,
                     const char *where)
{
    struct tern__wait op = collective(c, what, where);

    return finish(&op, MPI_SUCCESS, request, deadline);
}

int tern_barrier_at(tern_comm *c, tern_deadline deadline, const char *where)
{
    struct tern__wait op = collective(c, "barrier", where);
    MPI_Request request;

    return finish(&op, MPI_Ibarrier(c->mpi, &request), &request, deadline);
}

int tern_bcast_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type, int root, const char *where)
{
    struct tern__wait op = collective(c, "bcast", where);
    struct tern__span span;
    MPI_Request request;
    int error = tern__span(n, type, &span);

    if (error == MPI_SUCCESS)
        error = LARGE(MPI_Ibcast)(buf, span.count, span.type, root, c->mpi, &request);
    tern__span_free(&span);
    return finish(&op, error, &request, TERN_FOREVER);
}

/* MPI's operations know MPI's types only, so a large reduction goes in pieces. */
int tern_allreduce_at(tern_comm *c, const void *sendbuf, void *recvbuf, size_t n, MPI_Datatype type,
                      MPI_Op op, const char *where)
{
    struct tern__wait wait = collective(c, "allreduce", where);
    MPI_Aint lb, extent;
    MPI_Request request;
    int error = MPI_Type_get_extent(type, &lb, &extent);

    if (error)
        return tern__mpi_fail(&wait, error);
    for (size_t at = 0; at < n || at == 0; at += CHUNK) {
        size_t part = n - at < CHUNK ? n - at : CHUNK;
        size_t offset = at * (size_t)extent;
        const void *from = sendbuf == MPI_IN_PLACE ? MPI_IN_PLACE : (const char *)sendbuf + offset;
        error = MPI_Iallreduce(from, (char *)recvbuf + offset, (int)part, type,
                               tern__op_of(type, op), c->mpi, &request);
        error = finish(&wait, error, &request, TERN_FOREVER);
        if (error)
            return error;
    }
    return TERN_OK;
}

int tern_allgather_at(tern_comm *c, const void *sendbuf, void *recvbuf, size_t n, MPI_Datatype type,
                      const char *where)
{
    struct tern__wait op = collective(c, "allgather", where);
    struct tern__span span;
    MPI_Request request;
    int error = tern__span(n, type, &span);

    if (error == MPI_SUCCESS)
        error = LARGE(MPI_Iallgather)(sendbuf, span.count, span.type, recvbuf, span.count,
                                      span.type, c->mpi, &request);
    tern__span_free(&span);
    return finish(&op, error, &request, TERN_FOREVER);
}

int tern_agree_at(tern_comm *c, int error, const char *where)
{
    char sentence[1024] = "";
    int mine = error < 0 ? c->size - c->rank : 0; /* the lowest rank gives the largest value */
    int most = 0;
    int failed = tern_allreduce_at(c, &mine, &most, 1, MPI_INT, MPI_MAX, where);

    if (failed || most == 0)
        return failed ? failed : error;
    int first = c->size - most;
    if (c->rank == first)
        snprintf(sentence, sizeof(sentence), "%s", tern_last_error());
    failed = tern_bcast_at(c, sentence, sizeof(sentence), MPI_CHAR, first, where);
    if (failed)
        return failed;
    return error < 0 ? error : tern_fail(TERN_EPEER, where, "rank %d: %s", first, sentence);
}
