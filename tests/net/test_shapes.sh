#!/bin/sh
# Zones of unusual shape, on real servers, and their screens: a TLD-like zone (26 server addresses,
# 12 DNSKEYs of two algorithms, 40 key files), a 70-character ip6.arpa name, a zone under co.uk, one
# whose server names lie in another zone, and vantages that never answer. Every screen must fit its
# size, say that the zone is secure, and show what the shape has too much of.
set -u
. "$SRCDIR/tests/net/lib.sh"
net_begin shapes
net_need dnssec-dsfromkey
bad=0
say() { if [ "$1" = 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; bad=1; fi; }
REV=8.b.d.0.1.0.0.2.ip6.arpa.
LONG=$(printf '0.%.0s' $(seq 27))$REV

head_of() { # ZONE NS...: SOA and NS
	printf '$TTL 300\n%s SOA %s hostmaster.invalid. 2024031501 180 180 1209600 300\n' "$1" "$2"
	head_z=$1; shift
	for head_n; do echo "$head_z NS $head_n"; done
}
glue() { echo "$1 A $2"; }

# Keys: two algorithms in the TLD, 12 of 40 key files published.
for z in . uk. co.uk. arpa. net. org. shop.co.uk. elsewhere.org. hoster.net. "$LONG"; do net_zone "$z"; done
tk='' published=''
for i in $(seq 40); do
	case $((i % 2)) in 0) alg="ECDSAP256SHA256" ;; *) alg="RSASHA256 -b 1024" ;; esac
	[ "$i" -le 4 ] && flag="-f KSK" || flag=
	[ "$i" -le 12 ] && when= || when="-P none -A none"
	k=$(dnssec-keygen -q -K "$W/keys" -a $alg $flag -L 300 $when tld.) || exit 1
	tk="$tk $k"
	[ "$i" -le 12 ] && published="$published $k"
done
echo $published >"$W/keys/tld.names"
mkdir "$W/tldkeys" && for k in $tk; do cp "$W/keys/$k.key" "$W/keys/$k.private" "$W/tldkeys/"; done

# Zones, leaves first: their DS goes up.
ns26=$(for i in $(seq 26); do echo "n$i.nic.tld."; done)
{ head_of tld. $ns26; i=0; for n in $ns26; do i=$((i + 1)); glue "$n" 127.0.0.$((19 + i)); done
	echo "www.tld. A 192.0.2.1"; } >"$W/tld.zone"
