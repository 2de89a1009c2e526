/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The log level is one of the two pieces of global state of the library; the other is the
 * environment. */
static struct {
    int level; /* -1: not read yet */
    int rank;
} state = {-1, -1};

static int level_from_env(void)
{
    static const char *names[] = {"error", "warn", "info", "trace"};
    const char *text = tern_env("TERN_LOG");

    for (int i = TERN_LOG_ERROR; i <= TERN_LOG_TRACE; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    fprintf(stderr, "tern: TERN_LOG=%s is none of error, warn, info, trace; taking warn\n", text);
    return TERN_LOG_WARN;
}

void tern_log_rank(int rank)
{
    state.rank = rank;
}

void tern_log(enum tern_log_level level, const char *format, ...)
{
    char line[1200]; /* one write, so that lines of several ranks do not mix */
    int n;
    va_list args;

    if (state.level < 0)
        state.level = level_from_env();
    if ((int)level > state.level)
        return;
    if (state.rank < 0)
        n = snprintf(line, sizeof(line), "tern: ");
    else
        n = snprintf(line, sizeof(line), "tern[%d]: ", state.rank);
    va_start(args, format);
    vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    fprintf(stderr, "%s\n", line);
}
