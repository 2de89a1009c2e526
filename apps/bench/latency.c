/* SPDX-License-Identifier: BSD-3-Clause */
/* Ping-pong.  A repetition is a round trip: two operations. */
#include "bench/bench.h"

static int ping_pong(struct bench *b, const struct variant *v, uint64_t repetitions) /* hot */
{
    const struct way *way = v->way;
    int error = way->open != NULL ? way->open(b, v) : TERN_OK;

    for (uint64_t i = 0; i < repetitions && !error; i++) {
        error = b->rank == 0 ? way->send(b, v) : way->recv(b, v);
        if (!error)
            error = b->rank == 0 ? way->recv(b, v) : way->send(b, v);
    }
    return error || way->close == NULL ? error : way->close(b, v);
}

static const struct variant modes[] = {
    {"MPI_Send", "send", NULL, &raw_blocking, TERN_STANDARD},
    {"tern_send", "send", "MPI_Send", &layer_blocking, TERN_STANDARD},
    {"MPI_Ssend", "ssend", NULL, &raw_blocking, TERN_SYNCHRONOUS},
    {"tern_ssend", "ssend", "MPI_Ssend", &layer_blocking, TERN_SYNCHRONOUS},
    {"MPI_Bsend", "bsend", NULL, &raw_blocking, TERN_BUFFERED},
    {"tern_bsend", "bsend", "MPI_Bsend", &layer_blocking, TERN_BUFFERED},
    {"MPI_Rsend", "rsend", NULL, &raw_ready, TERN_READY},
    {"tern_rsend", "rsend", "MPI_Rsend", &layer_ready, TERN_READY},
    {"MPI_Isend+Wait", "isend", NULL, &raw_waited, TERN_STANDARD},
    {"tern_isend+wait", "isend", "MPI_Isend+Wait", &layer_waited, TERN_STANDARD},
    {"MPI_Issend+Wait", "issend", NULL, &raw_waited, TERN_SYNCHRONOUS},
    {"tern_issend+wait", "issend", "MPI_Issend+Wait", &layer_waited, TERN_SYNCHRONOUS},
    {"MPI_Start+Wait", "persistent", NULL, &raw_persistent, TERN_STANDARD},
    {"tern_start+wait", "persistent", "MPI_Start+Wait", &layer_persistent, TERN_STANDARD},
    {0},
};

const struct command bench_latency = {
    .name = "latency",
    .help = "time of one message, in every send mode",
    .sizes = "8,1Ki,4000,8Ki,64Ki,1Mi",
    .ranks = 2,
    .variants = modes,
    .run = ping_pong,
};

static const struct variant receives[] = {
    {"MPI_Recv", "recv", NULL, &raw_blocking, TERN_STANDARD},
    {"tern_recv", "recv", "MPI_Recv", &layer_blocking, TERN_STANDARD},
    {"MPI_Mprobe+Mrecv", "mprobe", "MPI_Recv", &raw_probed, TERN_STANDARD},
    {"tern_recv_alloc", "alloc", "MPI_Recv", &layer_alloc, TERN_STANDARD},
    {0},
};

const struct command bench_recv = {
    .name = "recv",
    .help = "receives of known and of unknown size, against MPI_Recv",
    .sizes = "8,1Ki,4000,8Ki,64Ki,1Mi",
    .ranks = 2,
    .variants = receives,
    .run = ping_pong,
};
