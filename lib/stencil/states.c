/* SPDX-License-Identifier: BSD-3-Clause */
/* Initial states: functions of the global index, so they are the same for any number of ranks. */
#include "config.h"

#include "stencil/solver.h"

#include <math.h>
#include <string.h>

/* What the functions see. */
struct scene {
    const tern_stencil *solver;
    uint64_t seed;
    double rest;        /* of mode: the value that it is added to */
    double *wave[DIMS]; /* of mode: one value for each column, row and plane of the block */
};

typedef double state_function(const struct scene *scene, const int64_t at[DIMS]);

static double mode_at(const struct scene *scene, const int64_t at[DIMS])
{
    const tern_stencil *s = scene->solver;
    double wave = 1;

    for (int d = 0; d < s->grid.dims; d++)
        wave *= scene->wave[d][at[d] - s->block.start[d]];
    return scene->rest + wave;
}

static double noise_at(const struct scene *scene, const int64_t at[DIMS])
{
    const int64_t *size = scene->solver->grid.size;
    uint64_t index = (uint64_t)(at[0] + size[0] * (at[1] + size[1] * at[2]));

    return 2 * tern_random_real(scene->seed, 0, index) - 1;
}

/* Position of a point in a square or cube of side 1 round the middle, distances the same along all
 * dimensions. */
static void place(const struct scene *scene, const int64_t at[DIMS], double out[DIMS])
{
    const int64_t *size = scene->solver->grid.size;
    double side = 1;

    for (int d = 0; d < DIMS; d++)
        side = fmax(side, (double)size[d]);
    for (int d = 0; d < DIMS; d++)
        out[d] = 0.5 + ((double)at[d] + 0.5 - 0.5 * (double)size[d]) / side;
}

/* The hottest of the discs or balls that cover a point; each has random numbers of its own. */
static double spot_at(const struct scene *scene, const int64_t at[DIMS])
{
    enum { DISCS = 24 };
    static const uint64_t number[DIMS] = {0, 1, 4};
    double here[DIMS] = {0}, heat = 0;

    place(scene, at, here);
    for (uint64_t i = 0; i < DISCS; i++) {
        double radius = 0.02 + 0.1 * tern_random_real(scene->seed, i, 2), far = 0;
        double own = 0.3 + 0.7 * tern_random_real(scene->seed, i, 3);
        for (int d = 0; d < DIMS && d < scene->solver->grid.dims; d++) {
            double along = here[d] - tern_random_real(scene->seed, i, number[d]);
            far += along * along;
        }
        if (far <= radius * radius && own > heat)
            heat = own;
    }
    return heat;
}

/* TERN in letters of 5 x 7 squares, one square apart, in a frame of two squares. */
static double letters_at(const struct scene *scene, const int64_t at[DIMS])
{
    static const char *const rows[] = {
        "##### ##### ####  #   #", /* the top row */
        "  #   #     #   # ##  #", "  #   #     #   # # # #", "  #   ####  ####  #  ##",
        "  #   #     # #   #   #", "  #   #     #  #  #   #", "  #   ##### #   # #   #",
    };
    enum { HIGH = sizeof(rows) / sizeof(rows[0]), WIDE = 23, FRAME = 2 };
    double here[DIMS] = {0};

    place(scene, at, here);
    double column = (here[0] - 0.5) * (WIDE + 2 * FRAME) + 0.5 * WIDE;
    double row = (0.5 - here[1]) * (WIDE + 2 * FRAME) + 0.5 * HIGH;
    if (column < 0 || column >= WIDE || row < 0 || row >= HIGH)
        return 0;
    return rows[(int)row][(int)column] == '#';
}

/* Rows of a drawing from the top down, a cell a point, in the middle of the grid. */
static double drawn_at(const struct scene *scene, const int64_t at[DIMS], const char *const *rows,
                       int64_t high)
{
    const int64_t *size = scene->solver->grid.size, wide = (int64_t)strlen(rows[0]);
    int64_t column = at[0] - (size[0] - wide) / 2, row = (size[1] + high) / 2 - 1 - at[1];

    return column >= 0 && column < wide && row >= 0 && row < high && rows[row][column] == '#';
}

/* It moves by one cell to the right and downwards every four generations. */
static double glider_at(const struct scene *scene, const int64_t at[DIMS])
{
    static const char *const rows[] = {".#.", "..#", "###"};

    return drawn_at(scene, at, rows, 3);
}

/* Gosper's, of 1970: a glider every 30 generations. */
static double gun_at(const struct scene *scene, const int64_t at[DIMS])
{
    static const char *const rows[] = {
        "........................#...........", "......................#.#...........",
        "............##......##............##", "...........#...#....##............##",
        "##........#.....#...##..............", "##........#...#.##....#.#...........",
        "..........#.....#.......#...........", "...........#...#....................",
        "............##......................",
    };

    return drawn_at(scene, at, rows, 9);
}

static double zero_at(const struct scene *scene, const int64_t at[DIMS])
{
    (void)scene, (void)at;
    return 0;
}

static const struct {
    const char *name;
    state_function *at;
} states[] = {
    {"mode", mode_at}, {"spot", spot_at},     {"noise", noise_at}, {"letters", letters_at},
    {"zero", zero_at}, {"glider", glider_at}, {"gun", gun_at},
};

enum { STATES = sizeof(states) / sizeof(states[0]) };

const char *tern_stencil_state_name(int i)
{
    return i >= 0 && i < STATES ? states[i].name : NULL;
}

static void set_row(tern_stencil *s, const struct scene *scene, state_function *at, int64_t y,
                    int64_t z)
{
    const int64_t *start = s->block.start;

    for (int64_t x = 0; x < s->block.count[0]; x++) {
        const int64_t point[DIMS] = {start[0] + x, start[1] + y, start[2] + z};
        tern__set(s, s->now, tern__at(s, x, y, z), at(scene, point));
    }
}

static void set(tern_stencil *s, const struct scene *scene, state_function *at)
{
#pragma omp parallel for collapse(2) schedule(static) num_threads(s->team)
    for (int64_t z = 0; z < s->block.count[2]; z++)
        for (int64_t y = 0; y < s->block.count[1]; y++)
            set_row(s, scene, at, y, z);
}

void tern_stencil_begin_with(tern_stencil *s, tern_stencil_function *of, void *context)
{
    struct range all = {{0}, {s->block.count[0], s->block.count[1], s->block.count[2]}};

    s->exact = false;
    s->work = (tern_stencil_work){0};
    if (s->now != NULL)
        tern__set_field(s, s->now, &all, of, context);
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
    s->exact = at == mode_at && tern__stencil_rest(s, &scene.rest) && s->equation != TERN_POISSON;
    s->work = (tern_stencil_work){0};
    if (s->now == NULL)
        return TERN_OK;
    for (int d = 0; at == mode_at && d < s->grid.dims; d++) {
        scene.wave[d] = tern__stencil_wave(s, d);
        if (scene.wave[d] == NULL)
            error = TERN_ENOMEM;
    }
    if (error >= 0)
        set(s, &scene, at);
    for (int d = 0; d < DIMS; d++)
        tern_free(scene.wave[d]);
    return error;
}
