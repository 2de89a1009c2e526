/* SPDX-License-Identifier: BSD-3-Clause */
/* The sparse exchange.  All ranks draw the parcels of all ranks from the same random numbers, so
 * each knows, without a message, what it must get. */
#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

#include "coll/fault.h"
#include "support/mpitap.h"

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL_FATAL(call, to)

enum { SEED = 31, MOST = 6, LONGEST = 70000 };

static tern_comm *c;
static int rank, size;

/* Sends of this process, whoever makes them. */
static uint64_t sends;

int MPI_Issend(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm comm, MPI_Request *r)
{
    sends++;
    return PMPI_Issend(b, n, t, d, g, comm, r);
}

int MPI_Isend(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm comm, MPI_Request *r)
{
    sends++;
    return PMPI_Isend(b, n, t, d, g, comm, r);
}

#if MPI_VERSION >= 4 /* what the layer calls there */
int MPI_Issend_c(const void *b, MPI_Count n, MPI_Datatype t, int d, int g, MPI_Comm comm,
                 MPI_Request *r)
{
    sends++;
    return PMPI_Issend_c(b, n, t, d, g, comm, r);
}

int MPI_Isend_c(const void *b, MPI_Count n, MPI_Datatype t, int d, int g, MPI_Comm comm,
                MPI_Request *r)
{
    sends++;
    return PMPI_Isend_c(b, n, t, d, g, comm, r);
}
#endif

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &c))
        return 1;
    rank = tern_rank(c);
    size = tern_size(c);
    return 0;
}

static int teardown(void)
{
    tern_comm_free(c);
    return 0;
}

/* ---- What is sent --------------------------------------------------------------------------- */

static uint64_t draw(int round, int source, int i)
{
    return tern_random(SEED, (uint64_t)source * 64 + (uint64_t)i, (uint64_t)round);
}

static int parcels_of(int round, int source)
{
    return (int)(draw(round, source, MOST) % (MOST + 1));
}

static int dest_of(int round, int source, int i)
{
    return (int)(draw(round, source, i) % (unsigned)size);
}

static size_t bytes_of(int round, int source, int i)
{
    static const size_t most[] = {1, 9, 100, 5000, LONGEST};
    uint64_t random = draw(round, source, i) >> 20;

    return (random >> 8) % most[random % 5];
}

static unsigned char content(int round, int source, int i, size_t at)
{
    return (unsigned char)((size_t)round * 41 + (size_t)source * 17 + (size_t)i * 5 + at
                           + (at >> 8) * 3);
}

static unsigned char *make(int round, int i)
{
    size_t bytes = bytes_of(round, rank, i);
    unsigned char *p = malloc(bytes > 0 ? bytes : 1); /* exact: a sanitizer sees one byte more */

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    for (size_t at = 0; at < bytes; at++)
        p[at] = content(round, rank, i, at);
    return p;
}

/* What came is what all ranks drew for this one, in their order. */
static void expect(int round, const tern_parcel *got, size_t n)
{
    size_t k = 0;

    for (int source = 0; source < size; source++)
        for (int i = 0; i < parcels_of(round, source); i++) {
            size_t wrong = 0;
            if (dest_of(round, source, i) != rank)
                continue;
            CU_ASSERT_FATAL(k < n);
            CU_ASSERT_EQUAL_FATAL(got[k].rank, source);
            CU_ASSERT_EQUAL_FATAL(got[k].bytes, bytes_of(round, source, i));
            CU_ASSERT_EQUAL((uintptr_t)got[k].data % 16, 0);
            for (size_t at = 0; at < got[k].bytes; at++)
                wrong += ((const unsigned char *)got[k].data)[at] != content(round, source, i, at);
            CU_ASSERT_EQUAL_FATAL(wrong, 0);
            k++;
        }
    CU_ASSERT_EQUAL_FATAL(k, n);
}

/* ---- Tests ---------------------------------------------------------------------------------- */

/* Of each round: what was sent, and with how many messages. */
static void random_graphs(void)
{
    enum { ROUNDS = 300 };

    for (int round = 0; round < ROUNDS; round++) {
        tern_parcel send[MOST], *got = NULL;
        int n = parcels_of(round, rank), away = 0;
        size_t got_n = 99;
        tern_coll_stats before, after;
        for (int i = 0; i < n; i++) {
            send[i] =
                (tern_parcel){dest_of(round, rank, i), bytes_of(round, rank, i), make(round, i)};
            away += send[i].rank != rank;
        }
        tern_coll_statistics(c, &before);
        uint64_t sends_before = sends;
        OK(tern_sparse(c, send, (size_t)n, &got, &got_n));
        tern_coll_statistics(c, &after);
        if (round > 0) /* the first call also duplicates the communicator */
            CU_ASSERT_EQUAL(sends - sends_before, (uint64_t)away);
        CU_ASSERT_EQUAL(after.messages - before.messages, (uint64_t)away);
        CU_ASSERT_EQUAL(after.syncs - before.syncs, 2);
        expect(round, got, got_n);
        tern_free(got);
        for (int i = 0; i < n; i++)
            free((void *)send[i].data);
    }
}

