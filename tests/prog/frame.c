/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that does nothing but what lib/prog does for it, in every way it can end. */
#include "config.h"

#include "prog/prog_private.h"

#include <stdio.h>
#include <unistd.h>

static int64_t count = 3;
static int how = 0;
static const tern_option table[] = {
    {"count", 'n', TERN_OPTION_COUNT, &count, "N", "a number from 1 to 10, default 3", 1, 10},
    {"end", 'e', TERN_OPTION_CHOICE, &how, "well|differ|usage|first|last|both|abort|stop|terminal",
     "how to end", 0, 0},
    {0},
};
static const tern_prog_spec spec = {
    .name = "frame",
    .synopsis = "[OPTION]... [OPERAND]...",
    .about = "Begin, work a little and end. This text is long enough to be wrapped at the width "
             "that --help keeps to, which is one hundred columns.",
    .table = table,
    .examples = "  frame -n 5\n",
    .most_operands = 2,
};
enum { WELL, DIFFER, USAGE, FIRST, LAST, BOTH, ABORT, STOP, TERMINAL };

/* Fail on some ranks, and agree on it. */
static void fail_on(tern_comm *c, bool here)
{
    int error = TERN_OK;

    if (here)
        error = tern_fail(TERN_EIO, NULL, "file of rank %d: no such thing", tern_rank(c));
    tern_prog_fail(TERN_EXIT_ERROR, tern_agree(c, error));
}

/* Whether there is a terminal to draw on. */
static void look_for_terminal(void)
{
    int fd = tern__terminal();

    printf("terminal %s\n", fd < 0 ? "none" : isatty(fd) ? "found" : "wrong");
    if (fd >= 0)
        close(fd);
}

static void work(tern_comm *c)
{
    tern_prog_phase("fill", 0);
    for (uint64_t i = 0; i < 1000; i++)
        tern_prog_step(i, 1000);
    tern_prog_phase("sort", 100); /* what "fill" moved */
    tern_prog_phase("fill", (size_t)tern_rank(c) + 1);
    tern_prog_phase(NULL, 10);
    tern_json_count(tern_prog_report(), "own", count);
}

int main(int argc, char **argv)
{
    tern_comm *c;

    tern_prog_start(&spec, &argc, &argv, &c);
    int rank = tern_rank(c), last = tern_size(c) - 1;
    if (how == USAGE)
        tern_prog_usage("operand '%s' is not good", argv[argc - 1]);
    if (how == FIRST || how == LAST || how == BOTH)
        fail_on(c, (how != LAST && rank == 0) || (how != FIRST && rank == last));
    if (how == ABORT && rank == last)
        tern_prog_abort(TERN_EXIT_ERROR, "rank %d is out of memory", rank);
    if (how == TERMINAL && rank == 0)
        look_for_terminal();
    work(c);
    if (tern_prog_talks()) {
        printf("count %d\n", (int)count);
        for (int i = 1; i < argc; i++)
            printf("operand %s\n", argv[i]);
        printf("argv ends %s\n", argv[argc] == NULL ? "well" : "badly");
        printf("phases took %s\n", tern_prog_phase_seconds("fill") > 0
                                           && tern_prog_phase_seconds("none") == 0
                                           && tern_prog_seconds() > tern_prog_phase_seconds("fill")
                                       ? "time"
                                       : "none");
    }
    return tern_prog_end(how == DIFFER ? TERN_EXIT_DIFFER
                         : how == STOP ? TERN_EXIT_STOPPED
                                       : TERN_EXIT_OK);
}
