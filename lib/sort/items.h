/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: items of a fixed size and their order, which is all that the distributed
 * algorithms know.  There are four kinds: images of keys of up to 8 bytes; pairs of an image of 8
 * bytes and as much payload; images of 16 bytes; records, which stay as they are. */
#ifndef TERN_SORT_ITEMS_H
#define TERN_SORT_ITEMS_H

#include "sort/keys.h"
#include "sort/verify_keys.h"

typedef struct tern__items {
    tern__merger merger;       /* items' bytes, order and merge; its context is this struct */
    tern_record_layout layout; /* as the user gave it */
    bool descending;
    bool in_place;         /* sort without a copy of the items */
    tern__mapping mapping; /* of the numbers of `layout` */
    /* The key in an item, which is what splitters are made of; its order is that of `words` words
     * of 64 bits, one after the other, or, if there are none, the user's. */
    size_t key_offset, key_bytes;
    unsigned words;
    uint64_t (*word)(const struct tern__items *t, const void *key, unsigned i);
    /* Between what the user sees and what is sorted, in place. */
    void (*enter)(const struct tern__items *t, void *items, size_t n);
    void (*leave)(const struct tern__items *t, void *items, size_t n);
    /* Sort n items of this rank with all its threads, stably.  *items, which is replaced or not, is
     * a block with room for `room` of them.  TERN_ENOMEM changes nothing. */
    int (*sort)(const struct tern__items *t, char **items, size_t n, size_t room);
    /* The same of items that look as the user's, and the sum of their hashes as they were; or
     * NULL. */
    int (*sort_hashing)(const struct tern__items *t, char **items, size_t n, size_t room,
                        uint64_t *hash);
    /* Enter, sort and leave in fewer passes; or NULL. */
    void (*sort_seen)(const struct tern__items *t, void *items, size_t n);
} tern__items;

/* Choose the kind; TERN_EINVAL if there is no such layout.  `t` must not be moved. */
int tern__items_init(tern__items *t, const tern_record_layout *layout, bool descending,
                     bool stable);

static inline const char *tern__item(const tern__items *t, const void *items, size_t i)
{
    return (const char *)items + i * t->merger.bytes;
}

/* Negative, 0 or positive. */
int tern__compare_keys(const tern__items *t, const void *a, const void *b);

static inline int tern__compare_items(const tern__items *t, const void *a, const void *b)
{
    return tern__compare_keys(t, (const char *)a + t->key_offset, (const char *)b + t->key_offset);
}

/* The kinds, a file each; they set all fields that are not set yet. */
void tern__image_items(tern__items *t);
void tern__pair_items(tern__items *t);
void tern__wide_items(tern__items *t);
void tern__record_items(tern__items *t);

/* Of n sorted items, how many are before `key`, or also equal to it. */
size_t tern__bound(const tern__items *t, const void *items, size_t low, size_t high,
                   const void *key, bool equal_too);

/* ---- Distributed ---------------------------------------------------------------------------- */

/* A sort under way on the ranks of c, which is the sort's own duplicate. */
typedef struct tern__job {
    tern_comm *c;
    const tern__items *items;
    char *data; /* a block with room for `room` items; the job's */
    size_t n, room;
    double imbalance;
    bool stable;
    bool sorted;   /* each rank's items are */
    bool in_place; /* exchange without a copy of the items */
    tern_phase_fn *phase;
    bool look;       /* at items on the way, as they look as the user's: the sum of their hashes */
    uint64_t before; /* ... before any is moved, ... */
    bool hashed;     /* ... if it was taken, */
    size_t looked;   /* and of as many first items when they are merged, ... */
    tern__seen seen; /* ... of which this was seen */
} tern__job;

void tern__begin_phase(const tern__job *j, const char *name, size_t items_moved);

/* Sort the items of all ranks, in any distribution.  On failure each rank still has a block. */
typedef int tern__algorithm(tern__job *j);
tern__algorithm tern__sample, tern__histogram, tern__ams, tern__hypercube, tern__bitonic,
    tern__radix;

/* Hash the items, unless that was done; before any is moved. */
void tern__hash_first(tern__job *j);

/* The steps they are made of; all Collective, and a failure is learnt by all. */

/* Sort what this rank has. */
int tern__sort_here(tern__job *j);

/* Exact cuts of sorted items at global positions want[0] <= .. <= want[splitters - 1], or at most
 * `slack` beside them, or as near as `rounds` rounds get; equal keys are ordered by rank and
 * position.  cut has splitters + 2 entries. */
enum { TERN__ALL_ROUNDS = 1 << 20 };
int tern__split(tern__job *j, int splitters, const int64_t *want, int64_t slack, int rounds,
                int64_t *cut);

/* Sort locally, then send and merge by cuts that `rounds` rounds find. */
int tern__split_sort(tern__job *j, int rounds);

/* Send items cut[r] .. cut[r + 1] - 1 to each rank r, and merge what comes if it is sorted, else
 * put it one after the other, in the order of the ranks. */
enum tern__arrival { TERN__SORTED, TERN__UNSORTED };
int tern__redistribute(tern__job *j, const int64_t *cut, enum tern__arrival arrival);

/* The same for sorted items in chunks, merged as they come; `total` is that of all ranks. */
int tern__stream_merge(tern__job *j, const int64_t *cut, const int64_t *from, int64_t total);

/* The same in the memory of the items and a little more; sorted items are sorted again then. */
int tern__exchange_in_place(tern__job *j, const int64_t *cut, const int64_t *from, int64_t total,
                            enum tern__arrival arrival);

/* From items in order on all ranks to floor or ceil of N/p on each, or within the imbalance. */
int tern__balance(tern__job *j);

/* Whether the items are keys of up to 8 bytes and nothing else. */
bool tern__are_keys(const tern__items *t);

/* As tern_prove(), for what `at_what` says, on the sort's own duplicate c; `known` is what was seen
 * of the records already, or NULL. */
int tern__prove(tern_comm *c, const tern_record_layout *layout, const void *records, size_t n,
                bool descending, unsigned at_what, const tern__seen *known, tern_proof *out);

/* As tern__items_init(), for items as the user sees them, which are not to be sorted. */
int tern__user_items(tern__items *t, const tern_record_layout *layout, bool descending);

/* tern_sort_records(), where `sorted` says whether each rank's records are. */
int tern__sort_job(tern_comm *c, const tern_record_layout *layout, void **records, size_t *n,
                   const tern_sort_options *options, bool sorted);

/* Items of all ranks.  Collective. */
int tern__total(const tern__job *j, int64_t *total);

/* Send items begin .. end - 1 to one rank, which does likewise; what it sends is *received, n items
 * in a new block.  A rank that has `failed` before says so, and goes on saying so to all it would
 * have met, so that none waits: it gets its own error back, the partner TERN_EPEER. */
int tern__swap_items(tern__job *j, int partner, int failed, size_t begin, size_t end,
                     char **received, size_t *n);

/* Take the sorted items of `received`, which it frees, among items begin .. end - 1 of the job,
 * which are all that stay; those of the lower rank first among equals. */
int tern__merge_in(tern__job *j, size_t begin, size_t end, char *received, size_t n,
                   bool received_first);

/* The duplicate of `c` that the sorts talk on, made by the first call.  Collective. */
int tern__sort_comm(tern_comm *c, tern_comm **own);

#endif
