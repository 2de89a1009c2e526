/* SPDX-License-Identifier: BSD-3-Clause */
/** \file sort.h
 * Sorts what is distributed over the ranks of a communicator: keys of a fixed size, and lines of
 * text.
 *
 *   void *keys = tern_alloc(n * sizeof(uint64_t));           n may differ from rank to rank
 *   tern_sort(c, TERN_U64, &keys, &n, NULL);                 now n is floor or ceil of N / ranks
 *
 * Both sort locally with the OpenMP threads of the rank, find exact splitters, exchange once, and
 * merge the sorted runs that arrive: an item crosses the network at most once.  Peak memory is
 * twice the data, or little more than the data where tern_sort_options asks for it.  Neither the
 * ranks nor the threads change the result. */
#ifndef TERN_SORT_SORT_H
#define TERN_SORT_SORT_H

#include "base/base.h"
#include "msg/msg.h"

TERN_BEGIN_DECLS

/** Called by the sorts, on all ranks alike, when a phase begins: its \p name ("sort", "split",
 * "exchange", "merge") and how many bytes of this rank the phase before it has moved.
 * tern_prog_phase() is one. */
typedef void tern_phase_fn(const char *name, size_t bytes);

/* ---- Keys ----------------------------------------------------------------------------------- */

/** Types of keys, in the byte order of the machine. */
enum tern_key_type {
    TERN_U8,
    TERN_U16,
    TERN_U32,
    TERN_U64,
    TERN_I8,
    TERN_I16,
    TERN_I32,
    TERN_I64,
    TERN_F32,  /**< IEEE 754-2019 totalOrder: -NaN < -inf < .. < -0 < +0 < .. < inf < NaN */
    TERN_F64,  /**< the same */
    TERN_U128, /**< 16 bytes, as unsigned __int128 */
    TERN_KEY_TYPES
};

/** "u8|u16|..|u128", in the order of the enumeration: the argument of an option. */
#define TERN_KEY_NAMES "u8|u16|u32|u64|i8|i16|i32|i64|f32|f64|u128"

/** Bytes of one key.  Local. */
TERN_API size_t tern_key_bytes(enum tern_key_type type);

/** How to sort; NULL or zeros: ascending, exactly balanced, as the library chooses.  The same on
 * all ranks. */
typedef struct tern_sort_options {
    bool descending;
    bool stable; /**< records with equal keys stay in the order of the input: of the ranks, then
                    of the positions.  Keys alone cannot tell. */
    double imbalance;      /**< 0: rank r holds exactly floor or ceil of N/p.  Else the result is
                              left where it falls, as long as no rank holds more than
                              (1 + imbalance) N/p: saves moving items for the balance alone. */
    const char *algorithm; /**< a name of tern_sort_algorithm(); NULL is "auto" */
    tern_phase_fn *phase;  /**< or NULL */
    bool in_place; /**< Peak memory of 1.1 times the data, or the result where that is more, in
                      place of twice: for keys, and for pairs of a key and 8 bytes whose order
                      among equals does not matter.  Other records take 16 bytes each beside
                      them, those with compare 32.  Costs time, since what arrives is sorted
                      again.  The algorithm is "histogram", or TERN_ENOTSUP; so are payloads. */
    struct tern_proof *prove; /**< or NULL.  Else the content before the sort is compared with that
                                 after it: TERN_EMISMATCH where the result is not the input in
                                 order; what tern_prove() says of it.  Cheaper than two calls, since
                                 some of the result is looked at while it is in the cache. */
} tern_sort_options;

/** Sort the keys of all ranks.  Afterwards rank r holds the r-th part of the whole order: ceil(N/p)
 * keys on the first N mod p ranks, floor(N/p) on the others, whatever the input.  Collective; any
 * number of ranks, and any of them may be empty. \param[in,out] keys  *keys is a block of
 * tern_alloc() that the call takes, and gives back another or the same one (NULL is allowed when n
 * is 0; the result is never NULL), also on failure. \param[in,out] n  keys on this rank. \return
 * TERN_OK; TERN_EINVAL; TERN_ENOMEM, with the ranks' keys in another order if it was seen before
 * they were exchanged; TERN_EMPI, with the keys lost. */
