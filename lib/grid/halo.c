/* SPDX-License-Identifier: BSD-3-Clause */
/* The halo plan: opened once for arrays of one shape, then started and finished at every step. */
#include "config.h"

#include "grid/halo.h"

#include <limits.h>
#include <stdlib.h>

/* Whether the strides leave room for the ghost cells. */
static int check(tern_comm *c, const tern_halo_spec *spec)
{
    tern_block b;
    int64_t needed = 1;

    if (spec->grid.ranks != tern_size(c))
        return tern_fail(TERN_EINVAL, NULL, "the grid is cut for %d ranks, but there are %d",
                         spec->grid.ranks, tern_size(c));
    if (spec->fields < 0)
        return tern_fail(TERN_EINVAL, NULL, "%d fields", spec->fields);
    tern_grid_block(&spec->grid, tern_rank(c), &b);
    for (int d = 0; d < spec->grid.dims; d++) {
        if (spec->width[d] < 0 || spec->stride[d] < needed || (d == 0 && spec->stride[0] != 1))
            return tern_fail(TERN_EINVAL, NULL, "ghost cells %lld wide, stride %lld in %c",
                             (long long)spec->width[d], (long long)spec->stride[d], "xyz"[d]);
        needed = spec->stride[d] * (b.count[d] + 2 * spec->width[d]);
    }
    return TERN_OK;
}

/* One buffer for each message, a little longer for the partitions. */
static int make_buffers(const tern_halo *h, struct parts *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct part *p = &list->of[i];
        if (p->host >= 0)
            continue;
        p->buffer = tern_alloc((p->elements + TERN__HALO_PARTITIONS) * h->element);
        if (p->buffer == NULL)
            return TERN_ENOMEM;
    }
    return TERN_OK;
}

