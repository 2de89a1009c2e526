#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort on records of the Sort Benchmark, in memory and with a quarter of it, beside what stock tools do, xxd and
# GNU sort, and beside the disk: whole programs, from the file to the durable file, in turn.
. "${top_srcdir:?}/tests/perf/perf.sh"
records=${PERF_RECORDS:-10000000}
bytes=$((100 * records))
quarter=$((bytes / 4096))K
in=$scratch/records
mkdir "$scratch/runs"

# seconds COMMAND...: begun when nothing of the one before it is still to be written.
seconds() {
  sync
  begin=$(date +%s%N)
  "$@"
  echo "$begin $(date +%s%N)" | awk '{ printf "%.4f\n", ($2 - $1) / 1e9 }'
}

# alone ARG...: one process with two threads.
alone() {
  OMP_NUM_THREADS=2 "$programs/tern-sort" --quiet "$@"
}

# ranks ARG...: two ranks with a thread each.
ranks() {
  OMP_NUM_THREADS=1 launch 2 "$programs/tern-sort" --quiet "$@"
}

# by HOW ARG...: HOW is alone or ranks.
by() {
  how=$1
  shift
  "$how" --record=100 --key=0:10 -o "$scratch/ours" "$@" "$in"
}

# The digits of xxd sort as the bytes do.
peer() {
  xxd -p -c 100 "$in" | LC_ALL=C sort --parallel=2 -T "$scratch/runs" "$@" | xxd -r -p >"$scratch/peers"
  sync "$scratch/peers"
}

# Read the file once and write it once; as ours, beside the old one, which is replaced.  With oflag=direct the file
# cache is left alone, as ours leaves it.
copy() {
  dd if="$in" of="$scratch/copy.new" bs=8M conv=fsync "$@" 2>/dev/null
  mv "$scratch/copy.new" "$scratch/copy"
}

# What a sort on disk must do at least.
copy_twice() {
  dd if="$in" of="$scratch/runs/copy" bs=8M "$@" 2>/dev/null
  dd if="$scratch/runs/copy" of="$scratch/copy.new" bs=8M conv=fsync "$@" 2>/dev/null
  rm "$scratch/runs/copy"
  mv "$scratch/copy.new" "$scratch/copy"
}

# column K: of the rows.
column() {
  cut -d' ' -f"$1" "$scratch/rows"
}

# ratio A B C: A to the faster of B and C, columns of the rows.
ratio() {
  awk -v a="$1" -v b="$2" -v c="$3" '{ print $a / ($b < $c ? $b : $c) }' "$scratch/rows" | quantile 0.5
}

ranks --generate=gensort:"$records" -o "$in"
: >"$scratch/rows"
for i in 0 1 2 3 4 5; do
  a=$(seconds by alone)
  b=$(seconds copy)
  c=$(seconds by ranks)
  d=$(seconds copy oflag=direct)
  e=$(seconds by alone -S "$quarter" -T "$scratch/runs")
  f=$(seconds copy_twice)
  g=$(seconds by ranks -S "$quarter" -T "$scratch/runs")
  h=$(seconds copy_twice oflag=direct)
  [ "$i" = 0 ] || echo "$a $b $c $d $e $f $g $h" >>"$scratch/rows" # the first fills the file cache
done
p=$(seconds peer -S 8G)
cmp "$scratch/ours" "$scratch/peers"
q=$(seconds peer -S "$quarter")
ranks --record=100 --key=0:10 --check --checksum "$scratch/ours" | sed 's/^/# /'

echo "# $records records, $bytes bytes"
echo "# tern-sort, 2 threads:             $(column 1 | spread s)"
echo "# tern-sort, 2 ranks:               $(column 3 | spread s)"
echo "# a copy, durable:                  $(column 2 | spread s)"
echo "# the same, oflag=direct:           $(column 4 | spread s)"
echo "# xxd, sort, xxd:                   $p s"
echo "# tern-sort -S $quarter, 2 threads: $(column 5 | spread s)"
echo "# the same, 2 ranks:                $(column 7 | spread s)"
echo "# two copies, one durable:          $(column 6 | spread s)"
echo "# the same, oflag=direct:           $(column 8 | spread s)"
echo "# xxd, sort -S $quarter, xxd:       $q s"
figure sort.records.speed "$(column 1 | awk -v p="$p" '{ print p / $1 }' | quantile 0.5)" ratio '>=30'
figure sort.records.disk "$(ratio 1 2 4)" ratio '<=1.6'
figure sort.external.speed "$(column 5 | awk -v q="$q" '{ print q / $1 }' | quantile 0.5)" ratio '>=4'
figure sort.external.disk "$(ratio 5 6 8 | awk '{ print 1 / $1 }')" ratio '>=0.6'

# Beside gensort and valsort of the Sort Benchmark, where they are.
if command -v gensort >/dev/null && command -v valsort >/dev/null; then
  : >"$scratch/rows"
  for i in 0 1 2 3; do
    a=$(seconds ranks --generate=gensort:"$records" --checksum -o "$scratch/copy")
    b=$(seconds gensort -c "$records" "$scratch/copy" 2>/dev/null)
    c=$(seconds ranks --record=100 --key=0:10 --check --checksum "$scratch/ours")
    d=$(seconds valsort -q "$scratch/ours")
    [ "$i" = 0 ] || echo "$a $b $c $d" >>"$scratch/rows"
  done
  figure sort.gensort.speed "$(awk '{ print $2 / $1 }' "$scratch/rows" | quantile 0.5)" ratio '>=2'
  figure sort.valsort.speed "$(awk '{ print $4 / $3 }' "$scratch/rows" | quantile 0.5)" ratio '>=2'
fi
