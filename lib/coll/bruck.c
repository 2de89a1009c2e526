/* SPDX-License-Identifier: BSD-3-Clause */
/* The index algorithm of Bruck, Ho, Kipnis, Upfal and Weathersby (IEEE TPDS 1997) with any radix. A
 * block for the rank j places to the right travels by the digits of j, least first: in hop i by
 * digit * radix^i places.  Hop i needs radix - 1 messages a rank, so
 *
 *   radix 2          ceil(log2 p) hops and messages              "bruck"
 *   radix sqrt(p)    2 hops, about 2 sqrt(p) messages            "grid"
 *   radix cbrt(p)    3 hops, about 3 cbrt(p) messages            "levels"
 *
 * all for any p, with no ranks left over as in a grid of rows and columns. */
#include "config.h"

#include "coll/coll_private.h"

struct digits {
    int radix;
    int64_t weight; /* radix^i of the hop under way */
};

static void peers(const struct exchange *x, void *state, int i, struct hop *hop)
{
    struct digits *d = state;
    int64_t p = x->size;

    d->weight = i == 0 ? 1 : d->weight * d->radix;
    hop->to_n = hop->from_n = 0;
    for (int64_t step = d->weight; step < p && step < d->weight * d->radix; step += d->weight) {
        hop->to[hop->to_n++] = (int)((x->rank + step) % p);
        hop->from[hop->from_n++] = (int)((x->rank + p - step) % p);
    }
}

static int next(const struct exchange *x, void *state, int i, int dest)
{
    const struct digits *d = state;
    int64_t p = x->size, distance = (dest + p - x->rank) % p;

    (void)i;
    return (int)((x->rank + distance / d->weight % d->radix * d->weight) % p);
}

/* The fewest hops that radix needs for p ranks. */
static int hops_for(int radix, int p)
{
    int hops = 0;

    for (int64_t reach = 1; reach < p; reach *= radix)
        hops++;
    return hops;
}

static int travel(struct exchange *x, int radix)
{
    struct digits digits = {.radix = radix};
    struct route route = {hops_for(radix, x->size), &digits, peers, next};

    return tern__relay(x, &route);
}

/* The least radix that reaches all in so many hops. */
static int radix_for(int hops, int p)
{
    int radix = 2;

    while (hops_for(radix, p) > hops)
        radix++;
    return radix;
}

int tern__bruck(struct exchange *x)
{
    return travel(x, 2);
}

int tern__grid(struct exchange *x)
{
    return travel(x, radix_for(2, x->size));
}

int tern__levels(struct exchange *x)
{
    return travel(x, radix_for(3, x->size));
}
