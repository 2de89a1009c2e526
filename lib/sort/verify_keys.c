/* SPDX-License-Identifier: BSD-3-Clause */
/* Order and content of keys.  The loops are written for compilers to vectorise, and compiled for
 * each instruction set: on AVX2 a look takes little longer than to read the memory. */
#include "config.h"

#include "sort/verify_keys.h"

#include "sort/quick.h"

/* As tern__to_image(), in vectors of words of the key's width. */
#define IMAGE(bits, key) \
 ((uint##bits##_t)((key) ^ flip ^ ((uint##bits##_t)(0 - ((key) >> ((bits)-1))) & magnitude)))

/* An attribute cannot stand in parentheses.  NOLINTBEGIN(bugprone-macro-parentheses) */
#define DEFINE_LOOK(isa, attribute, bits)                                                   \
 attribute static uint64_t hash_##isa##_##bits(const void *keys, size_t begin, size_t end)  \
 {                                                                                          \
  const uint##bits##_t *key = keys;                                                         \
  uint64_t hash = 0;                                                                        \
  _Pragma("omp simd reduction(+ : hash)") for (size_t i = begin; i < end; i++) hash +=      \
      tern__hash_key(key[i]);                                                               \
  return hash;                                                                              \
 }                                                                                          \
 attribute static uint64_t falls_##isa##_##bits(const void *keys, size_t begin, size_t end, \
                                                const tern__mapping *m)                     \
 {                                                                                          \
  const uint##bits##_t *key = keys, flip = (uint##bits##_t)m->flip;                         \
  const uint##bits##_t magnitude = (uint##bits##_t)m->magnitude;                            \
  uint##bits##_t falls = 0;                                                                 \
  _Pragma("omp simd reduction(| : falls)") for (size_t i = begin; i < end; i++) falls |=    \
      IMAGE(bits, key[i - 1]) > IMAGE(bits, key[i]);                                        \
  return falls;                                                                             \
 }

#define DEFINE_LOOKS(isa, attribute)                                      \
 DEFINE_LOOK(isa, attribute, 8)                                           \
 DEFINE_LOOK(isa, attribute, 16)                                          \
 DEFINE_LOOK(isa, attribute, 32)                                          \
 DEFINE_LOOK(isa, attribute, 64)                                          \
 static const looks of_##isa = {                                          \
     {hash_##isa##_8, hash_##isa##_16, hash_##isa##_32, hash_##isa##_64}, \
     {falls_##isa##_8, falls_##isa##_16, falls_##isa##_32, falls_##isa##_64}};

/* [log2 of the key's width] */
typedef struct looks {
    uint64_t (*hash[4])(const void *keys, size_t begin, size_t end);
    uint64_t (*falls[4])(const void *keys, size_t begin, size_t end, const tern__mapping *m);
} looks;

DEFINE_LOOKS(scalar, )
#if defined(__x86_64__)
DEFINE_LOOKS(avx2, __attribute__((target("avx2"))))
DEFINE_LOOKS(avx512, __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))))
#endif
/* NOLINTEND(bugprone-macro-parentheses) */

static const looks *choose(void)
{
#if defined(__x86_64__)
    const tern__simd *simd = tern__simd_chosen();

    if (simd == &tern__simd_avx512)
        return &of_avx512;
    if (simd == &tern__simd_avx2)
        return &of_avx2;
#endif
    return &of_scalar;
}

tern__seen tern__look_at_keys(const void *keys, size_t width, size_t begin, size_t end,
                              const tern__mapping *m, unsigned at_what)
{
    enum { PART = 4096 / sizeof(uint64_t) }; /* which the first-level cache keeps for the second */
    const looks *look = choose();
    int i = __builtin_ctzll(width);
    tern__seen seen = {0};
    bool both = at_what == (TERN__CONTENT | TERN__ORDER);

    for (size_t from = begin, to; from < end; from = to) {
        to = end - from < PART ? end : from + PART;
        /* while the second loop is busy in the cache, memory would have nothing to do */
        for (size_t ahead = to; both && ahead < to + PART && ahead < end; ahead += 64 / width)
            __builtin_prefetch((const char *)keys + ahead * width);
        if (at_what & TERN__CONTENT)
            seen.hash += look->hash[i](keys, from, to);
        if (at_what & TERN__ORDER)
            seen.falls |= look->falls[i](keys, from > 0 ? from : 1, to, m);
    }
    return seen;
}

uint64_t tern__hash_keys(const void *keys, size_t width, size_t n)
{
    uint64_t hash = 0;

#pragma omp parallel for schedule(static) reduction(+ : hash) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i += TERN__BLOCK)
        hash += tern__look_at_keys(keys, width, i, n - i < TERN__BLOCK ? n : i + TERN__BLOCK, NULL,
                                   TERN__CONTENT)
                    .hash;
    return hash;
}
