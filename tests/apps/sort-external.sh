#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort on lines that are larger than the memory it may use: byte for byte what GNU sort writes, nothing left behind,
# and nothing lost when something goes wrong.
. "${top_srcdir:?}/tests/support/tap.sh"
sort=$programs/tern-sort
cd "$scratch" || exit

# Words, numbers, dates, versions, sizes; equal lines and equal keys; bytes that are no text; no newline at the end.
make_lines() {
  awk 'BEGIN {
    srand(11)
    for (i = 0; i < 9000; i++) {
      a = int(rand() * 300) - 150; b = int(rand() * 1000)
      printf "%s%d.%d %s,%s file-%d.%d.tar %d%s %c\377\n", b % 3 ? "" : "  ", a, b % 7, \
        substr("jan FEB Mar apr May JUN nov DEC", 1 + 4 * (b % 8), 3), substr("abcABC-_ xyz", 1 + b % 9, 1 + b % 4), \
        b % 12, b % 5, b, substr("KMGk", 1 + b % 5, 1), b % 2
      if (i % 9 == 0) print "the same line"
      if (i % 50 == 0) print ""
    }
    printf "the end"
  }' >lines
}

nothing_left() {
  [ -z "$(ls runs)" ] && [ -z "$(ls ./*.tmp* 2>/dev/null)" ]
}

# same RANKS MEMORY OPTIONS FILE...: as GNU sort.
same() {
  ranks_=$1 memory_=$2 options_=$3
  shift 3
  # shellcheck disable=SC2086  # options are a list of words
  LC_ALL=C sort $options_ "$@" >want && launch "$ranks_" "$sort" $options_ -S "$memory_" -T runs -o got "$@" &&
    cmp want got && nothing_left && return
  echo "differs with '$options_' in $memory_"
  return 1
}

every_option() {
  for options in '' -n -r -u -nru '-s -k1,1' '-k2,2 -r' '-t, -k2,2n -s' -V '-g -k4' '-h -k4' '-M -k2 -s' '-d -f -u' '-i -b' \
    '-z -r' '-k3.6,3.8n -k1,1nr' '-s -u -k2,2.2'; do
    same "$1" 100K "$options" lines || return
  done
}

# With less memory there are more runs than ranks and blocks, then hundreds of them.
every_memory() {
  for memory in 1b 60K 250K 10M; do
    same "$1" "$memory" -k2 lines lines || return
  done
}

# Lines larger than the memory, some of which have no line in their ranges.
long_lines() {
  awk 'BEGIN { for (i = 0; i < 40; i++) { printf "%d", i * 7 % 10; for (k = 0; k < 3000 * (i % 4); k++) printf "long long" i % 3
    print "" } }' >long && same "$1" 40K -s long && same "$1" 40K -u long && same "$1" 40K -nr long lines
}

equal_lines() {
  yes 'the same line' | head -n 50000 >million && same "$1" 100K '' million && same "$1" 100K -u million &&
    : >empty && same "$1" 100K '' empty && same "$1" 20K -r empty million empty
}

streams() {
  LC_ALL=C sort -n lines >want && launch "$1" "$sort" -n -S 100K -T runs lines >got && cmp want got &&
    launch "$1" "$sort" -n -S 100K -T runs -o /dev/stdout lines | cat >got && cmp want got &&
    timeout 60 "$sort" -n -S 100K -T runs <lines >got && cmp want got &&
    head -n 2000 lines | timeout 60 "$sort" -S 30K -T runs -o got - lines && { head -n 2000 lines && cat lines; } |
    LC_ALL=C sort | cmp - got && nothing_left
}

compressed_input() {
  gzip -c lines >lines.gz && LC_ALL=C sort -r lines lines >want &&
    launch "$1" "$sort" -r -S 100K -T runs -o got lines.gz lines && cmp want got && nothing_left
}

packed() {
  for packer in zstd gzip; do
    if command -v $packer >/dev/null || [ $packer = zstd ]; then
      same "$1" 200K "--compress-program=$packer -k3" lines || return
    fi
  done
}

