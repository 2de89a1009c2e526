#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every public header compiles alone, as C and as C++.
. "${top_srcdir:?}/tests/support/tap.sh"

# compiles LANGUAGE TEXT
compiles() {
  # shellcheck disable=SC2086  # CC may hold options
  echo "$2" | $CC -x "$1" -Wall -Wextra -Wpedantic -Werror -DOMPI_SKIP_MPICXX -DMPICH_SKIP_MPICXX \
    -I"$top_srcdir/lib" -c -o /dev/null -
}

modules=$(grep -v '^#' "$top_srcdir/lib/LAYERS")
for lang in c c++; do
  for header in tern.h $(echo "$modules" | sed 's,.*,&/&.h,'); do
    if compiles "$lang" 'int x;' >/dev/null 2>&1; then
      ok "$header as $lang" compiles "$lang" "#include \"$header\""
    else
      skip "$header as $lang" "no $lang compiler"
    fi
  done
done
tap_end
