/* SPDX-License-Identifier: BSD-3-Clause */
/* Round by round, each rank exchanging with one other, a 1-factor of the complete graph: p - 1
 * rounds for even p, p for odd, in each of which one rank rests (Sanders and Traeff, "The
 * hierarchical factor algorithm for all-to-all communication", Euro-Par 2002).  Where two ranks
 * share a link this uses both directions of it at once. */
#include "config.h"

#include "coll/coll_private.h"

/* With whom `me` exchanges in round `i` of an odd number n of ranks: a + b = i mod n; itself:
 * rests. */
static int partner_of_odd(int n, int i, int me)
{
    return ((i - me) % n + n) % n;
}

/* The last of an even number of ranks meets the one that would rest among the others. */
static int partner(int p, int i, int me)
{
    int n = p % 2 == 0 ? p - 1 : p;

    if (me < n) {
        int other = partner_of_odd(n, i, me);
        return other == me && n < p ? n : other;
    }
    for (int r = 0; r < n; r++)
        if (partner_of_odd(n, i, r) == r)
            return r;
    return me;
}

int tern__one_factor(struct exchange *x)
{
    int p = x->size, error = tern__copy_own(x);

    for (int i = 0; i < (p % 2 == 0 ? p - 1 : p); i++) { /* also after an error, for the others */
        int other = partner(p, i, x->rank);
        int one = other != x->rank ? tern__swap_blocks(x, other, other) : TERN_OK;
        error = error ? error : one;
    }
    return error;
}
