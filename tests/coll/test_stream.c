/* SPDX-License-Identifier: BSD-3-Clause */
/* The aggregating stream.  Destinations are drawn from random numbers that all ranks know, so each
 * can tell what it must pull, and from whom in which order. */
#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL_FATAL(call, to)

enum { SEED = 47, LONGEST = 6000 };

static tern_comm *c;
static int rank, size;
static int *next_of; /* [source], index of the last item pulled from it, plus 1 */

static const char *const transports[] = {"auto", "wire"};
enum { TRANSPORTS = 2 };

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &c))
        return 1;
    rank = tern_rank(c);
    size = tern_size(c);
    next_of = calloc((size_t)size, sizeof(*next_of));
    return next_of == NULL;
}

static int teardown(void)
{
    free(next_of);
    tern_comm_free(c);
    return 0;
}

static int dest_of(int source, int i)
{
    return (int)(tern_random(SEED, (uint64_t)source, (uint64_t)i) % (unsigned)size);
}

static unsigned char content(int source, int i, size_t at)
{
    return (unsigned char)(tern_mix((uint64_t)source << 40 ^ (uint64_t)(unsigned)i << 8) + at * 3);
}

static void fill(unsigned char *item, size_t bytes, int source, int i)
{
    for (size_t at = 0; at < bytes; at++)
        item[at] = content(source, i, at);
}

/* The item is the next that `source` has for this rank, all its bytes. */
static void expect(const unsigned char *item, size_t bytes, int source, int most)
{
    unsigned char theirs[LONGEST];

    CU_ASSERT_FATAL(source >= 0 && source < size);
    int *i = &next_of[source];
    while (*i < most && dest_of(source, *i) != rank)
        ++*i;
    CU_ASSERT_FATAL(*i < most);
    fill(theirs, bytes, source, *i);
    CU_ASSERT_EQUAL_FATAL(memcmp(item, theirs, bytes), 0);
    ++*i;
}

/* All ranks push `n` items of `bytes` to random ranks. */
static void exchange(const tern_stream_spec *spec, int n)
{
    unsigned char mine[LONGEST], got[LONGEST];
    int i = 0, error, source, expected = 0, pulled = 0;
    tern_stream *s = NULL;
    tern_stream_stats stats;

    memset(next_of, 0, (size_t)size * sizeof(*next_of));
    OK(tern_stream_open(c, spec, &s));
    while ((error = tern_stream_advance(s, i == n)) == TERN_OK) {
        for (; i < n; i++) {
            fill(mine, spec->item, rank, i);
            if (tern_stream_push(s, mine, dest_of(rank, i)) != TERN_OK)
                break;
        }
        while (tern_stream_pull(s, got, &source) == TERN_OK) {
            expect(got, spec->item, source, n);
            pulled++;
        }
    }
    IS(error, TERN_CLOSED);
    for (int from = 0; from < size; from++)
        for (int k = 0; k < n; k++)
            expected += dest_of(from, k) == rank;
    CU_ASSERT_EQUAL(pulled, expected);
    tern_stream_statistics(s, &stats);
    CU_ASSERT_EQUAL(stats.pushed, (uint64_t)n);
    CU_ASSERT_EQUAL(stats.pulled, (uint64_t)pulled);
    IS(tern_stream_advance(s, true), TERN_CLOSED);
    tern_stream_close(s);
}

static void random_items(void)
{
    static const struct {
        size_t item, buffer;
    } shapes[] = {{1, 100}, {8, 0}, {24, 1}, {LONGEST, 0}, {8, 40000}};

    for (int t = 0; t < TRANSPORTS; t++)
        for (int k = 0; k < 5; k++)
            exchange(&(tern_stream_spec){.item = shapes[k].item,
                                         .buffer = shapes[k].buffer,
                                         .transport = transports[t]},
                     shapes[k].item < 100 ? 10000 : 100);
}

/* Long enough for every ring to go round many times. */
static void many_items(void)
{
    exchange(&(tern_stream_spec){.item = 8, .buffer = 1000}, 100000);
    exchange(&(tern_stream_spec){.item = 8, .transport = "wire"}, 100000);
}

static void no_items(void)
{
    for (int t = 0; t < TRANSPORTS; t++)
        exchange(&(tern_stream_spec){.item = 3, .transport = transports[t]}, 0);
}

/* Nobody pulls: pushes are refused before they fill more than the stream's own memory; and then all
 * that was accepted arrives. */
