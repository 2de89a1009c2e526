/* SPDX-License-Identifier: BSD-3-Clause */
/* The CPU quota of a container.  A control group of version 2 says it in cpu.max ("150000 100000":
 * 1.5 CPUs), version 1 in cpu.cfs_quota_us and cpu.cfs_period_us; each group above may say less
 * (Linux, admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst). */
#include "config.h"

#include "topo/topo_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 8192 };

/* The first line of file `dir`/`name`. */
static bool read_line(const char *dir, const char *name, char line[static LINE_BYTES])
{
    char path[PATH_BYTES];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
        return false;
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    bool got = fgets(line, LINE_BYTES, in) != NULL;
    fclose(in);
    return got;
}

/* The quota of group `dir` in CPUs, 0 if it has none ("max", -1, or no such file). */
static double quota_of(const char *dir, bool version2)
{
    char line[LINE_BYTES], *rest;

    if (!read_line(dir, version2 ? "cpu.max" : "cpu.cfs_quota_us", line))
        return 0;
    double quota = strtod(line, &rest); /* "max" reads as 0 */
    if (!version2) {
        if (!read_line(dir, "cpu.cfs_period_us", line))
            return 0;
        rest = line;
    }
    double period = strtod(rest, NULL);
    return quota > 0 && period > 0 ? quota / period : 0;
}

/* Whether `word` stands in the comma-separated `list`. */
static bool lists(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (;; list++) {
        if (strncmp(list, word, n) == 0 && (list[n] == ',' || list[n] == '\0'))
            return true;
        list = strchr(list, ',');
        if (list == NULL)
            return false;
    }
}

/* Where the hierarchy that controls CPUs is mounted; false if it is nowhere. */
static bool mount_point(const char *root, bool version2, char point[static PATH_BYTES])
{
    char path[PATH_BYTES], line[LINE_BYTES], dir[PATH_BYTES], type[64], options[1024];
    bool found = false;

    if (snprintf(path, sizeof(path), "%s/proc/self/mounts", root) >= (int)sizeof(path))
        return false;
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), in) != NULL) {
        if (sscanf(line, "%*s %4095s %63s %1023s", dir, type, options) != 3)
            continue;
        found = version2 ? strcmp(type, "cgroup2") == 0
                         : strcmp(type, "cgroup") == 0 && lists(options, "cpu");
    }
    fclose(in);
    return found && snprintf(point, PATH_BYTES, "%s%s", root, dir) < PATH_BYTES;
}

/* The tightest quota of group `path` below its mount point and of all groups above it.  A path that
 * the mount does not show (a container sees only its own group, at the mount point) is climbed
 * through all the same. */
static double tightest(const char *root, bool version2, const char *path)
{
    char dir[PATH_BYTES];
    double least = 0;

    if (!mount_point(root, version2, dir))
        return 0;
    size_t top = strlen(dir);
    if (top + strlen(path) >= sizeof(dir))
        return 0;
    memcpy(dir + top, path, strlen(path) + 1);
    for (;;) {
        double quota = quota_of(dir, version2);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
        char *slash = strrchr(dir + top, '/');
        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

double tern__cgroup_quota(const char *root)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    double least = 0;

    if (snprintf(path, sizeof(path), "%s/proc/self/cgroup", root) >= (int)sizeof(path))
        return 0;
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return 0;
    while (fgets(line, sizeof(line), in) != NULL) { /* "4:cpu,cpuacct:/a/b", version 2 "0::/a/b" */
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL)
            continue;
        controllers++, *group++ = '\0';
        bool version2 = controllers[0] == '\0';
        if (!version2 && !lists(controllers, "cpu"))
            continue;
        double quota = tightest(root, version2, group);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
    }
    fclose(in);
    return least;
}

double tern_cpu_quota(void)
{
    return tern__cgroup_quota("");
}
