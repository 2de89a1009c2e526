/* SPDX-License-Identifier: BSD-3-Clause */
/* All kernels for vectors of WIDTH bytes; the including file has set the compiler's target. */
#include "stencil/kernel.h"

#include <string.h>

/* Loops over rows and rings must vanish, or their vectors would live in memory. */
#define INLINE       static inline __attribute__((always_inline))
#define UNROLL       _Pragma("GCC unroll 16")
#define PASTE(a, b)  a##_##b
#define EXPAND(a, b) PASTE(a, b)
#define T(name)      EXPAND(name, TYPE)

/* Elements k, k + 1, ... of two vectors side by side. */
#define SHUFFLE_2(lo, hi, k) __builtin_shufflevector(lo, hi, k, (k) + 1)
#define SHUFFLE_4(lo, hi, k) __builtin_shufflevector(lo, hi, k, (k) + 1, (k) + 2, (k) + 3)
#define SHUFFLE_8(lo, hi, k) \
 __builtin_shufflevector(lo, hi, k, (k) + 1, (k) + 2, (k) + 3, (k) + 4, (k) + 5, (k) + 6, (k) + 7)
#ifndef JOIN
# define JOIN(lo, hi, k) EXPAND(SHUFFLE, LANES)(lo, hi, k)
#endif

#define REAL  double
#define TYPE  f64
#define LANES LANES_F64
#include "stencil/kernel_vector.h"
#include "stencil/kernel_star.h"
#include "stencil/kernel_box.h"
#include "stencil/kernel_points.h"
#undef REAL
#undef TYPE
#undef LANES

#define REAL  float
#define TYPE  f32
#define LANES LANES_F32
#include "stencil/kernel_vector.h"
#include "stencil/kernel_star.h"
#include "stencil/kernel_box.h"
#include "stencil/kernel_points.h"
#undef REAL
#undef TYPE
#undef LANES

#define THREE(name, type)                                         \
 {                                                                \
  name##_store_##type, name##_stream_##type, name##_update_##type \
 }
#define ALL(type)                                                                   \
 {                                                                                  \
  [FAMILY_STAR2_1] = THREE(star2_1, type), [FAMILY_STAR2_2] = THREE(star2_2, type), \
  [FAMILY_STAR2_3] = THREE(star2_3, type), [FAMILY_STAR2_4] = THREE(star2_4, type), \
  [FAMILY_STAR3_1] = THREE(star3_1, type), [FAMILY_STAR3_2] = THREE(star3_2, type), \
  [FAMILY_STAR3_3] = THREE(star3_3, type), [FAMILY_STAR3_4] = THREE(star3_4, type), \
  [FAMILY_BOX2_1] = THREE(box2_1, type), [FAMILY_BOX2_2] = THREE(box2_2, type),     \
  [FAMILY_BOX2_3] = THREE(box2_3, type), [FAMILY_BOX2_4] = THREE(box2_4, type),     \
  [FAMILY_BOX3_1] = THREE(box3_1, type), [FAMILY_POINTS] = THREE(points, type),     \
 }