static void bounded_memory(void)
{
    enum { FLOOD = 10000000 };

    for (int t = 0; t < TRANSPORTS; t++) {
        tern_stream *s = NULL;
        tern_stream_stats stats;
        uint64_t pushed = 0, pulled = 0, sums[2], got;
        int error, source;
        OK(tern_stream_open(c, &(tern_stream_spec){.item = 8, .transport = transports[t]}, &s));
        while (pushed < FLOOD && tern_stream_push(s, &pushed, size - 1) == TERN_OK)
            pushed++;
        tern_stream_statistics(s, &stats);
        CU_ASSERT(pushed < FLOOD);
        CU_ASSERT(pushed * 8 <= stats.memory);
        CU_ASSERT(stats.memory < 5 * ((size_t)1 << 20) + (size_t)size * 100 * 1024);
        OK(tern_barrier(c)); /* all are full, and nobody has pulled */
        while ((error = tern_stream_advance(s, true)) == TERN_OK)
            while (tern_stream_pull(s, &got, &source) == TERN_OK)
                pulled++;
        IS(error, TERN_CLOSED);
        sums[0] = pushed;
        sums[1] = pulled;
        OK(tern_allreduce(c, MPI_IN_PLACE, sums, 2, MPI_UINT64_T, MPI_SUM));
        CU_ASSERT_EQUAL(sums[0], sums[1]);
        CU_ASSERT_EQUAL(pulled == sums[1], rank == size - 1);
        tern_stream_close(s);
    }
}

/* One item comes through although its buffer is not full and nobody is done: rank 0 says "go" to
 * the last rank, which waits for it before it says so to all. */
static void delay_is_bounded(void)
{
    for (int t = 0; t < TRANSPORTS; t++) {
        tern_stream *s = NULL;
        int go = 42, got = 0, error = TERN_OK;
        bool told = false;
        OK(tern_stream_open(
            c, &(tern_stream_spec){.item = sizeof(go), .delay = 1e-4, .transport = transports[t]},
            &s));
        if (rank == 0)
            OK(tern_stream_push(s, &go, size - 1));
        while (got != 43 && error == TERN_OK) {
            error = tern_stream_advance(s, false);
            while (tern_stream_pull(s, &got, NULL) == TERN_OK) {}
            for (int r = 0; r < size && got == 42 && !told; r++) {
                int reply = 43;
                OK(tern_stream_push(s, &reply, r));
            }
            told = told || got == 42;
        }
        OK(error);
        while ((error = tern_stream_advance(s, true)) == TERN_OK) {}
        IS(error, TERN_CLOSED);
        CU_ASSERT_EQUAL(got, 43);
        tern_stream_close(s);
    }
}

/* Every item pulled is answered, as remote look-ups are: the answer is what the other rank knows.
 */
static void requests_and_replies(void)
{
    typedef struct message {
        int reply;
        int index;
        uint64_t value;
    } message;
    enum { N = 5000, BATCH = 20000 };

    for (int t = 0; t < TRANSPORTS; t++) {
        tern_stream *s = NULL;
        message m, *unanswered = malloc(BATCH * sizeof(*unanswered));
        int *asker = malloc(BATCH * sizeof(*asker));
        int asked = 0, replies = 0, due = 0, answered = 0, queue = 0, error, source;
        CU_ASSERT_PTR_NOT_NULL_FATAL(unanswered);
        CU_ASSERT_PTR_NOT_NULL_FATAL(asker);
        for (int r = 0; r < size; r++)
            for (int i = 0; i < N; i++)
                due += dest_of(r, i) == rank;
        OK(tern_stream_open(c, &(tern_stream_spec){.item = sizeof(m), .transport = transports[t]},
                            &s));
        while ((error = tern_stream_advance(s, asked == N && answered == due)) == TERN_OK) {
            for (; queue > 0; queue--, answered++)
                if (tern_stream_push(s, &unanswered[queue - 1], asker[queue - 1]))
                    break;
            for (; asked < N; asked++) {
                m = (message){0, asked, 0};
                if (tern_stream_push(s, &m, dest_of(rank, asked)))
                    break;
            }
            while (queue < BATCH && tern_stream_pull(s, &m, &source) == TERN_OK) {
                if (m.reply) {
                    CU_ASSERT_EQUAL_FATAL(source, dest_of(rank, m.index));
                    CU_ASSERT_EQUAL_FATAL(m.value, (uint64_t)source * 1000000 + (uint64_t)m.index);
                    replies++;
                } else {
                    unanswered[queue] =
                        (message){1, m.index, (uint64_t)rank * 1000000 + (uint64_t)m.index};
                    asker[queue++] = source;
                }
            }
        }
        IS(error, TERN_CLOSED);
        CU_ASSERT_EQUAL(replies, N);
        tern_stream_close(s);
        free(unanswered);
        free(asker);
    }
}

