/* SPDX-License-Identifier: BSD-3-Clause */
/* The states of a run as a series of files, and what joins them. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Of all pictures of a run, so that colours mean the same: what the initial state spans, of waves,
 * which swing, as much below 0 as above. */
int choose_range(struct request *r, tern_stencil *s)
{
    tern_stencil_norms n;

    if (r->range != NULL || r->every == 0 || !is_picture(r->output))
        return TERN_OK;
    int error = tern_stencil_norms_begin(s);
    if (error >= 0)
        error = tern_stencil_norms_end(s, &n);
    if (error < 0 || r->spec.equation == TERN_POISSON)
        return error;
    double size = fmax(-n.least, n.most);
    r->low = r->spec.equation == TERN_WAVE ? -size : n.least;
    r->high = r->spec.equation == TERN_WAVE ? size : n.most;
    if (r->spec.equation == TERN_LIFE) {
        r->low = 0;
        r->high = 1;
    }
    return TERN_OK;
}

int save_output(tern_comm *c, const struct request *r, tern_stencil *s, const char *path)
{
    return is_picture(path) ? tern_stencil_picture_between(s, path, r->low, r->high)
                            : save_field(c, r, s, path);
}

int save_frame(tern_comm *c, const struct request *r, tern_stencil *s, int64_t step)
{
    char name[4096];

    if (r->every == 0 || step % r->every != 0)
        return TERN_OK;
    tern_field_frame(r->output, step / r->every, name, sizeof(name));
    int error = save_output(c, r, s, name);
    return error >= 0 ? save_collection(c, r, s, step / r->every + 1) : error;
}

void print_frames(const struct request *r, int64_t steps)
{
    const char *dot = strrchr(r->output, '.');
    const int stem = (int)(dot != NULL ? (size_t)(dot - r->output) : strlen(r->output));
    char first[4096], last[4096];

    tern_field_frame(r->output, 0, first, sizeof(first));
    tern_field_frame(r->output, steps / r->every, last, sizeof(last));
    printf("frames     %" PRId64 ", %s to %s\n", steps / r->every + 1, first, last);
    if (is_picture(r->output))
        printf("animation  ffmpeg -framerate 25 -i %.*s-%%06d%s -pix_fmt yuv420p %.*s.mp4\n", stem,
               r->output, dot != NULL ? dot : "", stem, r->output);
    else if (dot != NULL && strcmp(dot, ".raw") != 0)
        printf("series     %.*s.%s opens them all in ParaView\n", stem, r->output,
               strcmp(dot, ".h5") == 0 ? "xdmf" : "pvd");
}
