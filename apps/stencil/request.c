/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the options that are more than one number or word. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A whole number from 0 to `most`, with the usual suffixes; `n` characters of `text`. */
static int read_whole(const char *text, size_t n, double most, int64_t *out)
{
    char word[64];
    double value;

    if (n == 0 || n >= sizeof(word))
        return TERN_EINVAL;
    memcpy(word, text, n);
    word[n] = '\0';
    if (tern_parse_number(word, &value) < 0 || value != floor(value) || value < 0 || value > most)
        return TERN_EINVAL;
    *out = (int64_t)value;
    return TERN_OK;
}

/* "AxB" or "AxBxC", each from 0 to `most`; *n is how many.  Those that are not given stay. */
static int read_sizes(const char *name, const char *text, double most, int64_t *out, int *n)
{
    const char *from = text;

    for (*n = 0; *n < TERN_GRID_DIMS; (*n)++) {
        size_t length = strcspn(from, "x");
        if (read_whole(from, length, most, &out[*n]) < 0)
            break;
        if (from[length] == '\0' && *n > 0) {
            (*n)++;
            return TERN_OK;
        }
        from += length + (from[length] == 'x');
    }
    return tern_fail(TERN_EINVAL, NULL,
                     "--%s=%s: two or three whole numbers with an x between them are needed, each "
                     "at most %.15g",
                     name, text, most);
}

