/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps as one would write them, for REAL: what the compiler makes of plain loops. */

#define ROWS(body)                                                                                 \
    _Pragma("omp parallel for collapse(2) schedule(static)") for (int64_t z = 0; z < n[2];         \
                                                                  z++) for (int64_t y = 0;         \
                                                                            y < n[1]; y++)         \
    {                                                                                              \
        const REAL *restrict p = in + y * l + z * q;                                               \
        REAL *restrict o = out + y * l + z * q;                                                    \
        _Pragma("GCC ivdep") for (int64_t x = 0; x < n[0]; x++) body                               \
    }

static void NAIVE(2d5)(REAL *out, const REAL *in, int64_t l, int64_t q, const int64_t *n)
{
    const REAL c = (REAL)0.2, w = (REAL)0.2;
    ROWS({ o[x] = c * p[x] + w * ((p[x - 1] + p[x + 1]) + (p[x - l] + p[x + l])); })
}

static void NAIVE(3d7)(REAL *out, const REAL *in, int64_t l, int64_t q, const int64_t *n)
{
    const REAL c = (REAL)0.4, w = (REAL)0.1;
    ROWS({
        o[x] = c * p[x]
               + w * (((p[x - 1] + p[x + 1]) + (p[x - l] + p[x + l])) + (p[x - q] + p[x + q]));
    })
}

static void NAIVE(3d25)(REAL *out, const REAL *in, int64_t l, int64_t q, const int64_t *n)
{
    const REAL w[] = {(REAL)0.4, (REAL)0.05, (REAL)0.02, (REAL)0.01, (REAL)0.005};
    ROWS({
        REAL s = w[0] * p[x];
        _Pragma("GCC unroll 4") for (int64_t r = 1; r <= 4; r++) s +=
            w[r]
            * (((p[x - r] + p[x + r]) + (p[x - r * l] + p[x + r * l]))
               + (p[x - r * q] + p[x + r * q]));
        o[x] = s;
    })
}

static void NAIVE(3d27)(REAL *out, const REAL *in, int64_t l, int64_t q, const int64_t *n)
{
    const REAL w[] = {(REAL)0.2, (REAL)0.06, (REAL)0.02, (REAL)0.01};
    ROWS({
        const REAL *u = p + x;
        REAL f = ((u[-1] + u[1]) + (u[-l] + u[l])) + (u[-q] + u[q]);
        REAL e = ((u[-l - 1] + u[-l + 1]) + (u[l - 1] + u[l + 1]))
                 + ((u[-q - 1] + u[-q + 1]) + (u[q - 1] + u[q + 1]))
                 + ((u[-q - l] + u[-q + l]) + (u[q - l] + u[q + l]));
        REAL k = ((u[-q - l - 1] + u[-q - l + 1]) + (u[-q + l - 1] + u[-q + l + 1]))
                 + ((u[q - l - 1] + u[q - l + 1]) + (u[q + l - 1] + u[q + l + 1]));
        o[x] = ((w[0] * u[0] + w[1] * f) + w[2] * e) + w[3] * k;
    })
}

#undef ROWS
