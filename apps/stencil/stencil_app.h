/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of tern-stencil share. */
#ifndef TERN_APPS_STENCIL_STENCIL_APP_H
#define TERN_APPS_STENCIL_STENCIL_APP_H

#include "ckpt/ckpt.h"
#include "field/field.h"
#include "prog/prog.h"
#include "stencil/stencil.h"

#include <stdio.h>

/* A formula of the place, each coordinate from 0 to 1 along the grid, and of the step. */
struct formula {
    tern_expression *expression;
    int64_t size[TERN_GRID_DIMS];
};

/* What the user asked for, as text where it needs more than the option table to read. */
struct request {
    const char *grid, *boundary, *dims, *wave, *block;
    const char *output;     /* NULL: no file */
    const char *checkpoint; /* NULL: none */
    bool restart;
    double checkpoint_every; /* seconds; 0: only when asked */
    double tolerance;        /* of the residual, against the first; 0: none */
    int64_t check;           /* steps between norms */
    const char *series;      /* file of the norms, or NULL */
    const char *source;      /* right-hand side of poisson */
    const char *coefficient; /* of heat, or NULL */
    const char *init;        /* a state, a file or a formula */
    int64_t every;           /* steps between frames; 0: none */
    const char *range;       /* of the colours, or NULL */
    double low, high;        /* the same; both 0: of each picture */
    int64_t steps;
    int64_t threads;
    int64_t seed;
    int overlap; /* an enum tern_overlap */
    int verify;
    int type;       /* 0: f64, 1: f32 */
    int equation;   /* an enum tern_equation */
    double courant; /* 0: chosen */
    tern_stencil_spec spec;
    tern_stencil_state state;     /* its name NULL where the state is no named one */
    struct formula state_formula; /* its expression NULL where it is none */
    struct formula source_formula, coefficient_formula;
    struct formula end_formula[TERN_GRID_DIMS][2]; /* of dirichlet ends */
};

enum verify { VERIFY_AUTO, VERIFY_YES, VERIFY_NO };

/* Read the texts into r->spec and r->state.  The same on all ranks.  TERN_OK or TERN_EINVAL. */
int read_request(struct request *r);
void close_request(struct request *r);

/* Read a formula that an option has.  TERN_OK, TERN_EINVAL or TERN_ENOMEM. */
int formula_open(const char *option, const char *text, const int64_t *size, struct formula *out);
double formula_at(void *context, const int64_t point[TERN_GRID_DIMS]);
double formula_in_time(void *context, const int64_t point[TERN_GRID_DIMS], int64_t step);

/* Whether a text is but one word, which is no formula. */
bool is_word(const char *text);

/* Begin with the field in the file r->init.  Collective. */
int load_state(tern_comm *c, const struct request *r, tern_stencil *s);

/* Choose the colours of a series of pictures, by the initial state.  Collective. */
int choose_range(struct request *r, tern_stencil *s);

/* Write the state as --output asks for; as a frame, if one is due.  Collective. */
int save_output(tern_comm *c, const struct request *r, tern_stencil *s, const char *path);
int save_frame(tern_comm *c, const struct request *r, tern_stencil *s, int64_t step);
void print_frames(const struct request *r, int64_t steps);

/* What a step is called. */
const char *stencil_text(const struct request *r);
const char *equation_name(const struct request *r);
const char *type_name(const struct request *r);

/* As the option has it. */
const char *boundary_name(enum tern_boundary_kind kind);

/* Bytes of a point. */
size_t point_bytes(const struct request *r);

/* Norms of a run. */
struct watch {
    const struct request *request;
    tern_comm *comm;
    FILE *file;               /* of the series, on rank 0 */
    bool under_way;           /* norms were begun, and are not here yet */
    bool known;               /* there are some: */
    tern_stencil_norms norms; /* the latest; of a run that is restarted only their step, at first */
    double first, last;       /* residuals, of the initial state and the latest */
    bool reached;             /* a residual was small enough */
};

/* Whether norms are asked for at all. */
bool watch_wanted(const struct request *r);

/* Begin, after watch_resume() of a run that goes on.  Collective. */
int watch_begin(struct watch *w, const struct request *r, tern_comm *c);

/* The step up to which to compute before watch_step() is due again, `most` at most. */
int64_t watch_next(const struct watch *w, int64_t step, int64_t most);

/* To be called when that is done, and before the first; sets w->reached.  Collective. */
int watch_step(struct watch *w, tern_stencil *s, int64_t step);

/* Wait for the norms that are under way: before a checkpoint.  Collective. */
int watch_settle(struct watch *w, tern_stencil *s);

/* Those of the final state.  Collective. */
int watch_end(struct watch *w, tern_stencil *s);
int watch_close(struct watch *w);

/* What a run that goes on has to know, as a word; NULL: nothing. */
void watch_tell(const struct watch *w, char *text, size_t bytes);
void watch_resume(struct watch *w, const char *text);

/* The file of the norms: begin it, keeping the lines of the steps up to `last`; add a line; end.
 * The file is NULL but on rank 0.  Collective. */
int series_begin(tern_comm *c, const char *path, int64_t last, FILE **out);
int series_add(tern_comm *c, const char *path, FILE *out, const tern_stencil_norms *n);
int series_end(tern_comm *c, const char *path, FILE *out);

/* Every call of the library is collective and fails on all ranks or on none: end the program. */
void must(int error);

/* All steps that are asked for, or fewer.  \return why it ended. */
enum tern_ckpt_wish solve(tern_comm *c, const struct request *r, tern_stencil *s, tern_ckpt *k,
                          struct watch *w);

/* What came out, the same on all ranks. */
struct outcome {
    int64_t steps;
    double seconds, halo; /* of the slowest rank */
    double rate, roof;    /* points per second: reached, and what memory would allow */
    double imbalance;     /* computing time of the slowest rank over the mean, minus 1 */
    uint64_t checksum;
    bool verified; /* an exact solution is known */
    double error, bound;
    const struct watch *watch;
};

/* The solver's state as a checkpoint.  Without one there is nothing to restore, which is no
 * failure.  Collective. */
int save_checkpoint(const struct request *r, tern_stencil *s, tern_ckpt *k, const struct watch *w);
int restore_checkpoint(const struct request *r, tern_stencil *s, tern_ckpt *k, struct watch *w);

/* Whether the output is a picture, not a field; write the field.  Collective. */
bool is_picture(const char *path);
int save_field(tern_comm *c, const struct request *r, tern_stencil *s, const char *path);

/* The file that makes so many frames a series.  Collective. */
int save_collection(tern_comm *c, const struct request *r, tern_stencil *s, int64_t frames);

/* On stdout, and in the report. */
void print_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o);
void report_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o);

#endif
