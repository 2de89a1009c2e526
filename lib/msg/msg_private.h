/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/msg share. */
#ifndef TERN_MSG_PRIVATE_H
#define TERN_MSG_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "msg/msg.h"

struct tern_comm {
    MPI_Comm mpi;  /* own duplicate, MPI_ERRORS_RETURN */
    MPI_Comm node; /* the ranks that share memory */
    int rank, size;
    int spin;           /* polls before a wait first yields its core; < 0: never yields */
    tern_mode standard; /* TERN_SYNCHRONOUS with TERN_STRICT=1 */
    size_t last;        /* bytes of the message received last: guesses how the next is best taken */
    atomic_int kept_count;
    pthread_mutex_t lock;   /* of the two lists: any thread may use them */
    struct kept *kept;      /* messages that did not fit, oldest first */
    struct orphan *orphans; /* copies of sends whose deadline passed */
};

/* ---- Counts beyond 2^31: MPI 4's own calls, or MPI 3.1's with a larger datatype ----------------
 */

#ifdef HAVE_MPI_SEND_C
typedef MPI_Count tern__count;
# define LARGE(call) call##_c
# define FITS(n)     ((n) <= INT64_MAX)
#else
typedef int tern__count;
# define LARGE(call) call
# define FITS(n)     ((n) <= INT_MAX)
#endif

/* `n` elements of a type as MPI takes them: `count` of `type`. */
struct tern__span {
    tern__count count;
    MPI_Datatype type;
    bool made; /* type is to be freed once the operation is started */
};
int tern__span(size_t n, MPI_Datatype type, struct tern__span *out); /* returns an MPI error */
void tern__span_free(struct tern__span *span);

/* How a message's bytes lie in memory. */
enum tern__layout {
    TERN__DENSE,   /* as they are sent */
    TERN__COMPACT, /* without gaps, but perhaps in another order: a derived type may be permuted */
    TERN__GAPS
};
/* Size of an element, and the layout of consecutive ones. */
size_t tern__type_size(MPI_Datatype type, enum tern__layout *layout);
size_t tern__bytes(size_t n, MPI_Datatype type);
void tern__status(const MPI_Status *from, tern_status *to); /* to may be NULL */

/* ---- Modes ------------------------------------------------------------------------------------
 */

struct tern__mode {
    const char *name, *iname;
    size_t at_once; /* the blocking call does not wait with a message shorter than this */
    int (*send)(const void *, tern__count, MPI_Datatype, int, int, MPI_Comm);
    int (*isend)(const void *, tern__count, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
    /* NULL for buffered sends, which are repeated by hand: see request.c */
    int (*init)(const void *, tern__count, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
};
/* The row of `mode`; attaches the buffer for buffered sends at its first use. */
const struct tern__mode *tern__mode(const tern_comm *c, tern_mode mode);
void tern__detach_buffer(void);

/* ---- Waiting: every wait of the library is one call of tern__wait() -----------------------------
 */

/* What is waited for, and by whom. */
struct tern__wait {
    const tern_comm *comm;
    const char *what;  /* "recv" */
    const char *where; /* the caller's line */
    size_t bytes;
    int peer, tag;
};

/* Look once: sets *done, or returns an MPI error. */
typedef int tern__poll(void *state, int *done);

/* Poll until done, failed or late: spin first, then yield the core between polls.
 * Returns TERN_OK, TERN_ETIMEDOUT (without a sentence) or what tern__mpi_fail() makes of the error.
 */
int tern__wait(const struct tern__wait *wait, tern__poll *poll, void *state,
               tern_deadline deadline);

/* ---- Requests -----------------------------------------------------------------------------------
 */

/* tern_req.flags */
enum {
    TERN__ACTIVE = 1, /* started and not yet waited for */
    TERN__RECEIVE = 2,
    TERN__PERSISTENT = 4,
    TERN__CANCELLED = 8, /* somebody asked for it */
    TERN__KEPT = 16      /* a receive that was complete at its start: a kept message was copied */
};

/* The request as something to wait for. */
static inline struct tern__wait tern__operation(const tern_req *r, const char *where)
{
    return (struct tern__wait){r->comm, r->what, where, r->bytes, r->peer, r->tag};
}

/* ---- Errors -------------------------------------------------------------------------------------
 */

/* The TERN_E... of an MPI error in this operation, with the sentence. */
int tern__mpi_fail(const struct tern__wait *op, int mpi_error);
int tern__late(const struct tern__wait *op); /* TERN_ETIMEDOUT with its sentence */

/* ---- Messages that did not fit
 * -------------------------------------------------------------------- */

struct kept {
    struct kept *next;
    void *data;
    tern_status status;
};
/* Where a receive is posted that must not cut a message: see spill.c. */
void tern__spill_open(bool threads);
bool tern__spill_on(void);
char *tern__spill_for(const void *buf);
int tern__spill_irecv(char *data, int source, int tag, MPI_Comm comm, MPI_Request *request);
void tern__spill_trim(const char *data, size_t bytes); /* when the message is copied */

struct kept *tern__new_kept(const tern_status *status); /* NULL if there is no memory */
void tern__drop_kept(struct kept *k);
void tern__keep(tern_comm *c, struct kept *k);     /* after all others */
void tern__put_back(tern_comm *c, struct kept *k); /* before all others, where it was */
/* Whether a message matches that was kept; its status. */
bool tern__peek_kept(tern_comm *c, int source, int tag, tern_status *status);
/* Take the first that matches out of the list: TERN_EAGAIN if there is none, TERN_ETRUNC (without a
 * sentence) if it has more than `room` bytes and stays. */
int tern__take_kept(tern_comm *c, int source, int tag, size_t room, tern_status *status,
                    struct kept **out);
static inline bool tern__any_kept(tern_comm *c) /* hot */
{
    return atomic_load_explicit(&c->kept_count, memory_order_relaxed) != 0;
}
/* Receive a kept message: TERN_EAGAIN if none matches. */
int tern__recv_kept(tern_comm *c, const struct tern__wait *op, void *buf, size_t n,
                    MPI_Datatype type, tern_status *status);
void tern__reap_orphans(tern_comm *c, bool all);

/* What to reduce numbers of this type with, where `op` would do it wrongly. */
MPI_Op tern__op_of(MPI_Datatype type, MPI_Op op);

#endif
