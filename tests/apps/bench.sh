#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-bench: that it measures what it says, that its reports are whole, and what it refuses.  No time is judged here.
. "${top_srcdir:?}/tests/support/tap.sh"
bench=$programs/tern-bench
cd "$scratch" || exit

# Short, whatever the machine does.
quick='--seconds=0.05 --batch=1e-5'

# Every mode once in plain MPI and once through the layer, the latter compared with the former, at every size.
all_modes() {
  # shellcheck disable=SC2086  # options
  launch 2 "$bench" "$1" $quick --sizes=8,5000 --json=modes.json >out || return
  cat out
  jq -e --arg kernel "$1" '
    (.points | map(select(.kernel != $kernel)) == [])
    and ([.points[] | select(.bytes == 8) | .call] | unique | length == 14)
    and ([.points[] | [.call, .bytes]] | unique | length == 28)
    and ([.points[] | select(.call | startswith("tern")) | .against | startswith("MPI")] | all)
    and ([.points[] | select(.call | startswith("MPI")) | has("against")] | any | not)' modes.json
}

# A point holds together: its figures are in order and its histogram has as many entries as there were rounds.
points_are_sound() {
  jq -e '[.points[] | (.seconds | .min > 0 and .min <= .low and .low <= .median and .median <= .high
      and .high <= .max and .n > 0) and ([.histogram[][1]] | add) == .seconds.n] | all' modes.json
}

# Half a round trip: a ping-pong cannot be faster than the memory copies that a stream of the same bytes needs, nor
# ten thousand times slower; guards the units.
units() {
  jq -e '[.points[] | .seconds.median > 1e-9 and .seconds.median < 1] | all' modes.json
}

receives() {
  # shellcheck disable=SC2086
  launch 2 "$bench" recv $quick -s 8 --json=recv.json && jq -e '
    [.points[] | .call] | unique == ["MPI_Mprobe+Mrecv", "MPI_Recv", "tern_recv", "tern_recv_alloc"]' recv.json
}

# The one that is compared with comes along.
picks_modes() {
  # shellcheck disable=SC2086
  launch 2 "$bench" recv $quick -s 8 -m alloc --json=pick.json && jq -e '
    [.points[] | .call] | unique == ["MPI_Recv", "tern_recv_alloc"]' pick.json
}

barrier() {
  # shellcheck disable=SC2086
  launch "$1" "$bench" barrier $quick --json=barrier.json && jq -e --argjson p "$1" '
    .ranks == $p and ([.points[] | .call] | unique == ["MPI_Barrier", "tern_barrier"])' barrier.json
}

# Every halo mode of this build but partitioned, and what plain MPI and views add.
halo() {
  # shellcheck disable=SC2086
  launch "$1" "$bench" halo $quick --sizes=40,8200 --json=halo.json && jq -e --argjson p "$1" '
    .ranks == $p and ([.points[] | [.call, .bytes]] | unique | length == 38)
    and ([.points[] | select(.call != "MPI_Isend") | .against == "MPI_Isend"] | all)' halo.json
}

# The operations of eight iterations, counted by hand.
stencil() {
  # shellcheck disable=SC2086
  launch "$1" "$bench" stencil $quick --sizes=800 --modes=r2,r4 --json=stencil.json && jq -e --argjson p "$1" '
    .ranks == $p and ([.points[] | .call] | unique == ["blocks r2", "blocks r4", "one pass r2", "one pass r4"])
    and ([.points[] | select(.call == "blocks r2") | .flops == 8 * 19 * 96 * 96] | all)
    and ([.points[] | select(.call == "one pass r4") | .flops == 8 * 35 * 92 * 92] | all)' stencil.json
}

