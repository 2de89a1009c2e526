/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/mpitap.h"

#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 240 };

static struct {
    MPI_Comm comm; /* our own: tests cannot mix messages with the runner */
    int rank, size, count, failed;
    const char *skip;
    char now[LINE]; /* name of the running test, for the watchdog */
} run;

/* A rank that is stuck names itself, then the whole job ends. */
static void on_alarm(int sig)
{
    (void)sig;
    char msg[LINE + 64];
    int n = snprintf(msg, sizeof(msg), "Bail out! rank %d hangs in %s\n", run.rank, run.now);
    if (write(STDOUT_FILENO, msg, (size_t)n) < 0) {}
    sleep(1); /* let the other stuck ranks name themselves too */
    _exit(99);
}

static void at_start(const CU_pTest t, const CU_pSuite s)
{
    const char *lim = getenv("TEST_TIMEOUT");
    run.skip = NULL;
    snprintf(run.now, sizeof(run.now), "%s.%s", s->pName, t->pName);
    MPI_Barrier(run.comm);
    alarm(lim ? (unsigned)atoi(lim) : 60);
}

static void at_end(const CU_pTest t, const CU_pSuite s, const CU_pFailureRecord f)
{
    (void)t, (void)s;
    char mine[LINE] = "", *all = NULL;
    int bad = f != NULL, nbad;

    if (bad)
        snprintf(mine, sizeof(mine), "%s:%u: %s", f->strFileName, f->uiLineNumber, f->strCondition);
    if (run.rank == 0)
        all = calloc((size_t)run.size, LINE);
    MPI_Allreduce(&bad, &nbad, 1, MPI_INT, MPI_SUM, run.comm);
    MPI_Gather(mine, LINE, MPI_CHAR, all, LINE, MPI_CHAR, 0, run.comm);
    alarm(0);
    run.failed += nbad > 0;
    run.count++;
    if (run.rank != 0)
        return;
    printf("%sok %d - %s%s%s\n", nbad ? "not " : "", run.count, run.now, run.skip ? " # SKIP " : "",
           run.skip ? run.skip : "");
    for (int r = 0; r < run.size; r++)
        if (all[r * LINE] != '\0')
            printf("# rank %d: %s\n", r, &all[r * LINE]);
    fflush(stdout);
    free(all);
}

void mpitap_skip(const char *why)
{
    run.skip = why;
}

static int count_tests(const CU_SuiteInfo *s)
{
    int n = 0;
    for (; s->pName != NULL; s++)
        for (const CU_TestInfo *t = s->pTests; t->pName != NULL; t++)
            n++;
    return n;
}

int mpitap_main(int *argc, char ***argv, CU_SuiteInfo *suites)
{
    int initialized;

    MPI_Initialized(&initialized); /* by a test that needs threads */
    if (!initialized)
        MPI_Init(argc, argv);
    MPI_Comm_dup(MPI_COMM_WORLD, &run.comm);
    MPI_Comm_rank(run.comm, &run.rank);
    MPI_Comm_size(run.comm, &run.size);
    signal(SIGALRM, on_alarm);
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
        printf("Bail out! CUnit: %s\n", CU_get_error_msg());
        MPI_Abort(MPI_COMM_WORLD, 99);
    }
    if (run.rank == 0)
        printf("1..%d\n", count_tests(suites));
    CU_set_test_start_handler(at_start);
    CU_set_test_complete_handler(at_end);
    CU_run_all_tests();
    CU_cleanup_registry();
    MPI_Comm_free(&run.comm);
    MPI_Finalize();
    return run.failed != 0;
}

#ifdef __SANITIZE_ADDRESS__
/* Keep Open MPI's plug-ins mapped until exit, so that the leak report can name
 * them and tests/support/lsan.supp can tell their leaks from ours. */
__attribute__((visibility("default"))) int dlclose(void *handle);
int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
#endif
