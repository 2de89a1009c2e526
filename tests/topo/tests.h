/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_TESTS_TOPO_H
#define TERN_TESTS_TOPO_H
#include <CUnit/CUnit.h>

extern CU_TestInfo pure_tests[];
#endif
