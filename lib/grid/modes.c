/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of modes. */
#include "config.h"

#include "grid/halo.h"

static int open_nothing(tern_halo *h)
{
    (void)h;
    return TERN_OK;
}

static void close_nothing(tern_halo *h)
{
    (void)h;
}

#define MESSAGES(start) open_nothing, start, tern__halo_finish_messages, close_nothing, NULL

static const struct halo_mode modes[] = {
    {"send", TERN_STANDARD, HALO_PACKED, MESSAGES(tern__halo_start_blocking)},
    {"ssend", TERN_SYNCHRONOUS, HALO_PACKED, MESSAGES(tern__halo_start_blocking)},
    {"bsend", TERN_BUFFERED, HALO_PACKED, tern__halo_open_buffered, tern__halo_start_blocking,
     tern__halo_finish_messages, close_nothing, NULL},
    {"isend", TERN_STANDARD, HALO_PACKED, MESSAGES(tern__halo_start_immediate)},
    {"issend", TERN_SYNCHRONOUS, HALO_PACKED, MESSAGES(tern__halo_start_immediate)},
    {"rsend", TERN_READY, HALO_PACKED, tern__halo_open_ready, tern__halo_start_ready,
     tern__halo_finish_messages, tern__halo_close_ready, NULL},
    {"sendrecv", TERN_STANDARD, HALO_PACKED, MESSAGES(tern__halo_start_sendrecv)},
    {"persistent", TERN_STANDARD, HALO_PACKED, tern__halo_open_persistent,
     tern__halo_start_persistent, tern__halo_finish_messages, close_nothing, NULL},
    {"persistent-ssend", TERN_SYNCHRONOUS, HALO_PACKED, tern__halo_open_persistent,
     tern__halo_start_persistent, tern__halo_finish_messages, close_nothing, NULL},
    {"datatype", TERN_STANDARD, HALO_TYPED, MESSAGES(tern__halo_start_immediate)},
    {"neighbor", TERN_STANDARD, HALO_TYPED, tern__halo_open_neighbor, tern__halo_start_neighbor,
     tern__halo_finish_neighbor, tern__halo_close_neighbor, NULL},
    {"rma-fence", TERN_STANDARD, HALO_PACKED, tern__halo_open_rma, tern__halo_start_fence,
     tern__halo_finish_fence, tern__halo_close_rma, NULL},
    {"rma-pscw", TERN_STANDARD, HALO_PACKED, tern__halo_open_rma, tern__halo_start_pscw,
     tern__halo_finish_pscw, tern__halo_close_rma, NULL},
    {"channel", TERN_STANDARD, HALO_PACKED, tern__halo_open_channel, tern__halo_start_channel,
     tern__halo_finish_channel, tern__halo_close_channel, NULL},
    {"shared-copy", TERN_STANDARD, HALO_NEAR_COPIED, tern__halo_open_shared,
     tern__halo_start_shared, tern__halo_finish_shared, tern__halo_close_shared,
     tern__halo_progress_shared},
    {"shared", TERN_STANDARD, HALO_NEAR, tern__halo_open_shared, tern__halo_start_shared,
     tern__halo_finish_shared, tern__halo_close_shared, tern__halo_progress_shared},
#ifdef HAVE_MPI_PSEND_INIT
    {"partitioned", TERN_STANDARD, HALO_PACKED, tern__halo_open_partitioned,
     tern__halo_start_partitioned, tern__halo_finish_messages, close_nothing, NULL},
#endif
    {"auto", TERN_STANDARD, HALO_AUTO, tern__halo_open_auto, tern__halo_start_auto,
     tern__halo_finish_auto, tern__halo_close_auto, tern__halo_progress_auto},
};

enum { MODES = sizeof(modes) / sizeof(modes[0]) };

const char *tern_halo_mode_name(int i)
{
    return i >= 0 && i < MODES ? modes[i].name : NULL;
}

int tern__halo_mode_find(const char *name, const struct halo_mode **out)
{
    int i = tern_choose("halo mode", name, tern_halo_mode_name);

    if (i >= 0)
        *out = &modes[i];
    return i;
}
