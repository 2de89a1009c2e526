/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded: now and then a send is held back, and a test or a probe says "not yet"; so messages
 * cross in orders that a quiet machine never shows.  MPI_DELAY_SEED makes another sequence. */
#include <mpi.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Once in `n` times. */
static int now_and_then(unsigned n)
{
    static _Thread_local uint64_t state;

    if (state == 0) {
        const char *seed = getenv("MPI_DELAY_SEED");
        state =
            (seed != NULL ? strtoull(seed, NULL, 10) : 1) * 0x9e3779b97f4a7c15 + (uint64_t)getpid();
    }
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % n == 0;
}

static void hold(void)
{
    if (now_and_then(500))
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

int MPI_Isend(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm c, MPI_Request *r)
{
    hold();
    return PMPI_Isend(b, n, t, d, g, c, r);
}

int MPI_Issend(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm c, MPI_Request *r)
{
    hold();
    return PMPI_Issend(b, n, t, d, g, c, r);
}

/* Whether something is under way; of a request that is null or inactive, MPI says "done" at once.
 */
static int is_active(MPI_Request r)
{
    MPI_Status s = {0};
    int done = 0;

    if (r == MPI_REQUEST_NULL || PMPI_Request_get_status(r, &done, &s) != MPI_SUCCESS)
        return 0;
    return !done || s.MPI_SOURCE != MPI_ANY_SOURCE;
}

int MPI_Test(MPI_Request *r, int *done, MPI_Status *s)
{
    *done = 0;
    return now_and_then(4) && is_active(*r) ? MPI_SUCCESS : PMPI_Test(r, done, s);
}

int MPI_Iprobe(int source, int tag, MPI_Comm c, int *found, MPI_Status *s)
{
    *found = 0;
    return now_and_then(4) ? MPI_SUCCESS : PMPI_Iprobe(source, tag, c, found, s);
}
