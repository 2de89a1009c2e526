#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# tern-info: this machine, machines that are only described, and bindings that the test itself has made.
. "${top_srcdir:?}/tests/support/tap.sh"
info=$programs/tern-info
cd "$scratch" || exit

# alone ARG...: without a launcher.
alone() {
  timeout -k 5 60 "$info" "$@"
}

# Every thread of every rank is listed once, on a CPU that the kernel grants.
lists_threads() {
  OMP_NUM_THREADS=2 launch "$1" "$info" --quiet --binding --json=binding.json && jq -e --argjson p "$1" '
    [.binding[].threads[] | [.rank, .thread]] == [range($p) | [., 0], [., 1]]
    and (.binding | all(.host != "")) and ([.binding[].threads[]] | all(.cpus != "" and .now >= 0))' binding.json
}

# MPICH can take even and odd ranks for two nodes.
two_nodes() {
  MPIR_CVAR_ODD_EVEN_CLIQUES=1 launch 4 "$info" --quiet --binding --json=nodes.json && jq -e '
    .environment.nodes == 2 and [.binding[] | [.threads[].rank] | unique] == [[0, 2], [1, 3]]' nodes.json
}

all_sections() {
  launch "$1" "$info" --json=all.json >out && jq -e '
    (.features | .mpi_library, .hwloc, .json | length > 0) and (.variables | length > 5)
    and .machine.cpus >= 1 and .machine.cores <= .machine.cpus and .plan.ranks * .plan.threads <= .machine.cores' all.json &&
    for title in 'Tern ' Environment Topology Binding Plan; do
      [ "$(grep -c "^$title" out)" = 1 ] || return
    done
}

# The first CPU on which this test may run.
cpu=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)

# warns RANKS THREADS SENTENCE: threads of ranks that are all bound to one CPU.
warns() {
  OMP_NUM_THREADS=$2 launch "$1" taskset -c "$cpu" "$info" --binding >out && cat out && grep -qxF "  warning: $3" out
}

no_warning() {
  OMP_NUM_THREADS=1 launch 1 taskset -c "$cpu" "$info" --binding >out && cat out && ! grep -q warning out
}

# described VARIABLE=VALUE LINE...: --topology and --plan of a machine have these lines.
described() {
  env "$1" timeout -k 5 60 "$info" --topology --plan >out && cat out || return
  shift
  for line; do
    grep -qE "^ *$line\$" out || return
  done
}

# as_mpirun MACHINE RANKS THREADS DOMAIN: Open MPI, asked for the plan, gives rank r the same cores.  A synthetic machine
# with two hyperthreads numbers the first one of core i 2 i.
as_mpirun() {
  HWLOC_SYNTHETIC=$1 HWLOC_THISSYSTEM=0 timeout -k 5 60 "$MPIEXEC" -n "$2" --oversubscribe --map-by "$4:PE=$3" \
    --bind-to core --display-map --do-not-launch true 2>&1 | awk '/Process rank:/ {
      split($0, half, "Bound: "); n = split(half[2], word, "core "); list = ""
      for (i = 2; i <= n; i++) list = list (i > 2 ? "," : "") 2 * word[i]
      print "  rank " r++ ": CPUs " list }' >theirs
  HWLOC_SYNTHETIC=$1 alone --plan | grep '^  rank [0-9]*:' >ours
  [ "$(wc -l <ours)" = "$2" ] && diff ours theirs
}

# What the kernel says of this machine; CPUs may be offline, and cpusets may hide some from the test but not from hwloc.
counts_cpus() {
  alone --topology --quiet --json=machine.json && jq -e --argjson n "$(grep -c '^processor' /proc/cpuinfo)" \
    '.machine.real and .machine.cpus == $n' machine.json
}

refuses_operand() {
  alone extra 2>&1 | grep -qx "tern-info: unexpected operand 'extra'; try --help"
}

hides_bindings() {
  HWLOC_SYNTHETIC="core:8 pu:1" alone --binding | grep -q 'not shown'
}

ok "without a launcher" alone
ok "usage error" refuses_operand
ok "a big machine" described HWLOC_SYNTHETIC="package:2 numa:4 l3:2(size=33554432) core:8 pu:2" '2 packages' '8 NUMA nodes' \
  '16 L3 caches of 32 MiB' '128 cores' '256 CPUs' '16 ranks x 8 threads a node, no rank across two L3 caches' \
  'rank 15: CPUs 240,242,244,246,248,250,252,254'
ok "a recorded machine" described HWLOC_XMLFILE="$top_srcdir/tests/topo/uneven.xml" '32 cores' \
  'allowed: 19 cores, 19 CPUs' '19 ranks x 1 thread a node, .*'
ok "bindings of another machine are not shown" hides_bindings
if "$MPIEXEC" --version 2>&1 | grep -qE 'Open MPI|OpenRTE'; then
  ok "Open MPI places ranks as planned: L3 caches" as_mpirun "package:2 numa:4 l3:2 core:8 pu:2" 16 8 l3cache
  ok "Open MPI places ranks as planned: NUMA nodes" as_mpirun "package:2 l3:1 numa:2 core:12 pu:2" 4 12 numa
else
  skip "Open MPI places ranks as planned" "no Open MPI"
fi
if command -v taskset >/dev/null; then
  ok "a rank on one CPU" no_warning
  ok "more threads than the binding" warns 1 3 "rank 0: 3 threads share 1 CPU (CPU $cpu)"
  ok "two ranks on one CPU" warns 2 1 "ranks 0-1: 2 threads share 1 CPU (CPU $cpu)"
  ok "four ranks on one CPU" warns 4 2 "ranks 0-3: 8 threads share 1 CPU (CPU $cpu)"
else
  skip "bindings" "no taskset"
fi
if command -v jq >/dev/null && alone --quiet --json=try.json; then
  ok "counts as the kernel does" counts_cpus
  if "$MPIEXEC" --version 2>&1 | grep -q HYDRA; then
    ok "two nodes" two_nodes
  else
    skip "two nodes" "no MPICH"
  fi
  for p in $TEST_NP; do
    ok "np=$p lists all threads" lists_threads "$p"
    ok "np=$p all sections" all_sections "$p"
  done
else
  skip "reports" "no jq, or built without Jansson"
fi
tap_end
