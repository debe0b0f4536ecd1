#!/bin/sh
# apply and recovery killed, or failing, at system calls: a seeded sample (all of them: make crash).
command -v strace >/dev/null || { echo "skip crash - strace is not installed"; exit 0; }
w=$(mktemp -d "${TMPDIR:-/tmp}/ubg-crash.XXXXXX") || exit 1
trap 'rm -rf "$w"' EXIT
strace -qq -o /dev/null true 2>/dev/null || { echo "skip crash - strace may not trace here"; exit 0; }
# a sanitizer makes each of the seven processes a place needs several times slower
n=60; grep -q 'fsanitize=address' "$BUILDDIR/Makefile" 2>/dev/null && n=15
python3 "$SRCDIR/tests/zones/crash.py" "$BUILDDIR/obj/tests/zones/tool_crash" "$w/work" "${CRASH:-$n}" "${CRASH_SEED:-20130515}"
