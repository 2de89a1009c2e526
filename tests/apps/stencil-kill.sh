#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-stencil killed at random moments, also while it writes a checkpoint, and restarted on other numbers of ranks:
# the same result as of a run that nothing disturbed.  TERN_TEST_KILLS says how often.
. "${top_srcdir:?}/tests/support/tap.sh"
stencil=$programs/tern-stencil
cd "$scratch" || exit
export OMP_NUM_THREADS=1
kills=${TERN_TEST_KILLS:-5}

# What is solved, one after the other.
problem() {
  case $(($1 % 5)) in
  0) echo "-i noise --steps=30k" ;;
  1) echo "-e wave -i spot -b mirror --steps=30k --block=4" ;;
  2) echo "-e life -i noise -b periodic --steps=40k" ;;
  3) echo "-e poisson --solver=sor --steps=8k" ;;
  4) echo "-e poisson --solver=chebyshev --steps=20k" ;;
  esac
}

# below N: a random number.
below() {
  echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}

checksum() {
  sed -n 's/^checksum *//p' "$1"
}

# attempt OPTION...: begin, or go on, on 1 to 3 ranks; kill all of them after some tenths of a second.  Status 0: it
# was done before.
attempt() {
  rm -f pids
  launch "$(($(below 3) + 1))" sh -c "echo \$\$ >>pids; exec $stencil --grid=256x256 $* -c state --checkpoint-every=0.01 -r" \
    >out 2>&1 &
  job=$!
  sleep "0.$(($(below 600) + 300))"
  [ ! -f pids ] || xargs kill -KILL <pids 2>/dev/null
  wait "$job"
}

# compare OPTION...: what `out` tells with an undisturbed run.
compare() {
  # shellcheck disable=SC2086,SC2048  # a list of words
  timeout 120 "$stencil" --grid=256x256 $* >whole && cat whole out && [ -n "$(checksum whole)" ] &&
    [ "$(checksum out)" = "$(checksum whole)" ]
}

# All kills, over as many problems as are solved meanwhile, and the last of them to its end.
survives() {
  killed=0 solved=0 tries=0
  while [ "$killed" -lt "$kills" ] || [ -f state.0 ]; do
    options=$(problem "$solved")
    tries=$((tries + 1))
    if [ "$killed" -lt "$kills" ] && [ "$tries" -le 40 ]; then
      # shellcheck disable=SC2086
      attempt $options || { killed=$((killed + 1)) && continue; }
    else
      # shellcheck disable=SC2086
      launch 2 "$stencil" --grid=256x256 $options -c state -r >out || return
    fi
    # shellcheck disable=SC2086
    compare $options || return
    rm -f state.?
    solved=$((solved + 1)) tries=0
  done
  echo "# killed $killed times while $solved problems were solved" >>"$scratch/told"
}

ok "killed $kills times" survives
cat told
tap_end
