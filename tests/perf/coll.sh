#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The aggregating stream beside plain sends and beside aggregation by hand, 8-byte items, two ranks, interleaved in each
# launch.  A figure is the median over the launches in the regime that more launches saw; launches with fewer than ten
# rounds met a busy machine and do not count.
. "${top_srcdir:?}/tests/perf/perf.sh"

for i in $(seq "$PERF_LAUNCHES"); do
  launch 2 "$build/tests/perf/coll" "$i" >>"$scratch/coll"
done
sed 's/^/# /' "$scratch/coll"

awk '$14 >= 10' "$scratch/coll" >"$scratch/usable"
regime=$(awk '{ n[$2]++ } END { print (n["slow"] > n["fast"] ? "slow" : "fast") }' "$scratch/usable")
echo "# $regime regime, $(grep -c "^send $regime" "$scratch/usable" || true) usable launches"

# value NAME WORD: the WORDth word of the lines NAME, their median.
value() {
  awk -v name="$1" -v regime="$regime" -v word="$2" '$1 == name && $2 == regime { print $word }' "$scratch/usable" >"$scratch/values"
  if [ -s "$scratch/values" ]; then quantile 0.5 <"$scratch/values"; else echo nan; fi
}
figure coll.stream.one_way.send "$(value one_way 7)" ratio '>=25'
figure coll.stream.one_way.by_hand "$(value one_way 10)" ratio '>=0.55'
figure coll.stream.wire.by_hand "$(value wire 10)" ratio '>=0.55'
[ "$regime" = slow ] || figure coll.stream.all_to_all "$(value all_to_all 3)" M/s '>=400'
