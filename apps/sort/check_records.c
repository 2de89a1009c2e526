/* SPDX-License-Identifier: BSD-3-Clause */
/* --check of keys and records, by all ranks and threads, a piece at a time: order, and the summary
 * that valsort 1.5 of the Sort Benchmark gives, whose checksum is the sum of the records' CRC-32.
 */
#include "config.h"

#include "sort/binary.h"

#include <inttypes.h>
#include <stdio.h>

enum { PIECE_BYTES = 4 << 20 };

/* Of some records. */
typedef struct summary {
    uint64_t records, checksum;
    uint64_t equal, falls; /* records whose key is equal to, or less than, that of the one before */
    uint64_t first_fall;   /* number of the first of the latter, or UINT64_MAX */
} summary;

/* What is checked. */
typedef struct checking {
    tern_record_layout layout;
    bool reverse;
    const crc32_table *table; /* NULL: no checksum */
    const sequence *files;
    const char *block; /* all of it, on rank 0, if it came as a stream; else NULL */
} checking;

/* Records first .. end - 1, of which `piece` also has the one before, unless first is 0. */
static summary summarise(const checking *k, const char *piece, uint64_t first, uint64_t end)
{
    size_t bytes = k->layout.bytes;
    summary s = {.records = end - first, .first_fall = UINT64_MAX};
    const char *record = piece + (first > 0 ? bytes : 0);

    for (uint64_t i = first; i < end; i++, record += bytes) {
        if (k->table != NULL)
            s.checksum += crc32_of(k->table, record, bytes);
        if (i == 0)
            continue;
        int order = record_compare(&k->layout, record - bytes, record);
        s.equal += order == 0;
        if (k->reverse ? order < 0 : order > 0) {
            s.falls++;
            s.first_fall = i < s.first_fall ? i : s.first_fall;
        }
    }
    return s;
}

static void add(summary *sum, const summary *part)
{
    sum->records += part->records;
    sum->checksum += part->checksum;
    sum->equal += part->equal;
    sum->falls += part->falls;
    if (part->first_fall < sum->first_fall)
        sum->first_fall = part->first_fall;
}

static int check_piece(const checking *k, uint64_t first, uint64_t end, char *buffer, summary *out)
{
    uint64_t from = first > 0 ? first - 1 : 0;
    size_t bytes = k->layout.bytes;
    const char *piece = k->block != NULL ? k->block + from * bytes : buffer;

    if (k->block == NULL) {
        int error = sequence_read(k->files, from * bytes, (size_t)(end - from) * bytes, buffer);
        if (error)
            return error;
    }
    *out = summarise(k, piece, first, end);
    return TERN_OK;
}

/* Records first .. end - 1 with all threads. */
static int check_range(const checking *k, uint64_t first, uint64_t end, summary *sum)
{
    uint64_t step = PIECE_BYTES / k->layout.bytes + 1;
    thread_failure failed = {.error = TERN_OK};

    *sum = (summary){.first_fall = UINT64_MAX};
#pragma omp parallel if (end - first > step)
    {
        char *buffer = tern_alloc((step + 1) * k->layout.bytes);
        if (buffer == NULL)
            thread_failed(&failed, TERN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (uint64_t i = first; i < end; i += step) {
            summary part = {.first_fall = UINT64_MAX};
            if (buffer != NULL)
                thread_failed(&failed,
                              check_piece(k, i, end - i < step ? end : i + step, buffer, &part));
#pragma omp critical(sort_check)
            add(sum, &part);
        }
        tern_free(buffer);
    }
    return thread_failure_end(&failed);
}

static int reduce(tern_comm *c, const summary *mine, summary *all)
{
    uint64_t sums[4] = {mine->records, mine->checksum, mine->equal, mine->falls}, total[4];
    int error = tern_allreduce(c, sums, total, 4, MPI_UINT64_T, MPI_SUM);

    if (!error)
        error = tern_allreduce(c, &mine->first_fall, &all->first_fall, 1, MPI_UINT64_T, MPI_MIN);
    all->records = total[0];
    all->checksum = total[1];
    all->equal = total[2];
    all->falls = total[3];
    return error;
}

/* What came as a stream: rank 0 has it all. */
static int check_stream(tern_comm *c, checking *k, const input *in, summary *mine)
{
    stream_part all;
    int error = input_begin_stream(c, in, k->layout.bytes, SIZE_MAX, &all);

    k->block = all.block;
    if (!error)
        error = tern_agree(c, check_range(k, 0, all.bytes / k->layout.bytes, mine));
    stream_part_free(&all);
    return error;
}

static int check_files(tern_comm *c, checking *k, const input *in, summary *mine)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c);
    uint64_t n = in->total / k->layout.bytes, rest = n % p;
    uint64_t first = n / p * r + (r < rest ? r : rest);
    sequence files;
    int error = sequence_open(c, in, &files);

    k->files = &files;
    if (!error)
        error = tern_agree(c, check_range(k, first, first + n / p + (r < rest), mine));
    if (!error)
        error = sequence_unchanged(c, &files);
    sequence_close(&files);
    k->files = NULL;
    return error;
}

static int check(tern_comm *c, checking *k, const input *in, summary *all)
{
    summary mine;
    int error = in->stream ? check_stream(c, k, in, &mine) : check_files(c, k, in, &mine);

    if (!error)
        error = reduce(c, &mine, all);
    if (error)
        return error;
    tern_prog_phase(NULL, mine.records * k->layout.bytes);
    report_result(c, all->records, all->records * k->layout.bytes, mine.records);
    return TERN_OK;
}

/* In the words of valsort. */
static void print_summary(const summary *s)
{
    if (s->falls > 0)
        printf("First unordered record is record %" PRIu64 "\n", s->first_fall);
    printf("Records: %" PRIu64 "\nChecksum: %" PRIx64 "\n", s->records, s->checksum);
    if (s->falls > 0)
        printf("ERROR - there are %" PRIu64 " unordered records\n", s->falls);
    else
        printf("Duplicate keys: %" PRIu64 "\nSUCCESS - all records are in order\n", s->equal);
}

enum tern_exit check_records(tern_comm *c, const sort_settings *s)
{
    crc32_table table;
    input in = {.paths = s->paths, .n = s->n_paths};
    summary all;
    checking k = {.layout = record_layout(s), .reverse = s->reverse};

    if (s->checksum) {
        crc32_prepare(&table);
        k.table = &table;
    }
    tern_prog_phase("check", 0);
    int error = input_open(c, k.layout.bytes, &in);
    if (!error)
        error = check(c, &k, &in, &all);
    input_close(&in);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    if (s->checksum && tern_prog_talks())
        print_summary(&all);
    if (all.falls > 0 && !s->checksum) {
        error = tern_rank(c) == 0 ? tern_fail(TERN_EMISMATCH, NULL,
                                              "record %" PRIu64 ", counted from 0, is out of order",
                                              all.first_fall)
                                  : TERN_OK;
        tern_prog_fail(TERN_EXIT_DIFFER, tern_agree(c, error));
    }
    return all.falls > 0 ? TERN_EXIT_DIFFER : TERN_EXIT_OK;
}
