#!/bin/sh
# make fuzz: builds the targets with clang's libFuzzer and ASan in a folder of its own, and runs
# each for RUNS executions (100,000). TIME seconds (1800) bound a target; one that they stop before
# its RUNS has not passed. TARGETS="wire ..." runs a part.
set -u
: "${BUILDDIR:=.}" "${SRCDIR:=.}" "${RUNS:=100000}" "${TIME:=1800}"
command -v clang >/dev/null || { echo "skip fuzz - clang is not installed"; exit 0; }
dir=$BUILDDIR/fuzz
mkdir -p "$dir" && cd "$dir" || exit 1
[ -f Makefile ] || "$SRCDIR/configure" --enable-fuzz --enable-asan --enable-ubsan CC=clang \
	CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' >configure.log 2>&1 || { tail -n 5 configure.log; exit 1; }
bad=0
for t in ${TARGETS:-$(cd "$SRCDIR/tests/fuzz" && ls fuzz_*.c | sed 's/fuzz_//; s/\.c$//')}; do
	make -s "obj/tests/fuzz/fuzz_$t" >"build-$t.log" 2>&1 || {
		echo "not ok fuzz-$t - does not build"; tail -n 5 "build-$t.log"; bad=1; continue; }
	mkdir -p "corpus-$t" "found-$t"
	seeds=$SRCDIR/tests/fuzz/corpus/$t
	[ -d "$seeds" ] || seeds=
	if "obj/tests/fuzz/fuzz_$t" -runs="$RUNS" -max_total_time="$TIME" -max_len=70000 -timeout=10 \
		-artifact_prefix="found-$t/" "corpus-$t" $seeds >"run-$t.log" 2>&1; then
		done=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "run-$t.log")
		if [ "${done:-0}" -ge "$RUNS" ]; then
			echo "ok fuzz-$t - no finding: $(grep '^Done' "run-$t.log")"
		else
			echo "not ok fuzz-$t - only ${done:-0} of $RUNS executions in $TIME s (run-$t.log)"; bad=1
		fi
	else
		echo "not ok fuzz-$t - $(grep -m1 -E 'ERROR|SUMMARY' "run-$t.log") (run-$t.log, found-$t/)"; bad=1
	fi
done
exit $bad
