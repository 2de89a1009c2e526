/* SPDX-License-Identifier: BSD-3-Clause */
/* All messages at once, each rank beginning with its right neighbour so that no receiver is met by
 * all.  At most p - 1 messages and 2 (p - 1) requests a rank, n/p words. */
#include "config.h"

#include "coll/coll_private.h"

struct transfer {
    tern_req *req;
    tern_status *status;
    int *from; /* the source of a receive, -1 of a send */
    size_t n;
};

static int start(struct exchange *x, struct transfer *t)
{
    int p = x->size, me = x->rank, error = TERN_OK;

    for (int i = 1; i < p && !error; i++) {
        int r = (me + p - i) % p;
        if (x->in.count[r] > 0) {
            error = tern__recv_block(x, r, &t->req[t->n]);
            t->from[t->n++] = r;
        }
    }
    for (int i = 1; i < p && !error; i++) {
        int r = (me + i) % p;
        if (x->out.count[r] > 0) {
            error = tern__send_block(x, r, &t->req[t->n]);
            t->from[t->n++] = -1;
        }
    }
    return error;
}

static int finish(const struct exchange *x, const struct transfer *t)
{
    int error = tern_waitall_at(t->n, t->req, t->status, TERN_FOREVER, x->where);

    for (size_t i = 0; i < t->n && !error; i++)
        if (t->from[i] >= 0)
            error = tern__check_block(x, t->from[i], t->status[i].bytes);
    return error;
}

int tern__direct(struct exchange *x)
{
    size_t most = 2 * (size_t)x->size;
    struct transfer t = {tern__scratch(x, most * sizeof(*t.req)),
                         tern__scratch(x, most * sizeof(*t.status)),
                         tern__scratch(x, most * sizeof(*t.from)), 0};
    int error = start(x, &t);

    if (error)
        return error;
    int own = tern__copy_own(x);
    error = finish(x, &t);
    return error ? error : own;
}
