#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The distributed sort of u64 from memory to memory: two ranks with a thread each beside one process with two threads,
# more ranks than cores, every generator beside uniform keys, memory, and what the proof of the result adds to the time.  What is compared runs
# in turn; each launch takes the best of some sorts.
. "${top_srcdir:?}/tests/perf/perf.sh"
keys=${PERF_KEYS:-50000000}
fewer=${PERF_FEWER_KEYS:-16000000}
rounds=${PERF_ROUNDS:-3}
program=$build/tests/perf/sort_np

# ranks P ARG...
ranks() {
  p=$1
  shift
  OMP_NUM_THREADS=1 launch "$p" "$program" "$@"
}

# Several waiting ranks of a core must give it to one another.
crowd() {
  OMPI_MCA_mpi_yield_when_idle=1 ranks "$@"
}

: >"$scratch/rows"
for _ in $(seq "$rounds"); do
  a=$(OMP_NUM_THREADS=2 "$program" "$keys" uniform 3)
  b=$(ranks 2 "$keys" uniform 3)
  c=$(ranks 2 "$keys" uniform 3 in-place)
  echo "$a $b $c" >>"$scratch/rows"
done
echo "# $keys u64, uniform"
echo "# one process, two threads: $(cut -d' ' -f1 "$scratch/rows" | spread s)"
echo "# two ranks:                $(cut -d' ' -f4 "$scratch/rows" | spread s)"
echo "# two ranks, in place:      $(cut -d' ' -f7 "$scratch/rows" | spread s)"
echo "# proof on two ranks:       $(cut -d' ' -f5 "$scratch/rows" | spread s)"
figure sort.np2.time "$(awk '{ print $4 / $1 }' "$scratch/rows" | quantile 0.5)" ratio '<=1.25'
figure sort.np2.proof "$(awk '{ print $5 / $4 }' "$scratch/rows" | quantile 0.5)" ratio '<=0.05'
figure sort.np2.memory "$(cut -d' ' -f6 "$scratch/rows" | quantile 0.5)" ratio '<=2.1'
figure sort.memory.in_place "$(cut -d' ' -f9 "$scratch/rows" | quantile 0.5)" ratio '<=1.2'

: >"$scratch/rows"
for _ in $(seq "$rounds"); do
  a=$(ranks 2 "$fewer" uniform 3)
  b=$(crowd 4 "$fewer" uniform 3)
  c=$(crowd 8 "$fewer" uniform 3)
  echo "$a $b $c" >>"$scratch/rows"
done
echo "# $fewer u64 on 2, 4 and 8 ranks: $(cut -d' ' -f1 "$scratch/rows" | spread s), $(cut -d' ' -f4 "$scratch/rows" | spread s), $(cut -d' ' -f7 "$scratch/rows" | spread s)"
figure sort.np4.time "$(awk '{ print $4 / $1 }' "$scratch/rows" | quantile 0.5)" ratio '<=1.6'
figure sort.np8.time "$(awk '{ print $7 / $1 }' "$scratch/rows" | quantile 0.5)" ratio '<=1.6'

for distribution in sorted reversed equal few zipf normal exponential almost sqrt staggered buckets groups all-to-one; do
  : >"$scratch/rows"
  for _ in $(seq "$rounds"); do
    echo "$(ranks 2 "$fewer" "$distribution" 3) $(ranks 2 "$fewer" uniform 3)" >>"$scratch/rows"
  done
  figure "sort.np2.$distribution" "$(awk '{ print $1 / $4 }' "$scratch/rows" | quantile 0.5)" ratio '<=1.3'
done
