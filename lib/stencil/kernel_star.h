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

/* What goes from one step along rows to the next. */
typedef struct T(star_state) {
    T(vec) w[MOST_REACH + 1], before[4], here[4];
} T(star_state);

/* LANES points of each row at x, of which `left` are wanted. */
INLINE void T(star_at)(const struct sweep *s, T(star_state) * state, int64_t y, int64_t x,
                       int64_t left, const int rows, const enum finish finish, const int dims,
                       const int reach)
{
    const int64_t pitch = s->pitch, plane = s->plane;
    const REAL *in = (const REAL *)s->in + y * pitch;
    T(vec) *w = state->w, *before = state->before, *here = state->here;
    T(vec) after[4] = {{0}}, column[4 + 2 * MOST_REACH] = {{0}};

    (void)before, (void)after; /* unless SHIFTS */
    UNROLL for (int k = 0; k < rows + 2 * reach; k++) if (!SHIFTS || k < reach || k >= reach + rows)
        column[k] = T(load)(in + (k - reach) * pitch + x);
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
        T(put)(s, (y + m) * pitch + x, sum, left, finish);
    }
    UNROLL for (int m = 0; m < rows && SHIFTS; m++)
    {
        before[m] = here[m];
        here[m] = after[m];
    }
}

/* hot */
INLINE void T(star_rows)(const struct sweep *s, int64_t y, const int rows, const enum finish finish,
                         const int dims, const int reach)
{
    const REAL *in = (const REAL *)s->in + y * s->pitch;
    T(star_state) state;
    int64_t x = 0;

    UNROLL for (int r = 0; r <= reach; r++) state.w[r] = T(same)(s->weights[r]);
    UNROLL for (int m = 0; m < rows && SHIFTS; m++)
    {
        state.before[m] = T(load)(in + m * s->pitch - LANES);
        state.here[m] = T(load)(in + m * s->pitch);
    }
    for (; rows > 1 && x + LANES <= s->columns; x += LANES)
        T(star_at)(s, &state, y, x, LANES, rows, finish, dims, reach);
    for (; x < s->columns; x += LANES) /* what is left; a single row is rare */
        T(star_at)(s, &state, y, x, s->columns - x, rows, finish, dims, reach);
}

INLINE void T(star)(const struct sweep *s, const enum finish finish, const int dims,
                    const int reach)
{
    const int rows = SHIFTS || dims == 2 || reach < 3 ? 4 : 2; /* 2: else registers spill */
    int64_t y = 0;

    for (; y + rows <= s->rows; y += rows)
        T(star_rows)(s, y, rows, finish, dims, reach);
    if (y < s->rows && y > 0
        && finish == FINISH_STORE) { /* some rows twice: faster than one by one */
        T(star_rows)(s, s->rows - rows, rows, finish, dims, reach);
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
