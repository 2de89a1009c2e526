#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Checkpoints of 64 MiB on two ranks beside MPI-IO of the same bytes, both durable, in turn; in the build folder, so on
# whatever disk that is.
. "${top_srcdir:?}/tests/perf/perf.sh"

folder=$(mktemp -d "$build/ckpt.XXXXXX")
for _ in $(seq "$((PERF_LAUNCHES / 3 + 1))"); do
  launch 2 "$build/tests/perf/ckpt" "$folder" >>"$scratch/ckpt"
done
rm -rf "$folder"
awk '$1 == "pair" { print $2 }' "$scratch/ckpt" >"$scratch/ckpt.ratio"
echo "# speed of a checkpoint to that of MPI-IO: $(spread ratio <"$scratch/ckpt.ratio")"
echo "# checkpoint: $(awk '$1 == "pair" { print 67.108864 / $4 }' "$scratch/ckpt" | spread MB/s)"
figure ckpt.write "$(quantile 0.5 <"$scratch/ckpt.ratio")" ratio '>=0.9'
