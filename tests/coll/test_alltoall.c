/* SPDX-License-Identifier: BSD-3-Clause */
/* Every schedule beside MPI_Alltoallv: the same call on the same blocks must leave the same bytes,
 * in the blocks and between them. */
#include "coll/coll.h"

#include <stdlib.h>
#include <string.h>

#include "coll/fault.h"
#include "support/mpitap.h"

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL_FATAL(call, to)

static tern_comm *c;
static int rank, size;

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

/* ---- Random exchanges ----------------------------------------------------------------------- */

enum { SEED = 7, UNTOUCHED = 0xa5 };

/* One side: blocks in a random order, with gaps between them. */
typedef struct blocks {
    size_t *count, *at;
    int *int_count, *int_at; /* the same for MPI */
    size_t elements;         /* from the first to the last */
} blocks;

typedef struct problem {
    int number;
    size_t most; /* elements of a block */
    blocks out, in;
} problem;

static size_t draw(uint64_t stream, int number, int i)
{
    return tern_random(SEED, stream, (uint64_t)number * 100000 + (uint64_t)i);
}

/* Elements from `source` to `dest`: any rank can tell. */
static size_t count_of(const problem *p, int source, int dest)
{
    size_t random = draw(0, p->number, source * size + dest);

    return random % 3 == 0 ? 0 : (random >> 8) % (p->most + 1);
}

static void place(blocks *b, int number, bool gaps)
{
    size_t at = 0;

    for (int i = 0; i < size; i++) {
        int r = gaps ? (i * 5 + number) % size : i; /* 5: a permutation at the tested sizes */
        if (size % 5 == 0)
            r = i;
        at += gaps ? draw(1, number, r) % 4 : 0;
        b->at[r] = at;
        b->int_at[r] = (int)at;
        b->int_count[r] = (int)b->count[r];
        at += b->count[r];
    }
    b->elements = at;
}

