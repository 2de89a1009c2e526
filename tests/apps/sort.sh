#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort: byte for byte what GNU sort writes, in every option and on every number of ranks; and nothing lost when
# something goes wrong.
. "${top_srcdir:?}/tests/support/tap.sh"
sort=$programs/tern-sort
cd "$scratch" || exit

# alone ARG...: without a launcher.
alone() {
  timeout -k 5 60 "$sort" "$@"
}

# ---- Inputs -----------------------------------------------------------------

# Words, numbers of all forms, bytes that are no text, empty lines; no newline at the end.
make_mixed() {
  awk 'BEGIN {
    srand(7)
    for (i = 0; i < 20000; i++) {
      kind = int(rand() * 9); a = int(rand() * 300) - 150; b = int(rand() * 1000)
      if (kind == 0) print a
      if (kind == 1) print a "." b
      if (kind == 2) printf "%s-%05d.%d0 x\n", b % 2 ? " " : "\t ", a < 0 ? -a : a, b
      if (kind == 3) printf "%s%d\n", substr("0000000", 1, b % 8), b
      if (kind == 4) print substr("-0 -.0 - -- +5 . .5 -.5 0x1f 1e9 00 -00.00", b % 30, 1 + a % 7)
      if (kind == 5) printf "%d%030d%d.%d\n", a, b, b, a * a
      if (kind == 6) print substr("the quick brown fox jumps over the lazy dog", 1 + b % 20, b % 23)
      if (kind == 7) printf "common beginning of many lines, then %d\r\n", b
      if (kind == 8) printf "nul%c%c and \377 \200%d\n", 0, b % 2, a
    }
    printf "the end"
  }' >mixed
}

# Numbers of up to 600 digits, equal in their first 400 and in value although not in form.
make_huge_numbers() {
  awk 'BEGIN {
    srand(8); for (i = 0; i < 400; i++) ones = ones "1"
    for (i = 0; i < 3000; i++)
      printf "%s%s%s%d.%s%d%s\n", rand() < .5 ? "-" : "", rand() < .5 ? "000" : "", rand() < .7 ? ones : "1",
        rand() * 4, substr(ones, 1, rand() * 30), rand() * 3, rand() < .5 ? "00" : ""
  }' >huge
}

# ---- Comparisons ------------------------------------------------------------

# same RANKS OPTIONS FILE...: as GNU sort, and no file left beside.
same() {
  ranks_=$1 options_=$2
  shift 2
  # shellcheck disable=SC2086  # options are a list of words
  LC_ALL=C sort $options_ "$@" >want && launch "$ranks_" "$sort" $options_ -o got "$@" && cmp want got &&
    [ -z "$(ls ./*.tmp* 2>/dev/null)" ]
}

# The same through rank 0.
same_to_stdout() {
  LC_ALL=C sort "$2" mixed huge >want && launch "$1" "$sort" "$2" mixed huge >got && cmp want got
}

# with RANKS FILE OPTIONS...: as GNU sort with each of the options.
with() {
  ranks=$1 file=$2
  shift 2
  for options; do
    same "$ranks" "$options" "$file" || {
      echo "differs with '$options'"
      return 1
    }
  done
}

without_launcher() {
  for options in '' -nr -u; do
    # shellcheck disable=SC2086
    LC_ALL=C sort $options mixed >want && alone $options mixed >got && cmp want got || return
  done
  LC_ALL=C sort mixed >want && alone <mixed >got && cmp want got || return
  LC_ALL=C sort huge mixed single >want && alone huge - single <mixed >got && cmp want got
}

# MPICH's launcher gives up when a program does not take its stdin at once, so it is less than a pipe holds.
through_stdin() {
  head -c 30000 mixed >some && LC_ALL=C sort -n some >want &&
    timeout -k 5 60 "$MPIEXEC" -n "$1" "$sort" -n <some >got && cmp want got
}

in_place() {
  cp mixed place && chmod 640 place && launch "$1" "$sort" -o place place huge &&
    LC_ALL=C sort mixed huge | cmp - place && [ "$(stat -c %a place)" = 640 ]
}

# The file that a symbolic link names is written, and the link kept.
through_link() {
  cp mixed target && ln -sf target link && launch 1 "$sort" -o link link && [ -h link ] &&
    LC_ALL=C sort mixed | cmp - target
}