/* Rounds follow each other at once; a parcel that strays into another round shows it. */
static void consecutive_rounds(void)
{
    enum { EACH = 2 };
    const char *wanted = getenv("TEST_ROUNDS");
    int rounds = wanted != NULL ? atoi(wanted) : size <= 2 ? 10000 : 1000;

    for (int round = 0; round < rounds; round++) {
        int mine[2] = {round, rank}, expected = 0;
        tern_parcel send[EACH], *got = NULL;
        size_t n = 0;
        for (int i = 0; i < EACH; i++)
            send[i] = (tern_parcel){dest_of(round, rank, i), sizeof(mine), mine};
        OK(tern_sparse(c, send, EACH, &got, &n));
        for (int source = 0; source < size; source++)
            for (int i = 0; i < EACH; i++)
                expected += dest_of(round, source, i) == rank;
        CU_ASSERT_EQUAL_FATAL(n, (size_t)expected);
        for (size_t i = 0; i < n; i++) {
            const int *theirs = got[i].data;
            CU_ASSERT_EQUAL_FATAL(theirs[0], round);
            CU_ASSERT_EQUAL_FATAL(theirs[1], got[i].rank);
        }
        tern_free(got);
    }
}

static void nothing_to_send(void)
{
    tern_parcel *got = (tern_parcel *)&rank;
    size_t n = 99;

    OK(tern_sparse(c, NULL, 0, &got, &n));
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_PTR_NULL(got);
}

/* A receive of the program for any message does not get ours. */
static void wildcard_receive(void)
{
    tern_parcel send = {(rank + 1) % size, sizeof(rank), &rank}, *got = NULL;
    size_t n = 0;
    tern_req req;
    int x = -1;

    OK(tern_irecv(c, &x, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, &req));
    OK(tern_sparse(c, &send, 1, &got, &n));
    CU_ASSERT_EQUAL_FATAL(n, 1);
    CU_ASSERT_EQUAL(*(const int *)got->data, (rank + size - 1) % size);
    tern_free(got);
    IS(tern_test(&req, NULL), TERN_EAGAIN);
    OK(tern_barrier(c)); /* nobody has sent before */
    OK(tern_send(c, &rank, 1, MPI_INT, (rank + 1) % size, 3));
    OK(tern_wait(&req, NULL, TERN_FOREVER));
    CU_ASSERT_EQUAL(x, (rank + size - 1) % size);
}

/* What one rank refuses all ranks refuse, and nothing is received; then all goes on. */
static void refusals(void)
{
    bool last = rank == size - 1;
    tern_parcel send = {last ? size : 0, sizeof(rank), &rank}, *got = (tern_parcel *)&rank;
    size_t n = 99;

    IS(tern_sparse(c, &send, 1, &got, &n), last ? TERN_EINVAL : TERN_EPEER);
    CU_ASSERT_EQUAL(n, 99);
    CU_ASSERT_PTR_EQUAL(got, &rank);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "test_sparse.c:"));
    send = (tern_parcel){0, 1, last ? NULL : &rank};
    IS(tern_sparse(c, &send, 1, &got, &n), last ? TERN_EINVAL : TERN_EPEER);
    nothing_to_send();
}

/* The last rank runs out of memory, at any of its allocations and from then on: all learn it,
 * nobody hangs, nothing is received, and the next exchange works.  Parcels are short, or so long
 * that MPI does not send them at once. */
static void out_of_memory(void)
{
    static char parcel[3 << 17];
    bool last = rank == size - 1;
    int met = 1;

    for (int nth = 0; met; nth++) {
        tern_parcel send[4], *got = NULL;
        size_t n = 99;
        for (int i = 0; i < 4; i++)
            send[i] = (tern_parcel){(rank + i) % size, i < 2 ? 5000 : sizeof(parcel), parcel};
        fault_at(last ? nth : -1);
        int error = tern_sparse(c, send, 4, &got, &n);
        met = fault_met();
        fault_at(-1);
        OK(tern_bcast(c, &met, 1, MPI_INT, size - 1));
        CU_ASSERT_EQUAL(error, !met ? TERN_OK : last ? TERN_ENOMEM : TERN_EPEER);
        CU_ASSERT_EQUAL(n, met ? 99 : 4);
        CU_ASSERT(met || nth > 1); /* there were some */
        tern_free(got);
        nothing_to_send();
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"random_graphs", random_graphs},
        {"consecutive_rounds", consecutive_rounds},
        {"nothing_to_send", nothing_to_send},
        {"wildcard_receive", wildcard_receive},
        {"refusals", refusals},
        {"out_of_memory", out_of_memory},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"sparse", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
