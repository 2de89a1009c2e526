/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways of items of 8 bytes: a stream of them, there and back, and among many ranks. */
#include "chan.h"

#include <math.h>

static const uint64_t LAST = UINT64_MAX; /* the item behind all others, one for each receiver */

/* ---- Items of 8 bytes ----------------------------------------------------------------------- */

static int mpi_send(struct work *w, const struct variant *v, uint64_t n)
{
    (void)v;
    for (uint64_t i = 0; i < n * BATCH; i++) {
        MPI_Send(&i, sizeof(i), MPI_BYTE, 1, TAG, w->raw);
        w->balance += i;
    }
    return TERN_OK;
}

static int mpi_ssend(struct work *w, const struct variant *v, uint64_t n)
{
    (void)v;
    for (uint64_t i = 0; i < n * BATCH; i++) {
        MPI_Ssend(&i, sizeof(i), MPI_BYTE, 1, TAG, w->raw);
        w->balance += i;
    }
    return TERN_OK;
}

static int mpi_recv(struct work *w, const struct variant *v, uint64_t n)
{
    uint64_t item;

    (void)v;
    for (uint64_t i = 0; i < n * BATCH; i++) {
        MPI_Recv(&item, sizeof(item), MPI_BYTE, 0, TAG, w->raw, MPI_STATUS_IGNORE);
        w->balance -= item;
    }
    return TERN_OK;
}

/* The least that a bound costs with plain MPI: the sender takes a credit message when it has no
 * credits left, the receiver sends one for each half of the capacity, which divides BATCH.  With
 * one credit a sender waits as with none: until the receiver has answered. */
static int credit_send(struct work *w, const struct variant *v, uint64_t n)
{
    uint64_t credits = v->capacity, got;

    for (uint64_t i = 0; i < n * BATCH; i++) {
        if (credits == 0) {
            MPI_Recv(&got, sizeof(got), MPI_BYTE, 1, TAG + 1, w->raw, MPI_STATUS_IGNORE);
            credits += got;
        }
        MPI_Send(&i, sizeof(i), MPI_BYTE, 1, TAG, w->raw);
        credits--;
        w->balance += i;
    }
    for (; credits < v->capacity; credits += got)
        MPI_Recv(&got, sizeof(got), MPI_BYTE, 1, TAG + 1, w->raw, MPI_STATUS_IGNORE);
    return TERN_OK;
}

static int credit_recv(struct work *w, const struct variant *v, uint64_t n)
{
    const uint64_t half = v->capacity / 2;
    uint64_t item, owed = 0;

    for (uint64_t i = 0; i < n * BATCH; i++) {
        MPI_Recv(&item, sizeof(item), MPI_BYTE, 0, TAG, w->raw, MPI_STATUS_IGNORE);
        w->balance -= item;
        if (++owed < half)
            continue;
        MPI_Send(&owed, sizeof(owed), MPI_BYTE, 0, TAG + 1, w->raw);
        owed = 0;
    }
    return TERN_OK;
}

static int one_send(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * BATCH && !error; i++) {
        error = tern_chan_send(ch, &i, TERN_FOREVER);
        w->balance += i;
    }
    return error;
}

static int one_recv(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);
    uint64_t item = 0;
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * BATCH && !error; i++) {
        error = tern_chan_recv(ch, &item, TERN_FOREVER);
        w->balance -= item;
    }
    return error;
}

static int batch_send(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);
    uint64_t items[BATCH];
    int error = TERN_OK;

    for (uint64_t i = 0; i < n && !error; i++) {
        for (uint64_t k = 0; k < BATCH; k++) {
            items[k] = i + k;
            w->balance += items[k];
        }
        error = tern_chan_sendv(ch, items, BATCH, NULL, TERN_FOREVER);
    }
    return error;
}

static int batch_recv(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);
    uint64_t items[BATCH];
    size_t got = 0;
    int error = TERN_OK;

    for (uint64_t left = n * BATCH; left > 0 && !error; left -= got) {
        error = tern_chan_recvv(ch, items, BATCH, &got, TERN_FOREVER);
        for (size_t k = 0; k < got; k++)
            w->balance -= items[k];
    }
    return error;
}

static const struct variant stream[] = {
    {"MPI_Send", mpi_send, mpi_recv, 0, 0, 1},
    {"async.8B.C64", one_send, one_recv, 1, 64, 1},
    {"async.8B.C1024", one_send, one_recv, 1, 1024, 1},
    {"async.8B.batch64", batch_send, batch_recv, 1, 1024, 1},
};
static const struct variant sync[] = {
    {"MPI_Ssend", mpi_ssend, mpi_recv, 0, 0, 1},
    {"sync.8B", one_send, one_recv, 1, 0, 1},
};

static const struct variant wire[] = {
    {"MPI_Send", mpi_send, mpi_recv, 0, 0, 1},
    {"wire.8B.C64", one_send, one_recv, 1, 64, 1},
    {"wire.8B.C16", one_send, one_recv, 1, 16, 1},
    {"wire.8B.C4", one_send, one_recv, 1, 4, 1},
    {"credits.C64", credit_send, credit_recv, 0, 64, 1},
    {"credits.C16", credit_send, credit_recv, 0, 16, 1},
    {"credits.C4", credit_send, credit_recv, 0, 4, 1},
};
static const struct variant wire_sync[] = {
    {"MPI_Ssend", mpi_ssend, mpi_recv, 0, 0, 1},
    {"wire.sync.8B", one_send, one_recv, 1, 0, 1},
    {"credits.C1", credit_send, credit_recv, 0, 1, 1},
};

