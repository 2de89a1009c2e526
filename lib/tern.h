/* SPDX-License-Identifier: BSD-3-Clause */
/** \file tern.h  Everything a program needs: one include. */
#ifndef TERN_H
#define TERN_H
#include "base/base.h"
#include "stat/stat.h"
#include "topo/topo.h"
#include "msg/msg.h"
#include "chan/chan.h"
#include "coll/coll.h"
#include "sort/sort.h"
#include "grid/grid.h"
#include "stencil/stencil.h"
#include "ckpt/ckpt.h"
#include "field/field.h"
#include "prog/prog.h"
#endif
