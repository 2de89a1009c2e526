/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of distributed algorithms, and the choice among them. */
#include "config.h"

#include "sort/algorithm.h"

#include <string.h>

static const struct {
    const char *name;
    tern__algorithm *run;
    bool stable;
} table[] = {
    {"auto", NULL, true},
    {"histogram", tern__histogram, true},
};
enum { ALGORITHMS = sizeof(table) / sizeof(table[0]) };

const char *tern_sort_algorithm(int i)
{
    return i >= 0 && i < ALGORITHMS ? table[i].name : NULL;
}

int tern__choose_algorithm(const char *name, bool stable)
{
    int i = name != NULL ? tern_choose("sort algorithm", name, tern_sort_algorithm) : 0;

    if (i >= 0 && stable && !table[i].stable)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: '%s' is not stable", name);
    return i;
}

int tern__run_algorithm(int i, tern__job *j)
{
    if (tern_size(j->c) == 1)
        return tern__sort_here(j);
    if (i == 0)
        i = 1;
    return table[i].run(j);
}
