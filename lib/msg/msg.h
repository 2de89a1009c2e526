/* SPDX-License-Identifier: BSD-3-Clause */
/** \file msg.h
 * The thin layer: MPI's point-to-point messages with size_t counts, deadlines, receives of unknown
 * size, and errors that name peer, tag, sizes and the caller's line.
 *
 *   when a send is complete                      | blocking     | non-blocking  | persistent
 *   ---------------------------------------------|--------------|---------------|------------------
 *   standard:    the buffer may be reused        | tern_send    | tern_isend    | tern_send_init
 *   synchronous: the receiver has started        | tern_ssend   | tern_issend   | tern_ssend_init
 *   buffered:    copied, at once                 | tern_bsend   | tern_ibsend   | tern_bsend_init
 *   ready:       the receive is posted already   | tern_rsend   | tern_irsend   | tern_rsend_init
 *
 * Each of these names is a macro that adds TERN_HERE to one function which takes the mode as a
 * value (tern_send_mode, tern_isend_mode, tern_send_mode_init), so that one program can compare all
 * modes.
 *
 * Common to all calls.  Pairwise unless said otherwise.  `n` counts elements of `type`, any size_t.
 * Ranks and tags are those of the wrapped communicator; MPI_ANY_SOURCE, MPI_ANY_TAG and
 * MPI_PROC_NULL mean what they mean in MPI. A buffer belongs to the caller; between the start and
 * the completion of a non-blocking call it belongs to the layer. Thread level: that of
 * MPI_Init_thread; with MPI_THREAD_MULTIPLE any thread may call. Every call may return TERN_EINVAL
 * (rank, tag, NULL) and TERN_EMPI beside what its comment lists. */
#ifndef TERN_MSG_MSG_H
#define TERN_MSG_MSG_H

#include <mpi.h>

#include "base/base.h"

TERN_BEGIN_DECLS

/* ---- Communicators -------------------------------------------------------------------------- */

typedef struct tern_comm tern_comm;

/** Initialise MPI if nobody has, at MPI_THREAD_FUNNELED, and open the world.  Collective over
 * MPI_COMM_WORLD. \param argc,argv  main()'s, or NULL. \return TERN_OK, TERN_EMPI or TERN_ENOMEM.
 */
TERN_API TERN_MUST_CHECK int tern_init(int *argc, char ***argv);

/** The same with a thread level (MPI_THREAD_SINGLE .. MPI_THREAD_MULTIPLE); \p provided may be
 * NULL. A lower level than asked for is no error: SimGrid provides only SINGLE.  Read \p provided.
 */
TERN_API TERN_MUST_CHECK int tern_init_thread(int *argc, char ***argv, int required, int *provided);

/** Close the world, and finalise MPI if tern_init() initialised it.  Collective. */
TERN_API int tern_finalize(void);

/** All ranks; NULL before tern_init().  Owned by the library. */
TERN_API tern_comm *tern_world(void);

/** A communicator for the layer over the ranks of \p comm, which stays the caller's and is not
 * touched: the layer talks on a duplicate, so its messages never meet the caller's.  Collective
 * over \p comm.  MPI must be initialised. \param[out] out  owned by the caller, to be freed with
 * tern_comm_free(). \return TERN_OK, TERN_EMPI or TERN_ENOMEM, the same on all ranks. */
TERN_API TERN_MUST_CHECK int tern_comm_wrap(MPI_Comm comm, tern_comm **out);

/** Free \p c; NULL is allowed.  Collective.  Messages kept after a truncated receive are dropped,
 * with a warning. */
TERN_API void tern_comm_free(tern_comm *c);

/** The duplicate the layer talks on, for MPI's collectives and everything else the layer does not
 * wrap. Point-to-point messages on it meet the layer's own.  Borrowed: do not free. */
TERN_API MPI_Comm tern_comm_raw(const tern_comm *c);

