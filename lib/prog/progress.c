/* SPDX-License-Identifier: BSD-3-Clause */
/* The progress bar: "sort  [=======>      ]  45 %  12.3 M/s  0:12 left", redrawn in place. */
#include "config.h"

#include "prog/prog_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR = 200, TEXT = 64 };
static const double PATIENCE = 1, REDRAW = 0.1; /* seconds */

static struct {
    int fd;             /* the terminal; 0: not looked for yet, -1: there is none */
    const char *name;   /* of the running phase; NULL: no bar can be drawn */
    double start, next; /* tern_clock() when the phase began, and when to draw next */
    bool drawn;
} bar;

void tern__progress_begin(const char *name)
{
    tern__progress_clear();
    bar.name = NULL;
    if (name == NULL || !tern_prog_talks())
        return;
    if (bar.fd == 0)
        bar.fd = tern__terminal();
    if (bar.fd < 0)
        return;
    bar.name = name;
    bar.start = tern_clock();
    bar.next = bar.start + PATIENCE;
}

void tern__progress_clear(void)
{
    if (bar.drawn)
        dprintf(bar.fd, "\r\033[K");
    bar.drawn = false;
}

void tern__progress_end(void)
{
    tern__progress_begin(NULL);
    if (bar.fd > 0)
        close(bar.fd);
    bar.fd = 0;
}

static int columns(void)
{
    struct winsize size;

    return ioctl(bar.fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* "45 %  12.3 M/s  0:12 left" */
static void describe(double done, double total, double seconds, char text[static TEXT])
{
    static const char prefixes[] = " kMGTPE";
    double rate = done / seconds;
    long left = rate > 0 ? (long)((total - done) / rate + 0.5) : 0;
    int power = 0;

    for (; rate >= 1000 && prefixes[power + 1] != '\0'; power++)
        rate /= 1000;
    snprintf(text, TEXT, "%3.0f %%  %5.1f %c/s  %ld:%02ld left", 100 * done / total, rate,
             prefixes[power], left / 60, left % 60);
}

static void draw(double done, double total, double seconds)
{
    char text[TEXT], line[BAR + 1];
    describe(done, total, seconds, text);

    int room = columns() - (int)(strlen(bar.name) + strlen(text)) - 8;
    room = room < 0 ? 0 : room > BAR ? BAR : room;
    int full = (int)(done / total * room);
    memset(line, ' ', (size_t)room);
    memset(line, '=', (size_t)full);
    line[room] = '\0';
    if (full < room)
        line[full] = '>';
    dprintf(bar.fd, "\r%s  [%s]  %s\033[K", bar.name, line, text);
    bar.drawn = true;
}

void tern_prog_step(uint64_t done, uint64_t total)
{
    if (bar.name == NULL || total == 0)
        return;
    double now = tern_clock();
    if (now < bar.next)
        return;
    bar.next = now + REDRAW;
    draw((double)(done < total ? done : total), (double)total, now - bar.start);
}