TERN_API TERN_MUST_CHECK int tern_sort(tern_comm *c, enum tern_key_type type, void **keys,
                                       size_t *n, const tern_sort_options *options);

/** Sort \p n keys of this rank in place, with its threads; needs as much memory again.  Local.
 * \return TERN_OK, TERN_EINVAL or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_sort_local(enum tern_key_type type, void *keys, size_t n,
                                             bool descending);

/* ---- Records -------------------------------------------------------------------------------- */

/** Records of a fixed size and the key in them. */
typedef struct tern_record_layout {
    size_t bytes;      /**< of a record, with all its padding */
    size_t key_offset; /**< of its key, in bytes; any alignment */
    size_t key_bytes;  /**< the key is a string of so many bytes, ordered as by memcmp(); ... */
    enum tern_key_type type; /**< ... where it is 0, one number of this type */
    /** Or, not NULL: an order of whole records that no key tells.  Negative, 0 or positive, as for
     * qsort(); called by several threads at once, and on copies: a record must mean the same
     * wherever it lies.  The slowest way. */
    int (*compare)(const void *a, const void *b, const void *context);
    const void *context; /**< of compare; borrowed during the call */
} tern_record_layout;

/** The layout of keys alone, for the calls that take one.  Local. */
TERN_API tern_record_layout tern_key_layout(enum tern_key_type type);

/** Sort the records of all ranks, as tern_sort() does keys: pairs of the key's first 8 bytes and a
 * position are sorted, and each record is moved by them. \param[in] layout  the same on all ranks.
 * \param[in,out] records  as \p keys of tern_sort(). \return as tern_sort(). */
TERN_API TERN_MUST_CHECK int tern_sort_records(tern_comm *c, const tern_record_layout *layout,
                                               void **records, size_t *n,
                                               const tern_sort_options *options);

/** Sort \p n records of this rank, with its threads, stably.  Local.  \param[in,out] records  as
 * above. \return TERN_OK, TERN_EINVAL or TERN_ENOMEM, with the records as they were. */
TERN_API TERN_MUST_CHECK int tern_sort_records_local(const tern_record_layout *layout,
                                                     void **records, size_t n, bool descending);

/** An array that is permuted as keys are. */
typedef struct tern_payload {
    size_t bytes; /**< of an element */
    void *data;   /**< a block of tern_alloc() with an element for each key; replaced as keys are */
} tern_payload;

/** Sort keys, and \p arrays payloads alike: element i of each moves with key i.  Collective.
 * Needs three times the memory of keys and payloads.  \param[in,out] payloads  on all ranks as
 * many, of the same bytes. \return as tern_sort(). */
TERN_API TERN_MUST_CHECK int tern_sort_by_key(tern_comm *c, enum tern_key_type type, void **keys,
                                              size_t *n, tern_payload *payloads, size_t arrays,
                                              const tern_sort_options *options);

/** Names of the algorithms, "auto" first; NULL after the last.  p ranks, N items.
 *   "auto"       by N/p and p, see lib/sort/algorithm.c
 *   "sample"     local sort, splitters from one sample, exchange, merge, then the balance
 *   "histogram"  the same with exact splitters, from samples and counts in a few rounds: the
 *                balance costs no further exchange
 *   "ams"        histogram in two or three levels of some cbrt(p) or sqrt(p) groups of ranks: a
 *                rank sends to so many others a level, not to p - 1
 *   "hypercube"  quicksort of ranks, log2 p steps; for few items
 *   "bitonic"    bitonic sort of ranks, log2 p (log2 p + 1) / 2 steps; shows how far that gets
 *   "radix"      by the highest bits of the keys that differ; then the balance.  For keys that are
 *                spread evenly
 * All are correct for any ranks and items.  "hypercube" and "bitonic" are not stable. */
TERN_API const char *tern_sort_algorithm(int i);

/* ---- Operations ----------------------------------------------------------------------------- */

/* Collective; `layout` and `descending` are the same on all ranks.  Each returns TERN_OK,
 * TERN_EINVAL, TERN_ENOMEM or TERN_EMPI, and the input is as it was unless said otherwise. */

/** Sort what is sorted on each rank already: tern_sort_records() without its local sort.  Stable.
 * \param options  as there; the algorithm is "histogram".
 * \return also TERN_EINVAL: the records of a rank are not in order. */
