/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of mapped files, whose keys are a small part of them: the keys are sorted with the places
 * of their records, and these are gathered when they are written.  So a record is read twice and
 * written once, and none goes from rank to rank. */
#include "config.h"

#include "sort/binary.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOAD_BYTES = 8 << 20,
    AHEAD = 16,        /* records that are on their way from memory, ... */
    AHEAD_BYTES = 256, /* ... the first bytes of each */
    WIDE_KEY = 11      /* bytes of a key that leave room for a place in 128 bits */
};
_Static_assert(128 - 8 * WIDE_KEY >= MAP_PLACE_BITS, "a place must fit behind the longest key");

typedef struct records records;

/* What is sorted in place of a record: its key, and its place in the map. */
typedef struct handle_kind {
    void (*make)(const records *r, uint64_t at, char *handle);
    uint64_t (*place)(const records *r, const char *handle);
    bool (*is_of)(const records *r, const char *handle, uint64_t at); /* it has the record's key */
} handle_kind;

struct records {
    const input *in;
    const input_map *map;
    tern_record_layout layout;
    bool reverse;
    const handle_kind *kind;
    tern_record_layout handle;
    char *handles; /* of tern_alloc() */
    size_t n;
    atomic_bool *strange; /* a record is not that whose key was sorted */
};

static size_t key_bytes(const tern_record_layout *l)
{
    return l->key_bytes > 0 ? l->key_bytes : tern_key_bytes(l->type);
}

bool records_map_can(tern_comm *c, const sort_settings *s, const input *in,
                     const tern_record_layout *layout)
{
    return s->record > 0 && !s->in_place && map_can(in) && map_is_shared(c)
           && 2 * (key_bytes(layout) + sizeof(uint64_t)) <= layout->bytes;
}

/* ---- Handles ----------------------------------------------------------------------------------
 */

static const char *key_at(const records *r, uint64_t at)
{
    return r->map->base + at + r->layout.key_offset;
}

/* A short key and the place make one number, and no two are equal.  What is read behind the key is
 * at least in the map. */
static u128 wide_of(const records *r, uint64_t at)
{
    const unsigned unused = 128 - 8 * (unsigned)key_bytes(&r->layout);
    uint64_t words[2];
    u128 key;

    if (r->layout.key_bytes > 0) {
        memcpy(words, key_at(r, at), sizeof(words));
        key = ((u128)be64toh(words[0]) << 64 | be64toh(words[1])) >> unused;
    } else {
        key = key_image(r->layout.type, key_at(r, at));
    }
    return (r->reverse ? ~key : key) << unused | at;
}

static void make_wide(const records *r, uint64_t at, char *handle)
{
    const u128 wide = wide_of(r, at);

    memcpy(handle, &wide, sizeof(wide));
}

static uint64_t place_of_wide(const records *r, const char *handle)
{
    u128 wide;

    (void)r;
    memcpy(&wide, handle, sizeof(wide));
    return (uint64_t)wide & (((uint64_t)1 << MAP_PLACE_BITS) - 1);
}

static bool is_wide_of(const records *r, const char *handle, uint64_t at)
{
    const u128 wide = wide_of(r, at);

    return memcmp(handle, &wide, sizeof(wide)) == 0;
}

/* Any other key is followed by the place. */
static void make_pair(const records *r, uint64_t at, char *handle)
{
    const size_t n = r->handle.bytes - sizeof(at);

    memcpy(handle, key_at(r, at), n);
    memcpy(handle + n, &at, sizeof(at));
}

static uint64_t place_of_pair(const records *r, const char *handle)
{
    uint64_t at;

    memcpy(&at, handle + r->handle.bytes - sizeof(at), sizeof(at));
    return at;
}

static bool is_pair_of(const records *r, const char *handle, uint64_t at)
{
    return memcmp(handle, key_at(r, at), r->handle.bytes - sizeof(at)) == 0;
}

static const handle_kind wides = {make_wide, place_of_wide, is_wide_of};
static const handle_kind pairs = {make_pair, place_of_pair, is_pair_of};

static void choose_kind(records *r)
{
    r->kind = key_bytes(&r->layout) <= WIDE_KEY ? &wides : &pairs;
    r->handle = r->kind == &wides
                    ? tern_key_layout(TERN_U128)
                    : (tern_record_layout){.bytes = key_bytes(&r->layout) + sizeof(uint64_t),
                                           .key_bytes = r->layout.key_bytes,
                                           .type = r->layout.type};
}

/* Of whole records, with all threads. */
static void take(const records *r, tern_text_range range, char *out)
{
    const size_t step = r->layout.bytes, n = (range.end - range.begin) / step;
    const size_t some = LOAD_BYTES / step + 1;

#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < n; i += some) {
        const size_t end = n - i < some ? n : i + some;
        map_load(r->map, (tern_text_range){range.begin + i * step, range.begin + end * step});
        for (size_t k = i; k < end; k++)
            r->kind->make(r, range.begin + k * step, out + k * r->handle.bytes);
    }
}