const struct group perf_stream = {.name = "stream",
                                  .ranks = 2,
                                  VARIANTS(stream),
                                  .peers = 1,
                                  .item = 8,
                                  .items = BATCH,
                                  .batch = 1e-3,
                                  .seconds = 1.5};
const struct group perf_sync = {.name = "sync",
                                .ranks = 2,
                                VARIANTS(sync),
                                .peers = 1,
                                .item = 8,
                                .items = BATCH,
                                .batch = 1e-3,
                                .seconds = 0.6};
const struct group perf_wire = {.name = "wire",
                                .wire = true,
                                .ranks = 2,
                                VARIANTS(wire),
                                .peers = 1,
                                .item = 8,
                                .items = BATCH,
                                .batch = 1e-3,
                                .seconds = 2};
const struct group perf_wire_sync = {.name = "wire.sync",
                                     .wire = true,
                                     .ranks = 2,
                                     VARIANTS(wire_sync),
                                     .peers = 1,
                                     .item = 8,
                                     .items = BATCH,
                                     .batch = 1e-3,
                                     .seconds = 0.6};

/* ---- There and back ------------------------------------------------------------------------- */

static int mpi_ping(struct work *w, const struct variant *v, uint64_t n)
{
    uint64_t item = w->batches;

    (void)v;
    for (uint64_t i = 0; i < n; i++) {
        MPI_Send(&item, sizeof(item), MPI_BYTE, 1, TAG, w->raw);
        MPI_Recv(&item, sizeof(item), MPI_BYTE, 1, TAG, w->raw, MPI_STATUS_IGNORE);
    }
    w->balance += item;
    return TERN_OK;
}

static int mpi_pong(struct work *w, const struct variant *v, uint64_t n)
{
    uint64_t item = 0;

    (void)v;
    for (uint64_t i = 0; i < n; i++) {
        MPI_Recv(&item, sizeof(item), MPI_BYTE, 0, TAG, w->raw, MPI_STATUS_IGNORE);
        MPI_Send(&item, sizeof(item), MPI_BYTE, 0, TAG, w->raw);
    }
    w->balance -= item;
    return TERN_OK;
}

static tern_chan *back_of(const struct work *w, const struct variant *v)
{
    return w->back[v - w->group->variants];
}

static int ping(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *to = chan_of(w, v), *back = back_of(w, v);
    uint64_t item = w->batches;
    int error = TERN_OK;

    for (uint64_t i = 0; i < n && !error; i++) {
        error = tern_chan_send(to, &item, TERN_FOREVER);
        error = error ? error : tern_chan_recv(back, &item, TERN_FOREVER);
    }
    w->balance += item;
    return error;
}

static int pong(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *to = chan_of(w, v), *back = back_of(w, v);
    uint64_t item = 0;
    int error = TERN_OK;

    for (uint64_t i = 0; i < n && !error; i++) {
        error = tern_chan_recv(to, &item, TERN_FOREVER);
        error = error ? error : tern_chan_send(back, &item, TERN_FOREVER);
    }
    w->balance -= item;
    return error;
}

static const struct variant latency[] = {
    {"MPI_Send", mpi_ping, mpi_pong, 0, 0, 1},
    {"latency", ping, pong, 2, 1024, 1},
};

const struct group perf_latency = {.name = "latency",
                                   .ranks = 2,
                                   VARIANTS(latency),
                                   .peers = 1,
                                   .item = 8,
                                   .items = 2,
                                   .is_time = true,
                                   .batch = 3e-4,
                                   .seconds = 0.6};

/* ---- Many senders and receivers ------------------------------------------------------------- */

/* The sender that ends last sends as many LASTs as there are receivers, so they all end then. */
static int share_send(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);
    uint64_t width = (uint64_t)v->width;
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * BATCH / width && !error; i++) {
        error = tern_chan_send(ch, &i, TERN_FOREVER);
        w->balance += i;
    }
    if (atomic_fetch_add(&w->shared->senders, 1) + 1 < width)
        return error;
    atomic_store(&w->shared->senders, 0);
    for (uint64_t i = 0; i < width && !error; i++)
        error = tern_chan_send(ch, &LAST, TERN_FOREVER);
    return error;
}

static int share_recv(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);

    (void)n;
    for (;;) {
        uint64_t item;
        int error = tern_chan_recv(ch, &item, TERN_FOREVER);
        if (error || item == LAST)
            return error;
        w->balance -= item;
    }
}

/* The same, and the clock is looked at after each receive.  There are items to be received all the
 * time, from the beginning to LAST. */
static int stamp_recv(struct work *w, const struct variant *v, uint64_t n)
{
    tern_chan *ch = chan_of(w, v);
    double before = tern_clock();

    (void)n;
    for (;;) {
        uint64_t item;
        int error = tern_chan_recv(ch, &item, TERN_FOREVER);
        double now = tern_clock();
        w->gap = fmax(w->gap, now - before);
        before = now;
        if (error || item == LAST)
            return error;
        w->balance -= item;
    }
}

static const struct variant many[] = {
    {"1:1", share_send, share_recv, 1, 1024, 1},
    {"nm.4x4", share_send, share_recv, 1, 1024, 4},
    {"nm.4x4.stamped", share_send, stamp_recv, 1, 1024, 4},
};

const struct group perf_many = {.name = "many",
                                .ranks = 8,
                                VARIANTS(many),
                                .peers = 1,
                                .item = 8,
                                .items = BATCH,
                                .batch = 0.03,
                                .seconds = 3};
