/* SPDX-License-Identifier: BSD-3-Clause */
/* Moves cuboids of elements between the array and buffers.  All three moves are one: both sides are
 * arrays with strides. */
#include "config.h"

#include "grid/halo.h"

#include <string.h>

/* Strides in bytes of one side of a move. */
struct side {
    char *at;
    int64_t row, plane;
};

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

static void move(struct side to, struct side from, const int64_t *count, size_t element)
{
    for (int64_t z = 0; z < count[2]; z++) {
        move_rows(to, from, count[1], (size_t)count[0] * element);
        to.at += to.plane;
        from.at += from.plane;
    }
}

char *tern__halo_at(const tern_halo *h, const struct box *b, int field)
{
    const int64_t *stride = h->spec.stride;
    int64_t offset = b->start[0] + b->start[1] * stride[1] + b->start[2] * stride[2];

    return h->first[field] + offset * (int64_t)h->element;
}

static struct side in_array(const tern_halo *h, const struct box *b, int field)
{
    int64_t element = (int64_t)h->element;

    return (struct side){
        .at = tern__halo_at(h, b, field),
        .row = h->spec.stride[1] * element,
        .plane = h->spec.stride[2] * element,
    };
}

static struct side in_buffer(const tern_halo *h, const struct part *p, int field)
{
    int64_t row = p->box.count[0] * (int64_t)h->element;

    int64_t plane = row * p->box.count[1];

    return (struct side){
        .at = (char *)p->buffer + field * plane * p->box.count[2],
        .row = row,
        .plane = plane,
    };
}

void tern__halo_pack(const tern_halo *h, const struct part *p)
{
    for (int f = 0; f < h->spec.fields; f++)
        move(in_buffer(h, p, f), in_array(h, &p->box, f), p->box.count, h->element);
}

void tern__halo_unpack(const tern_halo *h, const struct part *p)
{
    for (int f = 0; f < h->spec.fields; f++)
        move(in_array(h, &p->box, f), in_buffer(h, p, f), p->box.count, h->element);
}

void tern__halo_copy(const tern_halo *h, const struct part *from, const struct part *into)
{
    for (int f = 0; f < h->spec.fields; f++)
        move(in_array(h, &into->box, f), in_array(h, &from->box, f), from->box.count, h->element);
}
