/* SPDX-License-Identifier: BSD-3-Clause */
/** \file base.h
 * What every module stands on: errors as values, time, the environment table, option tables,
 * memory, hashes, random numbers, JSON.  Nothing here knows MPI.  Every call is Local. */
#ifndef TERN_BASE_BASE_H
#define TERN_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
# define TERN_API          __attribute__((visibility("default")))
# define TERN_MUST_CHECK   __attribute__((warn_unused_result))
# define TERN_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
# define TERN_API
# define TERN_MUST_CHECK
# define TERN_PRINTF(f, a)
#endif
#ifdef __cplusplus
# define TERN_BEGIN_DECLS extern "C" {
# define TERN_END_DECLS   }
#else
# define TERN_BEGIN_DECLS
# define TERN_END_DECLS
#endif

TERN_BEGIN_DECLS

/* ---- Version -------------------------------------------------------------------------------- */

#define TERN_VERSION_NUM 0x000100 /**< 0xMMmmpp: major, minor, patch of this header */

/** Version of the library at run time, as TERN_VERSION_NUM; \p text, if not NULL, gets "0.1.0". */
TERN_API int tern_version(const char **text);

/* ---- Errors --------------------------------------------------------------------------------- */

/** Every fallible call returns an int: 0 or positive is success, negative is one of these. */
enum tern_error {
    TERN_OK = 0,
    TERN_CLOSED = 1,      /**< the channel is closed and drained: the end, not a failure */
    TERN_EINVAL = -1,     /**< an argument is outside its documented domain */
    TERN_ENOMEM = -2,     /**< memory could not be had; nothing was changed */
    TERN_EMPI = -3,       /**< MPI reported an error; its own text is in the sentence */
    TERN_EAGAIN = -4,     /**< not now: ask again */
    TERN_ETIMEDOUT = -5,  /**< the deadline passed first */
    TERN_ETRUNC = -6,     /**< the message is longer than the buffer; it is still there */
    TERN_ECANCELED = -7,  /**< the operation was cancelled */
    TERN_EPIPE = -8,      /**< the receiver has left */
    TERN_EPEER = -9,      /**< another rank failed; its own error says why */
    TERN_ENOTSUP = -10,   /**< this build or this MPI cannot do it */
    TERN_EIO = -11,       /**< the operating system refused a file operation */
    TERN_EMISMATCH = -12, /**< data or settings differ where they must agree */
    TERN_ESTOPPED = -13   /**< stopped on request, restartable */
};

/** A place in the caller's source, "file.c:12", for reports.  Static storage. */
#define TERN_HERE           __FILE__ ":" TERN_TEXT_(__LINE__)
#define TERN_TEXT_(line)    TERN_TEXT_OF_(line)
#define TERN_TEXT_OF_(line) #line

/** Short name of \p error ("message truncated"), never NULL.  Static storage. */
TERN_API const char *tern_strerror(int error);

/** The sentence about the calling thread's last failure: what failed, with which peer, tag and
 * sizes, where in the caller's source, and what to do.  "" if nothing failed.  Valid until the
 * thread's next failure. */
TERN_API const char *tern_last_error(void);

/** Record a failure: formats the sentence for tern_last_error(), appends " [\p where]" if it is not
 * NULL, logs it at level info, and returns \p error, so that a function can `return
 * tern_fail(...)`. */
TERN_API int tern_fail(int error, const char *where, const char *format, ...) TERN_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* which cannot see into the library */
# define tern_fail(error, ...) ((void)tern_fail(error, __VA_ARGS__), (error))
#endif

/* ---- Log ------------------------------------------------------------------------------------ */

enum tern_log_level { TERN_LOG_ERROR, TERN_LOG_WARN, TERN_LOG_INFO, TERN_LOG_TRACE };

/** One line on stderr, "tern[rank]: ...", if \p level is within TERN_LOG (default warn). */
TERN_API void tern_log(enum tern_log_level level, const char *format, ...) TERN_PRINTF(2, 3);

/** The rank that log lines carry; -1 (none) until it is set. */
TERN_API void tern_log_rank(int rank);

/* ---- Time ----------------------------------------------------------------------------------- */

