/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "prog/prog_private.h"

#include <stdlib.h>
#include <string.h>

static struct {
    tern_prog_phase_sum *list; /* in the order in which they first ended */
    size_t n;
    const char *running; /* NULL: none */
    double start;        /* tern_clock() when it began */
} phases;

static tern_prog_phase_sum *find(const char *name)
{
    for (size_t i = 0; i < phases.n; i++)
        if (strcmp(phases.list[i].name, name) == 0)
            return &phases.list[i];
    return NULL;
}

static tern_prog_phase_sum *add(const char *name)
{
    tern_prog_phase_sum *grown = realloc(phases.list, (phases.n + 1) * sizeof(*grown));

    if (grown == NULL)
        tern_prog_abort(TERN_EXIT_ERROR, "no memory for the name of phase %s", name);
    phases.list = grown;
    phases.list[phases.n] = (tern_prog_phase_sum){.name = name};
    return &phases.list[phases.n++];
}

/* The phase that runs has taken `seconds` and moved `bytes` here. */
static void finish(double seconds, uint64_t bytes)
{
    double slowest = seconds, sum = seconds;
    uint64_t all = bytes;
    tern_comm *c = tern__prog.world;

    int error = tern_allreduce(c, &seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX);
    if (!error)
        error = tern_allreduce(c, &seconds, &sum, 1, MPI_DOUBLE, MPI_SUM);
    if (!error)
        error = tern_allreduce(c, &bytes, &all, 1, MPI_UINT64_T, MPI_SUM);
    if (error)
        tern_prog_abort(TERN_EXIT_ERROR, "%s", tern_last_error());
    tern_prog_phase_sum *phase = find(phases.running);
    if (phase == NULL)
        phase = add(phases.running);
    phase->seconds += slowest;
    phase->average += sum / tern_size(c);
    phase->bytes += all;
}

void tern_prog_phase(const char *name, size_t bytes)
{
    if (phases.running != NULL)
        finish(tern_clock() - phases.start, bytes);
    phases.running = name;
    tern__progress_begin(name);
    phases.start = tern_clock();
}

double tern_prog_phase_seconds(const char *name)
{
    const tern_prog_phase_sum *phase = find(name);

    return phase != NULL ? phase->seconds : 0;
}

const tern_prog_phase_sum *tern_prog_phase_at(size_t i)
{
    return i < phases.n ? &phases.list[i] : NULL;
}

void tern__phases_report(void)
{
    tern_json *j = tern__prog.report;

    tern_json_array(j, "phases");
    for (size_t i = 0; i < phases.n; i++) {
        tern_json_object(j, NULL);
        tern_json_text(j, "name", phases.list[i].name);
        tern_json_real(j, "seconds", phases.list[i].seconds);
        tern_json_count(j, "bytes", (int64_t)phases.list[i].bytes);
        tern_json_end(j);
    }
    tern_json_end(j);
}

void tern__phases_free(void)
{
    free(phases.list);
    memset(&phases, 0, sizeof(phases));
}
