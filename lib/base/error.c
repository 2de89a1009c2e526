/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE = 1024 };

static _Thread_local char last[SENTENCE];

int tern_version(const char **text)
{
    if (text != NULL)
        *text = PACKAGE_VERSION;
    return TERN_VERSION_NUM;
}

const char *tern_strerror(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {TERN_OK, "success"},
        {TERN_CLOSED, "channel closed"},
        {TERN_EINVAL, "invalid argument"},
        {TERN_ENOMEM, "out of memory"},
        {TERN_EMPI, "MPI error"},
        {TERN_EAGAIN, "not yet"},
        {TERN_ETIMEDOUT, "deadline passed"},
        {TERN_ETRUNC, "message truncated"},
        {TERN_ECANCELED, "cancelled"},
        {TERN_EPIPE, "receiver has left"},
        {TERN_EPEER, "another rank failed"},
        {TERN_ENOTSUP, "not supported here"},
        {TERN_EIO, "input/output error"},
        {TERN_EMISMATCH, "data or settings differ"},
        {TERN_ESTOPPED, "stopped on request"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].error == error)
            return names[i].name;
    return "unknown error";
}

const char *tern_last_error(void)
{
    return last;
}

int(tern_fail)(int error, const char *where, const char *format, ...)
{
    char text[SENTENCE]; /* the arguments may point into the sentence before */
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (where != NULL && n >= 0 && n < SENTENCE)
        snprintf(text + n, sizeof(text) - (size_t)n, " [%s]", where);
    snprintf(last, sizeof(last), "%s", text);
    tern_log(TERN_LOG_INFO, "%s: %s", tern_strerror(error), last);
    return error;
}
