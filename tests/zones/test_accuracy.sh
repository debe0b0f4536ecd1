#!/bin/sh
# The fault set of the field (other people's broken zones): every bad one found, no alarm on a good
# one, and the fault that its makers put in named as the cause. make accuracy prints the table.
set -u
data=${SHARED:-$SRCDIR/../shared}/data/faults
[ -r "$data/MANIFEST.tsv" ] || { echo "skip accuracy - no fault set at $data (SHARED=DIR names its place)"; exit 0; }
if out=$(timeout 280 python3 -B "$SRCDIR/tests/accuracy/accuracy.py" --short "$data"); then
	echo "ok accuracy - $(echo "$out" | tail -n 1)"
else
	echo "$out"
	echo "not ok accuracy - below the thresholds"
	exit 1
fi
if out=$(timeout 60 python3 -B "$SRCDIR/tests/accuracy/zonemd.py" "$data/zonemd" --short); then
	echo "ok accuracy-zonemd - $(echo "$out" | tail -n 1)"
else
	echo "$out"
	echo "not ok accuracy-zonemd - not exact"
	exit 1
fi
