#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-sort on files of keys and records: what gensort, valsort, GNU sort and other programs say they must be.
. "${top_srcdir:?}/tests/support/tap.sh"
sort=$programs/tern-sort
export TERN_DIRECT=0 # small files go past the file cache, too
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

# ---- Records ----------------------------------------------------------------

# The digits of xxd are ordered as the bytes are; what they do not compare is left in the order of the input (-s).
as_xxd() {
  launch 1 "$sort" --generate=gensort:5k,skew,ascii -o records || return
  for keys in '0:10 1,20' '47:1 95,96' '89:11 179,200' '88:12 177,200' '2:30 5,64'; do
    digits=${keys#* }
    xxd -p -c 100 records | LC_ALL=C sort -s -k"1.${digits%,*},1.${digits#*,}" | xxd -r -p >want &&
      launch "$1" "$sort" --record=100 --key="${keys% *}" -o got records && cmp want got || return
    xxd -p -c 100 records | LC_ALL=C sort -s -r -k"1.${digits%,*},1.${digits#*,}" | xxd -r -p >want &&
      launch "$1" "$sort" --record=100 --key="${keys% *}" -r -o got records && cmp want got &&
      launch "$1" "$sort" --in-place --record=100 --key="${keys% *}" -r -o got records && cmp want got || return
  done
  reference records >want && launch "$1" "$sort" --record=100 -o got records && cmp want got
}

# A signed number in the middle of records, short ones and others of which it is a small part, as od shows it.
typed_key() {
  head -c 21000 /dev/urandom >numbers || return
  for how in 7: 42: 42:r; do
    record=${how%:*} r=${how#*:}
    od -An -v -w"$record" -t u1 numbers | awk '{ n = $3 + 256 * $4; print (n < 32768 ? n : n - 65536), $0 }' |
      LC_ALL=C sort -s -k1,1n"$r" | cut -d' ' -f2- >want
    launch "$1" "$sort" --record="$record" --key=2:2:i16 ${r:+-r} -o got numbers &&
      od -An -v -w"$record" -t u1 got | cmp - want || return
  done
}

# Whatever the algorithm, the result is one; but for what is not stable, which refuses long keys.
algorithms() {
  launch 1 "$sort" --generate=gensort:5k,skew -o records && reference records >want &&
    launch 1 "$sort" --type=u64 -o want_keys records || return
  for name in auto sample histogram ams hypercube bitonic radix; do
    launch "$1" "$sort" --algorithm=$name --record=100 --key=0:10 -o got records && cmp want got &&
      launch "$1" "$sort" --algorithm=$name --type=u64 -o got records && cmp want_keys got || return
  done
  refused "there are auto sample" --algorithm=quick --type=u8 records &&
    refused "'bitonic' is not stable" --algorithm=bitonic --record=100 records &&
    refused "needs a copy" --algorithm=ams --in-place --type=u8 records &&
    refused "not for lines" --algorithm=ams records
}

# Records longer than what is written at once, a file each, and one that is empty.
long_records() {
  for i in 3 1 2; do
    { echo "00$i" && head -c 1200000 /dev/urandom; } >long$i || return
  done
  : >empty
  cat long1 long2 long3 >want
  launch "$1" "$sort" --record=1200004 --key=0:3 -o got long3 empty long1 long2 && cmp want got
}

# ---- Arrays of numpy --------------------------------------------------------

# array DESCR N: the header that numpy.save() writes, and standard input.
array() {
  printf '\223NUMPY\001\000\166\000' &&
    printf '%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': ($2,), }" && cat
}

# In versions 2 and 3 four bytes tell the size of the header.
array_version() {
  printf '\223NUMPY%b\000\164\000\000\000' "\\0$1" &&
    printf '%-115s\n' "{'descr': '$2', 'fortran_order': True, 'shape': ( $3 , ), }" && cat
}

arrays() {
  head -c 24000 /dev/urandom >bytes
  for type in 'u1 u8' 'u8 u64' 'i2 i16' 'i4 i32' 'f4 f32' 'f8 f64'; do
    width=${type%% *} && width=${width#?} && n=$((24000 / width)) && order='<'
    [ "$width" = 1 ] && order='|'
    launch 1 "$sort" --type="${type#* }" -o plain bytes && array "$order${type% *}" "$n" <plain >want &&
      array "$order${type% *}" "$n" <bytes >bytes.npy && launch "$1" "$sort" -o got bytes.npy && cmp want got &&
      launch "$1" "$sort" --in-place -o got bytes.npy && cmp want got || return
  done
  array '<i4' 6000 <bytes >whole.npy && head -c 12000 bytes | array_version 2 '<i4' 3000 >one.npy &&
    tail -c 12000 bytes | array_version 3 '<i4' 3000 >two.npy &&
    launch 1 "$sort" -o want whole.npy && launch "$1" "$sort" one.npy two.npy >got && cmp want got &&
    launch "$1" "$sort" --type=i32 -o got.npy bytes && cmp want got.npy
}

# Numbers whose first byte is the highest come out with the lowest first.
big_endian_array() {
  printf '\0\0\0\3\0\0\1\0\377\377\377\377' | array '>i4' 3 >big.npy
  printf '\377\377\377\377\3\0\0\0\0\1\0\0' | array '<i4' 3 >want
  launch "$1" "$sort" -o got big.npy && cmp want got
}

# ---- HDF5 ---------------------------------------------------------------------

# h5 writes and reads datasets by the library alone.
build_h5() {
  # shellcheck disable=SC2046  # flags are words
  "$CC" -o h5 "$top_srcdir/tests/support/h5.c" $(pkg-config --cflags --libs hdf5)
}

# In one piece or in chunks, in both byte orders, alone and as one of several; to HDF5, to numpy's and from numpy's format.
datasets() {
  head -c 24000 /dev/urandom >bytes
  for width in 1 2 4 8; do
    launch 1 "$sort" --type=u$((8 * width)) -o want bytes || return
    for how in 'l 0' 'b 0' 'l 100' 'b 77'; do
      # shellcheck disable=SC2086
      ./h5 w in.h5 /group/keys $width $how <bytes && launch "$1" "$sort" -o out.h5:/a/b/sorted in.h5:/group/keys &&
        ./h5 r out.h5 /a/b/sorted $width | cmp want - || return
      launch "$1" "$sort" -S 12K -T runs -o out.h5:/sorted in.h5:/group/keys && ./h5 r out.h5 /sorted $width | cmp want - ||
        return
    done
  done
  launch "$1" "$sort" -o got.npy in.h5:/group/keys && launch "$1" "$sort" -o again.h5:/x got.npy &&
    ./h5 r again.h5 /x 8 | cmp want - && launch "$1" "$sort" --type=u64 -o two.h5:/x bytes &&
    ./h5 r two.h5 /x 8 | cmp want - && : >nothing && ./h5 w in.h5 /e 8 l 0 <nothing &&
    launch "$1" "$sort" -o out.h5:/e in.h5:/e && ./h5 r out.h5 /e 8 | cmp nothing -
}

bad_datasets() {
  ./h5 w in.h5 /keys 8 l 0 <bytes
  refused 'in.h5:/others: there is no such dataset' in.h5:/others && refused 'bytes.h5: no file of HDF5' bytes.h5:/x &&
    refused 'missing.h5: No such file' missing.h5:/x
}

# ---- Larger than memory -----------------------------------------------------

nothing_left() {
  [ -z "$(ls runs)" ] && [ -z "$(ls ./*.tmp* 2>/dev/null)" ]
}

# What GNU sort makes of records of many, of two and of equal keys, and of sorted and reversed ones, with little memory.
external() {
  launch 1 "$sort" --generate=gensort:20k,skew,ascii -o records &&
    xxd -p -c 100 records >digits || return
  for keys in '0:10 1,20' '98:2 197,200'; do
    from=${keys#* } && LC_ALL=C sort -s -k"1.${from%,*},1.${from#*,}" digits | xxd -r -p >want &&
      launch "$1" "$sort" --record=100 --key="${keys% *}" -S "$2" -T runs -o got records && cmp want got &&
      launch "$1" "$sort" --record=100 --key="${keys% *}" -S "$2" -T runs -o again got && cmp want again &&
      nothing_left || return
  done
  LC_ALL=C sort -s -r -k1.1,1.20 digits | xxd -r -p >want &&
    launch "$1" "$sort" --record=100 --key=0:10 -S "$2" -T runs -r -o got records && cmp want got &&
    launch "$1" "$sort" --record=100 --key=0:10 -S "$2" -T runs -o again got && nothing_left &&
    xxd -p -c 100 again | LC_ALL=C sort -c -s -k1.1,1.20
}

external_array() {
  launch 1 "$sort" -o want whole.npy && launch "$1" "$sort" -S 8K -T runs -o got.npy whole.npy && cmp want got.npy &&
    launch 1 "$sort" -o want big.npy && launch "$1" "$sort" -S 10b -T runs -o got.npy big.npy && cmp want got.npy
}

# Neither the runs nor the result fit: the old output stays, and nothing else.
external_disk_full() {
  echo old >tiny/out
  for where in '-T tiny -o new' '-T runs -o tiny/out'; do
    # shellcheck disable=SC2086
    launch 2 "$sort" --record=100 --key=0:10 -S 500K $where records 2>err
    status=$?
    cat err
    [ $status = 2 ] && [ "$(grep -c '^tern-sort: .*No space left on device' err)" = 1 ] && [ ! -e new ] &&
      [ "$(cat tiny/out)" = old ] && [ "$(ls tiny)" = out ] && nothing_left || return
  done
}

# Killed at any moment it leaves the input and the old output as they were, and no runs.
external_killed() {
  echo old >out && cksum records >before
  for after in 0.02 0.05 0.1 0.2 0.3; do
    timeout -s KILL $after "$sort" --record=100 --key=0:10 -S 20K -T runs -o out records
    cksum records | cmp before - && [ -z "$(ls runs)" ] || return
    [ "$(cat out)" = old ] || { launch 1 "$sort" --record=100 --key=0:10 --check out && echo old >out; } || return
    rm -f out.tmp*
  done
}

# Killed again and again it goes on, and nothing is left in the end.  Without a launcher, whose ranks may outlive it.
resumed() {
  launch 1 "$sort" --generate=gensort:100k -o many && reference many >want || return
  for after in 0.08 0.12 0.16 0.2 0.24; do
    timeout -s KILL $after "$sort" --record=100 --key=0:10 -S 500K -T runs --resume -o got many
    rm -f got.tmp*
  done
  ls -l runs
  timeout 60 "$sort" --record=100 --key=0:10 -S 500K -T runs --resume -o got many && cmp want got && nothing_left
}

# The second part of the input is written anew before what was done is used: it is not.
resumed_changed() {
  cp records moving && fails_late moving && [ -s "$(echo runs/*.0.done)" ] || return
  launch 1 "$sort" --generate=gensort:20k,from=5 -o moving && reference moving >want &&
    launch 2 "$sort" --record=100 --key=0:10 -S 70K -T runs --resume -o got moving && cmp want got
  rm -f runs/*
}

# A sort that fails for its output, which has no room, but has made its runs.
fails_late() {
  launch 2 "$sort" --record=100 --key=0:10 -S 70K -T runs --resume -o tiny/out "$1" 2>err
  [ $? = 2 ]
}

# Runs that are all there are used: one that was damaged meanwhile is found out.
resumed_damaged() {
  fails_late records && printf damaged | dd of="$(echo runs/*.0.runs)" bs=1 seek=20000 conv=notrunc 2>/dev/null &&
    rm -f got && launch 2 "$sort" --record=100 --key=0:10 -S 70K -T runs --resume -o got records 2>err
  [ $? = 1 ] && [ ! -e got ] && grep -q 'not what was read\|not in order' err && nothing_left
}

# refused SENTENCE ARG...: status 2, the sentence once, and no file.
refused() {
  sentence=$1
  shift
  rm -f got && launch 2 "$sort" -o got "$@" 2>err
  status=$?
  cat err
  [ $status = 2 ] && [ ! -e got ] && [ "$(grep -c "^tern-sort: .*$sentence" err)" = 1 ]
}

bad_files() {
  head -c 800 bytes >some && array '<f8' 100 <some >a.npy && head -c 900 a.npy >short.npy &&
    array '<c8' 100 <some >complex.npy && array '<f8' '10, 10' <some >two.npy && array '|V8' 100 <some >void.npy &&
    cp bytes none.npy && head -c 60 a.npy >cut.npy && echo >>a.npy && array '<i8' 100 <some >b.npy &&
    array '<f8' 100 <some >c.npy && : >empty.npy
  refused 'short.npy: it is shorter' short.npy && refused "'<c8'; they must be" complex.npy &&
    refused 'one dimension' two.npy && refused "'|V8'" void.npy && refused 'none.npy: not an array' none.npy &&
    refused 'ends in its header' cut.npy && refused 'a.npy: it has more' a.npy && refused 'another type' c.npy b.npy &&
    refused 'empty.npy: not an array' empty.npy && refused 'missing.npy: No such' missing.npy &&
    refused '800 bytes are no whole number of 99' --record=99 some && refused 'no such bytes' --record=9 --key=0:10 some &&
    refused 'f64 has 8' --record=9 --key=0:4:f64 some && refused "'x' is none of" --record=9 --key=0:4:x some &&
    refused 'is no size' -S x --type=u8 some && refused 'OFFSET:LENGTH' --record=9 --key=5 some
}

# ---- ------------------------------------------------------------------------

mkdir runs
for np in $one_np; do
  ok "np=$np records as gensort" as_gensort "$np"
  if command -v xxd >/dev/null; then
    ok "np=$np records as xxd and GNU sort" as_xxd "$np"
    ok "np=$np checked as by valsort" as_valsort "$np"
    ok "np=$np several files checked as one" check_sequence "$np"
    ok "np=$np every algorithm" algorithms "$np"
  else
    skip "np=$np records as xxd and GNU sort" "no xxd"
  fi
  ok "np=$np records with a number as key" typed_key "$np"
  ok "np=$np long records in several files" long_records "$np"
  ok "np=$np arrays of numpy" arrays "$np"
  ok "np=$np an array of big-endian numbers" big_endian_array "$np"
  if command -v xxd >/dev/null; then
    ok "np=$np larger than memory" external "$np" 70K
  fi
  ok "np=$np arrays larger than memory" external_array "$np"
done
ok "files that are refused" bad_files
if ! "$top_builddir/tern-info" | grep -q '^  HDF5 files  *yes'; then
  skip "datasets of HDF5" "built without it"
elif ! build_h5 2>/dev/null; then
  skip "datasets of HDF5" "no pkg-config"
else
  cp bytes bytes.h5
  ok "datasets of HDF5" datasets "$one_np"
  ok "datasets that are refused" bad_datasets
fi
ok "killed" external_killed
ok "killed and resumed" resumed
mkdir tiny
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1M none tiny 2>/dev/null; then
  ok "disk full" external_disk_full
  ok "resumed with another input" resumed_changed
  ok "resumed with a damaged run" resumed_damaged
  umount tiny
else
  skip "disk full" "needs to mount a file system"
fi
tap_end
