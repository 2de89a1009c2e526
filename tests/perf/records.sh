#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort on records of the Sort Benchmark, in memory and with a quarter of it, beside what stock tools do, xxd and
# GNU sort, and beside the disk: whole programs, from the file to the durable file, in turn.
. "${top_srcdir:?}/tests/perf/perf.sh"
records=${PERF_RECORDS:-10000000}
bytes=$((100 * records))
quarter=$((bytes / 4096))K
export OMP_NUM_THREADS=1 # two ranks beside two threads
in=$scratch/records
mkdir "$scratch/runs"

# seconds COMMAND...
seconds() {
  begin=$(date +%s%N)
  "$@"
  echo "$begin $(date +%s%N)" | awk '{ printf "%.4f\n", ($2 - $1) / 1e9 }'
}

ours() {
  launch 2 "$build/tern-sort" --quiet --record=100 --key=0:10 -o "$scratch/ours" "$@" "$in"
}

# The digits of xxd sort as the bytes do.
peer() {
  xxd -p -c 100 "$in" | LC_ALL=C sort --parallel=2 -T "$scratch/runs" "$@" | xxd -r -p >"$scratch/peers"
  sync "$scratch/peers"
}

# Read the file once and write it once; as ours, beside the old one, which is replaced: a file that is written over
# has its memory at hand, and is lost if that fails.
copy() {
  dd if="$in" of="$scratch/copy.new" bs=8M conv=fsync 2>/dev/null
  mv "$scratch/copy.new" "$scratch/copy"
}

# What a sort on disk must do at least.
copy_twice() {
  dd if="$in" of="$scratch/runs/copy" bs=8M 2>/dev/null
  dd if="$scratch/runs/copy" of="$scratch/copy.new" bs=8M conv=fsync 2>/dev/null
  rm "$scratch/runs/copy"
  mv "$scratch/copy.new" "$scratch/copy"
}

launch 2 "$build/tern-sort" --generate=gensort:"$records" -o "$in"
: >"$scratch/rows"
for i in 0 1 2 3 4 5; do
  a=$(seconds ours)
  b=$(seconds copy)
  c=$(seconds ours -S "$quarter" -T "$scratch/runs")
  d=$(seconds copy_twice)
  [ "$i" = 0 ] || echo "$a $b $c $d" >>"$scratch/rows" # the first fills the file cache
done
p=$(seconds peer -S 8G)
cmp "$scratch/ours" "$scratch/peers"
q=$(seconds peer -S "$quarter")
launch 2 "$build/tern-sort" --record=100 --key=0:10 --check --checksum "$scratch/ours" | sed 's/^/# /'

echo "# $records records, $bytes bytes"
echo "# tern-sort on 2 ranks:     $(cut -d' ' -f1 "$scratch/rows" | spread s)"
echo "# a copy, durable:          $(cut -d' ' -f2 "$scratch/rows" | spread s)"
echo "# tern-sort -S $quarter:    $(cut -d' ' -f3 "$scratch/rows" | spread s)"
echo "# two copies, one durable:  $(cut -d' ' -f4 "$scratch/rows" | spread s)"
echo "# xxd, sort, xxd:           $p s, with -S $quarter $q s"
figure sort.records.speed "$(awk -v p="$p" '{ print p / $1 }' "$scratch/rows" | quantile 0.5)" ratio '>=30'
figure sort.records.disk "$(awk '{ print $1 / $2 }' "$scratch/rows" | quantile 0.5)" ratio '<=1.6'
figure sort.external.speed "$(awk -v q="$q" '{ print q / $3 }' "$scratch/rows" | quantile 0.5)" ratio '>=4'
figure sort.external.disk "$(awk '{ print $4 / $3 }' "$scratch/rows" | quantile 0.5)" ratio '>=0.6'

# Beside gensort and valsort of the Sort Benchmark, where they are.
if command -v gensort >/dev/null && command -v valsort >/dev/null; then
  : >"$scratch/rows"
  for i in 0 1 2 3; do
    a=$(seconds launch 2 "$build/tern-sort" --quiet --generate=gensort:"$records" --checksum -o "$scratch/copy")
    b=$(seconds gensort -c "$records" "$scratch/copy" 2>/dev/null)
    c=$(seconds launch 2 "$build/tern-sort" --quiet --record=100 --key=0:10 --check --checksum "$scratch/ours")
    d=$(seconds valsort -q "$scratch/ours")
    [ "$i" = 0 ] || echo "$a $b $c $d" >>"$scratch/rows"
  done
  figure sort.gensort.speed "$(awk '{ print $2 / $1 }' "$scratch/rows" | quantile 0.5)" ratio '>=2'
  figure sort.valsort.speed "$(awk '{ print $4 / $3 }' "$scratch/rows" | quantile 0.5)" ratio '>=2'
fi
