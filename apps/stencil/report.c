/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells people on stdout, and programs in JSON, what came out. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <inttypes.h>
#include <stdio.h>

static const char *boundary_text(const tern_boundary *b, char *text, size_t bytes)
{
    if (b->kind == TERN_PERIODIC)
        snprintf(text, bytes, "periodic");
    else
        snprintf(text, bytes, "dirichlet=%g", b->value);
    return text;
}

static void print_error(const struct outcome *o)
{
    if (!o->verified)
        printf("error      not known: no exact solution for this state and these boundaries\n");
    else if (o->error <= o->bound)
        printf("error      %.2g against the exact solution; rounding explains %.2g\n", o->error,
               o->bound);
    else
        printf("error      WRONG: %.2g against the exact solution; rounding explains %.2g\n",
               o->error, o->bound);
}

void print_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o)
{
    const tern_grid *g = tern_stencil_grid(s);
    int threads = tern_stencil_threads(s);
    char x[64], y[64];

    printf("grid       %" PRId64 " x %" PRId64 " points, x %s, y %s\n", g->size[0], g->size[1],
           boundary_text(&r->spec.boundary[0][0], x, sizeof(x)),
           boundary_text(&r->spec.boundary[1][0], y, sizeof(y)));
    printf("ranks      %d x %d, %d thread%s each\n", g->parts[0], g->parts[1], threads,
           threads == 1 ? "" : "s");
    printf("steps      %" PRId64 " in %.3f s: %.3f GLUP/s, %.0f %% of the memory roofline\n",
           o->steps, o->seconds, o->rate * 1e-9, 100 * o->rate / o->roof);
    printf("halo       %s, %.3f s\n", r->spec.halo, o->halo);
    printf("checksum   %016" PRIx64 "\n", o->checksum);
    if (r->verify != VERIFY_NO)
        print_error(o);
    if (r->output != NULL)
        printf("picture    %s\n", r->output);
}

static void put_layout(tern_json *j, const struct request *r, const tern_grid *g)
{
    char text[64];

    tern_json_array(j, "grid");
    for (int d = 0; d < g->dims; d++)
        tern_json_count(j, NULL, g->size[d]);
    tern_json_end(j);
    tern_json_array(j, "dims");
    for (int d = 0; d < g->dims; d++)
        tern_json_count(j, NULL, g->parts[d]);
    tern_json_end(j);
    tern_json_array(j, "boundary");
    for (int d = 0; d < g->dims; d++)
        tern_json_text(j, NULL, boundary_text(&r->spec.boundary[d][0], text, sizeof(text)));
    tern_json_end(j);
}

void report_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o)
{
    tern_json *j = tern_prog_report();
    char checksum[17];

    snprintf(checksum, sizeof(checksum), "%016" PRIx64, o->checksum);
    put_layout(j, r, tern_stencil_grid(s));
    tern_json_text(j, "stencil", r->spec.stencil);
    tern_json_text(j, "halo", r->spec.halo);
    tern_json_text(j, "init", r->state.name);
    tern_json_real(j, "diffusion", r->spec.diffusion);
    tern_json_count(j, "steps", o->steps);
    tern_json_real(j, "glups", o->rate * 1e-9);
    tern_json_real(j, "roofline_glups", o->roof * 1e-9);
    tern_json_real(j, "roofline_share", o->rate / o->roof);
    tern_json_real(j, "halo_seconds", o->halo);
    tern_json_text(j, "checksum", checksum);
    if (o->verified) {
        tern_json_real(j, "error", o->error);
        tern_json_real(j, "error_bound", o->bound);
    }
    if (r->output != NULL)
        tern_json_text(j, "output", r->output);
}
