/* SPDX-License-Identifier: BSD-3-Clause */
/* MPI's send modes as a table, so that a mode is a value and a send is one indirect call. */
#include "config.h"

#include "msg/msg_private.h"

#include <pthread.h>

enum { EAGER = 1025 }; /* up to 1 KiB any MPI sends eagerly, by default */

static const struct tern__mode modes[TERN_MODES] = {
    [TERN_STANDARD] = {"send", "isend", EAGER, LARGE(MPI_Send), LARGE(MPI_Isend),
                       LARGE(MPI_Send_init)},
    [TERN_SYNCHRONOUS] = {"ssend", "issend", 0, LARGE(MPI_Ssend), LARGE(MPI_Issend),
                          LARGE(MPI_Ssend_init)},
    [TERN_BUFFERED] = {"bsend", "ibsend", SIZE_MAX, LARGE(MPI_Bsend), LARGE(MPI_Ibsend), NULL},
    [TERN_READY] = {"rsend", "irsend", EAGER, LARGE(MPI_Rsend), LARGE(MPI_Irsend),
                    LARGE(MPI_Rsend_init)},
};

const char *tern_mode_name(tern_mode mode)
{
    return modes[mode].name;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the next two */
static bool tried;     /* whether a buffer was attached since MPI was initialised, ours or not */
static void *attached; /* the block we attached, or NULL */

/* A program may have attached a buffer of its own: then MPI refuses ours, which must not end the
 * job. */
static void attach_buffer(void)
{
    MPI_Errhandler world, self;
    size_t bytes = (size_t)tern_env_number("TERN_BSEND_BYTES");
    void *block = bytes <= INT32_MAX ? tern_alloc(bytes) : NULL;

    if (block == NULL)
        return; /* MPI will say that a buffered send found no room */
    MPI_Comm_get_errhandler(MPI_COMM_WORLD, &world);
    MPI_Comm_get_errhandler(MPI_COMM_SELF, &self);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    if (MPI_Buffer_attach(block, (int)bytes) == MPI_SUCCESS)
        attached = block;
    else
        tern_free(block);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, world);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, self);
    MPI_Errhandler_free(&world);
    MPI_Errhandler_free(&self);
}

static void ensure_buffer(void)
{
    pthread_mutex_lock(&lock);
    if (!tried)
        attach_buffer();
    tried = true;
    pthread_mutex_unlock(&lock);
}

const struct tern__mode *tern__mode(const tern_comm *c, tern_mode mode)
{
    if (mode == TERN_BUFFERED)
        ensure_buffer();
    return &modes[mode == TERN_STANDARD ? c->standard : mode];
}

void tern__detach_buffer(void)
{
    void *block;
    int bytes;

    tried = false;
    if (attached == NULL)
        return;
    MPI_Buffer_detach(&block, &bytes);
    tern_free(attached);
    attached = NULL;
}
