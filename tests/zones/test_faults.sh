#!/bin/sh
# Every fault that a zone file with its keys, DS and source can show: made with BIND's and ldns'
# tools, named by its id, and cleared by the fix.
set -u
for t in dnssec-signzone dnssec-keygen ldns-signzone nsec3hash; do
	command -v $t >/dev/null || { echo "skip faults - no $t"; exit 0; }
done
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
timeout 280 python3 -B "$SRCDIR/tests/zones/faults.py" "$d/f"
