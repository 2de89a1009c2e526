/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors of REAL: moved to and from anywhere, and the three ways to finish. */

typedef REAL T(vec) __attribute__((vector_size(WIDTH)));
typedef REAL T(loose) __attribute__((vector_size(WIDTH), aligned(sizeof(REAL)), may_alias));

INLINE T(vec) T(load)(const REAL *p)
{
    return *(const T(loose) *)p;
}

INLINE void T(save)(REAL *p, T(vec) v)
{
    *(T(loose) *)p = v;
}

INLINE T(vec) T(same)(double value)
{
    T(vec) v = {0};

    UNROLL for (int i = 0; i < LANES; i++) v[i] = (REAL)value;
    return v;
}

/* Finish the points from `at` on, of which `left` are wanted. */
INLINE void T(put)(const struct sweep *s, int64_t at, T(vec) v, int64_t left,
                   const enum finish finish)
{
    REAL *out = (REAL *)s->out + at;

    if (finish == FINISH_UPDATE && s->keep != 0)
        v += (REAL)s->keep * T(load)(out);
    if (finish == FINISH_UPDATE && s->source != NULL)
        v += (REAL)s->gain * T(load)((const REAL *)s->source + at);
    if (left < LANES) {
        T(vec) last = v; /* so that v itself need not lie in memory */
        memcpy(out, &last, (size_t)left * sizeof(REAL));
        return;
    }
    if (finish == FINISH_STREAM)
        STREAM(out, v);
    else
        T(save)(out, v);
}

/* name_store, name_stream and name_update: calls of body(sweep, ..., finish), with a sweep of their
 * own, which the stores cannot change. */
#define KERNELS(name, body, ...)                                \
 KERNEL(EXPAND(name, store), body, FINISH_STORE, __VA_ARGS__)   \
 KERNEL(EXPAND(name, stream), body, FINISH_STREAM, __VA_ARGS__) \
 KERNEL(EXPAND(name, update), body, FINISH_UPDATE, __VA_ARGS__)
#define KERNEL(name, body, finish, ...)     \
 static void T(name)(const struct sweep *s) \
 {                                          \
  const struct sweep own = *s;              \
  T(body)(&own, finish, __VA_ARGS__);       \
 }
