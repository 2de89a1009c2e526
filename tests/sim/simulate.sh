#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The algorithms on a simulated cluster: right, in as many messages as promised, and in the time that the model says, to
# a factor; and, where the SimGrid is the one of tests/sim/golden, in the time they took before.  TERN_TEST_SIM lists the
# numbers of ranks: "64 256" takes four minutes, "1024" five more.
. "${top_srcdir:?}/tests/support/tap.sh"
latency=5e-6 bandwidth=1e8 # of a link, in s and bytes/s; a message crosses two
poll=2e-6                  # what a look at a request or for a message costs
factor=2.5                 # between model and simulation, where the messages of a hop are received one by one
tolerance=0.05
version=$(smpirun -version | awk '{ print $NF; exit }')

# platform HOSTS: a star of as many links up and down, all alike.
platform() {
  cat <<END
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="star" prefix="host" suffix="" radical="0-$(($1 - 1))" speed="1Gf" bw="${bandwidth}Bps" lat="${latency}s"
           sharing_policy="SPLITDUPLEX"/>
</platform>
END
}

# simulate RANKS: a host each.  CM02: a message takes latency + bytes / bandwidth, no more.
simulate() {
  platform "$1" >"$scratch/star.xml"
  awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "host" i }' >"$scratch/hosts"
  OMP_NUM_THREADS=1 timeout -k 5 500 smpirun -np "$1" -platform "$scratch/star.xml" -hostfile "$scratch/hosts" \
    --cfg=network/model:CM02 --cfg=network/latency-factor:1 --cfg=smpi/simulate-computation:no \
    --cfg=smpi/test:$poll --cfg=smpi/iprobe:$poll --cfg=smpi/grow-injected-times:no \
    "$top_builddir/tests/sim/sim" "$(awk "BEGIN { print 2 * $latency }")" $bandwidth 2>"$scratch/err" >"$scratch/out"
  status=$?
  awk -v n="$1" 'NF == 7 && $2 == n' "$scratch/out" >"$scratch/lines"
  grep -hv INFO "$scratch/err" "$scratch/out"
  least=10
  [ "$1" -le 256 ] || least=6 # what does not send all to all
  [ $status = 0 ] && [ "$(wc -l <"$scratch/lines")" -ge $least ]
}

# figure LINE: what sim.c says of one algorithm.
figure() {
  echo "$1" | awk -v factor=$factor '{
    print "simulated " $3 " us, model " $4 " us; " $5 " messages, promised " $6 "; " $7 " elements wrong"
    # The splitters of a sort use MPI_Iallgather, for which SimGrid takes p messages a rank; and what very many ranks
    # agree on alone takes little but looks at requests.
    timed = $1 != "sort" && !($1 == "agreement" && $2 > 256)
    exit $7 != 0 || $5 > $6 || (timed && ($3 > factor * $4 || $4 > factor * $3))
  }'
}

# golden LINE: within the tolerance of the time in tests/sim/golden.
golden() {
  echo "$1" | awk -v version="$version" -v tolerance=$tolerance -v file="$top_srcdir/tests/sim/golden" '{
    while ((getline line < file) > 0) {
      split(line, word, " ")
      if (word[1] == version && word[2] == $1 && word[3] == $2) golden = word[4]
    }
    print "simulated " $3 " us, golden " golden " us"
    exit golden == "" || $3 > golden * (1 + tolerance) || $3 < golden * (1 - tolerance)
  }'
}

for np in ${TERN_TEST_SIM-64}; do
  ok "np=$np simulation" simulate "$np"
  while read -r line; do
    name=${line%% *}
    ok "np=$np $name" figure "$line"
    if [ "$name" = sort ]; then
      continue
    elif grep -q "^$version " "$top_srcdir/tests/sim/golden"; then
      ok "np=$np $name takes as long as before" golden "$line"
    else
      skip "np=$np $name takes as long as before" "no times of SimGrid $version"
    fi
  done <"$scratch/lines"
done
tap_end
