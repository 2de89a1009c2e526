/* SPDX-License-Identifier: BSD-3-Clause */
/* Ways of items of 1 MiB. */
#include "chan.h"

/* ---- Items of 1 MiB: a repetition is a window of them ---------------------------------------- */

static void produce(struct work *w, uint64_t *words, uint64_t seed)
{
    for (uint64_t k = 0; k < WORDS; k++)
        words[k] = seed + k;
    w->balance += WORDS * seed + (uint64_t)WORDS * (WORDS - 1) / 2;
}

static void consume(struct work *w, const uint64_t *words)
{
    uint64_t sum = 0;

    for (uint64_t k = 0; k < WORDS; k++)
        sum += words[k];
    w->balance -= sum;
}

static int large_mpi_send(struct work *w, const struct variant *v, uint64_t n)
{
    (void)v;
    for (uint64_t i = 0; i < n * WINDOW; i++)
        MPI_Send(w->out, LARGE, MPI_BYTE, 1, TAG, w->raw);
    return TERN_OK;
}

static int large_mpi_recv(struct work *w, const struct variant *v, uint64_t n)
{
    (void)v;
    for (uint64_t i = 0; i < n * WINDOW; i++)
        MPI_Recv(w->in, LARGE, MPI_BYTE, 0, TAG, w->raw, MPI_STATUS_IGNORE);
    return TERN_OK;
}

static int large_mpi_isend(struct work *w, const struct variant *v, uint64_t n)
{
    MPI_Request r[WINDOW];

    (void)v;
    for (uint64_t i = 0; i < n; i++) {
        for (size_t k = 0; k < WINDOW; k++)
            MPI_Isend(w->out + k * WORDS, LARGE, MPI_BYTE, 1, TAG, w->raw, &r[k]);
        MPI_Waitall(WINDOW, r, MPI_STATUSES_IGNORE);
    }
    return TERN_OK;
}

static int large_mpi_irecv(struct work *w, const struct variant *v, uint64_t n)
{
    MPI_Request r[WINDOW];

    (void)v;
    for (uint64_t i = 0; i < n; i++) {
        for (size_t k = 0; k < WINDOW; k++)
            MPI_Irecv(w->in + k * WORDS, LARGE, MPI_BYTE, 0, TAG, w->raw, &r[k]);
        MPI_Waitall(WINDOW, r, MPI_STATUSES_IGNORE);
    }
    return TERN_OK;
}

static int large_send(struct work *w, const struct variant *v, uint64_t n)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * WINDOW && !error; i++)
        error = tern_chan_send(chan_of(w, v), w->out, TERN_FOREVER);
    return error;
}

static int large_recv(struct work *w, const struct variant *v, uint64_t n)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * WINDOW && !error; i++)
        error = tern_chan_recv(chan_of(w, v), w->in, TERN_FOREVER);
    return error;
}

static const struct variant large[] = {
    {"MPI_Send", large_mpi_send, large_mpi_recv, 0, 0, 1},
    {"MPI_Isend", large_mpi_isend, large_mpi_irecv, 0, 0, 1},
    {"large.1MiB.kept", large_send, large_recv, 1, 2, 1},
    {"large.1MiB.kept.C4", large_send, large_recv, 1, 4, 1},
};

/* The same, with items that are written before they are sent and read after they are received. */

static int used_mpi_send(struct work *w, const struct variant *v, uint64_t n)
{
    (void)v;
    for (uint64_t i = 0; i < n * WINDOW; i++) {
        produce(w, w->out, i);
        MPI_Send(w->out, LARGE, MPI_BYTE, 1, TAG, w->raw);
    }
    return TERN_OK;
}

static int used_mpi_recv(struct work *w, const struct variant *v, uint64_t n)
{
    (void)v;
    for (uint64_t i = 0; i < n * WINDOW; i++) {
        MPI_Recv(w->in, LARGE, MPI_BYTE, 0, TAG, w->raw, MPI_STATUS_IGNORE);
        consume(w, w->in);
    }
    return TERN_OK;
}

/* Each is sent as soon as it is written, and read as soon as it is there. */
static int used_mpi_isend(struct work *w, const struct variant *v, uint64_t n)
{
    MPI_Request r[WINDOW];

    (void)v;
    for (size_t k = 0; k < WINDOW; k++)
        r[k] = MPI_REQUEST_NULL;
    for (uint64_t i = 0; i < n * WINDOW; i++) {
        uint64_t *item = w->out + i % WINDOW * WORDS;
        MPI_Wait(&r[i % WINDOW], MPI_STATUS_IGNORE);
        produce(w, item, i);
        MPI_Isend(item, LARGE, MPI_BYTE, 1, TAG, w->raw, &r[i % WINDOW]);
    }
    MPI_Waitall(WINDOW, r, MPI_STATUSES_IGNORE);
    return TERN_OK;
}

