/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages in plain MPI: the yardstick. */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>

static int failed(int error, const struct variant *v)
{
    return error ? tern_fail(TERN_EMPI, NULL, "%s: MPI error %d", v->name, error) : TERN_OK;
}

/* ---- One message ---------------------------------------------------------------------------- */

typedef int send_call(const void *, int, MPI_Datatype, int, int, MPI_Comm);
typedef int isend_call(const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);

static send_call *const send_calls[TERN_MODES] = {MPI_Send, MPI_Ssend, MPI_Bsend, MPI_Rsend};
static isend_call *const isend_calls[TERN_MODES] = {MPI_Isend, MPI_Issend, MPI_Ibsend, MPI_Irsend};

static int blocking_send(struct bench *b, const struct variant *v)
{
    return failed(send_calls[v->send](b->out, (int)b->bytes, MPI_BYTE, b->peer, TAG, b->raw), v);
}

static int blocking_recv(struct bench *b, const struct variant *v)
{
    return failed(MPI_Recv(b->in, (int)b->bytes, MPI_BYTE, b->peer, TAG, b->raw, MPI_STATUS_IGNORE),
                  v);
}

const struct way raw_blocking = {.send = blocking_send, .recv = blocking_recv};

static int waited_send(struct bench *b, const struct variant *v)
{
    MPI_Request request;
    int error =
        isend_calls[v->send](b->out, (int)b->bytes, MPI_BYTE, b->peer, TAG, b->raw, &request);

    return failed(error ? error : MPI_Wait(&request, MPI_STATUS_IGNORE), v);
}

static int waited_recv(struct bench *b, const struct variant *v)
{
    MPI_Request request;
    int error = MPI_Irecv(b->in, (int)b->bytes, MPI_BYTE, b->peer, TAG, b->raw, &request);

    return failed(error ? error : MPI_Wait(&request, MPI_STATUS_IGNORE), v);
}

const struct way raw_waited = {.send = waited_send, .recv = waited_recv};

