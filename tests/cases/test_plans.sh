#!/bin/sh
# Actions and plans on the incident of 2013, each moment started cold: the ranking of ux.md 3.8, the
# plan that was needed, the plan that was done, and the same with other names, tags and algorithms.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export UBG_SHARE="$SRCDIR/share" UBG_STATE="$dir" XDG_STATE_HOME="$dir" TZ=America/Los_Angeles
u=$BUILDDIR/unbogus
fail=0
say() { # OK? NAME WHAT
	if [ "$1" = 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; fail=1; fi
}
at() { # TIME: the stream of that moment, and its actions
	timeout 60 "$u" lab mozilla-2013 --at "$1" --once >"$dir/s" 2>"$dir/err" &&
		timeout 30 "$u" actions mozilla.org --replay - <"$dir/s" >"$dir/out" 2>>"$dir/err"
	say $? "actions $2" "a ranking is printed"
}
first() { # NAME ACTION: number 1 of the list
	grep -q "^ 1\. .*\[$2\]\$" "$dir/out"
	say $? "$1" "first of all: $2"
}
has() { # NAME ACTION PATTERN: of the lines about ACTION
	awk -v a="[$2]" '/^ *[0-9]+\. / { on = index($0, a) > 0 } on' "$dir/out" | grep -qE "$3"
	say $? "$1" "$2: $3"
}
before() { # NAME A B: A is ranked before B
	a=$(grep -nF "[$2]" "$dir/out" | head -n 1 | cut -d: -f1) b=$(grep -nF "[$3]" "$dir/out" | head -n 1 | cut -d: -f1)
	[ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ]
	say $? "$1" "$2 comes before $3"
}

for t in 22:33:00:15:32 23:04:00:16:03 23:44:31:16:44; do
	at "2013-05-15T${t%:*:*}Z" "${t#*:*:*:}"
	name=${t#*:*:*:}
	first "$name extend" "extend-zsk 25548"
	has "$name extend is harmless" "extend-zsk 25548" 'Fixes the cause: yes. Risk to validators: none'
	has "$name swap is wrong" swap-zsk 'stale caches fail for 1h00m'
	has "$name swap must be split" swap-zsk 'must be split'
	has "$name unsigned breaks all" unsign 'all validators fail until it is undone'
	has "$name going insecure is said" go-insecure 'nobody is protected any more'
	before "$name wait is ranked" wait swap-zsk
	before "$name insecure comes late" swap-zsk go-insecure
done
has "16:44 new KSK is wrong" new-ksk 'WRONG|does not change the cause'
has "16:44 DS is wrong" add-ds 'WRONG|not the cause'
has "16:44 rolling the KSK is misread" roll-ksk 'key-role-misread: the cause is zsk-expired-signing-stopped of ZSK'
"$u" plan mozilla.org roll-ksk --replay "$dir/s" >"$dir/plan" 2>&1
grep -q 'Guard cause: needs-phrase: key-role-misread: the cause is zsk-expired' "$dir/plan"
say $? "16:44 roll-ksk" "key-role-misread: a planned KSK change asks for the long phrase while a ZSK is the cause"
"$u" plan mozilla.org extend-zsk 25548 --replay "$dir/s" -o "$dir/p" >"$dir/plan" 2>&1
say $? "16:44 plan" "the plan of the safe step is made, exit 0"
grep -q '^+ K.*25548.key  ; Inactive: 20130614001200' "$dir/plan"
say $? "16:44 diff" "the Inactive date moves by a month"
grep -q '^To apply it type: mozilla.org$' "$dir/plan"
say $? "16:44 phrase" "the zone's name is the phrase"
! grep -q ' bogus ' "$dir/plan"
say $? "16:44 prediction" "no class of caches is bogus after it"
"$u" predict "$dir/p" >/dev/null && "$u" diff "$dir/p" | grep -q '^+ SOA  2013051500'
say $? "16:44 read back" "predict and diff read the file"
"$u" plan mozilla.org extend-zsk 25548 --replay "$dir/s" --script >"$dir/sh" && sh -n "$dir/sh" &&
	grep -q 'dnssec-settime -I 20130614001200 .*25548.key' "$dir/sh"
say $? "16:44 script" "the plan as a shell script, which sh can read"
"$u" plan mozilla.org new-ksk --replay "$dir/s" -o "$dir/q" >"$dir/plan" 2>&1
[ $? = 3 ] && grep -q 'refuse: ZSK 25548 stopped signing' "$dir/plan" && [ ! -e "$dir/q" ]
say $? "16:44 new KSK refused" "it would not be signed either: refused, nothing written"

at 2013-05-16T00:06:40Z 17:06
first "17:06" "extend-zsk 25548"
at 2013-05-16T00:28:00Z 17:28
has "17:28 the old KSK" "resign-without 42731" 'Safe from 2013-05-16T23:5'
has "17:28 the old ZSK back" "restore-key 25548" 'Fixes the cause: yes'
at 2013-05-16T01:05:12Z 18:05
has "18:05 wait" wait 'Fixes the cause: yes. Risk to validators: none new'
before "18:05 wait first" wait "resign-without 42731"

# 18:22: the step that was taken at 18:25
at 2013-05-16T01:22:48Z 18:22
first "18:22" wait
has "18:22 without the old KSK" "resign-without 42731" 'stale caches fail for 22h'
"$u" plan mozilla.org resign-without 42731 --replay "$dir/s" -o "$dir/p" >"$dir/plan" 2>&1
[ $? = 1 ]; say $? "18:22 plan" "it is made, and breaks: exit 1"
grep -qE '^DS \{42731\} cached +secure +bogus +2013-05-16T23:5' "$dir/plan"
say $? "18:22 class" "the class that breaks is named, with its end"
grep -qE '^DNSKEY \{42731 25548\} cached +bogus +bogus +2013-05-16T01:27:04Z' "$dir/plan"
say $? "18:22 the class that fails anyway" "heals at 18:27:04 by itself"
grep -qE '^Guard G1: needs-phrase: caches may hold DS \{42731\} until .* Allows: 2013-05-16T23:5' "$dir/plan"
say $? "18:22 guard" "G1 says why, and when it would allow"
grep -q '^To apply it type: mozilla.org 42731 breaks DS-cached validators ' "$dir/plan"
say $? "18:22 phrase" "the long phrase names zone, key and who breaks"
grep -q 'MAKES IT WORSE.*Does not fix the cause.*Waiting 4m16s heals' "$dir/plan"
say $? "18:22 verdict" "and waiting four minutes heals what fails"
"$u" predict "$dir/p" >/dev/null; [ $? = 1 ]
say $? "18:22 predict" "predict's exit code says so too"
"$u" plan mozilla.org ask-flush --replay "$dir/s" >"$dir/plan"
grep -q '^Keys that a cache may still hold: 25548$' "$dir/plan" && grep -q 'rndc nta -lifetime' "$dir/plan" &&
	grep -q '2013-05-16T01:27:04Z' "$dir/plan"
say $? "18:22 ask-flush" "a text with zone, tags, until, commands and the negative trust anchor"

# 18:27 and later: the old KSK is gone, caches hold DS {42731}
at 2013-05-16T01:30:00Z 18:30
has "18:30 the old KSK back" "restore-key 42731" 'Fixes the cause: yes'
before "18:30 back before waiting" "restore-key 42731" wait

# other names, tags, algorithms and TTLs
for seed in 1 2 3 4 5; do
	timeout 60 "$u" lab mozilla-2013 --seed $seed --once >"$dir/s" 2>"$dir/err"
	zone=$(sed -n '1s/.*"zone": *"\([^"]*\)".*/\1/p' "$dir/s")
	tag=$("$u" diagnose "$zone" --replay "$dir/s" | sed -n 's/^Cause: ZSK \([0-9]*\) .*/\1/p')
	timeout 30 "$u" actions "$zone" --replay "$dir/s" >"$dir/out" 2>>"$dir/err"
	first "seed $seed ($zone, $tag)" "extend-zsk $tag"
	has "seed $seed swap" swap-zsk 'stale caches fail'
done
exit $fail
