/* SPDX-License-Identifier: BSD-3-Clause */
/* Philox4x32-10: ten rounds of multiply and swap on a 128-bit counter under a 64-bit key. */
#include "config.h"

#include "base/base.h"

uint64_t tern_random(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream,
                     (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};

    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)c[0] * 0xD2511F53u;
        uint64_t b = (uint64_t)c[2] * 0xCD9E8D57u;
        c[0] = (uint32_t)(b >> 32) ^ c[1] ^ key[0];
        c[1] = (uint32_t)b;
        c[2] = (uint32_t)(a >> 32) ^ c[3] ^ key[1];
        c[3] = (uint32_t)a;
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return (uint64_t)c[1] << 32 | c[0];
}

double tern_random_real(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (double)(tern_random(seed, stream, index) >> 11) * 0x1p-53;
}
