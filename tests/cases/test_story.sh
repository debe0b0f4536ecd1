#!/bin/sh
# The incident of 2013 as the lab shows it, each moment started cold: what the first screen says.
# The lab emits only what real producers could see.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export UBG_SHARE="$SRCDIR/share" XDG_STATE_HOME="$dir" TZ=America/Los_Angeles
fail=0
at() { # TIME
	timeout 60 "$BUILDDIR/unbogus" lab mozilla-2013 --at "$1" --once >"$dir/s" 2>"$dir/err" &&
		timeout 20 "$BUILDDIR/unbogus" diagnose mozilla.org --replay "$dir/s" >"$dir/out" 2>>"$dir/err"
	rc=$?
}
wants() { # NAME PATTERN STATUS
	if grep -qE "$2" "$dir/out" && [ $rc = "$3" ]; then
		echo "ok story $1"
	else
		echo "not ok story $1 - exit $rc (want $3), no line like: $2"
		sed -n 1,3p "$dir/out" "$dir/err"
		fail=1
	fi
}
lacks() { # NAME PATTERN
	if grep -qE "$2" "$dir/out"; then
		echo "not ok story $1 - there is a line like: $2"
		fail=1
	else
		echo "ok story $1"
	fi
}
at 2013-05-15T23:44:31Z
wants "16:44 no outage" '^State: WARNING. PUBLISH BLOCKED, NOT AN OUTAGE' 1
wants "16:44 names the ZSK" '^Cause: ZSK 25548 stopped signing 1d23h ago .*zsk-expired-signing-stopped' 1
wants "16:44 rules the KSK out" '^Not the cause: KSK 42731 .*5 of 5' 1
wants "16:44 rules the DS out" '^Not the cause: the DS .*KSK 42731' 1
wants "16:44 safe step" '^Safe step: .*ZSK 25548.*\[extend-zsk\]' 1
wants "16:44 wrong: new KSK" '^Do not: .*\[new-ksk\]' 1
wants "16:44 wrong: DS" '^Do not: .*\[add-ds\]' 1
wants "16:44 time" '^Time: nobody fails before 06-1' 1
lacks "16:44 no word of an expired key" '[Ee]xpired key'
at 2013-05-16T00:28:00Z
wants "17:28 caches will fail, before anybody does" '^State: WARNING. CACHES WILL FAIL' 1
at 2013-05-16T01:05:12Z
wants "18:05 partial outage" '^State: CRITICAL. PARTIAL OUTAGE: 2 of 5 vantages BOGUS' 2
wants "18:05 the swap" '^Cause: ZSK swapped 25548 -> 40183 at 17:27 .*until 18:27.*cache-holds-old-dnskey' 2
wants "18:05 safe step is to wait" '^Safe step: .*18:27.*\[wait\]' 2
wants "18:05 wrong: drop the KSK" '^Do not: re-sign without KSK 42731' 2
lacks "18:05 no word of a DS fault as cause" '^(Cause|Also): .*\[ds-'
exit $fail
