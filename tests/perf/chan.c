/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels beside plain MPI.
 *
 *   chan all SEED      on 2 or 8 ranks: all groups of variants that are for so many ranks
 *   chan GROUP SEED    one of them
 *   chan memory        on 2 ranks: what becomes of items that nobody receives
 *   chan deadline      on 2 ranks: how late a receive returns that gets nothing */
#include "chan.h"
#include "hooks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAP = 100000 /* ns */, OFFERED = 1000000, CAPACITY = 1024 };

static const struct group *const groups[] = {&perf_stream, &perf_latency,   &perf_sync,
                                             &perf_wire,   &perf_wire_sync, &perf_large,
                                             &perf_used,   &perf_many};

/* ---- What lib/stat needs --------------------------------------------------------------------- */

/* Ranks without a part sleep until those that have one are through. */
static void doze(struct work *w)
{
    while (atomic_load(&w->shared->finished) < w->batches)
        nanosleep(&(struct timespec){.tv_nsec = NAP}, NULL);
}

static int run(void *context, size_t variant, uint64_t repetitions)
{
    struct work *w = context;
    const struct variant *v = &w->group->variants[variant];

    w->batches++;
    if (w->rank / 2 >= v->width) {
        doze(w);
        return TERN_OK;
    }
    int error = w->rank % 2 == 0 ? v->send(w, v, repetitions) : v->recv(w, v, repetitions);
    if (w->rank == 1)
        atomic_store(&w->shared->finished, w->batches);
    return error;
}

/* ---- A group --------------------------------------------------------------------------------- */

static int open_chans(struct work *w, const struct group *g)
{
    int error = TERN_OK;

    for (size_t i = 0; i < g->n && !error; i++) {
        const struct variant *v = &g->variants[i];
        const int role = w->rank % 2 == 0 ? TERN_SENDER : TERN_RECEIVER;
        tern_chan_spec spec = {.item = g->item, .capacity = v->capacity, .name = v->name};
        spec.role = w->rank / 2 < v->width ? role : 0;
        if (v->channels > 0)
            error = tern_chan_open(w->comm, &spec, &w->to[i]);
        spec.role = spec.role != 0 ? TERN_SENDER + TERN_RECEIVER - role : 0;
        if (v->channels > 1 && !error)
            error = tern_chan_open(w->comm, &spec, &w->back[i]);
    }
    return error;
}

static void free_chans(struct work *w)
{
    for (size_t i = 0; i < MOST_VARIANTS; i++) {
        tern_chan_free(w->to[i]);
        tern_chan_free(w->back[i]);
        w->to[i] = w->back[i] = NULL;
    }
}

/* The ratio to the best of the peers. */
static int compare(const struct group *g, const tern_stat_samples *s, size_t v,
                   tern_stat_figure *out)
{
    int error = TERN_OK;

    *out = (tern_stat_figure){.median = INFINITY};
    for (size_t peer = 0; peer < g->peers && !error; peer++) {
        tern_stat_figure f;
        error = g->is_time ? tern_stat_ratio(s, v, peer, s->main, &f)
                           : tern_stat_ratio(s, peer, v, s->main, &f);
        if (!error && !(f.median >= out->median)) /* NaN is kept */
            *out = f;
    }
    return error;
}

/* A line a variant; scripts read the words at fixed places. */
static int report(const struct work *w, const struct group *g, const tern_stat_samples *s)
{
    const char *regime = w->line != NULL ? tern_stat_regime_name(s->main) : "any";
    tern_stat_figure line;
    int error = tern_stat_probes(s, &line);

    for (size_t v = 0; v < g->n && !error; v++) {
        tern_stat_figure t, f = {0};
        error = tern_stat_time(s, v, s->main, &t);
        if (v >= g->peers && !error)
            error = compare(g, s, v, &f);
        if (error)
            return error;
        printf("%s %s %s %.4g ns", g->name, g->variants[v].name, regime, t.median * 1e9);
        if (v >= g->peers)
            printf(", ratio %.4g [%.4g-%.4g]", f.median, f.low, f.high);
        printf(", %zu rounds", t.n);
        if (w->line != NULL)
            printf(", cache line %.0f ns", line.median * 1e9);
        printf("\n");
    }
    return error;
}

