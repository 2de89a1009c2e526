/* SPDX-License-Identifier: BSD-3-Clause */
/* The quicksort for AVX-512.  Lanes are moved in registers and stored whole: a compressing store to
 * memory is microcoded on Zen 4 and takes over a hundred cycles. */
#include "config.h"

#include "sort/quick.h"

#if defined(__x86_64__)
# include <immintrin.h>

# include "sort/network.h"

# define SIMD __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi2,popcnt")))
# include "sort/simd.h"

/* What is moved as lanes, whatever __m512i is. */
typedef uint64_t words64 __attribute__((vector_size(64)));
typedef uint32_t words32 __attribute__((vector_size(64)));

/* The masks of the lanes with bit d, and of the first n ones. */
# define WITH_BIT(d) ((d) == 1 ? 0xaaaa : (d) == 2 ? 0xcccc : (d) == 4 ? 0xf0f0 : 0xff00)
# define FIRST(n)    _bzhi_u32(0xffff, (unsigned)((n) < 0 ? 0 : (n) < 16 ? (n) : 16))

INLINE __m512i split_8(__m512i v, __mmask8 last)
{
    __m128i lanes = _mm_loadl_epi64((const __m128i *)&tern__split_table[last]);

    return _mm512_permutexvar_epi64(_mm512_cvtepu8_epi64(lanes), v);
}

/* v ^ f ^ (negative & m) */
INLINE __m512i xor_and(__m512i v, __m512i f, __m512i negative, __m512i m)
{
    return _mm512_xor_si512(_mm512_xor_si512(v, f), _mm512_and_si512(negative, m));
}

INLINE __m512i enter_64(__m512i v, __m512i f, __m512i m)
{
    return xor_and(v, f, _mm512_srai_epi64(v, 63), m);
}

INLINE words64 hashes_64(words64 v)
{
    words64 folded = TERN__FOLD(v), square = TERN__SQUARE(folded);

    return TERN__SPREAD(square);
}

/* ---- 64 bits -------------------------------------------------------------------------------- */

# define ITEM      uint64_t
# define KEY       uint64_t
# define KEY_OF(x) (x)
# define VEC       __m512i
# define MASK      __mmask8
# define LANES     8
# define MOST_ROWS 32
# define NAME(x)   x##_u64
# include "sort/lanes.h"

# define LESS(a, b)          ((a) < (b))
# define AFTER(x)            ((x) + 1)
# define WHOLE(x)            (x)
# define ENTER(v, f, m)      enter_64(v, f, m)
# define HASHES(v)           hashes_64((words64)(v))
# define LOAD(p)             _mm512_loadu_si512(p)
# define STORE(p, v)         _mm512_storeu_si512(p, v)
# define FIRST_LANES(n)      ((__mmask8)FIRST(n))
# define LOAD_SOME(p, n)     _mm512_mask_loadu_epi64(_mm512_set1_epi64(-1), FIRST_LANES(n), p)
# define STORE_SOME(p, v, n) _mm512_mask_storeu_epi64(p, FIRST_LANES(n), v)
# define SPREAD(x)           _mm512_set1_epi64((long long)(x))
# define MIN(a, b)           _mm512_min_epu64(a, b)
# define MAX(a, b)           _mm512_max_epu64(a, b)
# define MIN_MAX(a, b, d)    _mm512_mask_max_epu64(MIN(a, b), (__mmask8)WITH_BIT(d), a, b)
# define MAX_MIN(a, b, d)    _mm512_mask_min_epu64(MAX(a, b), (__mmask8)WITH_BIT(d), a, b)
# define FLIP(v, d)          ((__m512i)FLIP_LANES((words64)(v), d))
# define ZIP0(a, b, d)       ((__m512i)ZIP_0((words64)(a), (words64)(b), d))
# define ZIP1(a, b, d)       ((__m512i)ZIP_1((words64)(a), (words64)(b), d))
# define NOT_BELOW(v, bound) _mm512_cmpge_epu64_mask(v, bound)
# define ALL_LANES           0xff
# define COUNT(mask)         ((size_t)__builtin_popcountll(mask))
# define SPLIT(v, last)      split_8(v, last)
# include "sort/quick_vector.h"
# include "sort/quick_partition.h"

