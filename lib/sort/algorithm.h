/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: the table of distributed algorithms. */
#ifndef TERN_SORT_ALGORITHM_H
#define TERN_SORT_ALGORITHM_H

#include "sort/items.h"

/* Index of the algorithm that the options name, or allow; TERN_EINVAL or TERN_ENOTSUP. */
int tern__choose_algorithm(const tern_sort_options *o);

/* Run algorithm number i, 0 for "auto".  Collective. */
int tern__run_algorithm(int i, tern__job *j);

#endif
