/* SPDX-License-Identifier: BSD-3-Clause */
/* The one place where a rank of Tern waits. */
#include "config.h"

#include "msg/msg_private.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* ---- Chores ---------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static tern_chore *_Atomic chores;

void tern_chore_add(tern_chore *chore)
{
    pthread_mutex_lock(&lock);
    chore->next = atomic_load(&chores);
    atomic_store(&chores, chore);
    pthread_mutex_unlock(&lock);
}

void tern_chore_remove(tern_chore *chore)
{
    pthread_mutex_lock(&lock);
    tern_chore *next = atomic_load(&chores);
    if (next == chore) {
        atomic_store(&chores, chore->next);
    } else {
        while (next->next != chore)
            next = next->next;
        next->next = chore->next;
    }
    pthread_mutex_unlock(&lock);
}

/* By one thread at a time, which does not come back here: chores do not wait. */
void tern_chores_run(void)
{
    if (pthread_mutex_trylock(&lock) != 0)
        return;
    for (tern_chore *c = atomic_load(&chores); c != NULL; c = c->next)
        c->run(c->state);
    pthread_mutex_unlock(&lock);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

int tern__wait(const struct tern__wait *wait, tern__poll *poll, void *state, tern_deadline deadline)
{
    enum { LOOKS = 8, CHORES = 64 }; /* a look at the clock costs as much as a poll */
    int spin = wait->comm->spin;
    unsigned polls = 0;

    for (unsigned n = 0;; n++) { /* hot */
        int done = 0;
        int error = poll(state, &done);
        if (error != MPI_SUCCESS)
            return tern__mpi_fail(wait, error);
        if (done)
            return TERN_OK;
        bool yields = spin >= 0 && n >= (unsigned)spin; /* which may take long: be helpful before */
        if ((++polls % CHORES == 0 || yields)
            && atomic_load_explicit(&chores, memory_order_relaxed) != NULL)
            tern_chores_run();
        if (yields) {
            n = (unsigned)spin;
            sched_yield();
        } else if (n % LOOKS != 0) {
            continue;
        }
        if (deadline != TERN_FOREVER && (deadline == TERN_NOW || tern_clock() >= deadline))
            return TERN_ETIMEDOUT;
    }
}

/* "recv from rank 3, tag 7, room for 80 bytes" */
static const char *describe(const struct tern__wait *op, char *text, size_t room)
{
    char peer[32] = "any rank", tag[32] = "any tag";

    if (op->peer == MPI_PROC_NULL && op->tag < 0 && op->bytes == 0)
        return op->what; /* a collective */
    if (op->peer != MPI_ANY_SOURCE)
        snprintf(peer, sizeof(peer), "rank %d", op->peer);
    if (op->tag != MPI_ANY_TAG)
        snprintf(tag, sizeof(tag), "tag %d", op->tag);
    snprintf(text, room, "%s with %s, %s, %zu bytes", op->what, peer, tag, op->bytes);
    return text;
}

int tern__late(const struct tern__wait *op)
{
    char text[160];

    return tern_fail(TERN_ETIMEDOUT, op->where,
                     "%s: the deadline passed; look at what the other side does, or wait longer",
                     describe(op, text, sizeof(text)));
}

int tern__mpi_fail(const struct tern__wait *op, int mpi_error)
{
    char text[160], why[MPI_MAX_ERROR_STRING] = "";
    int class = MPI_ERR_OTHER, n = 0, error = TERN_EMPI;

    MPI_Error_class(mpi_error, &class);
    MPI_Error_string(mpi_error, why, &n);
    if (class == MPI_ERR_RANK || class == MPI_ERR_TAG || class == MPI_ERR_COUNT
        || class == MPI_ERR_TYPE || class == MPI_ERR_ROOT || class == MPI_ERR_OP
        || class == MPI_ERR_ARG || class == MPI_ERR_REQUEST)
        error = TERN_EINVAL;
    else if (class == MPI_ERR_BUFFER) /* NULL, or no room for a buffered send */
        error = strstr(op->what, "bsend") != NULL ? TERN_ENOMEM : TERN_EINVAL;
    else if (class == MPI_ERR_NO_MEM)
        error = TERN_ENOMEM;
    return tern_fail(error, op->where, "%s: %s", describe(op, text, sizeof(text)), why);
}

/* ---- Waiting for anything -------------------------------------------------------------------- */

struct looking {
    tern_look *look;
    void *state;
    MPI_Comm comm;
    unsigned looks;
    int found; /* what it said last */
};

static int poll_look(void *state, int *done)
{
    enum { EVERY = 64 }; /* looks between two calls that let MPI work, which cost as much as five */
    struct looking *l = state;
    int flag;

    l->found = l->look(l->state);
    *done = l->found != TERN_EAGAIN;
    if (*done || ++l->looks % EVERY != 0)
        return MPI_SUCCESS;
    return MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, l->comm, &flag, MPI_STATUS_IGNORE);
}

int tern_wait_for_at(tern_comm *c, tern_look *look, void *state, const char *what,
                     tern_deadline deadline, const char *where)
{
    struct tern__wait op = {c, what, where, 0, MPI_PROC_NULL, MPI_ANY_TAG};
    struct looking l = {look, state, c->mpi, 0, TERN_EAGAIN};
    int error = tern__wait(&op, poll_look, &l, deadline);

    if (error == TERN_ETIMEDOUT)
        return deadline != TERN_NOW ? tern__late(&op) : l.found;
    return error ? error : l.found;
}
