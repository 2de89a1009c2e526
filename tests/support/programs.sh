# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# programs.sh: sets $programs, where the programs are without libtool's scripts around them, which take a fifth of a
# launch; sourced, with $top_builddir.
programs=${top_builddir:?}
if [ -d "$top_builddir/.libs" ]; then
  # shellcheck disable=SC2034  # for those that source this
  programs=$top_builddir/.libs
  export LD_LIBRARY_PATH="$top_builddir/lib/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
