/* SPDX-License-Identifier: BSD-3-Clause */
/* Take a message off the wire for which there is no memory: into one small block again and again,
 * by a datatype whose elements lie on top of each other.  A receive that is too short would do,
 * too, had Open MPI 4.1 not written past it. */
#include "config.h"

#include "coll/coll_private.h"

enum { PIECE = 4096 };

int tern__discard(tern_comm *c, int source, int tag, size_t bytes, const char *where)
{
    char scratch[PIECE];
    MPI_Datatype piece = MPI_DATATYPE_NULL, pile = MPI_DATATYPE_NULL;
    tern_req req;
    int error = TERN_OK;

    if (MPI_Type_contiguous(PIECE, MPI_BYTE, &piece) || MPI_Type_create_resized(piece, 0, 0, &pile)
        || MPI_Type_commit(&pile))
        error = tern_fail(TERN_EMPI, where, "no datatype to discard %zu bytes", bytes);
    if (!error)
        error =
            tern_irecv_at(c, scratch, (bytes + PIECE - 1) / PIECE, pile, source, tag, &req, where);
    if (!error)
        error = tern_wait_at(&req, NULL, TERN_FOREVER, where);
    if (piece != MPI_DATATYPE_NULL)
        MPI_Type_free(&piece);
    if (pile != MPI_DATATYPE_NULL)
        MPI_Type_free(&pile);
    return error;
}
