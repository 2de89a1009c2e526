/* SPDX-License-Identifier: BSD-3-Clause */
/* A colour map for values: dark blue over red to pale yellow, along a path through the perceptual
 * colour space OKLab (Ottosson 2020) whose lightness rises evenly, cut into steps of equal length,
 * so that equal differences of value look equally large.  Also right in grey and for the colour
 * blind, because lightness alone tells the order. */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>

enum { COLOURS = 256, FINE = 16 * COLOURS };

struct lab {
    double l, a, b;
};

/* The path at t in [0, 1]: hue turns from blue backwards over red to yellow, and the colour is
 * strongest in the middle. */
static struct lab path(double t)
{
    const double degree = 3.14159265358979323846 / 180;
    double hue = (272 + t * (460 - 272)) * degree;
    double chroma = 0.035 + 0.155 * pow(sin(3.14159265358979323846 * (0.08 + 0.84 * t)), 0.9);

    return (struct lab){.l = 0.16 + 0.81 * t, .a = chroma * cos(hue), .b = chroma * sin(hue)};
}

static void to_linear(struct lab c, double rgb[3])
{
    double l = pow(c.l + 0.3963377774 * c.a + 0.2158037573 * c.b, 3);
    double m = pow(c.l - 0.1055613458 * c.a - 0.0638541728 * c.b, 3);
    double s = pow(c.l - 0.0894841775 * c.a - 1.2914855480 * c.b, 3);

    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static bool shown(const double rgb[3])
{
    for (int i = 0; i < 3; i++)
        if (rgb[i] < 0 || rgb[i] > 1)
            return false;
    return true;
}

/* Weaken a colour that a screen cannot show until it can. */
static struct lab weaken(struct lab c)
{
    double rgb[3];

    for (to_linear(c, rgb); !shown(rgb); to_linear(c, rgb)) {
        c.a *= 0.98;
        c.b *= 0.98;
    }
    return c;
}

static double distance(struct lab c, struct lab d)
{
    return sqrt((c.l - d.l) * (c.l - d.l) + (c.a - d.a) * (c.a - d.a) + (c.b - d.b) * (c.b - d.b));
}

static void to_bytes(struct lab c, unsigned char out[3])
{
    double rgb[3];

    to_linear(c, rgb);
    for (int i = 0; i < 3; i++) {
        double v = rgb[i] <= 0.0031308 ? 12.92 * rgb[i] : 1.055 * pow(rgb[i], 1 / 2.4) - 0.055;
        out[i] = (unsigned char)(255 * v + 0.5);
    }
}

void tern__colour_map(unsigned char rgb[256][3])
{
    double length = 0, passed = 0;
    struct lab here = weaken(path(0));
    int made = 0;

    for (int i = 1; i <= FINE; i++)
        length += distance(weaken(path((double)(i - 1) / FINE)), weaken(path((double)i / FINE)));
    for (int i = 1; i <= FINE; i++) {
        struct lab next = weaken(path((double)i / FINE));
        for (; made < COLOURS && passed >= length * made / (COLOURS - 1) - 1e-9; made++)
            to_bytes(here, rgb[made]);
        passed += distance(here, next);
        here = next;
    }
    for (; made < COLOURS; made++)
        to_bytes(here, rgb[made]);
}
