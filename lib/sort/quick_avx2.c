/* SPDX-License-Identifier: BSD-3-Clause */
/* The quicksort for AVX2, which has no unsigned comparison of 64 bits. */
#include "config.h"

#include "sort/quick.h"

#if defined(__x86_64__)
# include <immintrin.h>

# include "sort/network.h"

# define SIMD __attribute__((target("avx2,bmi2,popcnt")))
# include "sort/simd.h"

/* What is moved as lanes, whatever __m256i is. */
typedef uint64_t words64 __attribute__((vector_size(32)));
typedef uint32_t words32 __attribute__((vector_size(32)));

/* Masks are those of 32-bit lanes: eight bits, and two for each word of 64. */
# define FIRST(n) _bzhi_u32(0xff, (unsigned)((n) < 0 ? 0 : (n) < 8 ? (n) : 8))

INLINE int mask_of(__m256i v)
{
    return _mm256_movemask_ps(_mm256_castsi256_ps(v));
}

INLINE __m256i lanes_of(uint64_t bytes)
{
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes));
}

INLINE __m256i split_8(__m256i v, int last)
{
    return _mm256_permutevar8x32_epi32(v, lanes_of(tern__split_table[last]));
}

/* v ^ f ^ (negative & m) */
INLINE __m256i xor_and(__m256i v, __m256i f, __m256i negative, __m256i m)
{
    return _mm256_xor_si256(_mm256_xor_si256(v, f), _mm256_and_si256(negative, m));
}

INLINE __m256i enter_64(__m256i v, __m256i f, __m256i m)
{
    return xor_and(v, f, _mm256_cmpgt_epi64(_mm256_setzero_si256(), v), m);
}

INLINE words64 hashes_64(words64 v)
{
    words64 folded = TERN__FOLD(v), square = TERN__SQUARE(folded);

    return TERN__SPREAD(square);
}

INLINE words64 hashes_32(words64 v)
{
    return hashes_64(v & UINT32_MAX) + hashes_64(v >> 32);
}

/* ---- 32 bits --------------------------------------------------------------------------------- */

# define ITEM      uint32_t
# define KEY       uint32_t
# define KEY_OF(x) (x)
# define VEC       __m256i
# define MASK      int
# define LANES     8
# define MOST_ROWS 16
# define NAME(x)   x##_u32
# include "sort/lanes.h"