# A line of 100 MB, whose ranges hold no line at all, and a second that differs in its last byte.
long_line() {
  {
    echo a
    head -c 100000000 /dev/zero | tr '\0' m
    echo z
    echo b
    head -c 100000000 /dev/zero | tr '\0' m
    echo y
  } >long
  LC_ALL=C sort long >want && launch "$1" "$sort" -o got long && cmp want got
  result=$?
  rm -f long want got
  return $result
}

repeated_line() {
  yes 'the same line, a million times' | head -n 1000000 >million && echo 'and another' >>million
  same "$1" '' million && same "$1" -u million
}

# The program's own reading of options; tests/sort/test_matrix tries what they mean.
options_as_gnu_sort() {
  LC_ALL=C sort -ns mixed >rising1 && LC_ALL=C sort -ns huge >rising2 || return
  for options in '-k2,2n -k1r mixed huge' '-t, -k 2.2b,3.1 -s mixed' '--key=1,1 --field-separator=- --stable mixed' \
    '--sort=human-numeric --reverse mixed' '-nms rising1 rising2' '-z -u mixed' '-fdb --parallel=2 -S 10M -T /tmp mixed' \
    '-t \0 -k2 mixed' '--batch-size=7 --compress-program=gzip -V mixed' '--files0-from=names -g' '-u -k1,1M mixed'; do
    # shellcheck disable=SC2086
    LC_ALL=C sort $options >want && launch "$1" "$sort" $options -o got
    cmp want got || {
      echo "differs with '$options'"
      return 1
    }
  done
}

explains() {
  alone --debug -k2,2n -sr mixed 2>why >got && LC_ALL=C sort -k2,2n -sr mixed | cmp - got && cat why &&
    grep -q '^key 1: from field 2, character 1 to the end of field 2, as a decimal number$' why &&
    grep -q '^lines with equal keys: in the order of the input$' why
}

# checks RANKS OPTION...: status and the line that is told are those of sort.
checks() {
  ranks_=$1
  shift
  LC_ALL=C sort "$@" 2>want
  want=$?
  launch "$ranks_" "$sort" "$@" 2>got
  got=$?
  sed -i -n 's/^sort: //p; s/^tern-sort: //p' want got # a launcher may add what it thinks of a status
  [ $want = $got ] && cmp want got
}

checking() {
  LC_ALL=C sort mixed >ordered && LC_ALL=C sort -u mixed >distinct
  { cat ordered && echo a; } >late
  checks "$1" -c ordered && checks "$1" -c mixed && checks "$1" -C mixed && checks "$1" -c late &&
    checks "$1" -cu ordered && checks "$1" -cu distinct && checks "$1" -c -n -k2 mixed && checks "$1" -c empty &&
    checks "$1" --check=silent late && alone -c <ordered
}

# ---- Compressed input ---------------------------------------------------------

# compressed RANKS PROGRAM: whole, with others, in two parts, cut off, and damaged.
compressed() {
  $2 -c mixed >packed && $2 -c huge >>packed && cat mixed huge >joined && LC_ALL=C sort joined >want &&
    launch "$1" "$sort" -o got packed && cmp want got && alone <packed | cmp want - &&
    LC_ALL=C sort single packed mixed >want && alone --plain single packed mixed | cmp want - &&
    LC_ALL=C sort joined single >want && launch "$1" "$sort" -o got single packed && cmp want got || return
  head -c 2000 packed >short && : >out && : >err && : >before && : >after &&
    refuses "$1" 'short: .*ends too early' -o nothing short && refuses "$1" 'short: .*ends too early' -c short &&
    { head -c 1000 packed && head -c 1000 /dev/zero && tail -c +2001 packed; } >broken &&
    refuses "$1" 'broken: ' -o nothing broken
}

# ---- Binary and generated keys ----------------------------------------------

# as_od RANKS TYPE FORMAT WIDTH: od shows the keys, GNU sort orders them.
as_od() {
  launch "$1" "$sort" --type="$2" -o keys.sorted keys && [ "$(stat -c %s keys.sorted)" = 24000 ] &&
    od -An -v -w"$4" -t "$3" keys | LC_ALL=C sort -n >want &&
    od -An -v -w"$4" -t "$3" keys.sorted >got && cmp want got
}

