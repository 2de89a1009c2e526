/* SPDX-License-Identifier: BSD-3-Clause */
/* Which instruction set the local sorts use. */
#include "config.h"

#include "sort/quick.h"

#include <string.h>

/* Best first. */
static const tern__simd *const sets[] = {
#if defined(__x86_64__)
    &tern__simd_avx512,
    &tern__simd_avx2,
#endif
    &tern__simd_scalar,
};

const tern__simd *tern__simd_named(const char *name)
{
    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
        if (sets[i]->usable() && (strcmp(name, "auto") == 0 || strcmp(name, sets[i]->name) == 0))
            return sets[i];
    return NULL;
}

const tern__simd *tern__simd_chosen(void)
{
    const tern__simd *named = tern__simd_named(tern_env("TERN_SIMD"));

    if (named == NULL)
        tern_log(TERN_LOG_WARN, "TERN_SIMD=%s: this processor has no such thing",
                 tern_env("TERN_SIMD"));
    return named != NULL ? named : tern__simd_named("auto");
}
