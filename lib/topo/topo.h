/* SPDX-License-Identifier: BSD-3-Clause */
/** \file topo.h
 * The machine under the ranks: what it is made of, which of its CPUs ranks and threads may use and
 * whether they get in each other's way, and how far apart two of them are.
 *
 * A CPU here is what Linux numbers: a hardware thread, hwloc's PU.  Nothing in this module binds
 * anything.  It stands below lib/msg: it talks plain MPI on the caller's communicator, which is
 * called `node` where its ranks must share memory (MPI_Comm_split_type, MPI_COMM_TYPE_SHARED). */
#ifndef TERN_TOPO_TOPO_H
#define TERN_TOPO_TOPO_H

#include <mpi.h>

#include "base/base.h"

TERN_BEGIN_DECLS

/* ---- CPUs ----------------------------------------------------------------------------------- */

#define TERN_MOST_CPUS 8192 /**< what a Linux kernel can be built for */

/** A set of CPUs: CPU i is bit i % 64 of word i / 64. */
typedef struct tern_cpuset {
    uint64_t word[TERN_MOST_CPUS / 64];
} tern_cpuset;

TERN_API bool tern_cpuset_has(const tern_cpuset *set, int cpu);
TERN_API void tern_cpuset_add(tern_cpuset *set, int cpu);
TERN_API int tern_cpuset_count(const tern_cpuset *set);

/** Write \p set as a list, "0-3,8", into the \p bytes of \p text; a list that does not fit ends in
 * "...". \return \p text. */
TERN_API char *tern_cpuset_list(const tern_cpuset *set, char *text, size_t bytes);

/** The CPUs on which the calling thread may run; empty where the system does not tell.  Local. */
TERN_API void tern_affinity(tern_cpuset *out);

/** The CPU quota of the caller's cgroup (version 1 or 2, the tightest level above it), in CPUs,
 * such as 1.5; 0 if there is none.  Local. */
TERN_API double tern_cpu_quota(void);

/** CPUs that the ranks of \p node may use together: the union of their affinity masks, and not more
 * than the CPU quota of their cgroup (the least one, rounded down), at least 1.  Cheap: a system
 * call and a few files of /proc and /sys, no hwloc.  Collective over \p node, and yields the core
 * while it waits for the others. \return TERN_OK or TERN_EMPI; \p cpus unchanged on failure. */
TERN_API TERN_MUST_CHECK int tern_node_cpus(MPI_Comm node, int *cpus);

/** OpenMP threads for the caller: \p wanted, if it is positive; else what OMP_NUM_THREADS says;
 * else its equal share of tern_node_cpus(), at least 1.  Collective over \p node, whatever \p
 * wanted is. \return TERN_OK or TERN_EMPI; \p threads unchanged on failure. */
TERN_API TERN_MUST_CHECK int tern_share_threads(MPI_Comm node, int wanted, int *threads);

/* ---- The machine ---------------------------------------------------------------------------- */

typedef struct tern_topo tern_topo;

/** Ask hwloc for this machine, or for the one that HWLOC_SYNTHETIC or HWLOC_XMLFILE describe; takes
 * some 10 ms.  Local. \param[out] out  owned by the caller. \return TERN_OK or TERN_ENOTSUP. */
TERN_API TERN_MUST_CHECK int tern_topo_open(tern_topo **out);

/** Free \p t; NULL is allowed. */
TERN_API void tern_topo_close(tern_topo *t);

/** What a machine is made of. */
typedef struct tern_machine {
    bool real;           /**< this machine, not a described one */
    char cpu_model[128]; /**< "" if unknown */
    int packages;        /**< sockets */
    int numa_nodes;
    int l3_caches, l2_caches, l1d_caches;
    int cores;
    int cpus;
    int allowed_cores; /**< that the cgroup's cpuset leaves to this job */
    int allowed_cpus;
    size_t l1d_bytes; /**< of one cache; 0: there is none, or it is unknown */
    size_t l2_bytes;
    size_t l3_bytes;
    size_t memory_bytes; /**< of the whole machine */
} tern_machine;

TERN_API void tern_topo_machine(const tern_topo *t, tern_machine *out);

/** Write "1 package, 1 NUMA node, 1 L3 cache of 32 MiB, 2 cores, 2 CPUs" into \p text, shortened to
 * \p bytes. \return \p text. */
TERN_API char *tern_machine_summary(const tern_machine *m, char *text, size_t bytes);

/** How many ranks and threads suit a machine. */
typedef struct tern_plan {
    int ranks;
    int threads;        /**< of each rank, one a core: hyperthreads are left alone */
    const char *domain; /**< what no rank straddles: "L3 cache", "NUMA node" or "machine" */
    int domains;        /**< of them with an allowed core */
    int cores;          /**< allowed ones; ranks * threads is less only if the quota is */
} tern_plan;

/** Plan for the allowed cores of \p t and a CPU quota (0: none).  A rank lies within one L3 cache
 * or NUMA node, whichever there are more of; of the plans that use the most cores, the one with the
 * most threads a rank.  So equal caches get a rank each.  A pure function.  Local. */
