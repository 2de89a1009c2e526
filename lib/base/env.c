/* SPDX-License-Identifier: BSD-3-Clause */
/* All TERN_* variables of all modules, in one table: what is not listed here cannot be read. */
#include "config.h"

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

static const tern_env_entry table[] = {
    {"TERN_LOG", "warn", "error|warn|info|trace", "what is logged on stderr"},
    {"TERN_SPIN", "auto", "polls",
     "how often a waiting rank polls before it gives its core away between polls; auto is 20000, "
     "or 0 where a node has more ranks than usable cores"},
    {"TERN_STRICT", "0", "0|1",
     "1 makes every standard send synchronous, which finds programs that rely on buffering"},
    {"TERN_BSEND_BYTES", "16Mi", "bytes",
     "buffer attached for buffered sends, if the program has attached none"},
    {"TERN_SPILL", "1", "0|1",
     "1 reserves 1 TiB of address space (no memory), where blocking receives keep what does not "
     "fit their buffer; 0 receives by matched probe instead, which is slower for short messages"},
    {"TERN_CHAN", "auto", "auto|wire|mixed",
     "how the items of channels go; wire: as messages, also where shared memory would do; mixed: "
     "as "
     "if even and odd ranks were on two nodes"},
    {"TERN_MEM_MAX", "0", "bytes",
     "most memory of all channels that a rank has opened; 0 sets no limit"},
    {"TERN_HUGE", "1", "0|1", "1 asks for huge pages for blocks of 1 MiB and more"},
    {"TERN_DIRECT", "256Mi", "bytes",
     "files of so many bytes and more are written without the file cache, where the file system "
     "can"},
    {"TERN_SIMD", "auto", "auto|avx512|avx2|scalar",
     "the vector instructions of local sorts; auto takes the best that the processor has"},
    {"TERN_READ_PEERS", "1", "0|1",
     "1 lets a rank that sorts read the memory of others of its node, where the system allows it; "
     "0 has them send messages"},
    {"TERN_POOL_BYTES", "4Gi", "bytes", "most memory that is kept for reuse after it was freed"},
    {NULL, NULL, NULL, NULL},
};

const tern_env_entry *tern_env_table(void)
{
    return table;
}

static const tern_env_entry *find(const char *name)
{
    const tern_env_entry *e = table;

    while (e->name != NULL && strcmp(e->name, name) != 0)
        e++;
    return e->name != NULL ? e : NULL;
}

const char *tern_env(const char *name)
{
    const tern_env_entry *e = find(name);

    if (e == NULL)
        return NULL;
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : e->fallback;
}

double tern_env_number(const char *name)
{
    const tern_env_entry *e = find(name);
    double value = 0;

    if (e == NULL)
        return 0;
    if (tern_parse_number(tern_env(name), &value) == TERN_OK)
        return value;
    tern_log(TERN_LOG_WARN, "%s=%s is no number; taking %s", name, tern_env(name), e->fallback);
    return tern_parse_number(e->fallback, &value) == TERN_OK ? value : 0;
}
