/* SPDX-License-Identifier: BSD-3-Clause */
/* Publish: rank 0 sends all it has to say to all others, over a channel for each.  A subscriber
 * leaves when it has had enough: rank r after 10 r items. */
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

static void publish(tern_chan **to, int size)
{
    for (int n = 1; n <= 50; n++) {
        char text[40];
        int bytes = snprintf(text, sizeof(text), "%d squared is %d", n, n * n) + 1;
        for (int r = 1; r < size; r++) {
            int error = tern_chan_send_bytes(to[r], text, (size_t)bytes, TERN_FOREVER);
            check(error == TERN_EPIPE ? TERN_OK : error); /* that one has left */
        }
    }
}

static void subscribe(int rank, tern_chan *from)
{
    char text[40];
    size_t bytes;
    int n = 0;

    while (n < 10 * rank
           && check(tern_chan_recv_bytes(from, text, 40, &bytes, TERN_FOREVER)) == TERN_OK)
        n++;
    printf("rank %d: %d items, the last: %s\n", rank, n, text);
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    int rank = tern_rank(tern_world()), size = tern_size(tern_world());
    tern_chan **to = calloc((size_t)size, sizeof(*to));
    tern_chan_spec spec = {.item = TERN_VARIABLE, .most = 40, .capacity = 8};
    if (size < 2 || to == NULL)
        check(tern_fail(TERN_EINVAL, NULL, "publish: needs 2 ranks, and memory"));
    for (int r = 1; r < size; r++) { /* NULL where it is for another subscriber */
        spec.role = rank == 0 ? TERN_SENDER : rank == r ? TERN_RECEIVER : 0;
        check(tern_chan_open(tern_world(), &spec, &to[r]));
    }
    rank == 0 ? publish(to, size) : subscribe(rank, to[rank]);
    for (int r = 1; r < size; r++)
        tern_chan_free(to[r]); /* closes or leaves it */
    free(to);
    return tern_finalize() ? 2 : 0;
}
