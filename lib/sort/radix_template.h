/* SPDX-License-Identifier: BSD-3-Clause */
/* Radix sort of ITEMs by KEY(item), most significant digit first, between two arrays; included by
 * radix.c once for each type, with ITEM, KEY and NAME defined.
 *
 * Arrays beyond the caches are cut by all threads at once into up to 2048 buckets, by the highest
 * bits in which the keys differ.  Each thread collects what goes to a bucket in one cache line and
 * writes whole lines, so that a pass reads and writes memory once (software write combining:
 * Wassenberg and Sanders, Euro-Par 2011).  What then fits the cache is finished by one thread, the
 * buckets shared out among them.  All steps keep the order of equal keys. */

enum { NAME(PER_LINE) = LINE_BYTES / sizeof(ITEM) };

typedef struct NAME(line) {
    _Alignas(LINE_BYTES) ITEM item[NAME(PER_LINE)];
} NAME(line);

static void NAME(insertion)(ITEM *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        ITEM x = items[i];
        size_t j = i;
        for (; j > 0 && KEY(items[j - 1]) > KEY(x); j--)
            items[j] = items[j - 1];
        items[j] = x;
    }
}

/* The sorted items are in src and belong into other, or stay. */
static void NAME(settle)(const ITEM *src, ITEM *other, size_t n, bool into_other)
{
    if (into_other)
        memcpy(other, src, n * sizeof(ITEM));
}

/* Count a digit, cache resident; begin gets where each bucket starts. */
static void NAME(count)(const ITEM *src, size_t n, digit d, uint32_t *begin)
{
    memset(begin, 0, (d.mask + 2) * sizeof(*begin));
    for (size_t i = 0; i < n; i++)
        begin[digit_of(d, KEY(src[i])) + 1]++;
    for (size_t k = 0; k <= d.mask; k++)
        begin[k + 1] += begin[k];
}

/* Sort n < 2^32 items of src by one thread, into other or back into src.  hot */
static void NAME(serial)(ITEM *src, ITEM *other, size_t n, bool into_other)
{
    uint32_t begin[MOST_DIGITS + 1], next[MOST_DIGITS];
    uint64_t any = 0, all = UINT64_MAX;

    if (n <= SMALL) {
        NAME(insertion)(src, n);
        NAME(settle)(src, other, n, into_other);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        any |= KEY(src[i]);
        all &= KEY(src[i]);
    }
    if (any == all) {
        NAME(settle)(src, other, n, into_other);
        return;
    }
    digit d = choose_digit(any ^ all, n / SERIAL_BUCKET);
    NAME(count)(src, n, d, begin);
    memcpy(next, begin, (d.mask + 1) * sizeof(*next));
    for (size_t i = 0; i < n; i++)
        other[next[digit_of(d, KEY(src[i]))]++] = src[i];
    for (size_t k = 0; k <= d.mask; k++) {
        size_t size = begin[k + 1] - begin[k];
        if (size > 0)
            NAME(serial)(other + begin[k], src + begin[k], size, !into_other);
    }
}

/* Write the line of a bucket that ends at item `last` of out; what lies before `first` belongs to
 * another thread. */
static void NAME(flush)(const NAME(line) * line, ITEM *out, size_t first, size_t last)
{
    size_t begin = last - last % NAME(PER_LINE);

    if (begin >= first && last % NAME(PER_LINE) == NAME(PER_LINE) - 1) {
        memcpy(out + begin, line->item, LINE_BYTES);
        return;
    }
    for (size_t i = begin > first ? begin : first; i <= last; i++)
        out[i] = line->item[i % NAME(PER_LINE)];
}

