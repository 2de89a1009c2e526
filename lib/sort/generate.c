/* SPDX-License-Identifier: BSD-3-Clause */
/* Generated keys.  A distribution is a function from the index to 64 bits, of which a key takes the
 * highest as its image; so every distribution fits every type, and any rank can compute any part.
 */
#include "config.h"

#include "sort/keys.h"

#include <math.h>

enum { STREAM = 0x736f7274 /* "sort" */, FEW_VALUES = 16 };

typedef uint64_t draw_fn(const tern_generator *g, uint64_t index);

static uint64_t draw_uniform(const tern_generator *g, uint64_t index)
{
    return tern_random(g->seed, STREAM, index);
}

static uint64_t draw_sorted(const tern_generator *g, uint64_t index)
{
    return index * (UINT64_MAX / (g->total > 0 ? g->total : 1));
}

static uint64_t draw_reversed(const tern_generator *g, uint64_t index)
{
    return ~draw_sorted(g, index);
}

static uint64_t draw_equal(const tern_generator *g, uint64_t index)
{
    (void)index;
    return tern_random(g->seed, STREAM, 0);
}

static uint64_t draw_few(const tern_generator *g, uint64_t index)
{
    return tern_mix(1 + tern_random(g->seed, STREAM, index) % FEW_VALUES);
}

/* The rank k of a key is distributed as 1/k when its logarithm is uniform. */
static uint64_t draw_zipf(const tern_generator *g, uint64_t index)
{
    double u = tern_random_real(g->seed, STREAM, index);

    return tern_mix((uint64_t)exp(u * log((double)g->total + 1)));
}

/* Box and Muller 1958. */
static uint64_t draw_normal(const tern_generator *g, uint64_t index)
{
    double u = 1 - tern_random_real(g->seed, STREAM, index);
    double v = tern_random_real(g->seed, STREAM + 1, index);
    double z = sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
    double spread = z < -7.9 ? -7.9 : z > 7.9 ? 7.9 : z; /* of sixteen deviations */

    return (uint64_t)ldexp(8 + spread, 60);
}

static uint64_t draw_exponential(const tern_generator *g, uint64_t index)
{
    double x = -log(1 - tern_random_real(g->seed, STREAM, index)) / 32; /* 37 / 32 at most */

    return x < 1 ? (uint64_t)ldexp(x, 64) : UINT64_MAX;
}

static uint64_t draw_almost(const tern_generator *g, uint64_t index)
{
    return tern_random(g->seed, STREAM + 1, index) % 100 == 0 ? draw_uniform(g, index)
                                                              : draw_sorted(g, index);
}

static uint64_t draw_sqrt(const tern_generator *g, uint64_t index)
{
    uint64_t values = (uint64_t)sqrt((double)g->total) + 1;

    return tern_mix(1 + tern_random(g->seed, STREAM, index) % values);
}

/* ---- Those that speak of parts -------------------------------------------------------------- */

static uint64_t parts_of(const tern_generator *g)
{
    return g->parts > 0 ? g->parts : 16;
}

/* Index `index` lies in this part, and this is where in it, in [0, 1). */
static uint64_t part_of(const tern_generator *g, uint64_t index, double *where)
{
    double place =
        ((double)index + 0.5) / (double)(g->total > 0 ? g->total : 1) * (double)parts_of(g);
    uint64_t part = (uint64_t)place;

    *where = place - (double)part;
    return part < parts_of(g) ? part : parts_of(g) - 1;
}

/* A random key of the k-th of the parts' ranges. */
static uint64_t draw_within(const tern_generator *g, uint64_t index, uint64_t k)
{
    uint64_t width = UINT64_MAX / parts_of(g);

    return width * k + tern_random(g->seed, STREAM, index) % width;
}

static uint64_t draw_staggered(const tern_generator *g, uint64_t index)
{
    double where;
    uint64_t p = parts_of(g), part = part_of(g, index, &where);

    return draw_within(g, index, part < p / 2 ? 2 * part + 1 : 2 * (part - p / 2));
}

static uint64_t draw_buckets(const tern_generator *g, uint64_t index)
{
    double where;

    part_of(g, index, &where);
    return draw_within(g, index, (uint64_t)(where * (double)parts_of(g)));
}

