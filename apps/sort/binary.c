/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of binary keys, records or arrays of numpy: read, sort, prove, write. */
#include "config.h"

#include "sort/binary.h"

/* What is sorted. */
typedef struct batch {
    tern_record_layout layout;
    bool npy;        /* as an array of numpy it is written */
    bool big_endian; /* it was read with keys of this byte order */
    void *records;   /* of tern_alloc() */
    size_t n;
} batch;

/* Numbers of a byte order that is not the machine's become the machine's, or the reverse. */
static void swap_unless_native(const batch *b, bool big_endian)
{
    const uint16_t one = 1;
    bool native_is_big = *(const unsigned char *)&one == 0;
    size_t width = b->layout.key_bytes > 0 ? 0 : tern_key_bytes(b->layout.type),
           step = b->layout.bytes;
    unsigned char *first = (unsigned char *)b->records + b->layout.key_offset;

    if (native_is_big == big_endian)
        return;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < width / 2; k++) {
            unsigned char *p = first + i * step, byte = p[k];
            p[k] = p[width - 1 - k];
            p[width - 1 - k] = byte;
        }
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

static int read_arrays(tern_comm *c, int n, char **paths, batch *b)
{
    sequence s;
    size_t bytes = 0;
    char *block = NULL;
    int error = sequence_open_npy(c, n, paths, &s);

    b->layout = tern_key_layout(s.type);
    b->big_endian = s.big_endian;
    b->npy = true;
    if (!error)
        error = sequence_load(c, &s, b->layout.bytes, &block, &bytes);
    sequence_close(&s);
    b->records = block;
    b->n = bytes / b->layout.bytes;
    return error;
}

static int read_plain(tern_comm *c, int n, char **paths, batch *b)
{
    input in;
    sequence s = {.files = NULL};
    size_t bytes = 0;
    char *block = NULL;
    int error = input_open(c, n, paths, b->layout.bytes, &in);

    if (!error && in.stream)
        error = input_read_keys(c, &in, b->layout.bytes, &block, &bytes);
    else if (!error)
        error = sequence_open(c, &in, &s);
    if (!error && !in.stream)
        error = sequence_load(c, &s, b->layout.bytes, &block, &bytes);
    sequence_close(&s);
    input_close(&in);
    b->records = block;
    b->n = bytes / b->layout.bytes;
    return error;
}

/* ---- Sorting ----------------------------------------------------------------------------------
 */

static int sort_proved(tern_comm *c, const sort_settings *s, batch *b)
{
    tern_sort_options options = {
        .descending = s->reverse, .stable = true, .phase = tern_prog_phase};
    tern_content before;
    tern_proof after;

    tern_prog_phase("verify", b->n * b->layout.bytes);
    int error = tern_records_content(c, &b->layout, b->records, b->n, &before);
    if (!error)
        error = s->record > 0 ? tern_sort_records(c, &b->layout, &b->records, &b->n, &options)
                              : tern_sort(c, b->layout.type, &b->records, &b->n, &options);
    if (error)
        return error;
    tern_prog_phase("verify", b->n * b->layout.bytes);
    error = tern_prove(c, &b->layout, b->records, b->n, &options, &after);
    if (error)
        return error;
    report_result(c, after.content.items, after.content.bytes, b->n);
    return after.sorted && tern_content_equal(&before, &after.content)
               ? TERN_OK
               : tern_fail(TERN_EMISMATCH, NULL, "the result is not the input in order: a bug");
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* Item 0 of rank 0 may be a header. */
typedef struct record_block {
    const char *records;
    size_t width;
    size_t header_bytes; /* 0: there is none */
    char header[NPY_HEADER];
} record_block;

static size_t records_bytes(const void *context, size_t first, size_t n)
{
    const record_block *b = context;

    if (b->header_bytes > 0 && first == 0 && n > 0)
        return b->header_bytes + (n - 1) * b->width;
    return n * b->width;
}

static size_t next_records(const void *context, size_t first, size_t end, char *buffer,
                           const char **piece, size_t *bytes)
{
    const record_block *b = context;
    size_t headers = b->header_bytes > 0, n = OUTPUT_BUFFER / b->width + 1;

    (void)buffer;
    if (first < headers) {
        *piece = b->header;
        *bytes = b->header_bytes;
        return first + 1;
    }
    n = end - first < n ? end - first : n;
    *piece = b->records + (first - headers) * b->width;
    *bytes = n * b->width;
    return first + n;
}

static int write_batch(tern_comm *c, const sort_settings *s, const batch *b)
{
    record_block block = {.records = b->records, .width = b->layout.bytes};
    uint64_t mine = b->n, all = 0;

    swap_unless_native(b, false);
    if (b->npy) {
        int error = tern_allreduce(c, &mine, &all, 1, MPI_UINT64_T, MPI_SUM);
        if (error)
            return error;
        if (tern_rank(c) == 0)
            block.header_bytes = npy_header(b->layout.type, all, block.header);
    }
    output_source source = {&block, b->n + (block.header_bytes > 0), records_bytes, next_records};
    tern_prog_phase("write", b->n * b->layout.bytes);
    int error = output_write(c, s->output, &source);
    tern_prog_phase(NULL, b->n * b->layout.bytes);
    return error;
}

enum tern_exit sort_binary(tern_comm *c, const sort_settings *s, int n, char **paths)
{
    bool plain = s->record > 0 || s->type >= 0;
    batch b = {.npy = s->output != NULL && is_npy(s->output) && s->record == 0};

    if (plain)
        b.layout = record_layout(s);
    else if (s->numeric || s->unique)
        tern_prog_usage("-n and -u are for lines of text, not for arrays of numpy");
    tern_prog_phase("read", 0);
    int error = output_try(c, s->output);
    if (!error)
        error = plain ? read_plain(c, n, paths, &b) : read_arrays(c, n, paths, &b);
    if (!error) {
        swap_unless_native(&b, b.big_endian);
        error = sort_proved(c, s, &b);
    }
    if (!error)
        error = write_batch(c, s, &b);
    tern_free(b.records);
    if (error)
        tern_prog_fail(error == TERN_EMISMATCH ? TERN_EXIT_DIFFER : TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