static int measure(struct work *w, const struct group *g, uint64_t seed)
{
    tern_stat_samples *s = NULL;
    uint64_t sum = 0;

    w->group = g;
    setenv("TERN_CHAN", g->wire ? "wire" : "auto", 1); /* which tern_chan_open() looks at */
    int error = open_chans(w, g);
    if (!error)
        error = tern_stat_measure(
            &(tern_stat_plan){
                .variants = g->n,
                .baseline = (size_t[MOST_VARIANTS]){0},
                .run = run,
                .start = start,
                .agree = agree,
                .probe = w->line != NULL ? probe : NULL,
                .context = w,
                .operations = g->items,
                .batch = g->batch,
                .narrow = 0.005,
                .seconds = g->seconds,
                .seed = seed,
            },
            &s);
    error = error ? error : tern_allreduce(w->comm, &w->balance, &sum, 1, MPI_UINT64_T, MPI_SUM);
    if (!error && sum != 0)
        error = tern_fail(TERN_EMISMATCH, NULL, "%s: not all that was sent was received", g->name);
    if (!error && w->rank == 0)
        error = report(w, g, s);
    tern_stat_free(s);
    free_chans(w);
    return error;
}

static int measure_all(struct work *w, const char *name, uint64_t seed)
{
    const bool all = strcmp(name, "all") == 0;
    int error = TERN_OK;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && !error; i++)
        if (groups[i]->ranks == tern_size(w->comm) && (all || strcmp(name, groups[i]->name) == 0))
            error = measure(w, groups[i], seed);
    if (!error)
        error = tern_allreduce(w->comm, MPI_IN_PLACE, &w->gap, 1, MPI_DOUBLE, MPI_MAX);
    if (!error && w->rank == 0 && w->gap > 0)
        printf("stall %.6f s\n", w->gap);
    return error;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* KiB of this process, by the name of a line of /proc/self/status. */