/* ---- Boundaries ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    enum tern_boundary_kind kind;
    int least, most; /* numbers behind the = */
} kinds[] = {
    {"dirichlet", TERN_DIRICHLET, 0, 1}, {"neumann", TERN_NEUMANN, 0, 1},
    {"robin", TERN_ROBIN, 3, 3},         {"mirror", TERN_MIRROR, 0, 0},
    {"periodic", TERN_PERIODIC, 0, 0},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const char *boundary_name(enum tern_boundary_kind kind)
{
    int i = 0;

    while (kinds[i].kind != kind)
        i++;
    return kinds[i].name;
}

/* Up to three numbers with / between them; -1 if they are none. */
static int read_numbers(char *text, double out[3])
{
    char *next = text;
    int n = 0;

    for (; next != NULL && n < 3; n++) {
        char *slash = strchr(next, '/');
        if (slash != NULL)
            *slash++ = '\0';
        if (tern_parse_number(next, &out[n]) < 0)
            return -1;
        next = slash;
    }
    return next == NULL ? n : -1;
}

/* A Dirichlet end that is a formula. */
static int read_function(const char *text, const int64_t *size, struct formula *formula,
                         tern_boundary *out)
{
    int error = formula_open("boundary", text, size, formula);

    if (error >= 0)
        *out = (tern_boundary){.kind = TERN_DIRICHLET, .of = formula_in_time, .context = formula};
    return error;
}

/* KIND, KIND=VALUE or robin=A/B/VALUE; the word is cut up. */
static int read_end(char *word, const int64_t *size, struct formula *formula, tern_boundary *out)
{
    char *equals = strchr(word, '=');
    double number[3] = {0};
    int n = 0;

    if (equals != NULL) {
        *equals = '\0';
        if (strcmp(word, "dirichlet") == 0 && tern_parse_number(equals + 1, number) < 0)
            return read_function(equals + 1, size, formula, out);
        n = read_numbers(equals + 1, number);
    }
    for (int i = 0; i < KINDS; i++)
        if (strcmp(word, kinds[i].name) == 0 && n >= kinds[i].least && n <= kinds[i].most) {
            *out = (tern_boundary){.kind = kinds[i].kind, .value = number[0]};
            if (n == 3)
                *out = (tern_boundary){TERN_ROBIN, number[2], number[0], number[1], NULL, NULL};
            return TERN_OK;
        }
    return TERN_EINVAL;
}

/* END or LOW:HIGH, for one dimension. */
static int read_ends(char *word, const int64_t *size, struct formula formula[2],
                     tern_boundary out[2])
{
    char *high = strchr(word, ':');

    if (high != NULL)
        *high++ = '\0';
    int error = read_end(word, size, &formula[0], &out[0]);
    out[1] = out[0];
    return error >= 0 && high != NULL ? read_end(high, size, &formula[1], &out[1]) : error;
}

/* The first comma that is in no brackets, or NULL. */
static char *comma_in(char *text)
{
    int open = 0;

    for (; *text != '\0'; text++) {
        open += (*text == '(') - (*text == ')');
        if (*text == ',' && open <= 0)
            return text;
    }
    return NULL;
}

/* The last given counts for the dimensions that are left. */
static int read_boundaries(const char *text, struct request *r)
{
    tern_boundary(*out)[2] = r->spec.boundary;
    char own[256], *next = own;
    int error = strlen(text) < sizeof(own) ? TERN_OK : TERN_EINVAL;

    snprintf(own, sizeof(own), "%s", text);
    for (int d = 0; d < TERN_GRID_DIMS && error >= 0; d++) {
        char *word = next;
        if (word != NULL) {
            next = comma_in(word);
            if (next != NULL)
                *next++ = '\0';
            error = read_ends(word, r->spec.size, r->end_formula[d], out[d]);
        } else {
            memcpy(out[d], out[d - 1], sizeof(out[d]));
        }
    }
    if (error < 0 && strchr(text, '(') != NULL)
        return error; /* a formula that is wrong */
    if (error < 0 || next != NULL)
        return tern_fail(TERN_EINVAL, NULL,
                         "--boundary=%s: dirichlet, dirichlet=VALUE, neumann, neumann=SLOPE, "
                         "robin=A/B/VALUE, mirror or periodic is needed, for all dimensions or for "
                         "x,y,z, each as END or LOW:HIGH",
                         text);
    return TERN_OK;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

/* "auto", STEPS or STEPSxTILE. */
static int read_block(const char *text, tern_stencil_spec *spec)
{
    size_t first = strcspn(text, "x");

    if (strcmp(text, "auto") == 0)
        return TERN_OK;
    if (read_whole(text, first, 64, &spec->block) < 0 || spec->block == 0
        || (text[first] == 'x'
            && read_whole(text + first + 1, strlen(text + first + 1), 0x1p53, &spec->tile) < 0))
        return tern_fail(TERN_EINVAL, NULL,
                         "--block=%s: auto, or steps from 1 to 64, or STEPSxTILE, is needed", text);
    return TERN_OK;
}

const char *equation_name(const struct request *r)
{
    return (const char *const[]){"heat", "wave", "advection", "poisson", "life"}[r->equation];
}

const char *stencil_text(const struct request *r)
{
    return r->spec.equation == TERN_ADVECTION ? "Lax-Wendroff"
           : r->spec.equation == TERN_LIFE    ? "B3/S23"
                                              : r->spec.stencil;
}

const char *type_name(const struct request *r)
{
    return (const char *const[]){"f64", "f32", "u8"}[r->spec.type];
}

/* The defaults that depend on the equation. */
static void choose(struct request *r)
{
    if (r->init == NULL)
        r->init = r->spec.equation == TERN_POISSON ? "zero"
                  : r->spec.equation == TERN_LIFE  ? "noise"
                                                   : "mode";
    r->state.name = r->init;
    if (r->steps < 0)
        r->steps = r->tolerance > 0 ? 1000000 : 1000;
}

/* LOW:HIGH. */
static int read_range(struct request *r)
{
    char low[64];
    size_t length = strcspn(r->range, ":");

    snprintf(low, sizeof(low), "%.*s", (int)length, r->range);
    if (r->range[length] != ':' || length >= sizeof(low) || tern_parse_number(low, &r->low) < 0
        || tern_parse_number(r->range + length + 1, &r->high) < 0 || !(r->low < r->high))
        return tern_fail(TERN_EINVAL, NULL, "--range=%s: LOW:HIGH, two numbers, is needed",
                         r->range);
    return TERN_OK;
}

static bool is_state(const char *name)
{
    for (int i = 0; tern_stencil_state_name(i) != NULL; i++)
        if (strcmp(name, tern_stencil_state_name(i)) == 0)
            return true;
    return false;
}

/* The fields that may be formulas. */
static int read_fields(struct request *r)
{
    int error = TERN_OK;

    if (!is_state(r->init) && !is_word(r->init) && !tern_field_readable(r->init))
        error = formula_open("init", r->init, r->spec.size, &r->state_formula);
    if (error >= 0 && r->source != NULL && strcmp(r->source, "mode") != 0
        && strcmp(r->source, "0") != 0) {
        error = formula_open("source", r->source, r->spec.size, &r->source_formula);
        r->spec.source = formula_at;
        r->spec.source_context = &r->source_formula;
    }
    if (error >= 0 && r->coefficient != NULL) {
        if (r->spec.equation != TERN_HEAT)
            return tern_fail(TERN_EINVAL, NULL, "--coefficient is of --equation=heat");
        error = formula_open("coefficient", r->coefficient, r->spec.size, &r->coefficient_formula);
        r->spec.coefficient = formula_at;
        r->spec.coefficient_context = &r->coefficient_formula;
    }
    return error >= 0 && r->range != NULL ? read_range(r) : error;
}

void close_request(struct request *r)
{
    tern_expression_close(r->state_formula.expression);
    tern_expression_close(r->source_formula.expression);
    tern_expression_close(r->coefficient_formula.expression);
    for (int d = 0; d < TERN_GRID_DIMS; d++)
        for (int side = 0; side < 2; side++)
            tern_expression_close(r->end_formula[d][side].expression);
}

static int set_poisson(struct request *r)
{
    if (r->spec.equation != TERN_POISSON) {
        if (r->spec.solver != NULL || r->source != NULL || r->spec.relaxation != 0)
            return tern_fail(TERN_EINVAL, NULL,
                             "--solver, --relaxation and --source are of --equation=poisson");
        return TERN_OK;
    }
    if (r->spec.solver == NULL)
        r->spec.solver = "jacobi";
    if (r->source == NULL)
        r->source = "mode";
    return TERN_OK;
}

static int set_equation(struct request *r, int dims)
{
    double courant = r->courant;

    r->spec.equation = (enum tern_equation)r->equation;
    r->spec.dims = dims;
    const bool life = r->spec.equation == TERN_LIFE;
    if ((r->spec.equation == TERN_ADVECTION || life) && r->spec.stencil != NULL)
        return tern_fail(TERN_EINVAL, NULL, "--stencil: %s has a stencil of its own",
                         equation_name(r));
    if (life && (dims != 2 || r->type != 0))
        return tern_fail(TERN_EINVAL, NULL, "life has two sizes, and a type of its own");
    if (r->spec.equation == TERN_ADVECTION && courant == 0)
        courant = 0.5;
    for (int d = 0; d < dims; d++)
        r->spec.courant[d] = courant;
    choose(r);
    return set_poisson(r);
}

int read_request(struct request *r)
{
    int64_t parts[TERN_GRID_DIMS] = {0};
    int dims, n;
    int error = read_sizes("grid", r->grid, 0x1p62, r->spec.size, &dims);

    if (error >= 0)
        error = set_equation(r, dims);
    if (error < 0)
        return error;
    if (r->spec.stencil == NULL)
        r->spec.stencil = dims == 2 ? "2d5" : "3d7";
    if (r->spec.stencil[0] >= '2' && r->spec.stencil[0] <= '3' && r->spec.stencil[0] - '0' != dims)
        return tern_fail(TERN_EINVAL, NULL, "--grid=%s: the stencil %s needs %c sizes", r->grid,
                         r->spec.stencil, r->spec.stencil[0]);
    error = read_boundaries(r->boundary, r);
    if (error >= 0)
        error = read_fields(r);
    if (error >= 0 && r->dims != NULL)
        error = read_sizes("dims", r->dims, INT_MAX, parts, &n);
    if (error >= 0)
        error = read_sizes("wave", r->wave, 0x1p53, r->state.wave, &n);
    if (error >= 0)
        error = read_block(r->block, &r->spec);
    for (int d = 0; d < TERN_GRID_DIMS; d++)
        r->spec.parts[d] = (int)parts[d];
    r->spec.type = r->spec.equation == TERN_LIFE ? TERN_STENCIL_U8
                   : r->type == 0                ? TERN_STENCIL_F64
                                                 : TERN_STENCIL_F32;
    r->spec.threads = (int)r->threads;
    r->spec.overlap = (enum tern_overlap)r->overlap;
    r->state.seed = (uint64_t)r->seed;
    return error;
}
