#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort beside GNU sort with as many threads: whole programs, from the command to the durable file, in turn; every
# result is compared.  PERF_BYTES is the size of the text, of the issue's 1 GB; the numbers have two fifths of it.
. "${top_srcdir:?}/tests/perf/perf.sh"
bytes=${PERF_BYTES:-1000000000}
rounds=${PERF_ROUNDS:-3}
export LC_ALL=C

# Lines of random letters and digits, 64 on average, geometrically distributed; and 64-bit numbers, one a line.
head -c $((bytes * 3 / 4)) /dev/urandom | base64 -w 0 | tr A '\n' >"$scratch/text"
od -An -v -w8 -t u8 /dev/urandom | tr -d ' ' | head -c $((bytes * 2 / 5)) >"$scratch/numbers"

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

# Durable, as ours is.
peer() {
  sort --parallel=2 -S 8G "$@"
  sync "$scratch/peer"
}

# beside NAME TARGET OPTION FILE: seconds of the three in turn.
beside() {
  : >"$scratch/times"
  cat "$scratch/$4" >/dev/null # into the file cache
  for _ in $(seq "$rounds"); do
    a=$(seconds alone "$3" -o "$scratch/alone" "$scratch/$4")
    b=$(seconds ranks "$3" -o "$scratch/ranks" "$scratch/$4")
    c=$(seconds peer "$3" -o "$scratch/peer" "$scratch/$4")
    cmp "$scratch/alone" "$scratch/peer"
    cmp "$scratch/ranks" "$scratch/peer"
    echo "$a $b $c" >>"$scratch/times"
  done
  echo "# sort $3 of $4: $(wc -c <"$scratch/$4") bytes, $(wc -l <"$scratch/$4") lines"
  echo "# one process, 2 threads: $(cut -d' ' -f1 "$scratch/times" | spread s)"
  echo "# two ranks:              $(cut -d' ' -f2 "$scratch/times" | spread s)"
  echo "# sort --parallel=2:      $(cut -d' ' -f3 "$scratch/times" | spread s)"
  figure "sort.$1.speed" "$(awk '{ print $3 / $1 }' "$scratch/times" | quantile 0.5)" ratio "$2"
  figure "sort.$1.ranks.speed" "$(awk '{ print $3 / $2 }' "$scratch/times" | quantile 0.5)" ratio "$2"
}

checked() {
  : >"$scratch/times"
  for _ in $(seq "$rounds"); do
    a=$(seconds alone -c "$scratch/alone")
    b=$(seconds sort -c "$scratch/alone")
    echo "$a $b" >>"$scratch/times"
  done
  echo "# tern-sort -c: $(cut -d' ' -f1 "$scratch/times" | spread s)"
  echo "# sort -c:      $(cut -d' ' -f2 "$scratch/times" | spread s)"
  figure sort.check.speed "$(awk '{ print $2 / $1 }' "$scratch/times" | quantile 0.5)" ratio '>=3'
}

beside text '>=6' -s text # without keys -s changes nothing
checked
beside numbers '>=15' -n numbers
