/* SPDX-License-Identifier: BSD-3-Clause */
/* SimGrid 3.32 makes of a non-blocking collective p^2 messages, a poll each, which no real MPI does
 * and which takes the simulator a minute at 256 ranks.  So the linker's --wrap leads to these:
 * recursive doubling for the one whose ranks go on meanwhile, and the blocking calls, of which
 * SimGrid has good ones, for those whose ranks only wait. */
#include "sim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- MPI_Iallreduce, MPI_Ibarrier
 * ---------------------------------------------------------------------------
 */

enum { TAG = 32000 };

/* The one under way. */
static struct {
    bool active;
    int step; /* exchange with the rank whose number differs in this bit */
    void *mine, *theirs;
    size_t bytes;
    int n;
    MPI_Datatype type;
    MPI_Op op;
    MPI_Comm comm;
    MPI_Request request[2];
} now;

/* Stands for it. */
static MPI_Request stand_in(void)
{
    return (MPI_Request)&now;
}

static int begin_step(void)
{
    int rank;

    MPI_Comm_rank(now.comm, &rank);
    MPI_Irecv(now.theirs, now.n, now.type, rank ^ now.step, TAG, now.comm, &now.request[0]);
    return MPI_Isend(now.mine, now.n, now.type, rank ^ now.step, TAG, now.comm, &now.request[1]);
}

int wrap(MPI_Iallreduce)(const void *send, void *receive, int n, MPI_Datatype type, MPI_Op op,
                         MPI_Comm comm, MPI_Request *request)
{
    int width, size;

    MPI_Type_size(type, &width);
    MPI_Comm_size(comm, &size);
    size_t bytes = (size_t)n * (size_t)width;
    if (now.active || (size & (size - 1)) != 0) /* two at a time, or ranks left over */
        MPI_Abort(comm, 1);
    sim_collectives++;
    if (send != MPI_IN_PLACE)
        memcpy(receive, send, bytes);
    *request = MPI_REQUEST_NULL;
    if (size == 1)
        return MPI_SUCCESS;
    now.active = true;
    now.step = 1;
    now.mine = receive;
    now.theirs = realloc(now.theirs, bytes);
    now.bytes = bytes;
    now.n = n;
    now.type = type;
    now.op = op;
    now.comm = comm;
    *request = stand_in();
    return begin_step();
}

/* SimGrid forgets to say that what is no request is done. */
static int test(MPI_Request *request, int *done, MPI_Status *status)
{
    *done = *request == MPI_REQUEST_NULL;
    return *done ? MPI_SUCCESS : real(MPI_Test)(request, done, status);
}

int wrap(MPI_Test)(MPI_Request *request, int *done, MPI_Status *status)
{
    int size, sent, received;

    if (!now.active || *request != stand_in())
        return test(request, done, status);
    test(&now.request[0], &received, MPI_STATUS_IGNORE);
    test(&now.request[1], &sent, MPI_STATUS_IGNORE);
    *done = 0;
    if (!sent || !received)
        return MPI_SUCCESS;
    MPI_Reduce_local(now.theirs, now.mine, now.n, now.type, now.op);
    MPI_Comm_size(now.comm, &size);
    now.step *= 2;
    if (now.step < size)
        return begin_step();
    now.active = false;
    *request = MPI_REQUEST_NULL;
    *done = 1;
    return MPI_SUCCESS;
}

int wrap(MPI_Ibarrier)(MPI_Comm comm, MPI_Request *request)
{
    static int nothing;

    return wrap(MPI_Iallreduce)(MPI_IN_PLACE, &nothing, 1, MPI_INT, MPI_MAX, comm, request);
}

/* ---- Those that are waited for at once --------------------------------------------------------
 */

int wrap(MPI_Ialltoall)(const void *send, int n, MPI_Datatype type, void *receive, int m,
                        MPI_Datatype as, MPI_Comm comm, MPI_Request *request)
{
    *request = MPI_REQUEST_NULL;
    return MPI_Alltoall(send, n, type, receive, m, as, comm);
}

/* SimGrid's own is p^2 messages, too. */
int wrap(MPI_Iexscan)(const void *send, void *receive, int n, MPI_Datatype type, MPI_Op op,
                      MPI_Comm comm, MPI_Request *request)
{
    int width, size, rank;
    bool first = true;

    MPI_Type_size(type, &width);
    MPI_Comm_size(comm, &size);
    MPI_Comm_rank(comm, &rank);
    size_t bytes = (size_t)n * (size_t)width;
    char *all = malloc(2 * bytes), *theirs = all + bytes; /* of the ranks met so far */
    memcpy(all, send, bytes);
    for (int step = 1; step < size; step *= 2) {
        MPI_Sendrecv(all, n, type, rank ^ step, TAG, theirs, n, type, rank ^ step, TAG, comm,
                     MPI_STATUS_IGNORE);
        if (rank & step && first)
            memcpy(receive, theirs, bytes);
        else if (rank & step)
            MPI_Reduce_local(theirs, receive, n, type, op);
        first = first && !(rank & step);
        MPI_Reduce_local(theirs, all, n, type, op);
    }
    free(all);
    *request = MPI_REQUEST_NULL;
    return MPI_SUCCESS;
}

/* ---- Counting ---------------------------------------------------------------------------------
 */

uint64_t sim_messages, sim_bytes, sim_collectives;

static void count_message(int n, MPI_Datatype type)
{
    int width;

    MPI_Type_size(type, &width);
    sim_messages++;
    sim_bytes += (uint64_t)n * (uint64_t)width;
}

int wrap(MPI_Isend)(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm k, MPI_Request *r)
{
    count_message(n, t);
    return real(MPI_Isend)(b, n, t, d, g, k, r);
}

int wrap(MPI_Issend)(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm k, MPI_Request *r)
{
    count_message(n, t);
    return real(MPI_Issend)(b, n, t, d, g, k, r);
}
