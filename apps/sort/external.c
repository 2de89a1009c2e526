/* SPDX-License-Identifier: BSD-3-Clause */
/* What is larger than the memory that -S allows: through runs on local disks to the output, which,
 * if it is a file, is written beside its name by all ranks and renamed when whole, and otherwise
 * by rank 0. */
#include "config.h"

#include "sort/external.h"

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

double external_memory(tern_comm *c, const sort_settings *s)
{
    double size = s->memory != NULL ? parse_size(s->memory) : 0.9 * physical_memory();
    int ranks = 1;

    MPI_Comm_size(tern_comm_node(c), &ranks);
    return size / ranks;
}

int external_needed(tern_comm *c, const sort_settings *s, double bytes, bool *out)
{
    double mine = external_memory(c, s), least = 0;
    int error = tern_allreduce(c, &mine, &least, 1, MPI_DOUBLE, MPI_MIN);

    *out = bytes / tern_size(c) > least;
    return error;
}

/* ---- -T ---------------------------------------------------------------------------------------
 */

enum { RUNS_NAME = 4000 };

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

/* Where to go on with the same input, which the hash tells. */
static int name_runs(tern_comm *c, const sort_settings *s, uint64_t hash,
                     char out[static RUNS_NAME])
{
    int n = snprintf(out, RUNS_NAME, "%s/tern-sort-%016" PRIx64 ".%d", folder_of(c, s), hash,
                     tern_rank(c));

    return n < RUNS_NAME ? TERN_OK
                         : tern_fail(TERN_EIO, NULL, "%s: the name is too long", folder_of(c, s));
}

/* ---- Output -----------------------------------------------------------------------------------
 */

typedef struct external_output {
    const external_source *source;
    const char *path; /* NULL: stdout */
    int fd;
    tern_writer writer;
    bool stream;     /* bytes go one after the other */
    uint64_t header; /* bytes before the first item */
} external_output;

static int fail(const external_output *o, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "%s: %s", o->path != NULL ? o->path : "stdout", why);
}

static int put_at(const external_output *o, const char *bytes, size_t n, uint64_t offset)
{
    tern_writer_part part;
    int error = tern_writer_begin(&o->writer, offset, &part);

    if (!error)
        error = tern_writer_put(&part, bytes, n);
    const int ended = tern_writer_end(&part);
    error = error ? error : ended;
    return error == TERN_EIO ? fail(o, tern_last_error()) : error;
}

static int put(const external_output *o, const char *bytes, size_t n, uint64_t offset)
{
    return o->stream ? output_put(o->fd, o->path, bytes, n) : put_at(o, bytes, n, offset);
}

/* The block is given up after this, so that its bytes may be turned round in place. */
static int write_part(void *context, uint64_t at, void *bytes, size_t n)
{
    const external_output *o = context;

    if (o->source->leave != NULL)
        o->source->leave(o->source->context, bytes, n);
    return put(o, bytes, n, o->header + at);
}

/* Before the first item: room for the head, which is written when the items are counted, or, to a
 * stream, at once. */
static int begin_header(external_output *o)
{
    const external_source *source = o->source;
    uint64_t items = source->items == UINT64_MAX ? 1 : source->items;
    char *head = NULL;
    size_t bytes = 0;

    if (o->stream && source->items == UINT64_MAX)
        return tern_fail(TERN_EINVAL, NULL, "an array of unknown size cannot be written to a pipe");
    int error = source->header(source->context, items, &head, &bytes);
    if (!error && o->stream)
        error = put(o, head, bytes, 0);
    o->header = bytes;
    free(head);
    return error;
}

static int write_header(const external_output *o, uint64_t items)
{
    char *head = NULL;
    size_t bytes = 0;
    int error = o->source->header(o->source->context, items, &head, &bytes);

    if (!error)
        error = put(o, head, bytes, 0);
    free(head);
    return error;
}

static int read_part(void *context, uint64_t at, size_t n, void *bytes, size_t *got)
{
    const external_source *source = ((const external_output *)context)->source;

    int error = source->read(source->context, at, n, bytes, got);
    if (!error && source->enter != NULL)
        source->enter(source->context, bytes, *got);
    return error;
}

