/* SPDX-License-Identifier: BSD-3-Clause */
/* What sim.c and collectives.c share: the calls of MPI that the linker leads astray, and what they
 * count. */
#ifndef TERN_TESTS_SIM_H
#define TERN_TESTS_SIM_H
#include <mpi.h>
#include <stdint.h>

#define wrap(call) __wrap_##call
#define real(call) __real_##call

/* Of the calling rank; SimGrid gives each rank its own. */
extern uint64_t sim_messages, sim_bytes, sim_collectives;

typedef int sim_send(const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
typedef int sim_test(MPI_Request *, int *, MPI_Status *);
typedef int sim_reduce(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm, MPI_Request *);
typedef int sim_alltoall(const void *, int, MPI_Datatype, void *, int, MPI_Datatype, MPI_Comm,
                         MPI_Request *);
sim_send wrap(MPI_Isend), real(MPI_Isend), wrap(MPI_Issend), real(MPI_Issend);
sim_test wrap(MPI_Test), real(MPI_Test);
typedef int sim_barrier(MPI_Comm, MPI_Request *);
sim_barrier wrap(MPI_Ibarrier);
sim_reduce wrap(MPI_Iallreduce), wrap(MPI_Iexscan);
sim_alltoall wrap(MPI_Ialltoall);

#endif
