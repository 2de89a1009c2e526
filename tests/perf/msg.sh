#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The layer beside plain MPI.  A launch gives one value for each ratio, the median over its rounds; the figure is the
# median over launches, in the regime that more launches saw.
. "${top_srcdir:?}/tests/perf/perf.sh"
bench=$programs/tern-bench

# measure NAME RANKS ARG...: as many launches as are wanted, merged into table NAME.
measure() {
  name=$1 ranks=$2
  shift 2
  mkdir "$scratch/$name"
  for i in $(seq "$PERF_LAUNCHES"); do
    launch "$ranks" "$bench" "$@" --seed="$i" --quiet --json="$scratch/$name/$i.json"
  done
  launch 1 "$bench" merge "$scratch/$name"/*.json --json="$scratch/$name.json" >"$scratch/$name.table"
  sed 's/^/# /' "$scratch/$name.table"
}

# ratio TABLE CALL BYTES: the column in the line with the most launches; nan if all of them met a busy machine.
ratio() {
  awk -v call="$2" -v bytes="$3" '
    $2 == bytes && $3 == call && $13 != "void" && $12 > most { most = $12; value = $9 }
    END { print most ? value : "nan" }' "$scratch/$1.table"
}

measure latency 2 latency --modes=send,ssend,isend --sizes=8,4Ki,64Ki,1Mi --seconds=0.5 --batch=3e-4 --narrow=0.003
for call in tern_send tern_ssend tern_isend+wait; do
  for bytes in 8 4096 65536 1048576; do
    if [ "$bytes" = 8 ]; then target='<=1.03'; else target='<=1.01'; fi
    figure "msg.latency.$call.$bytes" "$(ratio latency "$call" "$bytes")" ratio "$target"
  done
done

measure recv 2 recv --modes=alloc,mprobe --sizes=8,64Ki --seconds=0.5 --batch=3e-4 --narrow=0.003
figure msg.recv_alloc.8 "$(ratio recv tern_recv_alloc 8)" ratio '<=1.45'
figure msg.recv_alloc.65536 "$(ratio recv tern_recv_alloc 65536)" ratio '<=1.05'

# More slots than cores, declared, so that Open MPI does not know that it should yield; MPICH has no such notion.
echo 'localhost slots=16' >"$scratch/hosts"
case $("$MPIEXEC" --version 2>&1) in
*HYDRA*) hosts= ;;
*) hosts="--hostfile $scratch/hosts" ;;
esac
for i in 1 2 3; do
  # shellcheck disable=SC2086  # two words or none
  timeout -k 5 120 "$MPIEXEC" $hosts -n 16 "$bench" barrier --seconds=3 --quiet --json="$scratch/barrier$i.json" </dev/null
done
launch 1 "$bench" merge "$scratch"/barrier?.json >"$scratch/barrier.table"
sed 's/^/# /' "$scratch/barrier.table"
figure msg.barrier.16 "$(awk '$3 == "tern_barrier" { print $4 / 1000 }' "$scratch/barrier.table")" ms '<1'
