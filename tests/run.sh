#!/bin/sh
# Runs the test groups named on the command line and ends with "N passed, N failed, N skipped".
# A test is a program in tests/GROUP (unit: a cmocka binary; else test_*.sh) that prints
# "ok NAME - what it protects", "not ok ..." or "skip NAME - why" lines, and exits 0 or not.
# ONLY=PATTERN runs the tests whose file name matches. Each is bounded by LIMIT seconds.
set -u
: "${SRCDIR:=.}" "${BUILDDIR:=.}"
export SRCDIR BUILDDIR
export LC_ALL=C.UTF-8 TZ=UTC
export UBG_SHARE="$SRCDIR/share" UNBOGUS="$BUILDDIR/unbogus"
# not this machine's own state: one for the whole run, new each time
UBG_STATE=$(mktemp -d) || exit 1
export UBG_STATE
trap 'rm -rf "$UBG_STATE"' EXIT
trap 'exit 130' INT TERM
export ASAN_OPTIONS="${ASAN_OPTIONS:-handle_segv=2:detect_stack_use_after_return=0}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$SRCDIR/tests/lsan.supp:print_suppressions=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
logs=$BUILDDIR/obj/test-logs; mkdir -p "$logs"
pass=0 fail=0 skip=0
limit() { case $1 in unit|layers) echo 120 ;; net) echo 400 ;; long) echo 2400 ;; *) echo 300 ;; esac; }

run_one() { # GROUP NAME COMMAND...
	group=$1 name=$2; shift 2
	log=$logs/$group-$name.log
	t0=$(date +%s)
	timeout -k 10 "$(limit "$group")" "$@" >"$log" 2>&1 </dev/null
	status=$?
	t=$(($(date +%s) - t0))
	ok=$(grep -cE '^ok |^\[       OK \]' "$log"); bad=$(grep -cE '^not ok |^\[  FAILED  \] [a-zA-Z_0-9]+$' "$log")
	sk=$(grep -cE '^skip ' "$log")
	[ "$status" != 0 ] && [ "$bad" = 0 ] && bad=1
	[ "$status" = 0 ] && [ "$ok" = 0 ] && [ "$bad" = 0 ] && [ "$sk" = 0 ] && bad=1
	pass=$((pass + ok)) fail=$((fail + bad)) skip=$((skip + sk))
	if [ "$bad" = 0 ]; then
		printf 'ok   %-40s %4s checks %4ss\n' "$group/$name" "$ok" "$t"
		grep -E '^skip ' "$log"
	else
		printf 'FAIL %-40s exit %s (log %s)\n' "$group/$name" "$status" "$log"
		grep -E '^not ok |FAILED|ERROR|error:|runtime error' "$log" | head -n 20
		tail -n 15 "$log"
	fi
}

for group; do
	case $group in
	layers) run_one layers layers sh "$SRCDIR/tests/layers.sh" ;;
	unit)
		for t in "$SRCDIR"/tests/unit/test_*.c; do
			n=$(basename "$t" .c)
			case $n in ${ONLY:-*}) run_one unit "$n" "$BUILDDIR/obj/tests/unit/$n" ;; esac
		done ;;
	*)
		for t in "$SRCDIR"/tests/"$group"/test_*.sh; do
			[ -e "$t" ] || continue
			n=$(basename "$t" .sh)
			case $n in ${ONLY:-*}) run_one "$group" "$n" sh "$t" ;; esac
		done ;;
	esac
done
# a group or a pattern that nothing answers to is a mistake, not a success
[ $((pass + fail + skip)) -gt 0 ] || { echo "FAIL no test: groups '$*', ONLY '${ONLY:-*}'"; fail=1; }
echo "$pass passed, $fail failed, $skip skipped"
[ "$fail" = 0 ]