/* Two streams at once do not meet. */
static void two_streams(void)
{
    tern_stream *s[2];
    int n[2] = {0, 0}, pulled[2] = {0, 0}, error[2] = {TERN_OK, TERN_OK};

    for (int k = 0; k < 2; k++)
        OK(tern_stream_open(c, &(tern_stream_spec){.item = 4, .transport = transports[k]}, &s[k]));
    while (error[0] == TERN_OK || error[1] == TERN_OK)
        for (int k = 0; k < 2; k++) {
            int got;
            error[k] = tern_stream_advance_until(s[k], n[k] == 1000, TERN_NOW);
            if (error[k] == TERN_ETIMEDOUT)
                error[k] = TERN_OK;
            while (n[k] < 1000 && tern_stream_push(s[k], &k, (rank + 1) % size) == TERN_OK)
                n[k]++;
            for (; tern_stream_pull(s[k], &got, NULL) == TERN_OK; pulled[k]++)
                CU_ASSERT_EQUAL_FATAL(got, k);
        }
    for (int k = 0; k < 2; k++) {
        IS(error[k], TERN_CLOSED);
        CU_ASSERT_EQUAL(pulled[k], 1000);
        tern_stream_close(s[k]);
    }
}

/* A rank that has nothing to do waits no longer than it said. */
static void late(void)
{
    tern_stream *s = NULL;
    int got, error = TERN_OK;

    OK(tern_stream_open(c, &(tern_stream_spec){.item = 4}, &s));
    if (rank > 0) {
        OK(tern_stream_advance(s, true));
        IS(tern_stream_pull(s, &got, NULL), TERN_EAGAIN);
        IS(tern_stream_advance_until(s, true, tern_after(0.01)), TERN_ETIMEDOUT);
        CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "stream"));
    }
    OK(tern_barrier(c)); /* rank 0 is not done before */
    while (error == TERN_OK)
        error = tern_stream_advance(s, true);
    IS(error, TERN_CLOSED);
    tern_stream_close(s);
}

/* Closed with items under way: nobody waits for ever. */
static void closed_early(void)
{
    for (int t = 0; t < TRANSPORTS; t++) {
        tern_stream *s = NULL;
        OK(tern_stream_open(c, &(tern_stream_spec){.item = 4, .transport = transports[t]}, &s));
        for (int i = 0; i < 100000; i++)
            if (tern_stream_push(s, &i, (rank + i) % size) != TERN_OK)
                break;
        tern_stream_close(s);
    }
    tern_stream_close(NULL);
}

static void refusals(void)
{
    bool last = rank == size - 1;
    tern_stream *s = NULL;
    int x = 0;

    IS(tern_stream_open(c, &(tern_stream_spec){.item = last ? 0 : 4}, &s),
       last ? TERN_EINVAL : TERN_EPEER);
    IS(tern_stream_open(c, &(tern_stream_spec){.item = 4, .transport = last ? "pigeon" : "wire"},
                        &s),
       last ? TERN_EINVAL : TERN_EPEER);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "pigeon"));
    IS(tern_stream_open(c, &(tern_stream_spec){.item = 4, .delay = -1}, &s), TERN_EINVAL);
    if (size > 1)
        IS(tern_stream_open(c, &(tern_stream_spec){.item = last ? 4 : 8}, &s), TERN_EMISMATCH);
    CU_ASSERT_PTR_NULL(s);
    OK(tern_stream_open(c, &(tern_stream_spec){.item = 4}, &s));
    IS(tern_stream_push(s, &x, size), TERN_EINVAL);
    IS(tern_stream_push(s, &x, -1), TERN_EINVAL);
    OK(tern_stream_push(s, &x, rank));
    OK(tern_stream_advance(s, true));
    IS(tern_stream_push(s, &x, rank), TERN_EINVAL);
    tern_stream_close(s);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"random_items", random_items},
        {"many_items", many_items},
        {"no_items", no_items},
        {"bounded_memory", bounded_memory},
        {"delay_is_bounded", delay_is_bounded},
        {"requests_and_replies", requests_and_replies},
        {"two_streams", two_streams},
        {"late", late},
        {"closed_early", closed_early},
        {"refusals", refusals},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"stream", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
