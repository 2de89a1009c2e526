/* SPDX-License-Identifier: BSD-3-Clause */
/* XXH64 as its specification states it: four lanes over 32-byte stripes, merged, then the tail,
 * then an avalanche. */
#include "config.h"

#include "base/base.h"

#include <string.h>

static const uint64_t P1 = 0x9E3779B185EBCA87u;
static const uint64_t P2 = 0xC2B2AE3D27D4EB4Fu;
static const uint64_t P3 = 0x165667B19E3779F9u;
static const uint64_t P4 = 0x85EBCA77C2B2AE63u;
static const uint64_t P5 = 0x27D4EB2F165667C5u;

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t round64(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * P2, 31) * P1;
}

static uint64_t merge(uint64_t h, uint64_t lane)
{
    return (h ^ round64(0, lane)) * P1 + P4;
}

/* The specification reads little-endian words. */
static uint64_t read64(const unsigned char *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof(x));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static uint64_t read32(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

static uint64_t hash_stripes(const unsigned char **p, size_t bytes, uint64_t seed)
{
    uint64_t lane[4] = {seed + P1 + P2, seed + P2, seed, seed - P1};

    for (; bytes >= 32; bytes -= 32, *p += 32)
        for (size_t i = 0; i < 4; i++)
            lane[i] = round64(lane[i], read64(*p + 8 * i));
    uint64_t h =
        rotate(lane[0], 1) + rotate(lane[1], 7) + rotate(lane[2], 12) + rotate(lane[3], 18);
    for (int i = 0; i < 4; i++)
        h = merge(h, lane[i]);
    return h;
}

uint64_t tern_hash(const void *data, size_t bytes, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = bytes >= 32 ? hash_stripes(&p, bytes, seed) : seed + P5;
    size_t rest = bytes % 32;

    h += bytes;
    for (; rest >= 8; rest -= 8, p += 8)
        h = rotate(h ^ round64(0, read64(p)), 27) * P1 + P4;
    if (rest >= 4) {
        h = rotate(h ^ read32(p) * P1, 23) * P2 + P3;
        rest -= 4;
        p += 4;
    }
    for (; rest > 0; rest--, p++)
        h = rotate(h ^ *p * P5, 11) * P1;
    h = (h ^ h >> 33) * P2;
    h = (h ^ h >> 29) * P3;
    return h ^ h >> 32;
}

uint64_t tern_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}
