/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside tern-sort: what is larger than memory. */
#ifndef TERN_APPS_SORT_EXTERNAL_H
#define TERN_APPS_SORT_EXTERNAL_H

#include "sort/tern-sort.h"

/* What is sorted to s->output. */
typedef struct external_source {
    tern_record_layout layout;
    const tern_line_options *lines; /* or NULL: records */
    uint64_t bytes;                 /* of this rank's part, or UINT64_MAX */
    uint64_t input;                 /* a hash that tells the input */
    void *context;                  /* of what follows */
    /* As tern_external's. */
    int (*read)(void *context, uint64_t at, size_t n, void *bytes, size_t *got);
    /* From what is read to what is sorted, and to what is written, in place; both may be NULL. */
    void (*enter)(const void *context, void *bytes, size_t n);
    void (*leave)(const void *context, void *bytes, size_t n);
    /* Whether the input is still what it was.  Collective. */
    int (*unchanged)(tern_comm *c, const void *context);
    /* NULL, or: what the output has before so many items, by malloc(), always as many bytes; called
     * on rank 0.  `items` is how many there will be, or UINT64_MAX. */
    int (*header)(const void *context, uint64_t items, char **out, size_t *bytes);
    uint64_t items;
} external_source;

/* Bytes that this rank may use: its share of what -S allows to all ranks of a node. */
double external_memory(tern_comm *c, const sort_settings *s);

/* Whether so many bytes of all ranks are more than that.  Collective. */
int external_needed(tern_comm *c, const sort_settings *s, double bytes, bool *out);

/* Sort to the output through runs in the folders of -T.  Collective. */
int external_sort(tern_comm *c, const sort_settings *s, const external_source *source);

/* The same for what rank 0 alone reads: `begin` is as input_begin_stream() gives it, and is taken.
 * `items` has what they are, and a context for enter(), leave() and header(). */
int external_sort_stream(tern_comm *c, const sort_settings *s, const external_source *items,
                         stream_part *begin);

/* How much of a stream is read before it counts as larger than memory. */
size_t external_stream_bytes(tern_comm *c, const sort_settings *s);

#endif
