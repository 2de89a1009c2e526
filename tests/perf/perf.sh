# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# perf.sh: what the parts of make perf need; sourced, never run.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}" "${MPIEXEC:?}" "${PERF_LAUNCHES:?}" "${scratch:?}"
# shellcheck source=scripts/mpienv
. "$top_srcdir/scripts/mpienv"
# Ranks that have a core each wait as the MPI does by default.
unset OMPI_MCA_mpi_yield_when_idle
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck disable=SC2034  # for those that source this
build=$top_builddir
# shellcheck source=tests/support/programs.sh
. "$top_srcdir/tests/support/programs.sh"

# launch RANKS PROGRAM...
launch() {
  ranks=$1
  shift
  timeout -k 5 120 "$MPIEXEC" -n "$ranks" "$@" </dev/null
}

# figure NAME VALUE UNIT TARGET
figure() {
  echo "$1 $2 $3 $4"
}

# quantile P: of the numbers on standard input, one a line.
quantile() {
  sort -g | awk -v p="$1" '{ x[NR] = $1 } END { r = 1 + p * (NR - 1); i = int(r); print x[i] + (r - i) * (x[i < NR ? i + 1 : i] - x[i]) }'
}

# spread UNIT: "median [min-max] UNIT" of the numbers on standard input.
spread() {
  sort -g | awk -v unit="$1" '{ x[NR] = $1 }
    END { printf "%.4g [%.4g-%.4g] %s\n", (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2, x[1], x[NR], unit }'
}
