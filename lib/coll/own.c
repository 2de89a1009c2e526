/* SPDX-License-Identifier: BSD-3-Clause */
/* What the module keeps with a communicator: made at the first use, cached as an attribute of the
 * layer's communicator, and freed by MPI together with it. */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "coll/coll_private.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int key = MPI_KEYVAL_INVALID;

static int forget(MPI_Comm comm, int keyval, void *value, void *extra)
{
    struct coll *coll = value;

    (void)comm, (void)keyval, (void)extra;
    tern_comm_free(coll->own);
    free(coll);
    return MPI_SUCCESS;
}

static void make_key(void)
{
    if (MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, forget, &key, NULL))
        key = MPI_KEYVAL_INVALID;
}

static struct coll *find(const tern_comm *c)
{
    struct coll *coll = NULL;
    int found = 0;

    pthread_once(&once, make_key);
    if (key == MPI_KEYVAL_INVALID
        || MPI_Comm_get_attr(tern_comm_raw(c), key, (void *)&coll, &found))
        return NULL;
    return found ? coll : NULL;
}

int tern__coll(tern_comm *c, struct coll **out, const char *where)
{
    struct coll *coll = find(c);

    *out = coll;
    if (coll != NULL)
        return TERN_OK;
    coll = calloc(1, sizeof(*coll));
    int error = TERN_OK;
    if (key == MPI_KEYVAL_INVALID)
        error = tern_fail(TERN_EMPI, where, "MPI gives no key for an attribute");
    else if (coll == NULL)
        error = tern_fail(TERN_ENOMEM, where, "no memory for an exchange");
    error = tern_agree(c, error);
    if (!error)
        error = tern_comm_wrap(tern_comm_raw(c), &coll->own);
    if (!error && MPI_Comm_set_attr(tern_comm_raw(c), key, coll)) {
        tern_comm_free(coll->own);
        error = tern_fail(TERN_EMPI, where, "MPI takes no attribute");
    }
    if (error) {
        free(coll);
        return error;
    }
    *out = coll;
    return TERN_OK;
}

void tern_coll_statistics(const tern_comm *c, tern_coll_stats *out)
{
    const struct coll *coll = find(c);

    *out = coll != NULL ? coll->stats : (tern_coll_stats){0};
}
