#!/bin/sh
# Replays configurations and key files, and cuts of each, through their fuzz targets.
set -u
: "${BUILDDIR:=.}" "${SRCDIR:=.}"
T=$(mktemp -d "${TMPDIR:-/tmp}/ubg-fuzz.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
bad=0
cp "$SRCDIR/share/unbogus.yaml.sample" "$T/1"
printf 'zones: [{name: x, hold: [[a],[b]]}]\n' >"$T/2"
printf 'a: &x [*x]\n' >"$T/3"
printf '? {a: b}\n: c\n' >"$T/4"
printf '!!map {zones: !!str x, zones: []}\n' >"$T/5"
printf '\377\376z\0o\0' >"$T/6"
if timeout 60 "$BUILDDIR/obj/tests/fuzz/fuzz_config" "$T"/* >"$T/log" 2>&1; then
	echo "ok fuzz-config - configurations and cuts of them: $(tail -1 "$T/log")"
else
	echo "not ok fuzz-config - $(head -3 "$T/log")"; bad=1
fi
rm -f "$T"/*
printf '; a (\nexample.org. IN DNSKEY 257 3 13 (\n' >"$T/1"
printf 'Private-key-format: v1.3\nAlgorithm: 13\nEngine: cGtjczExAA==\nLabel: x\nInactive: 2013\n' >"$T/2"
printf '<info><commit revision="1"/><msg>&#10;&amp</msg>' >"$T/3"
head -c 100000 /dev/zero | tr '\0' '(' >"$T/4"
if timeout 60 "$BUILDDIR/obj/tests/fuzz/fuzz_keyfile" "$T"/* >"$T/log" 2>&1; then
	echo "ok fuzz-keyfile - key files, logs and cuts of them: $(tail -1 "$T/log")"
else
	echo "not ok fuzz-keyfile - $(head -3 "$T/log")"; bad=1
fi
exit $bad
