/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorting of few ITEMs, choice of pivots, and a look at the order, in vectors of LANES items;
 * included once for each width and instruction set, with the operations on vectors defined. */

enum { NAME(most_few) = MOST_ROWS * LANES };
#define MOST_FEW NAME(most_few)

/* ---- Few items: a matrix in registers, sorted column by column, the columns then merged ------ */

INLINE void NAME(order)(VEC *a, VEC *b)
{
    VEC least = MIN(*a, *b);

    *b = MAX(*a, *b);
    *a = least;
}

#undef COMPARE
#define COMPARE(o, i, j) NAME(order)(&v[(o) + (i)], &v[(o) + (j)]);

/* The halves of distance `half` in every column, which is bitonic. */
INLINE void NAME(halve)(VEC *v, int rows, int half)
{
    if (half >= rows)
        return;
    UNROLL
    for (int i = 0; i < rows / 2; i++) {
        int low = i + (i & -half); /* row numbers without the bit `half` */
        NAME(order)(&v[low], &v[low + half]);
    }
}

INLINE void NAME(clean)(VEC *v, int rows)
{
    NAME(halve)(v, rows, 16);
    NAME(halve)(v, rows, 8);
    NAME(halve)(v, rows, 4);
    NAME(halve)(v, rows, 2);
    NAME(halve)(v, rows, 1);
}

INLINE void NAME(sort_columns)(VEC *v, int rows)
{
    if (rows == 8) {
        NETWORK_8(COMPARE, 0)
        return;
    }
    NETWORK_16(COMPARE, 0)
    if (rows == 16)
        return;
    NETWORK_16(COMPARE, 16)
    UNROLL
    for (int i = 0; i < 16; i++)
        NAME(order)(&v[i], &v[31 - i]);
    NAME(clean)(v, 16);
    NAME(clean)(v + 16, 16);
}

#undef DEFINE_MERGE_COLUMNS
/* Bitonic merge of neighbouring groups of d columns each, both sorted downwards, one column after
 * the other: first each item with its mirror image, then columns at distances d / 2 .. 1, then
 * rows. */
