/* SPDX-License-Identifier: BSD-3-Clause */
#include "coll/fault.h"

#include "base/base.h"

static int left = -1; /* allocations before the one that fails */
static bool met;

void *__real_tern_alloc(size_t bytes);
void *__wrap_tern_alloc(size_t bytes);

void fault_at(int nth)
{
    left = nth;
    met = false;
}

bool fault_met(void)
{
    return met;
}

void *__wrap_tern_alloc(size_t bytes)
{
    if (left < 0)
        return __real_tern_alloc(bytes);
    if (left > 0) {
        left--;
        return __real_tern_alloc(bytes);
    }
    met = true;
    tern_fail(TERN_ENOMEM, NULL, "no memory: injected");
    return NULL;
}
