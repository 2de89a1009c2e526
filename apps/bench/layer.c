/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages of raw.c through the layer. */
#include "bench/bench.h"

#include <string.h>

/* ---- One message ---------------------------------------------------------------------------- */

static int blocking_send(struct bench *b, const struct variant *v)
{
    return tern_send_mode(b->comm, v->send, b->out, b->bytes, MPI_BYTE, b->peer, TAG, TERN_HERE);
}

static int blocking_recv(struct bench *b, const struct variant *v)
{
    (void)v;
    return tern_recv(b->comm, b->in, b->bytes, MPI_BYTE, b->peer, TAG, NULL);
}

const struct way layer_blocking = {.send = blocking_send, .recv = blocking_recv};

static int waited_send(struct bench *b, const struct variant *v)
{
    tern_req request;
    int error = tern_isend_mode(b->comm, v->send, b->out, b->bytes, MPI_BYTE, b->peer, TAG,
                                &request, TERN_HERE);

    return error ? error : tern_wait(&request, NULL, TERN_FOREVER);
}

static int waited_recv(struct bench *b, const struct variant *v)
{
    tern_req request;
    int error = tern_irecv(b->comm, b->in, b->bytes, MPI_BYTE, b->peer, TAG, &request);

    (void)v;
    return error ? error : tern_wait(&request, NULL, TERN_FOREVER);
}

const struct way layer_waited = {.send = waited_send, .recv = waited_recv};

/* A message of unknown size. */
static int alloc_recv(struct bench *b, const struct variant *v)
{
    void *block;
    size_t n;
    int error = tern_recv_alloc(b->comm, &block, &n, MPI_BYTE, b->peer, TAG, NULL);

    (void)v;
    if (error)
        return error;
    if (b->checking && n > 0)
        memcpy(b->in, block, n);
    tern_free(block);
    return TERN_OK;
}

const struct way layer_alloc = {.send = blocking_send, .recv = alloc_recv};

/* ---- Ready: each rank posts its next receive before it answers -------------------------------
 */

static int go(const struct bench *b)
{
    return tern_send(b->comm, NULL, 0, MPI_BYTE, b->peer, TAG);
}

static int await_go(const struct bench *b)
{
    return tern_recv(b->comm, NULL, 0, MPI_BYTE, b->peer, TAG, NULL);
}

static int post(struct bench *b)
{
    return tern_irecv(b->comm, b->in, b->bytes, MPI_BYTE, b->peer, TAG, &b->layer_requests[0]);
}

static int ready_open(struct bench *b, const struct variant *v)
{
    int error = b->rank == 0 ? await_go(b) : post(b);

    (void)v;
    return error || b->rank == 0 ? error : go(b);
}

static int ready_send(struct bench *b, const struct variant *v)
{
    int error = post(b);

    return error ? error : blocking_send(b, v);
}

static int ready_recv(struct bench *b, const struct variant *v)
{
    (void)v;
    return tern_wait(&b->layer_requests[0], NULL, TERN_FOREVER);
}

static int ready_close(struct bench *b, const struct variant *v)
{
    return b->rank == 0 ? go(b) : ready_recv(b, v);
}

const struct way layer_ready = {ready_open, ready_send, ready_recv, ready_close};

/* ---- Persistent ----------------------------------------------------------------------------- */

static int persistent_open(struct bench *b, const struct variant *v)
{
    tern_req *r = b->layer_requests;
    int error = tern_send_mode_init(b->comm, v->send, b->out, b->bytes, MPI_BYTE, b->peer, TAG,
                                    &r[0], TERN_HERE);

    return error ? error : tern_recv_init(b->comm, b->in, b->bytes, MPI_BYTE, b->peer, TAG, &r[1]);
}

static int start_and_wait(tern_req *request)
{
    int error = tern_start(request);

    return error ? error : tern_wait(request, NULL, TERN_FOREVER);
}

static int persistent_send(struct bench *b, const struct variant *v)
{
    (void)v;
    return start_and_wait(&b->layer_requests[0]);
}

static int persistent_recv(struct bench *b, const struct variant *v)
{
    (void)v;
    return start_and_wait(&b->layer_requests[1]);
}

static int persistent_close(struct bench *b, const struct variant *v)
{
    int error = tern_req_free(&b->layer_requests[0]);

    (void)v;
    return error ? error : tern_req_free(&b->layer_requests[1]);
}

const struct way layer_persistent = {persistent_open, persistent_send, persistent_recv,
                                     persistent_close};

/* ---- Windows: the receiver posts all, says so, and waits for all ------------------------------
 */

static int wait_window(struct bench *b)
{
    return tern_waitall((size_t)b->window, b->layer_requests, NULL, TERN_FOREVER);
}

static int window_send(struct bench *b, const struct variant *v)
{
    int error = await_go(b);

    for (int i = 0; i < b->window && !error; i++)
        error = blocking_send(b, v);
    return error;
}

static int window_recv(struct bench *b, const struct variant *v)
{
    int error = TERN_OK;

    (void)v;
    for (int i = 0; i < b->window && !error; i++)
        error = tern_irecv(b->comm, b->in + (size_t)i * b->bytes, b->bytes, MPI_BYTE, b->peer, TAG,
                           &b->layer_requests[i]);
    error = error ? error : go(b);
    return error ? error : wait_window(b);
}

const struct way layer_window = {.send = window_send, .recv = window_recv};

static int window_isend(struct bench *b, const struct variant *v)
{
    int error = await_go(b);

    for (int i = 0; i < b->window && !error; i++)
        error = tern_isend_mode(b->comm, v->send, b->out, b->bytes, MPI_BYTE, b->peer, TAG,
                                &b->layer_requests[i], TERN_HERE);
    return error ? error : wait_window(b);
}

const struct way layer_window_waited = {.send = window_isend, .recv = window_recv};

static int window_open(struct bench *b, const struct variant *v)
{
    int error = TERN_OK;

    for (int i = 0; i < b->window && !error; i++) {
        char *in = b->in + (size_t)i * b->bytes;
        tern_req *r = &b->layer_requests[i];
        error = b->rank == 0 ? tern_send_mode_init(b->comm, v->send, b->out, b->bytes, MPI_BYTE,
                                                   b->peer, TAG, r, TERN_HERE)
                             : tern_recv_init(b->comm, in, b->bytes, MPI_BYTE, b->peer, TAG, r);
    }
    return error;
}

static int window_start_send(struct bench *b, const struct variant *v)
{
    int error = await_go(b);

    (void)v;
    error = error ? error : tern_startall((size_t)b->window, b->layer_requests);
    return error ? error : wait_window(b);
}

static int window_start_recv(struct bench *b, const struct variant *v)
{
    int error = tern_startall((size_t)b->window, b->layer_requests);

    (void)v;
    error = error ? error : go(b);
    return error ? error : wait_window(b);
}

static int window_close(struct bench *b, const struct variant *v)
{
    int error = TERN_OK;

    (void)v;
    for (int i = 0; i < b->window && !error; i++)
        error = tern_req_free(&b->layer_requests[i]);
    return error;
}

const struct way layer_window_persistent = {window_open, window_start_send, window_start_recv,
                                            window_close};