integer_types() {
  for type in 'u8 u1 1' 'i8 d1 1' 'u16 u2 2' 'i16 d2 2' 'u32 u4 4' 'i32 d4 4' 'u64 u8 8' 'i64 d8 8'; do
    # shellcheck disable=SC2086
    as_od "$1" $type || return
  done
}

# Numbers whose order is known: of f64, NaN and infinities at the ends, -0 before 0.
float_order() {
  printf '\0\0\0\0\0\0\360\377\0\0\0\0\0\0\360\277\0\0\0\0\0\0\0\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\340\77\0\0\0\0\0\0\360\177\0\0\0\0\0\0\370\177' >want
  for i in 5 2 6 0 4 1 3; do tail -c +$((8 * i + 1)) want | head -c 8; done >doubles
  launch "$1" "$sort" --type=f64 doubles >got && cmp want got && launch "$1" "$sort" --type=f64 -r got >back &&
    for i in 6 5 4 3 2 1 0; do tail -c +$((8 * i + 1)) want | head -c 8; done | cmp - back
}

every_distribution() {
  for distribution in uniform sorted reversed equal few zipf normal exponential almost sqrt staggered buckets groups all-to-one; do
    launch "$1" "$sort" --generate="$distribution:100k" --type="$2" >out || return
    grep -q 'order: right, content: right' out || return
    sed -n 's/.*hash//p' out >>"hashes.$2.$distribution" # must not depend on the ranks
    [ "$(sort -u "hashes.$2.$distribution" | wc -l)" = 1 ] || return
  done
}

report() {
  launch "$1" "$sort" --generate=uniform:1001 --quiet --json=report.json >out && [ ! -s out ] && jq -e --argjson p "$1" '
    .program == "tern-sort" and .ranks == $p and .elements == 1001 and .bytes == 8008
    and .imbalance >= 1 and .imbalance <= (1001 / $p | ceil) * $p / 1001 + 1e-9 and .peak_bytes_per_rank > 8008
    and ([.phases[].name] | index("sort") != null and index("verify") != null)' report.json
}

# stats OPTION...: JSON with a phase and a share for each that has a limit.
stats_of() {
  ranks_=$1 phase_=$2
  shift 2
  launch "$ranks_" "$sort" --stats=json -o got "$@" mixed 2>err && jq -e --arg phase "$phase_" --argjson p "$ranks_" '
    .ranks == $p and .elements > 20000 and .limits.memory > 0 and .limits.exchange > 0 and .limits["disk write"] > 0
    and (.phases[] | select(.name == $phase) | .seconds > 0 and .bytes > 0 and .imbalance >= 1 and .share > 0)' err
}

stats() {
  : >err && : >out && : >before && : >after && stats_of "$1" read && stats_of "$1" runs -S 100K && stats_of "$1" merge -S 100K &&
    launch "$1" "$sort" --stats mixed 2>err >got && LC_ALL=C sort mixed | cmp - got && grep -q '% of disk' err &&
    grep -q 'peak memory of a rank' err && refuses "$1" "'xml' is not json" --stats=xml mixed
}

# ---- What goes wrong --------------------------------------------------------

# refuses RANKS SENTENCE ARG...: status 2, the sentence once, nothing on stdout, nothing left behind.
refuses() {
  ranks_=$1 sentence_=$2
  shift 2
  ls >before
  launch "$ranks_" "$sort" "$@" >out 2>err
  status=$?
  rm -f core.*
  grep '^tern-sort: ' err
  [ "$status" = 2 ] || {
    echo "status $status"
    return 1
  }
  [ "$(grep -c '^tern-sort: ' err)" = 1 ] && grep -q "^tern-sort: .*$sentence_" err && [ ! -s out ] &&
    touch err out && ls >after && cmp before after
}

bad_input() {
  : >err && : >out && : >before && : >after
  refuses "$1" 'missing: No such file or directory' mixed missing && # root may read all files, so one that is not there
    refuses "$1" 'folder: Is a directory' folder &&
    refuses "$1" 'five: 5 bytes are no whole number of 4-byte keys' --type=f32 five &&
    refuses "$1" "'--nope'" --nope mixed &&
    refuses "$1" "'u24' is none of" --type=u24 five &&
    refuses "$1" 'between' --threads=0 mixed &&
    refuses "$1" "'many' is not a" --threads=many mixed &&
    refuses "$1" "'1e300' is not a whole number" --generate=uniform:1e300 &&
    refuses "$1" "'-5' is not a whole number" --generate=uniform:-5 &&
    refuses "$1" "'odd' is none of" --generate=odd:5 &&
    refuses "$1" 'no memory' --generate=uniform:1T &&
    refuses "$1" 'neither reads nor writes' --generate=uniform:5 mixed &&
    refuses "$1" 'lines of text' --type=u8 -n five
}

