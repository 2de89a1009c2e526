/* SPDX-License-Identifier: BSD-3-Clause */
/* Start and end of a program.  Whatever ends it, MPI is finalised first and all ranks leave with
 * the same status, so that a launcher has no "exited improperly" to report. */
#include "config.h"

#include "prog/prog_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_OPTIONS = 96 };

struct tern__prog tern__prog;
#define prog tern__prog

/* ---- The end ---- */

static void complain(const char *sentence, const char *hint)
{
    tern__progress_clear();
    fflush(stdout);
    fprintf(stderr, "%s: %s%s\n", prog.spec->name, sentence, hint);
}

static void close_world(void)
{
    tern_json_free(prog.report);
    prog.report = NULL;
    free(prog.command);
    prog.command = NULL;
    tern__phases_free();
    tern__progress_end();
    tern_finalize();
}

static TERN_NORETURN void leave(enum tern_exit status)
{
    close_world();
    exit(status);
}

/* The lowest rank whose failure is its own; rank 0 where all only heard of one. */
static int origin(int error)
{
    int mine = error < 0 && error != TERN_EPEER ? prog.rank : INT32_MAX, least = mine;

    if (tern_allreduce(prog.world, &mine, &least, 1, MPI_INT, MPI_MIN) != TERN_OK)
        return prog.rank;
    return least == INT32_MAX ? 0 : least;
}

static const char *sentence_of(int error)
{
    const char *sentence = tern_last_error();

    return sentence[0] != '\0' ? sentence : tern_strerror(error);
}

static TERN_NORETURN void end_with(enum tern_exit status, int error, const char *hint)
{
    if (origin(error) == prog.rank)
        complain(sentence_of(error), hint);
    leave(status);
}

void tern_prog_fail(enum tern_exit status, int error)
{
    end_with(status, error, "");
}

