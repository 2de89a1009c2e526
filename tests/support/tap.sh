# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# tap.sh: what a shell test needs; sourced first, from $top_srcdir, with the variables that make check sets.
set -u
: "${top_srcdir:?}" "${top_builddir:?}" "${CC:?}" "${MPIEXEC:?}" "${TEST_NP:?}"
top_srcdir=$(cd "$top_srcdir" && pwd) top_builddir=$(cd "$top_builddir" && pwd) # a test may change folders
# shellcheck source=tests/support/programs.sh
. "$top_srcdir/tests/support/programs.sh"
tap_count=0
few_np=${TEST_NP%% *} # where the number of ranks hardly matters: the first and, if there are others, three
[ "$few_np" = "$TEST_NP" ] || few_np="$few_np 3"
# shellcheck disable=SC2034  # for the test
one_np=${few_np##* } # where it does not matter at all
scratch=$(mktemp -d) # the test's own folder
trap 'rm -rf "$scratch"' EXIT

# ok NAME COMMAND...: a test that passes when the command succeeds; its output explains a failure.
ok() {
  tap_count=$((tap_count + 1))
  tap_name=$1
  shift
  if "$@" >"$scratch/.said" 2>&1; then
    echo "ok $tap_count - $tap_name"
  else
    echo "not ok $tap_count - $tap_name"
    head -n 50 "$scratch/.said" | sed 's/^/# /'
  fi
}

# skip NAME WHY: a test that cannot be run here.
skip() {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1 # SKIP $2"
}

# launch RANKS PROGRAM...: under the MPI launcher, for at most $limit seconds.
launch() {
  ranks=$1
  shift
  # shellcheck disable=SC2086  # the wrapper is a list of words
  timeout -k 5 "${limit:-60}" "$MPIEXEC" -n "$ranks" ${TEST_WRAPPER:-} "$@" </dev/null
}

# The last line of every test.
tap_end() {
  echo "1..$tap_count"
}
