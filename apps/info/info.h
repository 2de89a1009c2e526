/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_APPS_INFO_H
#define TERN_APPS_INFO_H

#include "msg/msg.h"
#include "prog/prog.h"
#include "topo/topo.h"

/* Each section prints itself where tern_prog_talks(), and puts itself into the report. */
void info_features(void);
void info_environment(void);
void info_machine(const tern_topo *t);
void info_plan(const tern_topo *t);

/* Collective over `c`. */
int info_binding(tern_comm *c, const tern_topo *t);

#endif