/* ---- Sorting ----------------------------------------------------------------------------------
 */

static int sort_to(tern_comm *c, const sort_settings *s, external_output *o)
{
    const external_source *source = o->source;
    bool heads = source->header != NULL, first = tern_rank(c) == 0;
    char runs[RUNS_NAME];
    tern_content content;
    tern_external e = {
        .layout = source->layout,
        .lines = source->lines,
        .descending = s->reverse,
        .memory = (size_t)external_memory(c, s),
        .folder = folder_of(c, s),
        .resume = s->resume ? runs : NULL,
        .compress = s->packer,
        .in_order = o->stream,
        .bytes = source->bytes,
        .read = read_part,
        .write = write_part,
        .context = o,
        .phase = tern_prog_phase,
        .step = tern_prog_step,
    };
    int error = name_runs(c, s, source->input, runs);

    if (!error && heads && first)
        error = begin_header(o);
    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, &o->header, 1, MPI_UINT64_T, 0);
    if (!error)
        error = tern_sort_external(c, &e, &content);
    if (!error && heads && first && !o->stream)
        error = write_header(o, content.items);
    if (!error)
        report_result(c, content.items, content.bytes, content.bytes / (uint64_t)tern_size(c));
    return tern_agree(c, error);
}

static int end_output(external_output *o, int error)
{
    tern_writer_close(&o->writer);
    if (o->path != NULL && o->fd >= 0 && close(o->fd) != 0 && !error)
        error = fail(o, strerror(errno));
    return error;
}

static int sort_to_stdout(tern_comm *c, const sort_settings *s, const external_source *source)
{
    external_output o = {.source = source, .fd = STDOUT_FILENO, .stream = true};
    int error = sort_to(c, s, &o);

    return error ? error : source->unchanged(c, source->context);
}

/* Or UINT64_MAX, where it is not known. */
static uint64_t all_bytes(tern_comm *c, const external_source *source)
{
    const uint64_t p = (uint64_t)tern_size(c);

    return source->bytes > UINT64_MAX / p ? UINT64_MAX : source->bytes * p;
}

/* All ranks write a file; a device or a pipe is written by rank 0. */
static int sort_to_file(tern_comm *c, const sort_settings *s, const external_source *source,
                        const tern_outfile *file)
{
    external_output o = {.source = source,
                         .path = file->path,
                         .fd = -1,
                         .writer = {.direct = -1},
                         .stream = strcmp(file->path, file->beside) == 0};
    int error = TERN_OK;

    if (!o.stream || tern_rank(c) == 0) {
        o.fd = open(file->beside, O_WRONLY | O_CLOEXEC);
        if (o.fd < 0)
            error = fail(&o, strerror(errno));
        else if (!o.stream)
            o.writer = tern_writer_open(o.fd, all_bytes(c, source));
    }
    error = tern_agree(c, error);
    if (!error)
        error = sort_to(c, s, &o);
    error = tern_agree(c, end_output(&o, error));
    return error ? error : source->unchanged(c, source->context);
}

int external_sort(tern_comm *c, const sort_settings *s, const external_source *source)
{
    tern_outfile file = {.path = ""};

    if (s->output == NULL)
        return sort_to_stdout(c, s, source);
    int error = tern_rank(c) == 0 ? tern_outfile_begin(s->output, &file) : TERN_OK;
    error = tern_agree(c, error);
    if (!error)
        error = tern_bcast(c, &file, sizeof(file), MPI_BYTE, 0);
    if (error)
        return error;
    error = sort_to_file(c, s, source, &file);
    if (!error)
        tern_prog_phase("commit", 0);
    if (tern_rank(c) == 0) {
        if (error)
            tern_outfile_discard(&file);
        else
            error = tern_outfile_commit(&file);
    }
    error = tern_agree(c, error);
    if (!error)
        tern_prog_phase(NULL, 0);
    return error;
}
