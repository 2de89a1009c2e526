/* SPDX-License-Identifier: BSD-3-Clause */
/* A random soak.  All ranks draw the same schedule of messages from the same random numbers, so
 * each knows what it sends and what it must get, by whatever call.  No rank can wait for ever:
 *
 *   early messages  their receives are posted before a barrier, so they may be sent in any way
 *   late messages   are sent without waiting, then received one by one */
#include "msg/msg.h"

#include <stdlib.h>
#include <string.h>

#include "support/mpitap.h"

enum { SEED = 20, ROUNDS = 10, EACH = 24, LONGEST = 100000, TAGS = 3, EARLY_TAG = 10 };

typedef struct message {
    int source, dest, tag;
    bool early, taken;
    unsigned char *out, *in;
    tern_req sent, posted;
    size_t bytes;
    uint64_t way; /* random bits that choose the calls of both sides */
    uint64_t id;  /* its content */
} message;

static tern_comm *comms[2], *c;
static int rank, size;
static message *schedule;
static size_t messages; /* of a round */

#define OK(call)     CU_ASSERT_EQUAL_FATAL(call, TERN_OK)
#define IS(call, to) CU_ASSERT_EQUAL_FATAL(call, to)

static int setup(void)
{
    if (tern_comm_wrap(MPI_COMM_WORLD, &comms[0]) || tern_comm_wrap(MPI_COMM_WORLD, &comms[1]))
        return 1;
    rank = tern_rank(comms[0]);
    size = tern_size(comms[0]);
    messages = (size_t)size * EACH;
    schedule = calloc(messages, sizeof(*schedule));
    return schedule == NULL;
}

static int teardown(void)
{
    free(schedule);
    tern_comm_free(comms[1]);
    tern_comm_free(comms[0]);
    return 0;
}

/* Short and long, and around the sizes where a layer changes its mind. */
static size_t draw_bytes(uint64_t random)
{
    static const size_t about[] = {1, 64, 1024, 4096, 8192, 16384, 65536, LONGEST};
    size_t most = about[random % 8];

    switch (random / 8 % 4) {
    case 0: return 0;
    case 1: return most - (random >> 8) % (most < 9 ? most : 9);
    default: return 1 + (random >> 8) % most;
    }
}

static void draw(int round)
{
    for (size_t i = 0; i < messages; i++) {
        message *m = &schedule[i];
        uint64_t id = (uint64_t)round * messages + i, random = tern_random(SEED, 0, id);
        *m = (message){.source = (int)(random % (unsigned)size),
                       .dest = (int)((random >> 16) % (unsigned)size),
                       .early = (random >> 32) % 3 == 0,
                       .tag = (int)((random >> 40) % TAGS),
                       .bytes = draw_bytes(tern_random(SEED, 1, id)),
                       .way = tern_random(SEED, 2, id),
                       .id = id};
        m->tag += m->early ? EARLY_TAG : 0;
    }
}

static unsigned char content(const message *m, size_t at)
{
    return (unsigned char)(m->id * 37 + at + (at >> 8) * 11);
}

static unsigned char *new_buffer(size_t bytes)
{
    unsigned char *buf = malloc(bytes > 0 ? bytes : 1); /* exact: a sanitizer sees one byte more */

    CU_ASSERT_PTR_NOT_NULL_FATAL(buf);
    return buf;
}

