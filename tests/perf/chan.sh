#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Channels beside plain MPI.  A launch gives one value for each ratio, the median over its rounds; the figure is the
# median over launches, in the regime that more launches saw.
. "${top_srcdir:?}/tests/perf/perf.sh"
bench=$build/tests/perf/chan
lines=$scratch/chan

# values VARIANT REGIME: its ratios, one a launch that had enough rounds to tell.
values() {
  awk -v variant="$1" -v regime="$2" '
    $2 == variant && $3 == regime && $9 >= 8 { print $7 }' "$lines"
}

# regime VARIANT: fast or slow; any, where the ranks have no core each; void, if all launches met a busy machine.
regime() {
  awk -v variant="$1" '
    $2 == variant && $3 != "void" && $9 >= 8 && ++n[$3] > most { most = n[$3]; regime = $3 }
    END { print most ? regime : "void" }' "$lines"
}

# spreads VARIANT...: the ratios and how far launches differ, for the reader.
spreads() {
  for variant; do
    in=$(regime "$variant")
    values "$variant" "$in" >"$scratch/values"
    echo "# $variant: $(wc -l <"$scratch/values") launches in the $in regime, $(spread ratio <"$scratch/values")"
  done
}

# ratio VARIANT TARGET [SLOW_TARGET]: the figure; nan if the regime is void.
ratio() {
  spreads "$1"
  in=$(regime "$1")
  [ "$in" != slow ] || [ $# -lt 3 ] || set -- "$1" "$3"
  [ "$in" = void ] || value=$(values "$1" "$in" | quantile 0.5)
  figure "chan.$1" "${value-nan}" ratio "$2"
  unset value
}

for i in $(seq "$PERF_LAUNCHES"); do
  launch 2 "$bench" all "$i"
  launch 8 "$bench" all "$i"
done >"$lines"
sed 's/^/# /' "$lines"

ratio async.8B.C64 '>=8'
ratio async.8B.C1024 '>=8'
ratio async.8B.batch64 '>=40' '>=20'
ratio latency '<=0.65'
ratio sync.8B '>=1.5'
# What plain MPI reaches with the same bound, by credit messages for each half of it: the limit of the next three where
# a message takes long, so that C items, under way and back, do not fill the time.
spreads credits.C64 credits.C16 credits.C4
ratio wire.8B.C64 '>=0.98'
ratio wire.8B.C16 '>=0.85'
ratio wire.8B.C4 '>=0.60'
spreads credits.C1
ratio wire.sync.8B '>=1.1'
# The figure is the form without a copy, beside the best of plain MPI whose items are written and read, too.  A copy
# that nobody writes in between stays in the receiver's cache, so that MPI's one copy from process to process moves
# nothing between the cores (kept); items that are written cross them once in all forms.
spreads large.1MiB.kept large.1MiB.kept.C4 large.1MiB.copied by_hand.1MiB
ratio large.1MiB '>=2'
ratio nm.4x4 '>=0.5'
awk '$1 == "stall" { print $2 }' "$lines" >"$scratch/stalls"
echo "# nm.4x4.stall: longest time between two receives of a rank in each launch, $(spread s <"$scratch/stalls")"
figure chan.nm.4x4.stall "$(quantile 0.5 <"$scratch/stalls")" s '<0.1'

launch 2 "$bench" memory >"$scratch/memory"
sed 's/^/# /' "$scratch/memory"
figure chan.memory "$(awk '$2 == "chan" { print $3 }' "$scratch/memory")" MiB \
  "<=$(awk 'BEGIN { printf "%.3f", 1 + 1024 * (8 + 64) / 2 ^ 20 }')"

launch 2 "$bench" deadline | awk '{ print $2 }' >"$scratch/late"
echo "# deadline: how late a receive returns after 1 ms without an item, $(spread us <"$scratch/late")"
figure chan.deadline.p99 "$(quantile 0.99 <"$scratch/late" | awk '{ print $1 / 1000 }')" ms '<=1'
