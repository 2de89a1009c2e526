/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-sort: sort lines of text, files of binary keys, or generated keys, on any number of ranks.
 */
#include "config.h"

#include "sort/binary.h"
#include "topo/topo.h"

#include <omp.h>

static sort_settings settings = {.type = -1, .seed = 1, .order = -1};

#define LETTER(c) &settings.letters[c]

static const tern_option table[] = {
    {"ignore-leading-blanks", 'b', TERN_OPTION_FLAG, LETTER('b'), NULL, "keys begin after blanks",
     0, 0},
    {"dictionary-order", 'd', TERN_OPTION_FLAG, LETTER('d'), NULL,
     "compare blanks, letters and digits only", 0, 0},
    {"ignore-case", 'f', TERN_OPTION_FLAG, LETTER('f'), NULL,
     "compare lower-case letters as upper-case ones", 0, 0},
    {"general-numeric-sort", 'g', TERN_OPTION_FLAG, LETTER('g'), NULL,
     "compare by leading floating-point number, 1e3", 0, 0},
    {"human-numeric-sort", 'h', TERN_OPTION_FLAG, LETTER('h'), NULL,
     "compare by leading number with suffix, 2K < 1G", 0, 0},
    {"ignore-nonprinting", 'i', TERN_OPTION_FLAG, LETTER('i'), NULL,
     "compare printable characters only", 0, 0},
    {"month-sort", 'M', TERN_OPTION_FLAG, LETTER('M'), NULL,
     "compare by name of month, JAN < .. < DEC", 0, 0},
    {"numeric-sort", 'n', TERN_OPTION_FLAG, LETTER('n'), NULL,
     "compare by leading decimal number of any length", 0, 0},
    {"version-sort", 'V', TERN_OPTION_FLAG, LETTER('V'), NULL,
     "compare numbers within text by value, a9 < a10", 0, 0},
    {"reverse", 'r', TERN_OPTION_FLAG, LETTER('r'), NULL, "reverse the order", 0, 0},
    {"sort", 0, TERN_OPTION_CHOICE, &settings.order, SORT_NAMES, "-g, -h, -M, -n or -V", 0, 0},
    {"key", 'k', TERN_OPTION_LIST, &settings.keys, "KEYDEF",
     "compare a part of the line: F[.C][OPTS][,F[.C][OPTS]], from field F, character C to another; "
     "OPTS are letters of bdfgiMhnrV; several keys decide in turn",
     0, 0},
    {"field-separator", 't', TERN_OPTION_LIST, &settings.separators, "C",
     "fields end at C (\\0: NUL), not where blanks begin", 0, 0},
    {"stable", 's', TERN_OPTION_FLAG, LETTER('s'), NULL,
     "leave lines with equal keys in the order of the input", 0, 0},
    {"unique", 'u', TERN_OPTION_FLAG, LETTER('u'), NULL,
     "of lines with equal keys write the first only", 0, 0},
    {"merge", 'm', TERN_OPTION_FLAG, LETTER('m'), NULL,
     "the inputs are sorted already (allowed; they need not be)", 0, 0},
    {NULL, 'c', TERN_OPTION_FLAG, LETTER('c'), NULL,
     "do not sort: tell the first line out of order, status 1", 0, 0},
    {NULL, 'C', TERN_OPTION_FLAG, LETTER('C'), NULL, "the same, silently", 0, 0},
    {"check", 0, TERN_OPTION_MAYBE, &settings.check_how, "HOW",
     "-c, or with quiet or silent -C, or with diagnose-first -c", 0, 0},
    {"zero-terminated", 'z', TERN_OPTION_FLAG, LETTER('z'), NULL, "lines end in NUL, not newline",
     0, 0},
    {"output", 'o', TERN_OPTION_LIST, &settings.outputs, "FILE",
     "write to FILE, which may be an input, instead of stdout", 0, 0},
    {"files0-from", 0, TERN_OPTION_TEXT, &settings.files0_from, "FILE",
     "read the names of the inputs, ended by NULs, from FILE", 0, 0},
    {"plain", 0, TERN_OPTION_FLAG, &settings.plain, NULL,
     "sort gzip and zstd files as they are, do not decompress them", 0, 0},
    {"debug", 0, TERN_OPTION_FLAG, &settings.debug, NULL, "tell on stderr what is compared", 0, 0},
    {"buffer-size", 'S', TERN_OPTION_TEXT, &settings.memory, "SIZE",
     "memory that all ranks of a node may use: 500M, 4G, 50% (90%); what needs more is sorted by "
     "way of the disk",
     0, 0},
    {"temporary-directory", 'T', TERN_OPTION_LIST, &settings.temporary, "DIR",
     "where sorted runs of what does not fit in memory are kept ($TMPDIR, or /tmp); ranks of a "
     "node "
     "take several in turn",
     0, 0},
    {"compress-program", 0, TERN_OPTION_LIST, &settings.compress, "PROG",
     "compress the runs by PROG, and decompress them by PROG -d; zstd is built in", 0, 0},
    {"batch-size", 0, TERN_OPTION_COUNT, &settings.batch, "N",
     "accepted, not needed: any number of runs is merged at once", 2, 9e15},
    {"parallel", 0, TERN_OPTION_COUNT, &settings.parallel, "N", "as --threads", 1, 4096},
    {"type", 0, TERN_OPTION_CHOICE, &settings.type, TERN_KEY_NAMES,
     "files hold binary little-endian keys of this type, unless they are arrays: x.npy, or "
     "x.h5:/PATH of HDF5; generated keys are of it (u64)",
     0, 0},
    {"generate", 0, TERN_OPTION_TEXT, &settings.generate, "DIST:N",
     "sort N generated keys in memory, verify and report; DIST is uniform, sorted, reversed, "
     "equal, "
     "few, zipf, normal, exponential, almost, sqrt, staggered, buckets, groups or all-to-one; N "
     "may have a suffix, 10M. Or gensort:N[,skew][,ascii][,from=M]: write records of the Sort "
     "Benchmark",
     0, 0},
    {"seed", 0, TERN_OPTION_COUNT, &settings.seed, "N", "of the generated keys (1)", 0, 9e15},
    {"threads", 0, TERN_OPTION_COUNT, &settings.threads, "N",
     "threads of each rank (OMP_NUM_THREADS, or its share of the CPUs)", 1, 4096},
    {"record", 0, TERN_OPTION_COUNT, &settings.record, "BYTES",
     "files hold records of so many bytes, ordered by --key=OFFSET:LENGTH[:TYPE] or else by all "
     "their bytes",
     1, 1 << 30},
    {"resume", 0, TERN_OPTION_FLAG, &settings.resume, NULL,
     "keep in DIR of -T what is done when the sort is killed or fails, and go on from it", 0, 0},
    {"in-place", 0, TERN_OPTION_FLAG, &settings.in_place, NULL,
     "sort binary keys, records and arrays in little more memory than they take, not in twice as "
     "much, which takes longer",
     0, 0},
    {"algorithm", 0, TERN_OPTION_TEXT, &settings.algorithm, "NAME",
     "how ranks sort binary keys, records and arrays that fit in memory: auto, sample, histogram, "
     "ams, hypercube, bitonic or radix (auto)",
     0, 0},
    {"stats", 0, TERN_OPTION_MAYBE, &settings.stats, "json",
     "tell on stderr, for people or as JSON, what each phase took, how evenly, and what share that "
     "is "
     "of what memory, exchange and disk give, which is measured at the end",
     0, 0},
    {"checksum", 0, TERN_OPTION_FLAG, &settings.checksum, NULL,
     "with --check print valsort's summary; with --generate=gensort print gensort's checksum", 0,
     0},
    {0},
};

