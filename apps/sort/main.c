/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-sort: sort lines of text, files of binary keys, or generated keys, on any number of ranks.
 */
#include "config.h"

#include "sort/binary.h"
#include "topo/topo.h"

#include <omp.h>
#include <sys/resource.h>

static sort_settings settings = {.type = -1, .seed = 1};

static const tern_option table[] = {
    {"numeric-sort", 'n', TERN_OPTION_FLAG, &settings.numeric, NULL,
     "compare lines by their leading number", 0, 0},
    {"reverse", 'r', TERN_OPTION_FLAG, &settings.reverse, NULL, "reverse the order", 0, 0},
    {"unique", 'u', TERN_OPTION_FLAG, &settings.unique, NULL,
     "of lines that compare equal write the first only", 0, 0},
    {"output", 'o', TERN_OPTION_TEXT, &settings.output, "FILE",
     "write to FILE, which may be an input, instead of stdout", 0, 0},
    {"type", 0, TERN_OPTION_CHOICE, &settings.type, TERN_KEY_NAMES,
     "files hold binary little-endian keys of this type; generated keys are of it (u64)", 0, 0},
    {"generate", 0, TERN_OPTION_TEXT, &settings.generate, "DIST:N",
     "sort N generated keys in memory, verify and report; DIST is " TERN_DISTRIBUTION_NAMES
     "; N may have a suffix, 10M.  Or gensort:N[,skew][,ascii][,from=M]: write records of the Sort "
     "Benchmark",
     0, 0},
    {"seed", 0, TERN_OPTION_COUNT, &settings.seed, "N", "of the generated keys (1)", 0, 9e15},
    {"threads", 0, TERN_OPTION_COUNT, &settings.threads, "N",
     "threads of each rank (OMP_NUM_THREADS, or its share of the CPUs)", 1, 4096},
    {"record", 0, TERN_OPTION_COUNT, &settings.record, "BYTES",
     "files hold records of so many bytes, ordered by --key or else by all their bytes", 1,
     1 << 30},
    {"key", 0, TERN_OPTION_TEXT, &settings.key, "OFFSET:LENGTH[:TYPE]",
     "of --record: bytes that order it, counted from 0; with TYPE they are one number", 0, 0},
    {"buffer-size", 'S', TERN_OPTION_TEXT, &settings.memory, "SIZE",
     "memory that all ranks of a node use for keys or records: 500M, 4G, 50%", 0, 0},
    {"temporary-directory", 'T', TERN_OPTION_TEXT, &settings.folder, "DIR",
     "where what does not fit in memory is kept ($TMPDIR, or /tmp)", 0, 0},
    {"resume", 0, TERN_OPTION_FLAG, &settings.resume, NULL,
     "keep there what is done when the sort is killed or fails, and go on from it", 0, 0},
    {"check", 0, TERN_OPTION_FLAG, &settings.check, NULL,
     "do not sort: tell whether the input is in order", 0, 0},
    {"checksum", 0, TERN_OPTION_FLAG, &settings.checksum, NULL,
     "with --check print valsort's summary; with --generate=gensort print gensort's checksum", 0,
     0},
    {0},
};

static const tern_prog_spec spec = {
    .name = "tern-sort",
    .synopsis = "[OPTION]... [FILE]...",
    .about = "Sort the lines of all FILEs as one, in the order of LC_ALL=C sort; or, with --type, "
             "binary keys. Without FILE, or where FILE is -, read stdin. Under mpirun all ranks "
             "read, sort and write together.",
    .table = table,
    .examples = "  tern-sort -n -o sorted.txt numbers.txt         as sort -n, with all cores\n"
                "  mpirun -n 4 tern-sort -o all.txt part-*.txt    on four ranks\n"
                "  mpirun -n 4 tern-sort --type=f64 -o sorted.bin data.bin\n"
                "  mpirun -n 4 tern-sort --generate=zipf:100M\n",
    .most_operands = -1,
};

static void check_settings(int operands)
{
    if (settings.type >= 0 && (settings.numeric || settings.unique))
        tern_prog_usage("-n and -u are for lines of text, not for --type");
    check_record_settings(&settings);
    if (settings.generate == NULL)
        return;
    if (operands > 0 || (settings.output != NULL && !makes_records(&settings)))
        tern_prog_usage("--generate neither reads nor writes files");
    if (settings.numeric || settings.unique)
        tern_prog_usage("-n and -u are for lines of text, not for --generate");
}

static int set_threads(tern_comm *c)
{
    int threads;
    int error = tern_share_threads(tern_comm_node(c), (int)settings.threads, &threads);

    if (error)
        return error;
    omp_set_num_threads(threads);
    tern_json_count(tern_prog_report(), "threads", threads);
    return TERN_OK;
}

void report_result(tern_comm *c, uint64_t elements, uint64_t bytes, uint64_t mine)
{
    tern_json *j = tern_prog_report();
    struct rusage usage;
    uint64_t most[2] = {mine, 0}, all[2], sum = mine;

    if (getrusage(RUSAGE_SELF, &usage) == 0)
        most[1] = (uint64_t)usage.ru_maxrss * 1024;
    int error = tern_allreduce(c, most, all, 2, MPI_UINT64_T, MPI_MAX);
    if (!error)
        error = tern_allreduce(c, &mine, &sum, 1, MPI_UINT64_T, MPI_SUM);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    double average = (double)sum / tern_size(c);
    tern_json_count(j, "elements", (int64_t)elements);
    tern_json_count(j, "bytes", (int64_t)bytes);
    tern_json_real(j, "imbalance", average > 0 ? (double)all[0] / average : 1);
    tern_json_count(j, "peak_bytes_per_rank", (int64_t)all[1]);
}

int main(int argc, char **argv)
{
    tern_comm *c;
    enum tern_exit status;

    tern_prog_start(&spec, &argc, &argv, &c);
    check_settings(argc - 1);
    int error = set_threads(c);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    if (settings.generate != NULL)
        status = sort_generated(c, &settings);
    else if (settings.check && (settings.record > 0 || settings.type >= 0))
        status = check_records(c, &settings, argc - 1, argv + 1);
    else if (settings.record > 0 || settings.type >= 0 || (argc > 1 && is_npy(argv[1])))
        status = sort_binary(c, &settings, argc - 1, argv + 1);
    else
        status = sort_text(c, &settings, argc - 1, argv + 1);
    return tern_prog_end(status);
}
