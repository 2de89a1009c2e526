/* SPDX-License-Identifier: BSD-3-Clause */
/* Proof of a result: order within and across ranks, and the content, as a sum of hashes that no
 * permutation changes.  One pass over the items, in blocks that stay in the cache while both are
 * looked at, and one or two collectives. */
#include "config.h"

#include "sort/items.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 17 };

/* As tern__look_at_keys(). */
static tern__seen look_at_items(const tern__items *t, const void *items, size_t begin, size_t end,
                                unsigned at_what)
{
    tern__seen seen = {0};

    for (size_t i = begin; i < end && (at_what & TERN__CONTENT); i++)
        seen.hash += tern_hash(tern__item(t, items, i), t->merger.bytes, 0);
    for (size_t i = begin > 0 ? begin : 1; i < end && (at_what & TERN__ORDER); i++)
        seen.falls +=
            tern__compare_items(t, tern__item(t, items, i - 1), tern__item(t, items, i)) > 0;
    return seen;
}

/* Numbers of 16 bytes; as above.  Two of them that differ in one half only have different hashes.
 */
static tern__seen look_at_wides(const void *items, size_t begin, size_t end, bool descending,
                                unsigned at_what)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    enum { HIGH = 0, LOW = 1 };
#else
    enum { LOW = 0, HIGH = 1 };
#endif
    const uint64_t(*x)[2] = items, flip = descending ? UINT64_MAX : 0;
    tern__seen seen = {0};

    for (size_t i = begin; i < end && (at_what & TERN__CONTENT); i++)
        seen.hash += tern__hash_key(x[i][HIGH] + tern__hash_key(x[i][LOW]));
    for (size_t i = begin > 0 ? begin : 1; i < end && (at_what & TERN__ORDER); i++) {
        const uint64_t a = x[i - 1][HIGH] ^ flip, b = x[i][HIGH] ^ flip;
        seen.falls += a > b || (a == b && (x[i - 1][LOW] ^ flip) > (x[i][LOW] ^ flip));
    }
    return seen;
}

static bool is_number(const tern__items *t)
{
    return t->layout.compare == NULL && t->layout.key_bytes == 0
           && tern_key_bytes(t->layout.type) == t->layout.bytes;
}

bool tern__are_keys(const tern__items *t)
{
    return is_number(t) && t->layout.type != TERN_U128;
}

static tern__seen look_at(const tern__items *t, const void *items, size_t begin, size_t end,
                          unsigned at_what)
{
    if (!is_number(t))
        return look_at_items(t, items, begin, end, at_what);
    if (t->layout.type == TERN_U128)
        return look_at_wides(items, begin, end, t->descending, at_what);
    return tern__look_at_keys(items, t->merger.bytes, begin, end, &t->mapping, at_what);
}

/* What a rank shows the others; FIRST and LAST follow, as bytes. */
typedef struct findings {
    uint64_t items, falls, hash;
} findings;

static findings look(const tern__items *t, const void *items, size_t n, unsigned at_what)
{
    size_t block = BLOCK_BYTES / t->merger.bytes + 1;
    uint64_t falls = 0, hash = 0;

#pragma omp parallel for schedule(static) reduction(+ : falls, hash) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i += block) {
        size_t end = n - i < block ? n : i + block;
        tern__seen seen = look_at(t, items, i, end, at_what);
        falls += seen.falls;
        hash += seen.hash;
    }
    return (findings){n, falls, hash};
}

/* All ranks' findings with their first and last item, `stride` bytes a rank. */
static bool in_order(const tern__items *t, const char *all, size_t stride, int p)
{
    const char *last = NULL;

    for (int r = 0; r < p; r++) {
        const char *its = all + (size_t)r * stride, *ends = its + sizeof(findings);
        const findings *f = (const findings *)its;
        if (f->falls > 0
            || (f->items > 0 && last != NULL && tern__compare_items(t, last, ends) > 0))
            return false;
        if (f->items > 0)
            last = ends + t->merger.bytes;
    }
    return true;
}

