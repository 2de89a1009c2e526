/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of binary keys: read, sort, verify, write. */
#include "config.h"

#include "sort/tern-sort.h"

typedef struct key_block {
    const char *keys;
    size_t width;
} key_block;

static size_t keys_bytes(const void *context, size_t first, size_t n)
{
    (void)first;
    return n * ((const key_block *)context)->width;
}

static size_t next_keys(const void *context, size_t first, size_t end, char *buffer,
                        const char **piece, size_t *bytes)
{
    const key_block *b = context;
    size_t n = OUTPUT_BUFFER / b->width;

    (void)buffer;
    n = end - first < n ? end - first : n;
    *piece = b->keys + first * b->width;
    *bytes = n * b->width;
    return first + n;
}

/* Little-endian keys from a file become the machine's, and back. */
static void swap_if_big_endian(void *keys, size_t width, size_t n)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    unsigned char *p = keys;
    for (size_t i = 0; i < n; i++, p += width)
        for (size_t k = 0; k < width / 2; k++) {
            unsigned char byte = p[k];
            p[k] = p[width - 1 - k];
            p[width - 1 - k] = byte;
        }
#else
    (void)keys, (void)width, (void)n;
#endif
}

static int sort_verified(tern_comm *c, const sort_settings *s, void **keys, size_t *n,
                         bool *verified)
{
    enum tern_key_type type = (enum tern_key_type)s->type;
    tern_sort_options options = {.descending = s->reverse, .phase = tern_prog_phase};
    tern_content before, after;
    bool sorted;

    int error = tern_keys_content(c, type, *keys, *n, &before);
    if (!error)
        error = tern_sort(c, type, keys, n, &options);
    if (error)
        return error;
    tern_prog_phase("verify", *n * tern_key_bytes(type));
    error = tern_is_sorted(c, type, *keys, *n, s->reverse, &sorted);
    if (!error)
        error = tern_keys_content(c, type, *keys, *n, &after);
    if (error)
        return error;
    *verified = sorted && tern_content_equal(&before, &after);
    report_result(c, after.items, after.bytes, *n);
    return TERN_OK;
}

static int write_keys(tern_comm *c, const sort_settings *s, void *keys, size_t n)
{
    size_t width = tern_key_bytes((enum tern_key_type)s->type);
    key_block block = {keys, width};
    output_source source = {&block, n, keys_bytes, next_keys};

    swap_if_big_endian(keys, width, n);
    tern_prog_phase("write", n * width);
    int error = output_write(c, s->output, &source);
    tern_prog_phase(NULL, n * width);
    return error;
}

enum tern_exit sort_binary(tern_comm *c, const sort_settings *s)
{
    size_t width = tern_key_bytes((enum tern_key_type)s->type), bytes = 0, keys_n;
    input in = {.paths = s->paths, .n = s->n_paths};
    char *block = NULL;
    void *keys;
    bool verified = false;

    tern_prog_phase("read", 0);
    int error = input_open(c, width, &in);
    if (!error)
        error = output_try(c, s->output);
    if (!error)
        error = input_read_keys(c, &in, width, &block, &bytes);
    input_close(&in);
    keys = block;
    keys_n = bytes / width;
    if (!error) {
        swap_if_big_endian(keys, width, keys_n);
        tern_prog_phase("verify", bytes);
        error = sort_verified(c, s, &keys, &keys_n, &verified);
    }
    if (!error && !verified)
        tern_fail(error = TERN_EMISMATCH, NULL, "the result is not the input in order: a bug");
    if (!error)
        error = write_keys(c, s, keys, keys_n);
    tern_free(keys);
    if (error)
        tern_prog_fail(error == TERN_EMISMATCH ? TERN_EXIT_DIFFER : TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
