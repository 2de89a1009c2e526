/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs packed by a program, as sort --compress-program does: it reads standard input and writes
 * standard output, and with -d the reverse.  It is started for every frame, so frames are larger
 * than others. */
#include "config.h"

#include "sort/external_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FRAME = 256 << 10 };

extern char **environ;

/* A program under way; both descriptors do not block. */
typedef struct filter {
    const char *program;
    pid_t pid;
    int in, out; /* it reads what is sent to `in`, and `out` is what it writes; -1: closed */
} filter;

static int fail(const filter *f, const char *why)
{
    return tern_fail(TERN_EIO, NULL, "--compress-program: %s: %s", f->program, why);
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int spawn(filter *f, bool back, int child_in, int child_out)
{
    char option[] = "-d", *arguments[] = {(char *)f->program, back ? option : NULL, NULL};
    posix_spawn_file_actions_t actions;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return fail(f, strerror(ENOMEM));
    int why = posix_spawn_file_actions_adddup2(&actions, child_in, STDIN_FILENO);
    if (why == 0)
        why = posix_spawn_file_actions_adddup2(&actions, child_out, STDOUT_FILENO);
    if (why == 0)
        why = posix_spawnp(&f->pid, f->program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (why != 0)
        f->pid = -1;
    return why == 0 ? TERN_OK : fail(f, strerror(why));
}

static bool mark(int fd, bool ours)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && (!ours || fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
}

/* Its input is a socket, which can be written to without a signal when the program has ended. */
static int start(filter *f, bool back)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, error;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, in) != 0 || pipe(out) != 0 || !mark(in[0], false)
        || !mark(in[1], true) || !mark(out[0], true) || !mark(out[1], false))
        error = fail(f, strerror(errno));
    else
        error = spawn(f, back, in[0], out[1]);
    close_end(&in[0]);
    close_end(&out[1]);
    f->in = in[1];
    f->out = out[0];
    return error;
}

static bool is_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Send what it takes; after the last byte it is told that there are no more. */
static int feed(filter *f, const char **in, size_t *bytes)
{
    ssize_t put = *bytes > 0 ? send(f->in, *in, *bytes, MSG_NOSIGNAL) : 0;

    if (put < 0)
        return is_later() ? TERN_OK : fail(f, strerror(errno));
    *in += put;
    *bytes -= (size_t)put;
    if (*bytes == 0)
        close_end(&f->in);
    return TERN_OK;
}

/* Take what there is; *used of `room` bytes are filled. */
static int drain(filter *f, char *out, size_t room, size_t *used)
{
    char beyond;
    ssize_t got = *used < room ? read(f->out, out + *used, room - *used) : read(f->out, &beyond, 1);

    if (got < 0)
        return is_later() ? TERN_OK : fail(f, strerror(errno));
    if (got > 0 && *used == room)
        return fail(f, "it gives back more than it was given");
    *used += (size_t)got;
    if (got == 0)
        close_end(&f->out);
    return TERN_OK;
}

static int larger(char **out, size_t *room, size_t used)
{
    size_t more = 2 * *room + FRAME;
    char *block = tern_alloc(more);

    if (block == NULL)
        return TERN_ENOMEM;
    if (used > 0)
        memcpy(block, *out, used);
    tern_free(*out);
    *out = block;
    *room = more;
    return TERN_OK;
}

/* Until it has closed its output; `grow`: *out may be replaced. */
static int pump(filter *f, const char *in, size_t bytes, bool grow, char **out, size_t *room,
                size_t *used)
{
    int error = TERN_OK;

    *used = 0;
    while (f->out >= 0 && !error) {
        struct pollfd fds[2] = {{.fd = f->out, .events = POLLIN}, {.fd = f->in, .events = POLLOUT}};
        if (grow && *used == *room)
            error = larger(out, room, *used);
        if (!error && poll(fds, 2, -1) < 0 && errno != EINTR)
            error = fail(f, strerror(errno));
        if (!error && f->in >= 0 && fds[1].revents != 0)
            error = feed(f, &in, &bytes);
        if (!error && fds[0].revents != 0)
            error = drain(f, *out, *room, used);
    }
    return error;
}

/* Wait for its end; it has failed if it says so. */
static int reap(filter *f, int error)
{
    int status = 0;

    close_end(&f->in);
    close_end(&f->out);
    if (f->pid < 0)
        return error;
    if (error)
        kill(f->pid, SIGKILL);
    while (waitpid(f->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!error && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        return fail(f, "it has failed");
    return error;
}

static int pack(const char *program, const char *in, size_t bytes, char **out, size_t *room,
                size_t *packed)
{
    filter f = {program, -1, -1, -1};
    int error = start(&f, false);

    if (!error)
        error = pump(&f, in, bytes, true, out, room, packed);
    return reap(&f, error);
}

static int unpack(const char *program, const char *in, size_t packed, char *out, size_t bytes)
{
    filter f = {program, -1, -1, -1};
    size_t room = bytes, got = 0;
    int error = start(&f, true);

    if (!error)
        error = pump(&f, in, packed, false, &out, &room, &got);
    if (!error && got != bytes)
        error = fail(&f, "it does not give back what it was given");
    return reap(&f, error);
}

const tern__packer tern__pack_by_program = {FRAME, pack, unpack};