static uint64_t draw_groups(const tern_generator *g, uint64_t index)
{
    double where;
    uint64_t p = parts_of(g), part = part_of(g, index, &where);
    uint64_t size = (uint64_t)ceil(sqrt((double)p)), step = (uint64_t)(where * (double)size);

    return draw_within(g, index, (part / size * size + p / 2 + step) % p);
}

static uint64_t draw_all_to_one(const tern_generator *g, uint64_t index)
{
    double where;
    uint64_t part = part_of(g, index, &where);

    return draw_within(g, index, where < 0.5 ? 0 : parts_of(g) - 1 - part);
}

static draw_fn *const distributions[TERN_DISTRIBUTIONS] = {
    [TERN_UNIFORM] = draw_uniform,
    [TERN_SORTED] = draw_sorted,
    [TERN_REVERSED] = draw_reversed,
    [TERN_EQUAL] = draw_equal,
    [TERN_FEW] = draw_few,
    [TERN_ZIPF] = draw_zipf,
    [TERN_NORMAL] = draw_normal,
    [TERN_EXPONENTIAL] = draw_exponential,
    [TERN_ALMOST] = draw_almost,
    [TERN_SQRT] = draw_sqrt,
    [TERN_STAGGERED] = draw_staggered,
    [TERN_BUCKETS] = draw_buckets,
    [TERN_GROUPS] = draw_groups,
    [TERN_ALL_TO_ONE] = draw_all_to_one,
};

static inline void put(void *keys, size_t width, size_t i, uint64_t key)
{
    switch (width) {
    case 1: ((uint8_t *)keys)[i] = (uint8_t)key; return;
    case 2: ((uint16_t *)keys)[i] = (uint16_t)key; return;
    case 4: ((uint32_t *)keys)[i] = (uint32_t)key; return;
    default: ((uint64_t *)keys)[i] = key; return;
    }
}

/* The high half is drawn, the low half is another draw, so that both decide. */
static void put_wide(const tern_generator *g, draw_fn *draw, uint64_t first, size_t n, void *keys)
{
    uint64_t *half = keys;
    tern_generator low = *g;

    low.seed++;
#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        half[2 * i] = draw(g, first + i), half[2 * i + 1] = draw(&low, first + i);
#else
        half[2 * i] = draw(&low, first + i), half[2 * i + 1] = draw(g, first + i);
#endif
    }
}

int tern_generate(const tern_generator *generator, uint64_t first, size_t n, void *keys)
{
    if ((unsigned)generator->distribution >= TERN_DISTRIBUTIONS
        || (unsigned)generator->type >= TERN_KEY_TYPES)
        return tern_fail(TERN_EINVAL, TERN_HERE, "generate: no distribution %d or key type %d",
                         (int)generator->distribution, (int)generator->type);
    draw_fn *draw = distributions[generator->distribution];
    size_t width = tern_key_bytes(generator->type);

    if (generator->type == TERN_U128) {
        put_wide(generator, draw, first, n, keys);
        return TERN_OK;
    }
    tern__mapping m = tern__mapping_of(generator->type, false);

#pragma omp parallel for schedule(static) if (n > TERN__BLOCK)
    for (size_t i = 0; i < n; i++)
        put(keys, width, i, tern__to_key(m, draw(generator, first + i) >> (63 - m.top)));
    return TERN_OK;
}

/* What ranks 0 .. r - 1 hold. */
static uint64_t filled_before(enum tern_filling filling, uint64_t total, int p, int r)
{
    double ranks = p, rank = r;

    if (r == p)
        return total;
    switch (filling) {
    case TERN_EMPTY_ODD: /* two ranks' share lies on the even one */
        return (uint64_t)tern__share_begin((int64_t)total, p, r + r % 2);
    case TERN_ONE_RANK: return 0;
    case TERN_RAMP: return (uint64_t)((double)total * rank * (rank + 1) / (ranks * (ranks + 1)));
    default: return (uint64_t)tern__share_begin((int64_t)total, p, r);
    }
}

void tern_fill(enum tern_filling filling, uint64_t total, int p, int r, uint64_t *first, size_t *n)
{
    *first = filled_before(filling, total, p, r);
    *n = (size_t)(filled_before(filling, total, p, r + 1) - *first);
}
