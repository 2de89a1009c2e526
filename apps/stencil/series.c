/* SPDX-License-Identifier: BSD-3-Clause */
/* The norms as lines of a CSV file, which grows while the run does: whole lines only, so it can be
 * plotted at any time.  A run that is restarted keeps the lines of the steps before. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "step,mean,l2,least,most,residual_l2,residual_most\n";

static int fail(const char *path)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", path, strerror(errno));
}

/* Lines of the steps up to `last`. */
static void copy(FILE *from, FILE *to, int64_t last)
{
    char line[512];

    while (fgets(line, sizeof(line), from) != NULL) {
        char *end;
        long long step = strtoll(line, &end, 10);
        if (end != line && *end == ',' && step <= last && strchr(line, '\n') != NULL)
            fputs(line, to);
    }
}

/* The head and what is kept, beside and renamed. */
static int begin_file(const char *path, int64_t last)
{
    tern_outfile out;
    int error = tern_outfile_begin(path, &out);

    if (error < 0)
        return error;
    FILE *to = fopen(out.beside, "w"), *from = last >= 0 ? fopen(path, "r") : NULL;
    if (to == NULL)
        error = fail(path);
    if (to != NULL) {
        fputs(head, to);
        if (from != NULL)
            copy(from, to, last);
        bool bad = ferror(to) != 0;
        if (fclose(to) != 0 || bad)
            error = fail(path);
    }
    if (from != NULL)
        fclose(from);
    if (error >= 0)
        return tern_outfile_commit(&out);
    tern_outfile_discard(&out);
    return error;
}

static int begin(const char *path, int64_t last, FILE **out)
{
    int error = begin_file(path, last);

    if (error < 0)
        return error;
    *out = fopen(path, "a");
    return *out != NULL ? TERN_OK : fail(path);
}

int series_begin(tern_comm *c, const char *path, int64_t last, FILE **out)
{
    *out = NULL;
    return tern_agree(c, tern_rank(c) == 0 ? begin(path, last, out) : TERN_OK);
}

int series_add(tern_comm *c, const char *path, FILE *out, const tern_stencil_norms *n)
{
    int error = TERN_OK;

    if (out != NULL
        && (fprintf(out, "%" PRId64 ",%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", n->step, n->mean,
                    n->l2, n->least, n->most, n->residual_l2, n->residual_most)
                < 0
            || fflush(out) != 0))
        error = fail(path);
    return tern_agree(c, error);
}

int series_end(tern_comm *c, const char *path, FILE *out)
{
    return tern_agree(c, out != NULL && fclose(out) != 0 ? fail(path) : TERN_OK);
}
