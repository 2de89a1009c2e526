/* SPDX-License-Identifier: BSD-3-Clause */
/* --stats: what each phase took, beside what this machine can do at most: memory that all ranks
 * copy at once, an exchange of all with all, and a file that all ranks write, make durable and read
 * in the folder of the output.  They are measured after the sort, for a fraction of a second each.
 */
#include "config.h"

#include <libgen.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "coll/coll.h"
#include "sort/external.h"

/* What a phase is limited by. */
enum limit { NO_LIMIT, MEMORY, EXCHANGE, DISK_READ, DISK_WRITE, DISK_BOTH, LIMITS };
static const char *const limit_names[LIMITS] = {"",          "memory",     "exchange",
                                                "disk read", "disk write", "disk"};

/* Bytes of a phase are counted once; those of a sort, which compares, have no such limit. */
static const struct {
    const char *phase;
    enum limit by;
} limited[] = {
    {"read", DISK_READ}, {"write", DISK_WRITE},  {"runs", DISK_BOTH},
    {"merge", MEMORY},   {"exchange", EXCHANGE}, {"verify", MEMORY},
    {"sort", MEMORY},    {"check", DISK_READ},   {"generate", MEMORY},
};

/* What was sorted, as report_result() has it. */
static struct {
    bool known;
    uint64_t elements, bytes, peak;
    double imbalance;
} result;