static int take_share(tern_comm *c, records *r, tern_text_range *ranges)
{
    const uint64_t step = r->layout.bytes, p = (uint64_t)tern_size(c), me = (uint64_t)tern_rank(c);
    const uint64_t all = r->in->total / step, rest = all % p;
    const uint64_t first = all / p * me + (me < rest ? me : rest);
    size_t done = 0;

    r->n = (size_t)(all / p + (me < rest));
    r->handles = tern_alloc((r->n > 0 ? r->n : 1) * r->handle.bytes);
    int error = tern_agree(c, r->handles != NULL ? TERN_OK : TERN_ENOMEM);
    if (error)
        return error;
    const size_t n = map_ranges(r->in, r->map, first * step, (first + r->n) * step, ranges);
    for (size_t i = 0; i < n; i++) {
        take(r, ranges[i], r->handles + done * r->handle.bytes);
        done += (ranges[i].end - ranges[i].begin) / step;
    }
    tern_prog_phase(NULL, r->n * step); /* of reading */
    return TERN_OK;
}

static int sort_handles(tern_comm *c, const sort_settings *s, records *r)
{
    tern_proof proof = {.sorted = false};
    const tern_sort_options options = {
        .descending = r->reverse && r->kind == &pairs, /* wide ones are reversed themselves */
        .stable = r->kind == &pairs,                   /* nor is one equal to another */
        .algorithm = s->algorithm,
        .prove = &proof,
        .phase = tern_prog_phase};
    void *handles = r->handles;
    int error = tern_sort_records(c, &r->handle, &handles, &r->n, &options);

    r->handles = handles;
    if (!error)
        report_result(c, proof.content.items, proof.content.items * r->layout.bytes, r->n);
    return error;
}

/* ---- What is written --------------------------------------------------------------------------
 */

static const char *record_of(const records *r, const char *handle)
{
    return r->map->base + r->kind->place(r, handle);
}

static size_t records_bytes(const void *context, size_t first, size_t n)
{
    (void)first;
    return n * ((const records *)context)->layout.bytes;
}

/* Keys were proved to be in order, and places to be each there once; that a record has its key is
 * seen here. hot */
static size_t next_records(const void *context, size_t first, size_t end, char *buffer,
                           const char **piece, size_t *bytes)
{
    const records *r = context;
    const size_t step = r->layout.bytes, width = r->handle.bytes, most = OUTPUT_BUFFER / step;
    const size_t n = end - first < most ? end - first : most;
    const char *handle = r->handles + first * width;
    bool strange = false;

    *piece = n > 0 ? buffer : record_of(r, handle); /* a large one stays where it is */
    *bytes = n > 0 ? n * step : step;
    for (size_t i = 0; i < n; i++, handle += width) {
        const char *record = record_of(r, handle);
        if (i + AHEAD < n) {
            const char *later = record_of(r, handle + AHEAD * width);
            for (size_t line = 0; line < step && line < AHEAD_BYTES; line += 64)
                __builtin_prefetch(later + line);
            __builtin_prefetch(later + step - 1);
        }
        strange |= !r->kind->is_of(r, handle, (uint64_t)(record - r->map->base));
        memcpy(buffer + i * step, record, step);
    }
    if (strange)
        atomic_store(r->strange, true);
    return first + (n > 0 ? n : 1);
}

static int check_records_map(const void *context)
{
    const records *r = context;
    int error = map_check(r->in);

    return error || !atomic_load(r->strange)
               ? error
               : tern_fail(TERN_EIO, NULL, "a record has changed while it was sorted");
}

static int write_records(tern_comm *c, const sort_settings *s, const records *r)
{
    const output_source source = {r, r->n, records_bytes, next_records, check_records_map};

    tern_prog_phase("write", r->n * r->layout.bytes);
    map_load_all(r->map, (tern_text_range){0, r->map->bytes}); /* records come from everywhere */
    int error = output_write(c, s->output, &source);
    tern_prog_phase(NULL, r->n * r->layout.bytes);
    return error;
}

/* ---- All --------------------------------------------------------------------------------------
 */

static int sort_map(tern_comm *c, const sort_settings *s, records *r, tern_text_range *ranges)
{
    int error = take_share(c, r, ranges);

    if (!error)
        error = tern_agree(c, map_check(r->in));
    if (!error)
        error = sort_handles(c, s, r);
    if (!error)
        error = write_records(c, s, r);
    tern_free(r->handles);
    return error;
}

int records_map_sort(tern_comm *c, const sort_settings *s, const input *in,
                     const tern_record_layout *layout, bool *again)
{
    input_map map;
    atomic_bool strange = false;
    records r = {
        .in = in, .map = &map, .layout = *layout, .reverse = s->reverse, .strange = &strange};
    choose_kind(&r);
    int error = map_open(in, &map);
    tern_text_range *ranges = malloc(((size_t)in->n + 1) * sizeof(*ranges));

    if (!error && ranges == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for %d ranges", in->n);
    error = tern_agree(c, error);
    *again = error != TERN_OK;
    if (!error)
        error = sort_map(c, s, &r, ranges);
    free(ranges);
    map_close(&map);
    return error;
}
