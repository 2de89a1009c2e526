/* SPDX-License-Identifier: BSD-3-Clause */
/* The aggregating stream between two ranks, 8-byte items, beside plain sends and beside aggregation
 * by hand: double-buffered MPI_Isend and MPI_Irecv of 64 KiB, of which the receiver touches each
 * item.  Once the place of the next item is in a register, once in memory, as it must be where
 * items go to many ranks: then the processor writes to two cache lines in turn. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tern.h"

enum { SEND, BY_HAND, CURSOR, ONE_WAY, WIRE, ALL_TO_ALL, VARIANTS };
enum { ITEMS = 1 << 17, HAND = 65536 / 8, TAG = 3 };
static const uint64_t END = UINT64_MAX;

struct work {
    tern_comm *comm;
    MPI_Comm mpi;
    int rank;
    uint64_t *buffer[2];
    uint64_t *next;         /* where the next item goes */
    tern_stream *stream[2]; /* auto, wire */
    uint64_t sum;           /* of the items received, so that they are looked at */
    uint64_t random;
    int ends[2]; /* [source], seen; one may already be that of the next repetition */
    tern_bounce *line;
};

#include "hooks.h"

static int send_each(struct work *w)
{
    uint64_t x = 0;

    for (uint64_t i = 0; i < ITEMS; i++) {
        x = i;
        if (w->rank == 0)
            MPI_Send(&x, 8, MPI_BYTE, 1, TAG, w->mpi);
        else
            MPI_Recv(&x, 8, MPI_BYTE, 0, TAG, w->mpi, MPI_STATUS_IGNORE);
        w->sum += x;
    }
    return TERN_OK;
}

static void send_by_hand(struct work *w, bool cursor)
{
    MPI_Request sent[2] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL};
    int now = 0, n = 0;

    w->next = w->buffer[0];
    for (uint64_t i = 0; i < ITEMS; i++) {
        if (cursor)
            *w->next++ = i;
        else
            w->buffer[now][n] = i;
        __asm__ volatile("" ::"r"(w->buffer[now]) : "memory"); /* one by one */
        if (++n < HAND)
            continue;
        MPI_Isend(w->buffer[now], HAND * 8, MPI_BYTE, 1, TAG, w->mpi, &sent[now]);
        now = 1 - now;
        n = 0;
        w->next = w->buffer[now];
        MPI_Wait(&sent[now], MPI_STATUS_IGNORE);
    }
    MPI_Waitall(2, sent, MPI_STATUSES_IGNORE);
}

static void receive_by_hand(struct work *w)
{
    MPI_Request posted[2];

    MPI_Irecv(w->buffer[0], HAND * 8, MPI_BYTE, 0, TAG, w->mpi, &posted[0]);
    for (int k = 0; k < ITEMS / HAND; k++) {
        if (k + 1 < ITEMS / HAND)
            MPI_Irecv(w->buffer[1 - k % 2], HAND * 8, MPI_BYTE, 0, TAG, w->mpi, &posted[1 - k % 2]);
        MPI_Wait(&posted[k % 2], MPI_STATUS_IGNORE);
        for (int i = 0; i < HAND; i++) {
            w->sum += w->buffer[k % 2][i];
            __asm__ volatile("" ::"r"(w->sum));
        }
    }
}

static int by_hand(struct work *w, bool cursor)
{
    if (w->rank == 0)
        send_by_hand(w, cursor);
    else
        receive_by_hand(w);
    return TERN_OK;
}

/* Rank 0 pushes, rank 1 pulls; the stream stays open. */
static int one_way(struct work *w, tern_stream *s)
{
    uint64_t i = 0, got;
    int error = TERN_OK;

    while (i < ITEMS && !error) {
        if (w->rank == 0)
            for (; i < ITEMS && tern_stream_push(s, &i, 1) == TERN_OK; i++) {}
        for (; i < ITEMS && tern_stream_pull(s, &got, NULL) == TERN_OK; i++)
            w->sum += got;
        if (i < ITEMS)
            error = tern_stream_advance(s, false);
    }
    return error ? error : tern_stream_flush(s);
}

