#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The stencil on all CPUs of one process, beside plain loops and the limits of memory, and the block that it chooses
# beside all others.
. "${top_srcdir:?}/tests/perf/perf.sh"

# sweep STENCIL TYPE X Y Z: on all CPUs, in one process.
sweep() {
  OMP_PROC_BIND=true timeout -k 5 400 "$build/tests/perf/stencil_sweep" "$@" 1 >>"$scratch/sweeps"
}

# ratio WHAT: from the output of the programs.
ratio() {
  awk -v what="$1" '$1 == "ratio" && $2 " " $3 == what { print $4; exit }' "$scratch/sweeps"
}

sweep 2d5 f64 8192 8192 1
sweep 2d5 f32 8192 8192 1
sweep 3d7 f64 512 512 512
sweep 3d27 f64 512 512 512
sweep 3d25 f64 512 512 512
for what in '2d5 f64 4096 4096 1' '3d7 f64 256 256 256'; do
  # shellcheck disable=SC2086  # words
  OMP_PROC_BIND=true timeout -k 5 120 "$build/tests/perf/stencil_choice" $what 1 >>"$scratch/choices"
done
OMP_NUM_THREADS=1 sweep 2d5 f64 256 8 1 # comes last: the name is taken above
sed 's/^ratio/# ratio/' "$scratch/sweeps"
figure stencil.2d5.f64.write-allocate "$(ratio '2d5.f64 single/write-allocate')" ratio '>=0.90'
figure stencil.2d5.f64.non-temporal "$(ratio '2d5.f64 streamed/non-temporal')" ratio '>=0.85'
figure stencil.2d5.f64.blocked "$(ratio '2d5.f64 blocked/naive')" ratio '>=3.4'
figure stencil.2d5.f64.blocked.roofline "$(ratio '2d5.f64 blocked/non-temporal')" ratio '>=2.3'
figure stencil.2d5.f32.blocked "$(ratio '2d5.f32 blocked/naive')" ratio '>=2.7'
figure stencil.3d7.f64.blocked "$(ratio '3d7.f64 blocked/naive')" ratio '>=2.4'
figure stencil.3d27.f64.blocked "$(ratio '3d27.f64 blocked/naive')" ratio '>=1.8'
figure stencil.3d25.f64.blocked "$(ratio '3d25.f64 blocked/naive')" ratio '>=1.8'
sed 's/^/# /' "$scratch/choices"
for what in 2d5.f64 3d7.f64; do
  figure "stencil.choice.$what" "$(awk -v what="$what" '$2 == what { print $3 }' "$scratch/choices")" ratio '>=0.95'
  figure "stencil.choice.$what.seconds" "$(awk -v what="$what" '$2 == what { print $7 }' "$scratch/choices")" s '<=1'
done
figure stencil.2d5.cached "$(awk '/single\/naive/ && $2 == "2d5.f64" { x = $4 } END { print x }' "$scratch/sweeps")" ratio '>=1.5'
