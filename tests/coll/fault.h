/* SPDX-License-Identifier: BSD-3-Clause */
/** \file fault.h
 * A rank that runs out of memory in the middle of an exchange.  The linker's --wrap leads the
 * library's tern_alloc() here. */
#ifndef TERN_TESTS_FAULT_H
#define TERN_TESTS_FAULT_H
#include <stdbool.h>

/** From now on the caller's allocation number \p nth, from 0, fails, and all after it; < 0: none
 * does. */
void fault_at(int nth);
/** Whether one has failed since. */
bool fault_met(void);
#endif
