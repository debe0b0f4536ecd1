#!/bin/sh
# 10,000 simulated validators: milliseconds an event (goal: under 10), and the stream at x3600.
set -u
u=${BUILDDIR:?}/unbogus
UBG_SHARE=${SRCDIR:?}/share
export UBG_SHARE
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
"$BUILDDIR/obj/tests/bench/tool_crowd" "$SRCDIR/share/scenarios/mozilla-2013.yaml" 10000 || exit 1
"$u" lab mozilla-2013-day --at 2013-05-15T23:00:00Z --until 2013-05-16T05:00:00Z --speed 3600 --fast --dir "$tmp/w" >"$tmp/s" || exit 1
echo "lab: 6 h of virtual time at x3600 (6 s of true time), $(wc -c <"$tmp/s") bytes; CPU of all children, user and system:"
times >"$tmp/t"
tail -n 1 "$tmp/t"
