/* SPDX-License-Identifier: BSD-3-Clause */
/* Round by round: in round i, send to the i-th right neighbour and receive from the i-th left one.
 * p - 1 rounds, two requests at a time, so that long messages do not share the wire. */
#include "config.h"

#include "coll/coll_private.h"

int tern__pairwise(struct exchange *x)
{
    int p = x->size, error = tern__copy_own(x);

    for (int i = 1; i < p; i++) { /* also after an error: others wait for their blocks */
        int one = tern__swap_blocks(x, (x->rank + i) % p, (x->rank + p - i) % p);
        error = error ? error : one;
    }
    return error;
}