static void *some(size_t n, size_t width)
{
    void *p = calloc(n > 0 ? n : 1, width);

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static problem make(int number, size_t most, bool gaps)
{
    problem p = {.number = number, .most = most};

    for (blocks *b = &p.out; b != NULL; b = b == &p.out ? &p.in : NULL) {
        size_t n = (size_t)size;
        b->count = some(n, sizeof(size_t));
        b->at = some(n, sizeof(size_t));
        b->int_count = some(n, sizeof(int));
        b->int_at = some(n, sizeof(int));
    }
    for (int r = 0; r < size; r++) {
        p.out.count[r] = count_of(&p, rank, r);
        p.in.count[r] = count_of(&p, r, rank);
    }
    place(&p.out, number, gaps);
    place(&p.in, number + 1, gaps);
    return p;
}

static void drop(problem *p)
{
    for (blocks *b = &p->out; b != NULL; b = b == &p->out ? &p->in : NULL) {
        free(b->count);
        free(b->at);
        free(b->int_count);
        free(b->int_at);
    }
}

/* The bytes of `n` elements, all from one random stream. */
static unsigned char *content(size_t bytes, int number)
{
    unsigned char *p = some(bytes, 1);

    for (size_t i = 0; i < bytes; i++)
        p[i] = (unsigned char)(tern_mix(i + ((uint64_t)rank << 32)) + (unsigned)number);
    return p;
}

/* Exchange by `options` and by MPI; `displs`: name the displacements, or leave them out. */
static void compare(const problem *p, MPI_Datatype type, const tern_alltoall_options *options,
                    bool displs)
{
    MPI_Aint lb, extent;

    MPI_Type_get_extent(type, &lb, &extent);
    size_t width = (size_t)extent, bytes = p->in.elements * width;
    unsigned char *out = content(p->out.elements * width, p->number);
    unsigned char *ours = some(bytes, 1), *theirs = some(bytes, 1);
    memset(ours, UNTOUCHED, bytes);
    memset(theirs, UNTOUCHED, bytes);
    MPI_Alltoallv(out, p->out.int_count, p->out.int_at, type, theirs, p->in.int_count, p->in.int_at,
                  type, MPI_COMM_WORLD);
    OK(tern_alltoallv(c, out, p->out.count, displs ? p->out.at : NULL, ours, p->in.count,
                      displs ? p->in.at : NULL, type, options));
    CU_ASSERT_EQUAL(memcmp(ours, theirs, bytes), 0);
    free(out);
    free(ours);
    free(theirs);
}

static void all_schedules(size_t most, MPI_Datatype type, bool gaps)
{
    for (int number = 0; number < 3; number++) {
        problem p = make(number, most, gaps);
        const char *name;
        compare(&p, type, NULL, gaps);
        for (int i = 0; (name = tern_alltoall_name(i)) != NULL; i++)
            for (int group = 0; group < (strcmp(name, "node") == 0 ? 4 : 1); group++)
                compare(&p, type, &(tern_alltoall_options){name, group}, gaps);
        drop(&p);
    }
}

static void short_blocks(void)
{
    all_schedules(9, MPI_INT, true);
}

static void blocks_in_a_row(void)
{
    all_schedules(1000, MPI_SHORT, false);
}

static void long_blocks(void)
{
    all_schedules(40000, MPI_DOUBLE, true);
}

static void no_blocks(void)
{
    all_schedules(0, MPI_DOUBLE, true);
}

/* Elements with gaps between their bytes, which must stay as they are at the receiver. */
static void type_with_gaps(void)
{
    MPI_Datatype vector;

    MPI_Type_vector(3, 1, 2, MPI_INT, &vector);
    MPI_Type_commit(&vector);
    all_schedules(50, vector, true);
    MPI_Type_free(&vector);
}

/* Elements that overlap in memory when they lie side by side. */
static void type_with_short_extent(void)
{
    MPI_Datatype vector, interleaved;

    MPI_Type_vector(3, 1, 20, MPI_CHAR, &vector);
    MPI_Type_create_resized(vector, 0, 1, &interleaved);
    MPI_Type_commit(&interleaved);
    problem p = make(5, 10, false);
    size_t bytes = p.in.elements + 41;
    unsigned char *out = content(p.out.elements + 41, 5);
    unsigned char *ours = some(bytes, 1), *theirs = some(bytes, 1);
    MPI_Alltoallv(out, p.out.int_count, p.out.int_at, interleaved, theirs, p.in.int_count,
                  p.in.int_at, interleaved, MPI_COMM_WORLD);
    OK(tern_alltoallv(c, out, p.out.count, NULL, ours, p.in.count, NULL, interleaved,
                      &(tern_alltoall_options){.algorithm = "bruck"}));
    if (p.in.elements <= 20) /* else MPI leaves open which of two blocks is seen */
        CU_ASSERT_EQUAL(memcmp(ours, theirs, bytes), 0);
    free(out);
    free(ours);
    free(theirs);
    drop(&p);
    MPI_Type_free(&vector);
    MPI_Type_free(&interleaved);
}

/* ---- Counts, messages, refusals ------------------------------------------------------------- */

static void counts(void)
{
    problem p = make(11, SIZE_MAX / 4, false);
    size_t *got = some((size_t)size, sizeof(*got));

    OK(tern_alltoall_counts(c, p.out.count, got));
    for (int r = 0; r < size; r++)
        CU_ASSERT_EQUAL(got[r], count_of(&p, r, rank));
    free(got);
    drop(&p);
}

static uint64_t messages_of(const char *name, int group)
{
    tern_coll_stats before, after;
    size_t *count = some((size_t)size, sizeof(*count));
    int *out = some((size_t)size, sizeof(*out)), *in = some((size_t)size, sizeof(*in));

    for (int r = 0; r < size; r++) {
        count[r] = 1;
        out[r] = rank * 1000 + r;
    }
    tern_coll_statistics(c, &before);
    OK(tern_alltoallv(c, out, count, NULL, in, count, NULL, MPI_INT,
                      &(tern_alltoall_options){name, group}));
    tern_coll_statistics(c, &after);
    for (int r = 0; r < size; r++)
        CU_ASSERT_EQUAL(in[r], r * 1000 + rank);
    free(count);
    free(out);
    free(in);
    return after.messages - before.messages;
}

static uint64_t ceil_log2(uint64_t p)
{
    uint64_t n = 0;

    while ((UINT64_C(1) << n) < p)
        n++;
    return n;
}

/* The counts that the header promises. */
static void messages(void)
{
    uint64_t p = (uint64_t)size, side = 1, edge = 1;

    while (side * side < p)
        side++;
    while (edge * edge * edge < p)
        edge++;
    CU_ASSERT_EQUAL(messages_of("direct", 0), p - 1);
    CU_ASSERT_EQUAL(messages_of("pairwise", 0), p - 1);
    CU_ASSERT_EQUAL(messages_of("1-factor", 0), p - 1);
    CU_ASSERT_EQUAL(messages_of("bruck", 0), ceil_log2(p));
    CU_ASSERT(messages_of("grid", 0) <= 2 * (side - 1));
    CU_ASSERT(messages_of("levels", 0) <= 3 * (edge - 1));
    uint64_t node = p < 2 ? p : 2, nodes = (p + 1) / 2;
    CU_ASSERT(messages_of("node", 2) <= 2 * (node - 1) + (nodes + node - 1) / node
              || (p % 2 == 1 && rank == size - 1)); /* alone in the last node */
}

static void refusals(void)
{
    size_t *count = some((size_t)size, sizeof(*count));
    bool last = rank == size - 1;
    int x = 0;

    IS(tern_alltoallv(c, NULL, count, NULL, NULL, count, NULL, MPI_INT,
                      &(tern_alltoall_options){.algorithm = last ? "fast" : NULL}),
       last ? TERN_EINVAL : TERN_EPEER);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "fast"));
    IS(tern_alltoallv(c, NULL, last ? NULL : count, NULL, NULL, count, NULL, MPI_INT, NULL),
       last ? TERN_EINVAL : TERN_EPEER);
    count[0] = last;
    IS(tern_alltoallv(c, NULL, count, NULL, &x, count, NULL, MPI_INT, NULL),
       last ? TERN_EINVAL : TERN_EPEER);
    count[0] = 0;
    if (size > 1)
        IS(tern_alltoallv(c, NULL, count, NULL, NULL, count, NULL, MPI_INT,
                          &(tern_alltoall_options){.algorithm = last ? "grid" : "bruck"}),
           TERN_EMISMATCH);
    OK(tern_alltoallv(c, NULL, count, NULL, NULL, count, NULL, MPI_INT, NULL));
    free(count);
}