TERN_API TERN_MUST_CHECK int tern_merge(tern_comm *c, const tern_record_layout *layout,
                                        void **records, size_t *n,
                                        const tern_sort_options *options);

/** The items that a sort would put at places[0] .. places[m - 1], counted from 0 over all ranks;
 * any order, repetitions allowed.  Places i N / m are the edges of a histogram of m bins of equal
 * depth. Sorts a copy of each rank's records, and sends only keys.
 * \param[in]  places  the same on all ranks, each less than N.
 * \param[out] out  room for m records; the same on all ranks. */
TERN_API TERN_MUST_CHECK int tern_nth(tern_comm *c, const tern_record_layout *layout,
                                      const void *records, size_t n, const uint64_t *places,
                                      size_t m, bool descending, void *out);

/** The first k items of the order, or all if there are not so many.  Sorts a copy of each rank's
 * records, and sends at most k of each.  \param[out] out,m  on all ranks alike: a block of
 * tern_alloc(), owned by the caller, and how many are in it; equal ones by rank and position. */
TERN_API TERN_MUST_CHECK int tern_top(tern_comm *c, const tern_record_layout *layout,
                                      const void *records, size_t n, size_t k, bool descending,
                                      void **out, size_t *m);

/** Of records in order on all ranks, as tern_sort_records() leaves them, keep the first of those
 * with equal keys; what is kept stays on its rank.  \param[in,out] n  records on this rank.
 * \param[out] counts  how many equal ones there were on all ranks, for each that is kept: a block
 * of tern_alloc(), owned by the caller; or NULL. */
TERN_API TERN_MUST_CHECK int tern_unique(tern_comm *c, const tern_record_layout *layout,
                                         void *records, size_t *n, uint64_t **counts);

/** Count the items of all ranks between edges: counts[i] are those from edge i - 1 on (not before
 * it) and before edge i; counts[0] those before the first, counts[m] those from the last on.  One
 * pass, no order needed. \param[in] edges  m records in ascending order, the same on all ranks.
 * \param[out] counts  m + 1, the same on all ranks. */
TERN_API TERN_MUST_CHECK int tern_count_between(tern_comm *c, const tern_record_layout *layout,
                                                const void *records, size_t n, const void *edges,
                                                size_t m, uint64_t *counts);

/* ---- Proof ---------------------------------------------------------------------------------- */

/** What a set of items contains, whatever its order and distribution. */
typedef struct tern_content {
    uint64_t items;
    uint64_t bytes;
    uint64_t hash; /**< sum of a 64-bit hash of every item */
} tern_content;

TERN_API bool tern_content_equal(const tern_content *a, const tern_content *b);

/** What one pass over all items tells. */
typedef struct tern_proof {
    tern_content content;
    bool sorted; /**< in order on every rank and from rank to rank */
} tern_proof;

/** Look at all ranks' records once.  A sort has done its work if the content after it equals that
 * before it and the result is sorted: a lost, doubled or changed item goes unseen with a
 * probability of 2^-64. Collective.  \param options  whether descending; or NULL. \param[out] out
 * the same on all ranks. \return TERN_OK, TERN_EINVAL, TERN_ENOMEM or TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_prove(tern_comm *c, const tern_record_layout *layout,
                                        const void *records, size_t n,
                                        const tern_sort_options *options, tern_proof *out);

/** The content alone.  Collective. */
TERN_API TERN_MUST_CHECK int tern_records_content(tern_comm *c, const tern_record_layout *layout,
                                                  const void *records, size_t n, tern_content *out);
TERN_API TERN_MUST_CHECK int tern_keys_content(tern_comm *c, enum tern_key_type type,
                                               const void *keys, size_t n, tern_content *out);

/** Whether the keys are in order on every rank and from rank to rank.  Collective.
 * \param[out] sorted  the same on all ranks. \return TERN_OK, TERN_EINVAL, TERN_ENOMEM or
 * TERN_EMPI.
 */
TERN_API TERN_MUST_CHECK int tern_is_sorted(tern_comm *c, enum tern_key_type type, const void *keys,
                                            size_t n, bool descending, bool *sorted);
