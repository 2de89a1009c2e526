/* SPDX-License-Identifier: BSD-3-Clause */
/* tern_sort_by_key(): keys and payloads are packed into records, sorted, and unpacked.  So each
 * element crosses the network once, whatever the number of arrays. */
#include "config.h"

#include "sort/sort.h"

#include <string.h>

/* Columns of a table of records: the keys, and each payload. */
struct column {
    size_t bytes, offset;
    char *data;
};

enum direction { PACK, UNPACK };

/* Between the columns and the records.  hot */
static void move_columns(enum direction direction, const struct column *column, size_t columns,
                         char *records, size_t stride, size_t n)
{
    enum { BLOCK = 1 << 12 }; /* records that stay in the cache while their columns pass */

#pragma omp parallel for schedule(static) if (n > BLOCK)
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = n - begin < BLOCK ? n : begin + BLOCK;
        for (size_t k = 0; k < columns; k++)
            for (size_t i = begin; i < end; i++) {
                char *in_record = records + i * stride + column[k].offset;
                char *in_column = column[k].data + i * column[k].bytes;
                if (direction == PACK)
                    memcpy(in_record, in_column, column[k].bytes);
                else
                    memcpy(in_column, in_record, column[k].bytes);
            }
    }
}

static int validate(enum tern_key_type type, const void *keys, size_t n,
                    const tern_payload *payloads, size_t arrays)
{
    bool known = (unsigned)type < TERN_KEY_TYPES, there = keys != NULL;

    for (size_t k = 0; k < arrays; k++) {
        known = known && payloads[k].bytes > 0;
        there = there && payloads[k].data != NULL;
    }
    if (!known)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort by key: no such key, or empty payloads");
    if (!there && n > 0)
        return tern_fail(TERN_EINVAL, TERN_HERE, "sort by key: %zu items at NULL", n);
    return TERN_OK;
}

/* Blocks for n items of every column, in place of the old ones if there are all. */
static int replace_columns(struct column *column, size_t columns, size_t n)
{
    size_t made = 0;
    char **block = tern_alloc(columns * sizeof(*block));

    for (; block != NULL && made < columns; made++) {
        block[made] = tern_alloc((n > 0 ? n : 1) * column[made].bytes);
        if (block[made] == NULL)
            break;
    }
    bool all = block != NULL && made == columns;
    for (size_t k = 0; k < made; k++) {
        tern_free(all ? column[k].data : block[k]);
        if (all)
            column[k].data = block[k];
    }
    tern_free(block);
    return all ? TERN_OK : TERN_ENOMEM;
}

static int sort_columns(tern_comm *c, enum tern_key_type type, struct column *column,
                        size_t columns, size_t *n, const tern_sort_options *options)
{
    size_t stride = column[columns - 1].offset + column[columns - 1].bytes, had = *n;
    tern_record_layout layout = {.bytes = stride, .type = type};
    void *records = tern_alloc((*n > 0 ? *n : 1) * stride);
    int error = tern_agree(c, records != NULL ? TERN_OK : TERN_ENOMEM);

    if (!error) {
        move_columns(PACK, column, columns, records, stride, *n);
        error = tern_sort_records(c, &layout, &records, n, options);
    }
    if (!error)
        error = tern_agree(c, replace_columns(column, columns, *n));
    if (error)
        *n = had;
    else
        move_columns(UNPACK, column, columns, records, stride, *n);
    tern_free(records);
    return error;
}

int tern_sort_by_key(tern_comm *c, enum tern_key_type type, void **keys, size_t *n,
                     tern_payload *payloads, size_t arrays, const tern_sort_options *options)
{
    struct column *columns = tern_alloc((arrays + 1) * sizeof(*columns));
    int error = columns != NULL ? validate(type, *keys, *n, payloads, arrays) : TERN_ENOMEM;

    if (!error && options != NULL && options->in_place)
        error = tern_fail(TERN_ENOTSUP, TERN_HERE, "sort by key: payloads need copies");
    error = tern_agree(c, error);
    if (!error) {
        columns[0] = (struct column){tern_key_bytes(type), 0, *keys};
        for (size_t k = 0; k < arrays; k++)
            columns[k + 1] = (struct column){
                payloads[k].bytes, columns[k].offset + columns[k].bytes, payloads[k].data};
        error = sort_columns(c, type, columns, arrays + 1, n, options);
        *keys = columns[0].data;
        for (size_t k = 0; k < arrays; k++)
            payloads[k].data = columns[k + 1].data;
    }
    tern_free(columns);
    return error;
}
