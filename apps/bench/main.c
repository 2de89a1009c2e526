/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-bench: measures the layer beside plain MPI. */
#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &bench_latency, &bench_bandwidth, &bench_recv, &bench_barrier, &bench_halo, &bench_stencil,
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static struct settings settings = {.seconds = 2, .narrow = 0.01, .batch = 5e-4, .seed = 1};

static const tern_option table[] = {
    {"sizes", 's', TERN_OPTION_TEXT, &settings.sizes, "LIST",
     "bytes of a message or row, such as 8,4000,64Ki (default: by command)", 0, 0},
    {"modes", 'm', TERN_OPTION_TEXT, &settings.modes, "LIST",
     "only these, of send,ssend,bsend,rsend,isend,issend,persistent, of recv,mprobe,alloc, of "
     "mpi,tern, of r1,r2,r3,r4 or of mpi,in-place and the names of halo modes (default: all)",
     0, 0},
    {"seconds", 't', TERN_OPTION_REAL, &settings.seconds, "S",
     "at most this long for each size (default 2)", 0.001, 86400},
    {"narrow", 'w', TERN_OPTION_REAL, &settings.narrow, "R",
     "stop when half an interval is this part of the ratio (default 0.01)", 1e-6, 1},
    {"batch", 'b', TERN_OPTION_REAL, &settings.batch, "S",
     "least seconds between two readings of the clock (default 0.0005)", 1e-5, 60},
    {"seed", 0, TERN_OPTION_COUNT, &settings.seed, "N",
     "of the random order of the calls (default 1)", 0, 1e15},
    {0},
};

/* The commands as examples: each line can be typed. */
static const char *usage(void)
{
    static char text[2048];
    size_t n = 0;

    for (int i = 0; i < COMMANDS; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "  mpirun -n %d tern-bench %-10s %s\n",
                              commands[i]->ranks > 0 ? commands[i]->ranks : 4, commands[i]->name,
                              commands[i]->help);
    snprintf(text + n, sizeof(text) - n, "  tern-bench merge A.json B.json...     %s\n",
             "the reports of several launches as one table");
    return text;
}

static const struct command *find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    tern_prog_usage("'%s' is no command: latency, bandwidth, recv, barrier, halo, stencil or merge",
                    name);
}

int main(int argc, char **argv)
{
    tern_comm *c;

    tern_prog_start(
        &(tern_prog_spec){
            .name = "tern-bench",
            .synopsis = "latency|bandwidth|recv|barrier|halo|stencil|merge [OPTION]... [FILE]...",
            .about = "Compare the calls of the layer with those of plain MPI: all variants in one "
                     "launch, in random order in many short batches, with a cache-line probe "
                     "around every round.",
            .table = table,
            .examples = usage(),
            .most_operands = -1,
        },
        &argc, &argv, &c);
    if (argc < 2)
        tern_prog_usage(
            "a command is missing: latency, bandwidth, recv, barrier, halo, stencil or merge");
    if (strcmp(argv[1], "merge") == 0) {
        bench_merge(argc - 2, argv + 2);
        return tern_prog_end(TERN_EXIT_OK);
    }
    if (argc > 2)
        tern_prog_usage("unexpected operand '%s'", argv[2]);
    bench_measure(c, find(argv[1]), &settings);
    return tern_prog_end(TERN_EXIT_OK);
}
