#!/bin/sh
# Each --json output keeps to its schema in share/schema: in every past incident, and in the small
# worlds with one thing broken each; and a schema refuses what is spoilt.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export UBG_SHARE="$SRCDIR/share" UBG_STATE="$dir/state" XDG_CONFIG_HOME="$dir"
world=$BUILDDIR/obj/tests/cases/tool_world
check() { python3 "$SRCDIR/tests/cases/check_schema.py" "$@"; }
status=0
mkdir "$dir/rec" "$dir/out"
for f in "$SRCDIR"/share/scenarios/*.yaml; do
	s=$(basename "$f" .yaml)
	"$UNBOGUS" lab "$s" --once >"$dir/rec/$s" 2>/dev/null || { echo "not ok schemas - the lab: $s"; status=1; }
	sed -n 's/^zone: *"*\([^ "]*\).*/\1/p' "$f" | head -n 1 >"$dir/rec/$s.zone"
done
for c in $("$world" | cut -d' ' -f1); do
	"$world" "$c" >"$dir/rec/w-$c" && echo example.org >"$dir/rec/w-$c.zone"
done
n=0
for r in "$dir"/rec/*.zone; do
	rec=${r%.zone}
	n=$((n + 1))
	for c in diagnose keys chain serials validate actions status; do
		timeout 60 "$UNBOGUS" "$c" "$(cat "$r")" --replay "$rec" --json >"$dir/out/$c-$(basename "$rec")" 2>/dev/null
	done
done
for c in diagnose keys chain serials validate actions status; do
	if said=$(check "$SRCDIR/share/schema" "$dir/out/$c-"* 2>&1); then
		echo "ok schema-$c - $n recordings keep to it"
	else
		echo "not ok schema-$c - $(echo "$said" | head -n 4 | tr '\n' ' ')"; status=1
	fi
	if said=$(check --broken "$SRCDIR/share/schema" "$dir/out/$c-mozilla-2013" 2>&1); then
		echo "ok schema-$c-refuses - a member gone or of another type"
	else
		echo "not ok schema-$c-refuses - $(echo "$said" | head -n 2 | tr '\n' ' ')"; status=1
	fi
done
exit $status
