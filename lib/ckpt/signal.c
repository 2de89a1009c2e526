/* SPDX-License-Identifier: BSD-3-Clause */
/* When to write: signals that reach any rank, and an interval. */
#include "config.h"

#include "ckpt/ckpt_private.h"

#include <signal.h>

static volatile sig_atomic_t write_wished, stop_wished;
static struct sigaction before_usr1, before_term;

static void note(int signal)
{
    if (signal == SIGTERM)
        stop_wished = 1;
    else
        write_wished = 1;
}

void tern_ckpt_watch(tern_ckpt *k, double interval)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};

    k->interval = interval;
    k->since = tern_clock();
    if (k->watching)
        return;
    k->watching = true;
    write_wished = stop_wished = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, &before_usr1);
    sigaction(SIGTERM, &action, &before_term);
}

void tern__ckpt_unwatch(tern_ckpt *k)
{
    if (k->asked)
        (void)!tern_wait_mpi(k->comm, &k->request, "iallreduce", TERN_FOREVER);
    k->asked = false;
    if (!k->watching)
        return;
    k->watching = false;
    sigaction(SIGUSR1, &before_usr1, NULL);
    if (k->stopping) /* a launcher says it again to ranks that end after others */
        before_term = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &before_term, NULL);
}

static int own_wish(const tern_ckpt *k)
{
    bool late = k->interval > 0 && tern_clock() - k->since >= k->interval;

    if (stop_wished)
        return TERN_CKPT_STOP;
    if (!write_wished)
        return late ? TERN_CKPT_WRITE : TERN_CKPT_GO_ON;
    write_wished = 0; /* one that comes right now is met by the same write */
    return TERN_CKPT_WRITE;
}

int tern_ckpt_poll(tern_ckpt *k, enum tern_ckpt_wish *wish)
{
    int answer = TERN_CKPT_GO_ON;

    if (k->asked) {
        int error = tern_wait_mpi(k->comm, &k->request, "iallreduce", TERN_FOREVER);
        k->asked = false;
        if (error < 0)
            return error;
        answer = k->answer;
    }
    if (answer != TERN_CKPT_GO_ON)
        k->since = tern_clock();
    k->stopping |= answer == TERN_CKPT_STOP;
    k->wish = own_wish(k);
    if (MPI_Iallreduce(&k->wish, &k->answer, 1, MPI_INT, MPI_MAX, tern_comm_raw(k->comm),
                       &k->request)
        != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Iallreduce failed");
    k->asked = true;
    *wish = (enum tern_ckpt_wish)answer;
    return TERN_OK;
}