/* A message of unknown size. */
static int probed_recv(struct bench *b, const struct variant *v)
{
    MPI_Message message;
    MPI_Status status;
    int n, error = MPI_Mprobe(b->peer, TAG, b->raw, &message, &status);

    error = error ? error : MPI_Get_count(&status, MPI_BYTE, &n);
    if (error)
        return failed(error, v);
    char *block = malloc((size_t)n);
    error = MPI_Mrecv(block, n, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    if (b->checking && !error)
        memcpy(b->in, block, (size_t)n);
    free(block);
    return failed(error, v);
}

const struct way raw_probed = {.send = blocking_send, .recv = probed_recv};

/* ---- Ready: each rank posts its next receive before it answers -------------------------------
 */

static int go(const struct bench *b)
{
    return MPI_Send(NULL, 0, MPI_BYTE, b->peer, TAG, b->raw);
}

static int await_go(const struct bench *b)
{
    return MPI_Recv(NULL, 0, MPI_BYTE, b->peer, TAG, b->raw, MPI_STATUS_IGNORE);
}

static int post(struct bench *b)
{
    return MPI_Irecv(b->in, (int)b->bytes, MPI_BYTE, b->peer, TAG, b->raw, &b->requests[0]);
}

static int ready_open(struct bench *b, const struct variant *v)
{
    int error = b->rank == 0 ? await_go(b) : post(b);

    return failed(error || b->rank == 0 ? error : go(b), v);
}

static int ready_send(struct bench *b, const struct variant *v)
{
    int error = post(b);

    return error ? failed(error, v) : blocking_send(b, v);
}

static int ready_recv(struct bench *b, const struct variant *v)
{
    return failed(MPI_Wait(&b->requests[0], MPI_STATUS_IGNORE), v);
}

static int ready_close(struct bench *b, const struct variant *v)
{
    return b->rank == 0 ? failed(go(b), v) : ready_recv(b, v);
}

const struct way raw_ready = {ready_open, ready_send, ready_recv, ready_close};

/* ---- Persistent ----------------------------------------------------------------------------- */

static int persistent_open(struct bench *b, const struct variant *v)
{
    int n = (int)b->bytes;
    int error = MPI_Send_init(b->out, n, MPI_BYTE, b->peer, TAG, b->raw, &b->requests[0]);

    return failed(error ? error
                        : MPI_Recv_init(b->in, n, MPI_BYTE, b->peer, TAG, b->raw, &b->requests[1]),
                  v);
}

static int start_and_wait(MPI_Request *request)
{
    int error = MPI_Start(request);

    return error ? error : MPI_Wait(request, MPI_STATUS_IGNORE);
}

static int persistent_send(struct bench *b, const struct variant *v)
{
    return failed(start_and_wait(&b->requests[0]), v);
}

static int persistent_recv(struct bench *b, const struct variant *v)
{
    return failed(start_and_wait(&b->requests[1]), v);
}

static int persistent_close(struct bench *b, const struct variant *v)
{
    int error = MPI_Request_free(&b->requests[0]);

    return failed(error ? error : MPI_Request_free(&b->requests[1]), v);
}

const struct way raw_persistent = {persistent_open, persistent_send, persistent_recv,
                                   persistent_close};

/* ---- Windows: the receiver posts all, says so, and waits for all ------------------------------
 */

static int window_send(struct bench *b, const struct variant *v)
{
    int error = failed(await_go(b), v);

    for (int i = 0; i < b->window && !error; i++)
        error = blocking_send(b, v);
    return error;
}

static int window_recv(struct bench *b, const struct variant *v)
{
    int n = (int)b->bytes, error = MPI_SUCCESS;

    for (int i = 0; i < b->window && !error; i++)
        error = MPI_Irecv(b->in + (size_t)i * b->bytes, n, MPI_BYTE, b->peer, TAG, b->raw,
                          &b->requests[i]);
    error = error ? error : go(b);
    return failed(error ? error : MPI_Waitall(b->window, b->requests, MPI_STATUSES_IGNORE), v);
}

const struct way raw_window = {.send = window_send, .recv = window_recv};

static int window_isend(struct bench *b, const struct variant *v)
{
    int n = (int)b->bytes, error = await_go(b);

    for (int i = 0; i < b->window && !error; i++)
        error = isend_calls[v->send](b->out, n, MPI_BYTE, b->peer, TAG, b->raw, &b->requests[i]);
    return failed(error ? error : MPI_Waitall(b->window, b->requests, MPI_STATUSES_IGNORE), v);
}

const struct way raw_window_waited = {.send = window_isend, .recv = window_recv};

static int window_open(struct bench *b, const struct variant *v)
{
    int n = (int)b->bytes, error = MPI_SUCCESS;

    for (int i = 0; i < b->window && !error; i++) {
        char *in = b->in + (size_t)i * b->bytes;
        MPI_Request *r = &b->requests[i];
        error = b->rank == 0 ? MPI_Send_init(b->out, n, MPI_BYTE, b->peer, TAG, b->raw, r)
                             : MPI_Recv_init(in, n, MPI_BYTE, b->peer, TAG, b->raw, r);
    }
    return failed(error, v);
}

static int window_start_send(struct bench *b, const struct variant *v)
{
    int error = await_go(b);

    error = error ? error : MPI_Startall(b->window, b->requests);
    return failed(error ? error : MPI_Waitall(b->window, b->requests, MPI_STATUSES_IGNORE), v);
}

static int window_start_recv(struct bench *b, const struct variant *v)
{
    int error = MPI_Startall(b->window, b->requests);

    error = error ? error : go(b);
    return failed(error ? error : MPI_Waitall(b->window, b->requests, MPI_STATUSES_IGNORE), v);
}

static int window_close(struct bench *b, const struct variant *v)
{
    int error = MPI_SUCCESS;

    for (int i = 0; i < b->window && !error; i++)
        error = MPI_Request_free(&b->requests[i]);
    return failed(error, v);
}

const struct way raw_window_persistent = {window_open, window_start_send, window_start_recv,
                                          window_close};
