#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The frame of all programs: what is said, by whom and how often, and with which status a program ends.
. "${top_srcdir:?}/tests/support/tap.sh"
frame=$top_builddir/tests/prog/frame
cd "$scratch" || exit

# run RANKS STATUS ARG...: run it; out and err are left, without what the launcher itself adds.
run() {
  ranks=$1 status=$2
  shift 2
  launch "$ranks" "$frame" "$@" >out 2>all
  rc=$?
  grep -E '^(frame|tern)' all >err
  cat out all
  [ "$rc" = "$status" ]
}

# complains RANKS SENTENCE ARG...: status 2, nothing on stdout and one line on stderr, which is this.
complains() {
  ranks=$1 sentence=$2
  shift 2
  run "$ranks" 2 "$@" && [ ! -s out ] && [ "$(cat err)" = "$sentence" ]
}

prints_help() {
  run "$1" 0 --help && grep -q '^Usage: frame ' out && [ "$(grep -c '^Usage' out)" = 1 ] &&
    awk 'length > 100 || / $/ { exit 1 }' out || return
  for option in '-n, --count=N' '--quiet' '--json=FILE' '--help' '--version'; do
    grep -qF -e "$option" out || return
  done
  grep -q '^  75 ' out && grep -qF 'frame -n 5' out
}

prints_version() {
  run "$1" 0 --version --count=2 && [ "$(wc -l <out)" = 1 ] && grep -Eq '^frame \(Tern\) [0-9]+\.[0-9]+\.[0-9]+$' out
}

works() {
  run "$1" 0 -n 7 one two && printf 'count 7\noperand one\noperand two\nargv ends well\nphases took time\n' | diff - out &&
    [ ! -s err ]
}

is_quiet() {
  run "$1" 0 --quiet && [ ! -s out ] && [ ! -s err ]
}

# Only the failing rank's own sentence, and of several the lowest rank's.
origin() {
  ranks=$1 end=$2 rank=$3
  run "$ranks" 2 --end="$end" && [ "$(cat err)" = "frame: file of rank $rank: no such thing" ]
}

aborts() {
  ! launch "$1" "$frame" --end=abort >out 2>err || return
  cat err
  [ "$(grep -c "^frame: rank $(($1 - 1)) is out of memory$" err)" = 1 ]
}

# The bytes of phase "fill": 100 of each of p ranks, and 10 each when it comes again.  Of "sort": 1 + 2 + ... + p.
reports() {
  TERN_SPIN=7 run "$1" 0 --quiet -n 4 --json=report.json x && [ ! -s out ] && jq -e --argjson p "$1" '
    .program == "frame" and (.version | test("^[0-9.]+$")) and .ranks == $p and .threads >= 1 and .seconds > 0
    and .status == 0 and .own == 4 and (.command | endswith("--quiet -n 4 --json=report.json x"))
    and ([.phases[].name] == ["fill", "sort"]) and .phases[0].bytes == 110 * $p
    and .phases[1].bytes == $p * ($p + 1) / 2 and ([.phases[].seconds] | all(. >= 0 and . < 60))
    and .environment.nodes == 1 and .environment.variables.TERN_SPIN == "7"
    and (.environment | [.host, .mpi, .compiler, .topology, .system] | all(length > 0))
    and (.environment.date | fromdateiso8601 > 1700000000)
    and ([.environment.bindings[].rank] == [range($p)]) and (.environment.bindings | all(.cpus != "" and .threads >= 1))
    ' report.json
}

reports_on_stdout() {
  run "$1" 0 --json=- && jq -e '.program == "frame"' out
}

keeps_status() {
  run "$1" "$2" --end="$3" --quiet --json=status.json && [ ! -s err ] && jq -e ".status == $2" status.json
}

# Without a launcher.
alone() {
  timeout -k 5 60 "$frame" one >out 2>err && cat out err && grep -q '^operand one$' out && [ ! -s err ] || return
  timeout -k 5 60 "$frame" -n 11 >out 2>err
  [ $? = 2 ] && [ "$(cat err)" = "frame: --count: 11 is not between 1 and 10; try --help" ]
}

# Under a launcher stdout is a pipe.
disk_full() {
  timeout -k 5 60 "$frame" one >/dev/full 2>err
  [ $? = 2 ] && cat err && [ "$(cat err)" = "frame: cannot write stdout: No space left on device" ]
}

# A bar is drawn where the user looks: script(1) makes a terminal, also for what is started in it.
on_terminal() {
  timeout -k 5 60 script -qec "$1" /dev/null </dev/null >said
  cat said
  grep -q "^terminal $2" said
}

for p in $few_np; do
  ok "np=$p help" prints_help "$p"
  ok "np=$p version" prints_version "$p"
  ok "np=$p operands and options" works "$p"
  ok "np=$p quiet" is_quiet "$p"
  ok "np=$p unknown option" complains "$p" "frame: unknown or ambiguous option '--nonsense'; try --help" --nonsense
  ok "np=$p number out of bounds" complains "$p" "frame: --count: 0 is not between 1 and 10; try --help" --count=0
  ok "np=$p too many operands" complains "$p" "frame: unexpected operand 'c'; try --help" a b c
  ok "np=$p refused by the program" complains "$p" "frame: operand 'a' is not good; try --help" --end=usage a
  ok "np=$p failure on the first rank" origin "$p" first 0
  ok "np=$p failure on the last rank" origin "$p" last $((p - 1))
  ok "np=$p failure on both" origin "$p" both 0
  ok "np=$p abort" aborts "$p"
  if "$frame" --quiet --json=- 2>&1 | grep -q 'install Jansson'; then
    ok "np=$p says that it cannot write JSON" complains "$p" "frame: x.json: this build cannot write JSON: install \
Jansson (Debian: libjansson-dev)" --json=x.json
    continue
  fi
  ok "np=$p report that cannot be written" complains "$p" "frame: /nowhere/x.json: No such file or directory" \
    --json=/nowhere/x.json
  if ! command -v jq >/dev/null; then
    skip "np=$p report" "no jq"
    continue
  fi
  ok "np=$p report" reports "$p"
  ok "np=$p report on stdout" reports_on_stdout "$p"
  ok "np=$p status 1" keeps_status "$p" 1 differ
  ok "np=$p status 75" keeps_status "$p" 75 stop
done
ok "without a launcher" alone
ok "full disk under stdout" disk_full
if command -v script >/dev/null; then
  ok "a terminal" on_terminal "'$frame' --end=terminal" found
  ok "a terminal behind the launcher" on_terminal "'$MPIEXEC' -n 2 '$frame' --end=terminal" found
  ok "no terminal" on_terminal "'$frame' --end=terminal 2>err" none
  ok "no terminal behind the launcher" on_terminal "'$MPIEXEC' -n 2 '$frame' --end=terminal 2>err" none
  ok "no terminal behind a pipe" on_terminal "'$MPIEXEC' -n 2 '$frame' --end=terminal 2>&1 | cat" none
else
  skip "terminals" "no script(1)"
fi
tap_end
