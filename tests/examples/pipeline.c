/* SPDX-License-Identifier: BSD-3-Clause */
/* Pipeline: each rank is a stage of the sieve of Eratosthenes.  Rank 0 counts; each of the others
 * keeps a prime, and passes on what it does not divide. */
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

static void count(tern_chan *out)
{
    for (int n = 2; n < 1000; n++)
        check(tern_chan_send(out, &n, TERN_FOREVER));
}

static void sieve(int rank, tern_chan *in, tern_chan *out)
{
    int prime = 0, passed = 0, n;

    while (check(tern_chan_recv(in, &n, TERN_FOREVER)) == TERN_OK) {
        if (prime == 0)
            prime = n; /* all stages before have let it pass */
        if (n % prime == 0)
            continue;
        passed++;
        if (out != NULL) /* the last stage has none */
            check(tern_chan_send(out, &n, TERN_FOREVER));
    }
    printf("rank %d: prime %d, passed %d\n", rank, prime, passed);
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    int rank = tern_rank(tern_world()), size = tern_size(tern_world());
    tern_chan *ch, *in = NULL, *out = NULL;
    tern_chan_spec spec = {.item = sizeof(int), .capacity = 16};

    if (size < 2)
        check(tern_fail(TERN_EINVAL, NULL, "pipeline: needs 2 ranks"));
    for (int to = 1; to < size; to++) { /* all ranks open each channel */
        bool sends = rank == to - 1, receives = rank == to;
        spec.role = sends ? TERN_SENDER : receives ? TERN_RECEIVER : 0;
        check(tern_chan_open(tern_world(), &spec, &ch));
        out = sends ? ch : out;
        in = receives ? ch : in;
    }
    rank == 0 ? count(out) : sieve(rank, in, out);
    tern_chan_free(in);
    tern_chan_free(out); /* closes it, which ends the next stage */
    return tern_finalize() ? 2 : 0;
}
