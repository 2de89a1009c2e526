/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts of any size_t over an MPI that takes int: a count beyond INT_MAX becomes one element of a
 * larger type, chunks of 2^30 elements and a rest (Hammond, Schaefer, Latham, "To INT_MAX... and
 * beyond!", ExaMPI 2014). */
#include "config.h"

#include "msg/msg_private.h"

#include <limits.h>

#ifdef HAVE_MPI_SEND_C

int tern__span(size_t n, MPI_Datatype type, struct tern__span *out)
{
    *out = (struct tern__span){.count = (MPI_Count)n, .type = type};
    return FITS(n) ? MPI_SUCCESS : MPI_ERR_COUNT;
}

#else

enum { CHUNK = 1 << 30 };

static int make_large(size_t n, MPI_Datatype type, MPI_Datatype *out)
{
    MPI_Aint lb, extent;
    MPI_Datatype chunk, parts[2];
    int error = MPI_Type_get_extent(type, &lb, &extent);

    if (error || n / CHUNK > INT_MAX)
        return error ? error : MPI_ERR_COUNT;
    error = MPI_Type_contiguous(CHUNK, type, &chunk);
    if (error)
        return error;
    error = MPI_Type_contiguous((int)(n / CHUNK), chunk, &parts[0]);
    MPI_Type_free(&chunk);
    if (error)
        return error;
    parts[1] = type;
    int counts[2] = {1, (int)(n % CHUNK)};
    MPI_Aint starts[2] = {0, (MPI_Aint)(n / CHUNK) * CHUNK * extent};
    error = MPI_Type_create_struct(2, counts, starts, parts, out);
    MPI_Type_free(&parts[0]);
    return error ? error : MPI_Type_commit(out);
}

int tern__span(size_t n, MPI_Datatype type, struct tern__span *out)
{
    if (FITS(n)) {
        *out = (struct tern__span){.count = (int)n, .type = type};
        return MPI_SUCCESS;
    }
    *out = (struct tern__span){.count = 1, .made = true};
    return make_large(n, type, &out->type);
}

#endif

void tern__span_free(struct tern__span *span)
{
    if (span->made)
        MPI_Type_free(&span->type);
}

static bool is_named(MPI_Datatype type)
{
    int integers, addresses, types, combiner;

    return MPI_Type_get_envelope(type, &integers, &addresses, &types, &combiner) == MPI_SUCCESS
           && combiner == MPI_COMBINER_NAMED;
}

/* hot: the usual types are told by their handles, without a call into MPI */
size_t tern__type_size(MPI_Datatype type, enum tern__layout *layout)
{
    MPI_Aint lb, extent, true_lb, true_extent;
    int size;

    *layout = TERN__DENSE;
    if (type == MPI_BYTE || type == MPI_CHAR)
        return 1;
    if (type == MPI_DOUBLE || type == MPI_INT64_T || type == MPI_UINT64_T)
        return 8;
    if (type == MPI_INT || type == MPI_FLOAT)
        return 4;
    *layout = TERN__GAPS;
    if (type == MPI_DATATYPE_NULL || MPI_Type_size(type, &size)
        || MPI_Type_get_true_extent(type, &true_lb, &true_extent)
        || MPI_Type_get_extent(type, &lb, &extent))
        return 0; /* the call that follows says what is wrong with it */
    if (lb == 0 && true_lb == 0 && extent == size && true_extent == size)
        *layout = is_named(type) ? TERN__DENSE : TERN__COMPACT;
    return (size_t)size;
}

size_t tern__bytes(size_t n, MPI_Datatype type)
{
    enum tern__layout layout;

    return n * tern__type_size(type, &layout);
}

/* The length of a message in bytes.  MPI_Get_count() costs 10 ns, a twelfth of a short message's
 * latency; both MPIs lay the length open in their status, Open MPI since 1.5 and MPICH by its ABI.
 */
static size_t length_of(const MPI_Status *status)
{
#if defined(OPEN_MPI)
    return status->_ucount;
#elif defined(MPICH_NUMVERSION) && MPICH_NUMVERSION >= 30000000
    return (size_t)(unsigned)status->count_lo
           | (size_t)((unsigned)status->count_hi_and_cancelled >> 1) << 32;
#else
    MPI_Status copy =
        *status; /* SimGrid wants one that is not const, and has only MPI_Get_count() */
    MPI_Count bytes = 0;
    int n = 0;
    if (MPI_Get_count(&copy, MPI_BYTE, &n) == MPI_SUCCESS && n != MPI_UNDEFINED)
        return (size_t)n;
    return MPI_Get_elements_x(&copy, MPI_BYTE, &bytes) || bytes < 0 ? 0 : (size_t)bytes;
#endif
}

void tern__status(const MPI_Status *from, tern_status *to)
{
    if (to != NULL)
        *to = (tern_status){from->MPI_SOURCE, from->MPI_TAG, length_of(from)};
}

tern_status tern_status_of(const MPI_Status *status)
{
    tern_status s;

    tern__status(status, &s);
    return s;
}
