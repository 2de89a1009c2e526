/* SPDX-License-Identifier: BSD-3-Clause */
/* How non-blocking and persistent operations end: waits and tests for one, all, any, some. */
#include "config.h"

#include "msg/msg_private.h"

/* One look at one request. */
struct look {
    tern_req *req;
    MPI_Status mpi;
    int error; /* MPI's, of the operation itself: it is complete, but not well */
};

static int poll_one(void *state, int *done)
{
    struct look *l = state;
    int class;

    if (!(l->req->flags & TERN__ACTIVE) || l->req->flags & TERN__KEPT) {
        *done = 1;
        return MPI_SUCCESS;
    }
    int error = MPI_Test(&l->req->mpi, done, &l->mpi); /* hot */
    if (error == MPI_SUCCESS)
        return MPI_SUCCESS;
    l->error = error;
    *done = 1;
    return MPI_Error_class(error, &class); /* reported by conclude() */
}

/* The outcome of a complete request, which becomes inactive. */
static int conclude(struct look *l, tern_status *status, const char *where) /* hot */
{
    tern_req *r = l->req;
    unsigned flags = r->flags;
    int cancelled = 0;

    r->flags &= TERN__PERSISTENT | TERN__RECEIVE;
    if (!(flags & TERN__ACTIVE)) {
        if (status != NULL)
            *status = (tern_status){MPI_ANY_SOURCE, MPI_ANY_TAG, 0};
        return TERN_OK;
    }
    if (!(flags & TERN__RECEIVE) || flags & TERN__KEPT) {
        if (status != NULL)
            *status = (tern_status){r->peer, r->tag, r->bytes};
    } else if (r->peer == MPI_PROC_NULL) { /* MPICH 4.0.2 does not say so */
        if (status != NULL)
            *status = (tern_status){MPI_PROC_NULL, MPI_ANY_TAG, 0};
    } else {
        tern__status(&l->mpi, status);
    }
    if (l->error != MPI_SUCCESS) {
        struct tern__wait op = tern__operation(r, where);
        int class = MPI_SUCCESS;
        MPI_Error_class(l->error, &class);
        if (class != MPI_ERR_TRUNCATE)
            return tern__mpi_fail(&op, l->error);
        return tern_fail(TERN_ETRUNC, r->where,
                         "%s from rank %d, tag %d: the message is longer than the buffer of %zu "
                         "bytes and was cut; tern_recv() would have kept it",
                         r->what, r->peer, r->tag, r->bytes);
    }
    if (flags & TERN__CANCELLED && !(flags & TERN__KEPT))
        MPI_Test_cancelled(&l->mpi, &cancelled);
    return cancelled ? tern_fail(TERN_ECANCELED, where, "%s was cancelled", r->what) : TERN_OK;
}

int tern_wait_at(tern_req *req, tern_status *status, tern_deadline deadline, const char *where)
{
    struct look l = {.req = req};

    if (!(req->flags & TERN__ACTIVE))
        return conclude(&l, status, where);
    struct tern__wait op = tern__operation(req, where);
    int error = tern__wait(&op, poll_one, &l, deadline);
    if (error == TERN_ETIMEDOUT)
        return tern__late(&op);
    return error ? error : conclude(&l, status, where);
}

/* MPI makes progress on all requests whichever is tested, so one after the other is as good as all
 * at once. */
int tern_waitall_at(size_t n, tern_req *reqs, tern_status *statuses, tern_deadline deadline,
                    const char *where)
{
    int first = TERN_OK;

    for (size_t i = 0; i < n; i++) {
        if (!(reqs[i].flags & TERN__ACTIVE)) /* perhaps concluded in a wait that was late */
            continue;
        int error = tern_wait_at(&reqs[i], statuses != NULL ? &statuses[i] : NULL, deadline, where);
        if (error == TERN_ETIMEDOUT)
            return error;
        if (first == TERN_OK)
            first = error;
    }
    return first;
}

