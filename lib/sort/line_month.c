/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that begin with the English name of a month, of which three letters count. */
#include "config.h"

#include "sort/lines.h"

/* 1 .. 12, or 0. */
static int month_of(tern__line key)
{
    static const char names[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    const char *p = key.text, *end = p + key.length;
    char name[3];

    while (p < end && tern__is_blank(*p))
        p++;
    if (end - p < 3)
        return 0;
    for (int i = 0; i < 3; i++)
        name[i] = (char)(p[i] >= 'a' && p[i] <= 'z' ? p[i] - 'a' + 'A' : p[i]);
    for (int month = 1; month <= 12; month++)
        if (memcmp(name, names + 3 * (ptrdiff_t)(month - 1), 3) == 0)
            return month;
    return 0;
}

static uint64_t word(const tern__criterion *by, tern__line key, size_t depth)
{
    (void)by, (void)depth;
    return (uint64_t)month_of(key) << 1;
}

static int compare(const tern__criterion *by, tern__line a, tern__line b)
{
    (void)by;
    return month_of(a) - month_of(b);
}

const tern__ordering tern__by_month = {"month", word, compare, 0};
