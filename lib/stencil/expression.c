/* SPDX-License-Identifier: BSD-3-Clause */
/* Formulas such as "exp(-50*((x-0.5)^2 + (y-0.5)^2))": read by recursive descent, one function a
 * rank of operators, into a list of operations on a stack. */
#include "config.h"

#include "stencil/stencil.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_OPERATIONS = 1000,
    MOST_STACK = 64,
    MOST_DEPTH = 100 /* of brackets and signs */
};

enum code {
    NUMBER,
    VARIABLE,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    POWER,
    NEGATE,
    CALL_1, /* a function of one argument */
    CALL_2
};

struct operation {
    enum code code;
    double number;
    int variable;
    double (*one)(double);
    double (*two)(double, double);
};

struct tern_expression {
    int n;
    struct operation operation[MOST_OPERATIONS];
};

static const struct {
    const char *name;
    double (*one)(double);
    double (*two)(double, double);
} functions[] = {
    {"sin", sin, NULL},     {"cos", cos, NULL},   {"tan", tan, NULL},  {"exp", exp, NULL},
    {"log", log, NULL},     {"sqrt", sqrt, NULL}, {"abs", fabs, NULL}, {"tanh", tanh, NULL},
    {"floor", floor, NULL}, {"min", NULL, fmin},  {"max", NULL, fmax}, {"atan2", NULL, atan2},
};

/* ---- Reading --------------------------------------------------------------------------------- */

struct reader {
    const char *text, *at;
    const char *const *names; /* of the variables, up to a NULL */
    tern_expression *out;
    int depth;        /* of what is open */
    int stack;        /* values on the stack after the operations so far */
    const char *what; /* is wrong, NULL: nothing */
};

static void wrong(struct reader *r, const char *what)
{
    if (r->what == NULL)
        r->what = what;
}

static void add(struct reader *r, struct operation operation, int grows)
{
    r->stack += grows;
    if (r->out->n == MOST_OPERATIONS || r->stack > MOST_STACK)
        wrong(r, "it is too long");
    else
        r->out->operation[r->out->n++] = operation;
}

/* The next character that is no blank. */
static char look(struct reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
    return *r->at;
}

static bool take(struct reader *r, char c)
{
    if (look(r) != c)
        return false;
    r->at++;
    return true;
}

static void read_sum(struct reader *r);

static void read_call(struct reader *r, size_t which)
{
    if (!take(r, '('))
        wrong(r, "a function needs its argument in brackets");
    if (r->what == NULL)
        read_sum(r);
    if (functions[which].two != NULL && r->what == NULL) {
        if (!take(r, ','))
            wrong(r, "this function needs two arguments");
        else
            read_sum(r);
    }
    if (r->what == NULL && !take(r, ')'))
        wrong(r, "a ) is missing");
    if (functions[which].two != NULL)
        add(r, (struct operation){.code = CALL_2, .two = functions[which].two}, -1);
    else
        add(r, (struct operation){.code = CALL_1, .one = functions[which].one}, 0);
}

static bool is_word(const char *name, const char *word, size_t length)
{
    return strlen(name) == length && memcmp(name, word, length) == 0;
}

