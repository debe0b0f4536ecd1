#!/bin/sh
# No false alarm on what is well: zones of BIND, ldns and Knot in every form, and every stage of a
# correct roll, which is told as such.
set -u
for t in dnssec-signzone dnssec-keygen dnssec-dsfromkey; do
	command -v $t >/dev/null || { echo "skip healthy - no $t"; exit 0; }
done
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
timeout 280 python3 -B "$SRCDIR/tests/zones/healthy.py" "$d/h"
