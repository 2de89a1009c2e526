/* SPDX-License-Identifier: BSD-3-Clause */
/** \file external.h
 * Sorts records that do not fit in memory.  Each rank makes sorted runs of its part on its disk;
 * the order is cut into blocks, exactly, with the help of an index of every so many records of each
 * run; the ranks take the blocks in turn, gather their pieces from all runs, sort and write them.
 * Each byte is read twice and written twice, and crosses the network once; reading, sorting and
 * writing overlap. */
#ifndef TERN_SORT_EXTERNAL_H
#define TERN_SORT_EXTERNAL_H

#include "sort/sort.h"

TERN_BEGIN_DECLS

typedef struct tern_external {
    tern_record_layout layout;
    bool descending;
    size_t memory;      /**< bytes that this rank may use for records; the least rank's counts */
    const char *folder; /**< for the runs of this rank, as large as its part; no file is left there,
                           however the program ends */
    /** NULL, or the path of this rank's runs without suffix, instead of \p folder: files PATH.runs
     * and PATH.done are left when the sort fails or is killed, and a sort with the same parameters
     * goes on from them.  The path must tell the input: that it is the same is up to the caller. */
    const char *resume;
    uint64_t n; /**< records of this rank */
    /** Give records first .. first + n - 1 of this rank, and take records \p at .. at + n - 1 of
     * the whole order.  Each is called by one thread at a time, which is not the caller's; they
     * return TERN_OK or a tern_fail(). */
    int (*read)(void *context, uint64_t first, size_t n, void *records);
    int (*write)(void *context, uint64_t at, void *records, size_t n);
    void *context;
    tern_phase_fn *phase;                        /**< "runs", "split", "merge"; or NULL */
    void (*step)(uint64_t done, uint64_t total); /**< of the records of a phase; or NULL */
} tern_external;

/** Sort stably the records of all ranks, as they follow one another in the order of the ranks, and
 * prove the result: the order, and the content as it was read.  Collective.  \param[out] content
 * of all ranks. \return TERN_OK; TERN_EINVAL; TERN_ENOMEM; TERN_EIO, which may be a full disk;
 * TERN_EMPI; TERN_EMISMATCH: what was written is not what was read.  Source: Rahn, Sanders and
 * Singler, Scalable distributed-memory external sorting, ICDE 2010, with approximate splitters,
 * exactly located. */
TERN_API TERN_MUST_CHECK int tern_sort_external(tern_comm *c, const tern_external *external,
                                                tern_content *content);

TERN_END_DECLS
#endif