# include "sort/quick_template.h"
# include "sort/quick_undef.h"

/* ---- 32 bits -------------------------------------------------------------------------------- */

# define ITEM      uint32_t
# define KEY       uint32_t
# define KEY_OF(x) (x)
# define VEC       __m512i
# define MASK      __mmask16
# define LANES     16
# define MOST_ROWS 32
# define NAME(x)   x##_u32
# include "sort/lanes.h"

# define LESS(a, b)          ((a) < (b))
# define AFTER(x)            ((x) + 1)
# define WHOLE(x)            ((uint32_t)(x))
# define ENTER(v, f, m)      xor_and(v, f, _mm512_srai_epi32(v, 31), m)
# define HASHES(v)           hashes_32((words64)(v))
# define LOAD(p)             _mm512_loadu_si512(p)
# define STORE(p, v)         _mm512_storeu_si512(p, v)
# define FIRST_LANES(n)      ((__mmask16)FIRST(n))
# define LOAD_SOME(p, n)     _mm512_mask_loadu_epi32(_mm512_set1_epi32(-1), FIRST_LANES(n), p)
# define STORE_SOME(p, v, n) _mm512_mask_storeu_epi32(p, FIRST_LANES(n), v)
# define SPREAD(x)           _mm512_set1_epi32((int)(x))
# define MIN(a, b)           _mm512_min_epu32(a, b)
# define MAX(a, b)           _mm512_max_epu32(a, b)
# define MIN_MAX(a, b, d)    _mm512_mask_max_epu32(MIN(a, b), (__mmask16)WITH_BIT(d), a, b)
# define MAX_MIN(a, b, d)    _mm512_mask_min_epu32(MAX(a, b), (__mmask16)WITH_BIT(d), a, b)
# define FLIP(v, d)          ((__m512i)FLIP_LANES((words32)(v), d))
# define ZIP0(a, b, d)       ((__m512i)ZIP_0((words32)(a), (words32)(b), d))
# define ZIP1(a, b, d)       ((__m512i)ZIP_1((words32)(a), (words32)(b), d))
# define NOT_BELOW(v, bound) _mm512_cmpge_epu32_mask(v, bound)
# define ALL_LANES           0xffff
# define COUNT(mask)         ((size_t)__builtin_popcountll(mask))
# include "sort/quick_vector.h"

/* For the partition half as many lanes: a table of 65536 rows would not fit the cache, and two
 * stores of a half take no longer than one. */
# include "sort/quick_undef_lanes.h"
# define VEC   __m256i
# define MASK  __mmask8
# define LANES 8
# define BATCH 8

INLINE __m256i split_8_of_32(__m256i v, __mmask8 last)
{
    __m128i lanes = _mm_loadl_epi64((const __m128i *)&tern__split_table[last]);

    return _mm256_permutevar8x32_epi32(v, _mm256_cvtepu8_epi32(lanes));
}

INLINE __m256i enter_32(__m256i v, __m256i f, __m256i m)
{
    __m256i negative = _mm256_srai_epi32(v, 31);

    return _mm256_xor_si256(_mm256_xor_si256(v, f), _mm256_and_si256(negative, m));
}

