/* SPDX-License-Identifier: BSD-3-Clause */
/* One row of points at a time, straight loops that the compiler turns into vectors.  Contraction to
 * fused multiply-adds is off for the whole library, so every width gives the same bits. */
#include "config.h"

#include "stencil/solver.h"

/* Compiled once for each vector width, chosen when the program starts.  Clang 14 has this for C
 * neither for static nor for all widths; sanitized code must not run as early as the choice. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) \
    && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
# define EVERY_WIDTH __attribute__((target_clones("default", "avx2", "avx512f")))
#else
# define EVERY_WIDTH
#endif

/* hot */
EVERY_WIDTH
static void row_2d5(double *restrict out, const double *restrict in, int64_t pitch, int64_t n,
                    struct weights w)
{
    const double *below = in - pitch, *above = in + pitch;

#pragma omp simd
    for (int64_t x = 0; x < n; x++)
        out[x] =
            (w.centre * in[x] + w.side * (in[x - 1] + in[x + 1])) + w.side * (below[x] + above[x]);
}

/* hot */
EVERY_WIDTH
void tern__row_scale(double *restrict out, const double *restrict in, double factor, int64_t n)
{
#pragma omp simd
    for (int64_t x = 0; x < n; x++)
        out[x] = factor * in[x];
}

static const struct stencil_kernel kernels[] = {
    {"2d5", 2, 1, row_2d5},
};

enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };

static const char *name_of(int i)
{
    return i < KERNELS ? kernels[i].name : NULL;
}

int tern__stencil_find(const char *name, const struct stencil_kernel **out)
{
    int i = tern_choose("stencil", name, name_of);

    if (i >= 0)
        *out = &kernels[i];
    return i;
}