TERN_API TERN_MUST_CHECK int tern_records_sorted(tern_comm *c, const tern_record_layout *layout,
                                                 const void *records, size_t n, bool descending,
                                                 bool *sorted);

/* ---- Generated keys ------------------------------------------------------------------------- */

/** Distributions of keys.  Each is spread over the whole range of its type; for floating point that
 * includes the infinities and NaNs. */
enum tern_distribution {
    TERN_UNIFORM,     /**< every value is equally likely */
    TERN_SORTED,      /**< ascending, evenly spaced */
    TERN_REVERSED,    /**< descending, evenly spaced */
    TERN_EQUAL,       /**< one value */
    TERN_FEW,         /**< 16 values */
    TERN_ZIPF,        /**< the k-th most frequent value with probability ~ 1/k, values hashed */
    TERN_NORMAL,      /**< Gaussian around the middle of the range, deviation 1/16 of it */
    TERN_EXPONENTIAL, /**< falling by a factor of e every 1/32 of the range */
    TERN_ALMOST,      /**< sorted, but for one key in 100, which is uniform */
    TERN_SQRT,        /**< about sqrt(total) values, equally likely */
    /* After Helman, Bader and JaJa 1998; they speak of ranks, of which there are `parts`: */
    TERN_STAGGERED, /**< part i holds the keys of one p-th of the range, and no two neighbours'
                       follow each other: 1, 3, 5 .., 0, 2, 4 .. */
    TERN_BUCKETS,   /**< each part holds as many keys of each p-th of the range, in order of them */
    TERN_GROUPS,    /**< groups of about sqrt(p) parts, each holding the keys of one p-th after the
                       other, half the range away */
    TERN_ALL_TO_ONE, /**< of each part the first half comes from the lowest p-th of the range: a
                        sort by fixed bounds sends it all to rank 0 */
    TERN_DISTRIBUTIONS
};
#define TERN_DISTRIBUTION_NAMES                                                             \
 "uniform|sorted|reversed|equal|few|zipf|normal|exponential|almost|sqrt|staggered|buckets|" \
 "groups|all-to-one"

typedef struct tern_generator {
    enum tern_distribution distribution;
    enum tern_key_type type;
    uint64_t seed;
    uint64_t total; /**< keys in all, on all ranks */
    uint64_t parts; /**< that the last four speak of, whatever the ranks are; 0: 16 */
} tern_generator;

/** Write keys first .. first + n - 1 of \p generator's sequence to \p keys: the same on any number
 * of ranks and threads.  Local. \return TERN_OK or TERN_EINVAL. */
TERN_API TERN_MUST_CHECK int tern_generate(const tern_generator *generator, uint64_t first,
                                           size_t n, void *keys);

/** How keys lie on the ranks before a sort. */
enum tern_filling {
    TERN_EVEN,      /**< floor or ceil of total/p each */
    TERN_EMPTY_ODD, /**< nothing on ranks 1, 3, 5 .. */
    TERN_ONE_RANK,  /**< all on the last */
    TERN_RAMP,      /**< rank r some r/p times as many as the last */
    TERN_FILLINGS
};

/** The keys first .. first + n - 1 of \p total that rank \p r of \p p holds.  Local. */
TERN_API void tern_fill(enum tern_filling filling, uint64_t total, int p, int r, uint64_t *first,
                        size_t *n);

/* ---- Lines of text -------------------------------------------------------------------------- */

/** A part of a line and how it is compared: a KEYDEF of sort(1).  Without `numeric`, `general`,
 * `human`, `month` and `version` by its bytes as unsigned numbers, a shorter part before its
 * extensions. */
typedef struct tern_line_key {
    size_t field, character;         /**< where it begins: a field of the line, a byte of the field,
                                        both from 0 */
    size_t end_field, end_character; /**< it ends before byte `end_character` of `end_field`, or,
                                        where that is 0, with the field; SIZE_MAX: with the line */
    bool blanks,
        end_blanks;  /**< count characters, at its begin and its end, after leading blanks */
    bool dictionary; /**< of bytes, only blanks, letters and digits count */
    bool printable;  /**< of bytes, only ' ' to '~' count */
    bool fold;       /**< lower-case letters are upper-case ones */
    bool numeric;    /**< by leading number: blanks, '-', digits, '.', digits; any length */
    bool general;    /**< by leading number as strtold(3): no number < NaN < -inf < .. */
    bool human;      /**< by sign, suffix (none, k or K, M, G, T, P, E, Z, Y), number */
    bool month;      /**< JAN < .. < DEC after blanks, in any case; what is none is first */
    bool version;    /**< digits within the text by their value: a9 < a10 */
    bool reverse;
} tern_line_key;

