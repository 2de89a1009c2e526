#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The stencil beside operators as in the Parallel Research Kernels, on two ranks of one thread, interleaved in each
# launch: speed per point.
. "${top_srcdir:?}/tests/perf/perf.sh"
export OMP_NUM_THREADS=1

for i in $(seq "$((PERF_LAUNCHES / 2 + 1))"); do
  launch 2 "$build/tests/perf/stencil" "$i" >>"$scratch/stencil"
done
sed 's/^/# /' "$scratch/stencil"
figure stencil.2d5.speed "$(awk '$1 == "speed" { print $2 }' "$scratch/stencil" | quantile 0.5)" ratio '>=1'

for radius in 1 2 4; do
  launch 2 "$build/tests/perf/stencil_prk" 8192 "$radius" isend 1 >>"$scratch/prk"
done
sed 's/^/# /' "$scratch/prk"
figure stencil.prk.r1 "$(awk '$2 == "r1" && $3 == "blocked" { print $4 }' "$scratch/prk")" ratio '>=1.5'
figure stencil.prk.r2 "$(awk '$2 == "r2" && $3 == "blocked" { print $4 }' "$scratch/prk")" ratio '>=1.4'
figure stencil.prk.r4 "$(awk '$2 == "r4" && $3 == "blocked" { print $4 }' "$scratch/prk")" ratio '>=1.3'
