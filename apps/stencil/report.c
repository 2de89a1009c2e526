/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells people on stdout, and programs in JSON, what came out. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *end_text(const tern_boundary *b, char *text, size_t bytes)
{
    const char *name = boundary_name(b->kind);

    if (b->kind == TERN_ROBIN)
        snprintf(text, bytes, "%s=%g/%g/%g", name, b->a, b->b, b->value);
    else if (b->kind == TERN_DIRICHLET || b->kind == TERN_NEUMANN)
        snprintf(text, bytes, "%s=%g", name, b->value);
    else
        snprintf(text, bytes, "%s", name);
    return text;
}

/* As the option has it: both ends, or LOW:HIGH. */
static const char *boundary_text(const tern_boundary *b, char *text, size_t bytes)
{
    char low[64], high[64];

    end_text(&b[0], low, sizeof(low));
    end_text(&b[1], high, sizeof(high));
    if (strcmp(low, high) == 0)
        snprintf(text, bytes, "%s", low);
    else
        snprintf(text, bytes, "%s:%s", low, high);
    return text;
}

static void print_error(const struct request *r, const struct outcome *o)
{
    const char *cause = r->spec.equation == TERN_POISSON ? "the residual" : "rounding";

    if (!o->verified)
        printf("error      not known: no exact solution for this state and these boundaries\n");
    else if (o->error <= o->bound)
        printf("error      %.2g against the exact solution; %s explains %.2g\n", o->error, cause,
               o->bound);
    else
        printf("error      WRONG: %.2g against the exact solution; %s explains %.2g\n", o->error,
               cause, o->bound);
}

static void print_layout(const struct request *r, const tern_grid *g, int threads)
{
    char text[160];

    printf("grid      ");
    for (int d = 0; d < g->dims; d++)
        printf("%s%" PRId64, d > 0 ? " x " : " ", g->size[d]);
    printf(" points of %s", type_name(r));
    for (int d = 0; d < g->dims; d++)
        printf(", %c %s", "xyz"[d], boundary_text(r->spec.boundary[d], text, sizeof(text)));
    printf("\nranks     ");
    for (int d = 0; d < g->dims; d++)
        printf("%s%d", d > 0 ? " x " : " ", g->parts[d]);
    printf(", %d thread%s each\n", threads, threads == 1 ? "" : "s");
}

static void print_residual(const struct request *r, const struct watch *w)
{
    printf("residual   %.3g at step %" PRId64 ", %.3g times that of the beginning", w->last,
           w->norms.step, w->last / w->first);
    if (r->tolerance > 0)
        printf(w->reached ? ", as asked for" : ": NOT as small as asked for");
    printf("\n");
}

void print_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o)
{
    int depth;
    int64_t tile;

    tern_stencil_blocking(s, &depth, &tile);
    print_layout(r, tern_stencil_grid(s), tern_stencil_threads(s));
    printf("stencil    %s, %s, %s, blocks of %d step%s", equation_name(r), stencil_text(r),
           tern_stencil_isa(s), depth, depth == 1 ? "" : "s");
    if (tile > 0)
        printf(" in tiles of %" PRId64, tile);
    printf("\nsteps      %" PRId64 " in %.3f s: %.3f GLUP/s, as %.1f GB/s, %.0f %% of the memory "
           "roofline\n",
           o->steps, o->seconds, o->rate * 1e-9, o->rate * 2e-9 * (double)point_bytes(r),
           100 * o->rate / o->roof);
    printf("halo       %s, %.3f s; imbalance %.1f %%\n", r->spec.halo, o->halo, 100 * o->imbalance);
    printf("checksum   %016" PRIx64 "\n", o->checksum);
    if (watch_wanted(r))
        print_residual(r, o->watch);
    if (r->verify != VERIFY_NO)
        print_error(r, o);
    if (r->output != NULL)
        printf("%s    %s\n", is_picture(r->output) ? "picture" : "file   ", r->output);
    if (r->every > 0)
        print_frames(r, o->steps);
}

static void put_layout(tern_json *j, const struct request *r, const tern_grid *g)
{
    char text[160];

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
        tern_json_text(j, NULL, boundary_text(r->spec.boundary[d], text, sizeof(text)));
    tern_json_end(j);
}

void report_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o)
{
    tern_json *j = tern_prog_report();
    char checksum[17];
    int depth;
    int64_t tile;

    tern_stencil_blocking(s, &depth, &tile);
    snprintf(checksum, sizeof(checksum), "%016" PRIx64, o->checksum);
    put_layout(j, r, tern_stencil_grid(s));
    tern_json_text(j, "equation", equation_name(r));
    tern_json_text(j, "stencil", stencil_text(r));
    tern_json_text(j, "type", type_name(r));
    tern_json_text(j, "isa", tern_stencil_isa(s));
    tern_json_count(j, "block", depth);
    tern_json_count(j, "tile", tile);
    tern_json_text(j, "halo", r->spec.halo);
    tern_json_text(j, "init", r->init);
    if (r->spec.equation == TERN_ADVECTION)
        tern_json_real(j, "courant", r->spec.courant[0]);
    else
        tern_json_real(j, r->spec.equation == TERN_WAVE ? "courant" : "diffusion",
                       tern_stencil_diffusion(s));
    tern_json_count(j, "steps", o->steps);
    tern_json_real(j, "glups", o->rate * 1e-9);
    tern_json_real(j, "gbytes_per_second", o->rate * 2e-9 * (double)point_bytes(r));
    tern_json_real(j, "roofline_glups", o->roof * 1e-9);
    tern_json_real(j, "roofline_share", o->rate / o->roof);
    tern_json_real(j, "halo_seconds", o->halo);
    tern_json_real(j, "imbalance", o->imbalance);
    tern_json_text(j, "checksum", checksum);
    if (r->spec.equation == TERN_POISSON)
        tern_json_text(j, "solver", r->spec.solver);
    if (watch_wanted(r)) {
        tern_json_real(j, "residual", o->watch->last);
        tern_json_real(j, "first_residual", o->watch->first);
        tern_json_bool(j, "converged", o->watch->reached);
    }
    if (o->verified) {
        tern_json_real(j, "error", o->error);
        tern_json_real(j, "error_bound", o->bound);
    }
    if (r->output != NULL)
        tern_json_text(j, "output", r->output);
}
