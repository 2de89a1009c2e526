/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of distributed algorithms, and the choice among them. */
#include "config.h"

#include "sort/algorithm.h"

enum { AUTO, SAMPLE, HISTOGRAM, AMS, HYPERCUBE, BITONIC, RADIX };

static const struct {
    const char *name;
    tern__algorithm *run;
    bool stable;
    bool sorts_first; /* what a rank has, where it is */
} table[] = {
    [AUTO] = {"auto", NULL, true, true},
    [SAMPLE] = {"sample", tern__sample, true, true},
    [HISTOGRAM] = {"histogram", tern__histogram, true, true},
    [AMS] = {"ams", tern__ams, true, true},
    [HYPERCUBE] = {"hypercube", tern__hypercube, false, true},
    [BITONIC] = {"bitonic", tern__bitonic, false, true},
    [RADIX] = {"radix", tern__radix, true, false},
};
enum { ALGORITHMS = sizeof(table) / sizeof(table[0]) };

const char *tern_sort_algorithm(int i)
{
    return i >= 0 && i < ALGORITHMS ? table[i].name : NULL;
}

int tern__choose_algorithm(const tern_sort_options *o)
{
    const char *name = o->algorithm;
    int i = name != NULL ? tern_choose("sort algorithm", name, tern_sort_algorithm) : AUTO;

    if (i >= 0 && o->stable && !table[i].stable)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort: '%s' is not stable", name);
    if (i == AUTO && o->in_place)
        return HISTOGRAM;
    if (i >= 0 && o->in_place && i != HISTOGRAM)
        return tern_fail(TERN_ENOTSUP, TERN_HERE, "sort: '%s' needs a copy of the data", name);
    return i;
}

static int choose(const tern__job *j, int64_t total, int p)
{
    enum { FEW = 64, MANY_RANKS = 1024 };

    if (!j->stable && total / p < FEW)
        return HYPERCUBE;
    return p < MANY_RANKS ? HISTOGRAM : AMS;
}

int tern__run_algorithm(int i, tern__job *j)
{
    int64_t total;
    int error = TERN_OK;

    if (tern_size(j->c) == 1)
        return tern__sort_here(j);
    if (i == AUTO) {
        error = tern__total(j, &total);
        i = error ? AUTO : choose(j, total, tern_size(j->c));
    }
    if (error)
        return error;
    if (!table[i].sorts_first)
        tern__hash_first(j);
    return table[i].run(j);
}
