/* SPDX-License-Identifier: BSD-3-Clause */
/* All-to-all of bytes with 64-bit counts: every pair that has something to say talks directly, each
 * rank beginning with its right neighbour so that no receiver is met by all at once.  p - 1
 * messages a rank at most, n/p words. */
#include "config.h"

#include "sort/keys.h"

#include <stdlib.h>
#include <string.h>

enum { TAG = 1 };

int64_t tern__share(int64_t total, int p, int r)
{
    return total / p + (r < total % p);
}

int64_t tern__share_begin(int64_t total, int p, int r)
{
    return total / p * r + (r < total % p ? r : total % p);
}

int tern__exchange_counts(tern_comm *c, const int64_t *cut, int64_t *from)
{
    int p = tern_size(c);
    MPI_Request request;
    int64_t *count = malloc((size_t)p * sizeof(*count));
    int error =
        count != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %d counts", p);

    error = tern_agree(c, error);
    if (!error) {
        for (int r = 0; r < p; r++)
            count[r] = cut[r + 1] - cut[r];
        MPI_Ialltoall(count, 1, MPI_INT64_T, from + 1, 1, MPI_INT64_T, tern_comm_raw(c), &request);
        error = tern_wait_mpi(c, &request, "alltoall", TERN_FOREVER);
        from[0] = 0;
        for (int r = 0; r < p; r++)
            from[r + 1] += from[r];
    }
    free(count);
    return error;
}

typedef struct transfer {
    tern_comm *c;
    size_t width;
    const char *send;
    const int64_t *cut;
    char *receive;
    const int64_t *from;
    tern_req *reqs; /* room for two of each rank */
    size_t started;
} transfer;

static int start_receives(transfer *t)
{
    int p = tern_size(t->c), me = tern_rank(t->c), error = TERN_OK;

    for (int i = 1; i < p && !error; i++) {
        int r = (me + p - i) % p;
        int64_t n = t->from[r + 1] - t->from[r];
        if (n > 0)
            error = tern_irecv(t->c, t->receive + (size_t)t->from[r] * t->width,
                               (size_t)n * t->width, MPI_BYTE, r, TAG, &t->reqs[t->started++]);
    }
    return error;
}

static int start_sends(transfer *t)
{
    int p = tern_size(t->c), me = tern_rank(t->c), error = TERN_OK;

    for (int i = 1; i < p && !error; i++) {
        int r = (me + i) % p;
        int64_t n = t->cut[r + 1] - t->cut[r];
        if (n > 0)
            error = tern_isend(t->c, t->send + (size_t)t->cut[r] * t->width, (size_t)n * t->width,
                               MPI_BYTE, r, TAG, &t->reqs[t->started++]);
    }
    return error;
}

static void copy_own(const transfer *t)
{
    int me = tern_rank(t->c);
    size_t n = (size_t)(t->cut[me + 1] - t->cut[me]);

    if (n > 0)
        memcpy(t->receive + (size_t)t->from[me] * t->width, t->send + (size_t)t->cut[me] * t->width,
               n * t->width);
}

int tern__exchange(tern_comm *c, size_t width, const void *send, const int64_t *cut, void *receive,
                   const int64_t *from)
{
    transfer t = {c, width, send, cut, receive, from, NULL, 0};
    size_t most = 2 * (size_t)tern_size(c);
    int error = TERN_OK;

    t.reqs = malloc(most * sizeof(*t.reqs));
    if (t.reqs == NULL)
        error = tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for %zu requests", most);
    error = tern_agree(c, error);
    if (!error)
        error = start_receives(&t);
    if (!error)
        error = start_sends(&t);
    if (!error) {
        copy_own(&t);
        error = tern_waitall(t.started, t.reqs, NULL, TERN_FOREVER);
    }
    free(t.reqs);
    return error;
}
