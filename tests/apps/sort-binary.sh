#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort on files of keys and records: what gensort, valsort, GNU sort and other programs say they must be.
. "${top_srcdir:?}/tests/support/tap.sh"
sort=$top_builddir/tern-sort
cd "$scratch" || exit

# ---- Sort Benchmark ---------------------------------------------------------

# MD5 of 20000 records and the sum of their CRC-32, as gensort 1.5 made them (gensort -c -b$from).
gensort_said() {
  cat <<'END'
from=0 d5e010b9f86be382f6e47cdf8600306c 27143478e48b
from=999999990000 56d948955f5872f1871da041e8289568 26f9756561fc
skew,from=0 b99ae9aec94d27e9c4518cef540c9235 27317c3d2fa0
skew,from=999999990000 a55de4d4635e5d9aac7cb55ef21aa6de 26de6f37e345
ascii,from=0 0f70013a9af12025d3114498da917565 2715a7637eee
ascii,from=999999990000 e1c01550daf5e904ef61c6aed55a7432 26f45d16aca3
ascii,skew,from=0 f7b1caf6c75f7ec40e1f382fb081c8d3 271068f75e51
skew,ascii,from=999999990000 07678a5f424d19b2afeef2bf81cdd02c 275a70fc8470
END
}

as_gensort() {
  gensort_said >said # what fails is told last
  while read -r options md5 sum; do
    launch "$1" "$sort" --generate="gensort:20k,$options" --checksum -o records 2>checksum || return
    echo "$options: $(md5sum <records) $(cat checksum)"
    [ "$(cat checksum)" = "$sum" ] && [ "$(md5sum <records | cut -c1-32)" = "$md5" ] || return
  done <said
}

# Records in the order of their first ten bytes, by GNU sort.
reference() {
  xxd -p -c 100 "$1" | LC_ALL=C sort | xxd -r -p
}

# A file with one record out of place, one with a key twice; what valsort says of such.
as_valsort() {
  launch 1 "$sort" --generate=gensort:3k -o records && reference records >ordered || return
  launch "$1" "$sort" --record=100 --key=0:10 --check --checksum ordered >out && [ "$(cat out)" = \
    "Records: 3000
Checksum: $(launch 1 "$sort" --generate=gensort:3k --checksum -o records 2>&1)
Duplicate keys: 0
SUCCESS - all records are in order" ] || return
  { cat ordered && tail -c 100 ordered && head -c 100 ordered; } >two
  launch "$1" "$sort" --record=100 --key=0:10 --check --checksum two >out
  [ $? = 1 ] && grep -qx 'Records: 3002' out && grep -qx 'First unordered record is record 3001' out &&
    grep -qx 'ERROR - there are 1 unordered records' out || return
  { cat ordered && tail -c 100 ordered; } >two
  launch "$1" "$sort" --record=100 --key=0:10 --check --checksum two >out && grep -qx 'Duplicate keys: 1' out
}

# Pieces of a file that comes through a pipe and of several files are one sequence.
check_sequence() {
  head -c 100000 ordered >first && tail -c +100001 ordered >second && : >none
  launch "$1" "$sort" --record=100 --key=0:10 --check first none second || return
  launch "$1" "$sort" --record=100 --key=0:10 --check second none first
  [ $? = 1 ] && timeout 60 "$sort" --record=100 --key=0:10 --check - second <first
}

# ---- ------------------------------------------------------------------------

for np in $few_np; do
  ok "np=$np records as gensort" as_gensort "$np"
  if command -v xxd >/dev/null; then
    ok "np=$np checked as by valsort" as_valsort "$np"
    ok "np=$np several files checked as one" check_sequence "$np"
  else
    skip "np=$np checked as by valsort" "no xxd"
  fi
done
tap_end
