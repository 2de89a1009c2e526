/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of other ranks of the node: one copy, made by whom it is for and when he needs it.
 * Messages would need both at once, which ranks that share a core seldom are.  Linux's
 * process_vm_readv() allows it to whom ptrace() is allowed; whether that is so, and whether a
 * process number means the rank and not some process of another node, is found out by reading a
 * word that only the rank can have. */
#include "config.h"

#include "sort/peers.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "coll/coll.h"

#if defined(__linux__)
# include <sys/uio.h>
#endif

typedef struct tern__card {
    int64_t process;
    uint64_t data, word_at; /* addresses there */
    uint64_t word;
} tern__card;

static int read_memory(const tern__card *card, uint64_t at, void *out, size_t bytes)
{
#if defined(__linux__)
    char *to = out;

    while (bytes > 0) {
        struct iovec local = {to, bytes};
        void *there = (void *)(uintptr_t)at; /* NOLINT(performance-no-int-to-ptr) */
        struct iovec remote = {there, bytes};
        ssize_t got = process_vm_readv((pid_t)card->process, &local, 1, &remote, 1, 0);
        if (got <= 0)
            return TERN_ENOTSUP;
        to += got;
        at += (uint64_t)got;
        bytes -= (size_t)got;
    }
    return TERN_OK;
#else
    (void)card, (void)at, (void)out;
    return bytes > 0 ? TERN_ENOTSUP : TERN_OK;
#endif
}

static size_t can_read(const tern__card *card)
{
    uint64_t word = 0;

    return tern_env_number("TERN_READ_PEERS") != 0
           && read_memory(card, card->word_at, &word, sizeof(word)) == TERN_OK
           && word == card->word;
}

static int meet(tern_comm *c, const void *data, tern__peers *peers, uint64_t *word)
{
    int p = tern_size(c);
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    *word = tern_mix((uint64_t)now.tv_nsec ^ tern_mix((uint64_t)now.tv_sec ^ (uintptr_t)word));
    tern__card mine = {getpid(), (uintptr_t)data, (uintptr_t)word, *word};
    int error = tern_allgather(c, &mine, peers->cards, sizeof(mine), MPI_BYTE);
    for (int r = 0; r < p && !error; r++)
        peers->reads[r] = r != tern_rank(c) && can_read(&peers->cards[r]);
    /* whoever has answered has no more need of the words of others */
    return error ? error : tern_alltoall_counts(c, peers->reads, peers->serves);
}

int tern__peers_open(tern_comm *c, const void *data, tern__peers *out)
{
    size_t p = (size_t)tern_size(c);
    tern__peers peers = {
        .reads = calloc(2 * p, sizeof(*peers.reads)),
        .cards = calloc(p, sizeof(*peers.cards)),
    };
    uint64_t word;
    int error = tern_agree(c, peers.reads != NULL && peers.cards != NULL
                                  ? TERN_OK
                                  : tern_fail(TERN_ENOMEM, TERN_HERE, "no memory for peers"));

    if (!error) {
        peers.serves = peers.reads + p;
        error = meet(c, data, &peers, &word);
    }
    if (error)
        tern__peers_close(&peers);
    else
        *out = peers;
    return error;
}

void tern__peers_close(tern__peers *peers)
{
    free(peers->reads);
    free(peers->cards);
}

int tern__peers_read(const tern__peers *peers, int rank, size_t begin, void *out, size_t bytes)
{
    const tern__card *card = &peers->cards[rank];

    if (read_memory(card, card->data + begin, out, bytes))
        return tern_fail(TERN_EIO, TERN_HERE, "rank %d's memory cannot be read any more", rank);
    return TERN_OK;
}
