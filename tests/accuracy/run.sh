#!/bin/sh
# make accuracy: the fault set case by case, the zone checkers of BIND, Knot and ldns beside ours.
set -u
data=${SHARED:-$SRCDIR/../shared}/data/faults
[ -r "$data/MANIFEST.tsv" ] || { echo "skip accuracy - no fault set at $data (SHARED=DIR names its place)"; exit 0; }
python3 "$SRCDIR/tests/accuracy/accuracy.py" --peers "$data"; status=$?
python3 -B "$SRCDIR/tests/accuracy/zonemd.py" "$data/zonemd" || status=1
exit $status
