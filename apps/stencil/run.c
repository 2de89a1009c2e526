/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop over the steps, with what happens between them. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <math.h>

/* Many steps at a time, some tenths of a second, because blocks do not reach beyond a call; the
 * same number on all ranks. */
static int64_t at_once(const tern_stencil *s, bool polled)
{
    const int64_t *size = tern_stencil_grid(s)->size;
    const double points = (double)size[0] * (double)size[1] * (double)size[2];

    return 64 * (1 + (int64_t)fmin((polled ? 1e8 : 1e9) / points / 64, 1e6));
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_frame(const struct request *r, int64_t step, int64_t most)
{
    return r->every > 0 ? least(most, (step / r->every + 1) * r->every) : most;
}

static void checkpoint(const struct request *r, tern_stencil *s, tern_ckpt *k, struct watch *w)
{
    must(watch_settle(w, s));
    must(save_checkpoint(r, s, k, w));
}

enum tern_ckpt_wish solve(tern_comm *c, const struct request *r, tern_stencil *s, tern_ckpt *k,
                          struct watch *w)
{
    const int64_t many = at_once(s, k != NULL);
    enum tern_ckpt_wish wish = TERN_CKPT_GO_ON;
    tern_stencil_work work;

    tern_stencil_worked(s, &work);
    int64_t step = work.steps;
    must(watch_step(w, s, step));
    must(save_frame(c, r, s, step));
    while (step < r->steps && wish != TERN_CKPT_STOP && !w->reached) {
        int64_t until = watch_next(w, step, next_frame(r, step, least(r->steps, step + many)));
        tern_prog_step((uint64_t)step, (uint64_t)r->steps);
        must(tern_stencil_run(s, until - step));
        step = until;
        must(watch_step(w, s, step));
        must(save_frame(c, r, s, step));
        if (k != NULL)
            must(tern_ckpt_poll(k, &wish));
        if (wish == TERN_CKPT_WRITE)
            checkpoint(r, s, k, w);
    }
    if (k != NULL) /* stopped or at the end */
        checkpoint(r, s, k, w);
    return wish;
}
