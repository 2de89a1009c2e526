#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The example programs, on any number of ranks: what they print is what arithmetic says, and the manual pages quote them
# as they are.
. "${top_srcdir:?}/tests/support/tap.sh"
examples=$top_builddir/tests/examples

# run RANKS NAME: what NAME prints there, in the order of the lines, as "got".
run() {
  launch "$1" "$examples/$2" >"$scratch/said" && LC_ALL=C sort "$scratch/said" >"$scratch/got"
}

# Standard input, sorted, is what was printed.
expect() {
  LC_ALL=C sort >"$scratch/want"
  diff "$scratch/want" "$scratch/got"
}

# Stage r keeps the r-th prime, and passes on what none of the first r primes divides.
pipeline() {
  run "$1" pipeline && awk -v ranks="$1" 'BEGIN {
    for (n = 2; rank < ranks - 1; n++) {
      for (d = 2; d < n && n % d; d++);
      if (d < n) continue
      prime[++rank] = n
      passed = 0
      for (m = 2; m < 1000; m++) {
        for (r = 1; r <= rank && m % prime[r]; r++);
        passed += r > rank
      }
      print "rank " rank ": prime " n ", passed " passed
    }
  }' | expect
}

# 1 + 4 + ... + n^2 = n (n + 1) (2 n + 1) / 6
farm() {
  run "$1" farm && echo "sum of squares: $((1000 * 1001 * 2001 / 6))" | expect
}

# Each client gets 100 numbers; all together get each number from 0 once.
request() {
  run "$1" request && awk -v clients=$(($1 - 1)) '
    !/^rank [0-9]+: 100 numbers, sum [0-9]+$/ { print; bad = 1 }
    { rank[$2]++; sum += $NF }
    END {
      for (r = 1; r <= clients; r++) bad = bad || rank[r ":"] != 1
      n = 100 * clients
      print sum " in place of " n * (n - 1) / 2
      exit bad || NR != clients || sum != n * (n - 1) / 2
    }' "$scratch/got"
}

# Rank r hears 10 r items, or all 50.
publish() {
  run "$1" publish && awk -v ranks="$1" 'BEGIN {
    for (r = 1; r < ranks; r++) {
      n = r < 5 ? 10 * r : 50
      print "rank " r ": " n " items, the last: " n " squared is " n * n
    }
  }' | expect
}

timeout_() {
  run "$1" timeout && echo "fast: $((10 * 11 / 2)), slow: 42" | expect
}

# Each of the five cells of the glider moves on by one every four generations.
life() {
  run "$1" life && echo "5 cells, x $((6 + 5 * 20)), y $((7 + 5 * 20))" | expect
}

# A front moves at 2 sqrt(r D), but for a slow approach from below (Kolmogorov, Petrovsky, Piskunov 1937).
front() {
  run "$1" front && cat "$scratch/got" && awk '
    { v = 2 * sqrt(0.01 * 0.2); exit !($1 == "speed" && $2 > 0.9 * v && $2 < 1.01 * v) }' "$scratch/got"
}

# 4 stars a rank, by magnitude, then by number; rank r prints the r-th 4.
stars() {
  run "$1" stars && awk -v n=$(($1 * 4)) 'BEGIN {
    for (m = 0; m < 10; m++)
      for (i = 0; i < n; i++)
        if (i * 7 % 10 == m) {
          print "rank " (k - k % 4) / 4 ": star " i ", " m
          k++
        }
  }' | expect
}

# 4 players a rank, as GNU sort orders them, from rank to rank.
scores() {
  run "$1" scores && awk -v n=$(($1 * 4)) 'BEGIN { for (i = 0; i < n; i++) print "player" i, i * 7 % 10 }' |
    LC_ALL=C sort -k2,2nr >"$scratch/want" && LC_ALL=C sort -s -t ' ' -k2,2n "$scratch/said" |
    cut -d ' ' -f 3- | diff "$scratch/want" -
}

# One rank is too few: a sentence, and status 2.
too_few() {
  launch 1 "$examples/$1" >"$scratch/out" 2>"$scratch/err"
  status=$?
  cat "$scratch/out" "$scratch/err"
  [ "$status" = 2 ] && [ ! -s "$scratch/out" ] && grep -q "^$1: needs 2 ranks" "$scratch/err"
}

# quoted PAGE NAME: the page holds the program, but for the comment at its beginning.
quoted() {
  sed 1,3d "$top_srcdir/tests/examples/$2.c" >"$scratch/program"
  awk '/^#include <std[a-z]*.h>$/ { on = 1 } /^\.Ed$/ { on = 0 } on' "$top_srcdir/$1" |
    sed 's/^\\&//; s/\\e/\\/g' >"$scratch/page"
  [ -s "$scratch/program" ] && diff "$scratch/program" "$scratch/page"
}

for np in 2 3 7; do
  case " 2 3 $TEST_NP " in *" $np "*) ;; *) continue ;; esac
  for name in pipeline farm request publish scores stars; do
    ok "np=$np $name" "$name" "$np"
  done
  ok "np=$np timeout" timeout_ "$np"
  ok "np=$np life" life "$np"
done
ok "np=1 life" life 1
ok "np=1 front" front 1
ok "np=3 front" front 3
for name in pipeline farm request publish timeout; do
  ok "$name on one rank" too_few "$name"
done
ok "tern_chan(3) quotes pipeline.c" quoted lib/chan/tern_chan.3 pipeline
ok "tern-stencil(1) quotes life.c" quoted apps/stencil/tern-stencil.1 life
ok "tern_stencil(3) quotes front.c" quoted lib/stencil/tern_stencil.3 front
ok "tern_select(3) quotes farm.c" quoted lib/chan/tern_select.3 farm
ok "tern_sort(3) quotes stars.c" quoted lib/sort/tern_sort.3 stars
ok "tern_lines(3) quotes scores.c" quoted lib/sort/tern_lines.3 scores
tap_end