leaf() { # ZONE NS ADDRESS, or no address where the name lies elsewhere
	{ head_of "$1" "$2"; [ $# -gt 2 ] && glue "$2" "$3"; echo "www.$1 A 192.0.2.1"; } >"$W/$(net_file "$1").zone"
	net_sign "$1"
}
net_sign tld.
leaf shop.co.uk. ns.shop.co.uk. 127.0.0.6
leaf elsewhere.org. a.hoster.net.
leaf hoster.net. a.hoster.net. 127.0.0.7
leaf "$LONG" "ns.$LONG" 127.0.0.6
up() { # ZONE NS ADDRESS "CHILD NS ADDRESS"...
	up_z=$1
	{ head_of "$1" "$2"; glue "$2" "$3"; shift 3
	for up_c; do set -- $up_c; echo "$1 NS $2"; [ $# -gt 2 ] && glue "$2" "$3"; net_ds "$1"; done; } >"$W/$(net_file "$up_z").zone"
	net_sign "$up_z"
}
up co.uk. a.nic.co.uk. 127.0.0.4 "shop.co.uk. ns.shop.co.uk. 127.0.0.6"
up uk. a.nic.uk. 127.0.0.3 "co.uk. a.nic.co.uk. 127.0.0.4"
up arpa. a.in.arpa. 127.0.0.5 "$LONG ns.$LONG 127.0.0.6"
up net. a.nic.net. 127.0.0.3 "hoster.net. a.hoster.net. 127.0.0.7"
up org. a.nic.org. 127.0.0.4 "elsewhere.org. a.hoster.net."
{ head_of . a.root.; glue a.root. 127.0.0.2
for d in "uk. a.nic.uk. 127.0.0.3" "arpa. a.in.arpa. 127.0.0.5" "net. a.nic.net. 127.0.0.3" "org. a.nic.org. 127.0.0.4"; do
	set -- $d; echo "$1 NS $2"; glue "$2" "$3"; net_ds "$1"; done
i=0; for n in $ns26; do i=$((i + 1)); echo "tld. NS $n"; glue "$n" 127.0.0.$((19 + i)); done
for k in $(echo $published | cut -d' ' -f1-2); do dnssec-dsfromkey -2 "$W/keys/$k.key"; done; } >"$W/root.zone"
net_sign .
net_hints
net_nsd 2 .; net_nsd 3 uk. net.; net_nsd 4 co.uk. org.; net_nsd 5 arpa.; net_nsd 6 shop.co.uk. "$LONG"
net_nsd 7 elsewhere.org. hoster.net.
NSD_EXTRA=$(i=21; while [ $i -le 45 ]; do echo "ip-address: 127.0.0.$i@$PORT"; i=$((i + 1)); done)
net_nsd 20 tld.
NSD_EXTRA=

shot() { # NAME ZONE OPTIONS...: one round recorded, then the words
	shot_n=$1 shot_z=$2; shift 2
	timeout 60 "$UNBOGUS" observe net "$shot_z" --once --root-hints "$W/root.hints" --trust-anchor "$W/root.key" \
		--port "$PORT" "$@" </dev/null >"$W/$shot_n.jsonl" 2>"$W/$shot_n.err"
	say $? "$shot_n-observed" "one round of $shot_z ends"
	[ "$shot_n" != tld ] || timeout 20 "$UNBOGUS" observe local tld --keys "$W/tldkeys" --once >>"$W/tld.jsonl"
	"$UNBOGUS" diagnose "$shot_z" --replay "$W/$shot_n.jsonl" --trust-anchor "$W/root.key" --json >"$W/$shot_n.json"
	shot_s=$?
	python3 - "$W/$shot_n.json" <<'PY' >"$W/$shot_n.says"
import json, sys
d = json.load(open(sys.argv[1]))
print(d["state"], d["security"], *sorted(f["id"] for f in d["findings"] if f["severity"] in ("critical", "high", "warning")))
PY
	[ "$(cat "$W/$shot_n.says")" = "ok secure" ]
	say $? "$shot_n-verdict" "a healthy zone of this shape raises no alarm (exit $shot_s, says: $(cat "$W/$shot_n.says"))"
}
screens() { # NAME ZONE SCRIPT-LINES...
	sc_n=$1 sc_z=$2; shift 2
	for e; do echo "$e"; done >"$W/$sc_n.script"
	for size in 80x24 120x40 200x60; do
		"$UNBOGUS" console "$sc_z" --replay "$W/$sc_n.jsonl" --trust-anchor "$W/root.key" --tz UTC --size $size \
			--script "$W/$sc_n.script" --dump "$W/$sc_n.$size" 2>"$W/$sc_n.$size.err"
		sc_s=$?
		python3 - "$W/$sc_n.$size" $size <<'PY'
import sys, unicodedata
w, h = map(int, sys.argv[2].split("x"))
lines = open(sys.argv[1], encoding="utf-8").read().rstrip("\n").split("\n")
wide = [l for l in lines if sum(0 if unicodedata.combining(c) else 1 for c in l) > w]
sys.exit(bool(wide) or len(lines) % h > 1)
PY
		[ $? = 0 ] && [ $sc_s = 0 ]
		say $? "$sc_n-$size" "the screen fits and says what it must"
		[ $sc_s = 0 ] || { cat "$W/$sc_n.$size.err"; cat "$W/$sc_n.$size"; }
	done
}
shot tld tld --no-own-vantages
screens tld tld 'expect OK' 'key z 1' 'expect KSK' 'key G' 'expect tld' 'key 3' 'expect 2024031501' 'key G' 'expect n26' \
	'key / ' 'key Esc' 'key 2' 'expect DS'
[ "$(grep -c '"fact":"keyfile"' "$W/tld.jsonl")" -ge 40 ]; say $? tld-keys "all 40 key files are in the stream"
shot ip6 "${LONG%.}" --no-own-vantages
screens ip6 "${LONG%.}" 'expect OK' 'expect ip6.arpa' 'key z 3' 'expect 2024031501' 'key 1' 'expect KSK'
shot couk shop.co.uk --no-own-vantages
screens couk shop.co.uk 'expect OK' 'key z 2' 'expect co.uk' 'expect uk' 'key 3' 'expect ns'
shot out elsewhere.org --no-own-vantages
screens out elsewhere.org 'expect OK' 'key z 3' 'expect hoster.net'
dead() { python3 -c '
import socket, sys, time
s = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
for i, k in enumerate(s): k.bind(("127.0.0.%d" % (50 + i), int(sys.argv[1])))
open(sys.argv[2], "w").close()
time.sleep(120)' "$PORT" "$W/dead" & net_started $!
	for i in $(seq 50); do [ -e "$W/dead" ] && return; sleep 0.1; done; }
dead
shot silent shop.co.uk --no-own-vantages --vantage isp-a=127.0.0.50 \
	--vantage isp-b=127.0.0.51 --vantage isp-c=127.0.0.52
screens silent shop.co.uk 'expect OK' 'key z 4' 'expect isp-a' 'expect isp-c' 'expect no answer' 'refuse BOGUS'
exit $bad