/** The ranks of \p c that share memory with the caller, in rank order.  Borrowed: do not free. */
TERN_API MPI_Comm tern_comm_node(const tern_comm *c);

TERN_API int tern_rank(const tern_comm *c); /**< of the caller in \p c */
TERN_API int tern_size(const tern_comm *c); /**< ranks in \p c */

/* ---- Messages ------------------------------------------------------------------------------- */

typedef enum tern_mode {
    TERN_STANDARD,
    TERN_SYNCHRONOUS,
    TERN_BUFFERED, /**< from a buffer of TERN_BSEND_BYTES that the layer attaches at the first use,
                      or the program's own */
    TERN_READY,
    TERN_MODES /**< how many there are */
} tern_mode;

/** "send", "ssend", "bsend", "rsend". */
TERN_API const char *tern_mode_name(tern_mode mode);

/** What is known of a message. */
typedef struct tern_status {
    int source;
    int tag;
    size_t bytes; /**< length of the message, also where it did not fit */
} tern_status;

/** The same from MPI's own status.  Local. */
TERN_API tern_status tern_status_of(const MPI_Status *status);

/** Send.  Blocking until complete as of \p mode, see the table above. */
TERN_API TERN_MUST_CHECK int tern_send_mode(tern_comm *c, tern_mode mode, const void *buf, size_t n,
                                            MPI_Datatype type, int dest, int tag,
                                            const char *where);
#define tern_send(c, buf, n, type, dest, tag) \
 tern_send_mode(c, TERN_STANDARD, buf, n, type, dest, tag, TERN_HERE)
#define tern_ssend(c, buf, n, type, dest, tag) \
 tern_send_mode(c, TERN_SYNCHRONOUS, buf, n, type, dest, tag, TERN_HERE)
#define tern_bsend(c, buf, n, type, dest, tag) \
 tern_send_mode(c, TERN_BUFFERED, buf, n, type, dest, tag, TERN_HERE)
#define tern_rsend(c, buf, n, type, dest, tag) \
 tern_send_mode(c, TERN_READY, buf, n, type, dest, tag, TERN_HERE)

/** Send with a deadline.  The message is copied first, so \p buf may be reused in any case.  On
 * TERN_ETIMEDOUT the layer keeps the copy and goes on: the message arrives at most once, when its
 * receiver comes.  Without the copy: tern_isend() and tern_wait() with a deadline.  \return
 * TERN_OK, TERN_ETIMEDOUT or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_send_mode_until(tern_comm *c, tern_mode mode, const void *buf,
                                                  size_t n, MPI_Datatype type, int dest, int tag,
                                                  tern_deadline deadline, const char *where);
#define tern_send_until(c, buf, n, type, dest, tag, deadline) \
 tern_send_mode_until(c, TERN_STANDARD, buf, n, type, dest, tag, deadline, TERN_HERE)
#define tern_ssend_until(c, buf, n, type, dest, tag, deadline) \
 tern_send_mode_until(c, TERN_SYNCHRONOUS, buf, n, type, dest, tag, deadline, TERN_HERE)

/** Receive into \p buf, which has room for \p n elements.  Blocking until the message is there or
 * \p deadline passes. \param[out] status  may be NULL. \return TERN_OK; TERN_ETIMEDOUT; TERN_ETRUNC
 * if the message is longer: it is kept and comes first at the next receive or probe that matches
 * it (until then tern_start() of a receive that matches it is TERN_EINVAL), status->bytes tells how
 * long it is, \p buf is unchanged. */
TERN_API TERN_MUST_CHECK int tern_recv_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type,
                                          int source, int tag, tern_status *status,
                                          tern_deadline deadline, const char *where);
#define tern_recv(c, buf, n, type, source, tag, status) \
 tern_recv_at(c, buf, n, type, source, tag, status, TERN_FOREVER, TERN_HERE)
#define tern_recv_until(c, buf, n, type, source, tag, status, deadline) \
 tern_recv_at(c, buf, n, type, source, tag, status, deadline, TERN_HERE)

