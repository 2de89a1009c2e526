/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of binary keys, records or arrays of numpy: read, sort, prove, write. */
#include "config.h"

#include "sort/binary.h"
#include "sort/external.h"

#include <stdlib.h>

/* What is sorted. */
typedef struct batch {
    tern_record_layout layout;
    bool array; /* as one it is written, to `output` */
    const char *output;
    bool big_endian; /* it was read with keys of this byte order */
    void *records;   /* of tern_alloc() */
    size_t n;
} batch;

/* Numbers of a byte order that is not the machine's become the machine's, or the reverse. */
static void swap_unless_native(const tern_record_layout *layout, bool big_endian, void *records,
                               size_t n)
{
    const uint16_t one = 1;
    bool native_is_big = *(const unsigned char *)&one == 0;
    size_t width = layout->key_bytes > 0 ? 0 : tern_key_bytes(layout->type), step = layout->bytes;
    unsigned char *first = (unsigned char *)records + layout->key_offset;

    if (native_is_big == big_endian)
        return;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width / 2; k++) {
            unsigned char *p = first + i * step, byte = p[k];
            p[k] = p[width - 1 - k];
            p[width - 1 - k] = byte;
        }
}

/* ---- Reading ----------------------------------------------------------------------------------
 */

static int read_files(tern_comm *c, const sequence *s, batch *b)
{
    size_t bytes = 0;
    char *block = NULL;
    int error = sequence_load(c, s, b->layout.bytes, &block, &bytes);

    b->records = block;
    b->n = bytes / b->layout.bytes;
    return error;
}

/* ---- Sorting ----------------------------------------------------------------------------------
 */

static int sort_proved(tern_comm *c, const sort_settings *s, batch *b)
{
    tern_proof after = {.sorted = false};
    tern_sort_options options = {.descending = s->reverse,
                                 .stable = s->record > 0, /* keys cannot tell */
                                 .in_place = s->in_place,
                                 .algorithm = s->algorithm,
                                 .prove = &after,
                                 .phase = tern_prog_phase};
    int error = s->record > 0 ? tern_sort_records(c, &b->layout, &b->records, &b->n, &options)
                              : tern_sort(c, b->layout.type, &b->records, &b->n, &options);
    if (!error)
        report_result(c, after.content.items, after.content.bytes, b->n);
    return error;
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* Item 0 of rank 0 may be a header. */
typedef struct record_block {
    const char *records;
    size_t width;
    size_t header_bytes; /* 0: there is none */
    char *header;
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

/* What rank 0 puts before the elements of an array. */
static int make_header(tern_comm *c, const batch *b, record_block *block)
{
    uint64_t mine = b->n, all = 0;
    int error = tern_allreduce(c, &mine, &all, 1, MPI_UINT64_T, MPI_SUM);

    if (!error && tern_rank(c) == 0)
        error = array_header(b->output, b->layout.type, all, &block->header, &block->header_bytes);
    return tern_agree(c, error);
}

static int write_batch(tern_comm *c, const sort_settings *s, const batch *b)
{
    record_block block = {.records = b->records, .width = b->layout.bytes};
    int error = b->array ? make_header(c, b, &block) : TERN_OK;

    swap_unless_native(&b->layout, false, b->records, b->n);
    output_source source = {&block, b->n + (block.header_bytes > 0), records_bytes, next_records,
                            NULL};
    if (!error) {
        tern_prog_phase("write", b->n * b->layout.bytes);
        error = output_write(c, s->output, &source);
        tern_prog_phase(NULL, b->n * b->layout.bytes);
    }
    free(block.header);
    return error;
}

static int sort_in_memory(tern_comm *c, const sort_settings *s, batch *b)
{
    swap_unless_native(&b->layout, b->big_endian, b->records, b->n);
    int error = sort_proved(c, s, b);

    return error ? error : write_batch(c, s, b);
}

/* ---- Larger than memory -----------------------------------------------------------------------
 */

/* Times its data that a sort in memory takes: twice, and some; or in place once, and for each
 * record a pair of 8 bytes each. */
static double times_in_memory(const sort_settings *s, const batch *b)
{
    double pair = s->record > 0 ? 16 / (double)b->layout.bytes : 0;

    return s->in_place ? 1.2 + pair : 2.2;
}

typedef struct record_source {
    const batch *b;
    const sequence *files; /* or NULL */
    uint64_t begin, end;   /* bytes of this rank's records */
} record_source;

static int read_part(void *context, uint64_t at, size_t n, void *bytes, size_t *got)
{
    const record_source *r = context;
    uint64_t from = r->begin + at, left = r->end - from;

    *got = left < n ? (size_t)left : n;
    return sequence_read(r->files, from, *got, bytes);
}

/* Numbers are sorted in the machine's byte order. */
static void enter(const void *context, void *bytes, size_t n)
{
    const batch *b = ((const record_source *)context)->b;

    swap_unless_native(&b->layout, b->big_endian, bytes, n / b->layout.bytes);
}

static void leave(const void *context, void *bytes, size_t n)
{
    const batch *b = ((const record_source *)context)->b;

    swap_unless_native(&b->layout, false, bytes, n / b->layout.bytes);
}

static int header(const void *context, uint64_t items, char **out, size_t *bytes)
{
    const batch *b = ((const record_source *)context)->b;

    return array_header(b->output, b->layout.type, items, out, bytes);
}

static int unchanged(tern_comm *c, const void *context)
{
    return sequence_unchanged(c, ((const record_source *)context)->files);
}

static external_source source_of(const batch *b, record_source *r)
{
    return (external_source){.layout = b->layout,
                             .context = r,
                             .read = read_part,
                             .enter = enter,
                             .leave = leave,
                             .unchanged = unchanged,
                             .header = b->array ? header : NULL};
}

static int sort_external(tern_comm *c, const sort_settings *s, const sequence *files,
                         const batch *b)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c), width = b->layout.bytes,
             n = files->total / width, rest = n % p, first = n / p * r + (r < rest ? r : rest);
    record_source mine = {b, files, first * width, (first + n / p + (r < rest)) * width};
    external_source source = source_of(b, &mine);

    source.bytes = mine.end - mine.begin;
    source.input = sequence_hash(files);
    source.items = n;
    return external_sort(c, s, &source);
}

