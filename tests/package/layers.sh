#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# No module includes a header of a module above it, and the checker can tell.
. "${top_srcdir:?}/tests/support/tap.sh"

finds_the_way_up() {
  found=$(sh "$scratch/scripts/check-layers")
  [ $? = 1 ] && echo "$found" && echo "$found" | grep -q '^lib/low/low.h:1: '
}

ok "includes go down" sh "$top_srcdir/scripts/check-layers"

mkdir -p "$scratch/scripts" "$scratch/lib/low" "$scratch/lib/high"
cp "$top_srcdir/scripts/check-layers" "$scratch/scripts"
printf 'low\nhigh\n' >"$scratch/lib/LAYERS"
echo '#include "high/high.h"' >"$scratch/lib/low/low.h"
echo '#include "low/low.h"' >"$scratch/lib/high/high.h"
ok "an include that goes up is found" finds_the_way_up
tap_end