typedef struct tern_line_options {
    tern_line_key global;      /**< how keys are compared that say nothing of it, and the line where
                                  there are none; `reverse` is also that of `the last resort` */
    const tern_line_key *keys; /**< the first decides, then the second, .. */
    size_t n_keys;
    bool stable;    /**< no last resort, which is: lines with equal keys by their bytes */
    bool unique;    /**< stable, and of lines with equal keys keep the first in the order of the
                       input, that is of the ranks and the positions in their texts */
    bool separated; /**< fields are what lies between bytes `separator`, not what begins with
                       blanks */
    bool nul;       /**< lines end in a NUL, not a newline */
    char separator;
    tern_phase_fn *phase; /**< or NULL */
} tern_line_options;

/** Parse F[.C][OPTS][,F[.C][OPTS]] with OPTS of bdfghiMnrV, the argument of `sort -k`.  Local.
 * \return TERN_OK, or TERN_EINVAL with a sentence in tern_last_error() and \p out unchanged. */
TERN_API TERN_MUST_CHECK int tern_line_key_parse(const char *definition, tern_line_key *out);

/** Set what the letters \p options, of bdfghiMnrV, say of \p key.  Local.
 * \return TERN_OK or TERN_EINVAL. */
TERN_API TERN_MUST_CHECK int tern_line_key_set(const char *options, tern_line_key *key);

/** Whether each key is compared in one way only: of ghMn and the group diV, one.  Local.
 * \return TERN_OK or TERN_EINVAL. */
TERN_API TERN_MUST_CHECK int tern_line_options_check(const tern_line_options *options);

/** Lines of a rank, in order. */
typedef struct tern_lines tern_lines;

/** Sort the lines of all ranks exactly as `LC_ALL=C sort` does: by their keys, then, as the last
 * resort, by their bytes; NUL is a byte as any other.  Afterwards rank r holds the
 * r-th part of the order, balanced in bytes to the length of a line.  Collective. \param[in] text a
 * block of tern_alloc() that the call takes, also when it fails: whole lines, each ended by a
 * newline; NULL is allowed when \p bytes is 0. At most 2^40 bytes. \param options  the same on all
 * ranks, or NULL. \param[out] out  to be freed with tern_lines_free(). \return TERN_OK,
 * TERN_EINVAL, TERN_ENOMEM or TERN_EMPI. */
TERN_API TERN_MUST_CHECK int tern_sort_lines(tern_comm *c, char *text, size_t bytes,
                                             const tern_line_options *options, tern_lines **out);

/** Whole lines within a text: its bytes \p begin .. \p end - 1. */
typedef struct tern_text_range {
    size_t begin, end;
} tern_text_range;

/** The same for a text that all ranks see, each at its own address, such as a mapped file: ranks
 * exchange 16 bytes for a line, however long it is.  Collective.  \param[in] text  as on all ranks;
 * borrowed until tern_lines_free().  Where other programs may change it, the end of a line must
 * stand behind the last range, and the caller must find it out: then any lines in any order may
 * come.  \param[in] ranges this rank's lines, in n ranges that ascend, over the ranks too; within
 * the first 2^40 bytes. \param options,out  as above. \return TERN_OK, TERN_EINVAL, TERN_ENOMEM,
 * TERN_EMPI, or TERN_EIO: the text has changed. */
TERN_API TERN_MUST_CHECK int tern_sort_shared_lines(tern_comm *c, const char *text,
                                                    const tern_text_range *ranges, size_t n,
                                                    const tern_line_options *options,
                                                    tern_lines **out);

/** Find the first line of \p text that is out of order after the one before it: less, or with
 * `unique` also equal. Local; one thread; the text is as that of tern_sort_lines(), but borrowed.
 * \param[out] offset  where the line begins, or SIZE_MAX if all are in order. \return TERN_OK,
 * TERN_EINVAL or TERN_ENOMEM. */
