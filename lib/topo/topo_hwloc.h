/* SPDX-License-Identifier: BSD-3-Clause */
/* For the files of topo that talk to hwloc. */
#ifndef TERN_TOPO_HWLOC_H
#define TERN_TOPO_HWLOC_H

#include <hwloc.h>

#include "topo/topo_private.h"

struct tern_topo {
    hwloc_topology_t hwloc;
    hwloc_obj_type_t core_type; /* PUs stand for cores where the machine tells of none */
};

#if HWLOC_API_VERSION < 0x00020100 /* as it was called before hwloc 2.1 */
# define HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED HWLOC_TOPOLOGY_FLAG_WHOLE_SYSTEM
#endif

/* How many objects of `type` there are. */
int tern__topo_count(const tern_topo *t, hwloc_obj_type_t type);

/* Whether the job may use some CPU of `object`. */
bool tern__topo_allowed(const tern_topo *t, hwloc_obj_t object);

#endif
