#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The shared library exports what the headers declare as TERN_API, and nothing else.
. "${top_srcdir:?}/tests/support/tap.sh"
library=$top_builddir/lib/.libs/libtern.so

exported() {
  nm -D --defined-only "$library" | awk '{ print $3 }' | sort -u
}

declared() {
  cat "$top_srcdir"/lib/*/*.h | tr '\n' ' ' | grep -o 'TERN_API[^;{]*' |
    grep -oE 'tern_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u
}

exports_only_tern() {
  ! exported | grep -v '^tern_[a-z]'
}

exports_what_is_declared() {
  exported >"$scratch/exported"
  declared >"$scratch/declared"
  [ -s "$scratch/exported" ] && ! comm -23 "$scratch/exported" "$scratch/declared" | grep .
}

if [ -f "$library" ] && command -v nm >/dev/null; then
  ok "only tern_ names leave the library" exports_only_tern
  ok "every exported function stands in a header" exports_what_is_declared
else
  skip "exported names" "no $library or no nm"
fi
tap_end
