/* SPDX-License-Identifier: BSD-3-Clause */
/* How a channel begins and ends.  Every rank learns every rank's specification, so that all come to
 * the same verdict and say the same. */
#include "config.h"

#include "chan/wire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a rank says of itself. */
struct said {
    uint64_t item, most, capacity;
    int32_t role;
    int32_t node; /* rank of its node's first rank */
    int32_t pid;
    int32_t wire; /* whether TERN_CHAN asks for it */
};

/* Where the endpoints are, and so how items go. */
struct spread {
    bool wire;  /* by messages, between some or all */
    bool nodes; /* between nodes */
    bool mixed; /* and within */
};

/* Memory of all channels that this rank is an endpoint of. */
static _Atomic size_t bytes_now, bytes_peak;

/* ---- Agreeing -------------------------------------------------------------------------------- */

static int validate(const tern_chan_spec *spec, const char *where)
{
    if (spec == NULL || (spec->role & ~(TERN_SENDER | TERN_RECEIVER)) != 0)
        return tern_fail(TERN_EINVAL, where, "chan_open: no specification, or an unknown role");
    if (spec->role == 0)
        return TERN_OK;
    if (spec->item == 0 || (spec->item == TERN_VARIABLE && spec->most == 0))
        return tern_fail(
            TERN_EINVAL, where, "chan_open: channel '%s' has items of no bytes: set %s",
            spec->name != NULL ? spec->name : "channel", spec->item == 0 ? "item" : "most");
    return TERN_OK;
}

static int gather(tern_comm *c, const tern_chan_spec *spec, struct said *all)
{
    int size, node;
    struct said mine = {.item = spec->item,
                        .most = spec->item == TERN_VARIABLE ? spec->most : spec->item,
                        .capacity = spec->capacity,
                        .role = spec->role,
                        .pid = (int32_t)getpid(),
                        .wire = strcmp(tern_env("TERN_CHAN"), "wire") == 0};
    MPI_Request request;

    if (MPI_Comm_size(tern_comm_node(c), &size)
        || MPI_Iallreduce(&(int){tern_rank(c)}, &node, 1, MPI_INT, MPI_MIN, tern_comm_node(c),
                          &request))
        return tern_fail(TERN_EMPI, NULL, "chan_open: the node does not answer");
    int error = tern_wait_mpi(c, &request, "allreduce", TERN_FOREVER);
    if (error)
        return error;
    mine.node = node;
    if (strcmp(tern_env("TERN_CHAN"), "mixed") == 0) /* as if on two nodes, in turn */
        mine.node = tern_rank(c) % 2;
    return tern_allgather(c, &mine, all, sizeof(mine), MPI_BYTE);
}

static bool has_pair_of_one_node(const struct said *all, int n)
{
    for (int s = 0; s < n; s++)
        for (int r = 0; r < n && all[s].role & TERN_SENDER; r++)
            if (all[r].role & TERN_RECEIVER && all[r].node == all[s].node)
                return true;
    return false;
}

