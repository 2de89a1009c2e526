#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort beside GNU sort with as many threads as ranks: whole programs, from the command to the file, in turn.
. "${top_srcdir:?}/tests/perf/perf.sh"
least=256000000          # bytes of text, so that the start of an MPI job (0.4 s) does not decide
export OMP_NUM_THREADS=1 # two ranks beside two threads

# Text of this machine, each file once, then all of it again until there is enough.
cat "$top_srcdir"/lib/*/*.[ch] >"$scratch/text"
find /usr/share/doc /usr/share/man /usr/include -type f 2>/dev/null | LC_ALL=C sort | xargs -r zcat -f 2>/dev/null |
  LC_ALL=C tr -d '\000' | head -c "$least" >>"$scratch/text" || true
while [ "$(wc -c <"$scratch/text")" -lt "$least" ]; do
  cat "$scratch/text" "$scratch/text" >"$scratch/twice"
  mv "$scratch/twice" "$scratch/text"
done

# seconds COMMAND...
seconds() {
  begin=$(date +%s%N)
  "$@"
  echo "$begin $(date +%s%N)" | awk '{ printf "%.4f\n", ($2 - $1) / 1e9 }'
}

ours() {
  launch 2 "$build/tern-sort" --quiet -o "$scratch/ours" "$scratch/text"
}

peers() {
  LC_ALL=C sort --parallel=2 -o "$scratch/peers" "$scratch/text"
}

: >"$scratch/pairs"
for i in 0 1 2 3 4 5; do
  a=$(seconds ours)
  b=$(seconds peers)
  cmp "$scratch/ours" "$scratch/peers"
  [ "$i" = 0 ] || echo "$a $b" >>"$scratch/pairs" # the first pair fills the file cache
done
echo "# text of $(wc -c <"$scratch/text") bytes, $(wc -l <"$scratch/text") lines"
echo "# tern-sort on 2 ranks: $(cut -d' ' -f1 "$scratch/pairs" | spread s)"
echo "# sort --parallel=2:    $(cut -d' ' -f2 "$scratch/pairs" | spread s)"
figure sort.text.speed "$(awk '{ print $2 / $1 }' "$scratch/pairs" | quantile 0.5)" ratio '>=1'
