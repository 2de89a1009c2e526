#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The stencil beside an operator as in the Parallel Research Kernels, on two ranks of one thread, interleaved in each
# launch: speed per point.
. "${top_srcdir:?}/tests/perf/perf.sh"

for i in $(seq "$((PERF_LAUNCHES / 2 + 1))"); do
  OMP_NUM_THREADS=1 launch 2 "$build/tests/perf/stencil" "$i" >>"$scratch/stencil"
done
sed 's/^/# /' "$scratch/stencil"
figure stencil.2d5.speed "$(awk '$1 == "speed" { print $2 }' "$scratch/stencil" | quantile 0.5)" ratio '>=1'
