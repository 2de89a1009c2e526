/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream of messages from rank 0 to rank 1.  A repetition is a window of them, all received into
 * places of their own; the receiver's word that they are posted is also the answer to the window
 * before. */
#include "bench/bench.h"

static int stream(struct bench *b, const struct variant *v, uint64_t repetitions) /* hot */
{
    const struct way *way = v->way;
    int error = way->open != NULL ? way->open(b, v) : TERN_OK;

    for (uint64_t i = 0; i < repetitions && !error; i++)
        error = b->rank == 0 ? way->send(b, v) : way->recv(b, v);
    /* All has arrived. */
    if (!error)
        error = b->rank == 0 ? tern_recv(b->comm, NULL, 0, MPI_BYTE, b->peer, TAG, NULL)
                             : tern_send(b->comm, NULL, 0, MPI_BYTE, b->peer, TAG);
    return error || way->close == NULL ? error : way->close(b, v);
}

static const struct variant modes[] = {
    {"MPI_Send", "send", NULL, &raw_window, TERN_STANDARD},
    {"tern_send", "send", "MPI_Send", &layer_window, TERN_STANDARD},
    {"MPI_Ssend", "ssend", NULL, &raw_window, TERN_SYNCHRONOUS},
    {"tern_ssend", "ssend", "MPI_Ssend", &layer_window, TERN_SYNCHRONOUS},
    {"MPI_Bsend", "bsend", NULL, &raw_window, TERN_BUFFERED},
    {"tern_bsend", "bsend", "MPI_Bsend", &layer_window, TERN_BUFFERED},
    {"MPI_Rsend", "rsend", NULL, &raw_window, TERN_READY},
    {"tern_rsend", "rsend", "MPI_Rsend", &layer_window, TERN_READY},
    {"MPI_Isend+Waitall", "isend", NULL, &raw_window_waited, TERN_STANDARD},
    {"tern_isend+waitall", "isend", "MPI_Isend+Waitall", &layer_window_waited, TERN_STANDARD},
    {"MPI_Issend+Waitall", "issend", NULL, &raw_window_waited, TERN_SYNCHRONOUS},
    {"tern_issend+waitall", "issend", "MPI_Issend+Waitall", &layer_window_waited, TERN_SYNCHRONOUS},
    {"MPI_Startall+Waitall", "persistent", NULL, &raw_window_persistent, TERN_STANDARD},
    {"tern_startall+waitall", "persistent", "MPI_Startall+Waitall", &layer_window_persistent,
     TERN_STANDARD},
    {0},
};

const struct command bench_bandwidth = {
    .name = "bandwidth",
    .help = "bytes a second of a stream, in every send mode",
    .sizes = "4000,8Ki,64Ki,1Mi",
    .windowed = true,
    .ranks = 2,
    .variants = modes,
    .run = stream,
};
