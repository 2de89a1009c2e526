/* SPDX-License-Identifier: BSD-3-Clause */
/* A cursor over Jansson: the stack holds the open objects and arrays, the last is where the next
 * value goes. */
#include "config.h"

#include "base/base.h"

#ifdef HAVE_JANSSON
# include <errno.h>
# include <jansson.h>
# include <math.h>
# include <stdio.h>
# include <stdlib.h>
# include <string.h>

enum { DEPTH = 16 };

struct tern_json {
    json_t *open[DEPTH]; /* borrowed, but for open[0], which owns all */
    int depth;           /* index of the innermost */
    bool failed;
};

tern_json *tern_json_new(void)
{
    tern_json *j = calloc(1, sizeof(*j));

    if (j == NULL || (j->open[0] = json_object()) == NULL) {
        free(j);
        return NULL;
    }
    return j;
}

void tern_json_free(tern_json *j)
{
    if (j == NULL)
        return;
    json_decref(j->open[0]);
    free(j);
}

/* Put `value` (taken over) into the innermost container. */
static void put(tern_json *j, const char *key, json_t *value)
{
    json_t *in = j->open[j->depth];
    int bad = json_is_array(in) ? json_array_append_new(in, value)
                                : json_object_set_new(in, key ? key : "", value);

    j->failed |= bad != 0;
}

void tern_json_text(tern_json *j, const char *key, const char *value)
{
    if (j == NULL)
        return;
    json_t *text = json_string(value);
    if (text == NULL) /* not UTF-8, as file names may be */
        text = json_string("(not UTF-8)");
    put(j, key, text);
}

void tern_json_real(tern_json *j, const char *key, double value)
{
    if (j != NULL)
        put(j, key, isfinite(value) ? json_real(value) : json_null());
}

void tern_json_count(tern_json *j, const char *key, int64_t value)
{
    if (j != NULL)
        put(j, key, json_integer(value));
}

void tern_json_bool(tern_json *j, const char *key, bool value)
{
    if (j != NULL)
        put(j, key, json_boolean(value));
}

static void enter(tern_json *j, const char *key, json_t *container)
{
    put(j, key, container);
    if (j->depth + 1 == DEPTH)
        j->failed = true;
    else
        j->open[++j->depth] = container;
}

void tern_json_object(tern_json *j, const char *key)
{
    if (j != NULL)
        enter(j, key, json_object());
}

void tern_json_array(tern_json *j, const char *key)
{
    if (j != NULL)
        enter(j, key, json_array());
}

void tern_json_end(tern_json *j)
{
    if (j != NULL && j->depth > 0)
        j->depth--;
}

static int dump(const tern_json *j, FILE *out)
{
    int bad = json_dumpf(j->open[0], out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

    return bad || fputc('\n', out) == EOF || fflush(out) != 0;
}

static int write_beside(const tern_json *j, const char *path)
{
    tern_outfile file;
    int error = tern_outfile_begin(path, &file);

    if (error)
        return error;
    FILE *out = fopen(file.beside, "w");
    int bad = out == NULL || dump(j, out);
    if (out != NULL)
        bad |= fclose(out);
    if (!bad)
        return tern_outfile_commit(&file);
    error = tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
    tern_outfile_discard(&file);
    return error;
}

int tern_json_write(tern_json *j, const char *path)
{
    if (j == NULL || j->failed)
        return tern_fail(TERN_ENOMEM, NULL, "%s: no memory for the JSON document", path);
    if (strcmp(path, "-") != 0)
        return write_beside(j, path);
    return dump(j, stdout) ? tern_fail(TERN_EIO, NULL, "stdout: %s", strerror(errno)) : TERN_OK;
}

#else /* without Jansson */

tern_json *tern_json_new(void)
{
    return NULL;
}
void tern_json_free(tern_json *j)
{
    (void)j;
}
void tern_json_text(tern_json *j, const char *key, const char *value)
{
    (void)j, (void)key, (void)value;
}
void tern_json_real(tern_json *j, const char *key, double value)
{
    (void)j, (void)key, (void)value;
}
void tern_json_count(tern_json *j, const char *key, int64_t value)
{
    (void)j, (void)key, (void)value;
}
void tern_json_bool(tern_json *j, const char *key, bool value)
{
    (void)j, (void)key, (void)value;
}
void tern_json_object(tern_json *j, const char *key)
{
    (void)j, (void)key;
}
void tern_json_array(tern_json *j, const char *key)
{
    (void)j, (void)key;
}
void tern_json_end(tern_json *j)
{
    (void)j;
}
int tern_json_write(tern_json *j, const char *path)
{
    (void)j;
    return tern_fail(TERN_ENOTSUP, NULL,
                     "%s: this build cannot write JSON: install Jansson (Debian: libjansson-dev)",
                     path);
}
#endif