static int make_type(const tern_halo *h, struct part *p)
{
    const int64_t *count = p->box.count, *stride = h->spec.stride;
    MPI_Datatype row, plane;
    int e;

    for (int d = 0; d < TERN_GRID_DIMS; d++)
        if (count[d] > INT_MAX)
            return tern_fail(TERN_ENOTSUP, NULL,
                             "halo mode datatype takes at most 2^31 points in a row: use isend");
    e = MPI_Type_contiguous((int)count[0], h->spec.type, &row);
    if (e != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Type_contiguous failed");
    e = MPI_Type_create_hvector((int)count[1], 1, stride[1] * (MPI_Aint)h->element, row, &plane);
    MPI_Type_free(&row);
    if (e != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Type_create_hvector failed");
    e = MPI_Type_create_hvector((int)count[2], 1, stride[2] * (MPI_Aint)h->element, plane,
                                &p->type);
    MPI_Type_free(&plane);
    if (e != MPI_SUCCESS || MPI_Type_commit(&p->type) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Type_create_hvector failed");
    return TERN_OK;
}

static int make_types(const tern_halo *h, struct parts *list)
{
    int error = TERN_OK;

    for (size_t i = 0; i < list->n && error >= 0; i++)
        error = make_type(h, &list->of[i]);
    return error;
}

/* Requests and whatever else the mode needs for each message. */
static int make_requests(tern_halo *h)
{
    h->rounds = h->mode->storage == HALO_TYPED ? (size_t)h->spec.fields : 1;
    size_t n = h->rounds * (h->recvs.n + h->sends.n);

    h->first = calloc((size_t)h->spec.fields, sizeof(*h->first));
    h->reqs = calloc(n + 1, sizeof(*h->reqs));
    if (h->reqs == NULL || h->first == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %zu requests", n);
    for (size_t i = 0; i < n; i++)
        h->reqs[i] = TERN_REQ_NULL;
    return TERN_OK;
}

/* Which of the others are on this node, where that matters. */
static int find_hosts(tern_halo *h, struct parts *list)
{
    MPI_Group all, node;
    int rc;

    if (h->mode->storage != HALO_NEAR && h->mode->storage != HALO_NEAR_COPIED)
        return TERN_OK;
    rc = MPI_Comm_group(tern_comm_raw(h->comm), &all);
    if (rc != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Comm_group failed");
    rc = MPI_Comm_group(tern_comm_node(h->comm), &node);
    for (size_t i = 0; i < list->n && rc == MPI_SUCCESS; i++) {
        int host = MPI_UNDEFINED;
        rc = MPI_Group_translate_ranks(all, 1, &list->of[i].peer, node, &host);
        list->of[i].host = host == MPI_UNDEFINED ? -1 : host;
    }
    MPI_Group_free(&all);
    MPI_Group_free(&node);
    return rc == MPI_SUCCESS ? TERN_OK : tern_fail(TERN_EMPI, NULL, "MPI_Group failed");
}

static int make_memory(tern_halo *h, struct parts *list)
{
    if (h->mode->storage == HALO_AUTO)
        return TERN_OK;
    if (h->mode->storage == HALO_TYPED)
        return make_types(h, list);
    int error = find_hosts(h, list);
    for (size_t i = 0; i < list->n; i++)
        h->far += list->of[i].host < 0;
    return error < 0 ? error : make_buffers(h, list);
}

/* Everything that does not need the other ranks. */
static int set_up(tern_halo *h, tern_comm *c, const tern_halo_spec *spec)
{
    int error = check(c, spec), bytes;
    tern_block block;

    if (error < 0)
        return error;
    h->spec = *spec;
    if (spec->fields == 0)
        h->spec.fields = 1;
    for (int d = spec->grid.dims; d < TERN_GRID_DIMS; d++)
        h->spec.width[d] = h->spec.stride[d] = 0;
    error = tern__halo_mode_find(spec->mode, &h->mode);
    if (error < 0)
        return error;
    if (spec->in_place && h->mode->storage != HALO_NEAR)
        return tern_fail(TERN_EINVAL, NULL, "halo mode %s cannot leave ghost cells in place",
                         spec->mode);
    if (MPI_Type_size(spec->type, &bytes) != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Type_size failed");
    h->element = (size_t)bytes;
    tern_grid_block(&spec->grid, tern_rank(c), &block);
    error = tern__halo_parts(h, &block);
    if (error >= 0)
        error = make_requests(h);
    if (error >= 0)
        error = make_memory(h, &h->sends);
    if (error >= 0)
        error = make_memory(h, &h->recvs);
    return error;
}

int tern_halo_open(tern_comm *c, const tern_halo_spec *spec, tern_halo **out)
{
    tern_comm *own;
    int error = tern_comm_wrap(tern_comm_raw(c), &own);

    if (error < 0)
        return error;
    tern_halo *h = calloc(1, sizeof(*h));
    if (h == NULL) {
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for a halo plan");
    } else {
        h->comm = own;
        h->parent = h;
        error = set_up(h, own, spec);
    }
    error = tern_agree(own, error);
    if (error >= 0 && h != NULL)
        error = tern_agree(own, h->mode->open(h));
    if (error < 0) {
        if (h != NULL)
            tern_halo_close(h);
        else
            tern_comm_free(own);
        return error;
    }
    *out = h;
    return TERN_OK;
}

int tern_halo_start_fields(tern_halo *h, void *const *first)
{
    for (int f = 0; f < h->spec.fields; f++)
        h->first[f] = first[f];
    h->active = true;
    for (size_t i = 0; i < h->from.n && h->mode->storage != HALO_AUTO; i++)
        tern__halo_copy(h, &h->from.of[i], &h->into.of[i]);
    return h->mode->start(h);
}

int tern_halo_start(tern_halo *h, void *first)
{
    if (h->spec.fields != 1)
        return tern_fail(TERN_EINVAL, NULL, "one array for a halo plan of %d", h->spec.fields);
    return tern_halo_start_fields(h, &first);
}

void tern_halo_progress(tern_halo *h)
{
    if (h->active && h->mode->progress != NULL)
        h->mode->progress(h);
}

int tern_halo_finish(tern_halo *h)
{
    if (!h->active)
        return TERN_OK;
    h->active = false;
    return h->mode->finish(h);
}

int tern_halo_exchange(tern_halo *h, void *first)
{
    int error = tern_halo_start(h, first);

    return error >= 0 ? tern_halo_finish(h) : error;
}

int tern_halo_exchange_fields(tern_halo *h, void *const *first)
{
    int error = tern_halo_start_fields(h, first);

    return error >= 0 ? tern_halo_finish(h) : error;
}

void tern_halo_traffic(const tern_halo *h, int64_t *messages, int64_t *bytes)
{
    *messages = (int64_t)(h->rounds * h->sends.n);
    *bytes = 0;
    for (size_t i = 0; i < h->sends.n; i++)
        *bytes += (int64_t)(h->sends.of[i].elements * h->element);
}

static void free_parts(struct parts *list)
{
    for (size_t i = 0; i < list->n; i++) {
        tern_free(list->of[i].buffer);
        if (list->of[i].type != MPI_DATATYPE_NULL)
            MPI_Type_free(&list->of[i].type);
    }
    free(list->of);
}

void tern_halo_close(tern_halo *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; h->reqs != NULL && i < h->rounds * (h->recvs.n + h->sends.n); i++)
        if (h->reqs[i].mpi != MPI_REQUEST_NULL)
            tern_req_free(&h->reqs[i]);
    if (h->mode != NULL)
        h->mode->close(h);
    tern__halo_free_arrays(h);
    free_parts(&h->sends);
    free_parts(&h->recvs);
    free_parts(&h->from);
    free_parts(&h->into);
    free(h->first);
    free(h->reqs);
    tern_comm_free(h->comm);
    free(h);
}