/* The verdict, the same on all ranks. */
static int compare(const struct said *all, int n, const char *name, struct spread *spread,
                   const char *where)
{
    const struct said *first = NULL;
    int senders = 0, receivers = 0;

    for (int r = 0; r < n; r++) {
        const struct said *s = &all[r];
        if (s->role == 0)
            continue;
        if (first == NULL)
            first = s;
        senders += (s->role & TERN_SENDER) != 0;
        receivers += (s->role & TERN_RECEIVER) != 0;
        if (s->item != first->item || s->most != first->most || s->capacity != first->capacity)
            return tern_fail(TERN_EMISMATCH, where,
                             "chan_open: channel '%s' has items of %llu bytes and capacity %llu on "
                             "rank %d, but %llu and %llu on rank %d",
                             name, (unsigned long long)first->most,
                             (unsigned long long)first->capacity, (int)(first - all),
                             (unsigned long long)s->most, (unsigned long long)s->capacity, r);
        spread->wire |= s->wire != 0;
        spread->nodes |= s->node != first->node;
    }
    if (senders == 0 || receivers == 0)
        return tern_fail(TERN_EINVAL, where,
                         "chan_open: channel '%s' has %d senders and %d receivers", name, senders,
                         receivers);
    spread->mixed = spread->nodes && !spread->wire && has_pair_of_one_node(all, n);
    spread->wire |= spread->nodes;
    return TERN_OK;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static int list_ends(tern_chan *ch, const struct said *all, int n)
{
    ch->ends = calloc((size_t)n, sizeof(*ch->ends));
    if (ch->ends == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "chan_open: no memory for the list of %d ranks", n);
    for (int r = 0; r < n; r++) {
        if (all[r].role == 0)
            continue;
        if (r < tern_rank(ch->comm) && all[r].role & TERN_SENDER)
            ch->sender++;
        if (r < tern_rank(ch->comm) && all[r].role & TERN_RECEIVER)
            ch->receiver++;
        if (r == tern_rank(ch->comm))
            ch->end = ch->ends_n;
        ch->ends[ch->ends_n++] = (struct tern__end){r, all[r].pid, all[r].role, all[r].node};
    }
    return TERN_OK;
}

static void choose_transport(tern_chan *ch, const struct spread *spread)
{
    size_t senders = tern__ends(ch, TERN_SENDER), receivers = tern__ends(ch, TERN_RECEIVER);
    size_t least = senders > receivers ? senders : receivers;

    ch->mixed = spread->mixed;
    if (spread->wire)
        ch->transport = ch->capacity >= least        ? &tern__wire
                        : ch->capacity > 0           ? &tern__wire_permits
                        : receivers > 1 || ch->mixed ? &tern__wire_handshake
                                                     : &tern__wire_rendezvous;
    else if (ch->capacity == 0)
        ch->transport = &tern__rendezvous;
    else
        ch->transport = least == 1 ? &tern__ring : &tern__queue;
    ch->transport->lay_out(ch, senders);
    ch->stats.transport = ch->mixed ? "mixed" : ch->transport->name;
}

/* Memory of this rank for the wire: lanes and arrivals; and of the node. */
static double bytes_of(const tern_chan *ch, bool wire)
{
    double width = (double)ch->layout.width, room = (double)ch->capacity;

    if (!wire)
        return (double)ch->layout.cells * (double)ch->layout.stride;
    if (ch->transport == &tern__wire_permits) /* on each lane */
        room *= (double)tern__ends(ch, TERN_RECEIVER);
    return (double)tern__wire_near_bytes(ch) + ch->sends * room * (width + TERN__MESSAGE_BYTES)
           + ch->receives * (double)tern__wire_arrivals(ch) * (double)tern__wire_arrival_bytes(ch);
}

/* The memory, unless it is more than is allowed. */
static int account(tern_chan *ch, bool wire, const char *where)
{
    double most = tern_env_number("TERN_MEM_MAX"), wanted = bytes_of(ch, wire);

    if (wanted > 0x1p50)
        return tern_fail(TERN_ENOMEM, where, "chan_open: channel '%s' would need %.3g bytes",
                         ch->name, wanted);
    if (most > 0 && wanted + (double)atomic_load(&bytes_now) > most)
        return tern_fail(TERN_ENOMEM, where,
                         "chan_open: channel '%s' needs %.0f bytes, and this rank's channels may "
                         "have %.0f in all (TERN_MEM_MAX), of which %zu are in use",
                         ch->name, wanted, most, atomic_load(&bytes_now));
    ch->stats.bytes = sizeof(*ch->shared) + (size_t)wanted;
    return TERN_OK;
}

static void count_bytes(const tern_chan *ch)
{
    size_t now = atomic_fetch_add(&bytes_now, ch->stats.bytes) + ch->stats.bytes;
    size_t peak = atomic_load(&bytes_peak);

    while (now > peak && !atomic_compare_exchange_weak(&bytes_peak, &peak, now))
        ;
}

/* Whether the processes of the endpoints, which are alive now, can be seen. */
static bool sees_pids(const tern_chan *ch)
{
    for (size_t i = 0; i < ch->ends_n; i++)
        if (kill(ch->ends[i].pid, 0) != 0 && errno == ESRCH)
            return false;
    return true;
}

static void set_counts(const tern_chan *ch)
{
    atomic_store(&ch->shared->senders, (uint32_t)tern__ends(ch, TERN_SENDER));
    atomic_store(&ch->shared->receivers, (uint32_t)tern__ends(ch, TERN_RECEIVER));
}

static int share(tern_chan *ch)
{
    int error = tern_window_open(ch->ends_comm, ch->stats.bytes, &ch->window);
    int rank = 0;

    if (error)
        return error;
    MPI_Comm_rank(ch->ends_comm, &rank);
    ch->shared = ch->node = tern_window_base(ch->window);
    if (rank == 0)
        set_counts(ch);
    if (ch->transport->connect != NULL)
        ch->transport->connect(ch);
    return TERN_OK;
}

/* On the wire each rank has counts of its own, which messages keep up to date. */
static int lay_wire(tern_chan *ch)
{
    ch->shared = aligned_alloc(TERN__PAIR, sizeof(*ch->shared));
    if (ch->shared == NULL)
        return tern_fail(TERN_ENOMEM, NULL, "chan_open: no memory for channel '%s'", ch->name);
    memset(ch->shared, 0, sizeof(*ch->shared));
    set_counts(ch);
    return tern__wire_open(ch);
}

static tern_chan *new_chan(tern_comm *c, const tern_chan_spec *spec)
{
    tern_chan *ch = calloc(1, sizeof(*ch));
    int level = MPI_THREAD_SINGLE;

    if (ch == NULL)
        return NULL;
    MPI_Query_thread(&level);
    ch->comm = c;
    ch->ends_comm = MPI_COMM_NULL;
    ch->capacity = spec->capacity;
    ch->item = spec->item;
    ch->layout.width = spec->item == TERN_VARIABLE ? spec->most : spec->item;
    ch->sends = (spec->role & TERN_SENDER) != 0;
    ch->receives = (spec->role & TERN_RECEIVER) != 0;
    ch->threads = level == MPI_THREAD_MULTIPLE;
    snprintf(ch->name, sizeof(ch->name), "%s", spec->name != NULL ? spec->name : "channel");
    ch->stats.name = ch->name;
    pthread_mutex_init(&ch->send_lock, NULL);
    pthread_mutex_init(&ch->recv_lock, NULL);
    return ch;
}

static void destroy(tern_chan *ch)
{
    if (ch == NULL)
        return;
    if (ch->window == NULL)
        free(ch->shared);
    tern_window_close(ch->window);
    tern__wire_free(ch);
    if (ch->ends_comm != MPI_COMM_NULL)
        MPI_Comm_free(&ch->ends_comm);
    pthread_mutex_destroy(&ch->send_lock);
    pthread_mutex_destroy(&ch->recv_lock);
    free(ch->ends);
    free(ch);
}

/* What each endpoint does alone. */
static int begin(tern_comm *c, const tern_chan_spec *spec, const struct said *all,
                 const struct spread *spread, tern_chan **out, const char *where)
{
    tern_chan *ch = new_chan(c, spec);

    if (ch == NULL)
        return tern_fail(TERN_ENOMEM, where, "chan_open: no memory for a channel");
    *out = ch;
    int error = list_ends(ch, all, tern_size(c));
    if (error)
        return error;
    choose_transport(ch, spread);
    return account(ch, spread->wire, where);
}

/* And what they do together. */
static int join(tern_chan *ch, MPI_Comm ends, const struct spread *spread)
{
    ch->ends_comm = ends;
    MPI_Comm_set_errhandler(ends, MPI_ERRORS_RETURN);
    int error = spread->wire ? lay_wire(ch) : share(ch);
    if (error)
        return error;
    ch->sees_pids = !spread->nodes && sees_pids(ch);
    tern__open_short_ways(ch);
    count_bytes(ch);
    return TERN_OK;
}

static int make(tern_comm *c, const tern_chan_spec *spec, const struct said *all, tern_chan **out,
                const char *where)
{
    const char *name = spec->name != NULL ? spec->name : "channel";
    struct spread spread = {0};
    tern_chan *ch = NULL;
    MPI_Comm ends;
    int error = compare(all, tern_size(c), name, &spread, where);

    if (error) /* on all ranks */
        return error;
    if (spec->role != 0)
        error = begin(c, spec, all, &spread, &ch, where);
    error = tern_agree_at(c, error, where);
    if (!error
        && MPI_Comm_split(tern_comm_raw(c), ch != NULL ? 0 : MPI_UNDEFINED, tern_rank(c), &ends))
        error = tern_fail(TERN_EMPI, where, "chan_open: MPI_Comm_split failed");
    if (!error && ch != NULL)
        error = join(ch, ends, &spread);
    error = tern_agree_at(c, error, where);
    if (error)
        destroy(ch);
    else
        *out = ch;
    return error;
}

int tern_chan_open_at(tern_comm *c, const tern_chan_spec *spec, tern_chan **out, const char *where)
{
    int error = tern_agree_at(c, validate(spec, where), where);

    if (error)
        return error;
    struct said *all = malloc((size_t)tern_size(c) * sizeof(*all));
    if (all == NULL)
        error = tern_fail(TERN_ENOMEM, where, "chan_open: no memory for %d ranks", tern_size(c));
    error = tern_agree(c, error);
    if (!error)
        error = gather(c, spec, all);
    if (!error)
        error = make(c, spec, all, out, where);
    free(all);
    return error;
}

/* ---- Ending ---------------------------------------------------------------------------------- */

int tern_chan_close(tern_chan *ch)
{
    int error = tern__may(ch, TERN_SENDER, "close", NULL);

    if (error)
        return error;
    if (ch->reserved != NULL)
        return tern_fail(TERN_EINVAL, NULL, "close: channel '%s' has a slot to be committed first",
                         ch->name);
    ch->sends = false;
    tern__open_short_ways(ch);
    ch->transport->goodbye(ch, TERN_SENDER);
    return TERN_OK;
}

int tern_chan_leave(tern_chan *ch)
{
    int error = tern__may(ch, TERN_RECEIVER, "leave", NULL);

    if (error)
        return error;
    if (ch->peeked != NULL || ch->held != NULL)
        (void)ch->transport->release(ch);
    ch->peeked = ch->held = NULL;
    ch->receives = false;
    tern__open_short_ways(ch);
    ch->transport->goodbye(ch, TERN_RECEIVER);
    return TERN_OK;
}

/* All of this rank's words are said, then all ranks' are. */
struct farewell {
    tern_chan *ch;
    MPI_Request barrier;
    bool drained;
    unsigned looks;
};

static int look_farewell(void *state)
{
    struct farewell *f = state;
    int there = 0;

    if (!f->drained) {
        f->drained = f->ch->wire == NULL || tern__wire_drained(f->ch);
        if (f->drained && MPI_Ibarrier(f->ch->ends_comm, &f->barrier))
            return TERN_EMPI;
    }
    if (f->drained && MPI_Test(&f->barrier, &there, MPI_STATUS_IGNORE))
        return TERN_EMPI;
    return tern__look_on(f->ch, there ? TERN_OK : TERN_EAGAIN, &f->looks, NULL);
}

void tern_chan_free(tern_chan *ch)
{
    struct farewell f = {.ch = ch};

    if (ch == NULL)
        return;
    if (ch->reserved != NULL)
        tern_log(TERN_LOG_WARN, "channel '%s' is freed with a slot that was never committed",
                 ch->name);
    ch->reserved = NULL;
    if (ch->sends)
        (void)tern_chan_close(ch);
    if (ch->receives)
        (void)tern_chan_leave(ch);
    if (tern_wait_for(ch->comm, look_farewell, &f, "chan_free", TERN_FOREVER)) {
        tern_log(TERN_LOG_WARN, "channel '%s' is not freed, because an endpoint has died",
                 ch->name);
        return;
    }
    atomic_fetch_sub(&bytes_now, ch->stats.bytes);
    destroy(ch);
}

/* ---- Looking on ------------------------------------------------------------------------------ */

size_t tern_chan_cap(const tern_chan *ch)
{
    return ch != NULL ? ch->capacity : 0;
}

size_t tern_chan_len(tern_chan *ch)
{
    if (ch == NULL)
        return 0;
    tern__lock(ch, &ch->send_lock);
    tern__lock(ch, &ch->recv_lock);
    size_t n = ch->transport->len(ch);
    tern__unlock(ch, &ch->recv_lock);
    tern__unlock(ch, &ch->send_lock);
    return n;
}

void tern_chan_stat(const tern_chan *ch, tern_chan_stats *out)
{
    *out = ch->stats;
    out->bytes_peak = atomic_load(&bytes_peak);
}