# define ENTER(v, f, m)      enter_32(v, f, m)
# define HASHES(v)           hashes_64((words64)_mm512_cvtepu32_epi64(v))
# define LOAD(p)             _mm256_loadu_si256((const __m256i *)(p))
# define STORE(p, v)         _mm256_storeu_si256((__m256i *)(p), v)
# define FIRST_LANES(n)      ((__mmask8)FIRST(n))
# define LOAD_SOME(p, n)     _mm256_mask_loadu_epi32(_mm256_set1_epi32(-1), FIRST_LANES(n), p)
# define SPREAD(x)           _mm256_set1_epi32((int)(x))
# define NOT_BELOW(v, bound) _mm256_cmpge_epu32_mask(v, bound)
# define COUNT(mask)         ((size_t)__builtin_popcountll(mask))
# define SPLIT(v, last)      split_8_of_32(v, last)
# include "sort/quick_partition.h"

# include "sort/quick_template.h"
# include "sort/quick_undef.h"

/* ---- Pairs: keys in one register, values in another ------------------------------------------ */

typedef struct pairs {
    words64 key, value;
} pairs;

# define ITEM      tern__pair
# define KEY       uint64_t
# define KEY_OF(x) ((x).key)
# define VEC       pairs
# define MASK      __mmask8
# define LANES     8
# define MOST_ROWS 16
# define NAME(x)   x##_pair
# include "sort/lanes.h"

INLINE pairs pairs_of_words(__m512i low, __m512i high)
{
    words64 a = (words64)low, b = (words64)high;

    return (pairs){WORDS_OF_PAIRS(a, b, 0), WORDS_OF_PAIRS(a, b, 1)};
}

INLINE pairs load_pairs(const tern__pair *from)
{
    return pairs_of_words(_mm512_loadu_si512(from), _mm512_loadu_si512(from + LANES / 2));
}

INLINE pairs load_some_pairs(const tern__pair *from, int n)
{
    __m512i most = _mm512_set1_epi64(-1);
    __mmask8 low = (__mmask8)FIRST(2 * n), high = (__mmask8)FIRST(2 * n - LANES);

    return pairs_of_words(_mm512_mask_loadu_epi64(most, low, from),
                          _mm512_mask_loadu_epi64(most, high, from + LANES / 2));
}

INLINE void store_pairs(tern__pair *to, pairs v)
{
    _mm512_storeu_si512(to, (__m512i)PAIRS_OF_WORDS(v.key, v.value, 0));
    _mm512_storeu_si512(to + LANES / 2, (__m512i)PAIRS_OF_WORDS(v.key, v.value, LANES));
}

INLINE void store_some_pairs(tern__pair *to, pairs v, int n)
{
    _mm512_mask_storeu_epi64(to, (__mmask8)FIRST(2 * n),
                             (__m512i)PAIRS_OF_WORDS(v.key, v.value, 0));
    _mm512_mask_storeu_epi64(to + LANES / 2, (__mmask8)FIRST(2 * n - LANES),
                             (__m512i)PAIRS_OF_WORDS(v.key, v.value, LANES));
}

INLINE __mmask8 less_pairs(pairs a, pairs b)
{
    __mmask8 same = _mm512_cmpeq_epu64_mask((__m512i)a.key, (__m512i)b.key);

    return (__mmask8)(_mm512_cmplt_epu64_mask((__m512i)a.key, (__m512i)b.key)
                      | _mm512_mask_cmplt_epu64_mask(same, (__m512i)a.value, (__m512i)b.value));
}

/* The lanes of b where the mask says so, the others of a. */
INLINE pairs select_pairs(__mmask8 mask, pairs a, pairs b)
{
    return (pairs){
        (words64)_mm512_mask_blend_epi64(mask, (__m512i)a.key, (__m512i)b.key),
        (words64)_mm512_mask_blend_epi64(mask, (__m512i)a.value, (__m512i)b.value),
    };
}

INLINE pairs enter_pairs(pairs v, pairs f, pairs m)
{
    return (pairs){(words64)enter_64((__m512i)v.key, (__m512i)f.key, (__m512i)m.key), v.value};
}

