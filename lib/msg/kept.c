/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages that did not fit their buffer wait here, oldest first, for a receive that they fit.
 * Rare, so a lock is cheap; a receive looks at the count only. */
#include "config.h"

#include "msg/msg_private.h"

#include <stdlib.h>

struct kept *tern__new_kept(const tern_status *status)
{
    struct kept *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return NULL;
    k->status = *status;
    k->data = tern_alloc(status->bytes);
    if (k->data != NULL)
        return k;
    free(k);
    return NULL;
}

void tern__drop_kept(struct kept *k)
{
    tern_free(k->data);
    free(k);
}

static void insert(tern_comm *c, struct kept **at, struct kept *k)
{
    k->next = *at;
    *at = k;
    atomic_fetch_add(&c->kept_count, 1);
}

void tern__keep(tern_comm *c, struct kept *k)
{
    struct kept **at = &c->kept;

    pthread_mutex_lock(&c->lock);
    while (*at != NULL)
        at = &(*at)->next;
    insert(c, at, k);
    pthread_mutex_unlock(&c->lock);
}

void tern__put_back(tern_comm *c, struct kept *k)
{
    pthread_mutex_lock(&c->lock);
    insert(c, &c->kept, k);
    pthread_mutex_unlock(&c->lock);
}

static struct kept **find(tern_comm *c, int source, int tag)
{
    struct kept **at = &c->kept;

    for (; *at != NULL; at = &(*at)->next) {
        const tern_status *s = &(*at)->status;
        if ((source == MPI_ANY_SOURCE || source == s->source)
            && (tag == MPI_ANY_TAG || tag == s->tag))
            break;
    }
    return at;
}

bool tern__peek_kept(tern_comm *c, int source, int tag, tern_status *status)
{
    pthread_mutex_lock(&c->lock);
    const struct kept *k = *find(c, source, tag);
    if (k != NULL && status != NULL)
        *status = k->status;
    pthread_mutex_unlock(&c->lock);
    return k != NULL;
}

int tern__take_kept(tern_comm *c, int source, int tag, size_t room, tern_status *status,
                    struct kept **out)
{
    int error = TERN_EAGAIN;

    pthread_mutex_lock(&c->lock);
    struct kept **at = find(c, source, tag), *k = *at;
    if (k != NULL) {
        *status = k->status;
        error = k->status.bytes > room ? TERN_ETRUNC : TERN_OK;
    }
    if (error == TERN_OK) {
        *at = k->next;
        atomic_fetch_sub(&c->kept_count, 1);
        *out = k;
    }
    pthread_mutex_unlock(&c->lock);
    return error;
}