static void expect(const message *m, const unsigned char *got, const tern_status *s)
{
    size_t wrong = 0;

    CU_ASSERT_EQUAL(s->source, m->source);
    CU_ASSERT_EQUAL(s->tag, m->tag);
    CU_ASSERT_EQUAL_FATAL(s->bytes, m->bytes);
    for (size_t i = 0; i < m->bytes; i++)
        wrong += got[i] != content(m, i);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void post_early(message *m)
{
    m->in = new_buffer(m->bytes);
    if (m->way % 2 == 0) {
        OK(tern_irecv(c, m->in, m->bytes, MPI_BYTE, m->source, m->tag, &m->posted));
        return;
    }
    OK(tern_recv_init(c, m->in, m->bytes, MPI_BYTE, m->source, m->tag, &m->posted));
    OK(tern_start(&m->posted));
}

/* Early: every call there is.  Late: those that do not wait. */
static void send(message *m)
{
    tern_mode mode = (tern_mode)(m->way / 2 % TERN_MODES);
    uint64_t call = m->way / 16 % 4;

    m->out = new_buffer(m->bytes);
    for (size_t i = 0; i < m->bytes; i++)
        m->out[i] = content(m, i);
    if (mode == TERN_READY && !m->early)
        mode = TERN_STANDARD;
    if (mode == TERN_BUFFERED && m->bytes > 1024)
        mode = TERN_SYNCHRONOUS;
    if (call == 0 && (m->early || mode == TERN_BUFFERED)) {
        OK(tern_send_mode(c, mode, m->out, m->bytes, MPI_BYTE, m->dest, m->tag, TERN_HERE));
    } else if (call == 1) {
        OK(tern_send_mode_init(c, mode, m->out, m->bytes, MPI_BYTE, m->dest, m->tag, &m->sent,
                               TERN_HERE));
        OK(tern_start(&m->sent));
    } else {
        OK(tern_isend_mode(c, mode, m->out, m->bytes, MPI_BYTE, m->dest, m->tag, &m->sent,
                           TERN_HERE));
    }
}

/* The oldest late message to us that is still to come, from `source` with `tag`. */
static message *next(int source, int tag)
{
    for (size_t i = 0; i < messages; i++) {
        message *m = &schedule[i];
        if (m->dest == rank && !m->early && !m->taken
            && (source == MPI_ANY_SOURCE || source == m->source)
            && (tag == MPI_ANY_TAG || tag == m->tag))
            return m;
    }
    return NULL;
}

/* Receive what matches, by one of the calls, into new memory of `got`. */
static void take(uint64_t call, size_t room, int source, int tag, void **got, tern_status *s)
{
    tern_req req;
    size_t n = 0;
    int error;

    if (call == 0) {
        OK(tern_recv_alloc(c, got, &n, MPI_BYTE, source, tag, s));
        CU_ASSERT_EQUAL(n, s->bytes);
        return;
    }
    if (call == 1) {
        OK(tern_probe(c, source, tag, s));
        room = s->bytes;
        source = s->source;
        tag = s->tag;
    }
    *got = tern_alloc(room);
    if (call == 2) {
        OK(tern_irecv(c, *got, room, MPI_BYTE, source, tag, &req));
        OK(tern_wait(&req, s, TERN_FOREVER));
    } else if (call == 3) {
        do
            error = tern_recv_until(c, *got, room, MPI_BYTE, source, tag, s, TERN_NOW);
        while (error == TERN_ETIMEDOUT);
        OK(error);
    } else {
        OK(tern_recv(c, *got, room, MPI_BYTE, source, tag, s));
    }
}

/* Messages of one source and tag arrive in order, whatever stands between them. */
static void receive_next(message *first, uint64_t random)
{
    bool any_source = random % 4 == 0, any_tag = random / 4 % 4 == 0;
    int source = any_source ? MPI_ANY_SOURCE : first->source;
    int tag = any_tag ? MPI_ANY_TAG : first->tag;
    size_t room = any_source || any_tag || random / 16 % 2 ? LONGEST : first->bytes;
    tern_status s;
    void *got = NULL;

    if (random / 32 % 4 == 0 && first->bytes > 0) {
        size_t small = (random >> 16) % first->bytes;
        unsigned char *buf = new_buffer(small);
        IS(tern_recv(c, buf, small, MPI_BYTE, first->source, first->tag, &s), TERN_ETRUNC);
        CU_ASSERT_EQUAL(s.bytes, first->bytes);
        free(buf);
    }
    take(random / 128 % 6, room, source, tag, &got, &s);
    message *m = next(s.source, s.tag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    expect(m, got, &s);
    tern_free(got);
    m->taken = true;
}

static void end_message(message *m)
{
    tern_status s;

    if (m->source == rank) {
        OK(tern_wait(&m->sent, NULL, TERN_FOREVER));
        OK(tern_req_free(&m->sent));
        free(m->out);
    }
    if (m->dest == rank && m->early) {
        OK(tern_wait(&m->posted, &s, TERN_FOREVER));
        expect(m, m->in, &s);
        OK(tern_req_free(&m->posted));
        free(m->in);
    }
}

static void soak(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t step = 0;
        message *m;
        c = comms[round % 2];
        draw(round);
        for (size_t i = 0; i < messages; i++)
            if (schedule[i].early && schedule[i].dest == rank)
                post_early(&schedule[i]);
        OK(tern_barrier(c));
        for (size_t i = 0; i < messages; i++)
            if (schedule[i].source == rank)
                send(&schedule[i]);
        while ((m = next(MPI_ANY_SOURCE, MPI_ANY_TAG)) != NULL)
            receive_next(
                m, tern_random(SEED, 3 + (unsigned)rank, (uint64_t)round * messages + step++));
        for (size_t i = 0; i < messages; i++)
            end_message(&schedule[i]);
        IS(tern_probe_until(c, MPI_ANY_SOURCE, MPI_ANY_TAG, NULL, TERN_NOW), TERN_ETIMEDOUT);
        OK(tern_barrier(c));
    }
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"soak", soak},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"msg", setup, teardown, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
