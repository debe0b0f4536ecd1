#!/bin/sh
# Replays the committed corpora (tests/fuzz/corpus/TARGET/*, and cuts of each file) through their
# fuzz targets: what was found once stays found.
set -u
: "${BUILDDIR:=.}" "${SRCDIR:=.}"
bad=0
for dir in "$SRCDIR"/tests/fuzz/corpus/*/; do
	target=$(basename "$dir")
	if out=$(timeout 90 "$BUILDDIR/obj/tests/fuzz/fuzz_$target" "$dir"* 2>&1); then
		echo "ok fuzz-$target - its corpus and cuts of it: $(echo "$out" | tail -n 1)"
	else
		echo "not ok fuzz-$target - $(echo "$out" | grep -m1 -E 'ERROR|error|:' )"; bad=1
	fi
done
exit $bad
