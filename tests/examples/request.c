/* SPDX-License-Identifier: BSD-3-Clause */
/* Request and reply: rank 0 hands out numbers, none of them twice.  The others ask over one
 * channel, and each is answered over a channel of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <tern.h>

static int check(int error) /* what one rank cannot mend ends them all */
{
    if (error >= 0)
        return error;
    fprintf(stderr, "%s\n", tern_last_error());
    exit(MPI_Abort(MPI_COMM_WORLD, 2));
}

static void serve(tern_chan *requests, tern_chan **reply)
{
    int from;

    for (int next = 0; check(tern_chan_recv(requests, &from, TERN_FOREVER)) == TERN_OK; next++)
        check(tern_chan_send(reply[from], &next, TERN_FOREVER));
}

static void ask(int rank, tern_chan *requests, tern_chan *reply)
{
    int number, sum = 0;

    for (int i = 0; i < 100; i++) {
        check(tern_chan_send(requests, &rank, TERN_FOREVER));
        check(tern_chan_recv(reply, &number, TERN_FOREVER));
        sum += number;
    }
    printf("rank %d: 100 numbers, sum %d\n", rank, sum);
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    int rank = tern_rank(tern_world()), size = tern_size(tern_world());
    tern_chan *requests, **reply = calloc((size_t)size, sizeof(*reply));
    tern_chan_spec spec = {.item = sizeof(int)}; /* capacity 0: synchronous */

    if (size < 2 || reply == NULL)
        check(tern_fail(TERN_EINVAL, NULL, "request: needs 2 ranks, and memory"));
    spec.role = rank == 0 ? TERN_RECEIVER : TERN_SENDER;
    check(tern_chan_open(tern_world(), &spec, &requests));
    for (int r = 1; r < size; r++) { /* NULL where it is for another client */
        spec.role = rank == 0 ? TERN_SENDER : rank == r ? TERN_RECEIVER : 0;
        check(tern_chan_open(tern_world(), &spec, &reply[r]));
    }
    rank == 0 ? serve(requests, reply) : ask(rank, requests, reply[rank]);
    tern_chan_free(requests); /* by which a client closes it */
    for (int r = 1; r < size; r++)
        tern_chan_free(reply[r]);
    free(reply);
    return tern_finalize() ? 2 : 0;
}
