/* SPDX-License-Identifier: BSD-3-Clause */
/* Address space that is larger than any message, on which a receive can be posted before it is
 * known what will come.  It costs address space and no memory: pages are there once they are
 * written, and those of a long message are given back. */
#include "config.h"

#include "msg/msg_private.h"

#include <sys/mman.h>

enum {
    PAGE = 4096,
    CHUNK = 1 << 30,     /* bytes of an element of the type it is posted as */
    CHUNKS = 1 << 10,    /* 1 TiB: no node's memory holds a message that long */
    TRIM_BYTES = 1 << 20 /* a longer message gives its pages back */
};

/* One a process, since a blocking receive empties it before it returns. */
static struct {
    char *base;
    MPI_Datatype chunk;
    bool on; /* else all receives are probed */
} spill;

/* MPI_Finalize() deletes the attributes of MPI_COMM_SELF first (MPI 3.1, 8.7.1). */
static int at_finalize(MPI_Comm self, int key, void *value, void *extra)
{
    (void)self, (void)key, (void)value, (void)extra;
    spill.on = false;
    return MPI_Type_free(&spill.chunk);
}

static bool make_chunk(void)
{
    int key;

    return MPI_Type_contiguous(CHUNK, MPI_BYTE, &spill.chunk) == MPI_SUCCESS
           && MPI_Type_commit(&spill.chunk) == MPI_SUCCESS
           && MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, at_finalize, &key, NULL) == MPI_SUCCESS
           && MPI_Comm_set_attr(MPI_COMM_SELF, key, NULL) == MPI_SUCCESS
           && MPI_Comm_free_keyval(&key) == MPI_SUCCESS;
}

#ifdef HAVE_SIMGRID /* takes the memory of all that a receive could get */
enum { SIMULATED = true };
#else
enum { SIMULATED = false };
#endif

void tern__spill_open(bool threads)
{
    if (SIMULATED || threads || tern_env_number("TERN_SPILL") == 0) {
        spill.on = false; /* two threads cannot share it */
        return;
    }
    if (spill.base != NULL)
        return;
    void *base = mmap(NULL, (size_t)CHUNK * CHUNKS + PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return;
    spill.base = base;
    spill.on = make_chunk();
}

bool tern__spill_on(void)
{
    return spill.on;
}

/* A message for `buf` is put half a page away from it in the low address bits, because a load that
 * follows a store with the same 12 low bits waits for it, which made the copy of 4000 bytes 20
 * times slower (Zen 4). */
char *tern__spill_for(const void *buf)
{
    return spill.base + (((uintptr_t)buf + PAGE / 2) & (PAGE - 64));
}

int tern__spill_irecv(char *data, int source, int tag, MPI_Comm comm, MPI_Request *request)
{
    return LARGE(MPI_Irecv)(data, CHUNKS, spill.chunk, source, tag, comm, request);
}

void tern__spill_trim(const char *data, size_t bytes)
{
    if (bytes > TRIM_BYTES)
        madvise(spill.base, (size_t)(data - spill.base) + bytes, MADV_DONTNEED);
}