#define DEFINE_MERGE_COLUMNS(d)                         \
 INLINE void NAME(across##d)(VEC * v, int rows)         \
 {                                                      \
  UNROLL                                                \
  for (int i = 0; i < rows; i++)                        \
   v[i] = MIN_MAX(v[i], FLIP(v[i], d), d);              \
 }                                                      \
 INLINE void NAME(mirror##d)(VEC * v, int rows)         \
 {                                                      \
  UNROLL                                                \
  for (int i = 0; i < rows / 2; i++) {                  \
   VEC a = v[i], b = FLIP(v[rows - 1 - i], 2 * (d)-1);  \
   v[i] = MIN_MAX(a, b, d);                             \
   v[rows - 1 - i] = FLIP(MAX_MIN(a, b, d), 2 * (d)-1); \
  }                                                     \
 }
DEFINE_MERGE_COLUMNS(1)
DEFINE_MERGE_COLUMNS(2)
#if LANES > 4
DEFINE_MERGE_COLUMNS(4)
#endif
#if LANES > 8
DEFINE_MERGE_COLUMNS(8)
#endif

INLINE void NAME(merge_columns)(VEC *v, int rows)
{
    NAME(mirror1)(v, rows);
    NAME(clean)(v, rows);
    NAME(mirror2)(v, rows);
    NAME(across1)(v, rows);
    NAME(clean)(v, rows);
#if LANES > 4
    NAME(mirror4)(v, rows);
    NAME(across2)(v, rows);
    NAME(across1)(v, rows);
    NAME(clean)(v, rows);
#endif
#if LANES > 8
    NAME(mirror8)(v, rows);
    NAME(across4)(v, rows);
    NAME(across2)(v, rows);
    NAME(across1)(v, rows);
    NAME(clean)(v, rows);
#endif
}

#undef DEFINE_ZIP_ROWS
#define DEFINE_ZIP_ROWS(d)              \
 INLINE void NAME(zip_rows##d)(VEC * v) \
 {                                      \
  UNROLL                                \
  for (int i = 0; i < LANES; i++)       \
   if ((i & (d)) == 0) {                \
    VEC a = v[i], b = v[i + (d)];       \
    v[i] = ZIP0(a, b, d);               \
    v[i + (d)] = ZIP1(a, b, d);         \
   }                                    \
 }
DEFINE_ZIP_ROWS(1)
DEFINE_ZIP_ROWS(2)
#if LANES > 4
DEFINE_ZIP_ROWS(4)
#endif
#if LANES > 8
DEFINE_ZIP_ROWS(8)
#endif

INLINE void NAME(transpose)(VEC *v)
{
    NAME(zip_rows1)(v);
    NAME(zip_rows2)(v);
#if LANES > 4
    NAME(zip_rows4)(v);
#endif
#if LANES > 8
    NAME(zip_rows8)(v);
#endif
}

/* Sort n <= rows * LANES items, more than `full` * LANES.  What is missing is the greatest item. */
INLINE void NAME(sort_rows)(ITEM *items, size_t n, int rows, int full)
{
    VEC v[MOST_ROWS];

    UNROLL
    for (int i = 0; i < rows; i++)
        v[i] =
            i < full ? LOAD(items + i * LANES) : LOAD_SOME(items + i * LANES, (int)n - i * LANES);
    NAME(sort_columns)(v, rows);
    NAME(merge_columns)(v, rows);
    UNROLL
    for (int block = 0; block < rows; block += LANES)
        NAME(transpose)(v + block);
    UNROLL
    for (int i = 0; i < rows; i++) {
        int at = i % LANES * rows + i / LANES * LANES;
        if (at < full * LANES)
            STORE(items + at, v[i]);
        else
            STORE_SOME(items + at, v[i], (int)n - at);
    }
}

/* As many rows as there are, with a function each. */
#if LANES <= 8
static SIMD void NAME(sort_8_rows)(ITEM *items, size_t n)
{
    NAME(sort_rows)(items, n, 8, 0);
}
#endif
#if MOST_ROWS >= 16
static SIMD void NAME(sort_16_rows)(ITEM *items, size_t n)
{
    NAME(sort_rows)(items, n, 16, LANES <= 8 ? 8 : 0);
}
#endif
#if MOST_ROWS >= 32
static SIMD void NAME(sort_32_rows)(ITEM *items, size_t n)
{
    NAME(sort_rows)(items, n, 32, 16);
}
#endif

static SIMD void NAME(sort_few)(ITEM *items, size_t n)
{
    if (n <= 1)
        return;
#if MOST_ROWS >= 32
    if (n > 16 * LANES) {
        NAME(sort_32_rows)(items, n);
        return;
    }
#endif
#if MOST_ROWS >= 16
    if (LANES > 8 || n > 8 * LANES) {
        NAME(sort_16_rows)(items, n);
        return;
    }
#endif
#if LANES <= 8
    NAME(sort_8_rows)(items, n);
#endif
}

/* ---- Pivots ---------------------------------------------------------------------------------- */

INLINE ITEM NAME(lesser)(ITEM a, ITEM b)
{
    return LESS(b, a) ? b : a;
}

INLINE ITEM NAME(greater)(ITEM a, ITEM b)
{
    return LESS(b, a) ? a : b;
}

/* Load a vector of neighbours from a random place in each of `rows` equal parts. */
INLINE void NAME(sample)(VEC *v, int rows, const ITEM *items, size_t n)
{
    size_t part = n / (size_t)rows, random = n;

    for (int i = 0; i < rows; i++, items += part) {
        random = (random * UINT64_C(6364136223846793005) + 1) >> 32;
        v[i] = LOAD(items + (random * (part - LANES + 1) >> 32));
    }
}

INLINE void NAME(map_rows)(VEC *v, int rows, const tern__mapping *enter)
{
    if (enter == NULL)
        return;
    VEC flip = SPREAD(WHOLE(enter->flip)), magnitude = SPREAD(WHOLE(enter->magnitude));
    for (int i = 0; i < rows; i++)
        v[i] = ENTER(v[i], flip, magnitude);
}

/* Good enough for few items, and cheap: the median of three columns' medians. */
static SIMD ITEM NAME(choose_quickly)(const ITEM *items, size_t n, const tern__mapping *enter)
{
    ITEM medians[LANES];
    VEC v[8];

    NAME(sample)(v, 8, items, n);
    NAME(map_rows)(v, 8, enter);
    NETWORK_8(COMPARE, 0)
    STORE(medians, v[4]);
    ITEM a = medians[0], b = medians[LANES / 2], c = medians[LANES - 1];
    return NAME(greater)(NAME(lesser)(a, b), NAME(lesser)(NAME(greater)(a, b), c));
}

/* `enter`, if not NULL, is what makes images, of which the pivot is one, of the items. */
static SIMD ITEM NAME(choose_pivot)(const ITEM *items, size_t n, const tern__mapping *enter)
{
    enum { FEW = 1 << 12, MANY = 1 << 20, MIDDLE_ROWS = MOST_ROWS < 16 ? MOST_ROWS : 16 };
    ITEM sample[MOST_FEW];
    VEC v[MOST_ROWS];

    if (n < FEW)
        return NAME(choose_quickly)(items, n, enter);
    int rows = n < MANY ? MIDDLE_ROWS : MOST_ROWS;
    NAME(sample)(v, rows, items, n);
    NAME(map_rows)(v, rows, enter);
    for (int i = 0; i < rows; i++)
        STORE(sample + i * LANES, v[i]);
    NAME(sort_few)(sample, (size_t)rows * LANES);
    return sample[rows * LANES / 2];
}

/* ---- A look ---------------------------------------------------------------------------------- */

INLINE int NAME(look_at)(VEC now, VEC next)
{
    MASK rising = NOT_BELOW(now, next) ^ ALL_LANES, falling = NOT_BELOW(next, now) ^ ALL_LANES;

    return (rising != 0 ? TERN__RISES : 0) | (falling != 0 ? TERN__FALLS : 0);
}

static SIMD int NAME(look)(const ITEM *items, size_t n)
{
    int seen = 0;
    size_t i = 0;

    for (; i + LANES < n && seen != (TERN__RISES | TERN__FALLS); i += LANES)
        seen |= NAME(look_at)(LOAD(items + i), LOAD(items + i + 1));
    for (; i + 1 < n; i++)
        seen |= LESS(items[i], items[i + 1])   ? TERN__RISES
                : LESS(items[i + 1], items[i]) ? TERN__FALLS
                                               : 0;
    return seen;
}
