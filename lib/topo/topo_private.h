/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_TOPO_PRIVATE_H
#define TERN_TOPO_PRIVATE_H

#include "topo/topo.h"

/* TERN_OK if `rc` is MPI_SUCCESS, else TERN_EMPI with MPI's own text; `what` is the call. */
int tern__topo_mpi(int rc, const char *what);

/* MPI_Waitall that gives the core away between its polls, so that it works where ranks outnumber
 * cores. */
int tern__topo_wait(int n, MPI_Request *requests);

/* tern_cpu_quota() below `root`, which is "" but for tests. */
double tern__cgroup_quota(const char *root);

#endif
