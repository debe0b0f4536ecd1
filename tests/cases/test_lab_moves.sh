#!/bin/sh
# The moving lab: the same seed gives the same bytes, x3600 keeps up, messages and lines, training.
set -u
u=$BUILDDIR/unbogus
UBG_SHARE=$SRCDIR/share
export UBG_SHARE
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
status=0
say() { # RESULT NAME TEXT
	if [ "$1" = 0 ]; then echo "ok moves-$2 - $3"; else echo "not ok moves-$2 - $3"; status=1; fi
}
day() { # FILE OPTIONS: two hours of the day
	f=$1
	shift
	timeout 100 "$u" lab mozilla-2013-day --at 2013-05-16T00:20:00Z --until 2013-05-16T02:20:00Z \
		--dir "$tmp/world" "$@" >"$f" 2>>"$tmp/err"
}
for seed in 0 7 12; do
	day "$tmp/one" --speed 3600 --fast --seed $seed
	day "$tmp/two" --speed 3600 --fast --seed $seed
	cmp -s "$tmp/one" "$tmp/two" && [ -s "$tmp/one" ]
	say $? "same-$seed" "seed $seed: $(wc -c <"$tmp/one") bytes, twice the same"
done
day "$tmp/slow" --speed 3600
day "$tmp/fast" --speed 3600 --fast
cmp -s "$tmp/slow" "$tmp/fast"
say $? pace "x3600 against the clock gives the same bytes as without waiting"
"$BUILDDIR/obj/tests/cases/tool_streamcheck" <"$tmp/fast" >"$tmp/said" 2>&1
say $? facts "every line is a fact: $(tail -n 1 "$tmp/said")"
[ "$(grep -c '"fact":"message"' "$tmp/fast")" = 12 ] && grep -q '"who":"support"' "$tmp/fast"
say $? messages "what people and monitoring said is in the stream"
# two hours at x3600 are two seconds of true time: in CPU, because others use this machine too
times >"$tmp/a"
day "$tmp/fast" --speed 3600 --fast
times >"$tmp/b"
ms=$(cat "$tmp/a" "$tmp/b" | awk 'NR % 2 == 0 { split($1, u, /[ms]/); split($2, k, /[ms]/); t = (u[1] * 60 + u[2] + k[1] * 60 + k[2]) * 1000; if (NR == 2) a = t; else print int(t - a) }')
[ "$ms" -lt 16000 ] # a sanitizer costs up to eight times as much
say $? keeps-up "two hours of virtual time at x3600, 2000 ms of true time, cost $ms ms of one core"

train() { timeout 100 "$u" train "$@" --stream --fast --dir "$tmp/train" --score "$tmp/score" >"$tmp/stream" 2>"$tmp/err"; }
said() { grep '"fact":"coach"' "$tmp/stream" | grep -q "$1"; }
train mozilla-2013 <<'LINES'
look serials
look keys
cause ksk-inactive-signing-stopped
cause zsk-expired-signing-stopped
new-ksk
hint
predict extend-zsk
extend-zsk 25548
step 5m
look serials
note extended
tell team: out
until nobody
finish
quit
LINES
say $? train "a training without a terminal ends well $(head -c 200 "$tmp/err")"
said '"hidden":true' && said 'Not that' && said 'Right: zsk-expired' && said 'Which kind of key signs the SOA' &&
	said 'no cache learns of it' && said '"over":true'
say $? coach "hidden until named, asked before, praised with the reason"
grep -q '"total": 90,' "$tmp/score" && grep -q '"secure_end": true' "$tmp/score" && grep -q '"compared"' "$tmp/score"
say $? score "one wrong guess and one hint: $(grep -m 1 '"total"' "$tmp/score")"
grep -q 'dnskey.*42731\|KSK' "$tmp/train/debrief.txt" && grep -q '^real team' "$tmp/train/debrief.txt" &&
	grep -q 'econstr' "$tmp/train/debrief.txt"
say $? debrief "the debrief compares, and names the reconstruction"
grep -q 'Inactive: 20130614' "$tmp/train/dnssec/Kmozilla.org.+008+25548.key" &&
	ldns-verify-zone -t 20130516000000 "$tmp/train/mozilla.org.signed" >/dev/null 2>&1
say $? files "what the trainee did is in real files: the key's date, a zone that verifies"
rm -rf "$tmp/train"
train mozilla-2013 <<'LINES'
swap-zsk
swap-zsk
step 10m
back
finish
quit
LINES
grep -q '"branches": 1' "$tmp/score" && grep -q '"broken_validator_minutes": [0-9]' "$tmp/score" &&
	! grep -q 'swap-zsk.*applied' "$tmp/score"
say $? back "branch back: the wrong step is undone and costs"
train apnic-2012 --mode exam <<'LINES'
hint
swap-zsk
finish
quit
LINES
said 'no hints in this mode' && ! said 'Which caches would know'
say $? exam "in an exam nobody helps and nobody asks"
train apnic-2012 --mode guided <<'LINES'
look validation
look keys
next
quit
LINES
said 'Next: cause cache-holds-old-dnskey'
say $? guided "guided: it says what comes next"
train mozilla-2013 --mode replay <<'LINES'
next
next
next
next
next
quit
LINES
said '"text":"new-ksk ksk-new: the signer refuses: fatal: cannot find SOA RRSIGs'
say $? replay "replay: the team's steps, one by one"
if command -v dnssec-signzone >/dev/null; then
	rm -rf "$tmp/train" "$tmp/stream"
	# a trainee with BIND's own tools: the date away, the zone signed, the servers load it
	{
		echo "look keys"
		for i in $(seq 200); do [ -e "$tmp/train/Kdone" ] && break; sleep 0.1; done
		echo "publish"; echo "step 10m"; echo "finish"; echo "quit"
	} | train mozilla-2013 &
	pid=$!
	for i in $(seq 200); do [ -s "$tmp/train/mozilla.org.signed" ] && [ -s "$tmp/stream" ] && break; sleep 0.1; done
	(cd "$tmp/train" && dnssec-settime -I none dnssec/Kmozilla.org.+008+25548 &&
		dnssec-signzone -P -S -K dnssec -s 20130515210000 -e 20130614210000 -o mozilla.org -f mozilla.org.new zones/mozilla.org &&
		mv mozilla.org.new mozilla.org.signed; : >Kdone) >"$tmp/bind" 2>&1
	wait $pid
	grep -q 'the servers loaded serial 2013051500' "$tmp/score" && grep -q '"broken_validator_minutes": 0,' "$tmp/score" &&
		grep -q '2013051500' "$tmp/stream"
	say $? by-hand "what BIND's tools did in the folder is loaded by the simulated servers $(tail -n 1 "$tmp/bind" | cut -c1-80)"
else
	echo "skip moves-by-hand - BIND's utilities are not installed"
fi
exit $status
