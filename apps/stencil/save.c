/* SPDX-License-Identifier: BSD-3-Clause */
/* Checkpoints of the solver, and its field as a file. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The arrays of the solver as a checkpoint takes them: the state now, and that before of a wave. */
struct arrays {
    tern_ckpt_field field[2];
    tern_ckpt_attribute attribute[8];
    tern_ckpt_spec spec;
};

static void describe(const struct request *r, tern_stencil *s, struct arrays *a)
{
    tern_block b;
    int64_t strides[TERN_GRID_DIMS];
    void *first[2];

    *a = (struct arrays){.spec = {.grid = *tern_stencil_grid(s), .field = a->field}};
    a->spec.fields = tern_stencil_state_arrays(s, first);
    tern_stencil_points(s, &b, strides);
    for (int f = 0; f < a->spec.fields; f++) {
        a->field[f] = (tern_ckpt_field){
            .name = f == 0 ? "u" : "before",
            .type = type_name(r),
            .element = point_bytes(r),
            .first = first[f],
        };
        memcpy(a->field[f].stride, strides, sizeof(strides));
    }
}

static void put(struct arrays *a, const char *name, const char *value)
{
    tern_ckpt_attribute *to = &a->attribute[a->spec.attributes++];

    snprintf(to->name, sizeof(to->name), "%s", name);
    snprintf(to->value, sizeof(to->value), "%s", value);
    a->spec.attribute = a->attribute;
}

/* What must be the same for a run to go on. */
static void put_problem(const struct request *r, const tern_stencil *s, struct arrays *a)
{
    char text[TERN_CKPT_VALUE];

    put(a, "equation", equation_name(r));
    put(a, "stencil", stencil_text(r));
    if (r->coefficient != NULL)
        put(a, "coefficient", r->coefficient);
    put(a, "boundary", r->boundary);
    if (r->spec.equation == TERN_POISSON) {
        snprintf(text, sizeof(text), "%s %a %s", r->spec.solver, r->spec.relaxation, r->source);
        put(a, "solver", text);
    }
    snprintf(text, sizeof(text), "%a %a", tern_stencil_diffusion(s), r->courant);
    put(a, "numbers", text);
    snprintf(text, sizeof(text), "%s %s %" PRId64, r->init, r->wave, r->seed);
    put(a, "init", text);
}

int save_checkpoint(const struct request *r, tern_stencil *s, tern_ckpt *k, const struct watch *w)
{
    tern_stencil_work work;
    struct arrays a;

    tern_stencil_worked(s, &work);
    describe(r, s, &a);
    put_problem(r, s, &a);
    if (w->known) {
        char text[TERN_CKPT_VALUE];
        watch_tell(w, text, sizeof(text));
        put(&a, "watch", text);
    }
    a.spec.step = work.steps;
    return tern_ckpt_write(k, &a.spec);
}

static int same_problem(const struct arrays *a, const tern_ckpt_info *info)
{
    for (int i = 0; i < a->spec.attributes; i++) {
        const char *was = tern_ckpt_value(info, a->attribute[i].name);
        if (was == NULL || strcmp(was, a->attribute[i].value) != 0)
            return tern_fail(TERN_EMISMATCH, NULL, "--restart: %s was %s, and now is %s",
                             a->attribute[i].name, was != NULL ? was : "nothing",
                             a->attribute[i].value);
    }
    return TERN_OK;
}

int restore_checkpoint(const struct request *r, tern_stencil *s, tern_ckpt *k, struct watch *w)
{
    tern_ckpt_info info;
    struct arrays a;

    if (tern_ckpt_newest(k) == NULL)
        return TERN_OK; /* nothing was done yet */
    describe(r, s, &a);
    put_problem(r, s, &a);
    int error = same_problem(&a, tern_ckpt_newest(k));
    if (error >= 0)
        error = tern_ckpt_read(k, &a.spec, &info);
    if (error >= 0)
        error = same_problem(&a, &info); /* which may be the one before */
    if (error >= 0)
        tern_stencil_resume(s, info.step);
    if (error >= 0)
        watch_resume(w, tern_ckpt_value(&info, "watch"));
    return error;
}

bool is_picture(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (int i = 0; tern_field_format_name(i) != NULL && dot != NULL; i++)
        if (strcmp(dot + 1, tern_field_format_name(i)) == 0)
            return false;
    return dot == NULL || strcmp(dot, ".h5") != 0;
}

int save_field(tern_comm *c, const struct request *r, tern_stencil *s, const char *path)
{
    struct arrays a;

    describe(r, s, &a);
    a.spec.fields = 1;
    return tern_field_write(c, path, &a.spec);
}

int save_collection(tern_comm *c, const struct request *r, tern_stencil *s, int64_t frames)
{
    struct arrays a;

    describe(r, s, &a);
    a.spec.fields = 1;
    return tern_field_collection(c, r->output, &a.spec, frames, r->every);
}