/* Move src[0 .. n-1] to the places next[digit] .. of out.  hot */
static void NAME(scatter)(const ITEM *src, size_t n, digit d, const size_t *first, ITEM *out)
{
    NAME(line) lines[MOST_DIGITS];
    size_t next[MOST_DIGITS];

    memcpy(next, first, (d.mask + 1) * sizeof(*next));
    for (size_t i = 0; i < n; i++) {
        ITEM x = src[i];
        size_t k = digit_of(d, KEY(x));
        size_t at = next[k]++;
        lines[k].item[at % NAME(PER_LINE)] = x;
        if (at % NAME(PER_LINE) == NAME(PER_LINE) - 1)
            NAME(flush)(&lines[k], out, first[k], at);
    }
    for (size_t k = 0; k <= d.mask; k++)
        if (next[k] > first[k] && next[k] % NAME(PER_LINE) != 0)
            NAME(flush)(&lines[k], out, first[k], next[k] - 1);
}

/* One pass of all threads: src to other, bucket k to other[begin[k]] .. begin[k+1]-1. `table` has a
 * row for each thread. */
static void NAME(partition)(const ITEM *src, ITEM *other, size_t n, digit d, size_t *table,
                            size_t *begin)
{
#pragma omp parallel
    {
        size_t threads = (size_t)omp_get_num_threads(), me = (size_t)omp_get_thread_num();
        size_t from = n / threads * me, to = me + 1 < threads ? from + n / threads : n;
        size_t *row = table + me * MOST_DIGITS;

        memset(row, 0, (d.mask + 1) * sizeof(*row));
        for (size_t i = from; i < to; i++)
            row[digit_of(d, KEY(src[i]))]++;
#pragma omp barrier
#pragma omp single
        begin_of_buckets(table, threads, d, begin);
        NAME(scatter)(src + from, to - from, d, row, other);
    }
}

/* What one look at all items tells. */
static shape NAME(look)(const ITEM *items, size_t n)
{
    uint64_t any = 0, all = UINT64_MAX, falls = 0, rises = 0;

#pragma omp parallel for schedule(static) reduction(| : any) reduction(& : all) \
    reduction(+ : falls, rises)
    for (size_t i = 0; i < n; i++) {
        uint64_t key = KEY(items[i]), before = KEY(items[i > 0 ? i - 1 : 0]);
        any |= key;
        all &= key;
        falls += before > key;
        rises += before <= key;
    }
    return (shape){.varying = any ^ all, .sorted = falls == 0, .reversed = rises == 1};
}

static void NAME(reverse)(ITEM *items, size_t n)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n / 2; i++) {
        ITEM x = items[i];
        items[i] = items[n - 1 - i];
        items[n - 1 - i] = x;
    }
}

static void NAME(parallel)(ITEM *src, ITEM *other, size_t n, bool into_other, size_t *table)
{
    size_t begin[MOST_DIGITS + 1];
    shape s = NAME(look)(src, n);

    if (s.reversed)
        NAME(reverse)(src, n);
    if (s.sorted || s.reversed) {
        NAME(settle)(src, other, n, into_other);
        return;
    }
    digit d = choose_digit(s.varying, n / PARALLEL_BUCKET);
    NAME(partition)(src, other, n, d, table, begin);
    for (size_t k = 0; k <= d.mask; k++)
        if (begin[k + 1] - begin[k] >= PARALLEL_LEAST)
            NAME(parallel)
    (other + begin[k], src + begin[k], begin[k + 1] - begin[k], !into_other, table);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t k = 0; k <= d.mask; k++)
        if (begin[k + 1] - begin[k] < PARALLEL_LEAST)
            NAME(serial)
    (other + begin[k], src + begin[k], begin[k + 1] - begin[k], !into_other);
}

void NAME(tern__radix)(ITEM *items, ITEM *scratch, size_t n)
{
    size_t *table = NULL;

    if (n >= PARALLEL_LEAST)
        table = tern_alloc((size_t)omp_get_max_threads() * MOST_DIGITS * sizeof(*table));
    if (table != NULL)
        NAME(parallel)(items, scratch, n, false, table);
    else
        NAME(serial)(items, scratch, n, false);
    tern_free(table);
}
