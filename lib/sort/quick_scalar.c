/* SPDX-License-Identifier: BSD-3-Clause */
/* The quicksort for any processor. */
#include "config.h"

#include "sort/quick.h"

#define SIMD     /* none */
#define MOST_FEW 24

#define ITEM       uint32_t
#define KEY        uint32_t
#define KEY_OF(x)  (x)
#define NAME(x)    x##_u32
#define LESS(a, b) ((a) < (b))
#define AFTER(x)   ((x) + 1)
#include "sort/quick_scalar.h"

#include "sort/quick_template.h"
#undef ITEM
#undef KEY
#undef NAME

#define ITEM    uint64_t
#define KEY     uint64_t
#define NAME(x) x##_u64
#include "sort/quick_scalar.h"

#include "sort/quick_template.h"
#undef ITEM
#undef KEY_OF
#undef NAME
#undef LESS
#undef AFTER

#define ITEM       tern__pair
#define KEY_OF(x)  ((x).key)
#define NAME(x)    x##_pair
#define LESS(a, b) tern__pair_less(a, b)
#define AFTER(x)   tern__pair_after(x)
#include "sort/quick_scalar.h"

#include "sort/quick_template.h"

static bool usable(void)
{
    return true;
}

const tern__simd tern__simd_scalar = {"scalar", usable, &quick_u32, &quick_u64, &quick_pair};