# define LESS(a, b)          tern__pair_less(a, b)
# define AFTER(x)            tern__pair_after(x)
# define WHOLE(x)            ((tern__pair){x, 0})
# define ENTER(v, f, m)      enter_pairs(v, f, m)
# define HASHES(v)           ((v).key ^ (v).key) /* pairs are not looked at */
# define LOAD(p)             load_pairs(p)
# define STORE(p, v)         store_pairs(p, v)
# define FIRST_LANES(n)      ((__mmask8)FIRST(n))
# define LOAD_SOME(p, n)     load_some_pairs(p, n)
# define STORE_SOME(p, v, n) store_some_pairs(p, v, n)
# define SPREAD(x)                                         \
  ((pairs){(words64)_mm512_set1_epi64((long long)(x).key), \
           (words64)_mm512_set1_epi64((long long)(x).value)})
# define MIN(a, b)           select_pairs(less_pairs(b, a), a, b)
# define MAX(a, b)           select_pairs(less_pairs(b, a), b, a)
# define MIN_MAX(a, b, d)    select_pairs(less_pairs(b, a) ^ (__mmask8)WITH_BIT(d), a, b)
# define MAX_MIN(a, b, d)    select_pairs(less_pairs(b, a) ^ (__mmask8)WITH_BIT(d), b, a)
# define FLIP(v, d)          ((pairs){FLIP_LANES((v).key, d), FLIP_LANES((v).value, d)})
# define ZIP0(a, b, d)       ((pairs){ZIP_0((a).key, (b).key, d), ZIP_0((a).value, (b).value, d)})
# define ZIP1(a, b, d)       ((pairs){ZIP_1((a).key, (b).key, d), ZIP_1((a).value, (b).value, d)})
# define NOT_BELOW(v, bound) ((__mmask8)~less_pairs(v, bound))
# define LAST_OF_KEY(x)      ((tern__pair){(x).key, UINT64_MAX})
# define ALL_LANES           0xff
# define COUNT(mask)         ((size_t)__builtin_popcountll(mask))
# include "sort/quick_vector.h"

/* For the partition pairs stay as they lie in memory; masks have two equal bits for each. */
# include "sort/quick_undef_lanes.h"
# define VEC   __m512i
# define MASK  __mmask8
# define LANES 4
# define BATCH 5

INLINE __m512i spread_pair(tern__pair x)
{
    return _mm512_broadcast_i64x2(_mm_set_epi64x((long long)x.value, (long long)x.key));
}

INLINE __mmask8 not_below_pair(__m512i v, __m512i bound)
{
    unsigned less = _mm512_cmplt_epu64_mask(v, bound), same = _mm512_cmpeq_epu64_mask(v, bound);

    return (__mmask8) ~(((less | (same & less >> 1)) & 0x55) * 3);
}

# define ENTER(v, f, m)           enter_64(v, f, m)
# define HASHES(v)                ((words64){0}) /* pairs are not looked at */
# define LOAD(p)                  _mm512_loadu_si512(p)
# define STORE(p, v)              _mm512_storeu_si512(p, v)
# define FIRST_LANES(n)           ((__mmask8)FIRST(2 * (n)))
# define LOAD_SOME(p, n)          _mm512_mask_loadu_epi64(_mm512_set1_epi64(-1), FIRST_LANES(n), p)
# define SPREAD(x)                spread_pair(x)
# define NOT_BELOW(v, bound)      not_below_pair(v, bound)
# define KEYS_DECIDE(bound)       ((bound).value == 0)
# define KEYS_NOT_BELOW(v, bound) ((__mmask8)((_mm512_cmpge_epu64_mask(v, bound) & 0x55) * 3))
# define COUNT(mask)              ((size_t)__builtin_popcountll(mask) / 2)
# define SPLIT(v, last)           split_8(v, last)
# include "sort/quick_partition.h"

# include "sort/quick_template.h"
# include "sort/quick_undef.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
           && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

const tern__simd tern__simd_avx512 = {"avx512", usable, &quick_u32, &quick_u64, &quick_pair};
#endif
