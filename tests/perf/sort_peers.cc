// SPDX-License-Identifier: BSD-3-Clause
// What tests/perf/sort_local measures itself beside; built by sort_local.sh where a C++ compiler
// and Highway (Debian: libhwy-dev) are found.  Nothing of Tern needs C++.
#include <hwy/contrib/sort/vqsort.h>

#include <cstdint>
#include <parallel/algorithm>

extern "C" void peer_vqsort_u64(uint64_t *keys, size_t n)
{
    hwy::Sorter()(keys, n, hwy::SortAscending());
}

extern "C" void peer_gnu_parallel_u64(uint64_t *keys, size_t n)
{
    __gnu_parallel::sort(keys, keys + n);
}
