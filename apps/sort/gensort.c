/* SPDX-License-Identifier: BSD-3-Clause */
/* The records of the Sort Benchmark, byte for byte those of its generator, gensort 1.5.  Record i
 * is made of numbers i + 1 .. i + 10 of a linear congruential generator modulo 2^128 (multiplier:
 * L'Ecuyer, Math. Comp. 68, 1999) that starts at 0, so any rank can begin anywhere.  Records are
 * written as they are made; nothing is held in memory. */
#include "config.h"

#include "sort/binary.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD(high, low) ((u128)UINT64_C(high) << 64 | UINT64_C(low))
static const u128 multiplier = WORD(0x2360ed051fc65da4, 0x4385df649fccf645);
static const u128 increment = WORD(0x4a696d4772617952, 0x4950202020202001);

enum { RECORD = 100, PART = 10, PARTS = 10, SKEWED = 6, SKEWS = 65, BATCH = 512 };

/* Of each ten bytes of a record the first 80 bits of a number, changed by a constant. */
static const struct {
    uint64_t high;
    uint16_t low;
} change[PARTS] = {
    {0, 0},
    {UINT64_C(0xf0e8e4e2e1d8d4d2), 0xd1cc},
    {UINT64_C(0xcac9c6c5c3b8b4b2), 0xb1ac},
    {UINT64_C(0xaaa9a6a5a39c9a99), 0x9695},
    {UINT64_C(0x938e8d8b87787472), 0x716c},
    {UINT64_C(0x6a696665635c5a59), 0x5655},
    {UINT64_C(0x534e4d4b473c3a39), 0x3635},
    {UINT64_C(0x332e2d2b271e1d1b), 0x170f},
    {UINT64_C(0xc8c4c2c198949291), 0x8ce0},
    {UINT64_C(0x170f332e2d2b271e), 0x1d1b},
};

/* The index-th number: the step to the power of index, applied to 0. */
static u128 number_at(uint64_t index)
{
    u128 a = multiplier, c = increment, x = 0;

    for (; index > 0; index >>= 1) {
        if (index & 1)
            x = a * x + c;
        c *= a + 1;
        a *= a;
    }
    return x;
}

static void put_part(unsigned char *out, u128 number, int part)
{
    uint64_t high = htobe64((uint64_t)(number >> 64) ^ change[part].high);
    uint16_t low = htobe16((uint16_t)((uint16_t)(number >> 48) ^ change[part].low));

    memcpy(out, &high, sizeof(high));
    memcpy(out + sizeof(high), &low, sizeof(low));
}

static void put_binary(unsigned char *out, const u128 *number, uint64_t record)
{
    (void)record;
    for (int part = 0; part < PARTS; part++)
        put_part(out + (size_t)PART * (size_t)part, number[part], part);
}

/* Digits of `value` in base 95, the lowest first. */
static void put_printable(unsigned char *out, uint64_t value, int digits)
{
    for (int i = 0; i < digits; i++, value /= 95)
        out[i] = (unsigned char)(' ' + value % 95);
}

static void put_ascii(unsigned char *out, const u128 *number, uint64_t record)
{
    static const char hex[] = "0123456789ABCDEF";
    uint64_t low = (uint64_t)*number;

    put_printable(out, (uint64_t)(*number >> 64), 8);
    put_printable(out + 8, low, 2);
    memset(out + 10, ' ', 2);
    memset(out + 12, '0', 16);
    for (int i = 0; i < 16; i++)
        out[28 + i] = (unsigned char)hex[record >> (60 - 4 * i) & 15];
    memset(out + 44, ' ', 2);
    for (ptrdiff_t i = 0; i < 13; i++)
        memset(out + 46 + 4 * i, hex[low >> (48 - 4 * i) & 15], 4);
    out[98] = '\r';
    out[99] = '\n';
}

/* Of a skewed record the first bits, so many as chance will, are those of the key of record
 * log2(its number) + 1. */
static void skew_binary(unsigned char *key, const unsigned char *by, u128 number)
{
    unsigned bits = (unsigned)(number >> 32) & 63;

    if (bits > 8 * SKEWED)
        return;
    memcpy(key, by, bits / 8);
    unsigned char kept = (unsigned char)(255U >> bits % 8);
    key[bits / 8] = (unsigned char)((by[bits / 8] & ~kept) | (key[bits / 8] & kept));
}

static void skew_ascii(unsigned char *key, const unsigned char *by, u128 number)
{
    unsigned bytes = (unsigned)(number >> 32) & 7;

    if (bytes <= SKEWED)
        memcpy(key, by, bytes);
}

static const struct {
    void (*put)(unsigned char *out, const u128 *number, uint64_t record);
    void (*skew)(unsigned char *key, const unsigned char *by, u128 number);
} kinds[] = {{put_binary, skew_binary}, {put_ascii, skew_ascii}};

