/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of 32 bytes. */
#include "config.h"

#include "stencil/kernel.h"

#ifdef ALL_WIDTHS
# include <immintrin.h>
# ifdef __clang__
#  pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
# else
#  pragma GCC optimize("O3")
#  pragma GCC target("avx2")
# endif

# define WIDTH        32
# define LANES_F64    4
# define LANES_F32    8
# define SHIFTS       0 /* two instructions; a load is one */
# define STREAM(p, v) _mm256_stream_si256((__m256i *)(p), (__m256i)(v))
# include "stencil/kernel_isa.h"

const struct kernel_set tern__kernels_avx2 = {.isa = "avx2", .of = {ALL(f64), ALL(f32)}};

# ifdef __clang__
#  pragma clang attribute pop
# endif
#endif
