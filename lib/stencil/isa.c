/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kernels this processor can run. */
#include "config.h"

#include "stencil/solver.h"

static bool always(void)
{
    return true;
}

#ifdef ALL_WIDTHS
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f");
}
#endif

/* The best first. */
static const struct {
    const struct kernel_set *set;
    bool (*can)(void);
} sets[] = {
#ifdef ALL_WIDTHS
    {&tern__kernels_avx512, has_avx512},
    {&tern__kernels_avx2, has_avx2},
#endif
    {&tern__kernels_baseline, always},
};

enum { SETS = sizeof(sets) / sizeof(sets[0]) };

const char *tern_stencil_isa_name(int i)
{
    return i >= 0 && i < SETS ? sets[i].set->isa : NULL;
}

int tern__kernels_find(const char *isa, const struct kernel_set **out)
{
    int i = 0;

    if (isa != NULL) {
        i = tern_choose("instruction set", isa, tern_stencil_isa_name);
        if (i < 0)
            return i;
        if (!sets[i].can())
            return tern_fail(TERN_ENOTSUP, NULL, "this processor has no %s", isa);
    }
    while (!sets[i].can())
        i++;
    *out = sets[i].set;
    return TERN_OK;
}
