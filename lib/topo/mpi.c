/* SPDX-License-Identifier: BSD-3-Clause */
/* What topo needs of MPI: its errors as ours, and waiting that yields. */
#include "config.h"

#include "topo/topo_private.h"

#include <sched.h>

enum { POLLS_BEFORE_YIELD = 100 }; /* some 10 us: longer than a collective among idle cores */

int tern__topo_mpi(int rc, const char *what)
{
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;

    if (rc == MPI_SUCCESS)
        return TERN_OK;
    if (MPI_Error_string(rc, text, &length) != MPI_SUCCESS)
        length = 0;
    return tern_fail(TERN_EMPI, NULL, "%s: %.*s", what, length, text);
}

static int wait_one(MPI_Request *request)
{
    for (int polls = 0;; polls++) {
        int done = 0;
        int rc = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (rc != MPI_SUCCESS)
            return tern__topo_mpi(rc, "MPI_Test");
        if (done)
            return TERN_OK;
        if (polls >= POLLS_BEFORE_YIELD)
            sched_yield();
    }
}

int tern__topo_wait(int n, MPI_Request *requests)
{
    int error = TERN_OK;

    for (int i = 0; i < n && error == TERN_OK; i++)
        error = wait_one(&requests[i]);
    return error;
}
