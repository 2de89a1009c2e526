/* SPDX-License-Identifier: BSD-3-Clause */
/* Small blocks come from malloc.  Large ones are mapped, on huge pages where the system gives them,
 * and kept after they are freed: a list of free blocks, taken first fit when not more than a
 * quarter of the block would be wasted. */
#include "config.h"

#include "base/base.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64, LARGE = 1 << 20, HUGE_PAGE = 2 << 20, PAGE = 4096 };

/* Stands in the 64 bytes before every block. */
struct head {
    size_t bytes;      /* usable, without the head */
    void *base;        /* what malloc or mmap gave */
    size_t mapped;     /* bytes mapped; 0: from malloc */
    struct head *next; /* in the list of free blocks */
};
_Static_assert(sizeof(struct head) <= ALIGN, "the head must fit before an aligned block");

static struct {
    pthread_mutex_t lock;
    struct head *free;
    tern_pool_usage usage;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *block_of(struct head *h)
{
    return (char *)h + ALIGN;
}

static struct head *head_of(void *block)
{
    return (struct head *)((char *)block - ALIGN);
}

static struct head *make_head(void *base, size_t mapped, uintptr_t align, size_t bytes)
{
    uintptr_t block = ((uintptr_t)base + ALIGN + align - 1) / align * align;
    struct head *h = head_of((void *)block); /* NOLINT(performance-no-int-to-ptr) */

    *h = (struct head){.bytes = bytes, .base = base, .mapped = mapped};
    return h;
}

static struct head *new_small(size_t bytes)
{
    void *base = malloc(bytes + 2 * (size_t)ALIGN);

    return base != NULL ? make_head(base, 0, ALIGN, bytes) : NULL;
}

/* The block starts on a huge page; its head lies in the page before, of which only 4 KiB are ever
 * touched. */
static struct head *new_large(size_t bytes)
{
    size_t mapped = bytes + HUGE_PAGE + PAGE;
    void *base = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED)
        return NULL;
    struct head *h = make_head(base, mapped, HUGE_PAGE, bytes);
#ifdef MADV_HUGEPAGE
    if (tern_env_number("TERN_HUGE") != 0)
        madvise(block_of(h), bytes, MADV_HUGEPAGE);
#endif
    return h;
}

/* hot for large blocks: the list is short, since a program has few sizes */
static struct head *take_cached(size_t bytes)
{
    for (struct head **at = &pool.free; *at != NULL; at = &(*at)->next) {
        struct head *h = *at;
        if (h->bytes < bytes || h->bytes - bytes > h->bytes / 4)
            continue;
        *at = h->next;
        pool.usage.cached -= h->bytes;
        return h;
    }
    return NULL;
}

/* Sizes that differ by little become one, so that blocks of them are reused: at most an eighth is
 * added, which is address space, and no memory before it is touched. */
static size_t round_up(size_t bytes)
{
    size_t step = PAGE;

    while (bytes / 16 > step)
        step *= 2;
    return (bytes + step - 1) / step * step;
}

static void *alloc_large(size_t bytes)
{
    bytes = round_up(bytes);
    pthread_mutex_lock(&pool.lock);
    struct head *h = take_cached(bytes);
    if (h == NULL)
        h = new_large(bytes);
    if (h != NULL)
        pool.usage.used += h->bytes;
    if (pool.usage.used + pool.usage.cached > pool.usage.peak)
        pool.usage.peak = pool.usage.used + pool.usage.cached;
    pthread_mutex_unlock(&pool.lock);
    if (h == NULL) { /* perhaps what is cached stands in the way */
        tern_pool_trim();
        return NULL;
    }
    return block_of(h);
}

void *tern_alloc(size_t bytes)
{
    void *block = NULL;

    if (bytes < LARGE) {
        struct head *h = new_small(bytes);
        block = h != NULL ? block_of(h) : NULL;
    } else if (bytes < SIZE_MAX / 2) {
        block = alloc_large(bytes);
        if (block == NULL)
            block = alloc_large(bytes);
    }
    if (block == NULL)
        tern_fail(TERN_ENOMEM, NULL,
                  "no memory for %zu bytes: use more ranks or nodes, or smaller data", bytes);
    return block;
}

void tern_free(void *block)
{
    if (block == NULL)
        return;
    struct head *h = head_of(block);
    if (h->mapped == 0) {
        free(h->base);
        return;
    }
    pthread_mutex_lock(&pool.lock);
    pool.usage.used -= h->bytes;
    bool keep = pool.usage.cached + h->bytes <= (size_t)tern_env_number("TERN_POOL_BYTES");
    if (keep) {
        pool.usage.cached += h->bytes;
        h->next = pool.free;
        pool.free = h;
    }
    pthread_mutex_unlock(&pool.lock);
    if (!keep)
        munmap(h->base, h->mapped);
}

/* ---- Growth --------------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Copy one huge page after the other, and give each back: no page is held twice.  mremap() would
 * not copy, but with it Debian's MPICH lost what was in them. */
static void move_pages(char *from, size_t bytes, char *to)
{
    for (size_t at = 0; at < bytes; at += HUGE_PAGE) {
        size_t size = least(bytes - at, HUGE_PAGE);
        memcpy(to + at, from + at, size);
#ifdef MADV_DONTNEED
        if (size == HUGE_PAGE)
            madvise(from + at, size, MADV_DONTNEED);
#endif
    }
}

/* A mapped block of at least `bytes`, with the content of h, which is unmapped. */
static struct head *grow_large(struct head *h, size_t bytes)
{
    bytes = round_up(bytes);
    struct head *larger = new_large(bytes);

    if (larger == NULL)
        return NULL;
    pthread_mutex_lock(&pool.lock);
    pool.usage.used += larger->bytes - h->bytes;
    if (pool.usage.used + pool.usage.cached > pool.usage.peak)
        pool.usage.peak = pool.usage.used + pool.usage.cached;
    pthread_mutex_unlock(&pool.lock);
    move_pages(block_of(h), h->bytes, block_of(larger));
    munmap(h->base, h->mapped);
    return larger;
}

void *tern_grow(void *block, size_t bytes)
{
    struct head *h = head_of(block);

    if (bytes <= h->bytes)
        return block;
    if (h->mapped > 0 && bytes < SIZE_MAX / 2) {
        struct head *larger = grow_large(h, bytes);
        if (larger != NULL)
            return block_of(larger);
    }
    void *larger = tern_alloc(bytes);
    if (larger == NULL)
        return NULL;
    memcpy(larger, block, h->bytes);
    tern_free(block);
    return larger;
}

void tern_touch(void *block, size_t bytes)
{
    volatile char *p = block;

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < bytes; i += PAGE)
        p[i] = p[i]; /* cppcheck-suppress selfAssignment ; volatile: touches the page */
}

void tern_pool_trim(void)
{
    pthread_mutex_lock(&pool.lock);
    struct head *list = pool.free;
    pool.free = NULL;
    pool.usage.cached = 0;
    pthread_mutex_unlock(&pool.lock);
    while (list != NULL) {
        struct head *h = list;
        list = h->next;
        munmap(h->base, h->mapped);
    }
}

void tern_pool_stat(tern_pool_usage *out)
{
    pthread_mutex_lock(&pool.lock);
    *out = pool.usage;
    pthread_mutex_unlock(&pool.lock);
}
