/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of tern-stencil share. */
#ifndef TERN_APPS_STENCIL_STENCIL_APP_H
#define TERN_APPS_STENCIL_STENCIL_APP_H

#include "prog/prog.h"
#include "stencil/stencil.h"

/* What the user asked for, as text where it needs more than the option table to read. */
struct request {
    const char *grid, *boundary, *dims, *wave, *block;
    const char *output; /* NULL: no picture */
    int64_t steps;
    int64_t threads;
    int64_t seed;
    int verify;
    int type; /* 0: f64, 1: f32 */
    tern_stencil_spec spec;
    tern_stencil_state state;
};

enum verify { VERIFY_AUTO, VERIFY_YES, VERIFY_NO };

/* Read the texts into r->spec and r->state.  The same on all ranks.  TERN_OK or TERN_EINVAL. */
int read_request(struct request *r);

/* As the option has it. */
const char *boundary_name(enum tern_boundary_kind kind);

/* Bytes of a point. */
size_t point_bytes(const struct request *r);

/* What came out, the same on all ranks. */
struct outcome {
    int64_t steps;
    double seconds, halo; /* of the slowest rank */
    double rate, roof;    /* points per second: reached, and what memory would allow */
    double imbalance;     /* computing time of the slowest rank over the mean, minus 1 */
    uint64_t checksum;
    bool verified; /* an exact solution is known */
    double error, bound;
};

/* On stdout, and in the report. */
void print_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o);
void report_outcome(const struct request *r, const tern_stencil *s, const struct outcome *o);

#endif
