/* SPDX-License-Identifier: BSD-3-Clause */
/* Stars.  Four rows at once share their neighbours above and below; where registers can be shifted
 * against each other, those to the left and right are made of vectors that are there already. */

/* Neighbours at distance r in row m, as vectors. */
#if SHIFTS
# define LEFT(m, r)  JOIN(before[m], here[m], LANES - (r))
# define RIGHT(m, r) JOIN(here[m], after[m], r)
#else
# define LEFT(m, r)  T(load)(row - (r))
# define RIGHT(m, r) T(load)(row + (r))
#endif
#define RING(m, r)                                                                              \
 do {                                                                                           \
  T(vec)                                                                                        \
  pairs = (LEFT(m, r) + RIGHT(m, r)) + (column[reach + (m) - (r)] + column[reach + (m) + (r)]); \
  if (dims == 3)                                                                                \
   pairs += T(load)(row - (r)*plane) + T(load)(row + (r)*plane);                                \
  sum += w[r] * pairs;                                                                          \
 } while (0)

/* hot */
INLINE void T(star_rows)(const struct sweep *s, int64_t y, const int rows, const enum finish finish,
                         const int dims, const int reach)
{
    const int64_t pitch = s->pitch, plane = s->plane;
    const REAL *in = (const REAL *)s->in + y * pitch;
    T(vec)
    w[MOST_REACH + 1] = {{0}}, before[4], here[4], after[4] = {{0}}, column[4 + 2 * MOST_REACH];

    UNROLL for (int r = 0; r <= reach; r++) w[r] = T(same)(s->weights[r]);
    UNROLL for (int m = 0; m < rows && SHIFTS; m++)
    {
        before[m] = T(load)(in + m * pitch - LANES);
        here[m] = T(load)(in + m * pitch);
    }
    (void)before, (void)after; /* unless SHIFTS */
    for (int64_t x = 0; x < s->columns; x += LANES) {
        UNROLL for (int k = 0; k < rows + 2 * reach;
                    k++) if (!SHIFTS || k < reach || k >= reach + rows) column[k] =
            T(load)(in + (k - reach) * pitch + x);
        UNROLL for (int m = 0; m < rows && SHIFTS; m++)
        {
            column[reach + m] = here[m];
            after[m] = T(load)(in + m * pitch + x + LANES);
        }
        UNROLL for (int m = 0; m < rows; m++)
        {
            const REAL *row = in + m * pitch + x;
            T(vec) sum = w[0] * column[reach + m];
            RING(m, 1);
            if (reach >= 2)
                RING(m, 2);
            if (reach >= 3)
                RING(m, 3);
            if (reach >= 4)
                RING(m, 4);
            T(put)(s, (y + m) * pitch + x, sum, s->columns - x, finish);
        }
        UNROLL for (int m = 0; m < rows && SHIFTS; m++)
        {
            before[m] = here[m];
            here[m] = after[m];
        }
    }
}

INLINE void T(star)(const struct sweep *s, const enum finish finish, const int dims,
                    const int reach)
{
    int64_t y = 0;

    for (; y + 4 <= s->rows; y += 4)
        T(star_rows)(s, y, 4, finish, dims, reach);
    if (y < s->rows && y > 0
        && finish == FINISH_STORE) { /* some rows twice: faster than one by one */
        T(star_rows)(s, s->rows - 4, 4, finish, dims, reach);
        return;
    }
    for (; y < s->rows; y++)
        T(star_rows)(s, y, 1, finish, dims, reach);
}

KERNELS(star2_1, star, 2, 1)
KERNELS(star2_2, star, 2, 2)
KERNELS(star2_3, star, 2, 3)
KERNELS(star2_4, star, 2, 4)
KERNELS(star3_1, star, 3, 1)
KERNELS(star3_2, star, 3, 2)
KERNELS(star3_3, star, 3, 3)
KERNELS(star3_4, star, 3, 4)

#undef LEFT
#undef RIGHT
#undef RING
