#!/bin/sh
# What the simulated validators say of the states that were measured with Unbound (rcode, extended error, words).
set -u
command -v python3 >/dev/null || { echo "skip oracles - python3 is not installed"; exit 0; }
UBG_SHARE=$SRCDIR/share
export UBG_SHARE
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
status=0
# scenario, options, vantage, question, rcode, AD, EDE (- none), words
while IFS='|' read -r name scenario opts vantage question rcode ad ede words; do
	[ -n "$name" ] || continue
	timeout 60 "$BUILDDIR/unbogus" lab "$scenario" --once $opts --dir "$tmp/w" >"$tmp/s" 2>"$tmp/err"
	got=$(python3 - "$tmp/s" "$vantage" "$question" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    f = json.loads(line)
    if f.get("fact") == "resolve" and f["vantage"] == sys.argv[2] and f["question"] == sys.argv[3] and not f["cd"]:
        e = f.get("ede") or []
        print("%d|%s|%s|%s" % (f["rcode"], "ad" if f["ad"] else "no", e[0]["code"] if e else "-", f.get("why") or ""))
PY
)
	case $got in
	"$rcode|$ad|$ede|"*"$words"*) echo "ok oracle-$name - $vantage $question: $got" ;;
	*) echo "not ok oracle-$name - $vantage $question: $got, not $rcode|$ad|$ede|$words $(head -c 200 "$tmp/err")"; status=1 ;;
	esac
	rm -rf "$tmp/w"
done <<'TABLE'
ds-no-dnskey|hbonow-2015||own-fresh|soa|2|no|9|no DNSKEY record
ds-k1-child-k2|my-2018||own-fresh|soa|2|no|9|no keys have a DS with algorithm
no-signature-of-ds-key|e164-2011|--variant a|own-fresh|soa|2|no|10|signature missing
expired|arin-2019||own-fresh|soa|2|no|7|signature expired
future|whose-clock|--variant b|own-fresh|soa|2|no|8|signature before inception date
data-expired-soa-good|ripe-2023||own-fresh|soa|0|ad|-|
data-expired-only|ripe-2023||own-fresh|positive|2|no|7|signature expired
data-expired-denial|ripe-2023||own-fresh|nxdomain|2|no|7|signature expired
same-tag-foreign-key|de-2026||own-fresh|positive|2|no|6|signature crypto failed
warm-unknown-zsk|mozilla-2013-day|--at 2013-05-16T00:45:30Z|own-aged|soa|2|no|9|signatures from unknown keys
cold-is-fine|mozilla-2013-day|--at 2013-05-16T00:45:30Z|own-fresh|soa|0|ad|-|
extra-ds|mozilla-2013-day|--at 2013-05-15T23:55:00Z|own-fresh|soa|0|ad|-|
stale-one-of-three|xfinity-2015|--variant a|isp|soa|0|ad|-|
no-ds|slack-2021|--at 2021-09-30T14:00:00Z|own-fresh|soa|0|no|-|
clock-wrong-root-too|whose-clock|--variant a|office|known-good|2|no|-|
clock-wrong|whose-clock|--variant a|office|soa|2|no|-|
TABLE
exit $status
