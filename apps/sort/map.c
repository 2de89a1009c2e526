/* SPDX-License-Identifier: BSD-3-Clause */
/* Regular files as one text in memory, without a copy: mapped one behind the other, each from a
 * page of its own on and with an end of a line behind it.  Ranks of one node so share the pages of
 * the file cache.  What another program does to a file meanwhile shows: a page that is gone is
 * replaced by an empty one, and map_check() tells. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sort/tern-sort.h"

enum { MOST_FILES = 256, LOAD_BYTES = 8 << 20 };

static size_t page;

/* The map that is open, for the signal. */
static struct {
    char *base;
    size_t bytes;
    volatile sig_atomic_t lost; /* pages of it could not be read */
    struct sigaction before;
} watched;

/* ---- Pages that are gone ----------------------------------------------------------------------
 */

/* Everything here is a system call. */
static void replace_page(int number, siginfo_t *info, void *context)
{
    char *at = info->si_addr;

    (void)number, (void)context;
    if (at < watched.base || at >= watched.base + watched.bytes) {
        sigaction(SIGBUS, &watched.before, NULL); /* not ours: it comes again */
        return;
    }
    at -= (uintptr_t)at % page;
    if (mmap(at, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        == MAP_FAILED)
        _exit(TERN_EXIT_ERROR);
    watched.lost = 1;
}

static void watch(const input_map *map)
{
    struct sigaction action = {.sa_sigaction = replace_page, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigemptyset(&action.sa_mask);
    watched.base = map->base;
    watched.bytes = map->bytes;
    watched.lost = 0;
    sigaction(SIGBUS, &action, &watched.before);
}

/* ---- Mapping ----------------------------------------------------------------------------------
 */

static size_t whole_pages(uint64_t bytes)
{
    return (size_t)((bytes + page - 1) / page * page);
}

/* The pages of a file and, behind it, the end of its last line, in its last page or one more. */
static int map_file(const input *in, int i, char *at)
{
    size_t size = (size_t)in->files[i].size, mapped = whole_pages(size);
    int fd = open(in->paths[i], O_RDONLY | O_CLOEXEC);
    bool bad =
        fd < 0
        || (size > 0 && mmap(at, mapped, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
        || mprotect(at + mapped, page, PROT_READ | PROT_WRITE) != 0
        || (size < mapped && mprotect(at + mapped - page, page, PROT_READ | PROT_WRITE) != 0);
    int why = errno;

    if (fd >= 0)
        close(fd);
    if (bad)
        return tern_fail(TERN_EIO, NULL, "%s: %s", in->paths[i], strerror(why));
    at[size] = at[mapped] = in->end;
    return TERN_OK;
}

bool map_can(const input *in)
{
    return !in->stream && !in->grows && in->n <= MOST_FILES
           && in->total < (uint64_t)1 << (MAP_PLACE_BITS - 1);
}

bool map_is_shared(tern_comm *c)
{
    int near = 0;

    MPI_Comm_size(tern_comm_node(c), &near);
    return near == tern_size(c);
}

int map_open(const input *in, input_map *map)
{
    page = (size_t)sysconf(_SC_PAGESIZE);
    *map = (input_map){.at = malloc(((size_t)in->n + 1) * sizeof(*map->at))};
    if (map->at == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "no memory for %d files", in->n);
    for (int i = 0; i < in->n; i++) {
        map->at[i] = map->bytes;
        map->bytes += whole_pages(in->files[i].size) + page;
    }
    map->base =
        mmap(NULL, map->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map->base == MAP_FAILED) {
        map->base = NULL;
        return tern_fail(TERN_ENOMEM, NULL, "no room for %zu bytes: %s", map->bytes,
                         strerror(errno));
    }
    watch(map);
    int error = TERN_OK;
    for (int i = 0; i < in->n && !error; i++)
        error = map_file(in, i, map->base + map->at[i]);
    return error;
}

void map_close(input_map *map)
{
    if (map->base != NULL) {
        sigaction(SIGBUS, &watched.before, NULL);
        munmap(map->base, map->bytes);
    }
    free(map->at);
    *map = (input_map){.base = NULL};
}

/* ---- Use --------------------------------------------------------------------------------------
 */

size_t map_ranges(const input *in, const input_map *map, uint64_t begin, uint64_t end,
                  tern_text_range *ranges)
{
    size_t n = 0;

    for (int i = 0; i < in->n; i++) {
        const input_file *f = &in->files[i];
        uint64_t next = f->begin + f->size + f->open_end;
        uint64_t from = begin > f->begin ? begin : f->begin, to = end < next ? end : next;
        if (from < to)
            ranges[n++] = (tern_text_range){map->at[i] + (size_t)(from - f->begin),
                                            map->at[i] + (size_t)(to - f->begin)};
    }
    return n;
}

void map_load(const input_map *map, tern_text_range range)
{
    size_t begin = range.begin / page * page, bytes = whole_pages(range.end) - begin;
    volatile char *p = map->base + begin;

    (void)madvise(map->base + begin, bytes, MADV_WILLNEED); /* read ahead, all of it at once */
#ifdef MADV_POPULATE_READ
    if (madvise(map->base + begin, bytes, MADV_POPULATE_READ) == 0)
        return;
#endif
    for (size_t i = 0; i < bytes; i += page)
        (void)p[i];
}

void map_load_all(const input_map *map, tern_text_range range)
{
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t at = range.begin; at < range.end; at += LOAD_BYTES) {
        size_t end = range.end - at < LOAD_BYTES ? range.end : at + LOAD_BYTES;
        map_load(map, (tern_text_range){at, end});
    }
}

int map_check(const input *in)
{
    int error = input_check(in);

    if (!error && watched.lost)
        error = tern_fail(TERN_EIO, NULL, "%s: a part of it could not be read",
                          in->n == 1 ? in->paths[0] : "a file");
    return error;
}
