/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-32 of IEEE 802.3, the one of zlib and of the Sort Benchmark's checksums, eight bytes a step
 * (Kounavis and Berry, ISCC 2005): eight table look-ups that do not wait for one another. */
#include "config.h"

#include "sort/binary.h"

enum { POLYNOMIAL_BITS = 8 };

void crc32_prepare(crc32_table *t)
{
    const uint32_t polynomial = 0xedb88320; /* reflected */

    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < POLYNOMIAL_BITS; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        t->of[0][byte] = crc;
    }
    for (int zeros = 1; zeros < 8; zeros++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = t->of[zeros - 1][byte];
            t->of[zeros][byte] = before >> 8 ^ t->of[0][before & 255];
        }
}

static inline uint32_t load_little(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t crc32_of(const crc32_table *t, const void *bytes, size_t n)
{
    const unsigned char *p = bytes, *end = p + n;
    uint32_t crc = UINT32_MAX;

    for (; end - p >= 8; p += 8) {
        uint32_t a = crc ^ load_little(p), b = load_little(p + 4);
        crc = t->of[7][a & 255] ^ t->of[6][a >> 8 & 255] ^ t->of[5][a >> 16 & 255]
              ^ t->of[4][a >> 24] ^ t->of[3][b & 255] ^ t->of[2][b >> 8 & 255]
              ^ t->of[1][b >> 16 & 255] ^ t->of[0][b >> 24];
    }
    for (; p < end; p++)
        crc = crc >> 8 ^ t->of[0][(crc ^ *p) & 255];
    return ~crc;
}
