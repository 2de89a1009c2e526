/* SPDX-License-Identifier: BSD-3-Clause */
/* Merge of sorted runs: a cascade of two-way merges, log2(runs) passes between two arrays.  Every
 * two-way merge is cut into pieces of equal output (merge path: Odeh, Green, Mwassi, Shmueli and
 * Birk, IPDPSW 2012), which the threads share. */
#include "config.h"

#include "sort/keys.h"

enum { PIECE_BYTES = 1 << 20 };

/* Two runs and their place in the output. */
typedef struct merge_job {
    const char *a, *b;
    size_t na, nb; /* items */
    char *out;
} merge_job;

/* How many of the first `k` of the merged items come from a. */
static size_t co_rank(const tern__merger *m, const merge_job *job, size_t k)
{
    size_t low = k > job->nb ? k - job->nb : 0;
    size_t high = k < job->na ? k : job->na;

    while (low < high) {
        size_t i = low + (high - low) / 2;
        if (m->less(m->context, job->b + (k - i - 1) * m->bytes, job->a + i * m->bytes))
            high = i;
        else
            low = i + 1;
    }
    return low;
}

static void merge_parallel(const tern__merger *m, const merge_job *job)
{
    size_t total = job->na + job->nb, piece = PIECE_BYTES / m->bytes;

#pragma omp parallel for schedule(dynamic, 1) if (total > piece)
    for (size_t k = 0; k < total; k += piece) {
        size_t end = total - k > piece ? k + piece : total;
        size_t a = co_rank(m, job, k), a_end = co_rank(m, job, end);
        m->merge(m->context, job->a + a * m->bytes, a_end - a, job->b + (k - a) * m->bytes,
                 (end - a_end) - (k - a), job->out + k * m->bytes);
    }
}

/* One pass over all runs: pairs of neighbours become one. */
static int merge_pass(const tern__merger *m, const char *in, char *out, int64_t *from, int runs)
{
    int left = 0;

    for (int i = 0; i < runs; i += 2) {
        int64_t middle = from[i + 1], end = i + 1 < runs ? from[i + 2] : middle;
        merge_job job = {
            .a = in + (size_t)from[i] * m->bytes,
            .b = in + (size_t)middle * m->bytes,
            .na = (size_t)(middle - from[i]),
            .nb = (size_t)(end - middle),
            .out = out + (size_t)from[i] * m->bytes,
        };
        merge_parallel(m, &job);
        from[left++] = from[i];
        from[left] = end;
    }
    return left;
}

void *tern__merge_runs(const tern__merger *merger, void *in, void *other, int64_t *from, int runs)
{
    while (runs > 1) {
        runs = merge_pass(merger, in, other, from, runs);
        void *merged = other;
        other = in;
        in = merged;
    }
    return in;
}
