/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a progress bar may be drawn.  Under a launcher a rank's stderr is a pipe, but if the
 * launcher runs on this host and its own stderr is a terminal, that is what the user looks at. */
#include "config.h"

#include "prog/prog_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PATH = 64, NAME = 64, GENERATIONS = 4 };

/* Name and parent of process `pid`; false where there is no /proc. */
static bool look_up(long pid, char name[static NAME], long *parent)
{
    char path[PATH], line[256];
    int found = 0;

    snprintf(path, sizeof(path), "/proc/%ld/status", pid);
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    while (found < 2 && fgets(line, sizeof(line), in) != NULL)
        found += sscanf(line, "Name: %63s", name) == 1 || sscanf(line, "PPid: %ld", parent) == 1;
    fclose(in);
    return found == 2;
}

static bool is_launcher(const char *name)
{
    static const char *begin[] = {"mpirun", "mpiexec", "orte", "prte", "hydra"};

    for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

/* A terminal that stops who writes to it from the background (stty tostop) is none for us. */
static bool is_terminal(int fd)
{
    struct termios settings;

    return tcgetattr(fd, &settings) == 0 && (settings.c_lflag & TOSTOP) == 0;
}

/* The terminal on stderr of process `pid`; -1 if there is none. */
static int terminal_of(long pid)
{
    char path[PATH];

    snprintf(path, sizeof(path), "/proc/%ld/fd/2", pid);
    struct stat what;
    if (stat(path, &what) != 0 || !S_ISCHR(what.st_mode))
        return -1;
    int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && !is_terminal(fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

int tern__terminal(void)
{
    char name[NAME];
    long pid = getppid(), parent = 0;

    if (isatty(STDERR_FILENO))
        return dup(STDERR_FILENO);
    for (int i = 0; i < GENERATIONS && look_up(pid, name, &parent) && is_launcher(name); i++) {
        int fd = terminal_of(pid);
        if (fd >= 0)
            return fd;
        pid = parent;
    }
    return -1;
}
