#!/bin/sh
# The lab: the incident of 2013 as a stream, with true files and true signatures.
set -u
u=$BUILDDIR/unbogus
check=$BUILDDIR/obj/tests/cases/tool_streamcheck
UBG_SHARE=$SRCDIR/share
export UBG_SHARE
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
status=0
say() { # RESULT NAME TEXT
	if [ "$1" = 0 ]; then echo "ok lab-$2 - $3"; else echo "not ok lab-$2 - $3"; status=1; fi
}
lab() { timeout 20 "$u" lab mozilla-2013 --once "$@"; }

# moment, bogus vantages expected
while read -r at stamp bogus; do
	lab --at "$at" --dir "$tmp/$stamp" >"$tmp/stream" 2>"$tmp/err"
	"$check" <"$tmp/stream" >"$tmp/said" 2>>"$tmp/err"
	say $? "stream-$stamp" "every line at $at is a fact ($(tail -n 1 "$tmp/said")) $(head -c 300 "$tmp/err")"
	got=$(awk '$3 == "servfail" { print $1 }' "$tmp/said" | sort -u | tr '\n' ' ')
	[ "$got" = "$(echo "$bogus" | tr ',' ' ')" ]
	say $? "bogus-$stamp" "vantages with SERVFAIL at $at: ${got:-none}"
	if command -v ldns-verify-zone >/dev/null; then
		ldns-verify-zone -t "$stamp" "$tmp/$stamp/mozilla.org.signed" >"$tmp/verify" 2>&1
		say $? "verify-$stamp" "ldns-verify-zone: $(tail -n 1 "$tmp/verify")"
	else
		echo "skip lab-verify-$stamp - ldns-verify-zone is not installed"
	fi
done <<MOMENTS
2013-05-15T22:32:40Z 20130515223240 
2013-05-15T23:44:31Z 20130515234431 
2013-05-16T00:45:30Z 20130516004530 comcast,own-aged,
2013-05-16T01:05:12Z 20130516010512 comcast,own-aged,
2013-05-16T01:30:00Z 20130516013000 own-aged,
MOMENTS