static uint64_t step(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

/* Both push to either, at random, and then an end to each. */
static int all_to_all(struct work *w, tern_stream *s)
{
    uint64_t i = 0, got, random = w->random;
    int told = 0, error = TERN_OK, source;

    while ((w->ends[0] < 1 || w->ends[1] < 1 || told < 2) && !error) {
        for (; i < ITEMS && tern_stream_push(s, &i, (int)(random >> 63)) == TERN_OK; i++)
            random = step(random);
        for (; i == ITEMS && told < 2 && tern_stream_push(s, &END, told) == TERN_OK; told++) {}
        error = told == 2 ? tern_stream_flush(s) : TERN_OK;
        while (tern_stream_pull(s, &got, &source) == TERN_OK) {
            if (got == END)
                w->ends[source]++;
            else
                w->sum += got ^ (unsigned)source;
        }
        if (!error)
            error = tern_stream_advance(s, false);
    }
    w->ends[0]--;
    w->ends[1]--;
    w->random = random;
    return error;
}

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;
    int error = TERN_OK;

    for (uint64_t i = 0; i < repetitions && !error; i++)
        switch (variant) {
        case SEND: error = send_each(w); break;
        case BY_HAND: error = by_hand(w, false); break;
        case CURSOR: error = by_hand(w, true); break;
        case ONE_WAY: error = one_way(w, w->stream[0]); break;
        case WIRE: error = one_way(w, w->stream[1]); break;
        default: error = all_to_all(w, w->stream[0]);
        }
    return error;
}

static int prepare(struct work *w, tern_comm *c)
{
    *w = (struct work){.comm = c,
                       .mpi = tern_comm_raw(c),
                       .rank = tern_rank(c),
                       .random = 88172645463325252u + (unsigned)tern_rank(c)};
    w->buffer[0] = tern_alloc(HAND * 8);
    w->buffer[1] = tern_alloc(HAND * 8);
    int error = w->buffer[0] != NULL && w->buffer[1] != NULL ? TERN_OK : TERN_ENOMEM;
    if (tern_size(c) != 2)
        error = tern_fail(TERN_EINVAL, NULL, "runs on 2 ranks");
    error = tern_agree(c, error);
    if (!error)
        error = tern_stream_open(c, &(tern_stream_spec){.item = 8}, &w->stream[0]);
    if (!error)
        error =
            tern_stream_open(c, &(tern_stream_spec){.item = 8, .transport = "wire"}, &w->stream[1]);
    return error ? error : tern_bounce_open(tern_comm_node(c), &w->line);
}

static int print(const tern_stat_samples *s)
{
    static const char *const name[] = {"send",    "by_hand", "cursor",
                                       "one_way", "wire",    "all_to_all"};
    tern_stat_figure time, of_send, of_hand, line;
    int error = tern_stat_probes(s, &line);

    for (size_t v = 0; v < VARIANTS && !error; v++) {
        double items = v == ALL_TO_ALL ? 2.0 * ITEMS : ITEMS;
        error = tern_stat_time(s, v, s->main, &time);
        error = error ? error : tern_stat_ratio(s, SEND, v, s->main, &of_send);
        error = error ? error : tern_stat_ratio(s, BY_HAND, v, s->main, &of_hand);
        if (!error)
            printf("%s %s %.1f [%.1f-%.1f] M items/s, %.2f times MPI_Send, %.3f times by hand, "
                   "%zu rounds, cache line %.0f ns\n",
                   name[v], tern_stat_regime_name(s->main), items / time.median / 1e6,
                   items / time.max / 1e6, items / time.min / 1e6,
                   v == SEND ? 1.0 : of_send.median * items / ITEMS,
                   v == BY_HAND ? 1.0 : of_hand.median * items / ITEMS, time.n, line.median * 1e9);
    }
    return error;
}

static int measure(struct work *w, uint64_t seed)
{
    tern_stat_samples *s;
    const tern_stat_plan plan = {
        .variants = VARIANTS,
        .baseline = (size_t[]){SEND, SEND, BY_HAND, BY_HAND, CURSOR, ALL_TO_ALL},
        .run = run,
        .start = start,
        .agree = agree,
        .probe = probe,
        .context = w,
        .batch = 0.003,
        .narrow = 0.01,
        .seconds = 2,
        .least_rounds = 20,
        .seed = seed,
    };
    int error = tern_stat_measure(&plan, &s);

    if (error)
        return error;
    if (w->rank == 0)
        error = print(s);
    tern_stat_free(s);
    return error;
}

int main(int argc, char **argv)
{
    struct work w = {0};

    if (tern_init(&argc, &argv) < 0)
        return 2;
    int error = prepare(&w, tern_world());
    error = error ? error : measure(&w, argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    if (error)
        fprintf(stderr, "coll: %s\n", tern_last_error());
    tern_bounce_close(w.line);
    tern_stream_close(w.stream[0]);
    tern_stream_close(w.stream[1]);
    tern_free(w.buffer[0]);
    tern_free(w.buffer[1]);
    tern_finalize();
    return error || w.sum == 0 ? 2 : 0;
}
