/* SPDX-License-Identifier: BSD-3-Clause */
/* Sums and products of floats are those of doubles, rounded (Figueroa 1995), so one program serves
 * both types. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stencil/reference.h"

static double rounded(const struct reference *r, double value)
{
    return r->what->spec.type == TERN_STENCIL_F32 ? (double)(float)value : value;
}

static double add(const struct reference *r, double a, double b)
{
    return rounded(r, a + b);
}

static double mul(const struct reference *r, double a, double b)
{
    return rounded(r, rounded(r, a) * b);
}

double reference_wave(void *context, const int64_t point[3], int64_t step)
{
    (void)context;
    return (double)((point[0] * 3 + point[1] * 5 + point[2] * 7 + step * 11) % 17) / 16;
}

double reference_source(void *context, const int64_t point[3])
{
    (void)context;
    return (double)((point[0] * 5 + point[1] * 3 + point[2] * 11) % 13) / 64;
}

/* ---- Points, also beyond the ends ------------------------------------------------------------ */

static double value_at(const struct reference *r, const int64_t at[3], int64_t step);

static double beyond(const struct reference *r, int d, int side, const int64_t at[3], int64_t step)
{
    const tern_boundary *b = &r->what->spec.boundary[d][side];
    const int64_t n = r->what->spec.size[d];
    int64_t inside[3] = {at[0], at[1], at[2]}, k = side == 0 ? -1 - at[d] : at[d] - n;
    const double value = b->of != NULL ? b->of(b->context, at, step) : b->value;
    double factor = 1, scale = 1, across = (double)(2 * k + 1);

    inside[d] = side == 0 ? k : n - 1 - k;
    switch (b->kind) {
    case TERN_DIRICHLET: return rounded(r, value);
    case TERN_NEUMANN: scale = across; break;
    case TERN_ROBIN:
        factor = (b->b / across - b->a / 2) / (b->a / 2 + b->b / across);
        scale = 1 / (b->a / 2 + b->b / across);
        break;
    default: scale = 0; inside[d] += side == 0 ? 1 : -1;
    }
    return add(r, mul(r, factor, value_at(r, inside, step)), rounded(r, scale * value));
}

static double value_at(const struct reference *r, const int64_t at[3], int64_t step)
{
    const int64_t *size = r->what->spec.size;
    int64_t in[3] = {at[0], at[1], at[2]};

    for (int d = 0; d < r->dims; d++)
        if (r->what->spec.boundary[d][0].kind == TERN_PERIODIC)
            in[d] = (at[d] % size[d] + size[d]) % size[d];
    for (int d = 0; d < r->dims; d++)
        if (in[d] < 0 || in[d] >= size[d])
            return beyond(r, d, in[d] >= size[d], in, step);
    return r->now[in[0] + size[0] * (in[1] + (r->dims == 3 ? size[1] * in[2] : 0))];
}

/* ---- Stencils -------------------------------------------------------------------------------- */

struct place {
    const struct reference *r;
    int64_t at[3];
    int64_t step;
};

static double u(const struct place *p, int64_t x, int64_t y, int64_t z)
{
    return value_at(p->r, (int64_t[]){p->at[0] + x, p->at[1] + y, p->at[2] + z}, p->step);
}

static const double d2[5][5] = {{0},
                                {-2.0, 1.0},
                                {-5.0 / 2, 4.0 / 3, -1.0 / 12},
                                {-49.0 / 18, 3.0 / 2, -3.0 / 20, 1.0 / 90},
                                {-205.0 / 72, 8.0 / 5, -1.0 / 5, 8.0 / 315, -1.0 / 560}};

static double star(const struct place *p, int reach)
{
    const struct reference *r = p->r;
    const double w = r->scale;
    double sum = mul(r, r->identity + w * (r->dims * d2[reach][0]), u(p, 0, 0, 0));

    for (int64_t k = 1; k <= reach; k++) {
        double x = add(r, u(p, -k, 0, 0), u(p, k, 0, 0));
        double ring = add(r, x, add(r, u(p, 0, -k, 0), u(p, 0, k, 0)));
        if (r->dims == 3)
            ring = add(r, ring, add(r, u(p, 0, 0, -k), u(p, 0, 0, k)));
        sum = add(r, sum, mul(r, w * d2[reach][k], ring));
    }
    return sum;
}