# A program that only turns the case of bytes round, with and without -d, and has not what to do with 0 bytes.
cat >swaps <<'END'
#!/bin/sh
tr 'a-zA-Z' 'A-Za-z'
END
chmod +x swaps

packed_by_any() {
  same "$1" 200K "--compress-program=$PWD/swaps" lines
}

# ---- What goes wrong ----------------------------------------------------------

# refused RANKS SENTENCE ARG...: status 2, the sentence once, and nothing left.
refused() {
  ranks_=$1 sentence=$2
  shift 2
  rm -f got && launch "$ranks_" "$sort" -S 100K -o got "$@" 2>err
  status=$?
  cat err
  [ $status = 2 ] && [ ! -e got ] && [ "$(grep -c "^tern-sort: .*$sentence" err)" = 1 ] && nothing_left
}

# `head` does not give back what it is given, `false` nothing.
refusals() {
  refused "$1" 'nowhere: No such file' -T nowhere lines && refused "$1" 'is no size' -T runs -S 5x lines &&
    refused "$1" 'missing-program: No such file' -T runs --compress-program=missing-program lines &&
    refused "$1" 'false: ' -T runs --compress-program=false lines &&
    refused "$1" "both 'a' and 'b'" --compress-program=a --compress-program=b lines &&
    refused "$1" 'missing: No such file' -T runs lines missing
}

# Reading fails in the middle of a stream.
read_error() {
  timeout 60 "$sort" -S 100K -T runs -o got - lines </proc/self/mem 2>err
  [ $? = 2 ] && cat err && grep -q '^tern-sort: stdin: Input/output error' err && [ ! -e got ] && nothing_left
}

cannot_resume() {
  timeout 60 "$sort" -S 100K -T runs --resume -o got <lines 2>err
  [ $? = 2 ] && cat err && grep -q 'cannot be read again' err && nothing_left
}

# Neither the runs nor the result fit: the old output stays, and nothing else.
disk_full() {
  echo old >tiny/out
  for where in '-T tiny -o new' '-T runs -o tiny/out' '-T runs -o /dev/full'; do
    # shellcheck disable=SC2086
    launch 3 "$sort" -S 500K $where several 2>err
    status=$?
    cat err
    [ $status = 2 ] && [ "$(grep -c '^tern-sort: .*No space left on device' err)" = 1 ] && [ ! -e new ] &&
      [ "$(cat tiny/out)" = old ] && [ "$(ls tiny)" = out ] && nothing_left || return
  done
}

# Killed at any moment it leaves the input and the old output as they were, and no runs.
killed() {
  LC_ALL=C sort several >want
  for after in 0.02 0.05 0.1 0.2 0.3; do
    echo old >out
    timeout -s KILL $after "$sort" -S 100K -T runs -o out several
    [ -z "$(ls runs)" ] && { [ "$(cat out)" = old ] || cmp out want; } || return
    rm -f out.tmp*
  done
}

# One rank of two is killed at some moment, again and again; then the sort goes on from what is left.
killed_and_resumed() {
  rm -f out
  for moment in ${TERN_TEST_KILLS:-0.1 0.4 0.5 0.6 0.7}; do
    : >pids
    # shellcheck disable=SC2016  # a rank tells its own number
    launch 2 sh -c 'echo $$ >>pids; exec "$0" -n -S 200K -T runs --resume -o out several' "$sort" 2>/dev/null &
    job=$!
    sleep "$moment"
    pid=$(tail -n 1 pids) # there is none yet on a slow machine
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait $job
    rm -f core.*
    if [ -e out ]; then
      LC_ALL=C sort -n several | cmp - out || return
      rm out
    fi
    rm -f out.tmp*
  done
  ls -l runs
  LC_ALL=C sort -n several >want
  for _ in 1 2 3 4 5 6 7 8; do # a rank of the killed sort may still be there, and hold the runs
    launch 2 "$sort" -n -S 200K -T runs --resume -o out several 2>err && break
    cat err
    sleep 0.5
  done
  cmp want out && nothing_left
}