/** A point in time, in seconds of tern_clock().  Waiting calls give up when it has passed. */
typedef double tern_deadline;
#define TERN_NOW     (0.0)   /**< do not wait at all */
#define TERN_FOREVER (1e300) /**< wait as long as it takes */

/** Seconds since an arbitrary start; monotonic, resolution some 20 ns. */
TERN_API double tern_clock(void);

/** The deadline \p seconds from now. */
TERN_API tern_deadline tern_after(double seconds);

/* ---- Environment ---------------------------------------------------------------------------- */

/** One TERN_* variable.  All of them stand in one table, printed by tern-info and listed in
 * tern(7). */
typedef struct tern_env_entry {
    const char *name;     /**< "TERN_LOG" */
    const char *fallback; /**< value when it is unset */
    const char *unit;     /**< "bytes", "seconds", "error|warn|info|trace" ... */
    const char *help;     /**< one sentence */
} tern_env_entry;

/** The table; it ends with an entry whose name is NULL. */
TERN_API const tern_env_entry *tern_env_table(void);

/** Value of variable \p name, or its fallback; NULL if \p name is not in the table. */
TERN_API const char *tern_env(const char *name);

/** The same as a number, with the suffixes of tern_parse_number(); a value that is none is logged
 * once and the fallback is taken. */
TERN_API double tern_env_number(const char *name);

/* ---- Options -------------------------------------------------------------------------------- */

enum tern_option_type {
    TERN_OPTION_FLAG,   /**< bool *        set to true */
    TERN_OPTION_COUNT,  /**< int64_t *     a whole number in [least, most]; suffixes k M G T, Ki Mi
                           Gi Ti */
    TERN_OPTION_REAL,   /**< double *      a number in [least, most] */
    TERN_OPTION_TEXT,   /**< const char ** borrowed from argv */
    TERN_OPTION_CHOICE, /**< int *         index into the names of `argument`, "send|ssend|isend" */
    TERN_OPTION_LIST,   /**< tern_option_list *  as TEXT, every value that is given */
    TERN_OPTION_MAYBE   /**< const char ** as TEXT, or "" where no "=value" follows the long name */
};

enum { TERN_OPTION_LIST_MOST = 64 };

/** The values of an option that may be given many times. */
typedef struct tern_option_list {
    const char *text[TERN_OPTION_LIST_MOST]; /**< borrowed from argv */
    int n;
} tern_option_list;

/** One row of a program's option table, which is at once its parser, its --help and, by a test, its
 * man page. */
typedef struct tern_option {
    const char *name; /**< long name without dashes, or NULL */
    char letter;      /**< short name, or 0 */
    enum tern_option_type type;
    void *value;          /**< what is set; its initial content is the default */
    const char *argument; /**< how --help names the value, "FILE"; for a choice its names */
    const char *help;     /**< one sentence, with unit and default */
    double least, most;   /**< bounds of a number; both 0: any */
} tern_option;

/** Parse argv by \p table (ended by a row with neither name nor letter), GNU style: -nr, -o FILE,
 * -oFILE, --name=value, any order, "--" ends the options.  A text option that appears twice keeps
 * the last value. \param[out] operands  index in argv of the first operand; argv is permuted so
 * that operands come last. \return TERN_OK or TERN_EINVAL, with a sentence for the user in
 * tern_last_error(). */
TERN_API TERN_MUST_CHECK int tern_options_parse(const tern_option *table, int argc, char **argv,
                                                int *operands);

/** Write the options of \p table to \p out (a FILE *), one a line, names and help aligned. */
TERN_API void tern_options_help(const tern_option *table, void *out);

/** Write the words of \p text to \p out (a FILE *) and end the line, in lines of at most 100
 * columns. The first begins where the cursor is, at column \p indent; the others are indented to
 * it. */
TERN_API void tern_print_wrapped(void *out, const char *text, int indent);

/** A number with an optional suffix: k M G T (powers of 1000), Ki Mi Gi Ti (powers of 1024).
 * \return TERN_OK or TERN_EINVAL; \p out unchanged on failure. */
TERN_API TERN_MUST_CHECK int tern_parse_number(const char *text, double *out);

