/* SPDX-License-Identifier: BSD-3-Clause */
/* Which rank gets which block, so that the blocks of a node lie together.
 *
 * The blocks are strung on a line that runs along one dimension through a strip, so many blocks
 * wide along the two others, then through the next strip; every node takes as many from the line as
 * it has ranks.  A strip of the right width cuts the line into bricks.  All widths and directions
 * are tried; taken is the one with the least traffic between nodes.  It also serves where nodes
 * have different numbers of ranks. */
#include "config.h"

#include "grid/grid.h"

#include <stdlib.h>
#include <string.h>

/* A message and an element of it, in units of split.c.  Strides do not matter to a network. */
static const double message_cost = 800, element_cost = 8;

/* A way to string the blocks: along dimension `along`, in strips of width[] along the others. */
struct line {
    int along;
    int width[TERN_GRID_DIMS]; /* that of `along` is 1 */
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The blocks of one strip, from corner[] on; returns the next place in `order`. */
static int *string_strip(const tern_grid *g, const struct line *l, const int *corner, int *order)
{
    int a = l->along, b = a == 0 ? 1 : 0, c = a == 2 ? 1 : 2, at[TERN_GRID_DIMS];
    int b_end = least(corner[b] + l->width[b], g->parts[b]);
    int c_end = least(corner[c] + l->width[c], g->parts[c]);

    for (at[a] = 0; at[a] < g->parts[a]; at[a]++)
        for (at[c] = corner[c]; at[c] < c_end; at[c]++)
            for (at[b] = corner[b]; at[b] < b_end; at[b]++)
                *order++ = at[0] + g->parts[0] * (at[1] + g->parts[1] * at[2]);
    return order;
}

static void string_all(const tern_grid *g, const struct line *l, int *order)
{
    int b = l->along == 0 ? 1 : 0, c = l->along == 2 ? 1 : 2, corner[TERN_GRID_DIMS] = {0};

    for (corner[c] = 0; corner[c] < g->parts[c]; corner[c] += l->width[c])
        for (corner[b] = 0; corner[b] < g->parts[b]; corner[b] += l->width[b])
            order = string_strip(g, l, corner, order);
}

/* What crosses between nodes in one exchange, each way once: owner[] tells the node of a block. */
static double traffic(const tern_grid *g, const int *owner)
{
    double sum = 0, face[TERN_GRID_DIMS];
    int64_t stride = 1;

    for (int d = 0; d < TERN_GRID_DIMS; d++) {
        face[d] = element_cost;
        for (int e = 0; e < TERN_GRID_DIMS; e++)
            face[d] *= e == d ? 1 : (double)g->size[e] / g->parts[e];
        face[d] += message_cost;
    }
    for (int d = 0; d < TERN_GRID_DIMS; stride *= g->parts[d], d++)
        for (int64_t i = 0; i < g->ranks; i++) {
            int64_t at = i / stride % g->parts[d];
            bool last = at + 1 == g->parts[d];
            if (g->parts[d] == 1 || (last && !g->periodic[d]))
                continue;
            int64_t next = last ? i - at * stride : i + stride;
            sum += owner[i] != owner[next] ? face[d] : 0;
        }
    return sum;
}

struct search {
    const tern_grid *g;
    const int *ranks; /* node by node */
    const int *node;
    int *order, *owner, *best;
    double cost;
};

/* Give the blocks in their order to the ranks node by node, and keep the order if it is better. */
static void judge(struct search *s)
{
    int n = s->g->ranks;

    for (int i = 0; i < n; i++)
        s->owner[s->order[i]] = s->node[s->ranks[i]];
    double cost = traffic(s->g, s->owner);
    if (s->cost >= 0 && cost >= s->cost)
        return;
    s->cost = cost;
    memcpy(s->best, s->order, (size_t)n * sizeof(*s->best));
}

/* No strip need be wider than the largest node has ranks. */
static void try_all(struct search *s, int most)
{
    const tern_grid *g = s->g;

    for (int along = TERN_GRID_DIMS - 1; along >= 0; along--) {
        int b = along == 0 ? 1 : 0, c = along == 2 ? 1 : 2;
        struct line l = {.along = along, .width = {1, 1, 1}};
        if (g->parts[along] == 1 && along != 0)
            continue;
        for (l.width[c] = 1; l.width[c] <= least(most, g->parts[c]); l.width[c]++)
            for (l.width[b] = 1; l.width[b] <= least(most / l.width[c], g->parts[b]);
                 l.width[b]++) {
                string_all(g, &l, s->order);
                judge(s);
            }
    }
}

/* Ranks sorted by node, the nodes by their lowest rank; returns how many the largest has. */
static int sort_ranks(const int *node, int n, int *ranks, int *done)
{
    int filled = 0, most = 0;

    for (int first = 0; first < n; first++) {
        int begin = filled;
        for (int r = first; r < n && !done[first]; r++)
            if (node[r] == node[first])
                ranks[filled++] = r;
        for (int i = begin; i < filled; i++)
            done[ranks[i]] = 1;
        most = filled - begin > most ? filled - begin : most;
    }
    return most;
}

int tern_grid_order(const tern_grid *g, const int *node, int *block)
{
    size_t n = (size_t)g->ranks;
    int *memory = calloc(4 * n, sizeof(*memory));

    if (memory == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory to order %d ranks", g->ranks);
    struct search s = {
        .g = g,
        .ranks = memory,
        .node = node,
        .order = memory + n,
        .owner = memory + 2 * n,
        .best = memory + 3 * n,
        .cost = -1,
    };
    try_all(&s, sort_ranks(node, g->ranks, memory, s.owner));
    for (size_t i = 0; i < n; i++)
        block[s.ranks[i]] = s.best[i];
    free(memory);
    return TERN_OK;
}

/* ---- The communicator ------------------------------------------------------------------------ */

/* The node of each rank, named by the lowest rank on it. */
static int find_nodes(tern_comm *c, int *node)
{
    int mine = tern_rank(c), lowest = mine;
    MPI_Request request;

    if (MPI_Iallreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, tern_comm_node(c), &request)
        != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Iallreduce failed");
    int error = tern_wait_mpi(c, &request, "iallreduce", TERN_FOREVER);
    return error < 0 ? error : tern_allgather(c, &lowest, node, 1, MPI_INT);
}

int tern_grid_comm(tern_comm *c, const tern_grid *g, tern_comm **out)
{
    int *node = calloc(2 * (size_t)tern_size(c), sizeof(*node)); /* and the block */
    int error = TERN_OK;
    MPI_Comm ordered;

    if (g->ranks != tern_size(c))
        error = tern_fail(TERN_EINVAL, NULL, "the grid is cut for %d ranks, but there are %d",
                          g->ranks, tern_size(c));
    else if (node == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory to order %d ranks", g->ranks);
    error = tern_agree(c, error);
    if (error >= 0)
        error = find_nodes(c, node);
    if (error >= 0)
        error = tern_agree(c, tern_grid_order(g, node, node + tern_size(c)));
    if (error >= 0
        && MPI_Comm_split(tern_comm_raw(c), 0, node[tern_size(c) + tern_rank(c)], &ordered)
               != MPI_SUCCESS)
        error = tern_fail(TERN_EMPI, NULL, "MPI_Comm_split failed");
    free(node);
    if (error < 0)
        return error;
    error = tern_comm_wrap(ordered, out);
    MPI_Comm_free(&ordered);
    return error;
}
