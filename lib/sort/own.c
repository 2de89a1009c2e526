/* SPDX-License-Identifier: BSD-3-Clause */
/* The duplicate of a communicator on which the sorts talk: made at the first use, cached as an
 * attribute of the layer's communicator, and freed by MPI together with it. */
#include "config.h"

#include <pthread.h>

#include "sort/items.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int key = MPI_KEYVAL_INVALID;

static int forget(MPI_Comm comm, int keyval, void *value, void *extra)
{
    (void)comm, (void)keyval, (void)extra;
    tern_comm_free(value);
    return MPI_SUCCESS;
}

static void make_key(void)
{
    if (MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &key, NULL))
        key = MPI_KEYVAL_INVALID;
}

int tern__sort_comm(tern_comm *c, tern_comm **own)
{
    int found = 0;

    pthread_once(&once, make_key);
    if (key == MPI_KEYVAL_INVALID)
        return tern_fail(TERN_EMPI, TERN_HERE, "MPI gives no key for an attribute");
    if (MPI_Comm_get_attr(tern_comm_raw(c), key, (void *)own, &found) == MPI_SUCCESS && found)
        return TERN_OK;
    int error = tern_comm_wrap(tern_comm_raw(c), own);
    if (!error && MPI_Comm_set_attr(tern_comm_raw(c), key, *own)) {
        tern_comm_free(*own);
        error = tern_fail(TERN_EMPI, TERN_HERE, "MPI takes no attribute");
    }
    return error;
}
