#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Without a package that it needs, configure ends with one sentence that names the package.
. "${top_srcdir:?}/tests/support/tap.sh"
source=$top_srcdir
mkdir "$scratch/empty"
cd "$scratch" || exit

# refuses SENTENCE VARIABLE=VALUE...: configure, so set, fails with this as its last line.
refuses() {
  sentence=$1
  shift
  ! env "$@" sh "$source/configure" >out 2>&1 || return
  tail -n 5 out
  tail -n 1 out | grep -qF "configure: error: $sentence"
}

ok "no MPI" refuses "no MPI 3.1 compiler: install one (Debian: libopenmpi-dev openmpi-bin)" CC=cc
ok "no pkg-config" refuses "pkg-config is missing: install it (Debian: pkgconf)" CC="$CC" PKG_CONFIG=false
ok "no hwloc" refuses "hwloc >= 2.0 is missing: install it (Debian: libhwloc-dev)" \
  CC="$CC" PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR="$scratch/empty"
tap_end
