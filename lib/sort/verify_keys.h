/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside lib/sort: what a look at keys tells. */
#ifndef TERN_SORT_VERIFY_KEYS_H
#define TERN_SORT_VERIFY_KEYS_H

#include "sort/keys.h"

/* What to look for; both at once cost little more than one. */
enum { TERN__CONTENT = 1, TERN__ORDER = 2 };

typedef struct tern__seen {
    uint64_t falls; /* not 0: some item is less than the one before it */
    uint64_t hash;  /* of all, summed */
} tern__seen;

/* Look at keys begin .. end - 1 of 1, 2, 4 or 8 bytes; the order of the first is that with its
 * predecessor, if it has one. */
tern__seen tern__look_at_keys(const void *keys, size_t width, size_t begin, size_t end,
                              const tern__mapping *m, unsigned at_what);

#endif
