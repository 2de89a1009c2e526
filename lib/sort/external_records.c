/* SPDX-License-Identifier: BSD-3-Clause */
/* The external sort of records of a fixed size. */
#include "config.h"

#include "sort/external_private.h"

static size_t width(const tern__external_sort *x)
{
    return x->e->layout.bytes;
}

static int open_records(tern__external_sort *x)
{
    x->unit = width(x);
    return tern__items_init(&x->items, &x->e->layout, x->e->descending, true);
}

static void close_records(tern__external_sort *x)
{
    (void)x;
}

static size_t length(const tern__external_sort *x, const char *at, const char *end)
{
    (void)at, (void)end;
    return width(x);
}

static size_t whole(const tern__external_sort *x, const char *block, size_t bytes, size_t most)
{
    size_t n = (bytes < most ? bytes : most) / width(x);

    (void)block;
    n = n > 0 ? n : bytes >= width(x);
    return n * width(x);
}

static size_t next(const tern__external_sort *x, const char *block, size_t from, size_t bytes)
{
    size_t at = (from + width(x) - 1) / width(x) * width(x);

    (void)block;
    return at < bytes ? at : bytes;
}

static int compare(const tern__external_sort *x, const char *a, size_t a_bytes, const char *b,
                   size_t b_bytes)
{
    (void)a_bytes, (void)b_bytes;
    return tern__compare_items(&x->items, a, b);
}

static int sort(tern__external_sort *x, char **block, size_t *bytes)
{
    size_t n = *bytes / width(x);

    return n > 0 ? x->items.sort(&x->items, block, n, n) : TERN_OK;
}

static void enter(const tern__external_sort *x, char *block, size_t bytes)
{
    x->items.enter(&x->items, block, bytes / width(x));
}

static void leave(const tern__external_sort *x, char *block, size_t bytes)
{
    x->items.leave(&x->items, block, bytes / width(x));
}

static int content(const tern__external_sort *x, const char *block, size_t bytes, tern_content *out)
{
    return tern_records_content(x->self, &x->e->layout, block, bytes / width(x), out);
}

static int prove(const tern__external_sort *x, const char *block, size_t bytes, tern_proof *out)
{
    tern_sort_options options = {.descending = x->e->descending};

    return tern_prove(x->self, &x->e->layout, block, bytes / width(x), &options, out);
}

const tern__external_kind tern__external_records = {0,     open_records, close_records, length,
                                                    whole, next,         compare,       sort,
                                                    enter, leave,        content,       prove};