static int used_mpi_irecv(struct work *w, const struct variant *v, uint64_t n)
{
    MPI_Request r[WINDOW];

    (void)v;
    for (uint64_t i = 0; i < (n + 1) * WINDOW; i++) {
        uint64_t *item = w->in + i % WINDOW * WORDS;
        if (i >= WINDOW) {
            MPI_Wait(&r[i % WINDOW], MPI_STATUS_IGNORE);
            consume(w, item);
        }
        if (i < n * WINDOW)
            MPI_Irecv(item, LARGE, MPI_BYTE, 0, TAG, w->raw, &r[i % WINDOW]);
    }
    return TERN_OK;
}

static int used_send(struct work *w, const struct variant *v, uint64_t n)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * WINDOW && !error; i++) {
        produce(w, w->out, i);
        error = tern_chan_send(chan_of(w, v), w->out, TERN_FOREVER);
    }
    return error;
}

static int used_recv(struct work *w, const struct variant *v, uint64_t n)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * WINDOW && !error; i++) {
        error = tern_chan_recv(chan_of(w, v), w->in, TERN_FOREVER);
        consume(w, w->in);
    }
    return error;
}

static int slot_send(struct work *w, const struct variant *v, uint64_t n)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * WINDOW && !error; i++) {
        void *slot;
        error = tern_chan_reserve(chan_of(w, v), &slot, TERN_FOREVER);
        if (error)
            break;
        produce(w, slot, i);
        error = tern_chan_commit(chan_of(w, v), LARGE);
    }
    return error;
}

static int slot_recv(struct work *w, const struct variant *v, uint64_t n)
{
    int error = TERN_OK;

    for (uint64_t i = 0; i < n * WINDOW && !error; i++) {
        const void *slot;
        error = tern_chan_peek(chan_of(w, v), &slot, NULL, TERN_FOREVER);
        if (error)
            break;
        consume(w, slot);
        error = tern_chan_release(chan_of(w, v));
    }
    return error;
}

/* The limit: two slots and two counters, and ranks that only look at those. */

static int by_hand_send(struct work *w, const struct variant *v, uint64_t n)
{
    struct perf_shared *s = w->shared;
    uint64_t made = atomic_load_explicit(&s->made, memory_order_relaxed);

    (void)v;
    for (uint64_t i = 0; i < n * WINDOW; i++, made++) {
        while (made - atomic_load_explicit(&s->taken, memory_order_acquire) == 2)
            continue;
        produce(w, s->slot[made % 2], i);
        atomic_store_explicit(&s->made, made + 1, memory_order_release);
    }
    return TERN_OK;
}

static int by_hand_recv(struct work *w, const struct variant *v, uint64_t n)
{
    struct perf_shared *s = w->shared;
    uint64_t taken = atomic_load_explicit(&s->taken, memory_order_relaxed);

    (void)v;
    for (uint64_t i = 0; i < n * WINDOW; i++, taken++) {
        while (atomic_load_explicit(&s->made, memory_order_acquire) == taken)
            continue;
        consume(w, s->slot[taken % 2]);
        atomic_store_explicit(&s->taken, taken + 1, memory_order_release);
    }
    return TERN_OK;
}

static const struct variant used[] = {
    {"MPI_Send", used_mpi_send, used_mpi_recv, 0, 0, 1},
    {"MPI_Isend", used_mpi_isend, used_mpi_irecv, 0, 0, 1},
    {"large.1MiB.copied", used_send, used_recv, 1, 2, 1},
    {"large.1MiB", slot_send, slot_recv, 1, 2, 1},
    {"by_hand.1MiB", by_hand_send, by_hand_recv, 0, 0, 1},
};

const struct group perf_large = {.name = "large",
                                 .ranks = 2,
                                 VARIANTS(large),
                                 .peers = 2,
                                 .item = LARGE,
                                 .items = WINDOW,
                                 .batch = 1e-3,
                                 .seconds = 1};
const struct group perf_used = {.name = "used",
                                .ranks = 2,
                                VARIANTS(used),
                                .peers = 2,
                                .item = LARGE,
                                .items = WINDOW,
                                .batch = 1e-3,
                                .seconds = 1};
