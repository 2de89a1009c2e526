#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The stencil on two ranks of one thread: weak scaling, overlap, and what the solver chooses beside all that it could.
. "${top_srcdir:?}/tests/perf/perf.sh"
export OMP_NUM_THREADS=1

# ratio WHAT: from the output of the programs.
ratio() {
  awk -v what="$1" '$1 == "ratio" && $2 " " $3 == what { print $4; exit }' "$scratch/np"
}

{
  launch 2 "$build/tests/perf/stencil_scale" 8192 4096 shared-copy 1
  launch 2 "$build/tests/perf/stencil_scale" 64 32 shared-copy 1
  launch 2 "$build/tests/perf/stencil_overlap" 8192 8192 isend 1
  launch 2 "$build/tests/perf/stencil_overlap" 512 1024 isend 1
  launch 2 "$build/tests/perf/stencil_modes" 1024 1024 1
} >>"$scratch/np"
sed -e 's/^ratio/# ratio/' -e 's/^choice/# choice/' "$scratch/np"
figure stencil.weak.8192x4096 "$(ratio '8192x4096 weak-scaling')" ratio '>=0.97'
figure stencil.weak.64x32 "$(ratio '64x32 weak-scaling')" ratio '>=0.80'
for grid in 8192x8192 512x1024; do
  figure "stencil.overlap.$grid" "$(ratio "$grid overlap-tried/never")" ratio '>=0.98'
done
figure stencil.choice.np2 "$(awk '$1 == "choice" { print $3 }' "$scratch/np")" ratio '>=0.95'
figure stencil.choice.np2.seconds "$(awk '$1 == "choice" { print $7 }' "$scratch/np")" s '<=1'
