#!/bin/sh
# Zones that attack the validator end within a bound of CPU time, and the limit is named.
set -u
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
timeout 280 python3 -B "$SRCDIR/tests/zones/limits.py" "$d/l"
