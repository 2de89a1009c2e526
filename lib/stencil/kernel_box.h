/* SPDX-License-Identifier: BSD-3-Clause */
/* Boxes.  A column of neighbours at distance j in x weighs the same on either side, so its sum B_j
 * is computed once a point, and the point is B_0[x] + (B_1[x-1] + B_1[x+1]) + ... */

/* The sums of a column for four rows at x: b0 and b1. */
INLINE void T(columns)(const struct sweep *s, const REAL *at, const int rows, const int dims,
                       const T(vec) * w, T(vec) * b0, T(vec) * b1)
{
    T(vec) u[6], p[6]; /* rows y - 1 to y + rows: points, and pairs of points above and below */

    UNROLL for (int k = 0; k < rows + 2; k++)
    {
        const REAL *row = at + (k - 1) * s->pitch;
        u[k] = T(load)(row);
        if (dims == 3)
            p[k] = T(load)(row - s->plane) + T(load)(row + s->plane);
    }
    UNROLL for (int m = 0; m < rows; m++)
    {
        T(vec) side = u[m] + u[m + 2];
        if (dims == 2) {
            b0[m] = w[0] * u[m + 1] + w[1] * side;
            b1[m] = w[1] * u[m + 1] + w[2] * side;
            continue;
        }
        side += p[m + 1];
        T(vec) edge = p[m] + p[m + 2];
        b0[m] = (w[0] * u[m + 1] + w[1] * side) + w[2] * edge;
        b1[m] = (w[1] * u[m + 1] + w[2] * side) + w[3] * edge;
    }
}

/* What goes from one step along rows to the next. */
typedef struct T(box_state) {
    T(vec) w[4], centre[4], left[4], here[4];
} T(box_state);

/* LANES points of each row at x, of which `wanted` are. */
INLINE void T(box_at)(const struct sweep *s, T(box_state) * b, int64_t y, int64_t x, int64_t wanted,
                      const int rows, const enum finish finish, const int dims)
{
    T(vec) next[4], right[4];

    T(columns)
    (s, (const REAL *)s->in + y * s->pitch + x + LANES, rows, dims, b->w, next, right);
    UNROLL for (int m = 0; m < rows; m++)
    {
        T(vec) sides = JOIN(b->left[m], b->here[m], LANES - 1) + JOIN(b->here[m], right[m], 1);
        T(put)(s, (y + m) * s->pitch + x, b->centre[m] + sides, wanted, finish);
        b->left[m] = b->here[m];
        b->here[m] = right[m];
        b->centre[m] = next[m];
    }
}

/* hot */
INLINE void T(box_rows)(const struct sweep *s, int64_t y, const int rows, const enum finish finish,
                        const int dims)
{
    const REAL *in = (const REAL *)s->in + y * s->pitch;
    T(box_state) b;
    int64_t x = 0;

    UNROLL for (int i = 0; i <= dims; i++) b.w[i] = T(same)(s->weights[i]);
    T(columns)(s, in - LANES, rows, dims, b.w, b.centre, b.left);
    T(columns)(s, in, rows, dims, b.w, b.centre, b.here);
    for (; rows > 1 && x + LANES <= s->columns; x += LANES)
        T(box_at)(s, &b, y, x, LANES, rows, finish, dims);
    for (; x < s->columns; x += LANES) /* what is left; a single row is rare */
        T(box_at)(s, &b, y, x, s->columns - x, rows, finish, dims);
}

INLINE void T(box)(const struct sweep *s, const enum finish finish, const int dims)
{
    int64_t y = 0;

    for (; y + 4 <= s->rows; y += 4)
        T(box_rows)(s, y, 4, finish, dims);
    if (y < s->rows && y > 0
        && finish == FINISH_STORE) { /* some rows twice: faster than one by one */
        T(box_rows)(s, s->rows - 4, 4, finish, dims);
        return;
    }
    for (; y < s->rows; y++)
        T(box_rows)(s, y, 1, finish, dims);
}

KERNELS(box2_1, box, 2)
KERNELS(box3_1, box, 3)

/* ---- Squares of radius 2 to 4: the sums wait in the first-level cache --------------------------
 */

enum { T(CHUNK) = 256, T(EDGE) = LANES > MOST_REACH ? LANES : MOST_REACH };

/* sums[j][x] = B_j for x in [-EDGE, n + EDGE) */
INLINE void T(sum_columns)(const struct sweep *s, const REAL *in, int64_t n, const int reach,
                           REAL sums[][T(CHUNK) + 4 * T(EDGE)])
{
    const double *w = s->weights;

    for (int64_t x = -T(EDGE); x < n + T(EDGE); x += LANES) {
        T(vec) pair[MOST_REACH + 1];
        pair[0] = T(load)(in + x);
        UNROLL for (int k = 1; k <= reach; k++) pair[k] =
            T(load)(in + x - k * s->pitch) + T(load)(in + x + k * s->pitch);
        UNROLL for (int j = 0; j <= reach; j++)
        {
            T(vec) sum = T(same)(w[j * (reach + 1)]) * pair[0];
            UNROLL for (int k = 1; k <= reach; k++) sum +=
                T(same)(w[j * (reach + 1) + k]) * pair[k];
            T(save)(&sums[j][x + T(EDGE)], sum);
        }
    }
}

INLINE void T(square)(const struct sweep *s, const enum finish finish, const int reach)
{
    REAL sums[MOST_REACH + 1][T(CHUNK) + 4 * T(EDGE)];

    for (int64_t y = 0; y < s->rows; y++)
        for (int64_t from = 0; from < s->columns; from += T(CHUNK)) {
            int64_t left = s->columns - from, n = left < T(CHUNK) ? left : T(CHUNK);
            int64_t at = y * s->pitch + from;
            T(sum_columns)(s, (const REAL *)s->in + at, n, reach, sums);
            for (int64_t x = 0; x < n; x += LANES) {
                T(vec) sum = T(load)(&sums[0][x + T(EDGE)]);
                UNROLL for (int j = 1; j <= reach; j++) sum +=
                    T(load)(&sums[j][x + T(EDGE) - j]) + T(load)(&sums[j][x + T(EDGE) + j]);
                T(put)(s, at + x, sum, n - x, finish);
            }
        }
}

KERNELS(box2_2, square, 2)
KERNELS(box2_3, square, 3)
KERNELS(box2_4, square, 4)
