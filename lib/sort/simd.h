/* SPDX-License-Identifier: BSD-3-Clause */
/* How the functions of an instruction set are declared; included behind the definition of SIMD, the
 * attribute that lets the compiler use it. */
#ifndef TERN_SORT_SIMD_H
#define TERN_SORT_SIMD_H

#define INLINE static inline __attribute__((always_inline)) SIMD

/* The loops over rows, whose vectors stay in registers only when every index is a constant. */
#if defined(__clang__)
# define UNROLL _Pragma("clang loop unroll(full)")
#else
# define UNROLL _Pragma("GCC unroll 32")
#endif

#endif
