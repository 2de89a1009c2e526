/* SPDX-License-Identifier: BSD-3-Clause */
/* After a short message, so that a long one is not expected: more than 2^31 bytes and elements
 * between two ranks: 2^31 + 5 bytes as bytes, and as elements of a one-byte type. */
#include "msg/msg.h"

#include <string.h>

#include "support/mpitap.h"

static const size_t LARGE_N = ((size_t)1 << 31) + 5;
static const size_t STEP = 4093; /* prime: the places looked at fall on every offset in a page */

static unsigned char pattern(size_t i)
{
    return (unsigned char)(tern_mix(i) | 1);
}

static size_t wrong(const unsigned char *p)
{
    size_t bad = 0;

    for (size_t i = 0; i < LARGE_N; i += STEP)
        bad += p[i] != pattern(i);
    for (size_t i = LARGE_N - 64; i < LARGE_N; i++)
        bad += p[i] != pattern(i);
    return bad;
}

static void send_side(tern_comm *c, tern_mode mode, MPI_Datatype type)
{
    unsigned char *p = tern_alloc(LARGE_N);

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    for (size_t i = 0; i < LARGE_N; i += STEP)
        p[i] = pattern(i);
    for (size_t i = LARGE_N - 64; i < LARGE_N; i++)
        p[i] = pattern(i);
    CU_ASSERT_EQUAL(tern_send(c, p, 1, type, 1, 1), TERN_OK);
    CU_ASSERT_EQUAL(tern_send_mode(c, mode, p, LARGE_N, type, 1, 1, TERN_HERE), TERN_OK);
    tern_free(p);
}

static void receive_known(tern_comm *c, MPI_Datatype type)
{
    tern_status s;
    unsigned char *p = tern_alloc(LARGE_N);

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    CU_ASSERT_EQUAL(tern_recv(c, p, 1, type, 0, 1, &s), TERN_OK);
    CU_ASSERT_EQUAL(tern_recv(c, p, LARGE_N, type, 0, 1, &s), TERN_OK);
    CU_ASSERT_EQUAL(s.bytes, LARGE_N);
    CU_ASSERT_EQUAL(wrong(p), 0);
    memset(p, 0, LARGE_N); /* the pool gives the same block to the next receive */
    tern_free(p);
}

static void receive_unknown(tern_comm *c, MPI_Datatype type)
{
    void *got = NULL;
    size_t n = 0;

    CU_ASSERT_EQUAL(tern_recv(c, &(char){0}, 1, type, 0, 1, NULL), TERN_OK);
    CU_ASSERT_EQUAL_FATAL(tern_recv_alloc(c, &got, &n, type, 0, 1, NULL), TERN_OK);
    CU_ASSERT_EQUAL_FATAL(n, LARGE_N);
    CU_ASSERT_EQUAL(wrong(got), 0);
    tern_free(got);
}

static void exchange(tern_mode mode, MPI_Datatype type,
                     void (*receive)(tern_comm *c, MPI_Datatype type))
{
    tern_comm *c;
    int size;

    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (size != 2)
        MPITAP_SKIP("runs at 2 ranks only");
    CU_ASSERT_EQUAL_FATAL(tern_comm_wrap(MPI_COMM_WORLD, &c), TERN_OK);
    if (tern_rank(c) == 0)
        send_side(c, mode, type);
    else
        receive(c, type);
    tern_comm_free(c);
}

static void bytes(void)
{
    exchange(TERN_STANDARD, MPI_BYTE, receive_known);
}

static void elements(void)
{
    exchange(TERN_SYNCHRONOUS, MPI_SIGNED_CHAR, receive_unknown);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"bytes", bytes},
        {"elements", elements},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"large", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
