/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded: every standard send waits for its receiver, which finds programs that count on
 * buffering. */
#include <mpi.h>

int MPI_Send(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm c)
{
    return PMPI_Ssend(b, n, t, d, g, c);
}

int MPI_Isend(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm c, MPI_Request *r)
{
    return PMPI_Issend(b, n, t, d, g, c, r);
}

int MPI_Send_init(const void *b, int n, MPI_Datatype t, int d, int g, MPI_Comm c, MPI_Request *r)
{
    return PMPI_Ssend_init(b, n, t, d, g, c, r);
}
