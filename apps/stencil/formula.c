/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields that the user gives: as formulas of the place, or as files. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <ctype.h>
#include <string.h>

static const char *const names[] = {"x", "y", "z", "t", NULL};

int formula_open(const char *option, const char *text, const int64_t *size, struct formula *out)
{
    int error = tern_expression_open(text, names, &out->expression);

    if (error < 0) {
        char why[256];
        snprintf(why, sizeof(why), "%s", tern_last_error());
        return tern_fail(error, NULL, "--%s: %s", option, why);
    }
    for (int d = 0; d < TERN_GRID_DIMS; d++)
        out->size[d] = size[d] > 0 ? size[d] : 1;
    return TERN_OK;
}

static double compute(const struct formula *f, const int64_t point[TERN_GRID_DIMS], int64_t step)
{
    double values[TERN_GRID_DIMS + 1];

    for (int d = 0; d < TERN_GRID_DIMS; d++)
        values[d] = ((double)point[d] + 0.5) / (double)f->size[d];
    values[TERN_GRID_DIMS] = (double)step;
    return tern_expression_value(f->expression, values);
}

double formula_at(void *context, const int64_t point[TERN_GRID_DIMS])
{
    return compute(context, point, 0);
}

double formula_in_time(void *context, const int64_t point[TERN_GRID_DIMS], int64_t step)
{
    return compute(context, point, step);
}

bool is_word(const char *text)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0)
            return false;
    for (const char *c = text; *c != '\0'; c++)
        if (!isalpha((unsigned char)*c))
            return false;
    return strcmp(text, "pi") != 0;
}

/* ---- Files ----------------------------------------------------------------------------------- */

struct loaded {
    tern_block block;
    double *values;
    double less; /* taken away from them */
};

static double loaded_at(void *context, const int64_t point[TERN_GRID_DIMS])
{
    const struct loaded *l = context;
    const int64_t *start = l->block.start, *count = l->block.count;

    return l->values[point[0] - start[0]
                     + count[0] * (point[1] - start[1] + count[1] * (point[2] - start[2]))]
           - l->less;
}

int load_state(tern_comm *c, const struct request *r, tern_stencil *s)
{
    struct loaded l = {.less = r->spec.equation == TERN_LIFE ? 0.5 : 0};
    const tern_grid *grid = tern_stencil_grid(s);

    tern_grid_block(grid, tern_rank(c), &l.block);
    l.values = tern_alloc((size_t)(tern_block_points(&l.block) + 1) * sizeof(double));
    int error = tern_agree(c, l.values != NULL ? TERN_OK : TERN_ENOMEM);
    if (error >= 0)
        error = tern_field_read(c, r->init, grid, l.values);
    if (error >= 0)
        tern_stencil_begin_with(s, loaded_at, &l);
    tern_free(l.values);
    return error;
}
