#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Halo modes beside plain MPI that sends the rows from where they are, interleaved in each launch.  A launch gives one
# value for each ratio, the median over its rounds; the figure is the median over launches, in the regime that more
# launches saw.
. "${top_srcdir:?}/tests/perf/perf.sh"
bench=$programs/tern-bench

# measure NAME RANKS ARG...: as many launches as are wanted, merged into table NAME.
measure() {
  name=$1 ranks=$2
  shift 2
  mkdir "$scratch/$name"
  for i in $(seq "$PERF_LAUNCHES"); do
    launch "$ranks" "$bench" halo "$@" --seed="$i" --quiet --json="$scratch/$name/$i.json"
  done
  launch 1 "$bench" merge "$scratch/$name"/*.json --json="$scratch/$name.json" >"$scratch/$name.table"
  sed 's/^/# /' "$scratch/$name.table"
}

# speed TABLE MODE BYTES: how many times faster than MPI_Isend.
speed() {
  awk -v call="$2" -v bytes="$3" '
    $2 == bytes && $3 == call && $13 != "void" && $12 > most { most = $12; value = 1 / $9 }
    END { if (most) printf "%.4g\n", value; else print "nan" }' "$scratch/$1.table"
}

# choice TABLE BYTES: the speed of auto as a part of that of the fastest mode that it had to choose from, in one regime.
choice() {
  awk -v bytes="$2" '
    $2 == bytes && $3 == "auto" && $13 != "void" && $12 > most { most = $12; auto = $9; regime = $13 }
    $2 == bytes && $3 ~ /^(isend|datatype|persistent|shared|shared-copy)$/ && (!best[$13] || $9 < best[$13]) { best[$13] = $9 }
    END { if (most) printf "%.4g\n", best[regime] / auto; else print "nan" }' "$scratch/$1.table"
}

measure two 2 --modes=mpi,isend,datatype,persistent,shared-copy,shared,in-place,auto --seconds=0.6 --batch=3e-4
while read -r bytes target; do
  figure "halo.shared.$bytes" "$(speed two shared "$bytes")" times ">=$target"
  figure "halo.in_place.$bytes" "$(speed two in-place "$bytes")" times ">=$target"
  figure "halo.auto.$bytes" "$(choice two "$bytes")" ratio '>=0.95'
done <<'END'
512 4
8192 15
65536 20
END

# Four ranks a core: who waits must give it away.
measure eight 8 --modes=mpi,shared-copy,shared,in-place --sizes=4Ki --seconds=2 --batch=3e-3
figure halo.shared.np8 "$(speed eight shared 4096)" times '>=1.7'
figure halo.in_place.np8 "$(speed eight in-place 4096)" times '>=1.7'