static uint64_t peak_memory(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

void report_result(tern_comm *c, uint64_t elements, uint64_t bytes, uint64_t mine)
{
    tern_json *j = tern_prog_report();
    uint64_t most[2] = {mine, peak_memory()}, all[2], sum = mine;
    int error = tern_allreduce(c, most, all, 2, MPI_UINT64_T, MPI_MAX);

    if (!error)
        error = tern_allreduce(c, &mine, &sum, 1, MPI_UINT64_T, MPI_SUM);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    double average = (double)sum / tern_size(c);
    result.known = true;
    result.elements = elements;
    result.bytes = bytes;
    result.imbalance = average > 0 ? (double)all[0] / average : 1;
    result.peak = all[1];
    tern_json_count(j, "elements", (int64_t)elements);
    tern_json_count(j, "bytes", (int64_t)bytes);
    tern_json_real(j, "imbalance", result.imbalance);
    tern_json_count(j, "peak_bytes_per_rank", (int64_t)result.peak);
}

/* ---- Limits -----------------------------------------------------------------------------------
 */

enum { PROBE = 32 << 20, ROUNDS = 3 };

/* Seconds of the slowest rank since `start`; ranks begin and end together. */
static int elapsed(tern_comm *c, double start, double *out)
{
    double mine = tern_clock() - start;

    return tern_allreduce(c, &mine, out, 1, MPI_DOUBLE, MPI_MAX);
}

/* Keep the best rate of `bytes` a rank. */
static void keep_rate(tern_comm *c, double seconds, double bytes, double *best)
{
    double rate = seconds > 0 ? bytes * tern_size(c) / seconds : 0;

    *best = rate > *best ? rate : *best;
}

static void copy(char *to, const char *from, size_t n)
{
    size_t parts = (size_t)omp_get_max_threads(), part = n / parts;

#pragma omp parallel for schedule(static, 1)
    for (size_t i = 0; i < parts; i++)
        memcpy(to + i * part, from + i * part, part);
}

static int measure_memory(tern_comm *c, char *a, char *b, double *rate)
{
    int error = TERN_OK;

    for (int i = 0; i < ROUNDS && !error; i++) {
        double seconds = 0;
        error = tern_barrier(c);
        double start = tern_clock();
        copy(b, a, PROBE);
        if (!error)
            error = elapsed(c, start, &seconds);
        keep_rate(c, seconds, PROBE, rate);
    }
    return error;
}

static int measure_exchange(tern_comm *c, char *a, char *b, double *rate)
{
    size_t p = (size_t)tern_size(c), *counts = malloc(p * sizeof(*counts));
    int error = tern_agree(
        c, counts != NULL ? TERN_OK : tern_fail(TERN_ENOMEM, NULL, "no memory to measure"));

    for (size_t r = 0; r < p && !error; r++)
        counts[r] = PROBE / p;
    for (int i = 0; i < ROUNDS && !error; i++) {
        double seconds = 0;
        error = tern_barrier(c);
        double start = tern_clock();
        if (!error)
            error = tern_alltoallv(c, a, counts, NULL, b, counts, NULL, MPI_BYTE, NULL);
        if (!error)
            error = elapsed(c, start, &seconds);
        keep_rate(c, seconds, PROBE, rate);
    }
    free(counts);
    return error;
}

/* In the folder of the output; -1: none could be made. */
static int temporary_file(const char *output)
{
    char path[4096];
    int fd = -1;

    snprintf(path, sizeof(path), "%s", output != NULL ? output : "");
    return tern_file_nameless(dirname(path), &fd) == TERN_OK ? fd : -1;
}

/* A disk that cannot be measured has no rate. */
static int measure_disk(tern_comm *c, const sort_settings *s, char *a, double *write, double *read)
{
    int fd = temporary_file(s->output);
    int good = fd >= 0, all = 0;
    double seconds = 0, start = tern_clock();
    int error = tern_allreduce(c, &good, &all, 1, MPI_INT, MPI_MIN);

    good = all && pwrite(fd, a, PROBE, 0) == PROBE && fdatasync(fd) == 0;
    if (!error)
        error = elapsed(c, start, &seconds);
    if (!error)
        error = tern_allreduce(c, &good, &all, 1, MPI_INT, MPI_MIN);
    if (all)
        keep_rate(c, seconds, PROBE, write);
    start = tern_clock();
    good = all && pread(fd, a, PROBE, 0) == PROBE;
    if (!error)
        error = elapsed(c, start, &seconds);
    if (all)
        keep_rate(c, seconds, PROBE, read);
    if (fd >= 0)
        close(fd);
    return error;
}

static int measure(tern_comm *c, const sort_settings *s, double rate[static LIMITS])
{
    char *a = tern_alloc(PROBE), *b = tern_alloc(PROBE);
    int error = tern_agree(c, a != NULL && b != NULL ? TERN_OK : TERN_ENOMEM);

    if (!error) {
        memset(a, 1, PROBE);
        error = measure_memory(c, a, b, &rate[MEMORY]);
    }
    if (!error)
        error = measure_exchange(c, a, b, &rate[EXCHANGE]);
    if (!error)
        error = measure_disk(c, s, a, &rate[DISK_WRITE], &rate[DISK_READ]);
    if (rate[DISK_WRITE] > 0 && rate[DISK_READ] > 0) /* as much is read as written */
        rate[DISK_BOTH] = 2 / (1 / rate[DISK_WRITE] + 1 / rate[DISK_READ]);
    tern_free(a);
    tern_free(b);
    return error;
}

/* ---- Telling ----------------------------------------------------------------------------------
 */

/* An external sort's second pass goes by way of the disk. */
static enum limit limit_of(const char *phase)
{
    if (strcmp(phase, "merge") == 0 && tern_prog_phase_seconds("runs") > 0)
        return DISK_BOTH;
    for (size_t i = 0; i < sizeof(limited) / sizeof(limited[0]); i++)
        if (strcmp(limited[i].phase, phase) == 0)
            return limited[i].by;
    return NO_LIMIT;
}

static double share_of(const tern_prog_phase_sum *p, const double *rate)
{
    double limit = rate[limit_of(p->name)];

    return limit > 0 && p->seconds > 0 ? (double)p->bytes / p->seconds / limit : 0;
}

static double imbalance_of(const tern_prog_phase_sum *p)
{
    return p->average > 0 ? p->seconds / p->average : 1;
}

static void print(const double *rate)
{
    const tern_prog_phase_sum *p;

    fprintf(stderr, "%-10s %10s %10s %9s %9s  %s\n", "phase", "seconds", "MB", "MB/s", "imbalance",
            "share of");
    for (size_t i = 0; (p = tern_prog_phase_at(i)) != NULL; i++) {
        fprintf(stderr, "%-10s %10.4f %10.1f %9.0f %9.2f", p->name, p->seconds,
                (double)p->bytes / 1e6, p->seconds > 0 ? (double)p->bytes / 1e6 / p->seconds : 0.0,
                imbalance_of(p));
        if (share_of(p, rate) > 0)
            fprintf(stderr, "  %.0f %% of %s", 100 * share_of(p, rate),
                    limit_names[limit_of(p->name)]);
        fputc('\n', stderr);
    }
    for (int i = MEMORY; i < LIMITS; i++)
        if (rate[i] > 0)
            fprintf(stderr, "%-10s %31.0f MB/s\n", limit_names[i], rate[i] / 1e6);
    if (result.known)
        fprintf(stderr, "%.1f MB in %llu items, imbalance %.2f, peak memory of a rank %.1f MB\n",
                (double)result.bytes / 1e6, (unsigned long long)result.elements, result.imbalance,
                (double)result.peak / 1e6);
}

static int write_json(tern_comm *c, const double *rate)
{
    tern_json *j = tern_json_new();
    const tern_prog_phase_sum *p;

    tern_json_count(j, "ranks", tern_size(c));
    tern_json_count(j, "threads", omp_get_max_threads());
    tern_json_count(j, "elements", (int64_t)result.elements);
    tern_json_count(j, "bytes", (int64_t)result.bytes);
    tern_json_real(j, "imbalance", result.imbalance);
    tern_json_count(j, "peak_bytes_per_rank", (int64_t)result.peak);
    tern_json_object(j, "limits"); /* bytes a second */
    for (int i = MEMORY; i < LIMITS; i++)
        tern_json_real(j, limit_names[i], rate[i]);
    tern_json_end(j);
    tern_json_array(j, "phases");
    for (size_t i = 0; (p = tern_prog_phase_at(i)) != NULL; i++) {
        tern_json_object(j, NULL);
        tern_json_text(j, "name", p->name);
        tern_json_real(j, "seconds", p->seconds);
        tern_json_count(j, "bytes", (int64_t)p->bytes);
        tern_json_real(j, "imbalance", imbalance_of(p));
        tern_json_text(j, "limit", limit_names[limit_of(p->name)]);
        tern_json_real(j, "share", share_of(p, rate));
        tern_json_end(j);
    }
    tern_json_end(j);
    int error = tern_json_write(j, "/dev/stderr");
    tern_json_free(j);
    return error;
}

void report_stats(tern_comm *c, const sort_settings *s)
{
    double rate[LIMITS] = {0};

    if (s->stats == NULL)
        return;
    int error = measure(c, s, rate);
    if (!error && tern_rank(c) == 0) {
        if (s->stats[0] == '\0')
            print(rate);
        else
            error = write_json(c, rate);
    }
    error = tern_agree(c, error);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
}
