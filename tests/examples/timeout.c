/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeout: rank 0 listens to a fast and to a slow sender at once.  When it has heard nothing for
 * 0.1 seconds, it reminds the slow one. */
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

static tern_chan *open_chan(int from, int to)
{
    tern_chan_spec spec = {.item = sizeof(int), .capacity = 1};
    int rank = tern_rank(tern_world());
    tern_chan *ch;
    spec.role = rank == from ? TERN_SENDER : rank == to ? TERN_RECEIVER : 0;
    check(tern_chan_open(tern_world(), &spec, &ch));
    return ch;
}

static void listen_to(tern_chan *fast, tern_chan *slow, tern_chan *reminder)
{
    int n = 0, sum[] = {0, 0};
    tern_case cases[] = {{.chan = fast, .item = &n}, {.chan = slow, .item = &n}};

    while (cases[0].chan != NULL || sum[1] == 0) {
        int i = tern_select(cases, 2, tern_after(0.1));
        if (i == TERN_ETIMEDOUT && tern_chan_trysend(reminder, &n) != TERN_EPIPE)
            continue; /* reminded, now or before */
        if (check(cases[check(i)].status) == TERN_CLOSED)
            cases[i].chan = NULL; /* which is never ready */
        else
            sum[i] += n;
    }
    printf("fast: %d, slow: %d\n", sum[0], sum[1]);
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    int rank = tern_rank(tern_world()), last = tern_size(tern_world()) - 1, n;
    check(last > 0 ? TERN_OK : tern_fail(TERN_EINVAL, NULL, "timeout: needs 2 ranks"));
    tern_chan *fast = open_chan(1, 0), *slow = open_chan(last, 0), *reminder = open_chan(0, last);
    if (rank == 0)
        listen_to(fast, slow, reminder);
    for (n = 1; rank == 1 && n <= 10; n++)
        check(tern_chan_send(fast, &n, TERN_FOREVER));
    if (rank == last && check(tern_chan_recv(reminder, &n, TERN_FOREVER)) == TERN_OK)
        check(tern_chan_send(slow, &(int){42}, TERN_FOREVER));
    tern_chan_free(fast); /* rank 1 closes it by this */
    tern_chan_free(slow);
    tern_chan_free(reminder);
    return tern_finalize() ? 2 : 0;
}
