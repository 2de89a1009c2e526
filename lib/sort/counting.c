/* SPDX-License-Identifier: BSD-3-Clause */
/* Counting sort for images of 8 and 16 bits: count every value, write it that often.  Two passes,
 * no scratch. */
#include "config.h"

#include "sort/keys.h"

#include <string.h>

enum { VALUES_8 = 1 << 8, VALUES_16 = 1 << 16 };

/* Each thread counts its part in its own table; the tables are then added. */
void tern__counting_u8(uint8_t *items, size_t n)
{
    size_t count[VALUES_8] = {0};

#pragma omp parallel for schedule(static) reduction(+ : count[:VALUES_8]) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++)
        count[items[i]]++;
    for (size_t value = 0; value < VALUES_8; value++) {
        memset(items, (int)value, count[value]);
        items += count[value];
    }
}

void tern__counting_u16(uint16_t *items, size_t n)
{
    size_t count[VALUES_16] = {0}; /* half a megabyte of stack, once for each thread */

#pragma omp parallel for schedule(static) reduction(+ : count[:VALUES_16]) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++)
        count[items[i]]++;
    for (size_t value = 0; value < VALUES_16; value++)
        for (size_t i = 0; i < count[value]; i++)
            *items++ = (uint16_t)value;
}
