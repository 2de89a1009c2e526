/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream that turned out to be larger than memory: its begin, which has been read, and the rest.
 * Rank 0 alone reads, and makes runs; all ranks merge them. */
#include "config.h"

#include <string.h>

#include "sort/external.h"

enum { PARTS = 4 /* as many runs as lie in memory at once */ };

typedef struct stream_source {
    const external_source *items; /* the caller's */
    stream_part *begin;
    size_t used; /* bytes of it that were given */
} stream_source;

size_t external_stream_bytes(tern_comm *c, const sort_settings *s)
{
    return (size_t)(external_memory(c, s) / PARTS);
}

static int read_stream(void *context, uint64_t at, size_t n, void *bytes, size_t *got)
{
    stream_source *s = context;
    size_t known = s->begin->bytes - s->used, first = known < n ? known : n;
    size_t more = 0;
    int error = TERN_OK;

    (void)at;
    if (first > 0)
        memcpy(bytes, s->begin->block + s->used, first);
    s->used += first;
    if (s->used == s->begin->bytes) {
        tern_free(s->begin->block);
        s->begin->block = NULL;
    }
    if (first < n)
        error = stream_some(s->begin->rest, (char *)bytes + first, n - first, &more);
    *got = first + more;
    return error;
}

static void enter(const void *context, void *bytes, size_t n)
{
    const external_source *items = ((const stream_source *)context)->items;

    if (items->enter != NULL)
        items->enter(items->context, bytes, n);
}

static void leave(const void *context, void *bytes, size_t n)
{
    const external_source *items = ((const stream_source *)context)->items;

    if (items->leave != NULL)
        items->leave(items->context, bytes, n);
}

static int header(const void *context, uint64_t n, char **out, size_t *bytes)
{
    const external_source *items = ((const stream_source *)context)->items;

    return items->header(items->context, n, out, bytes);
}

/* Nobody can tell. */
static int unchanged(tern_comm *c, const void *context)
{
    (void)c, (void)context;
    return TERN_OK;
}

int external_sort_stream(tern_comm *c, const sort_settings *s, const external_source *items,
                         stream_part *begin)
{
    stream_source all = {.items = items, .begin = begin};
    external_source source = *items;

    source.items = UINT64_MAX;
    source.bytes = tern_rank(c) == 0 ? UINT64_MAX : 0;
    source.context = &all;
    source.read = read_stream;
    source.enter = enter;
    source.leave = leave;
    source.unchanged = unchanged;
    source.header = items->header != NULL ? header : NULL;
    if (s->resume)
        tern_prog_usage(
            "--resume: what comes through a pipe or is compressed cannot be read again");
    int error = external_sort(c, s, &source);
    stream_part_free(begin);
    return error;
}
