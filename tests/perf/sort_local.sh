#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The local sort in memory beside Highway's vqsort and libstdc++'s parallel mode, where a C++ compiler finds them.
# PERF_ITEMS (100000000) keys, PERF_ROUNDS (5) rounds.
. "${top_srcdir:?}/tests/perf/perf.sh"
peers=$scratch/peers.so
if ! "${CXX:-c++}" -O3 -fopenmp -fPIC -shared -o "$peers" "$top_srcdir/tests/perf/sort_peers.cc" \
  -lhwy_contrib -lhwy 2>/dev/null; then
  echo "# no peers: they need a C++ compiler and Highway (Debian: g++ libhwy-dev)"
  peers=
fi
"$build/tests/perf/sort_local" "${PERF_ITEMS:-100000000}" "${PERF_ROUNDS:-5}" ${peers:+"$peers"}
