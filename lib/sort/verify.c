/* SPDX-License-Identifier: BSD-3-Clause */
/* Proof of a result: order within and across ranks, and the content, as a sum of hashes that no
 * permutation changes. */
#include "config.h"

#include "sort/keys.h"

#include <stdlib.h>
#include <string.h>

/* Of keys begin .. end - 1: how many are less than the one before. */
static uint64_t falls_in(const void *keys, size_t width, size_t begin, size_t end, tern__mapping m)
{
    uint64_t falls = 0;

#define COUNT_FALLS(type)             \
 for (size_t i = begin; i < end; i++) \
 falls +=                             \
     tern__to_image(m, ((const type *)keys)[i - 1]) > tern__to_image(m, ((const type *)keys)[i])
    switch (width) {
    case 1: COUNT_FALLS(uint8_t); break;
    case 2: COUNT_FALLS(uint16_t); break;
    case 4: COUNT_FALLS(uint32_t); break;
    default: COUNT_FALLS(uint64_t); break;
    }
#undef COUNT_FALLS
    return falls;
}

static uint64_t hash_of(const void *keys, size_t width, size_t begin, size_t end)
{
    uint64_t sum = 0;

#define ADD_HASHES(type)              \
 for (size_t i = begin; i < end; i++) \
 sum += tern_mix((uint64_t)((const type *)keys)[i] + 1)
    switch (width) {
    case 1: ADD_HASHES(uint8_t); break;
    case 2: ADD_HASHES(uint16_t); break;
    case 4: ADD_HASHES(uint32_t); break;
    default: ADD_HASHES(uint64_t); break;
    }
#undef ADD_HASHES
    return sum;
}

static uint64_t count_falls(const void *keys, size_t width, size_t n, tern__mapping m)
{
    uint64_t falls = 0;

#pragma omp parallel for schedule(static) reduction(+ : falls) if (n > TERN__BLOCK)
    for (size_t i = 1; i < n; i += TERN__BLOCK)
        falls += falls_in(keys, width, i, n - i < TERN__BLOCK ? n : i + TERN__BLOCK, m);
    return falls;
}

static uint64_t sum_hashes(const void *keys, size_t width, size_t n)
{
    uint64_t sum = 0;

#pragma omp parallel for schedule(static) reduction(+ : sum) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i += TERN__BLOCK)
        sum += hash_of(keys, width, i, n - i < TERN__BLOCK ? n : i + TERN__BLOCK);
    return sum;
}

/* What a rank shows the others: how many keys, and the images of its first and last. */
enum { COUNT, FALLS, FIRST, LAST, FIELDS };

static bool in_order(const uint64_t (*of)[FIELDS], int p)
{
    bool any = false;
    uint64_t last = 0;

    for (int r = 0; r < p; r++) {
        if (of[r][FALLS] > 0 || (any && of[r][COUNT] > 0 && of[r][FIRST] < last))
            return false;
        if (of[r][COUNT] > 0) {
            any = true;
            last = of[r][LAST];
        }
    }
    return true;
}

int tern_is_sorted(tern_comm *c, enum tern_key_type type, const void *keys, size_t n,
                   bool descending, bool *sorted)
{
    int p = tern_size(c);
    uint64_t(*of)[FIELDS] = malloc((size_t)p * sizeof(*of));
    int error = (unsigned)type >= TERN_KEY_TYPES ? TERN_EINVAL : of == NULL ? TERN_ENOMEM : TERN_OK;

    if (error)
        tern_fail(error, TERN_HERE, "is_sorted: %s", tern_strerror(error));
    error = tern_agree(c, error);
    if (!error) {
        size_t width = tern_key_bytes(type);
        tern__mapping m = tern__mapping_of(type, descending);
        uint64_t mine[FIELDS] = {n};
        if (n > 0) {
            mine[FALLS] = count_falls(keys, width, n, m);
            mine[FIRST] = tern__to_image(m, tern__image_at(keys, width, 0));
            mine[LAST] = tern__to_image(m, tern__image_at(keys, width, n - 1));
        }
        error = tern_allgather(c, mine, of, FIELDS, MPI_UINT64_T);
        if (!error)
            *sorted = in_order((const uint64_t(*)[FIELDS])of, p);
    }
    free(of);
    return error;
}

int tern_keys_content(tern_comm *c, enum tern_key_type type, const void *keys, size_t n,
                      tern_content *out)
{
    bool known = (unsigned)type < TERN_KEY_TYPES;
    int error = tern_agree(c, known ? TERN_OK
                                    : tern_fail(TERN_EINVAL, TERN_HERE,
                                                "content: there is no key type %d", (int)type));

    if (error)
        return error;
    size_t width = tern_key_bytes(type);
    tern_content mine = {.items = n, .bytes = n * width, .hash = sum_hashes(keys, width, n)};
    tern_content sum;
    error = tern_allreduce(c, &mine, &sum, sizeof(sum) / sizeof(uint64_t), MPI_UINT64_T, MPI_SUM);
    if (!error)
        *out = sum;
    return error;
}

bool tern_content_equal(const tern_content *a, const tern_content *b)
{
    return a->items == b->items && a->bytes == b->bytes && a->hash == b->hash;
}
