/* SPDX-License-Identifier: BSD-3-Clause */
/** \file prog.h
 * The frame that every Tern program shares: start, options and --help, errors and exit statuses,
 * progress, report. A program is a short main over it:
 *
 *   tern_prog_start(&spec, &argc, &argv, &c);    everything before the work
 *   ... work, tern_prog_phase(), tern_prog_step() ...
 *   return tern_prog_end(status);                everything after it
 *
 * A program has one frame, so it is no argument.  Only its main thread may call it. */
#ifndef TERN_PROG_PROG_H
#define TERN_PROG_PROG_H

#include "base/base.h"
#include "msg/msg.h"

#if defined(__GNUC__)
# define TERN_NORETURN __attribute__((noreturn))
#else
# define TERN_NORETURN
#endif

TERN_BEGIN_DECLS

/** Exit statuses of all programs. */
enum tern_exit {
    TERN_EXIT_OK = 0,
    TERN_EXIT_DIFFER = 1,  /**< data differ, are not sorted, or a verification failed */
    TERN_EXIT_ERROR = 2,   /**< usage, input or output error */
    TERN_EXIT_STOPPED = 75 /**< stopped on request, restartable (EX_TEMPFAIL) */
};

/** What a program is.  Its strings and its table must last as long as the program. */
typedef struct tern_prog_spec {
    const char *name;         /**< "tern-sort" */
    const char *synopsis;     /**< "[OPTION]... [FILE]..." */
    const char *about;        /**< one or two sentences */
    const tern_option *table; /**< its own options; --quiet, --json FILE, --help and --version are
                                 added to them */
    const char *examples;     /**< lines for the end of --help, or NULL */
    int most_operands;        /**< operands allowed; -1: any number */
} tern_prog_spec;

/** Initialise MPI, parse the options and open the world.  Collective over MPI_COMM_WORLD.
 * --help and --version are answered by rank 0 and end the program; a usage error prints "name:
 * what; try --help" once, on rank 0, and ends it with TERN_EXIT_ERROR on all ranks, after MPI is
 * finalised.  A --json FILE that cannot be written is such an error, found before the work begins.
 * \param[in,out] argc,argv  main()'s; on return only argv[0] and the operands are left.
 * \param[out] c  the world. */
TERN_API void tern_prog_start(const tern_prog_spec *spec, int *argc, char ***argv, tern_comm **c);

/** Print "name: sentence; try --help" for an operand or a combination of options that the program
 * itself refuses, once, on rank 0, and end the program with TERN_EXIT_ERROR.  Collective: all ranks
 * must have come to the same conclusion.  Does not return. */
TERN_API TERN_NORETURN void tern_prog_usage(const char *format, ...) TERN_PRINTF(1, 2);

/** Print "name: sentence" on stderr, once, by the lowest rank where \p error (of a library call
 * that agrees on failure: negative on all ranks, TERN_EPEER where it did not begin) began; end the
 * program on all ranks with \p status.  Collective.  Does not return. */
TERN_API TERN_NORETURN void tern_prog_fail(enum tern_exit status, int error);

/** The same for a failure that only this rank knows of, such as memory in the middle of a phase:
 * ends the job with MPI_Abort. Local.  Does not return. */
TERN_API TERN_NORETURN void tern_prog_abort(enum tern_exit status, const char *format, ...)
    TERN_PRINTF(2, 3);

/** Whether this rank may write for people on stdout: rank 0, unless --quiet or --json=- is given.
 */
TERN_API bool tern_prog_talks(void);

/** End the running phase of the report and begin phase \p name (NULL: none); \p bytes is what this
 * rank moved in the phase that ends.  The report has the slowest rank's seconds and the sum of the
 * bytes; a name that comes again adds to its phase.  \p name is borrowed for as long as the program
 * lasts.  Collective. */
TERN_API void tern_prog_phase(const char *name, size_t bytes);

/** Seconds that finished phase \p name took on its slowest rank, the same on all ranks; 0 if there
 * was none.  Local. */
TERN_API double tern_prog_phase_seconds(const char *name);

/** What is known of a phase that has ended, the same on all ranks. */
typedef struct tern_prog_phase_sum {
    const char *name;
    double seconds, average; /**< of the slowest rank, and of all */
    uint64_t bytes;          /**< of all ranks */
} tern_prog_phase_sum;

/** The i-th phase, in the order in which they first ended; NULL: there are no more.  Local. */
TERN_API const tern_prog_phase_sum *tern_prog_phase_at(size_t i);

/** Progress of the running phase, \p done of \p total; draws a bar with rate and time left on rank
 * 0's terminal once the phase has lasted a second.  Cheap: may be called in a loop.  Local. */
TERN_API void tern_prog_step(uint64_t done, uint64_t total);

/** Seconds since tern_prog_start().  Local. */
TERN_API double tern_prog_seconds(void);

/** The report as JSON, for the program's own fields; rank 0 writes it at tern_prog_end().  It
 * already holds program, version, ranks, threads and environment.  NULL, which every tern_json call
 * allows, on the other ranks and where --json was not given. */
TERN_API tern_json *tern_prog_report(void);

/** Finish: end the running phase, write the report, finalise MPI.  Collective.
 * \return the status for main(), the same on all ranks: \p status, unless the report or stdout
 * could not be written, which is TERN_EXIT_ERROR. */
TERN_API int tern_prog_end(enum tern_exit status);

TERN_END_DECLS
#endif
