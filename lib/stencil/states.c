/* SPDX-License-Identifier: BSD-3-Clause */
/* Initial states: functions of the global index, so they are the same for any number of ranks. */
#include "config.h"

#include "stencil/solver.h"

#include <string.h>

/* What the functions see. */
struct scene {
    const tern_stencil *solver;
    uint64_t seed;
    double rest;     /* of mode: the value that it is added to */
    double *wave[2]; /* of mode: one value for each column, one for each row of the block */
};

typedef double state_function(const struct scene *scene, int64_t x, int64_t y);

static double mode_at(const struct scene *scene, int64_t x, int64_t y)
{
    const tern_stencil *s = scene->solver;
    double wave = scene->wave[0][x - s->block.start[0]] * scene->wave[1][y - s->block.start[1]];

    return scene->rest + wave;
}

static double noise_at(const struct scene *scene, int64_t x, int64_t y)
{
    uint64_t index = (uint64_t)(x + y * scene->solver->grid.size[0]);

    return 2 * tern_random_real(scene->seed, 0, index) - 1;
}

/* Position of a point in a square of side 1 round the middle, distances the same along x and y. */
static void place(const struct scene *scene, int64_t x, int64_t y, double at[2])
{
    const int64_t *size = scene->solver->grid.size;
    double side = (double)(size[0] > size[1] ? size[0] : size[1]);

    at[0] = 0.5 + ((double)x + 0.5 - 0.5 * (double)size[0]) / side;
    at[1] = 0.5 + ((double)y + 0.5 - 0.5 * (double)size[1]) / side;
}

/* The hottest of the discs that cover a point; each has four random numbers of its own. */
static double spot_at(const struct scene *scene, int64_t x, int64_t y)
{
    enum { DISCS = 24 };
    double at[2], heat = 0;

    place(scene, x, y, at);
    for (uint64_t i = 0; i < DISCS; i++) {
        double dx = at[0] - tern_random_real(scene->seed, i, 0);
        double dy = at[1] - tern_random_real(scene->seed, i, 1);
        double radius = 0.02 + 0.1 * tern_random_real(scene->seed, i, 2);
        double own = 0.3 + 0.7 * tern_random_real(scene->seed, i, 3);
        if (dx * dx + dy * dy <= radius * radius && own > heat)
            heat = own;
    }
    return heat;
}

/* TERN in letters of 5 x 7 squares, one square apart, in a frame of two squares. */
static double letters_at(const struct scene *scene, int64_t x, int64_t y)
{
    static const char *const rows[] = {
        "##### ##### ####  #   #", /* the top row */
        "  #   #     #   # ##  #", "  #   #     #   # # # #", "  #   ####  ####  #  ##",
        "  #   #     # #   #   #", "  #   #     #  #  #   #", "  #   ##### #   # #   #",
    };
    enum { HIGH = sizeof(rows) / sizeof(rows[0]), WIDE = 23, FRAME = 2 };
    double at[2];

    place(scene, x, y, at);
    double column = (at[0] - 0.5) * (WIDE + 2 * FRAME) + 0.5 * WIDE;
    double row = (0.5 - at[1]) * (WIDE + 2 * FRAME) + 0.5 * HIGH;
    if (column < 0 || column >= WIDE || row < 0 || row >= HIGH)
        return 0;
    return rows[(int)row][(int)column] == '#';
}

static const struct {
    const char *name;
    state_function *at;
} states[] = {
    {"mode", mode_at},
    {"spot", spot_at},
    {"noise", noise_at},
    {"letters", letters_at},
};

enum { STATES = sizeof(states) / sizeof(states[0]) };

const char *tern_stencil_state_name(int i)
{
    return i >= 0 && i < STATES ? states[i].name : NULL;
}

static void set(tern_stencil *s, const struct scene *scene, state_function *at)
{
    const int64_t *start = s->block.start, *count = s->block.count;

#pragma omp parallel for schedule(static) num_threads(s->team)
    for (int64_t y = 0; y < count[1]; y++)
        for (int64_t x = 0; x < count[0]; x++)
            s->now[y * s->pitch + x] = at(scene, start[0] + x, start[1] + y);
}

int tern_stencil_begin(tern_stencil *s, const tern_stencil_state *state)
{
    struct scene scene = {.solver = s, .seed = state->seed};
    int which = tern_choose("initial state", state->name, tern_stencil_state_name);
    int error = TERN_OK;

    if (which < 0)
        return which;
    for (int d = 0; d < s->grid.dims; d++)
        if (state->wave[d] < 0)
            return tern_fail(TERN_EINVAL, NULL, "%lld waves in %c", (long long)state->wave[d],
                             "xyz"[d]);
    state_function *at = states[which].at;
    memcpy(s->wave, state->wave, sizeof(s->wave));
    s->exact = at == mode_at && tern__stencil_rest(s, &scene.rest);
    s->work = (tern_stencil_work){0};
    if (s->now == NULL)
        return TERN_OK;
    for (int d = 0; at == mode_at && d < 2; d++) {
        scene.wave[d] = tern__stencil_wave(s, d);
        if (scene.wave[d] == NULL)
            error = TERN_ENOMEM;
    }
    if (error >= 0)
        set(s, &scene, at);
    tern_free(scene.wave[0]);
    tern_free(scene.wave[1]);
    return error;
}