/** Receive a message of unknown size into a new buffer, by matched probe (MPI 3.1, 3.8.2): safe
 * with threads. \param[out] buf  a block of tern_alloc(), to be given back with tern_free(); for an
 * empty message NULL. \param[out] n    elements of \p type received.  Both unchanged on failure.
 * \return TERN_OK, TERN_ETIMEDOUT, TERN_ENOMEM, or TERN_EMISMATCH if the bytes are no whole number
 * of elements. */
TERN_API TERN_MUST_CHECK int tern_recv_alloc_at(tern_comm *c, void **buf, size_t *n,
                                                MPI_Datatype type, int source, int tag,
                                                tern_status *status, tern_deadline deadline,
                                                const char *where);
#define tern_recv_alloc(c, buf, n, type, source, tag, status) \
 tern_recv_alloc_at(c, buf, n, type, source, tag, status, TERN_FOREVER, TERN_HERE)
#define tern_recv_alloc_until(c, buf, n, type, source, tag, status, deadline) \
 tern_recv_alloc_at(c, buf, n, type, source, tag, status, deadline, TERN_HERE)

/** Send and receive at once, in any order: no deadlock between two ranks that both call it.
 * \return as tern_recv_at(). */
TERN_API TERN_MUST_CHECK int tern_sendrecv_at(tern_comm *c, const void *sendbuf, size_t sendn,
                                              MPI_Datatype sendtype, int dest, int sendtag,
                                              void *recvbuf, size_t recvn, MPI_Datatype recvtype,
                                              int source, int recvtag, tern_status *status,
                                              const char *where);
#define tern_sendrecv(c, sb, sn, st, dest, stag, rb, rn, rt, source, rtag, status) \
 tern_sendrecv_at(c, sb, sn, st, dest, stag, rb, rn, rt, source, rtag, status, TERN_HERE)

/** Wait until a message that matches can be received, without receiving it; TERN_NOW makes it a
 * test. \return TERN_OK or TERN_ETIMEDOUT. */
TERN_API TERN_MUST_CHECK int tern_probe_at(tern_comm *c, int source, int tag, tern_status *status,
                                           tern_deadline deadline, const char *where);
#define tern_probe(c, source, tag, status) \
 tern_probe_at(c, source, tag, status, TERN_FOREVER, TERN_HERE)
#define tern_probe_until(c, source, tag, status, deadline) \
 tern_probe_at(c, source, tag, status, deadline, TERN_HERE)

/* ---- Requests ------------------------------------------------------------------------------- */

/** An operation under way.  A plain value: copy it, keep it in arrays; its fields are the layer's.
 */
typedef struct tern_req {
    MPI_Request mpi;
    tern_comm *comm;
    const char *what;  /* "isend", for the sentence */
    const char *where; /* the caller who started it */
    size_t bytes;      /* of the buffer */
    int peer, tag;
    unsigned flags; /* 0: inactive */
    void *again;    /* what a persistent buffered send repeats, or NULL */
} tern_req;
/** An inactive request: waiting for it returns at once. */
#define TERN_REQ_NULL ((tern_req){.mpi = MPI_REQUEST_NULL})

/** Start a send or a receive.  Local: returns at once; \p buf belongs to the layer until the
 * request is complete. A message longer than an irecv's buffer is cut (TERN_ETRUNC from the wait,
 * status->bytes tells the length where MPI does; Open MPI 4.1.4 may write past the buffer when it
 * is longer than the eager limit); tern_recv() keeps it. */
TERN_API TERN_MUST_CHECK int tern_isend_mode(tern_comm *c, tern_mode mode, const void *buf,
                                             size_t n, MPI_Datatype type, int dest, int tag,
                                             tern_req *req, const char *where);
#define tern_isend(c, buf, n, type, dest, tag, req) \
 tern_isend_mode(c, TERN_STANDARD, buf, n, type, dest, tag, req, TERN_HERE)
