/* SPDX-License-Identifier: BSD-3-Clause */
/* Any points, one after the other in the order of the table.  Some rows take turns, so that what
 * one has read is still in the first-level cache when the next one reads it. */

/* hot */
INLINE void T(points_at)(const struct sweep *s, const int64_t *offset, int64_t at, int64_t left,
                         const int vectors, const enum finish finish)
{
    const REAL *in = (const REAL *)s->in + at;
    T(vec) sum[8];

    UNROLL for (int v = 0; v < vectors; v++) sum[v] =
        T(same)(s->weights[0]) * T(load)(in + offset[0] + v * LANES);
    for (int i = 1; i < s->n; i++) {
        T(vec) w = T(same)(s->weights[i]);
        UNROLL for (int v = 0; v < vectors; v++) sum[v] += w * T(load)(in + offset[i] + v * LANES);
    }
    UNROLL for (int v = 0; v < vectors; v++)
        T(put)(s, at + v * LANES, sum[v], left - v * LANES, finish);
}

/* Rows y to end - 1, from x on as far as whole steps of so many vectors reach; where they end. */
INLINE int64_t T(points_rows)(const struct sweep *s, const int64_t *offset, int64_t x, int64_t y,
                              int64_t end, const int vectors, const enum finish finish)
{
    const int64_t step = (int64_t)vectors * LANES;

    for (; x + step <= s->columns; x += step)
        for (int64_t row = y; row < end; row++)
            T(points_at)(s, offset, row * s->pitch + x, step, vectors, finish);
    return x;
}

/* Many vectors at once share what it costs to fetch a weight and an offset. */
INLINE void T(any_points)(const struct sweep *s, const enum finish finish, const int vectors)
{
    enum { BAND = 4 };
    int64_t offset[MOST_POINTS];

    for (int i = 0; i < s->n; i++)
        offset[i] = s->points[i][0] + s->points[i][1] * s->pitch + s->points[i][2] * s->plane;
    for (int64_t y = 0; y < s->rows; y += BAND) {
        const int64_t end = y + BAND < s->rows ? y + BAND : s->rows;
        int64_t x = T(points_rows)(s, offset, 0, y, end, vectors, finish);
        x = T(points_rows)(s, offset, x, y, end, vectors / 2, finish);
        for (; x < s->columns; x += LANES)
            for (int64_t row = y; row < end; row++)
                T(points_at)(s, offset, row * s->pitch + x, s->columns - x, 1, finish);
    }
}

KERNELS(points, any_points, 8)
