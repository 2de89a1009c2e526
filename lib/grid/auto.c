/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo mode auto: the first exchanges take turns among the candidates, some in a row each, and the
 * one whose best turn was the fastest on the slowest rank does all that follow.  Every mode moves
 * the same bits, so a trial is as good as any other exchange and costs nothing but its time. */
#include "config.h"

#include "grid/halo.h"

#include <stdlib.h>
#include <string.h>

static const char *const candidates[] = {"shared", "shared-copy", "datatype", "persistent",
                                         "isend"};

enum { CANDIDATES = sizeof(candidates) / sizeof(candidates[0]), TURNS = 6 * CANDIDATES, ROW = 4 };

/* Between exchanges that are so far apart that all turns would take longer, one turn must do. */
static const double MOST_SECONDS = 0.5;

struct trials {
    tern_halo *plan[CANDIDATES]; /* after the choice all but one are NULL */
    double seconds[TURNS];       /* of each turn, without its first exchange */
    int done;                    /* exchanges */
    int chosen;                  /* -1: not yet */
    double spent;                /* in tern__halo_start_auto() */
    double begin;                /* of the first exchange */
};

/* Trials of modes that MPI cannot do here are left out. */
int tern__halo_open_auto(tern_halo *h)
{
    struct trials *t = calloc(1, sizeof(*t));
    int error = TERN_OK, open = 0;

    h->state = t;
    if (t == NULL)
        error = tern_fail(TERN_ENOMEM, NULL, "no memory for a halo mode");
    error = tern_agree(h->comm, error);
    if (error < 0 || t == NULL)
        return error;
    t->chosen = -1;
    for (int i = 0; i < CANDIDATES; i++) {
        tern_halo_spec spec = h->spec;
        spec.mode = candidates[i];
        error = tern_halo_open(h->comm, &spec, &t->plan[i]);
        if (error < 0)
            continue;
        t->plan[i]->parent = h;
        open++;
    }
    return open > 0 ? TERN_OK : error;
}

/* The candidate with the fastest turn of those that were taken. */
static int fastest(const struct trials *t)
{
    int best = -1;

    for (int i = 0; i < t->done / ROW; i++)
        if (t->plan[i % CANDIDATES] != NULL && (best < 0 || t->seconds[i] < t->seconds[best]))
            best = i;
    return best % CANDIDATES;
}

/* Choose, if all ranks have taken all turns or one of them has no more time for it.  Collective:
 * all ranks come here after the same exchanges, when each candidate has had as many turns. */
static int choose(tern_halo *h, struct trials *t)
{
    double time[TURNS + 1]; /* and since the first exchange */

    memcpy(time, t->seconds, sizeof(t->seconds));
    time[TURNS] = tern_clock() - t->begin;
    int error = tern_allreduce(h->comm, MPI_IN_PLACE, time, (size_t)TURNS + 1, MPI_DOUBLE, MPI_MAX);
    if (error < 0 || (t->done < TURNS * ROW && time[TURNS] < MOST_SECONDS))
        return error;
    memcpy(t->seconds, time, sizeof(t->seconds));
    t->chosen = fastest(t);
    for (int i = 0; i < CANDIDATES; i++)
        if (i != t->chosen) {
            tern_halo_close(t->plan[i]);
            t->plan[i] = NULL;
        }
    return TERN_OK;
}

static int current(const struct trials *t)
{
    int i = t->chosen >= 0 ? t->chosen : t->done / ROW % CANDIDATES;

    while (t->plan[i] == NULL)
        i = (i + 1) % CANDIDATES;
    return i;
}

int tern__halo_start_auto(tern_halo *h)
{
    struct trials *t = h->state;

    if (t->done == 0)
        t->begin = tern_clock();
    if (t->chosen < 0 && t->done > 0 && t->done % (CANDIDATES * ROW) == 0) {
        int error = choose(h, t);
        if (error < 0)
            return error;
    }
    double begin = t->chosen < 0 ? tern_clock() : 0;
    int error = tern_halo_start_fields(t->plan[current(t)], (void *const *)h->first);
    if (t->chosen < 0)
        t->spent = tern_clock() - begin;
    return error;
}

void tern__halo_progress_auto(tern_halo *h)
{
    const struct trials *t = h->state;

    tern_halo_progress(t->plan[current(t)]);
}

int tern__halo_finish_auto(tern_halo *h)
{
    struct trials *t = h->state;
    int i = current(t);

    if (t->chosen >= 0)
        return tern_halo_finish(t->plan[i]);
    double begin = tern_clock();
    int error = tern_halo_finish(t->plan[i]);
    if (t->done % ROW > 0) /* the first warms up */
        t->seconds[t->done / ROW] += t->spent + tern_clock() - begin;
    t->done++;
    return error;
}

const char *tern_halo_mode(const tern_halo *h)
{
    const struct trials *t = h->state;

    if (h->mode->storage != HALO_AUTO || t->chosen < 0)
        return h->mode->name;
    return candidates[t->chosen];
}

void tern__halo_close_auto(tern_halo *h)
{
    struct trials *t = h->state;

    if (t == NULL)
        return;
    for (int i = 0; i < CANDIDATES; i++)
        tern_halo_close(t->plan[i]);
    free(t);
}
