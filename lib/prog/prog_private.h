/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TERN_PROG_PRIVATE_H
#define TERN_PROG_PRIVATE_H

#include "prog/prog.h"

/* The one program that runs in this process. */
struct tern__prog {
    const tern_prog_spec *spec;
    tern_comm *world;
    int rank;
    double start; /* tern_clock() */
    bool help, version, quiet;
    const char *json; /* path, or NULL */
    char *command;    /* the command line as it was given, owned; may be NULL */
    tern_json *report;
};
extern struct tern__prog tern__prog;

/* report.c.  Open the report and put in what is known of program and machine.  Collective. */
void tern__report_begin(void);
/* Put in seconds, status and phases.  Collective. */
void tern__report_end(enum tern_exit status);

/* phase.c.  Put the finished phases into the report.  Local. */
void tern__phases_report(void);
/* Forget them. */
void tern__phases_free(void);

/* progress.c.  A new phase begins: the bar counts from here; NULL: none runs. */
void tern__progress_begin(const char *name);
/* Take the bar off the terminal. */
void tern__progress_clear(void);
/* No bar any more. */
void tern__progress_end(void);

/* terminal.c.  A descriptor, to be closed, of the terminal where the user waits; -1: there is none.
 */
int tern__terminal(void);

#endif