/** Index of \p name among names(0), names(1), ... up to the first NULL, or TERN_EINVAL with the
 * sentence "no \p what is called ...; there are ...". */
TERN_API TERN_MUST_CHECK int tern_choose(const char *what, const char *name,
                                         const char *(*names)(int i));

/* ---- Memory --------------------------------------------------------------------------------- */

/** \p bytes of memory, aligned to 64, content undefined.  Blocks of 1 MiB and more lie on huge
 * pages (TERN_HUGE=0: not) and are kept for reuse after tern_free(), up to TERN_POOL_BYTES in all,
 * because the first touch of fresh memory costs as much as sorting it.  NULL if there is none, with
 * the reason in tern_last_error().  Thread safe. */
TERN_API void *tern_alloc(size_t bytes);

/** Give a block of tern_alloc() back; NULL is allowed.  Thread safe. */
TERN_API void tern_free(void *block);

/** A block of at least \p bytes with the content of \p block, a block of tern_alloc() that it
 * replaces; the same one if there is room.  A large block is given back as it is copied, so that
 * its pages are not held twice.  NULL, with \p block as it was, if there is no memory.  Thread
 * safe. */
TERN_API void *tern_grow(void *block, size_t bytes);

/** Touch every page of \p block with the threads that will use it (OpenMP static schedule), so that
 * page faults and NUMA placement are done with. */
TERN_API void tern_touch(void *block, size_t bytes);

/** Return all unused blocks to the operating system. */
TERN_API void tern_pool_trim(void);

typedef struct tern_pool_usage {
    size_t used;   /**< bytes in live blocks of 1 MiB and more */
    size_t cached; /**< bytes kept for reuse */
    size_t peak;   /**< high-water mark of used + cached */
} tern_pool_usage;
TERN_API void tern_pool_stat(tern_pool_usage *out);

/* ---- Files ---------------------------------------------------------------------------------- */

/** A file that appears under its name only when it is whole: written beside, then renamed.  Through
 * symbolic links; a device or a pipe is written directly. */
typedef struct tern_outfile {
    char path[4096];   /**< the final name, links resolved */
    char beside[4096]; /**< where to write; path itself if that is no regular file */
} tern_outfile;

/** Decide the names for writing \p path, and create the file beside it, empty.
 * \return TERN_OK or TERN_EIO, with the sentence "path: why". */
TERN_API TERN_MUST_CHECK int tern_outfile_begin(const char *path, tern_outfile *out);

/** Make it durable and give it its name, with the permissions of the file it replaces.  On failure
 * it is removed. \return TERN_OK or TERN_EIO. */
TERN_API TERN_MUST_CHECK int tern_outfile_commit(const tern_outfile *out);

/** Remove what was written beside. */
TERN_API void tern_outfile_discard(const tern_outfile *out);

/** Give a file that is durable another name, durably.  Local.  What had that name is freed beside
 * what follows: for the disk that can take half as long as to write as many bytes.
 * \return TERN_OK, or TERN_EIO, with the reason alone as the sentence; then nothing has changed. */
TERN_API TERN_MUST_CHECK int tern_file_rename(const char *from, const char *to);

/** Open a file of \p folder that has no name, to read and write: it goes with its descriptor,
 * however the process ends.  Local.  Where the file system has no such files (O_TMPFILE of
 * open(2)), it is made as tern.XXXXXX and loses its name at once. \return TERN_OK, the descriptor
 * in \p fd, to be closed by the caller; or TERN_EIO, with the sentence "folder: why" and -1 in \p
 * fd. */
TERN_API TERN_MUST_CHECK int tern_file_nameless(const char *folder, int *fd);

/** Let the disk begin with bytes that were just written, so that fsync(2) finds less to do.  Local.
 * Only a hint: whether they are written fsync(2) tells. */
TERN_API void tern_file_push(int fd, uint64_t at, size_t bytes);

/** An open file that is written anywhere by several threads, each in order a part of its own.  A
 * large one goes to the disk without the file cache (O_DIRECT of open(2)), where the file system
 * can: so no memory is needed that other programs have, or that would have to be given up. */
