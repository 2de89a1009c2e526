/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of 64 bytes. */
#include "config.h"

#include "stencil/kernel.h"

#ifdef ALL_WIDTHS
# include <immintrin.h>
# ifdef __clang__
#  pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
# else
#  pragma GCC optimize("O3")
#  pragma GCC target("avx512f")
# endif

# define WIDTH           64
# define LANES_F64       8
# define LANES_F32       16
# define SHIFTS          1
# define JOIN(lo, hi, k) ((T(vec))EXPAND(JOIN, TYPE)((__m512i)(hi), (__m512i)(lo), k))
# define JOIN_f64        _mm512_alignr_epi64
# define JOIN_f32        _mm512_alignr_epi32
# define STREAM(p, v)    _mm512_stream_si512((__m512i *)(p), (__m512i)(v))
# include "stencil/kernel_isa.h"

const struct kernel_set tern__kernels_avx512 = {.isa = "avx512", .of = {ALL(f64), ALL(f32)}};

# ifdef __clang__
#  pragma clang attribute pop
# endif
#endif