void tern_prog_usage(const char *format, ...)
{
    char sentence[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    if (prog.rank == 0)
        complain(sentence, "; try --help");
    leave(TERN_EXIT_ERROR);
}

void tern_prog_abort(enum tern_exit status, const char *format, ...)
{
    char sentence[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    complain(sentence, "");
    MPI_Abort(MPI_COMM_WORLD, status);
    abort(); /* not reached */
}

/* Everything printed has reached its place: a full disk shows only now. */
static int flush_stdout(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TERN_OK;
    return tern_fail(TERN_EIO, NULL, "cannot write stdout: %s", strerror(errno));
}

int tern_prog_end(enum tern_exit status)
{
    int error = TERN_OK;

    tern_prog_phase(NULL, 0);
    tern__report_end(status);
    if (prog.rank == 0 && prog.json != NULL)
        error = tern_json_write(prog.report, prog.json);
    if (!error)
        error = flush_stdout();
    error = tern_agree(prog.world, error);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    close_world();
    return status;
}

/* ---- --help and --version ---- */

static void print_help(const tern_option *table)
{
    printf("Usage: %s %s\n", prog.spec->name, prog.spec->synopsis);
    tern_print_wrapped(stdout, prog.spec->about, 0);
    printf("\nOptions:\n");
    tern_options_help(table, stdout);
    printf("\nExit status:\n"
           "  %-3d success\n"
           "  %-3d data differ, are not sorted, or a verification failed\n"
           "  %-3d usage, input or output error\n"
           "  %-3d stopped on request, can be restarted\n",
           TERN_EXIT_OK, TERN_EXIT_DIFFER, TERN_EXIT_ERROR, TERN_EXIT_STOPPED);
    if (prog.spec->examples != NULL)
        printf("\nExamples:\n%s", prog.spec->examples);
    printf("\nEnvironment variables and running under mpirun: man 7 tern\n");
}

static void print_version(void)
{
    const char *version;

    tern_version(&version);
    printf("%s (Tern) %s\n", prog.spec->name, version);
}

/* ---- The start ---- */

/* The program's rows, then ours, into `all`. */
static int join_tables(const tern_option *own, tern_option *all)
{
    const tern_option common[] = {
        {"quiet", 0, TERN_OPTION_FLAG, &prog.quiet, NULL, "print nothing but errors", 0, 0},
        {"json", 0, TERN_OPTION_TEXT, &prog.json, "FILE", "write a report to FILE (- is stdout)", 0,
         0},
        {"help", 0, TERN_OPTION_FLAG, &prog.help, NULL, "print this help and exit", 0, 0},
        {"version", 0, TERN_OPTION_FLAG, &prog.version, NULL, "print the version and exit", 0, 0},
        {0},
    };
    size_t n = 0;

    while (own[n].name != NULL || own[n].letter != 0)
        n++;
    if (n + sizeof(common) / sizeof(common[0]) > MOST_OPTIONS)
        return tern_fail(TERN_EINVAL, NULL, "%s has too many options", prog.spec->name);
    memcpy(all, own, n * sizeof(*own));
    memcpy(all + n, common, sizeof(common));
    return TERN_OK;
}

/* The words of the command line with blanks between them; NULL if there is no memory. */
static char *join_words(int argc, char **argv)
{
    size_t bytes = 1;

    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    char *text = malloc(bytes), *end = text;
    for (int i = 0; text != NULL && i < argc; i++)
        end += snprintf(end, bytes - (size_t)(end - text), "%s%s", i > 0 ? " " : "", argv[i]);
    return text;
}

static int parse(const tern_option *table, int *argc, char **argv)
{
    int first;
    int error = tern_options_parse(table, *argc, argv, &first);

    if (error || prog.help || prog.version)
        return error;
    int operands = *argc - first;
    if (prog.spec->most_operands >= 0 && operands > prog.spec->most_operands)
        return tern_fail(TERN_EINVAL, NULL, "unexpected operand '%s'",
                         argv[first + prog.spec->most_operands]);
    memmove(argv + 1, argv + first, (size_t)operands * sizeof(*argv));
    argv[1 + operands] = NULL;
    *argc = 1 + operands;
    return TERN_OK;
}

/* Find out before the work, not after it, that the report cannot be written. */
static int try_report(const char *path)
{
#ifdef HAVE_JANSSON
    tern_outfile file;

    if (strcmp(path, "-") == 0)
        return TERN_OK;
    int error = tern_outfile_begin(path, &file);
    if (!error)
        tern_outfile_discard(&file);
    return error;
#else
    return tern_json_write(NULL, path);
#endif
}

static void answer_and_leave(const tern_option *table)
{
    int error = TERN_OK;

    if (prog.rank == 0) {
        if (prog.help)
            print_help(table);
        else
            print_version();
        error = flush_stdout();
    }
    error = tern_agree(prog.world, error);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    leave(TERN_EXIT_OK);
}

/* Without a launcher there is one rank only: spare Open MPI the daemon and the networks that would
 * find it peers.  `tern-sort FILE` then starts in 0.14 to 0.17 s and not in 0.48 s. */
static void prepare_alone(void)
{
    static const char *launched[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PMI_FD"};

    for (size_t i = 0; i < sizeof(launched) / sizeof(launched[0]); i++)
        if (getenv(launched[i]) != NULL)
            return;
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_pml", "ob1", 0);
}

/* The next file or socket opened would take the place of a standard descriptor that is closed, and
 * get what is meant for it.  /dev/null holds the place, and refuses as a closed one does. */
static void hold_closed_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static void open_world(const tern_prog_spec *spec, int *argc, char ***argv)
{
    prog = (struct tern__prog){.spec = spec, .start = tern_clock()};
    hold_closed_descriptors();
    prepare_alone();
    int error = tern_init(argc, argv);
    if (error) {
        complain(sentence_of(error), "");
        exit(TERN_EXIT_ERROR);
    }
    prog.world = tern_world();
    prog.rank = tern_rank(prog.world);
}

void tern_prog_start(const tern_prog_spec *spec, int *argc, char ***argv, tern_comm **c)
{
    tern_option table[MOST_OPTIONS];

    open_world(spec, argc, argv);
    prog.command = join_words(*argc, *argv);
    int error = join_tables(spec->table, table);
    if (!error)
        error = parse(table, argc, *argv);
    error = tern_agree(prog.world, error);
    if (error)
        end_with(TERN_EXIT_ERROR, error, "; try --help");
    if (prog.help || prog.version)
        answer_and_leave(table);
    if (prog.json != NULL) {
        error = tern_agree(prog.world, prog.rank == 0 ? try_report(prog.json) : TERN_OK);
        if (error)
            end_with(TERN_EXIT_ERROR, error, "");
    }
    tern__report_begin();
    *c = prog.world;
}

bool tern_prog_talks(void)
{
    return prog.rank == 0 && !prog.quiet && (prog.json == NULL || strcmp(prog.json, "-") != 0);
}

double tern_prog_seconds(void)
{
    return tern_clock() - prog.start;
}

tern_json *tern_prog_report(void)
{
    return prog.report;
}
