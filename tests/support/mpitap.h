/* SPDX-License-Identifier: BSD-3-Clause */
/** \file mpitap.h
 * Runs CUnit tests on every rank of a communicator and reports them as TAP.
 * A test passes only when it passes on all ranks; rank 0 prints the one line,
 * with the first failure of each failing rank below it. */
#ifndef TERN_TESTS_MPITAP_H
#define TERN_TESTS_MPITAP_H
#include <CUnit/CUnit.h>

/* Initialise MPI, run `suites`, print TAP, finalise; the value is main()'s. */
int mpitap_main(int *argc, char ***argv, CU_SuiteInfo *suites);

/* Skip the rest of the running test on all ranks (call it on all of them). */
#define MPITAP_SKIP(why) \
 do {                    \
  mpitap_skip(why);      \
  return;                \
 } while (0)
void mpitap_skip(const char *why);
#endif