static const tern_prog_spec spec = {
    .name = "tern-sort",
    .synopsis = "[OPTION]... [FILE]...",
    .about = "Sort the lines of all FILEs as one, exactly as LC_ALL=C sort; or, with --type, "
             "binary keys. Without FILE, or where FILE is -, read stdin; gzip and zstd files are "
             "decompressed. Under mpirun all ranks read, sort and write together.",
    .table = table,
    .examples = "  tern-sort -n -o sorted.txt numbers.txt         as sort -n, with all cores\n"
                "  tern-sort -t, -k2,2n -k1 table.csv             by number, then name\n"
                "  mpirun -n 4 tern-sort -o all.txt part-*.txt    on four ranks\n"
                "  mpirun -n 4 tern-sort --type=f64 -o sorted.bin data.bin\n"
                "  mpirun -n 4 tern-sort --generate=zipf:100M\n",
    .most_operands = -1,
};

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

int main(int argc, char **argv)
{
    tern_comm *c;
    enum tern_exit status;

    tern_prog_start(&spec, &argc, &argv, &c);
    settle_settings(&settings, argc - 1, argv + 1);
    int error = set_threads(c);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    if (settings.generate != NULL)
        status = sort_generated(c, &settings);
    else if (settings.check && (settings.record > 0 || settings.type >= 0))
        status = check_records(c, &settings);
    else if (settings.record > 0 || settings.type >= 0 || takes_arrays(&settings))
        status = sort_binary(c, &settings);
    else if (settings.check)
        status = check_text(c, &settings);
    else
        status = sort_text(c, &settings);
    report_stats(c, &settings);
    free_settings(&settings);
    return tern_prog_end(status);
}