/* ---- All --------------------------------------------------------------------------------------
 */

/* `in` may be NULL, of arrays. */
static int sort_files(tern_comm *c, const sort_settings *s, const input *in, const sequence *files,
                      batch *b)
{
    bool external = false, again = true;
    int error = external_needed(c, s, (double)files->total * times_in_memory(s, b), &external);

    if (error)
        return error;
    if (external)
        return sort_external(c, s, files, b);
    if (in != NULL && records_map_can(c, s, in, &b->layout))
        error = records_map_sort(c, s, in, &b->layout, &again);
    if (again)
        error = read_files(c, files, b);
    return error || !again ? error : sort_in_memory(c, s, b);
}

/* All of it is on rank 0, unless it is larger than memory. */
static int sort_stream(tern_comm *c, const sort_settings *s, const input *in, batch *b)
{
    record_source mine = {.b = b};
    external_source source = source_of(b, &mine);
    stream_part all;
    int error = input_begin_stream(c, in, b->layout.bytes, external_stream_bytes(c, s), &all);

    if (error)
        return error;
    if (all.more)
        return external_sort_stream(c, s, &source, &all);
    b->records = all.block;
    b->n = all.bytes / b->layout.bytes;
    return sort_in_memory(c, s, b);
}

static int sort_arrays(tern_comm *c, const sort_settings *s, batch *b)
{
    sequence files;
    int error = sequence_open_arrays(c, s->n_paths, s->paths, &files);

    b->layout = tern_key_layout(files.type);
    b->big_endian = files.big_endian;
    b->array = true;
    if (!error)
        error = sort_files(c, s, NULL, &files, b);
    sequence_close(&files);
    return error;
}

static int sort_plain(tern_comm *c, const sort_settings *s, batch *b)
{
    input in = {.paths = s->paths, .n = s->n_paths};
    sequence files = {0};

    b->layout = record_layout(s);
    int error = input_open(c, b->layout.bytes, &in);
    if (!error && in.stream) {
        error = sort_stream(c, s, &in, b);
    } else if (!error) {
        error = sequence_open(c, &in, &files);
        if (!error)
            error = sort_files(c, s, &in, &files, b);
    }
    sequence_close(&files);
    input_close(&in);
    return error;
}

enum tern_exit sort_binary(tern_comm *c, const sort_settings *s)
{
    bool plain = s->record > 0 || s->type >= 0;
    batch b = {.array = s->array != NULL && s->record == 0, .output = s->array};

    tern_prog_phase("read", 0);
    int error = output_try(c, s->output);
    if (!error)
        error = plain ? sort_plain(c, s, &b) : sort_arrays(c, s, &b);
    tern_free(b.records);
    if (error)
        tern_prog_fail(error == TERN_EMISMATCH ? TERN_EXIT_DIFFER : TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