TERN_API void tern_topo_plan(const tern_topo *t, double quota, tern_plan *out);

/** The CPUs of rank \p rank of \p plan: the first allowed one of each of its cores; empty if there
 * is no such rank. */
TERN_API void tern_plan_cpus(const tern_topo *t, const tern_plan *plan, int rank, tern_cpuset *out);

/* ---- Binding -------------------------------------------------------------------------------- */

/** Where one thread may run. */
typedef struct tern_place {
    int rank;     /**< as its process calls itself */
    int thread;   /**< OpenMP's number */
    int cpu;      /**< where it ran when asked; -1: unknown */
    int reserved; /**< 0 */
    tern_cpuset cpus;
} tern_place;

/** Where the OpenMP threads of all ranks of \p node really are, as the operating system says.
 * Collective over \p node. \param[in] rank  what the caller is called in its places, such as its
 * rank in the world. \param[out] places,n  on rank 0 all threads, in the order of node rank and
 * thread, owned by the caller, to be freed with tern_free(); NULL and 0 on the others.
 * \return TERN_OK, TERN_EMPI or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_places(MPI_Comm node, int rank, tern_place **places, int *n);

/** Threads that cannot all run at once. */
typedef struct tern_crowd {
    int threads;       /**< more than places */
    int places;        /**< CPUs or cores that all of them together may use */
    int ranks;         /**< how many have such a thread */
    tern_cpuset which; /**< these ranks (bit i: rank i) */
    tern_cpuset cpus;  /**< and the CPUs they share */
} tern_crowd;

enum tern_crowd_unit {
    TERN_CROWD_CPU, /**< threads that must take turns on a CPU: always a mistake */
    TERN_CROWD_CORE /**< threads that share cores as hyperthreads: sometimes wanted */
};

/** Find all threads that are in each other's way: the smallest groups that together may use fewer
 * CPUs (or cores of \p t) than they have threads.  If none is found, each thread can have one of
 * its own.  Exact, as a maximum matching of threads and CPUs (Hall 1935): it sees ranks bound to
 * one core, a rank with more threads than its binding, and plain oversubscription alike.  A pure
 * function; time O(threads * CPUs * threads) at the worst.  Local.
 * \param[out] crowds,n  owned by the caller, to be freed with tern_free().
 * \return TERN_OK or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_places_crowds(const tern_topo *t, enum tern_crowd_unit unit,
                                                const tern_place *places, int places_n,
                                                tern_crowd **crowds, int *n);

/** Say it: "ranks 0-3: 4 threads share 1 CPU (CPU 0)", into the \p bytes of \p text.
 * \return \p text. */
TERN_API char *tern_crowd_text(const tern_crowd *crowd, enum tern_crowd_unit unit, char *text,
                               size_t bytes);

/** Count the allowed cores of \p t on which no thread of \p places may run; \p cpus gets their
 * CPUs. A pure function.  Local. */
TERN_API int tern_places_idle(const tern_topo *t, const tern_place *places, int places_n,
                              tern_cpuset *cpus);

/* ---- Shared memory -------------------------------------------------------------------------- */

typedef struct tern_window tern_window;

/** Memory that all ranks of \p node see: \p bytes of it, all zero, aligned to 128 bytes, an MPI
 * window (MPI 3.1, 11.2.3).  C11 atomics that are free of locks work in it between ranks.
 * Collective over \p node; \p bytes is that of rank 0.
 * \param[out] out  owned by the caller; unchanged on failure.
 * \return TERN_OK, TERN_ENOMEM or TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_window_open(MPI_Comm node, size_t bytes, tern_window **out);

TERN_API void *tern_window_base(const tern_window *w); /**< Local */

/** Free \p w; NULL is allowed.  Collective. */
TERN_API void tern_window_close(tern_window *w);

/* ---- The cache-line probe ------------------------------------------------------------------- */

typedef struct tern_bounce tern_bounce;

/** Prepare the probe.  Collective over \p node, which is borrowed until tern_bounce_close().
 * \param[out] out  owned by the caller; unchanged on failure.
 * \return TERN_OK, TERN_ENOMEM or TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_bounce_open(MPI_Comm node, tern_bounce **out);

/** The time in which one cache line crosses from rank 0 to rank 1 or back: the median of 5 batches
 * of 2000 crossings, some 1 ms in all, and never more than about 20 ms; the other ranks sleep.  It
 * tells whether the two ranks share a core, a cache or only memory, which on a virtual machine
 * changes while a program runs and changes every latency with it (39 ns became 122 ns, and a
 * message of 8 bytes 0.15 us became 0.41 us).  Collective.
 * \param[out] seconds  the same on all ranks; NaN if there is only one rank, or if the machine is
 * so busy that not one batch came to its end. \return TERN_OK or TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_bounce_measure(tern_bounce *b, double *seconds);

/** Free \p b; NULL is allowed.  Collective. */
TERN_API void tern_bounce_close(tern_bounce *b);

TERN_END_DECLS
#endif
