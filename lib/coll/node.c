/* SPDX-License-Identifier: BSD-3-Clause */
/* Node by node in three hops: in a node of s ranks the l-th collects what the node has for nodes l,
 * l
 * + s, l + 2 s ...; it sends each of them one message, to the rank there whose turn it is; that
 * rank deals it out.  Two nodes exchange one message instead of s^2, and all ranks of a node share
 * the work, as in the multi-leader allgather of Kandalla et al. (IPDPSW 2009). */
#include "config.h"

#include "coll/coll_private.h"

struct nodes {
    int n;
    int *of;     /* [rank], its node; nodes are numbered by their lowest rank */
    int *begin;  /* [node], where its ranks begin in member[]; n + 1 */
    int *member; /* ranks, ascending in each node */
    int mine;    /* the caller's node ... */
    int local;   /* ... and its place there */
};

static int members(const struct nodes *s, int node)
{
    return s->begin[node + 1] - s->begin[node];
}

/* The rank of `node` that has to do with node `other`. */
static int agent(const struct nodes *s, int node, int other)
{
    return s->member[s->begin[node] + other % members(s, node)];
}

/* Rank `k` places to the right in the caller's node. */
static int neighbour(const struct nodes *s, int k)
{
    int n = members(s, s->mine);

    return s->member[s->begin[s->mine] + ((s->local + k) % n + n) % n];
}

/* Whether the caller has to do with the node `k` places to the right; who it talks to there. */
static bool is_agent(const struct nodes *s, int k, int *peer)
{
    int node = ((s->mine + k) % s->n + s->n) % s->n;

    *peer = agent(s, node, s->mine);
    return node % members(s, s->mine) == s->local;
}

/* Each begins with its right neighbour and hears its left one first, lest all wait for one. */
static void peers(const struct exchange *x, void *state, int i, struct hop *hop)
{
    const struct nodes *s = state;
    int peer;

    (void)x;
    hop->to_n = hop->from_n = 0;
    for (int k = 1; i == 1 && k < s->n; k++) {
        if (is_agent(s, k, &peer))
            hop->to[hop->to_n++] = peer;
        if (is_agent(s, -k, &peer)) /* who sends to an agent is its agent */
            hop->from[hop->from_n++] = peer;
    }
    for (int k = 1; i != 1 && k < members(s, s->mine); k++) {
        hop->to[hop->to_n++] = neighbour(s, k);
        hop->from[hop->from_n++] = neighbour(s, -k);
    }
}

static int next(const struct exchange *x, void *state, int i, int dest)
{
    const struct nodes *s = state;
    int node = s->of[dest];

    (void)x;
    if (node == s->mine)
        return dest;
    return i == 0 ? agent(s, s->mine, node) : agent(s, node, s->mine);
}

/* The lowest rank of the node of each rank. */
static int find_lowest(struct exchange *x, int *lowest)
{
    int mine = x->rank;

    if (x->group > 0) {
        for (int r = 0; r < x->size; r++)
            lowest[r] = r / x->group * x->group;
        return TERN_OK;
    }
    MPI_Request request;
    if (MPI_Ibcast(&mine, 1, MPI_INT, 0, tern_comm_node(x->c), &request))
        return tern_fail(TERN_EMPI, x->where, "bcast in a node failed");
    x->coll->stats.syncs += 2;
    int error = tern_wait_mpi_at(x->c, &request, "bcast in a node", TERN_FOREVER, x->where);
    return error ? error : tern_allgather_at(x->c, &mine, lowest, 1, MPI_INT, x->where);
}

/* From the lowest rank of each rank's node, in s->of, to all the tables; by counting. */
static void number(const struct exchange *x, struct nodes *s)
{
    int p = x->size;

    for (int node = 0; node <= p; node++)
        s->begin[node] = 0;
    for (int r = 0; r < p; r++) /* a lowest rank comes before the others of its node */
        s->of[r] = s->of[r] == r ? s->n++ : s->of[s->of[r]];
    for (int r = 0; r < p; r++)
        s->begin[s->of[r] + 1]++;
    for (int node = 0; node < s->n; node++)
        s->begin[node + 1] += s->begin[node];
    for (int r = p; r-- > 0;) /* begin[node + 1] counts down to begin[node] */
        s->member[--s->begin[s->of[r] + 1]] = r;
    for (int node = 0; node < s->n; node++)
        s->begin[node] = s->begin[node + 1];
    s->begin[s->n] = p;
    s->mine = s->of[x->rank];
    while (s->member[s->begin[s->mine] + s->local] != x->rank)
        s->local++;
}

int tern__node(struct exchange *x)
{
    size_t p = (size_t)x->size;
    struct nodes s = {.of = tern__scratch(x, p * sizeof(int)),
                      .member = tern__scratch(x, p * sizeof(int)),
                      .begin = tern__scratch(x, (p + 1) * sizeof(int))};
    int error = find_lowest(x, s.of);

    if (error)
        return error;
    number(x, &s);
    return tern__relay(x, &(struct route){3, &s, peers, next});
}
