/* SPDX-License-Identifier: BSD-3-Clause */
/* What the sub-commands of tern-bench share. */
#ifndef TERN_APPS_BENCH_H
#define TERN_APPS_BENCH_H

#include <mpi.h>

#include "tern.h"

enum {
    TAG = 1,
    WINDOW = 16 /* messages under way in a bandwidth test, at most */
};

/* The setting of one measurement. */
struct bench {
    tern_comm *comm;
    MPI_Comm raw; /* what plain MPI talks on: a duplicate of its own, as the layer has */
    int rank, peer;
    tern_bounce *bounce; /* NULL: no cache-line probe here */
    size_t bytes;        /* of a message */
    int window;          /* messages in flight */
    char *out, *in;      /* bytes to send; window times as many to receive */
    bool checking;       /* what comes is compared: receives elsewhere copy it to `in` */
    MPI_Request requests[WINDOW];
    tern_req layer_requests[WINDOW];
};

struct variant;
typedef int half(struct bench *b, const struct variant *v);

/* One way to move messages: what surrounds a batch (or NULL), and what each side does in it. */
struct way {
    half *open, *send, *recv, *close;
};

/* One call that is measured. */
struct variant {
    const char *name;     /* "MPI_Ssend" */
    const char *mode;     /* what --modes knows it by */
    const char *baseline; /* name of the variant it is compared with, or NULL */
    const struct way *way;
    tern_mode send;
};

struct command {
    const char *name;
    const char *help;
    const char *sizes;              /* default of --sizes; NULL: it has no messages */
    bool windowed;                  /* many messages in flight, one way; else a round trip */
    int ranks;                      /* that it needs, 0: any number */
    const struct variant *variants; /* ended by one without a name */
    int (*run)(struct bench *b, const struct variant *v, uint64_t repetitions);
    bool alone;        /* a repetition is one operation, and run() checks what comes by itself */
    void (*end)(void); /* collective; or NULL */
    /* Floating-point operations of a repetition, whose rate is told in place of bytes; or NULL. */
    double (*flops)(const struct bench *b, const struct variant *v);
};

extern const struct command bench_latency, bench_bandwidth, bench_recv, bench_barrier, bench_halo,
    bench_stencil;

/* Ways in plain MPI and in the layer, which do the same: raw.c and layer.c. */
extern const struct way raw_blocking, raw_waited, raw_ready, raw_persistent, raw_probed;
extern const struct way raw_window, raw_window_waited, raw_window_persistent;
extern const struct way layer_blocking, layer_waited, layer_ready, layer_persistent, layer_alloc;
extern const struct way layer_window, layer_window_waited, layer_window_persistent;

/* What the options say. */
struct settings {
    const char *sizes, *modes;
    double seconds, narrow, batch;
    int64_t seed;
};

/* Measure `command` and report.  Collective; ends the program on errors. */
void bench_measure(tern_comm *c, const struct command *command, const struct settings *settings);

/* Merge the reports of several launches. */
void bench_merge(int n, char **paths);

/* A finding: one variant at one size in one regime. */
struct row {
    char kernel[16], regime[8], variant[32], baseline[32];
    int64_t bytes;
    double flops;             /* of one operation; 0: its rate is that of the bytes */
    tern_stat_figure seconds; /* of one operation; n: rounds, or launches of merged rows */
    tern_stat_figure ratio;   /* to the baseline; n 0: there is none */
    double probe;             /* median cache-line time in seconds, NaN: no probe */
    bool converged;
    tern_stat_histogram histogram; /* of the seconds of all rounds */
};

/* With the unit of the rates: GB/s or GF/s. */
void row_print_head(const char *rate);
void row_print(const struct row *row);
void row_json(const struct row *row, tern_json *json);

#endif
