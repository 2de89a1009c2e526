/* SPDX-License-Identifier: BSD-3-Clause */
/* Formulas against the C compiler's opinion of them, refusals, and random texts. */
#include <math.h>
#include <string.h>

#include "stencil/stencil.h"
#include "support/mpitap.h"

static const char *const names[] = {"x", "y", "z", NULL};

static double value(const char *text, double x, double y, double z)
{
    tern_expression *e;

    if (tern_expression_open(text, names, &e) != TERN_OK)
        return NAN;
    double v = tern_expression_value(e, (double[]){x, y, z});
    tern_expression_close(e);
    return v;
}

/* Both sides are one text. */
#define SAME(formula) CU_ASSERT_EQUAL(value(#formula, x, y, z), formula)

static void as_in_c(void)
{
    const double pi = 3.14159265358979323846, x = 0.7, y = -2.25, z = 11;

    SAME(1 + 2 * 3 - 4 / 8.0);
    SAME(x - y - z);
    SAME(x / y / z);
    SAME(x * y + z * x);
    SAME((x + y) * (z - x));
    SAME(-x * -y);
    SAME(- -x);
    SAME(2 - -3.0);
    SAME(sin(pi * x) * cos(2 * pi * y));
    SAME(exp(-50 * ((x - 0.5) * (x - 0.5) + y * y)));
    SAME(sqrt(z) + log(z) + tan(x) + tanh(y) + floor(y));
    SAME(atan2(y, x));
    SAME(1e3 + 2.5e-3 + .5 + 7.);
    SAME(((((((((x)))))))));
}

#define IS(text, wanted) CU_ASSERT_EQUAL(value(text, x, y, z), wanted)

static void otherwise(void)
{
    const double x = 3, y = -2, z = 0.5;

    IS("2^3^2", 512); /* from the right */
    IS("-2^2", -4);
    IS("2^-1", 0.5);
    IS("-x^2", -9);
    IS("(-x)^2", 9);
    IS("2*x^2", 18);
    IS("abs(y)", 2);
    IS("min(x,y)", -2);
    IS("max(x, max(y,z))", 3);
    IS(" x\t+ y ", 1);
    IS("min(x, y) + max((1), (2))", 0);
    IS("pi", 3.14159265358979323846);
    CU_ASSERT(isinf(value("1/0", x, y, z)));
    CU_ASSERT(isnan(value("sqrt(y)", x, y, z)));
}

static void refuse(const char *text, const char *words)
{
    tern_expression *e = NULL;

    CU_ASSERT_EQUAL(tern_expression_open(text, names, &e), TERN_EINVAL);
    CU_ASSERT_PTR_NULL(e);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), words));
}

static void refused(void)
{
    char deep[3000], wide[3000];

    refuse("", "character 1: it ends too early");
    refuse("1+", "character 3: it ends too early");
    refuse("x y", "character 3: an operator");
    refuse("2x", "character 2: an operator");
    refuse("(x", "a ) is missing");
    refuse("x)", "character 2: an operator");
    refuse("sin", "in brackets");
    refuse("sin x", "in brackets");
    refuse("min(x)", "two arguments");
    refuse("sin(x,y)", "a ) is missing");
    refuse("foo(x)", "character 1: this name");
    refuse("*x", "a number, a name or a (");
    refuse("+x", "a number, a name or a (");
    refuse("0x10", "decimal");
    refuse("x$", "an operator");
    refuse("1..2", "an operator");
    memset(deep, '(', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    refuse(deep, "too deep");
    memset(deep, '-', sizeof(deep) - 1);
    refuse(deep, "too deep");
    for (size_t i = 0; i + 1 < sizeof(wide); i++)
        wide[i] = i % 2 == 0 ? '1' : '+';
    wide[sizeof(wide) - 2] = '\0';
    refuse(wide, "too long");
    for (size_t i = 0; i + 2 < sizeof(wide); i += 2)
        memcpy(wide + i, "2^", 2);
    wide[200] = '2';
    wide[201] = '\0';
    refuse(wide, "too"); /* long or deep: a value for every ^ waits on the stack */
}

/* Whatever is given is computed or refused. */
static void random_texts(void)
{
    static const char *const pieces[] = {"x", "y", "(",  ")",  "+", "-",   "*",    "/", "^",
                                         ",", "1", ".5", "pi", "e", "sin", "max(", " ", "2"};
    int good = 0;

    for (uint64_t i = 0; i < 20000; i++) {
        char text[256] = "";
        tern_expression *e;
        for (uint64_t k = 0; k < 1 + tern_random(8, i, 99) % 12; k++)
            strcat(text, pieces[tern_random(8, i, k) % (sizeof(pieces) / sizeof(pieces[0]))]);
        if (tern_expression_open(text, names, &e) != TERN_OK)
            continue;
        good += !isnan(tern_expression_value(e, (double[]){1, 2, 3}));
        tern_expression_close(e);
    }
    CU_ASSERT(good > 100);
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"as_in_c", as_in_c},           {"otherwise", otherwise}, {"refused", refused},
        {"random_texts", random_texts}, CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"expression", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