# A sort that fails for its output but has made its runs; they are of use only with the same options.
resumed() {
  for extra in '' --compress-program=zstd --compress-program=gzip; do
    # shellcheck disable=SC2086
    launch 2 "$sort" -k2 -S 1M -T runs --resume $extra -o /dev/full several 2>err
    [ $? = 2 ] && [ -s "$(echo runs/*.0.done)" ] && LC_ALL=C sort -k3 several >want || return
    rm -f out && launch 2 "$sort" -k3 -S 1M -T runs --resume $extra -o out several && cmp want out && nothing_left ||
      return
    launch 2 "$sort" -k2 -S 1M -T runs --resume $extra -o /dev/full several 2>err
    LC_ALL=C sort -k2 several >want && rm -f out &&
      launch 2 "$sort" -k2 -S 1M -T runs --resume $extra -o out several && cmp want out && nothing_left || return
  done
}

# A run that was damaged meanwhile, or its notes: found out, or done again.
damaged() {
  launch 2 "$sort" -k2 -S 200K -T runs --resume -o /dev/full several 2>err
  printf damaged | dd of="$(echo runs/*.0.runs)" bs=1 seek=20000 conv=notrunc 2>/dev/null
  rm -f out && launch 2 "$sort" -k2 -S 200K -T runs --resume -o out several 2>err
  [ $? = 1 ] && [ ! -e out ] && grep -q 'not what was read\|not in order' err && nothing_left || return
  launch 2 "$sort" -k2 -S 200K -T runs --resume -o /dev/full several 2>err
  printf damaged | dd of="$(echo runs/*.1.done)" bs=1 seek=300 conv=notrunc 2>/dev/null
  LC_ALL=C sort -k2 several >want && launch 2 "$sort" -k2 -S 200K -T runs --resume -o out several && cmp want out &&
    nothing_left
}

# While it is read the input grows, or is cut and written anew: an error, or the order of what was there at some time.
changing_input() {
  for change in 'echo more >>changing' 'cp lines changing'; do
    rm -f got && cp several changing
    while [ -e changing ]; do eval "$change"; done &
    writer=$!
    launch 2 "$sort" -S 100K -T runs -o got changing 2>why
    status=$?
    rm changing
    kill $writer 2>/dev/null
    wait $writer 2>/dev/null
    rm -f changing
    cat why
    if [ $status = 0 ]; then
      LC_ALL=C sort -c got || return
    else
      [ $status = 2 ] && [ ! -e got ] && grep -q 'changing: it has\|changing: No such\|within an item' why && nothing_left || return
    fi
  done
}

# ---- --------------------------------------------------------------------------

make_lines
for _ in 1 2 3 4 5 6 7 8 9; do cat lines; done >several
mkdir runs tiny
for np in $few_np; do
  ok "np=$np as GNU sort with every option" every_option "$np"
  ok "np=$np as GNU sort with any memory" every_memory "$np"
done
for np in $one_np; do
  ok "np=$np long lines" long_lines "$np"
  ok "np=$np equal lines and no lines" equal_lines "$np"
  ok "np=$np from stdin and to stdout" streams "$np"
  if "$top_builddir/tern-info" | grep -q '^  gzip  *yes'; then
    ok "np=$np compressed input" compressed_input "$np"
  fi
  ok "np=$np compressed runs" packed "$np"
  ok "np=$np runs compressed by any program" packed_by_any "$np"
  ok "np=$np bad arguments" refusals "$np"
done
ok "a read error" read_error
ok "a stream cannot be resumed" cannot_resume
ok "killed" killed
ok "a rank is killed, and the sort goes on" killed_and_resumed
ok "going on with the same and other options" resumed
ok "damaged runs and notes" damaged
ok "an input that changes" changing_input
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1M none tiny 2>/dev/null; then
  ok "disk full" disk_full
  umount tiny
else
  skip "disk full" "needs to mount a file system"
fi
tap_end
