#!/bin/sh
# Plans carried out for real: key files, signing, reload of NSD, Knot and BIND, and what they serve.
. "$SRCDIR/tests/net/lib.sh"
net_begin apply
. "$SRCDIR/tests/net/applylib.sh"
bad=0
ok() { echo "ok $1 - $2"; }
no() { echo "not ok $1 - $2"; bad=1; grep -hv "^[-+~ ] " "$W/plan.out" "$W/apply.out" | tail -n 25; }
check() { # NAME WHAT COMMAND...
	c_n=$1 c_w=$2; shift 2
	if "$@"; then ok "$c_n" "$c_w"; else no "$c_n" "$c_w"; fi
}
serials() { # SERIAL ADDRESS...
	s_s=$1; shift
	for s_a; do [ "$(ap_serial "$s_a")" = "$s_s" ] || return 1; done
}
dnskeys() { dig +short @127.0.0.5 -p "$PORT" example.org DNSKEY | sort; }

ap_tree
all="127.0.0.5 127.0.0.6 127.0.0.1"

# ---- the afternoon of 2013: a ZSK whose Inactive has passed, a zone that cannot be published
dnssec-settime -K "$W/zkeys" -I now-2d "$ZSK_BASE" >/dev/null
ap_source 2013051500; echo "extra A 192.0.2.9" >>"$W/zone/example.org"
before=$(dnskeys); ds=$(dig +short @127.0.0.3 -p "$PORT" example.org DS)
ap_plan "$W/plan1" extend-zsk "$ZSK"
ap_apply "$W/plan1"; rc=$?
check extend-zsk "applied, exit 0" [ $rc = 0 ]
check extend-zsk-served "NSD, Knot and BIND serve the new serial" serials 2013051500 $all
check extend-zsk-content "the reviewed change is published" [ "$(dig +short @127.0.0.5 -p "$PORT" extra.example.org A)" = 192.0.2.9 ]
check extend-zsk-secure "a fresh validator says secure" ap_secure
check extend-zsk-dnskey "the DNSKEY set did not change" [ "$(dnskeys)" = "$before" ]
check extend-zsk-ds "the DS did not change" [ "$(dig +short @127.0.0.3 -p "$PORT" example.org DS)" = "$ds" ]
later() { dnssec-settime -up I -K "$W/zkeys" "$ZSK_BASE" | awk -v now="$(date +%s)" '{ exit !($2 > now) }'; }
check extend-zsk-dates "BIND reads the new Inactive from the key file" later
check extend-zsk-mode "the private key is still 0600" \
	[ "$(stat -c %a "$W/zkeys/$ZSK_BASE.private")" = 600 ]
whole() { ap_journal verify >"$W/verify.out"; }
check journal "the journal's chain is whole" whole
[ -z "$(find "$W" -name '*.tmp' -o -name '*unbogus-lock')" ] && ok leftovers "no temporary file, no lock stays" ||
	no leftovers "files stay behind"

# ---- the same plan again: the world has moved
ap_apply "$W/plan1"; rc=$?
check stale "a plan that was carried out is stale: refused (4), and what moved is named" \
	sh -c "[ $rc = 4 ] && grep -q 'is not what the plan was made from' '$W/apply.out'"

# ---- undo: the content of before, under a higher serial, and the old dates
row=$(ap_journal list | awk '/ intent/ { print $1; exit }')
timeout 100 "$UNBOGUS" undo example.org "$row" -o "$W/plan.undo" -c "$CONF" --state "$ST" >"$W/plan.out" 2>&1
ap_apply "$W/plan.undo"; rc=$?
gone() { [ -z "$(dig +short @127.0.0.5 -p "$PORT" extra.example.org A)" ]; }
check undo "undone: exit 0, and the serial went up" \
	sh -c "[ $rc = 0 ] && [ \"\$(dig +short @127.0.0.6 -p $PORT example.org SOA | cut -d' ' -f3)\" -gt 2013051500 ]"
check undo-content "the record that the undone plan published is gone" gone
past() { ! later; }
check undo-dates "the key's old Inactive is back" past
check undo-secure "a fresh validator says secure" ap_secure

# ---- each server by its own control program, by two signers
serial=$(ap_serial 127.0.0.5)
dnssec-settime -K "$W/zkeys" -I none "$ZSK_BASE" >/dev/null
for who in nsd knot bind; do
	[ $who = bind ] && kind=bind-signzone || kind=built-in
	ap_conf $who $kind
	serial=$((serial + 1))
	ap_plan "$W/plan.$who" resign
	ap_apply "$W/plan.$who"; rc=$?
	case $who in nsd) at=127.0.0.5 ;; knot) at=127.0.0.6 ;; bind) at=127.0.0.1 ;; esac
	check resign-$who "re-signed by $kind, told to $who by its own command, serial raised" \
		sh -c "[ $rc = 0 ] && [ \"\$(dig +short @$at -p $PORT example.org SOA | cut -d' ' -f3)\" = $serial ]"
done
"$W/reload-all" >/dev/null 2>&1
ap_conf all
ap_secure && ok resign-secure "a fresh validator says secure" || no resign-secure "not secure"

# ---- no key material in anything that is kept or shown
keys=$(sed -n 's/^\(PrivateExponent\|Prime1\|Prime2\|Exponent1\|Coefficient\|PrivateKey\): *//p' "$W"/zkeys/*.private)
leak=0
for k in $keys; do
	part=$(printf %.40s "$k")
	hex=$(printf %s "$k" | base64 -d | od -An -tx1 | tr -d ' \n' | cut -c1-60)
	grep -rqaF -e "$part" -e "$hex" "$ST" "$W"/plan* "$W"/apply.out "$W"/*.log && leak=1
done
[ -n "$keys" ] && [ $leak = 0 ] && ok no-key-material "no private number in journal, backups, plans, output, logs (base64, hex)" ||
	no no-key-material "a private key leaked"
exit $bad
