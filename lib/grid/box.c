/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves cuboids of elements between arrays and buffers.  All moves are one: both sides are arrays
 * with strides. */
#include "config.h"

#include "grid/halo.h"

#include <string.h>

/* Columns of one element are the strided faces across x: copied by assignments of known size. */
static void move_rows(struct side to, struct side from, int64_t rows, size_t bytes)
{
    switch (bytes) { /* hot */
    case sizeof(double):
        for (int64_t y = 0; y < rows; y++)
            memcpy(to.at + y * to.row, from.at + y * from.row, sizeof(double));
        break;
    case sizeof(float):
        for (int64_t y = 0; y < rows; y++)
            memcpy(to.at + y * to.row, from.at + y * from.row, sizeof(float));
        break;
    default:
        for (int64_t y = 0; y < rows; y++)
            memcpy(to.at + y * to.row, from.at + y * from.row, bytes);
    }
}

void tern__move(struct side to, struct side from, const int64_t *count, size_t element)
{
    for (int64_t z = 0; z < count[2]; z++) {
        move_rows(to, from, count[1], (size_t)count[0] * element);
        to.at += to.plane;
        from.at += from.plane;
    }
}

struct side tern__side_array(const struct frame *f, const struct box *b, size_t element)
{
    int64_t x = b->start[0] * (int64_t)element;

    return (struct side){
        .at = f->first + x + b->start[1] * f->row + b->start[2] * f->plane,
        .row = f->row,
        .plane = f->plane,
    };
}

struct side tern__side_packed(void *buffer, const struct box *b, int field, size_t element)
{
    int64_t row = b->count[0] * (int64_t)element, plane = row * b->count[1];

    return (struct side){(char *)buffer + field * plane * b->count[2], row, plane};
}

struct frame tern__halo_frame(const tern_halo *h, int field)
{
    int64_t element = (int64_t)h->element;

    return (struct frame){
        .first = h->first[field],
        .row = h->spec.stride[1] * element,
        .plane = h->spec.stride[2] * element,
    };
}

static struct side own(const tern_halo *h, const struct part *p, int field)
{
    struct frame frame = tern__halo_frame(h, field);

    return tern__side_array(&frame, &p->box, h->element);
}

void tern__halo_pack(const tern_halo *h, const struct part *p, void *buffer)
{
    for (int f = 0; f < h->spec.fields; f++)
        tern__move(tern__side_packed(buffer, &p->box, f, h->element), own(h, p, f), p->box.count,
                   h->element);
}

void tern__halo_unpack(const tern_halo *h, const struct part *p, void *buffer)
{
    for (int f = 0; f < h->spec.fields; f++)
        tern__move(own(h, p, f), tern__side_packed(buffer, &p->box, f, h->element), p->box.count,
                   h->element);
}

void tern__halo_copy(const tern_halo *h, const struct part *from, const struct part *into)
{
    for (int f = 0; f < h->spec.fields; f++)
        tern__move(own(h, into, f), own(h, from, f), from->box.count, h->element);
}