if command -v dnssec-settime >/dev/null; then
	bad=0
	for k in "$tmp"/20130516010512/dnssec/*.key; do
		dnssec-settime -p all "$k" >>"$tmp/settime" 2>&1 || bad=1
	done
	[ "$(grep -c '^Created:' "$tmp/settime")" = 4 ] || bad=1
	say $bad settime "BIND loads the four key pairs of 18:05 with their times"
	dnssec-settime -p I "$tmp/20130516010512/dnssec/Kmozilla.org.+008+25548" >"$tmp/i" 2>&1
	grep -q 'May 1[34] .*2013' "$tmp/i"
	say $? inactive "the ZSK's Inactive date is in its files"
else
	echo "skip lab-settime - BIND's utilities are not installed"
fi

lab --dir "$tmp/back" --at 2013-05-16T01:05:12Z >/dev/null 2>&1
lab --dir "$tmp/back" --at 2013-05-15T23:44:31Z >/dev/null 2>&1
[ "$(find "$tmp/back" -name '*.key' | wc -l)" = 3 ] # two key pairs and root.key
say $? back "a folder that is set back in time holds no keys of the future"

bad=0
for seed in 1 2 3 4 5 6 7 8; do # names, algorithms and serials differ among them
	lab --seed $seed --dir "$tmp/a" >"$tmp/one" 2>&1 && mv "$tmp/a" "$tmp/b" &&
		lab --seed $seed --dir "$tmp/a" >"$tmp/two" 2>&1 && cmp -s "$tmp/one" "$tmp/two" &&
		diff -r "$tmp/a" "$tmp/b" >/dev/null || bad=1
	"$check" <"$tmp/one" >"$tmp/said" 2>&1 && ! grep -q servfail "$tmp/said" || bad=1
	grep -q mozilla "$tmp/one" && bad=1
	z=$(find "$tmp/a" -name '*.signed')
	! command -v ldns-verify-zone >/dev/null ||
		ldns-verify-zone -t 20130515234431 "$z" >/dev/null 2>&1 || bad=1
	lab --seed $seed --dir "$tmp/c" --at 2013-05-16T01:05:12Z | "$check" >"$tmp/said" 2>&1
	[ "$(awk '$3 == "servfail" { print $1 }' "$tmp/said" | sort -u | tr '\n' ' ')" = "comcast own-aged " ] || bad=1
	rm -rf "$tmp/a" "$tmp/b" "$tmp/c"
done
say $bad seeds "eight seeds: other names, keys, algorithms; the same bytes again, the same story"

printf 'name: x\ntitle: y\nlevle: 2\n' >"$tmp/bad.yaml"
timeout 20 "$u" lab "$tmp/bad.yaml" --once >"$tmp/out" 2>"$tmp/err"
[ $? = 3 ] && grep -q levle "$tmp/err" && [ ! -s "$tmp/out" ]
say $? broken "a misspelt field is named: $(grep -m 1 levle "$tmp/err" | head -c 200)"
sed 's/publish: \[ksk-new, zsk-new\]/publish: [ksk-nwe, zsk-new]/' \
	"$SRCDIR/share/scenarios/mozilla-2013.yaml" >"$tmp/ref.yaml"
timeout 20 "$u" lab "$tmp/ref.yaml" --once >"$tmp/out" 2>"$tmp/err"
[ $? = 3 ] && grep -q "signings: .*ksk-nwe" "$tmp/err"
say $? reference "a key that does not exist is named with its place"

timeout 20 "$u" lab check "$tmp/ref.yaml" 2>&1 | grep -q 'ref.yaml:[0-9][0-9]*: signings: '
say $? line "lab check names the line"

for f in "$SRCDIR"/share/scenarios/*.yaml; do
	n=$(basename "$f" .yaml)
	zone=$(sed -n 's/^zone: //p' "$f")
	timeout 20 "$u" lab "$n" --once --dir "$tmp/s" 2>"$tmp/err" |
		timeout 20 "$u" diagnose "$zone" --replay - --json >"$tmp/json" 2>>"$tmp/err"
	bad=0 want=$(sed -n 's/^causes: \[\(.*\)\]/\1/p' "$f" | tr -d ',')
	for id in $want; do grep -q "\"$id\"" "$tmp/json" || bad=1; done
	[ -n "$want" ] || grep -q '"state": "ok"' "$tmp/json" || bad=1
	say $bad "cause-$n" "diagnosis: ${want:-nothing wrong}"
	rm -rf "$tmp/s"
done
[ "$("$u" lab list --json | grep -c '"title"')" = "$(find "$SRCDIR/share/scenarios" -name '*.yaml' | wc -l)" ]
say $? list "lab list --json names every scenario that is there"

if "$u" --help | grep -q '^ *diagnose '; then
	lab --dir "$tmp/d" | timeout 20 "$u" diagnose mozilla.org --replay - --json >"$tmp/d1" 2>"$tmp/err"
	grep -q '"zsk-expired-signing-stopped"' "$tmp/d1" && grep -q '"extend-zsk"' "$tmp/d1" &&
		grep -q '"new-ksk"' "$tmp/d1"
	say $? diagnose-1644 "the ZSK stopped signing, extend it, no new KSK"
	lab --dir "$tmp/d" --at 2013-05-16T01:05:12Z | timeout 20 "$u" diagnose mozilla.org --replay - --json >"$tmp/d2" 2>"$tmp/err"
	grep -q '"cache-holds-old-dnskey"' "$tmp/d2" && grep -q '2013-05-16T01:27:04Z' "$tmp/d2"
	say $? diagnose-1805 "caches hold the old DNSKEY set until 01:27:04Z, told from a cold start"
else
	echo "skip lab-diagnose - this build has no diagnose"
fi
UBG_STATE=$tmp/state make -s -C "$BUILDDIR" demo >"$tmp/demo" 2>&1
[ $? = 0 ] && grep -q 'ZSK 25548 stopped signing' "$tmp/demo" && [ -d "$tmp/state/lab/mozilla-2013" ]
say $? demo "make demo without a terminal: $(grep -m 1 Cause "$tmp/demo" | head -c 60)"

# as long as it takes to the second round on a busy machine; the lab ends when its reader is gone
timeout 60 "$u" lab mozilla-2013 --dir "$tmp/run" 2>/dev/null |
	awk '{ print } /"fact":"round"/ { n++ } n == 4 { exit }' >"$tmp/run.out"
[ "$(grep -c '"fact":"tick"' "$tmp/run.out")" = 9 ] && [ "$(grep -c '"fact":"round"' "$tmp/run.out")" = 4 ] &&
	grep -q '"t":"2013-05-15T23:44:41' "$tmp/run.out"
say $? clock "virtual time runs on: a tick each second, a round each ten"
[ -z "$(grep -ril mozilla "$SRCDIR/src" "$SRCDIR/ui")" ]
say $? ignorant "no scenario is known to the program's code"
exit $status
