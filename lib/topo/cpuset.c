/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "topo/topo.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = TERN_MOST_CPUS / 64 };

bool tern_cpuset_has(const tern_cpuset *set, int cpu)
{
    return cpu >= 0 && cpu < TERN_MOST_CPUS && (set->word[cpu / 64] >> cpu % 64 & 1) != 0;
}

void tern_cpuset_add(tern_cpuset *set, int cpu)
{
    if (cpu >= 0 && cpu < TERN_MOST_CPUS)
        set->word[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

int tern_cpuset_count(const tern_cpuset *set)
{
    int count = 0;

    for (int w = 0; w < WORDS; w++)
        count += __builtin_popcountll(set->word[w]);
    return count;
}

/* The first CPU at or after `cpu` that is in the set (or is not); TERN_MOST_CPUS if there is none.
 */
static int next(const tern_cpuset *set, int cpu, bool in)
{
    while (cpu < TERN_MOST_CPUS && tern_cpuset_has(set, cpu) != in)
        cpu++;
    return cpu;
}

char *tern_cpuset_list(const tern_cpuset *set, char *text, size_t bytes)
{
    size_t used = 0;

    if (bytes == 0)
        return text;
    text[0] = '\0';
    for (int first = next(set, 0, true); first < TERN_MOST_CPUS;) {
        int end = next(set, first, false);
        char range[32];
        int n = end - first == 1 ? snprintf(range, sizeof(range), ",%d", first)
                                 : snprintf(range, sizeof(range), ",%d-%d", first, end - 1);
        const char *from = range + (used == 0); /* no comma before the first */
        n -= used == 0;
        if (used + (size_t)n + sizeof("...") > bytes) {
            snprintf(text + used, bytes - used, "...");
            return text;
        }
        memcpy(text + used, from, (size_t)n + 1);
        used += (size_t)n;
        first = next(set, end, true);
    }
    return text;
}

void tern_affinity(tern_cpuset *out)
{
    cpu_set_t *set = CPU_ALLOC(TERN_MOST_CPUS);
    size_t bytes = CPU_ALLOC_SIZE(TERN_MOST_CPUS);

    *out = (tern_cpuset){0};
    if (set == NULL)
        return;
    if (sched_getaffinity(0, bytes, set) == 0)
        for (int cpu = 0; cpu < TERN_MOST_CPUS; cpu++)
            if (CPU_ISSET_S(cpu, bytes, set))
                tern_cpuset_add(out, cpu);
    CPU_FREE(set);
}