#define tern_issend(c, buf, n, type, dest, tag, req) \
 tern_isend_mode(c, TERN_SYNCHRONOUS, buf, n, type, dest, tag, req, TERN_HERE)
#define tern_ibsend(c, buf, n, type, dest, tag, req) \
 tern_isend_mode(c, TERN_BUFFERED, buf, n, type, dest, tag, req, TERN_HERE)
#define tern_irsend(c, buf, n, type, dest, tag, req) \
 tern_isend_mode(c, TERN_READY, buf, n, type, dest, tag, req, TERN_HERE)
TERN_API TERN_MUST_CHECK int tern_irecv_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type,
                                           int source, int tag, tern_req *req, const char *where);
#define tern_irecv(c, buf, n, type, source, tag, req) \
 tern_irecv_at(c, buf, n, type, source, tag, req, TERN_HERE)

/** Set up an operation to be started many times with tern_start().  Local.  Free with
 * tern_req_free(). */
TERN_API TERN_MUST_CHECK int tern_send_mode_init(tern_comm *c, tern_mode mode, const void *buf,
                                                 size_t n, MPI_Datatype type, int dest, int tag,
                                                 tern_req *req, const char *where);
#define tern_send_init(c, buf, n, type, dest, tag, req) \
 tern_send_mode_init(c, TERN_STANDARD, buf, n, type, dest, tag, req, TERN_HERE)
#define tern_ssend_init(c, buf, n, type, dest, tag, req) \
 tern_send_mode_init(c, TERN_SYNCHRONOUS, buf, n, type, dest, tag, req, TERN_HERE)
#define tern_bsend_init(c, buf, n, type, dest, tag, req) \
 tern_send_mode_init(c, TERN_BUFFERED, buf, n, type, dest, tag, req, TERN_HERE)
#define tern_rsend_init(c, buf, n, type, dest, tag, req) \
 tern_send_mode_init(c, TERN_READY, buf, n, type, dest, tag, req, TERN_HERE)
TERN_API TERN_MUST_CHECK int tern_recv_init_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type,
                                               int source, int tag, tern_req *req,
                                               const char *where);
#define tern_recv_init(c, buf, n, type, source, tag, req) \
 tern_recv_init_at(c, buf, n, type, source, tag, req, TERN_HERE)
TERN_API TERN_MUST_CHECK int tern_start(tern_req *req);
TERN_API TERN_MUST_CHECK int tern_startall(size_t n, tern_req *reqs);

/** Partitioned messages (MPI 4.0, chapter 4): \p partitions of \p n elements each, started with
 * tern_start(); the sender marks partitions ready, the receiver asks which have arrived.
 * TERN_ENOTSUP where MPI has none. */
TERN_API TERN_MUST_CHECK int tern_psend_init_at(tern_comm *c, const void *buf, int partitions,
                                                size_t n, MPI_Datatype type, int dest, int tag,
                                                tern_req *req, const char *where);
TERN_API TERN_MUST_CHECK int tern_precv_init_at(tern_comm *c, void *buf, int partitions, size_t n,
                                                MPI_Datatype type, int source, int tag,
                                                tern_req *req, const char *where);
#define tern_psend_init(c, buf, parts, n, type, dest, tag, req) \
 tern_psend_init_at(c, buf, parts, n, type, dest, tag, req, TERN_HERE)
#define tern_precv_init(c, buf, parts, n, type, source, tag, req) \
 tern_precv_init_at(c, buf, parts, n, type, source, tag, req, TERN_HERE)
TERN_API TERN_MUST_CHECK int tern_pready(tern_req *req, int partition);
/** \param[out] arrived  true once the partition is there. */
TERN_API TERN_MUST_CHECK int tern_parrived(tern_req *req, int partition, bool *arrived);

