#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Programs, their --help and their manual pages agree, and so do headers and theirs; tern(7) lists the variables that
# there are.
. "${top_srcdir:?}/tests/support/tap.sh"

# Options of --help, one a line, as "-x" or "--name": in the lines that begin with one or two of them.
options_of_help() {
  timeout 60 "$top_builddir/$1" --help | awk '
    /^  -[^-]/       { print substr($1, 1, 2) }
    /^ +(-.,? )? *--/ { match($0, /--[a-z0-9-]+/); print substr($0, RSTART, RLENGTH) }' | sort -u
}

# Options of a page: the .Fl of its .It lines, and of the one form of its synopsis that only shows help or version.
options_of_page() {
  awk '$1 == ".It" { for (i = 2; i < NF; i++) if ($i == "Fl") print "-" $(i + 1) }' "$1" | sort -u
}

same_options() {
  options_of_help "$1" >"$scratch/help"
  options_of_page "$2" >"$scratch/page"
  [ -s "$scratch/help" ] && diff "$scratch/help" "$scratch/page"
}

narrow() {
  timeout 60 "$top_builddir/$1" --help | awk 'length > 100 || / $/ { print; bad = 1 } END { exit bad }'
}

# What mandoc finds, but for pages that are not installed.
lint() {
  mandoc -Tlint "$1" >"$scratch/lint" 2>&1
  grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' "$scratch/lint" && return 1
  return 0
}

same_variables() {
  timeout 60 "$top_builddir/tern-info" --env | sed -n 's/^  \(TERN_[A-Z_]*\)=.*/\1/p' | sort >"$scratch/table"
  sed -n 's/^\.It Ev \(TERN_[A-Z_]*\)$/\1/p' "$top_srcdir/apps/info/tern.7" | sort >"$scratch/page"
  [ -s "$scratch/table" ] && diff "$scratch/table" "$scratch/page"
}

# Every function of a header stands in the synopsis of one of the module's pages; NAME_at is documented as NAME.
same_functions() {
  tr '\n' ' ' <"$top_srcdir/lib/$1/$1.h" | grep -o 'TERN_API[^;{]*' | grep -oE 'tern_[a-z0-9_]+ *\(' |
    sed 's/_at *(//; s/ *(//' | sort -u >"$scratch/header"
  awk '$1 == ".Fn" || $1 == ".Fo" { if (synopsis) print $2 } $1 == ".Sh" { synopsis = $2 == "SYNOPSIS" }' \
    "$top_srcdir/lib/$1"/*.3 | sort -u >"$scratch/pages"
  [ -s "$scratch/header" ] && diff "$scratch/header" "$scratch/pages"
}

for page in "$top_srcdir"/apps/*/*.[1-9] "$top_srcdir"/lib/*/*.3; do
  name=$(basename "$page")
  if command -v mandoc >/dev/null; then
    ok "$name: mandoc -Tlint" lint "$page"
  else
    skip "$name: mandoc -Tlint" "no mandoc"
  fi
done
for program in "$top_builddir"/tern-*; do
  if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi # no folder or tarball of make dist
  program=$(basename "$program")
  page=$(ls "$top_srcdir"/apps/*/"$program.1")
  ok "$program has a page" test -f "$page"
  ok "$program: --help and page have the same options" same_options "$program" "$page"
  ok "$program: --help fits 100 columns" narrow "$program"
done
for module in chan ckpt field grid; do
  ok "$module.h and its pages have the same functions" same_functions "$module"
done
ok "tern(7) lists the variables" same_variables
tap_end