INLINE __m256i first_u32(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE __m256i load_some_u32(const uint32_t *from, int n)
{
    __m256i first = first_u32(n);

    return _mm256_blendv_epi8(_mm256_set1_epi32(-1),
                              _mm256_maskload_epi32((const int *)from, first), first);
}

# define LESS(a, b)          ((a) < (b))
# define AFTER(x)            ((x) + 1)
# define WHOLE(x)            ((uint32_t)(x))
# define ENTER(v, f, m)      xor_and(v, f, _mm256_srai_epi32(v, 31), m)
# define HASHES(v)           hashes_32((words64)(v))
# define LOAD(p)             _mm256_loadu_si256((const __m256i *)(p))
# define STORE(p, v)         _mm256_storeu_si256((__m256i *)(p), v)
# define FIRST_LANES(n)      ((int)FIRST(n))
# define LOAD_SOME(p, n)     load_some_u32(p, n)
# define STORE_SOME(p, v, n) _mm256_maskstore_epi32((int *)(p), first_u32(n), v)
# define SPREAD(x)           _mm256_set1_epi32((int)(x))
# define MIN(a, b)           _mm256_min_epu32(a, b)
# define MAX(a, b)           _mm256_max_epu32(a, b)
# define MIN_MAX(a, b, d)    ((__m256i)BLEND_LANES((words32)MIN(a, b), (words32)MAX(a, b), d))
# define MAX_MIN(a, b, d)    ((__m256i)BLEND_LANES((words32)MAX(a, b), (words32)MIN(a, b), d))
# define FLIP(v, d)          ((__m256i)FLIP_LANES((words32)(v), d))
# define ZIP0(a, b, d)       ((__m256i)ZIP_0((words32)(a), (words32)(b), d))
# define ZIP1(a, b, d)       ((__m256i)ZIP_1((words32)(a), (words32)(b), d))
# define NOT_BELOW(v, bound) mask_of(_mm256_cmpeq_epi32(MAX(v, bound), v))
# define ALL_LANES           0xff
# define COUNT(mask)         ((size_t)__builtin_popcountll((unsigned)(mask)&0xff))
# define SPLIT(v, last)      split_8(v, (last)&0xff)
# include "sort/quick_vector.h"
# include "sort/quick_partition.h"

# include "sort/quick_template.h"
# include "sort/quick_undef.h"

/* ---- 64 bits --------------------------------------------------------------------------------- */

# define ITEM      uint64_t
# define KEY       uint64_t
# define KEY_OF(x) (x)
# define VEC       __m256i
# define MASK      int
# define LANES     4
# define MOST_ROWS 16
# define NAME(x)   x##_u64
# include "sort/lanes.h"

INLINE __m256i first_u64(int n)
{
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}

INLINE __m256i load_some_u64(const void *from, int n)
{
    __m256i first = first_u64(n);

    return _mm256_blendv_epi8(_mm256_set1_epi64x(-1), _mm256_maskload_epi64(from, first), first);
}

INLINE __m256i less_u64(__m256i a, __m256i b)
{
    __m256i sign = _mm256_set1_epi64x(INT64_MIN);

    return _mm256_cmpgt_epi64(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
}

/* The lanes of b where the mask says so, the others of a. */
INLINE __m256i select_u64(__m256i mask, __m256i a, __m256i b)
{
    return _mm256_blendv_epi8(a, b, mask);
}

# define LESS(a, b)          ((a) < (b))
# define AFTER(x)            ((x) + 1)
# define WHOLE(x)            (x)
# define ENTER(v, f, m)      enter_64(v, f, m)
# define HASHES(v)           hashes_64((words64)(v))
# define LOAD(p)             _mm256_loadu_si256((const __m256i *)(p))
# define STORE(p, v)         _mm256_storeu_si256((__m256i *)(p), v)
# define FIRST_LANES(n)      ((int)FIRST(2 * (n)))
# define LOAD_SOME(p, n)     load_some_u64(p, n)
# define STORE_SOME(p, v, n) _mm256_maskstore_epi64((long long *)(p), first_u64(n), v)
# define SPREAD(x)           _mm256_set1_epi64x((long long)(x))
# define MIN(a, b)           select_u64(less_u64(b, a), a, b)
# define MAX(a, b)           select_u64(less_u64(b, a), b, a)
# define MIN_MAX(a, b, d)    ((__m256i)BLEND_LANES((words64)MIN(a, b), (words64)MAX(a, b), d))
# define MAX_MIN(a, b, d)    ((__m256i)BLEND_LANES((words64)MAX(a, b), (words64)MIN(a, b), d))
# define FLIP(v, d)          ((__m256i)FLIP_LANES((words64)(v), d))
# define ZIP0(a, b, d)       ((__m256i)ZIP_0((words64)(a), (words64)(b), d))
# define ZIP1(a, b, d)       ((__m256i)ZIP_1((words64)(a), (words64)(b), d))
# define NOT_BELOW(v, bound) (mask_of(less_u64(v, bound)) ^ 0xff)
# define ALL_LANES           0xff
# define COUNT(mask)         ((size_t)__builtin_popcountll((unsigned)(mask)&0xff) / 2)
# define SPLIT(v, last)      split_8(v, (last)&0xff)
# include "sort/quick_vector.h"
# include "sort/quick_partition.h"

# include "sort/quick_template.h"
# include "sort/quick_undef.h"

/* ---- Pairs: keys in one register, values in another ------------------------------------------ */

/* In what order the lanes are does not matter when pairs are loaded and parted; that of unpacklo
 * and unpackhi, lanes 0, 2, 1, 3, spares moves from half to half of the registers. */

typedef struct pairs {
    words64 key, value;
} pairs;

# define ITEM      tern__pair
# define KEY       uint64_t
# define KEY_OF(x) ((x).key)
# define VEC       pairs
# define MASK      int
# define LANES     4
# define MOST_ROWS 8
# define NAME(x)   x##_pair
# include "sort/lanes.h"

INLINE pairs pairs_of_words(__m256i low, __m256i high)
{
    words64 a = (words64)low, b = (words64)high;

    return (pairs){WORDS_OF_PAIRS(a, b, 0), WORDS_OF_PAIRS(a, b, 1)};
}

INLINE pairs load_pairs(const tern__pair *from)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)from);
    __m256i high = _mm256_loadu_si256((const __m256i *)(from + LANES / 2));

    return (pairs){(words64)_mm256_unpacklo_epi64(low, high),
                   (words64)_mm256_unpackhi_epi64(low, high)};
}

INLINE pairs load_some_pairs(const tern__pair *from, int n)
{
    return pairs_of_words(load_some_u64(from, 2 * n),
                          load_some_u64(from + LANES / 2, 2 * n - LANES));
}

INLINE void store_pairs(tern__pair *to, pairs v)
{
    _mm256_storeu_si256((__m256i *)to, (__m256i)PAIRS_OF_WORDS(v.key, v.value, 0));
    _mm256_storeu_si256((__m256i *)(to + LANES / 2),
                        (__m256i)PAIRS_OF_WORDS(v.key, v.value, LANES));
}