/* A receiver that expects more than comes says so, by every schedule, and the next exchange works.
 */
static void expects_too_much(void)
{
    const char *name;
    size_t *out = some((size_t)size, sizeof(*out)), *in = some((size_t)size, sizeof(*in));
    int *buf = some((size_t)size * 2, sizeof(*buf)), *got = some((size_t)size * 2, sizeof(*got));

    for (int r = 0; r < size; r++)
        out[r] = in[r] = 1;
    in[0] += rank == size - 1;
    for (int i = 0; (name = tern_alltoall_name(i)) != NULL; i++) {
        int error = tern_alltoallv(c, buf, out, NULL, got, in, NULL, MPI_INT,
                                   &(tern_alltoall_options){.algorithm = name, .group = 2});
        CU_ASSERT_EQUAL(error, rank == size - 1 ? TERN_EMISMATCH : TERN_OK);
        messages_of(name, 2);
    }
    free(out);
    free(in);
    free(buf);
    free(got);
}

/* The last rank runs out of memory, at any of its allocations and from then on: all learn it, by
 * every schedule of several hops, and the next exchange works. */
static void out_of_memory(void)
{
    enum { BLOCK = 30000 };
    static const char *const relays[] = {"bruck", "grid", "levels", "node"};
    bool last = rank == size - 1;
    size_t *count = some((size_t)size, sizeof(*count));
    int *out = some((size_t)size * BLOCK, sizeof(*out)),
        *in = some((size_t)size * BLOCK, sizeof(*in));

    for (int r = 0; r < size; r++)
        count[r] = BLOCK;
    for (int i = 0; i < 4; i++) {
        int met = 1;
        for (int nth = 0; met && nth < 20; nth++) {
            fault_at(last ? nth : -1);
            int error = tern_alltoallv(c, out, count, NULL, in, count, NULL, MPI_INT,
                                       &(tern_alltoall_options){relays[i], 2});
            met = fault_met();
            fault_at(-1);
            OK(tern_bcast(c, &met, 1, MPI_INT, size - 1));
            CU_ASSERT_EQUAL(error, !met ? TERN_OK : last ? TERN_ENOMEM : TERN_EPEER);
            CU_ASSERT(met || nth > 1 || size == 1);
            messages_of(relays[i], 2);
        }
    }
    free(count);
    free(out);
    free(in);
}

/* Two communicators of half the ranks each, one of them in reverse order, and all of them again. */
static void communicators(void)
{
    MPI_Comm half;
    tern_comm *whole = c;
    int ranks = size;

    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half);
    OK(tern_comm_wrap(half, &c));
    MPI_Comm_free(&half);
    size = tern_size(c);
    rank = tern_rank(c);
    messages_of("grid", 0);
    messages_of("node", 0);
    tern_comm_free(c);
    c = whole;
    size = ranks;
    rank = tern_rank(c);
    messages_of("direct", 0);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"short_blocks", short_blocks},
        {"blocks_in_a_row", blocks_in_a_row},
        {"long_blocks", long_blocks},
        {"no_blocks", no_blocks},
        {"type_with_gaps", type_with_gaps},
        {"type_with_short_extent", type_with_short_extent},
        {"counts", counts},
        {"messages", messages},
        {"refusals", refusals},
        {"expects_too_much", expects_too_much},
        {"out_of_memory", out_of_memory},
        {"communicators", communicators},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"alltoall", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