/** Wait for one request.  Blocking until it is complete or \p deadline passes; TERN_NOW makes it a
 * test. \return TERN_OK, the request then is inactive; TERN_ETIMEDOUT, it is as it was and can be
 * waited for again; TERN_ETRUNC or TERN_ECANCELED. */
TERN_API TERN_MUST_CHECK int tern_wait_at(tern_req *req, tern_status *status,
                                          tern_deadline deadline, const char *where);
#define tern_wait(req, status, deadline) tern_wait_at(req, status, deadline, TERN_HERE)

/** Wait for all of \p n requests.  \param[out] statuses  n of them, or NULL; that of an inactive
 * request is left as it is, so a wait can be repeated.
 * \return TERN_OK, TERN_ETIMEDOUT (those complete are inactive), or the first failure. */
TERN_API TERN_MUST_CHECK int tern_waitall_at(size_t n, tern_req *reqs, tern_status *statuses,
                                             tern_deadline deadline, const char *where);
#define tern_waitall(n, reqs, statuses, deadline) \
 tern_waitall_at(n, reqs, statuses, deadline, TERN_HERE)

/** Wait for at least one.  \param[out] done  the number complete, their indices in \p indices (room
 * for n), their statuses in the first \p done of \p statuses (or NULL).  done 0 with TERN_OK: no
 * request is active. */
TERN_API TERN_MUST_CHECK int tern_waitsome_at(size_t n, tern_req *reqs, size_t *done,
                                              size_t *indices, tern_status *statuses,
                                              tern_deadline deadline, const char *where);
#define tern_waitsome(n, reqs, done, indices, statuses, deadline) \
 tern_waitsome_at(n, reqs, done, indices, statuses, deadline, TERN_HERE)

/** Wait for one of \p n; \p index is n if none is active. */
TERN_API TERN_MUST_CHECK int tern_waitany_at(size_t n, tern_req *reqs, size_t *index,
                                             tern_status *status, tern_deadline deadline,
                                             const char *where);
#define tern_waitany(n, reqs, index, status, deadline) \
 tern_waitany_at(n, reqs, index, status, deadline, TERN_HERE)

/** The tests: the waits with TERN_NOW, where "not yet" is no failure but an answer.
 * \return TERN_OK, TERN_EAGAIN or a failure. */
TERN_API TERN_MUST_CHECK int tern_test(tern_req *req, tern_status *status);
TERN_API TERN_MUST_CHECK int tern_testall(size_t n, tern_req *reqs, tern_status *statuses);
TERN_API TERN_MUST_CHECK int tern_testany(size_t n, tern_req *reqs, size_t *index,
                                          tern_status *status);
TERN_API TERN_MUST_CHECK int tern_testsome(size_t n, tern_req *reqs, size_t *done, size_t *indices,
                                           tern_status *statuses);

/** Ask MPI to cancel; the request still has to be waited for, and gives TERN_ECANCELED or, if it
 * was too late, TERN_OK. MPI cancels receives reliably; a send only where the library can. */
TERN_API TERN_MUST_CHECK int tern_cancel(tern_req *req);

/** Release a persistent or partitioned request that is not under way; it becomes inactive. */
TERN_API int tern_req_free(tern_req *req);

/* ---- Collectives, with the layer's waiting and deadlines --------------------------------------
 */

/* Collective over c.  MPI's own blocking collectives spin without yielding when a host file
 * declares more slots than there are cores: a barrier of 16 ranks on 2 cores then takes 124 ms.
 * These take the non-blocking form and wait as everything here does.  Any of MPI's other
 * non-blocking collectives on tern_comm_raw() is waited for with tern_wait_mpi(). */
TERN_API TERN_MUST_CHECK int tern_barrier_at(tern_comm *c, tern_deadline deadline,
                                             const char *where);
TERN_API TERN_MUST_CHECK int tern_bcast_at(tern_comm *c, void *buf, size_t n, MPI_Datatype type,
                                           int root, const char *where);