INLINE void store_some_pairs(tern__pair *to, pairs v, int n)
{
    _mm256_maskstore_epi64((long long *)to, first_u64(2 * n),
                           (__m256i)PAIRS_OF_WORDS(v.key, v.value, 0));
    _mm256_maskstore_epi64((long long *)(to + LANES / 2), first_u64(2 * n - LANES),
                           (__m256i)PAIRS_OF_WORDS(v.key, v.value, LANES));
}

INLINE __m256i less_pairs(pairs a, pairs b)
{
    __m256i same = _mm256_cmpeq_epi64((__m256i)a.key, (__m256i)b.key);

    return _mm256_or_si256(less_u64((__m256i)a.key, (__m256i)b.key),
                           _mm256_and_si256(same, less_u64((__m256i)a.value, (__m256i)b.value)));
}

INLINE pairs select_pairs(__m256i mask, pairs a, pairs b)
{
    return (pairs){(words64)select_u64(mask, (__m256i)a.key, (__m256i)b.key),
                   (words64)select_u64(mask, (__m256i)a.value, (__m256i)b.value)};
}

INLINE pairs enter_pairs(pairs v, pairs f, pairs m)
{
    return (pairs){(words64)enter_64((__m256i)v.key, (__m256i)f.key, (__m256i)m.key), v.value};
}

INLINE pairs split_pairs(pairs v, int last)
{
    __m256i lanes = lanes_of(tern__split_zipped_table[last]);

    return (pairs){(words64)_mm256_permutevar8x32_epi32((__m256i)v.key, lanes),
                   (words64)_mm256_permutevar8x32_epi32((__m256i)v.value, lanes)};
}

INLINE void store_split_pairs(tern__pair *to, pairs v)
{
    _mm256_storeu_si256((__m256i *)to, _mm256_unpacklo_epi64((__m256i)v.key, (__m256i)v.value));
    _mm256_storeu_si256((__m256i *)(to + LANES / 2),
                        _mm256_unpackhi_epi64((__m256i)v.key, (__m256i)v.value));
}

/* All ones in the lanes with bit d. */
# define WITH_BIT(d) \
  (__m256i) BLEND_LANES((words64)_mm256_setzero_si256(), (words64)_mm256_set1_epi64x(-1), d)

# define LESS(a, b)          tern__pair_less(a, b)
# define AFTER(x)            tern__pair_after(x)
# define WHOLE(x)            ((tern__pair){x, 0})
# define ENTER(v, f, m)      enter_pairs(v, f, m)
# define HASHES(v)           ((v).key ^ (v).key) /* pairs are not looked at */
# define LOAD(p)             load_pairs(p)
# define STORE(p, v)         store_pairs(p, v)
# define FIRST_LANES(n)      ((int)FIRST(2 * (n)))
# define LOAD_SOME(p, n)     load_some_pairs(p, n)
# define STORE_SOME(p, v, n) store_some_pairs(p, v, n)
# define SPREAD(x)                                          \
  ((pairs){(words64)_mm256_set1_epi64x((long long)(x).key), \
           (words64)_mm256_set1_epi64x((long long)(x).value)})
# define MIN(a, b)           select_pairs(less_pairs(b, a), a, b)
# define MAX(a, b)           select_pairs(less_pairs(b, a), b, a)
# define MIN_MAX(a, b, d)    select_pairs(_mm256_xor_si256(less_pairs(b, a), WITH_BIT(d)), a, b)
# define MAX_MIN(a, b, d)    select_pairs(_mm256_xor_si256(less_pairs(b, a), WITH_BIT(d)), b, a)
# define FLIP(v, d)          ((pairs){FLIP_LANES((v).key, d), FLIP_LANES((v).value, d)})
# define ZIP0(a, b, d)       ((pairs){ZIP_0((a).key, (b).key, d), ZIP_0((a).value, (b).value, d)})
# define ZIP1(a, b, d)       ((pairs){ZIP_1((a).key, (b).key, d), ZIP_1((a).value, (b).value, d)})
# define NOT_BELOW(v, bound) (mask_of(less_pairs(v, bound)) ^ 0xff)
# define ALL_LANES           0xff
# define COUNT(mask)         ((size_t)__builtin_popcountll((unsigned)(mask)&0xff) / 2)
# define SPLIT(v, last)      split_pairs(v, (last)&0xff)
# define STORE_SPLIT(p, v)   store_split_pairs(p, v)
# include "sort/quick_vector.h"
# include "sort/quick_partition.h"

# include "sort/quick_template.h"
# include "sort/quick_undef.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")
           && __builtin_cpu_supports("popcnt");
}

const tern__simd tern__simd_avx2 = {"avx2", usable, &quick_u32, &quick_u64, &quick_pair};
#endif