static int share(tern_comm *c, const tern__items *t, const void *items, const findings *mine,
                 size_t stride, char *all)
{
    char *own = calloc(1, stride);
    size_t bytes = t->merger.bytes;
    int error = tern_agree(c, own != NULL ? TERN_OK
                                          : tern_fail(TERN_ENOMEM, TERN_HERE, "prove: no memory"));

    if (!error) {
        memcpy(own, mine, sizeof(*mine));
        if (items != NULL && mine->items > 0) {
            memcpy(own + sizeof(*mine), items, bytes);
            memcpy(own + sizeof(*mine) + bytes, tern__item(t, items, mine->items - 1), bytes);
        }
        error = tern_allgather(c, own, all, stride, MPI_BYTE);
    }
    free(own);
    return error;
}

int tern__prove(tern_comm *c, const tern_record_layout *layout, const void *records, size_t n,
                bool descending, unsigned at_what, const tern__seen *known, tern_proof *out)
{
    tern__items t;
    size_t p = (size_t)tern_size(c), stride = 0;
    char *all = NULL;
    int error = tern__user_items(&t, layout, descending);

    if (!error && records == NULL && n > 0)
        error = tern_fail(TERN_EINVAL, TERN_HERE, "prove: %zu items at NULL", n);
    if (!error) {
        stride = (sizeof(findings) + 2 * t.merger.bytes + 15) / 16 * 16;
        all = malloc(p * stride);
        if (all == NULL)
            error = tern_fail(TERN_ENOMEM, TERN_HERE, "prove: no memory for %zu ranks", p);
    }
    error = tern_agree(c, error);
    if (!error) {
        findings mine = known != NULL ? (findings){n, known->falls, known->hash}
                                      : look(&t, records, n, at_what);
        error = share(c, &t, records, &mine, stride, all);
    }
    if (!error) {
        tern_proof proof = {.sorted = in_order(&t, all, stride, (int)p)};
        for (size_t r = 0; r < p; r++) {
            proof.content.items += ((const findings *)(all + r * stride))->items;
            proof.content.hash += ((const findings *)(all + r * stride))->hash;
        }
        proof.content.bytes = proof.content.items * t.merger.bytes;
        *out = proof;
    }
    free(all);
    return error;
}

int tern_prove(tern_comm *c, const tern_record_layout *layout, const void *records, size_t n,
               const tern_sort_options *options, tern_proof *out)
{
    return tern__prove(c, layout, records, n, options != NULL && options->descending,
                       TERN__ORDER | TERN__CONTENT, NULL, out);
}

int tern_records_content(tern_comm *c, const tern_record_layout *layout, const void *records,
                         size_t n, tern_content *out)
{
    tern_proof proof;
    int error = tern__prove(c, layout, records, n, false, TERN__CONTENT, NULL, &proof);

    if (!error)
        *out = proof.content;
    return error;
}

int tern_records_sorted(tern_comm *c, const tern_record_layout *layout, const void *records,
                        size_t n, bool descending, bool *sorted)
{
    tern_proof proof;
    int error = tern__prove(c, layout, records, n, descending, TERN__ORDER, NULL, &proof);

    if (!error)
        *sorted = proof.sorted;
    return error;
}

int tern_is_sorted(tern_comm *c, enum tern_key_type type, const void *keys, size_t n,
                   bool descending, bool *sorted)
{
    tern_record_layout layout = tern_key_layout(type);

    return tern_records_sorted(c, &layout, keys, n, descending, sorted);
}

int tern_keys_content(tern_comm *c, enum tern_key_type type, const void *keys, size_t n,
                      tern_content *out)
{
    tern_record_layout layout = tern_key_layout(type);

    return tern_records_content(c, &layout, keys, n, out);
}

bool tern_content_equal(const tern_content *a, const tern_content *b)
{
    return a->items == b->items && a->bytes == b->bytes && a->hash == b->hash;
}