static double resident(const char *what)
{
    char line[256];
    double kib = NAN;
    FILE *f = fopen("/proc/self/status", "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (strncmp(line, what, strlen(what)) == 0)
            kib = strtod(line + strlen(what) + 1, NULL);
    if (f != NULL)
        fclose(f);
    return kib;
}

/* Rank 0's values. */
static int from_sender(const struct work *w, double *values, int n)
{
    return tern_bcast(w->comm, values, (size_t)n, MPI_DOUBLE, 0);
}

/* Offer items to a channel from which nobody receives. */
static int offer(struct work *w)
{
    const tern_chan_spec spec = {.item = sizeof(uint64_t),
                                 .capacity = CAPACITY,
                                 .role = w->rank == 0 ? TERN_SENDER : TERN_RECEIVER};
    double before = resident("VmRSS"), shared = resident("RssShmem"), sent[2] = {0};
    tern_chan *ch = NULL;
    int error = tern_chan_open(w->comm, &spec, &ch);
    double open = resident("VmRSS");

    for (uint64_t i = 0; i < OFFERED && w->rank == 0 && !error; i++) {
        error = tern_chan_send(ch, &i, TERN_NOW);
        sent[0] += error == TERN_OK;
        error = error == TERN_ETIMEDOUT ? TERN_OK : error;
    }
    sent[1] = resident("RssShmem") - shared;
    error = error ? error : from_sender(w, sent, 2);
    if (w->rank == 1 && !error)
        printf("memory chan %.4f MiB: receiver %.4f, of which %.4f on opening, and %.4f of shared "
               "pages in the sender; %.0f of %d items were sent\n",
               (resident("VmRSS") - before + sent[1]) / 1024, (resident("VmRSS") - before) / 1024,
               (open - before) / 1024, sent[1] / 1024, sent[0], OFFERED);
    tern_chan_free(ch);
    return error;
}

/* The same by MPI_Send, while the receiver waits for a message that is behind them. */
static int pile_up(struct work *w)
{
    double before = resident("VmRSS");
    uint64_t item = 0;

    for (uint64_t i = 0; i < OFFERED && w->rank == 0; i++)
        MPI_Send(&i, sizeof(i), MPI_BYTE, 1, TAG, w->raw);
    if (w->rank == 0)
        MPI_Send(&item, sizeof(item), MPI_BYTE, 1, TAG + 1, w->raw);
    else
        MPI_Recv(&item, sizeof(item), MPI_BYTE, 0, TAG + 1, w->raw, MPI_STATUS_IGNORE);
    if (w->rank == 1)
        printf("memory MPI_Send %.1f MiB\n", (resident("VmRSS") - before) / 1024);
    for (uint64_t i = 0; i < OFFERED && w->rank == 1; i++)
        MPI_Recv(&item, sizeof(item), MPI_BYTE, 0, TAG, w->raw, MPI_STATUS_IGNORE);
    return TERN_OK;
}

static int measure_memory(struct work *w)
{
    int error = offer(w);

    return error ? error : pile_up(w);
}

/* ---- Deadlines ------------------------------------------------------------------------------- */

static int measure_deadline(struct work *w)
{
    enum { TRIES = 1000 };
    const tern_chan_spec spec = {.item = sizeof(uint64_t),
                                 .capacity = CAPACITY,
                                 .role = w->rank == 0 ? TERN_RECEIVER : TERN_SENDER};
    static double late[TRIES];
    tern_chan *ch = NULL;
    uint64_t item;
    int error = tern_chan_open(w->comm, &spec, &ch);

    for (int i = 0; i < TRIES && w->rank == 0 && !error; i++) {
        tern_deadline deadline = tern_after(1e-3);
        error = tern_chan_recv(ch, &item, deadline) == TERN_ETIMEDOUT ? TERN_OK : TERN_EMISMATCH;
        late[i] = tern_clock() - deadline;
    }
    error = tern_agree(w->comm, error); /* the sender must not close before */
    tern_chan_free(ch);
    for (int i = 0; i < TRIES && w->rank == 0 && !error; i++)
        printf("late %.3f us\n", late[i] * 1e6);
    return error;
}

/* ---- Main ------------------------------------------------------------------------------------ */

static int prepare(struct work *w)
{
    MPI_Comm node = tern_comm_node(w->comm);
    const size_t bytes = (size_t)WINDOW * LARGE;
    int cpus;

    w->rank = tern_rank(w->comm);
    if (MPI_Comm_dup(tern_comm_raw(w->comm), &w->raw))
        return tern_fail(TERN_EMPI, NULL, "the communicator cannot be duplicated");
    w->in = tern_alloc(bytes);
    w->out = tern_alloc(bytes);
    int error = tern_agree(w->comm, w->in != NULL && w->out != NULL ? TERN_OK : TERN_ENOMEM);
    if (error)
        return error;
    memset(w->in, 0, bytes);
    memset(w->out, 0, bytes);
    error = tern_window_open(node, sizeof(*w->shared), &w->window);
    if (error)
        return error;
    w->shared = tern_window_base(w->window);
    error = tern_agree(w->comm, tern_node_cpus(node, &cpus));
    if (error || tern_size(w->comm) > cpus)
        return error; /* ranks 0 and 1 may share a core: the cache line tells nothing */
    return tern_bounce_open(node, &w->line);
}

int main(int argc, char **argv)
{
    struct work w = {0};

    if (tern_init(&argc, &argv) < 0)
        return 2;
    w.comm = tern_world();
    const char *what = argc > 1 ? argv[1] : "all";
    int error = prepare(&w);
    if (!error)
        error = strcmp(what, "memory") == 0 ? measure_memory(&w)
                : strcmp(what, "deadline") == 0
                    ? measure_deadline(&w)
                    : measure_all(&w, what, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    if (error)
        fprintf(stderr, "chan: %s\n", tern_last_error());
    tern_bounce_close(w.line);
    tern_window_close(w.window);
    tern_free(w.in);
    tern_free(w.out);
    MPI_Comm_free(&w.raw);
    tern_finalize();
    return error ? 2 : 0;
}