/** recvbuf gets the reduction of all sendbufs (n elements); sendbuf may be MPI_IN_PLACE. */
TERN_API TERN_MUST_CHECK int tern_allreduce_at(tern_comm *c, const void *sendbuf, void *recvbuf,
                                               size_t n, MPI_Datatype type, MPI_Op op,
                                               const char *where);
/** recvbuf gets size * n elements; rank r's at r * n. */
TERN_API TERN_MUST_CHECK int tern_allgather_at(tern_comm *c, const void *sendbuf, void *recvbuf,
                                               size_t n, MPI_Datatype type, const char *where);
/* A barrier whose deadline passes stays entered: the other ranks may still pass it. */
#define tern_barrier(c)                   tern_barrier_at(c, TERN_FOREVER, TERN_HERE)
#define tern_barrier_until(c, deadline)   tern_barrier_at(c, deadline, TERN_HERE)
#define tern_bcast(c, buf, n, type, root) tern_bcast_at(c, buf, n, type, root, TERN_HERE)
#define tern_allreduce(c, sendbuf, recvbuf, n, type, op) \
 tern_allreduce_at(c, sendbuf, recvbuf, n, type, op, TERN_HERE)
#define tern_allgather(c, sendbuf, recvbuf, n, type) \
 tern_allgather_at(c, sendbuf, recvbuf, n, type, TERN_HERE)

/** Wait for a request of plain MPI that belongs to \p c, as tern_wait() does; \p what names it in
 * reports ("alltoallv"). \return TERN_OK or TERN_ETIMEDOUT. */
TERN_API TERN_MUST_CHECK int tern_wait_mpi_at(tern_comm *c, MPI_Request *request, const char *what,
                                              tern_deadline deadline, const char *where);
#define tern_wait_mpi(c, request, what, deadline) \
 tern_wait_mpi_at(c, request, what, deadline, TERN_HERE)

/** Look once at what is waited for.  \return TERN_OK: it is there; TERN_EAGAIN: not yet; or a
 * failure. */
typedef int tern_look(void *state);

/** Wait, as every wait here does, until \p look finds what it looks for in \p state; \p what names
 * it in reports.  Local.  Blocking until then, or until \p deadline passes; TERN_NOW looks once.
 * \return what \p look does, but for TERN_EAGAIN TERN_ETIMEDOUT, unless \p deadline is TERN_NOW. */
TERN_API TERN_MUST_CHECK int tern_wait_for_at(tern_comm *c, tern_look *look, void *state,
                                              const char *what, tern_deadline deadline,
                                              const char *where);
#define tern_wait_for(c, look, state, what, deadline) \
 tern_wait_for_at(c, look, state, what, deadline, TERN_HERE)

/** Something small to be done from time to time while any thread of this rank waits in the layer,
 * such as answering others.  It must not wait. */
typedef struct tern_chore {
    void (*run)(void *state);
    void *state;
    struct tern_chore *next; /**< the layer's */
} tern_chore;
TERN_API void tern_chore_add(tern_chore *chore);    /**< Local.  Borrowed until it is removed. */
TERN_API void tern_chore_remove(tern_chore *chore); /**< Local */
TERN_API void tern_chores_run(void); /**< for those who poll and never wait.  Local */

/** Agree on an outcome: every rank passes its own \p error; if any is negative, all return a
 * negative one: a rank's own, or TERN_EPEER naming the lowest rank that failed and its sentence.
 * Collective. */
TERN_API TERN_MUST_CHECK int tern_agree_at(tern_comm *c, int error, const char *where);
#define tern_agree(c, error) tern_agree_at(c, error, TERN_HERE)
#ifdef __clang_analyzer__ /* which cannot see into the library */
static inline int tern__agree(tern_comm *c, int error)
{
    int agreed = tern_agree_at(c, error, TERN_HERE);
    return error != 0 ? error : agreed;
}
# undef tern_agree
# define tern_agree tern__agree
#endif

TERN_END_DECLS
#endif
