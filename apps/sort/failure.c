/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "sort/tern-sort.h"

#include <stdio.h>

void thread_failed(thread_failure *f, int error)
{
    if (!error)
        return;
#pragma omp critical(sort_thread_failed)
    if (!f->error) {
        f->error = error;
        snprintf(f->sentence, sizeof(f->sentence), "%s", tern_last_error());
    }
}

int thread_failure_end(const thread_failure *f)
{
    return f->error ? tern_fail(f->error, NULL, "%s", f->sentence) : TERN_OK;
}
