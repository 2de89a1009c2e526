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

/* "AxB" with both from 0 to `most`. */
static int read_pair(const char *name, const char *text, double most, int64_t out[2])
{
    const char *x = strchr(text, 'x');

    if (x == NULL || read_whole(text, (size_t)(x - text), most, &out[0]) < 0
        || read_whole(x + 1, strlen(x + 1), most, &out[1]) < 0)
        return tern_fail(TERN_EINVAL, NULL,
                         "--%s=%s: two whole numbers with an x between them are needed, each at "
                         "most %.15g",
                         name, text, most);
    return TERN_OK;
}

static int refuse_boundary(const char *text)
{
    return tern_fail(TERN_EINVAL, NULL,
                     "--boundary=%s: dirichlet, dirichlet=VALUE or periodic is needed, or two of "
                     "them, for x and y, with a comma between them",
                     text);
}

/* "periodic", "dirichlet" or "dirichlet=VALUE": `n` characters at `word` of `text`. */
static int read_boundary(const char *text, const char *word, size_t n, tern_boundary *out)
{
    static const char fixed[] = "dirichlet";
    char own[64];

    if (n >= sizeof(own))
        return refuse_boundary(text);
    memcpy(own, word, n);
    own[n] = '\0';
    *out = (tern_boundary){.kind = TERN_DIRICHLET};
    if (strcmp(own, fixed) == 0)
        return TERN_OK;
    if (strcmp(own, "periodic") == 0) {
        out->kind = TERN_PERIODIC;
        return TERN_OK;
    }
    bool has_value = strncmp(own, fixed, strlen(fixed)) == 0 && own[strlen(fixed)] == '=';
    if (!has_value || tern_parse_number(own + strlen(fixed) + 1, &out->value) < 0)
        return refuse_boundary(text);
    return TERN_OK;
}

static int read_boundaries(const char *text, tern_boundary out[][2])
{
    const char *comma = strchr(text, ',');
    size_t first = comma != NULL ? (size_t)(comma - text) : strlen(text);
    int error = read_boundary(text, text, first, &out[0][0]);

    out[1][0] = out[0][0];
    if (error >= 0 && comma != NULL)
        error = read_boundary(text, comma + 1, strlen(comma + 1), &out[1][0]);
    for (int d = 0; d < 2; d++)
        out[d][1] = out[d][0];
    return error;
}

int read_request(struct request *r)
{
    int64_t parts[2] = {0, 0};
    int error = read_pair("grid", r->grid, 0x1p62, r->spec.size);

    if (error >= 0)
        error = read_boundaries(r->boundary, r->spec.boundary);
    if (error >= 0 && r->dims != NULL)
        error = read_pair("dims", r->dims, INT_MAX, parts);
    if (error >= 0)
        error = read_pair("wave", r->wave, 0x1p53, r->state.wave);
    r->spec.parts[0] = (int)parts[0];
    r->spec.parts[1] = (int)parts[1];
    r->spec.threads = (int)r->threads;
    r->state.seed = (uint64_t)r->seed;
    return error;
}
