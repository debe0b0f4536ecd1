#!/bin/sh
# Every fault of the catalogue is explained, checked and tested, or says what it would need.
set -u
bad=0
ok() { echo "ok causes/$1 - $2"; }
nok() { echo "not ok causes/$1 - $2"; bad=1; }
dir=$SRCDIR/share/causes
n=0 judged=0 list=
for f in "$dir"/*.md; do
	id=$(basename "$f" .md); n=$((n + 1))
	[ "$(head -n 1 "$f")" = "# $id" ] || nok "$id" "the first line is not its id"
	for h in "What it is" "How it looks from outside" "How it is proved" "Right fix" "Tempting wrong fix" "RFC sections"; do
		grep -qx "## $h" "$f" || nok "$id" "no heading '$h'"
	done
	awk 'length($0) > 100 { exit 1 }' "$f" || nok "$id" "a line is longer than 100 columns"
	# raised by a check: its id as a whole string in one of the files of checks
	check=$(grep -lF "\"$id\"" "$SRCDIR"/src/zone/verify*.c "$SRCDIR"/src/diagnose/check*.c "$SRCDIR"/src/diagnose/vantages.c "$SRCDIR"/src/diagnose/misread.c \
		"$SRCDIR"/src/diagnose/codes.c "$SRCDIR"/src/keys/lint.c 2>/dev/null | head -n 1)
	tested=$(grep -lE "[\"' /-]$id[\"',: )]" "$SRCDIR"/tests/zones/*.py "$SRCDIR"/tests/cases/*.c "$SRCDIR"/tests/cases/*.sh \
		"$SRCDIR"/tests/net/*.sh "$SRCDIR"/tests/unit/*.c 2>/dev/null | grep -v test_causes.sh | head -n 1)
	if grep -qx '## Not judged' "$f"; then
		list="$list $id"
		[ -z "$check" ] || nok "$id" "says it is not judged, but $check raises it"
	elif [ -z "$check" ]; then
		nok "$id" "no check raises it and it does not say what it needs"
	elif [ -z "$tested" ]; then
		nok "$id" "no test names it"
	else
		judged=$((judged + 1))
	fi
done
for id in $list; do echo "not judged $id - $(sed -n '/^## Not judged/,$p' "$dir/$id.md" | sed 1d | tr '\n' ' ')"; done
[ $n -ge 149 ] && ok files "$n explanations, $judged faults checked and tested, $((n - judged)) say what they need" ||
	nok files "only $n explanations"
cat_=${SHARED:-$SRCDIR/../shared}/data/faults/catalogue.psv
if [ -r "$cat_" ]; then
	missing=$(cut -d'|' -f1 "$cat_" | grep -v '^#' | while read -r id; do [ -e "$dir/$id.md" ] || echo "$id"; done)
	[ -z "$missing" ] && ok catalogue "every row has its explanation" || nok catalogue "missing: $missing"
else
	echo "skip causes/catalogue - no catalogue at $cat_"
fi
"$UNBOGUS" explain rrsig-expired 2>&1 | grep -q 'Tempting wrong fix' && ok explain "unbogus explain ID" || nok explain "no text"
"$UNBOGUS" explain rrsig-expird >out.$$ 2>&1; st=$?
{ [ $st = 3 ] && grep -q 'nearest is rrsig-expire' out.$$; } && ok unknown "an unknown id names its nearest" || nok unknown "exit $st: $(cat out.$$)"
rm -f out.$$
exit $bad