# A report of one launch, its medians known.
report() {
  printf '{"points": [
    {"kernel": "latency", "bytes": 8, "call": "a", "regime": "fast", "probe": 5e-8, "converged": true,
     "seconds": {"n": 9, "median": %s, "min": 1e-9, "max": %s}, "histogram": [[100, 4], [200, 5]]},
    {"kernel": "latency", "bytes": 8, "call": "b", "regime": "fast", "probe": 5e-8, "converged": %s, "against": "a",
     "seconds": {"n": 9, "median": 2e-6, "min": 1e-6, "max": 3e-6},
     "ratio": {"n": 9, "median": %s}, "histogram": []}]}\n' "$1" "$2" "$3" "$4"
}

# Over three launches: the median of the medians, the extremes of all, the sum of the histograms.
merges() {
  report 3e-6 9e-6 true 1.5 >1.json
  report 1e-6 7e-6 true 1.1 >2.json
  report 2e-6 8e-6 false 1.2 >3.json
  launch 1 "$bench" merge 1.json 2.json 3.json --json=merged.json && jq -e '
    (.points | length == 2)
    and (.points[0] | .call == "a" and .converged and (has("against") | not) and .histogram == [[100, 12], [200, 15]]
      and (.seconds | .n == 3 and .median == 2e-6 and .low == 1e-6 and .high == 3e-6 and .min == 1e-9 and .max == 9e-6))
    and (.points[1] | .call == "b" and (.converged | not) and (.ratio | .median == 1.2 and .low == 1.1 and .high == 1.5))' \
    merged.json
}

merges_its_own() {
  launch 2 "$bench" merge modes.json --json=again.json && jq -es '
    ([.[0].points[].seconds.median] == [.[1].points[].seconds.median])' modes.json again.json
}

# refuses RANKS SENTENCE ARG...: status 2, one line of ours, nothing measured.
refuses() {
  ranks=$1 sentence=$2
  shift 2
  launch "$ranks" "$bench" "$@" >out 2>err
  [ $? = 2 ] && grep -q "^tern-bench: .*$sentence" err && [ "$(grep -c '^tern-bench' err)" = 1 ] && [ ! -s out ]
}

has_json() {
  command -v jq >/dev/null && launch 1 "$bench" merge --help >/dev/null && echo '{"points": []}' >empty.json &&
    launch 1 "$bench" merge empty.json >/dev/null 2>&1
}

if has_json; then
  ok "latency: every mode" all_modes latency
  ok "latency: points are sound" points_are_sound
  ok "latency: units" units
  ok "merge of a real report" merges_its_own
  ok "bandwidth: every mode" all_modes bandwidth
  ok "bandwidth: points are sound" points_are_sound
  ok "recv: every receive" receives
  ok "--modes brings the baseline" picks_modes
  for np in $TEST_NP; do
    ok "np=$np barrier" barrier "$np"
  done
  for np in $few_np; do
    ok "np=$np halo" halo "$np"
    ok "np=$np stencil" stencil "$np"
  done
  ok "merge: medians of launches" merges
  echo "{}" >none.json
  ok "merge: a file that is none" refuses 1 'no report' merge none.json
  echo no >words.txt
  ok "merge: no JSON" refuses 1 words.txt merge words.txt
else
  skip "reports" "no jq or no Jansson"
fi
ok "wrong number of ranks" refuses 3 'latency needs 2 ranks, not 3' latency
ok "no command" refuses 1 'a command is missing'
ok "unknown command" refuses 2 "'speed' is no command" speed
ok "operand too many" refuses 2 "unexpected operand 'now'" latency now
ok "size that is none" refuses 2 "'8x' is no whole number" latency --sizes=4,8x
ok "size of nothing" refuses 2 "'0' is no whole number" latency --sizes=0
ok "absurd size" refuses 2 "'1T' is no whole number" latency --sizes=1T
ok "unknown mode" refuses 2 "'tsend' is no mode of latency" latency --modes=send,tsend
ok "absurd time" refuses 2 '--seconds' latency --seconds=-1
ok "merge of nothing" refuses 1 'merge needs' merge
ok "merge of a missing file" refuses 1 'absent.json' merge absent.json
tap_end
