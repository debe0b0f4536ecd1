#!/bin/sh
# Measurements: run.sh [--quick] [NAME...] runs tests/bench/NAME.sh, all of them without a name.
set -u
: "${SRCDIR:=.}" "${BUILDDIR:=.}"
export SRCDIR BUILDDIR UNBOGUS="${UNBOGUS:-$BUILDDIR/unbogus}"
export LC_ALL=C.UTF-8 TZ=UTC
flags=; names=
for a; do case $a in -*) flags="$flags $a" ;; *) names="$names $a" ;; esac; done
[ -n "$names" ] || names=$(cd "$SRCDIR/tests/bench" && for f in *.sh; do [ "$f" = run.sh ] || echo "${f%.sh}"; done)
for n in $names; do
	# shellcheck disable=SC2086
	sh "$SRCDIR/tests/bench/$n.sh" $flags || exit 1
done
