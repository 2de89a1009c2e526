/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: the local sort of records. */
#ifndef TERN_SORT_RECORDS_H
#define TERN_SORT_RECORDS_H

#include "sort/items.h"

/* The `sort` of items that are records. */
int tern__sort_records(const tern__items *t, char **records, size_t n, size_t room);

#endif
