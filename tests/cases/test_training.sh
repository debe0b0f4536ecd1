#!/bin/sh
# Scripted runs of every scenario and variant: golden ends safe with full marks for harm, and is better
# than what the team did, which is better than doing nothing. Documented minutes where TTLs are known.
set -u
u=$BUILDDIR/unbogus
UBG_SHARE=$SRCDIR/share
export UBG_SHARE
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
status=0
say() { # RESULT NAME TEXT
	if [ "$1" = 0 ]; then echo "ok training-$2 - $3"; else echo "not ok training-$2 - $3"; status=1; fi
}
field() { sed -n "s/^  \"$1\": \"*\([^\",]*\)\"*,*\$/\1/p" "$2" | head -n 1; }
for f in "$SRCDIR"/share/scenarios/*.yaml; do
	n=$(basename "$f" .yaml)
	variants=$(sed -n '/^variants:/,/^[a-z]/s/^  - {id: \([a-z]*\),.*/\1/p' "$f")
	for v in ${variants:-none}; do
		opt="" name=$n
		[ "$v" = none ] || { opt="--variant $v"; name=$n-$v; }
		bad=0
		timeout 120 "$u" lab run "$n" --script golden $opt --score "$tmp/golden" >>"$tmp/log" 2>&1 || bad=1
		# the two runs that it is compared with are in the same file
		sed -n '/^    "real-team"/,/^    }/s/^    //p' "$tmp/golden" >"$tmp/real-team"
		sed -n '/^    "do-nothing"/,/^    }/s/^    //p' "$tmp/golden" >"$tmp/do-nothing"
		g=$(field total "$tmp/golden") r=$(field total "$tmp/real-team") d=$(field total "$tmp/do-nothing")
		[ $bad = 0 ] && [ "$g" -gt "$r" ] && [ "$r" -gt "$d" ]
		say $? "order-$name" "golden $g > real team $r > do nothing $d"
		[ "$(field harm "$tmp/golden")" = 40 ] && [ "$(field secure_end "$tmp/golden")" = true ] && [ "$g" -ge 90 ]
		say $? "golden-$name" "full marks for harm, a safe end: $(field broken_validator_minutes "$tmp/golden") validator minutes"
		doc=$(sed -n 's/^documented: {from: \([0-9]*\), to: \([0-9]*\), ttls-known: true.*/\1 \2/p' "$f")
		[ -z "$doc" ] || {
			set -- $doc
			m=$(field minutes_broken "$tmp/real-team")
			[ $((m * 10)) -ge $(($1 * 9)) ] && [ $((m * 10)) -le $(($2 * 11)) ]
			say $? "minutes-$name" "the team's outage: $m minutes, documented $1 to $2"
		}
	done
done
for n in $(sed -n 's/^name: //p' "$SRCDIR"/share/scenarios/*.yaml); do
	f=$SRCDIR/share/scenarios/$n.yaml
	bad=""
	for word in origin: assumptions: golden: real-team: debrief: reconstruction: sources: hints: documented:; do
		grep -q "$word" "$f" || bad="$bad $word"
	done
	[ -z "$bad" ]
	say $? "told-$n" "sources, assumptions, scripts, hints and debrief are there${bad:+, but not:$bad}"
done
exit $status
