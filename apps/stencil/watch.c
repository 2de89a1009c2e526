/* SPDX-License-Identifier: BSD-3-Clause */
/* Watches a run: every so many steps it begins to compute norms, and takes them in when the next
 * ones are due, so that they travel behind the computation.  A residual that is small enough
 * therefore ends the run one interval later; always the same one, whatever the ranks and however
 * often the run is stopped and restarted. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <stdio.h>

bool watch_wanted(const struct request *r)
{
    return r->tolerance > 0 || r->series != NULL;
}

int watch_begin(struct watch *w, const struct request *r, tern_comm *c)
{
    w->request = r;
    w->comm = c;
    if (r->series == NULL)
        return TERN_OK;
    return series_begin(c, r->series, w->known ? w->norms.step : -1, &w->file);
}

int64_t watch_next(const struct watch *w, int64_t step, int64_t most)
{
    int64_t due = (step / w->request->check + 1) * w->request->check;

    return watch_wanted(w->request) && due < most ? due : most;
}

int watch_settle(struct watch *w, tern_stencil *s)
{
    if (!w->under_way)
        return TERN_OK;
    int error = tern_stencil_norms_end(s, &w->norms);
    w->under_way = false;
    if (error < 0)
        return error;
    if (w->norms.step == 0)
        w->first = w->norms.residual_l2;
    w->last = w->norms.residual_l2;
    w->known = true;
    return w->request->series != NULL ? series_add(w->comm, w->request->series, w->file, &w->norms)
                                      : TERN_OK;
}

/* Whether the residual of a step before this one was small enough. */
static bool small_before(const struct watch *w, int64_t step)
{
    return w->known && w->request->tolerance > 0 && w->norms.step < step
           && w->last <= w->request->tolerance * w->first;
}

static int measure(struct watch *w, tern_stencil *s)
{
    int error = tern_stencil_norms_begin(s);

    w->under_way = error >= 0;
    return error;
}

int watch_step(struct watch *w, tern_stencil *s, int64_t step)
{
    if (!watch_wanted(w->request) || (step % w->request->check != 0))
        return TERN_OK;
    int error = watch_settle(w, s);
    w->reached = small_before(w, step);
    return error >= 0 && !w->reached && !(w->known && w->norms.step == step) ? measure(w, s)
                                                                             : error;
}

int watch_end(struct watch *w, tern_stencil *s)
{
    tern_stencil_work work;
    int error = watch_settle(w, s);

    tern_stencil_worked(s, &work);
    if (error >= 0 && watch_wanted(w->request) && !(w->known && w->norms.step == work.steps)) {
        error = measure(w, s);
        if (error >= 0)
            error = watch_settle(w, s);
    }
    w->reached = small_before(w, INT64_MAX);
    return error;
}

int watch_close(struct watch *w)
{
    return w->request->series != NULL ? series_end(w->comm, w->request->series, w->file) : TERN_OK;
}

void watch_tell(const struct watch *w, char *text, size_t bytes)
{
    snprintf(text, bytes, "%a %a %d %lld", w->first, w->last, w->known, (long long)w->norms.step);
}

void watch_resume(struct watch *w, const char *text)
{
    double first, last;
    int known;
    long long step;

    if (text != NULL && sscanf(text, "%la %la %d %lld", &first, &last, &known, &step) == 4) {
        w->first = first;
        w->last = last;
        w->known = known != 0;
        w->norms.step = step;
    }
}
