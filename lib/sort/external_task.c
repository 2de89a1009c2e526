/* SPDX-License-Identifier: BSD-3-Clause */
/* A thread for each file operation: they are few and long. */
#include "config.h"

#include "sort/external_private.h"

#include <stdio.h>

static void *run(void *argument)
{
    tern__task *t = argument;

    t->error = t->work(t);
    if (t->error) /* the sentence belongs to the thread */
        snprintf(t->sentence, sizeof(t->sentence), "%s", tern_last_error());
    return NULL;
}

void tern__task_start(tern__task *t)
{
    t->running = true;
    t->joinable = pthread_create(&t->thread, NULL, run, t) == 0;
    if (!t->joinable)
        run(t);
}

int tern__task_finish(tern__task *t)
{
    if (!t->running)
        return TERN_OK;
    if (t->joinable)
        pthread_join(t->thread, NULL);
    t->running = false;
    return t->error ? tern_fail(t->error, NULL, "%s", t->sentence) : TERN_OK;
}