# What sort refuses.
bad_combinations() {
  : >err && : >out && : >before && : >after && : >empty
  refuses "$1" "options 'gn' exclude each other" -gn mixed && refuses "$1" 'counted from 1' -k 0 mixed &&
    refuses "$1" 'exclude each other' -k 1dM mixed && refuses "$1" 'no part of it' -k 1x mixed &&
    refuses "$1" 'number is missing' -k 1, mixed && refuses "$1" 'one character' -t ab mixed &&
    refuses "$1" "both ',' and ':'" -t, -t: mixed && refuses "$1" "both 'a' and 'b'" -o a -o b mixed &&
    refuses "$1" 'exclude each other' -cC mixed && refuses "$1" 'checks one file' -c mixed single &&
    refuses "$1" 'writes nothing' -c -o a mixed && refuses "$1" 'none of quiet' --check=loud mixed &&
    refuses "$1" 'names the inputs' --files0-from=names mixed && refuses "$1" "no input from 'empty'" --files0-from=empty &&
    refuses "$1" 'between 2' --batch-size=1 mixed
}

bad_output() {
  cp mixed kept && : >err && : >out && : >before && : >after
  refuses "$1" 'nowhere/out: No such file or directory' -o nowhere/out mixed &&
    refuses "$1" 'folder: .*directory' -o folder mixed &&
    refuses "$1" '/dev/full: No space left on device' -o /dev/full mixed &&
    cmp mixed kept
}

full_stdout() {
  "$sort" mixed >/dev/full 2>err
  [ $? = 2 ] && cat err && [ "$(cat err)" = 'tern-sort: stdout: No space left on device' ]
}

# A descriptor of MPI's must not take the place of stdin.
closed_stdin() {
  alone <&- 2>why
  [ $? = 2 ] && [ "$(cat why)" = "tern-sort: stdin: Bad file descriptor" ]
}

# In a file system of 1 MB the output does not fit; the input and the old output stay as they were.
full_disk() {
  cp mixed tiny/in && echo old >tiny/out && : >err && : >out
  for target in tiny/out tiny/new tiny/in; do
    launch "$1" "$sort" -o $target tiny/in mixed huge >out 2>err
    status=$?
    cat err
    [ $status = 2 ] && [ "$(grep -c '^tern-sort: .*No space left on device' err)" = 1 ] || return
    cmp mixed tiny/in && [ "$(cat tiny/out)" = old ] && [ "$(ls tiny)" = "$(printf 'in\nout')" ] || return
  done
}

# While it is read the input grows, or is cut and written anew: an error, or the order of what was there at some time.
changing_input() {
  for change in 'echo more >>changing' 'cp huge changing'; do
    rm -f got && cp mixed changing
    while [ -e changing ]; do eval "$change"; done &
    writer=$!
    launch "$1" "$sort" -o got changing 2>why
    status=$?
    rm changing
    kill $writer 2>/dev/null
    wait $writer 2>/dev/null
    rm -f changing
    cat why
    if [ $status = 0 ]; then
      LC_ALL=C sort -c got || return
    else
      [ $status = 2 ] && [ ! -e got ] && grep -q 'changing: it has\|changing: No such' why || return
    fi
  done
}

# The end of a mapped file in its last page, at the end of it, and without a newline.
page_edges() {
  head -c 4096 /dev/zero | tr '\0' x >page && head -c 8191 mixed >page-1 && head -c 8193 mixed >page+1
  same "$1" '' page && same "$1" -s page page-1 empty page+1 page
}

# What is sorted goes behind the input.
appended() {
  # shellcheck disable=SC2094  # it is meant so
  cp mixed longer && alone longer >>longer
  { cat mixed && LC_ALL=C sort mixed; } | cmp - longer
}