/* The keys of records 0, 1, .., which skew others. */
static void make_skews(bool ascii, unsigned char (*skews)[RECORD])
{
    u128 number[SKEWS + PARTS];

    for (int i = 0; i < SKEWS + PARTS; i++)
        number[i] = number_at((uint64_t)i + 1);
    for (int i = 0; i < SKEWS; i++)
        kinds[ascii].put(skews[i], number + i, 0);
}

static int bit_length(uint64_t x)
{
    return x > 0 ? 64 - __builtin_clzll(x) : 0;
}

void gensort_records(const gensort *g, uint64_t first, size_t n, char *out)
{
    unsigned char skews[SKEWS][RECORD], *to = (unsigned char *)out;
    u128 number[BATCH + PARTS];

    if (g->skew)
        make_skews(g->ascii, skews);
    number[0] = number_at(first + 1);
    for (size_t done = 0; done < n; done += BATCH) {
        size_t batch = n - done < BATCH ? n - done : BATCH;
        for (size_t i = 1; i < batch + PARTS; i++)
            number[i] = multiplier * number[i - 1] + increment;
        for (size_t i = 0; i < batch; i++, to += RECORD) {
            uint64_t record = first + done + i;
            kinds[g->ascii].put(to, number + i, record);
            if (g->skew)
                kinds[g->ascii].skew(to, skews[bit_length(record)], number[i]);
        }
        number[0] = number[batch];
    }
}

static const char name[] = "gensort:";

/* ---- Writing them -----------------------------------------------------------------------------
 */

typedef struct part {
    gensort g;
    uint64_t first;           /* of this rank's records */
    const crc32_table *table; /* NULL: no checksum is wanted */
    uint64_t *checksum;       /* of this rank: its records are fewer than 2^32 sums can hold */
} part;

static size_t records_bytes(const void *context, size_t first, size_t n)
{
    (void)context, (void)first;
    return n * RECORD;
}

static size_t next_records(const void *context, size_t first, size_t end, char *buffer,
                           const char **piece, size_t *bytes)
{
    const part *p = context;
    size_t n = OUTPUT_BUFFER / RECORD;
    uint64_t sum = 0;

    n = end - first < n ? end - first : n;
    gensort_records(&p->g, p->first + first, n, buffer);
    *piece = buffer;
    *bytes = n * RECORD;
    for (size_t i = 0; p->table != NULL && i < n; i++)
        sum += crc32_of(p->table, buffer + i * RECORD, RECORD);
#pragma omp atomic
    *p->checksum += sum;
    return first + n;
}

/* "gensort:10M,skew,ascii,from=1000" */
static gensort parse(const char *text)
{
    gensort g = {.ascii = false};
    char number[64] = "";
    double total, from = 0;
    size_t n = strcspn(text, ",");

    snprintf(number, sizeof(number), "%.*s", (int)n, text);
    if (tern_parse_number(number, &total) || total < 0 || total > 0x1p53 || total != floor(total))
        tern_prog_usage("--generate: '%s' is not a whole number up to 2^53", number);
    while (text[n] == ',') {
        text += n + 1;
        n = strcspn(text, ",");
        snprintf(number, sizeof(number), "%.*s", (int)n, text);
        if (strcmp(number, "skew") == 0)
            g.skew = true;
        else if (strcmp(number, "ascii") == 0)
            g.ascii = true;
        else if (strncmp(number, "from=", 5) != 0 || tern_parse_number(number + 5, &from)
                 || from < 0 || from > 0x1p53 || from != floor(from))
            tern_prog_usage("--generate=gensort: '%s' is none of skew, ascii, from=N", number);
    }
    g.first = (uint64_t)from;
    g.total = (uint64_t)total;
    return g;
}

static int write_records(tern_comm *c, const sort_settings *s, part *mine)
{
    uint64_t p = (uint64_t)tern_size(c), r = (uint64_t)tern_rank(c), n = mine->g.total / p,
             rest = mine->g.total % p, all = 0;

    mine->first = mine->g.first + n * r + (r < rest ? r : rest);
    output_source source = {mine, (size_t)(n + (r < rest)), records_bytes, next_records, NULL};
    tern_prog_phase("generate", 0);
    int error = output_write(c, s->output, &source);
    tern_prog_phase(NULL, source.items * RECORD);
    if (!error)
        error = tern_allreduce(c, mine->checksum, &all, 1, MPI_UINT64_T, MPI_SUM);
    if (error)
        return error;
    if (s->checksum && tern_prog_talks())
        fprintf(stderr, "%llx\n", (unsigned long long)all);
    report_result(c, mine->g.total, mine->g.total * RECORD, source.items);
    return TERN_OK;
}

bool makes_records(const sort_settings *s)
{
    return s->generate != NULL && strncmp(s->generate, name, sizeof(name) - 1) == 0;
}

enum tern_exit generate_records(tern_comm *c, const sort_settings *s)
{
    crc32_table table;
    uint64_t checksum = 0;
    part mine = {.g = parse(s->generate + sizeof(name) - 1), .checksum = &checksum};

    if (s->checksum) {
        crc32_prepare(&table);
        mine.table = &table;
    }
    int error = write_records(c, s, &mine);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    return TERN_EXIT_OK;
}