typedef struct tern_writer {
    int fd;     /**< the caller's */
    int direct; /**< the same file without the cache; -1: there is none */
} tern_writer;

/** Write to \p fd, which stays open and the caller's, \p bytes or so in all: of TERN_DIRECT and
 * more, without the cache.  Local. */
TERN_API tern_writer tern_writer_open(int fd, uint64_t bytes);
TERN_API void tern_writer_close(tern_writer *w);

/** A part of a file, of one thread; parts do not overlap. */
typedef struct tern_writer_part {
    const tern_writer *w;
    uint64_t at;       /**< where in the file the first byte of the buffer goes */
    char *buffer;      /**< what was put and kept back: bytes begin .. end - 1 of it */
    size_t begin, end; /**< less than 4096 apart */
} tern_writer_part;

enum { TERN_WRITER_SPACE = 1 << 20 };

/** Begin a part \p at bytes from the begin of the file; write its next bytes, of which less than
 * 4096 are kept back; end it, after which they are written, though not durable
 * (tern_outfile_commit()).  After an error, too, it must be ended, without regard to what that
 * returns.  Local, blocking until the disk or the cache has what was not kept back.
 * \return TERN_OK, TERN_ENOMEM, or TERN_EIO, with the reason alone as the sentence. */
TERN_API TERN_MUST_CHECK int tern_writer_begin(const tern_writer *w, uint64_t at,
                                               tern_writer_part *part);
TERN_API TERN_MUST_CHECK int tern_writer_put(tern_writer_part *part, const void *bytes, size_t n);
TERN_API TERN_MUST_CHECK int tern_writer_end(tern_writer_part *part);

/** TERN_WRITER_SPACE bytes, until the next call for the part, from which bytes are put without a
 * copy. */
TERN_API char *tern_writer_space(const tern_writer_part *part);

/* ---- Hashes and random numbers -------------------------------------------------------------- */

/** XXH64 of \p bytes of \p data (Collet, xxHash specification 0.1.1). */
TERN_API uint64_t tern_hash(const void *data, size_t bytes, uint64_t seed);

/** A bijection of 64-bit words in which every output bit depends on every input bit (Steele, Lea
 * and Flood 2014). */
TERN_API uint64_t tern_mix(uint64_t x);

/** 64 random bits, a pure function of its arguments: the i-th number of a stream is the same on any
 * rank and thread. Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011): key = seed, counter =
 * (index, stream). */
TERN_API uint64_t tern_random(uint64_t seed, uint64_t stream, uint64_t index);

/** The same, uniform in [0, 1) with 53 bits. */
TERN_API double tern_random_real(uint64_t seed, uint64_t stream, uint64_t index);

/* ---- JSON ----------------------------------------------------------------------------------- */

/** A JSON document under construction: an object, into which keys, objects and arrays are put in
 * order. Errors are remembered and come back from tern_json_write(), so building needs no checks.
 * Needs Jansson: without it every call is a no-op and tern_json_write() returns TERN_ENOTSUP. */
typedef struct tern_json tern_json;

TERN_API tern_json *tern_json_new(void); /**< NULL is a valid (failed) document */
TERN_API void tern_json_free(tern_json *j);
TERN_API void tern_json_text(tern_json *j, const char *key,
                             const char *value); /**< key NULL inside an array */
TERN_API void tern_json_real(tern_json *j, const char *key,
                             double value); /**< NaN and infinity become null */
TERN_API void tern_json_count(tern_json *j, const char *key, int64_t value);
TERN_API void tern_json_bool(tern_json *j, const char *key, bool value);
TERN_API void tern_json_object(tern_json *j,
                               const char *key); /**< what follows goes into a new object ... */
TERN_API void tern_json_array(tern_json *j, const char *key); /**< ... or array ... */
TERN_API void tern_json_end(tern_json *j);                    /**< ... until this */

/** Write the document to \p path ("-" is stdout), beside it first and renamed when whole.
 * \return TERN_OK, TERN_EIO, TERN_ENOMEM or TERN_ENOTSUP. */
TERN_API TERN_MUST_CHECK int tern_json_write(tern_json *j, const char *path);

TERN_END_DECLS
#endif
