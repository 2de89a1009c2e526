#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Regenerate configure and Makefile.in from configure.ac and Makefile.am.
set -e
cd "$(dirname "$0")"
for tool in autoreconf automake libtoolize; do
  command -v "$tool" >/dev/null || command -v "g$tool" >/dev/null || {
    echo "autogen.sh: $tool is missing: ./scripts/setup installs it" >&2
    exit 1
  }
done
exec autoreconf --install --force --warnings=all "$@"
