/* SPDX-License-Identifier: BSD-3-Clause */
/* MPI_MIN and MPI_MAX of unsigned numbers.  MPICH 4.0 compares them as if they were signed, so
 * there the layer brings operations of its own, for numbers of 64 bits. */
#include "config.h"

#include "msg/msg_private.h"

#if defined(MPICH_VERSION)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static MPI_Op least = MPI_MIN, most = MPI_MAX; /* of MPI, should it grant no more */

static void take_least(void *in, void *inout, int *n, MPI_Datatype *type)
{
    const uint64_t *a = in;
    uint64_t *b = inout;

    (void)type;
    for (int i = 0; i < *n; i++)
        b[i] = a[i] < b[i] ? a[i] : b[i];
}

static void take_most(void *in, void *inout, int *n, MPI_Datatype *type)
{
    const uint64_t *a = in;
    uint64_t *b = inout;

    (void)type;
    for (int i = 0; i < *n; i++)
        b[i] = a[i] > b[i] ? a[i] : b[i];
}

static void make(void)
{
    (void)MPI_Op_create(take_least, 1, &least);
    (void)MPI_Op_create(take_most, 1, &most);
}

MPI_Op tern__op_of(MPI_Datatype type, MPI_Op op)
{
    if (type != MPI_UINT64_T && type != MPI_UNSIGNED_LONG_LONG)
        return op;
    pthread_once(&once, make);
    return op == MPI_MIN ? least : op == MPI_MAX ? most : op;
}

#else

MPI_Op tern__op_of(MPI_Datatype type, MPI_Op op)
{
    (void)type;
    return op;
}

#endif