static const double smooth[5][5] = {
    {0},
    {10.0 / 12, 1.0 / 12},
    {42.0 / 48, 4.0 / 48, -1.0 / 48},
    {172.0 / 192, 15.0 / 192, -6.0 / 192, 1.0 / 192},
    {698.0 / 768, 56.0 / 768, -28.0 / 768, 8.0 / 768, -1.0 / 768},
};

static double column(const struct place *p, int reach, int64_t x)
{
    const struct reference *r = p->r;
    int j = abs((int)x);
    double sum = 0;

    for (int k = 0; k <= reach; k++) {
        double laplace = d2[reach][j] * smooth[reach][k] + smooth[reach][j] * d2[reach][k];
        double w = r->scale * laplace + (j == 0 && k == 0 ? r->identity : 0);
        double pair = k == 0 ? u(p, x, 0, 0) : add(r, u(p, x, -k, 0), u(p, x, k, 0));
        sum = k == 0 ? mul(r, w, pair) : add(r, sum, mul(r, w, pair));
    }
    return sum;
}

static double square(const struct place *p, int reach)
{
    double sum = column(p, reach, 0);

    for (int j = 1; j <= reach; j++)
        sum = add(p->r, sum, add(p->r, column(p, reach, -j), column(p, reach, j)));
    return sum;
}

static double side_of_cube(const struct place *p, int64_t x, const double *w)
{
    const struct reference *r = p->r;
    double pair[3];

    for (int64_t y = -1; y <= 1; y++)
        pair[y + 1] = add(r, u(p, x, y, -1), u(p, x, y, 1));
    double face = add(r, add(r, u(p, x, -1, 0), u(p, x, 1, 0)), pair[1]);
    double edge = add(r, pair[0], pair[2]);
    double sum = add(r, mul(r, w[0], u(p, x, 0, 0)), mul(r, w[1], face));
    return add(r, sum, mul(r, w[2], edge));
}

static double cube(const struct place *p)
{
    const double d = p->r->scale;
    const double w[] = {p->r->identity + d * (-128.0 / 30), d * (14.0 / 30), d * (3.0 / 30),
                        d * (1.0 / 30)};
    double sides = add(p->r, side_of_cube(p, -1, w + 1), side_of_cube(p, 1, w + 1));

    return add(p->r, side_of_cube(p, 0, w), sides);
}

static double table(const struct place *p)
{
    double sum = 0;

    for (size_t i = 0; i < p->r->what->n; i++) {
        const tern_stencil_point *q = &p->r->what->points[i];
        double term = mul(p->r, q->weight, u(p, q->at[0], q->at[1], q->at[2]));
        sum = i == 0 ? term : add(p->r, sum, term);
    }
    return sum;
}

static double computed(const struct place *p)
{
    static const struct {
        const char *name;
        int star, square;
    } known[] = {
        {"2d5", 1, 0},  {"2dr2", 2, 0}, {"2dr3", 3, 0}, {"2dr4", 4, 0}, {"3d7", 1, 0},
        {"3d13", 2, 0}, {"3d19", 3, 0}, {"3d25", 4, 0}, {"2d9", 0, 1},  {"2d25", 0, 2},
        {"2d49", 0, 3}, {"2d81", 0, 4}, {"3d27", 0, 0},
    };
    size_t i = 0;

    if (p->r->what->n > 0)
        return table(p);
    while (strcmp(known[i].name, p->r->what->spec.stencil) != 0)
        i++;
    if (known[i].star > 0)
        return star(p, known[i].star);
    return known[i].square > 0 ? square(p, known[i].square) : cube(p);
}

static void swap(struct reference *r)
{
    double *done = r->next;

    r->next = r->now;
    r->now = done;
}

static int64_t points(const struct reference *r)
{
    const int64_t *size = r->what->spec.size;

    return size[0] * size[1] * (r->dims == 3 ? size[2] : 1);
}

static struct place place_of(const struct reference *r, int64_t i, int64_t step)
{
    const int64_t *size = r->what->spec.size;

    return (struct place){r, {i % size[0], i / size[0] % size[1], i / size[0] / size[1]}, step};
}

static double source(const struct reference *r, const struct place *p)
{
    return rounded(r, reference_source(NULL, p->at));
}

/* ---- Poisson's equation ---------------------------------------------------------------------- */

