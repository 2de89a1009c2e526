/* SPDX-License-Identifier: BSD-3-Clause */
/* The named stencils: shapes, and the weights that make Laplacians of them.
 *
 * Stars take central differences of order 2 R along each dimension (Fornberg 1988).  Squares take
 * D(x) S(y) + S(x) D(y) with these differences D and a smoothing S of the same order, which for
 * R = 1 is the compact 9-point Laplacian; the cube takes the isotropic 27-point one (O'Reilly and
 * Beck 2006). */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>
#include <string.h>

static const struct named {
    const char *name;
    enum family family;
    int dims, reach;
} names[] = {
    {"2d5", FAMILY_STAR2_1, 2, 1},  {"2dr1", FAMILY_STAR2_1, 2, 1}, {"2dr2", FAMILY_STAR2_2, 2, 2},
    {"2dr3", FAMILY_STAR2_3, 2, 3}, {"2dr4", FAMILY_STAR2_4, 2, 4}, {"2d9", FAMILY_BOX2_1, 2, 1},
    {"2d25", FAMILY_BOX2_2, 2, 2},  {"2d49", FAMILY_BOX2_3, 2, 3},  {"2d81", FAMILY_BOX2_4, 2, 4},
    {"3d7", FAMILY_STAR3_1, 3, 1},  {"3dr1", FAMILY_STAR3_1, 3, 1}, {"3d13", FAMILY_STAR3_2, 3, 2},
    {"3dr2", FAMILY_STAR3_2, 3, 2}, {"3d19", FAMILY_STAR3_3, 3, 3}, {"3dr3", FAMILY_STAR3_3, 3, 3},
    {"3d25", FAMILY_STAR3_4, 3, 4}, {"3dr4", FAMILY_STAR3_4, 3, 4}, {"3d27", FAMILY_BOX3_1, 3, 1},
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

const char *tern_stencil_name(int i)
{
    return i >= 0 && i < NAMES ? names[i].name : NULL;
}

/* Second differences of radius R: the middle, then the distances 1 to R. */
static const double difference[MOST_REACH + 1][MOST_REACH + 1] = {
    {0},
    {-2.0, 1.0},
    {-5.0 / 2, 4.0 / 3, -1.0 / 12},
    {-49.0 / 18, 3.0 / 2, -3.0 / 20, 1.0 / 90},
    {-205.0 / 72, 8.0 / 5, -1.0 / 5, 8.0 / 315, -1.0 / 560},
};

/* 1 - sin(t/2)^(2R) / 3 for the wave of angle t: the same in points. */
static void smoothing(int reach, double *out)
{
    double binomial = 1, scale = 3 * pow(4, reach);

    for (int k = reach; k >= 0; k--) { /* C(2R, R + k) / 4^R, of alternating sign */
        out[k] = ((k == 0 ? scale : 0) + (k % 2 != 0 ? binomial : -binomial)) / scale;
        binomial = binomial * (double)(reach + k) / (double)(reach - k + 1);
    }
}

static void laplacian(const struct named *n, double *w)
{
    static const double cube[] = {-128.0 / 30, 14.0 / 30, 3.0 / 30, 1.0 / 30};
    const double *d = difference[n->reach];
    double s[MOST_REACH + 1];

    if (n->family == FAMILY_BOX3_1) {
        memcpy(w, cube, sizeof(cube));
    } else if (n->family < FAMILY_BOX2_1) {
        for (int r = 0; r <= n->reach; r++)
            w[r] = r == 0 ? n->dims * d[0] : d[r];
    } else {
        smoothing(n->reach, s);
        for (int j = 0, i = 0; j <= n->reach; j++)
            for (int k = 0; k <= n->reach; k++, i++)
                w[i] = d[j] * s[k] + s[j] * d[k];
        if (n->reach == 1) /* the side's weight stands once */
            w[2] = w[3];
    }
}

int tern__shape_named(const char *name, struct shape *out)
{
    int i = tern_choose("stencil", name, tern_stencil_name);

    if (i < 0)
        return i;
    const struct named *n = &names[i];
    *out = (struct shape){.family = n->family, .dims = n->dims};
    for (int d = 0; d < n->dims; d++)
        out->reach[d] = n->reach;
    laplacian(n, out->weights);
    out->n = n->family == FAMILY_BOX3_1   ? 4
             : n->family < FAMILY_BOX2_1  ? n->reach + 1
             : n->family == FAMILY_BOX2_1 ? 3
                                          : (n->reach + 1) * (n->reach + 1);
    return TERN_OK;
}

int tern__shape_points(const tern_stencil_point *points, size_t n, int dims, struct shape *out)
{
    struct shape shape = {.family = FAMILY_POINTS, .dims = dims, .n = (int)n};

    if (n < 1 || n > MOST_POINTS || dims < 2 || dims > TERN_GRID_DIMS)
        return tern_fail(TERN_EINVAL, NULL, "a stencil of %zu points in %d dimensions", n, dims);
    for (size_t i = 0; i < n; i++) {
        shape.weights[i] = points[i].weight;
        for (int d = 0; d < TERN_GRID_DIMS; d++) {
            int at = points[i].at[d], far = at < 0 ? -at : at;
            if (far > MOST_REACH || (d >= dims && at != 0))
                return tern_fail(TERN_EINVAL, NULL, "a stencil's point at %d in %c: at most %d", at,
                                 "xyz"[d], d < dims ? MOST_REACH : 0);
            shape.points[i][d] = at;
            if (far > shape.reach[d])
                shape.reach[d] = far;
        }
    }
    *out = shape;
    return TERN_OK;
}

long double tern__shape_symbol(const struct shape *s, const long double *angle)
{
    long double x = cosl(angle[0]), y = cosl(angle[1]), z = cosl(angle[2]), sum = 0;
    const double *w = s->weights;
    const int reach = s->reach[0];

    if (s->family == FAMILY_BOX3_1)
        return w[0] + 2 * w[1] * (x + y + z) + 4 * w[2] * (x * y + y * z + z * x)
               + 8 * w[3] * x * y * z;
    if (s->family == FAMILY_BOX2_1)
        return w[0] + 2 * w[1] * (x + y) + 4 * w[2] * x * y;
    if (s->family < FAMILY_BOX2_1) {
        for (int d = 0; d < s->dims; d++)
            for (int r = 1; r <= reach; r++)
                sum += 2 * w[r] * cosl(r * angle[d]);
        return w[0] + sum;
    }
    for (int j = 0, i = 0; j <= reach; j++)
        for (int k = 0; k <= reach; k++, i++)
            sum +=
                (j > 0 ? 2 : 1) * (k > 0 ? 2 : 1) * w[i] * cosl(j * angle[0]) * cosl(k * angle[1]);
    return sum;
}

double tern__shape_steepest(const struct shape *s)
{
    enum { STEPS = 12 };
    const long double pi = acosl(-1);
    long double most = 0;

    for (int i = 0; i <= STEPS; i++)
        for (int j = 0; j <= STEPS; j++)
            for (int k = 0; k <= (s->dims == 3 ? STEPS : 0); k++)
                most = fmaxl(most,
                             -tern__shape_symbol(s, (long double[]){pi * i / STEPS, pi * j / STEPS,
                                                                    pi * k / STEPS}));
    return (double)most;
}

void tern__shape_combine(const struct shape *s, double identity, double scale, struct shape *out)
{
    *out = *s;
    for (int i = 0; i < s->n; i++)
        out->weights[i] = scale * s->weights[i];
    out->weights[0] += identity;
}