/* Look at all active requests, concluding those complete, up to `most` of them. */
struct sweep {
    tern_req *reqs;
    size_t n, most, active;
    size_t done, *indices;
    tern_status *statuses;
    const char *where;
    int error; /* of the first that failed */
};

static int poll_sweep(void *state, int *done)
{
    struct sweep *s = state;

    s->active = 0;
    for (size_t i = 0; i < s->n && s->done < s->most; i++) {
        struct look l = {.req = &s->reqs[i]};
        int complete = 0;
        if (!(l.req->flags & TERN__ACTIVE))
            continue;
        s->active++;
        poll_one(&l, &complete);
        if (!complete)
            continue;
        int error = conclude(&l, s->statuses != NULL ? &s->statuses[s->done] : NULL, s->where);
        if (s->error == TERN_OK)
            s->error = error;
        s->indices[s->done++] = i;
    }
    *done = s->done > 0 || s->active == 0;
    return MPI_SUCCESS;
}

/* The request to name in a report: the first that is active. */
static struct tern__wait first_active(size_t n, tern_req *reqs, const char *where)
{
    for (size_t i = 0; i < n; i++)
        if (reqs[i].flags & TERN__ACTIVE)
            return tern__operation(&reqs[i], where);
    return (struct tern__wait){0};
}

static int sweep(struct sweep *s, tern_deadline deadline)
{
    struct tern__wait op = first_active(s->n, s->reqs, s->where);

    if (op.comm == NULL)
        return TERN_OK;
    int error = tern__wait(&op, poll_sweep, s, deadline);
    if (error == TERN_ETIMEDOUT)
        return deadline == TERN_NOW ? TERN_ETIMEDOUT : tern__late(&op);
    return error ? error : s->error;
}

int tern_waitsome_at(size_t n, tern_req *reqs, size_t *done, size_t *indices, tern_status *statuses,
                     tern_deadline deadline, const char *where)
{
    struct sweep s = {
        .reqs = reqs, .n = n, .most = n, .indices = indices, .statuses = statuses, .where = where};
    int error = sweep(&s, deadline);

    *done = s.done;
    return error;
}

int tern_waitany_at(size_t n, tern_req *reqs, size_t *index, tern_status *status,
                    tern_deadline deadline, const char *where)
{
    size_t i = n;
    struct sweep s = {
        .reqs = reqs, .n = n, .most = 1, .indices = &i, .statuses = status, .where = where};
    int error = sweep(&s, deadline);

    *index = i;
    return error;
}

static int not_yet(int error)
{
    return error == TERN_ETIMEDOUT ? TERN_EAGAIN : error;
}

int tern_test(tern_req *req, tern_status *status)
{
    struct look l = {.req = req};
    int done = 0;

    poll_one(&l, &done);
    return done ? conclude(&l, status, req->where) : TERN_EAGAIN;
}

int tern_testall(size_t n, tern_req *reqs, tern_status *statuses)
{
    int first = TERN_OK;
    bool all = true;

    for (size_t i = 0; i < n; i++) {
        if (!(reqs[i].flags & TERN__ACTIVE))
            continue;
        int error = tern_test(&reqs[i], statuses != NULL ? &statuses[i] : NULL);
        if (error == TERN_EAGAIN)
            all = false;
        else if (first == TERN_OK)
            first = error;
    }
    return first != TERN_OK || all ? first : TERN_EAGAIN;
}

int tern_testany(size_t n, tern_req *reqs, size_t *index, tern_status *status)
{
    return not_yet(tern_waitany_at(n, reqs, index, status, TERN_NOW, NULL));
}

int tern_testsome(size_t n, tern_req *reqs, size_t *done, size_t *indices, tern_status *statuses)
{
    return not_yet(tern_waitsome_at(n, reqs, done, indices, statuses, TERN_NOW, NULL));
}