static void read_name(struct reader *r)
{
    const char *word = r->at;
    size_t length = 0;

    while (isalnum((unsigned char)word[length]))
        length++;
    r->at += length;
    for (int i = 0; r->names[i] != NULL; i++)
        if (is_word(r->names[i], word, length)) {
            add(r, (struct operation){.code = VARIABLE, .variable = i}, 1);
            return;
        }
    if (is_word("pi", word, length)) {
        add(r, (struct operation){.code = NUMBER, .number = 3.14159265358979323846}, 1);
        return;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (is_word(functions[i].name, word, length)) {
            read_call(r, i);
            return;
        }
    r->at = word;
    wrong(r, "this name is not known");
}

/* Decimal numbers only, which strtod() alone would not keep to. */
static void read_number(struct reader *r)
{
    const char *from = r->at;
    char *end;
    double value = strtod(from, &end);

    for (const char *c = from; c < end; c++)
        if (strchr("xXpP", *c) != NULL) {
            wrong(r, "a decimal number is needed");
            return;
        }
    r->at = end;
    add(r, (struct operation){.code = NUMBER, .number = value}, 1);
}

static void read_value(struct reader *r)
{
    char c = look(r);

    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)r->at[1]))) {
        read_number(r);
    } else if (isalpha((unsigned char)c)) {
        read_name(r);
    } else if (take(r, '(')) {
        read_sum(r);
        if (r->what == NULL && !take(r, ')'))
            wrong(r, "a ) is missing");
    } else {
        wrong(r, c == '\0' ? "it ends too early" : "a number, a name or a ( is needed");
    }
}

/* -a, or a^b, which binds closer than a sign before it and begins at the right: -2^2 is -4. */
static void read_signed(struct reader *r)
{
    if (++r->depth > MOST_DEPTH)
        wrong(r, "it is nested too deep");
    if (r->what != NULL)
        return;
    if (take(r, '-')) {
        read_signed(r);
        add(r, (struct operation){.code = NEGATE}, 0);
    } else {
        read_value(r);
        if (r->what == NULL && take(r, '^')) {
            read_signed(r);
            add(r, (struct operation){.code = POWER}, -1);
        }
    }
    r->depth--;
}

static void read_product(struct reader *r)
{
    read_signed(r);
    while (r->what == NULL && (look(r) == '*' || look(r) == '/')) {
        enum code code = *r->at++ == '*' ? MULTIPLY : DIVIDE;
        read_signed(r);
        add(r, (struct operation){.code = code}, -1);
    }
}

static void read_sum(struct reader *r)
{
    read_product(r);
    while (r->what == NULL && (look(r) == '+' || look(r) == '-')) {
        enum code code = *r->at++ == '+' ? ADD : SUBTRACT;
        read_product(r);
        add(r, (struct operation){.code = code}, -1);
    }
}

int tern_expression_open(const char *text, const char *const *names, tern_expression **out)
{
    struct reader r = {.text = text, .at = text, .names = names};

    r.out = calloc(1, sizeof(*r.out));
    if (r.out == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for a formula");
    read_sum(&r);
    if (r.what == NULL && look(&r) != '\0')
        wrong(&r, "an operator is needed");
    if (r.what != NULL) {
        free(r.out);
        return tern_fail(TERN_EINVAL, NULL, "the formula '%.60s', at character %td: %s", text,
                         r.at - text + 1, r.what);
    }
    *out = r.out;
    return TERN_OK;
}

void tern_expression_close(tern_expression *e)
{
    free(e);
}

/* ---- Computing ------------------------------------------------------------------------------- */

static double combine(enum code code, double a, double b)
{
    switch (code) {
    case ADD: return a + b;
    case SUBTRACT: return a - b;
    case MULTIPLY: return a * b;
    case DIVIDE: return a / b;
    default: return pow(a, b);
    }
}

double tern_expression_value(const tern_expression *e, const double *values)
{
    double stack[MOST_STACK + 1] = {0};
    int top = 0; /* the next free place */

    for (int i = 0; i < e->n; i++) {
        const struct operation *o = &e->operation[i];
        switch (o->code) {
        case NUMBER: stack[top++] = o->number; break;
        case VARIABLE: stack[top++] = values[o->variable]; break;
        case NEGATE: stack[top - 1] = -stack[top - 1]; break;
        case CALL_1: stack[top - 1] = o->one(stack[top - 1]); break;
        case CALL_2:
            top--;
            stack[top - 1] = o->two(stack[top - 1], stack[top]);
            break;
        default: top--; stack[top - 1] = combine(o->code, stack[top - 1], stack[top]);
        }
    }
    return stack[0];
}