static void colour_step(struct reference *r, int64_t step, int colour, double relaxation)
{
    const double gain = relaxation / (2 * r->dims);

    memcpy(r->next, r->now, (size_t)points(r) * sizeof(*r->now));
    for (int64_t i = 0; i < points(r); i++) {
        struct place p = place_of(r, i, step);
        if ((p.at[0] + p.at[1] + p.at[2] + colour) % 2 != 0)
            continue;
        double x = add(r, u(&p, -1, 0, 0), u(&p, 1, 0, 0));
        double sum = add(r, x, add(r, u(&p, 0, -1, 0), u(&p, 0, 1, 0)));
        if (r->dims == 3)
            sum = add(r, sum, add(r, u(&p, 0, 0, -1), u(&p, 0, 0, 1)));
        if (r->what->spec.source != NULL)
            sum = add(r, sum, -source(r, &p));
        r->next[i] = add(r, mul(r, 1 - relaxation, u(&p, 0, 0, 0)), mul(r, gain, sum));
    }
    swap(r);
}

/* u' = (sum + keep * u before) + gain * f. */
static void sweep_step(struct reference *r, int64_t step, double identity, double scale,
                       double keep)
{
    r->identity = identity;
    r->scale = scale;
    for (int64_t i = 0; i < points(r); i++) {
        struct place p = place_of(r, i, step);
        double sum = computed(&p);
        if (keep != 0)
            sum = add(r, sum, mul(r, keep, r->next[i]));
        if (r->what->spec.source != NULL)
            sum = add(r, sum, mul(r, -scale, source(r, &p)));
        r->next[i] = sum;
    }
    swap(r);
}

static void chebyshev_step(struct reference *r, int64_t step)
{
    const double middle = 2 / (r->steepest + r->softest), half = (r->steepest - r->softest) / 2;
    const double sigma = 1 / middle / half;

    if (step == 0) {
        r->rho = 1 / sigma;
        sweep_step(r, step, 1, middle, 0);
    } else {
        double next = 1 / (2 * sigma - r->rho), back = r->rho * next;
        sweep_step(r, step, 1 + back, 2 * next / half, -back);
        r->rho = next;
    }
}

static void poisson_step(struct reference *r, int64_t step)
{
    const tern_stencil_spec *s = &r->what->spec;

    if (strcmp(s->solver, "jacobi") == 0) {
        sweep_step(r, step, 1, 2 * s->relaxation / r->steepest, 0);
    } else if (strcmp(s->solver, "chebyshev") == 0) {
        chebyshev_step(r, step);
    } else {
        double relaxation = strcmp(s->solver, "sor") == 0 ? s->relaxation : 1;
        colour_step(r, step, 0, relaxation);
        colour_step(r, step, 1, relaxation);
    }
}

/* ---- Steps ----------------------------------------------------------------------------------- */

void reference_step(struct reference *r, int64_t step)
{
    if (r->what->spec.equation == TERN_POISSON) {
        poisson_step(r, step);
        return;
    }
    const int64_t *size = r->what->spec.size;
    const double courant = r->what->spec.courant[0];
    const bool wave = r->what->spec.equation == TERN_WAVE;
    int64_t i = 0;

    r->identity = wave && step > 0 ? 2 : 1;
    r->scale = !wave      ? r->what->spec.diffusion
               : step > 0 ? courant * courant
                          : courant * courant / 2;
    for (int64_t z = 0; z < (r->dims == 3 ? size[2] : 1); z++)
        for (int64_t y = 0; y < size[1]; y++)
            for (int64_t x = 0; x < size[0]; x++, i++) {
                double sum = computed(&(struct place){r, {x, y, z}, step});
                r->next[i] = wave && step > 0 ? add(r, sum, -r->next[i]) : sum;
            }
    swap(r);
}

/* Random values, as the state noise is documented. */
void reference_open(struct reference *r, const struct configuration *what, uint64_t seed)
{
    const tern_stencil_spec *spec = &what->spec;

    *r = (struct reference){.what = what};
    r->dims = what->n > 0 ? spec->dims : spec->stencil[0] - '0';
    int64_t n = spec->size[0] * spec->size[1] * (r->dims == 3 ? spec->size[2] : 1);
    r->now = malloc((size_t)n * sizeof(double));
    r->next = malloc((size_t)n * sizeof(double));
    for (int64_t i = 0; i < n; i++)
        r->now[i] = rounded(r, 2 * tern_random_real(seed, 0, (uint64_t)i) - 1);
}

void reference_close(struct reference *r)
{
    free(r->now);
    free(r->next);
}
