/* SPDX-License-Identifier: BSD-3-Clause */
/* Files larger than the memory that -S allows: from the operands, through runs on local disks, to
 * the file of -o, which is written beside its name and renamed when whole. */
#include "config.h"

#include "sort/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- -S ---------------------------------------------------------------------------------------
 */

static double physical_memory(void)
{
    return (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

/* As GNU sort reads it: a number and b, K (if there is none), M, G, T, P, E, or %. */
static double parse_size(const char *text)
{
    static const char suffixes[] = "KMGTPE";
    char *end;
    double size = strtod(text, &end);
    const char *suffix = *end != '\0' ? strchr(suffixes, *end == 'k' ? 'K' : *end) : suffixes;

    if (end == text || !(size >= 0) || size > 1e18 || (*end != '\0' && end[1] != '\0')
        || (suffix == NULL && *end != 'b' && *end != '%'))
        tern_prog_usage("-S: '%s' is no size; try 500M, 4G or 50%%", text);
    return *end == 'b'   ? size
           : *end == '%' ? size / 100 * physical_memory()
                         : ldexp(size, 10 * (int)(suffix - suffixes + 1));
}

/* Bytes of this rank's share of what -S allows to all ranks of a node. */
static double share_of_memory(tern_comm *c, const sort_settings *s)
{
    double size = s->memory != NULL ? parse_size(s->memory) : 0.9 * physical_memory();
    int ranks = 1;

    MPI_Comm_size(tern_comm_node(c), &ranks);
    return size / ranks;
}

enum { TIMES_IN_MEMORY_10 = 22 /* a sort in memory takes twice the data, and some */ };

int external_needed(tern_comm *c, const sort_settings *s, uint64_t bytes, bool *out)
{
    double mine = share_of_memory(c, s), least = 0;
    int error = tern_allreduce(c, &mine, &least, 1, MPI_DOUBLE, MPI_MIN);

    *out = (double)bytes * TIMES_IN_MEMORY_10 / 10 / tern_size(c) > least;
    return error;
}

enum { RUNS_NAME = 4000 };

/* ---- Sorting ----------------------------------------------------------------------------------
 */

typedef struct external_job {
    const sequence *files;
    const tern_record_layout *layout;
    bool big_endian;
    uint64_t first;   /* this rank's first record */
    const char *path; /* of -o */
    int fd;
    uint64_t header; /* bytes before the first record */
} external_job;

static int read_part(void *context, uint64_t first, size_t n, void *records)
{
    const external_job *j = context;
    size_t bytes = j->layout->bytes;
    int error = sequence_read(j->files, (j->first + first) * bytes, n * bytes, records);

    if (!error)
        swap_unless_native(j->layout, j->big_endian, records, n);
    return error;
}

static int write_at(const external_job *j, const char *bytes, size_t n, uint64_t offset)
{
    while (n > 0) {
        ssize_t put = pwrite(j->fd, bytes, n, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return tern_fail(TERN_EIO, NULL, "%s: %s", j->path, strerror(put < 0 ? errno : ENOSPC));
        bytes += put;
        n -= (size_t)put;
        offset += (uint64_t)put;
    }
    return TERN_OK;
}

/* The block is given up after this, so that its bytes may be turned round in place. */
static int write_part(void *context, uint64_t at, void *records, size_t n)
{
    const external_job *j = context;
    size_t bytes = j->layout->bytes;

    swap_unless_native(j->layout, false, records, n);
    return write_at(j, records, n * bytes, j->header + at * bytes);
}

static int open_output(external_job *j, const tern_outfile *file)
{
    j->fd = open(file->beside, O_WRONLY | O_CLOEXEC);
    return j->fd >= 0 ? TERN_OK : tern_fail(TERN_EIO, NULL, "%s: %s", file->path, strerror(errno));
}

/* Ranks of a node take the folders of -T in turn. */
static const char *folder_of(tern_comm *c, const sort_settings *s)
{
    const char *fallback = getenv("TMPDIR");
    int rank = 0;

    MPI_Comm_rank(tern_comm_node(c), &rank);
    return s->temporary.n > 0 ? s->temporary.text[rank % s->temporary.n]
           : fallback != NULL ? fallback
                              : "/tmp";
}

/* Where to go on with the same input: its names, sizes and times make the name. */
static int name_runs(tern_comm *c, const sort_settings *s, const sequence *files,
                     char out[static RUNS_NAME])
{
    uint64_t hash = tern_hash(files->files, (size_t)files->n * sizeof(*files->files), 0);

    for (int i = 0; i < files->n; i++)
        hash = tern_hash(files->paths[i], strlen(files->paths[i]), hash);
    int n = snprintf(out, RUNS_NAME, "%s/tern-sort-%016" PRIx64 ".%d", folder_of(c, s), hash,
                     tern_rank(c));
    return n < RUNS_NAME ? TERN_OK
                         : tern_fail(TERN_EIO, NULL, "%s: the name is too long", folder_of(c, s));
}

static int sort_to(tern_comm *c, const sort_settings *s, const external_source *source,
                   external_job *j, tern_content *content)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c),
             n = source->files->total / j->layout->bytes, rest = n % p;
    char runs[RUNS_NAME];
    tern_external e = {
        .layout = *j->layout,
        .descending = s->reverse,
        .memory = (size_t)share_of_memory(c, s),
        .folder = folder_of(c, s),
        .resume = s->resume ? runs : NULL,
        .n = n / p + (r < rest),
        .read = read_part,
        .write = write_part,
        .context = j,
        .phase = tern_prog_phase,
        .step = tern_prog_step,
    };
    char header[NPY_HEADER];
    int error = name_runs(c, s, source->files, runs);

    j->first = n / p * r + (r < rest ? r : rest);
    if (source->npy) {
        j->header = npy_header(j->layout->type, n, header);
        if (tern_rank(c) == 0 && !error)
            error = write_at(j, header, NPY_HEADER, 0);
    }
    error = tern_agree(c, error);
    if (!error)
        error = tern_sort_external(c, &e, content);
    if (!error)
        report_result(c, content->items, content->bytes, e.n);
    return error ? error : sequence_unchanged(c, source->files);
}

int external_sort(tern_comm *c, const sort_settings *s, const external_source *source)
{
    external_job j = {.files = source->files,
                      .layout = source->layout,
                      .big_endian = source->big_endian,
                      .path = s->output,
                      .fd = -1};
    tern_outfile file = {.path = ""};
    tern_content content;
    int error = tern_rank(c) == 0 ? tern_outfile_begin(s->output, &file) : TERN_OK;

    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, &file, sizeof(file), MPI_BYTE, 0);
    if (error)
        return error;
    error = tern_agree(c, open_output(&j, &file));
    if (!error)
        error = sort_to(c, s, source, &j, &content);
    if (j.fd >= 0 && close(j.fd) != 0 && !error)
        error = tern_fail(TERN_EIO, NULL, "%s: %s", file.path, strerror(errno));
    error = tern_agree(c, error);
    if (tern_rank(c) == 0) {
        if (error)
            tern_outfile_discard(&file);
        else
            error = tern_outfile_commit(&file);
    }
    return error ? error : tern_agree(c, error);
}
