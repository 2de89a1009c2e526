/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the points lie in memory. */
#include "config.h"

#include "stencil/solver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_BYTES = 64,
    SET_BYTES = 4096,   /* rows a multiple of this apart would share cache sets */
    PLANE_BYTES = 65536 /* the same of planes */
};

static int64_t round_up(int64_t n, int64_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

static const size_t element_bytes[] = {sizeof(double), sizeof(float), sizeof(unsigned char)};

int tern__set_type(tern_stencil *s, const tern_stencil_spec *spec)
{
    const bool numbers = spec->equation != TERN_LIFE && spec->equation != TERN_USER;

    if ((int)spec->type < TERN_STENCIL_F64 || spec->type > TERN_STENCIL_U8
        || (numbers && spec->type == TERN_STENCIL_U8))
        return tern_fail(TERN_EINVAL, NULL, "no type of this equation has number %d",
                         (int)spec->type);
    s->type = spec->equation == TERN_LIFE ? TERN_STENCIL_U8 : spec->type;
    s->element = element_bytes[s->type];
    return TERN_OK;
}

MPI_Datatype tern__mpi_type(const tern_stencil *s)
{
    return s->type == TERN_STENCIL_F64   ? MPI_DOUBLE
           : s->type == TERN_STENCIL_F32 ? MPI_FLOAT
                                         : MPI_UNSIGNED_CHAR;
}

/* How the grid is cut, and what each rank gets. */
static int cut(tern_stencil *s, const tern_stencil_spec *spec)
{
    tern_grid wanted = {.dims = s->shape.dims};

    for (int d = 0; d < wanted.dims; d++) {
        const tern_boundary *ends = spec->boundary[d];
        wanted.size[d] = spec->size[d];
        wanted.parts[d] = spec->parts[d];
        wanted.periodic[d] = ends[0].kind == TERN_PERIODIC;
        if ((ends[1].kind == TERN_PERIODIC) != wanted.periodic[d])
            return tern_fail(TERN_EINVAL, NULL, "%c is periodic at one end only", "xyz"[d]);
    }
    int error = tern_grid_split(&wanted, tern_size(s->comm), &s->grid);
    if (error >= 0)
        tern_grid_block(&s->grid, tern_rank(s->comm), &s->block);
    return error;
}

/* Rows begin on cache lines; what kernels read beyond the ghost cells is in the array too. */
void tern__set_strides(tern_stencil *s)
{
    const int64_t line = LINE_BYTES / (int64_t)s->element;

    s->most_deep = 1;
    for (int i = 0; i < s->plans; i++)
        s->most_deep = s->plan[i].depth > s->most_deep ? s->plan[i].depth : s->most_deep;
    for (int d = 0; d < DIMS; d++)
        s->ghost[d] = (int64_t)s->shape.reach[d] * (tern__exchanged(s, d) ? s->most_deep : 1);
    s->margin = round_up(s->ghost[0], line) + line;
    s->pitch = s->margin + round_up(s->block.count[0] + s->ghost[0], line) + 2 * line;
    if (s->pitch * (int64_t)s->element % SET_BYTES == 0)
        s->pitch += line;
    s->plane = s->pitch * (s->block.count[1] + 2 * s->ghost[1]);
    if (s->plane * (int64_t)s->element % PLANE_BYTES == 0)
        s->plane += line;
}

int tern__lay_out(tern_stencil *s, const tern_stencil_spec *spec)
{
    int error = cut(s, spec);

    if (error >= 0)
        error = tern__faces(s, spec);
    if (error < 0)
        return error;
    return TERN_OK;
}

size_t tern__array_bytes(const tern_stencil *s)
{
    if (tern_block_points(&s->block) == 0)
        return 0;
    return (size_t)(s->plane * (s->block.count[2] + 2 * s->ghost[2])) * s->element + LINE_BYTES;
}

/* Before the system kills a process for it. */
int tern__check_memory(const tern_stencil *s)
{
    double mine = (double)s->arrays * (double)tern__array_bytes(s), all = 0;
    double have = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    MPI_Request request;

    if (MPI_Iallreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, tern_comm_node(s->comm), &request)
        != MPI_SUCCESS)
        return tern_fail(TERN_EMPI, NULL, "MPI_Iallreduce failed");
    int error = tern_wait_mpi(s->comm, &request, "iallreduce", TERN_FOREVER);
    if (error >= 0 && all > have)
        error = tern_fail(TERN_ENOMEM, NULL,
                          "the grid needs %.3g GB on this node, which has %.3g: use more nodes or "
                          "a smaller grid",
                          all * 1e-9, have * 1e-9);
    return error;
}

/* All rows 0, by the threads that will compute them: their first touch. */
static void clear(const tern_stencil *s, char *array)
{
    const bool space = s->grid.dims == 3;
    const int64_t n =
        space ? s->block.count[2] + 2 * s->ghost[2] : s->block.count[1] + 2 * s->ghost[1];
    const size_t bytes = (size_t)(space ? s->plane : s->pitch) * s->element;

#pragma omp parallel for schedule(static) num_threads(s->team)
    for (int64_t i = 0; i < n; i++)
        memset(array + (size_t)i * bytes, 0, bytes);
    memset(array + tern__array_bytes(s) - LINE_BYTES, 0, LINE_BYTES);
}

/* From a multiple of SET_BYTES. */
static int64_t off_set(int64_t bytes)
{
    const int64_t off = (bytes % SET_BYTES + SET_BYTES) % SET_BYTES;

    return off < SET_BYTES - off ? off : SET_BYTES - off;
}

/* Where the second array lies with respect to the first, but for multiples of SET_BYTES: the rows
 * that a kernel writes are as far as can be from sharing cache sets with those it reads. */
static int64_t stagger(const tern_stencil *s)
{
    enum { ROWS = 8 }; /* to either side */
    const int64_t pitch = s->pitch * (int64_t)s->element, plane = s->plane * (int64_t)s->element;
    int64_t best = 0, most = -1;

    for (int64_t at = 0; at < SET_BYTES; at += LINE_BYTES) {
        int64_t least = SET_BYTES;
        for (int64_t row = -ROWS; row <= ROWS; row++)
            for (int64_t z = -1; z <= 1; z++) {
                const int64_t off = off_set(at + row * pitch + (s->grid.dims == 3) * z * plane);
                least = off < least ? off : least;
            }
        if (least > most) {
            most = least;
            best = at;
        }
    }
    return best;
}

int tern__make_arrays(tern_stencil *s)
{
    size_t bytes = tern__array_bytes(s);
    int64_t first = s->margin + s->ghost[1] * s->pitch + s->ghost[2] * s->plane;
    char *at[2];

    if (bytes == 0)
        return TERN_OK;
    for (int i = 0; i < 2; i++) {
        s->array[i] = tern_alloc(bytes + (size_t)2 * SET_BYTES);
        if (s->array[i] == NULL)
            return TERN_ENOMEM;
        char *array = (char *)s->array[i] + -(uintptr_t)s->array[i] % SET_BYTES;
        if (i == 1)
            array += stagger(s);
        clear(s, array);
        at[i] = array + first * (int64_t)s->element;
        tern__fill_all(s, at[i]);
    }
    s->now = at[0];
    s->next = at[1];
    return TERN_OK;
}
