/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrays that a plan allocates: where its mode uses the memory of the node they lie in it. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>

/* At the head of a rank's segment: how to find its points. */
struct head {
    int64_t first; /* offset in bytes */
    int64_t row, plane;
};

enum { HEAD = 128 };

const struct array *tern__halo_array(const tern_halo *h, const void *first)
{
    const struct array *a = h->parent->arrays;

    while (a != NULL && a->first != first)
        a = a->next;
    return a;
}

const struct array *tern__halo_array_at(const tern_halo *h, int index)
{
    const struct array *a = h->parent->arrays;

    while (a != NULL && a->index != index)
        a = a->next;
    return a;
}

static int share(tern_halo *h, struct array *a, size_t bytes, int64_t first)
{
    int error = tern__segment_open(h->comm, HEAD + bytes, &a->seg);

    if (error < 0)
        return error;
    const struct segment *s = &a->seg;
    *(struct head *)s->of[s->rank] = (struct head){
        .first = HEAD + first,
        .row = h->spec.stride[1] * (int64_t)h->element,
        .plane = h->spec.stride[2] * (int64_t)h->element,
    };
    a->first = s->of[s->rank] + HEAD + first;
    return tern__segment_barrier(h->comm);
}

static int find_frames(struct array *a)
{
    a->frame = calloc((size_t)a->seg.size, sizeof(*a->frame));
    if (a->frame == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %d ranks", a->seg.size);
    for (int r = 0; r < a->seg.size; r++) {
        const struct head *head = (const void *)a->seg.of[r];
        a->frame[r] = (struct frame){a->seg.of[r] + head->first, head->row, head->plane};
    }
    return TERN_OK;
}

static bool is_shared(const tern_halo *h)
{
    return h->mode->storage == HALO_NEAR || h->mode->storage == HALO_AUTO;
}

static int make(tern_halo *h, struct array *a, size_t elements, size_t first)
{
    size_t bytes = elements * h->element;

    if (is_shared(h)) {
        int error = share(h, a, bytes, (int64_t)(first * h->element));
        return error < 0 ? error : find_frames(a);
    }
    a->plain = tern_alloc(bytes + 1);
    if (a->plain == NULL)
        return TERN_ENOMEM;
    a->first = (char *)a->plain + first * h->element;
    return TERN_OK;
}

static void drop(struct array *a)
{
    tern__segment_close(&a->seg);
    tern_free(a->plain);
    free(a->frame);
    free(a);
}

int tern_halo_alloc(tern_halo *h, size_t elements, size_t first, void **out)
{
    struct array *a = calloc(1, sizeof(*a));
    int error = TERN_OK;

    if (a == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for an array");
    else if (first > elements || elements > SIZE_MAX / 2 / h->element)
        error = tern_fail(TERN_EINVAL, NULL, "element %zu of an array of %zu", first, elements);
    error = tern_agree(h->comm, error);
    if (error >= 0 && a != NULL) {
        a->seg.win = MPI_WIN_NULL;
        a->index = h->arrays != NULL ? h->arrays->index + 1 : 0;
        error = tern_agree(h->comm, make(h, a, elements, first));
        if (error < 0)
            drop(a);
    } else {
        free(a);
    }
    if (error < 0 || a == NULL)
        return error;
    a->next = h->arrays;
    h->arrays = a;
    *out = a->first;
    return TERN_OK;
}

void tern__halo_free_arrays(tern_halo *h)
{
    while (h->arrays != NULL) {
        struct array *a = h->arrays;
        h->arrays = a->next;
        drop(a);
    }
}
