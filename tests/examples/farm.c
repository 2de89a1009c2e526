/* SPDX-License-Identifier: BSD-3-Clause */
/* Farm: rank 0 hands out jobs over one channel and gets the results over another.  Whichever worker
 * is free takes the next job. */
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

/* Were all jobs sent before a result is received, all would wait. */
static void master(tern_chan *jobs, tern_chan *results)
{
    long job = 1, left = 1000, square = 0, sum = 0;
    tern_case send = {.chan = jobs, .kind = TERN_CASE_SEND, .item = &job};
    tern_case recv = {.chan = results, .item = &square};
    tern_case cases[] = {send, recv};
    while (left > 0) {
        int i = check(tern_select(cases, 2, TERN_FOREVER));
        check(cases[i].status);
        if (i == 0 && job++ == 1000)
            cases[0].chan = NULL; /* all are sent: never ready again */
        if (i == 1) {
            sum += square;
            left--;
        }
    }
    printf("sum of squares: %ld\n", sum);
}

static void worker(tern_chan *jobs, tern_chan *results)
{
    long n;
    while (check(tern_chan_recv(jobs, &n, TERN_FOREVER)) == TERN_OK)
        check(tern_chan_send(results, &(long){n * n}, TERN_FOREVER));
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    int rank = tern_rank(tern_world());
    tern_chan *jobs, *results;
    tern_chan_spec spec = {.item = sizeof(long), .capacity = 4};
    if (tern_size(tern_world()) < 2)
        check(tern_fail(TERN_EINVAL, NULL, "farm: needs 2 ranks"));
    spec.role = rank == 0 ? TERN_SENDER : TERN_RECEIVER;
    check(tern_chan_open(tern_world(), &spec, &jobs));
    spec.role = rank == 0 ? TERN_RECEIVER : TERN_SENDER;
    check(tern_chan_open(tern_world(), &spec, &results));
    rank == 0 ? master(jobs, results) : worker(jobs, results);
    tern_chan_free(jobs); /* closes it, which ends the workers */
    tern_chan_free(results);
    return tern_finalize() ? 2 : 0;
}