TERN_API TERN_MUST_CHECK int tern_lines_disorder(const char *text, size_t bytes,
                                                 const tern_line_options *options, size_t *offset);

TERN_API void tern_lines_free(tern_lines *lines); /**< Local; NULL is allowed */

/** Number of this rank's lines.  Local. */
TERN_API size_t tern_lines_count(const tern_lines *lines);

/** Bytes of lines first .. first + n - 1, with their newlines.  Local; costs n steps, one for all
 * lines. */
TERN_API size_t tern_lines_bytes(const tern_lines *lines, size_t first, size_t n);

/** Line \p i and its length with the newline.  Borrowed.  Local. */
TERN_API const char *tern_lines_at(const tern_lines *lines, size_t i, size_t *length);

/** Copy lines from \p first on, in order and without gaps, to \p buffer, as many as fit into
 * \p room bytes and as there are before \p end.  Local. \param[out] bytes  written.
 * \return the line after the last one copied. */
TERN_API size_t tern_lines_copy(const tern_lines *lines, size_t first, size_t end, char *buffer,
                                size_t room, size_t *bytes);

/* ---- Larger than memory --------------------------------------------------------------------- */

/** A sort of records, or of lines, that do not fit in memory.  Each rank makes sorted runs of its
 * part on its disk; the order is cut into blocks, exactly, with the help of an index of every so
 * many bytes of each run; the ranks take the blocks in turn, gather their pieces from all runs,
 * sort and write them.  Each byte is read twice and written twice, and crosses the network once;
 * reading, sorting and writing overlap. */
typedef struct tern_external {
    tern_record_layout layout;      /**< of records, .. */
    bool descending;                /**< .. and their order */
    const tern_line_options *lines; /**< not NULL: lines of text, in this order; `phase` is not
                                       looked at */
    size_t memory;      /**< bytes that this rank may use for items; the least rank's counts.  A
                           single item that needs more gets it */
    const char *folder; /**< for the runs of this rank, as large as its part; no file is left there,
                           however the program ends */
    /** NULL, or the path of this rank's runs without suffix, instead of \p folder: files PATH.runs
     * and PATH.done are left when the sort fails or is killed, and a sort with the same parameters
     * goes on from them.  The path must tell the input: that it is the same is up to the caller. */
    const char *resume;
    const char *compress; /**< NULL, or what packs the runs: a program that compresses standard
                             input to standard output, and with -d the reverse; "zstd" is built in
                             where configure found it */
    bool in_order;        /**< only rank 0 writes, from the first byte to the last: to a pipe */
    uint64_t bytes;       /**< of this rank's part, or UINT64_MAX: not known */
    /** Give up to \p n bytes of this rank's part from byte \p at on, which are those after the
     * ones given before, or, of a sort that is resumed, after those that were; less only at its
     * end; n is a multiple of the size of records.  Take bytes \p at .. at + n - 1 of the result.
     * Each is called by one thread at a time, which is not the caller's; they return TERN_OK or a
     * tern_fail(). */
    int (*read)(void *context, uint64_t at, size_t n, void *bytes, size_t *got);
    int (*write)(void *context, uint64_t at, void *bytes, size_t n);
    void *context;
    tern_phase_fn *phase;                        /**< "runs", "split", "merge"; or NULL */
    void (*step)(uint64_t done, uint64_t total); /**< of a phase; or NULL */
} tern_external;

/** Sort stably the items of all ranks, as they follow one another in the order of the ranks, and
 * prove the result: the order, and, unless lines are to be unique, the content as it was read.
 * Collective.  \param[out] content  of the result, on all ranks. \return TERN_OK; TERN_EINVAL;
 * TERN_ENOMEM; TERN_EIO, which may be a full disk; TERN_EMPI; TERN_EMISMATCH: what was written is
 * not what was read.  Source: Rahn, Sanders and Singler, Scalable distributed-memory external
 * sorting, ICDE 2010, with approximate splitters, exactly located. */
TERN_API TERN_MUST_CHECK int tern_sort_external(tern_comm *c, const tern_external *external,
                                                tern_content *content);

TERN_END_DECLS
#endif
