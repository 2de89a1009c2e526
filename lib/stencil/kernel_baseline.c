/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of 16 bytes, which every processor has or the compiler makes of scalars. */
#include "config.h"

#if defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__clang__) \
    && !defined(__SANITIZE_ADDRESS__)
# pragma GCC optimize("O3")
#endif

#define WIDTH        16
#define LANES_F64    2
#define LANES_F32    4
#define SHIFTS       0
#define STREAM(p, v) T(save)(p, v)
#include "stencil/kernel_isa.h"

const struct kernel_set tern__kernels_baseline = {.isa = "baseline", .of = {ALL(f64), ALL(f32)}};