# changed_meanwhile COMMAND...: done to the input while the program waits for the reader of its output.  No signal ends
# it, and it tells.
changed_meanwhile() {
  for i in $(seq 100); do cat huge; done >several
  rm -f pipe && mkfifo pipe
  alone several >pipe 2>why &
  writer=$!
  {
    dd bs=1 count=1 >/dev/null 2>&1
    "$@"
    cat >/dev/null
  } <pipe
  wait $writer
  status=$?
  cat why
  rm -f several
  [ $status = 2 ] && grep -q 'several: it has changed' why
}

cut() {
  : >several
}

# One of two ranks is killed now or later: never a wrong result, nor a part of one.
killed_rank() {
  for i in $(seq 12); do cat mixed huge; done >several
  LC_ALL=C sort several >want
  for wait in 0.1 0.4 0.7; do
    echo old >kept && : >pids
    # shellcheck disable=SC2016  # a rank tells its own number
    launch 2 sh -c 'echo $$ >>pids; exec "$0" -o kept several' "$sort" 2>/dev/null &
    job=$!
    sleep $wait
    pid=$(tail -n 1 pids) # there is none yet on a slow machine
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    wait $job
    status=$?
    rm -f kept.tmp* core.*
    if [ $status != 0 ] && [ "$(head -n 1 kept)" = old ]; then continue; fi
    cmp kept want || return
  done
}

# ---- ------------------------------------------------------------------------

make_mixed
make_huge_numbers
head -c 24000 /dev/urandom >keys
: >empty
printf 'no newline' >single
printf 'mixed\0huge' >names
printf '\n\n\n' >newlines
printf 'abcde' >five
mkdir folder
ok "without a launcher" without_launcher
ok "output through a symbolic link" through_link
ok "stdout on a full disk" full_stdout
ok "--debug" explains
ok "stdin is closed" closed_stdin
# Many launches each; tests/sort tries types, distributions and options at every number of ranks.
for np in $few_np; do
  ok "np=$np as GNU sort with some options: mixed lines" with "$np" mixed '' -n -ru
  ok "np=$np as GNU sort to stdout" same_to_stdout "$np" -nr
  ok "np=$np as GNU sort by numbers of hundreds of digits" same "$np" -n huge
  ok "np=$np as GNU sort by unique numbers of hundreds of digits" same "$np" -nru huge
  ok "np=$np an empty file" same "$np" '' empty
  ok "np=$np several files, some without a last newline" same "$np" '' single empty newlines mixed single
  ok "np=$np fewer lines than ranks" same "$np" -r newlines single
  ok "np=$np through stdin" through_stdin "$np"
  ok "np=$np output is input" in_place "$np"
  ok "np=$np files that end with a page" page_edges "$np"
  ok "np=$np one line a million times" repeated_line "$np"
  ok "np=$np floating-point keys in total order" float_order "$np"
  if command -v jq >/dev/null; then
    ok "np=$np report" report "$np"
    ok "np=$np --stats" stats "$np"
  else
    skip "np=$np report" "no jq"
  fi
done
for np in $one_np; do
  ok "np=$np as GNU sort with the other options: mixed lines" with "$np" mixed -r -u -nr -nu -nru
  ok "np=$np options as GNU sort" options_as_gnu_sort "$np"
  ok "np=$np as sort -c" checking "$np"
  ok "np=$np combinations that sort refuses" bad_combinations "$np"
  for packer in gzip zstd; do
    if ! command -v $packer >/dev/null; then
      skip "np=$np input of $packer" "no $packer"
    elif ! "$top_builddir/tern-info" | grep -q "^  $packer  *yes"; then
      skip "np=$np input of $packer" "built without it"
    else
      ok "np=$np input of $packer" compressed "$np" $packer
    fi
  done
  ok "np=$np integer keys as od and GNU sort" integer_types "$np"
  ok "np=$np generated u64" every_distribution "$np" u64
  ok "np=$np generated f32" every_distribution "$np" f32
  ok "np=$np bad input and arguments" bad_input "$np"
  ok "np=$np bad output" bad_output "$np"
done
ok "an input that changes" changing_input 2
ok "an input that is cut while its lines are written" changed_meanwhile cut
ok "an input that is touched while its lines are written" changed_meanwhile touch several
ok "a rank is killed" killed_rank
ok "appended to the input" appended
ok "a line of 100 MB" long_line 3
mkdir tiny
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1M none tiny 2>/dev/null; then
  ok "disk full" full_disk 2
  umount tiny
else
  skip "disk full" "needs to mount a file system"
fi
tap_end
