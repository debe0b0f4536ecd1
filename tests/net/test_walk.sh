#!/bin/sh
# The walk on awkward trees, and the rounds afterwards: server names in another zone, a zone cut
# that hides on the parent's own servers, DNSKEY answers that do not fit, IPv6, the cadence and
# the back channel.
. "$SRCDIR/tests/net/lib.sh"
net_begin walk
bad=0
check() { # WHAT IS SHOULD
	if [ "$2" = "$3" ]; then echo "ok walk - $1"
	else echo "not ok walk - $1: is '$2', should be '$3'"; bad=1; fi
}
observe() { timeout 20 "$UNBOGUS" observe net "$@" --no-own-vantages --root-hints "$W/root.hints" --port "$PORT" </dev/null >"$W/out"; }
ask() { python3 "$SRCDIR/tests/net/stream.py" "$W/out" "$1"; }

# ". -> uk (also serves co.uk, on the same servers) -> x.co.uk", whose servers are called
# ns.net-ops.net ("net" on 4, net-ops.net on 6); x.co.uk has enough RSA keys for 1,232 octets.
for z in . uk. co.uk. net. net-ops.net.; do net_zone $z; done
net_zone x.co.uk. RSASHA256
more=$(dnssec-keygen -q -K "$W/keys" -a RSASHA256 -b 2048 -f KSK x.co.uk.)
echo "$(cat "$W/keys/x.co.uk.names") $more" >"$W/keys/x.co.uk.names"
soa() { echo "\$TTL 300"; echo "$1 SOA ns.test. h.test. ${2:-1} 3600 900 1209600 300"; }
{ soa x.co.uk. 7; echo "x.co.uk. NS ns.net-ops.net."; echo "x.co.uk. NS ns2.net-ops.net."
echo "www.x.co.uk. A 192.0.2.1"; } >"$W/x.co.uk.zone"
net_sign x.co.uk.
{ soa co.uk.; echo "co.uk. NS ns.nic.uk."; echo "x.co.uk. NS ns.net-ops.net."; echo "x.co.uk. NS ns2.net-ops.net."
net_ds x.co.uk.; } >"$W/co.uk.zone"; net_sign co.uk.
{ soa uk.; echo "uk. NS ns.nic.uk."; echo "ns.nic.uk. A 127.0.0.3"; echo "co.uk. NS ns.nic.uk."
net_ds co.uk.; } >"$W/uk.zone"; net_sign uk.
{ soa net-ops.net.; echo "net-ops.net. NS a.net-ops.net."; echo "a.net-ops.net. A 127.0.0.6"
echo "ns.net-ops.net. A 127.0.0.5"; echo "ns2.net-ops.net. A 127.0.0.7"; } >"$W/net-ops.net.zone"; net_sign net-ops.net.
{ soa net.; echo "net. NS a.gtld.net."; echo "a.gtld.net. A 127.0.0.4"
echo "net-ops.net. NS a.net-ops.net."; echo "a.net-ops.net. A 127.0.0.6"; net_ds net-ops.net.; } >"$W/net.zone"; net_sign net.
{ soa .; echo ". NS a.root."; echo "a.root. A 127.0.0.2"; echo "uk. NS ns.nic.uk."; echo "ns.nic.uk. A 127.0.0.3"; net_ds uk.
echo "net. NS a.gtld.net."; echo "a.gtld.net. A 127.0.0.4"; net_ds net.; } >"$W/root.zone"
net_sign .; net_hints
net_nsd 2 .; net_nsd 3 uk. co.uk.; net_nsd 4 net.; net_nsd 6 net-ops.net.
net_nsd 5 x.co.uk.; net_nsd 7 x.co.uk.

observe x.co.uk --once
check "a walk over other zones' names ends with 0" $? 0
check "server names in another zone are found, and every address is asked" \
	"$(ask 'sorted(set(at(f) for f in answers if f["at"]["cut"] == "x.co.uk."))')" "['127.0.0.5', '127.0.0.7']"
check "the cut that hides on its parent's servers is found" \
	"$(ask 'sorted(set(f["at"]["cut"] for f in answers), key=len)')" "['.', 'uk.', 'co.uk.', 'x.co.uk.']"
check "its DNSKEY, its DS in uk., and the zone's DS in co.uk. were asked" \
	"$(ask '[sum(f["fact"] == p and f["qname"] == q and f["at"]["cut"] == c and f["rcode"] == 0 and any(r["type"] == p.upper() for r in f["rrs"]) for f in answers) > 0 for p, q, c in (("dnskey", "co.uk.", "co.uk."), ("ds", "co.uk.", "uk."), ("ds", "x.co.uk.", "co.uk."))]')" \
	"[True, True, True]"
check "a DNSKEY answer that does not fit goes on over TCP" \
	"$(ask 'sorted(set((f["tcp"], f["tcp-after-tc"], f["tc"], f["size"] > 1232) for f in answers if f["fact"] == "dnskey" and f["qname"] == "x.co.uk."))')" \
	"[(True, True, False, True)]"

# Rounds: SOA each second; "probe" on standard input asks for everything at once, DNSKEY now over
# TCP from the start; a new serial brings a full round by itself.
mkfifo "$W/in"
timeout 30 "$UNBOGUS" observe net x.co.uk --no-own-vantages --period 1s --root-hints "$W/root.hints" --port "$PORT" <"$W/in" >"$W/out" &
pid=$!; net_started $pid
exec 8>"$W/in"
sleep 2.5
cp "$W/out" "$W/out1"
echo probe >&8
sleep 1.5
cp "$W/out" "$W/out2"
sed -i 's/ 7 3600 900/ 8 3600 900/' "$W/x.co.uk.zone"; net_sign x.co.uk.
nsd-control -c "$W/nsd5/conf" reload >/dev/null; nsd-control -c "$W/nsd7/conf" reload >/dev/null
sleep 7
kill -TERM $pid; wait $pid; status=$?
exec 8>&-
full='[sum(f["fact"] == "round" and f["what"] == "full" and f["end"] for f in facts), sum(f["fact"] == "round" and f["what"] == "soa" and f["end"] for f in facts) >= 1]'
check "SIGTERM ends it with 0" $status 0
check "the first seconds: one full round, a look at the serials each second" \
	"$(python3 "$SRCDIR/tests/net/stream.py" "$W/out1" "$full")" "[1, True]"
check "'probe' brings a full round at once" "$(python3 "$SRCDIR/tests/net/stream.py" "$W/out2" "$full")" "[2, True]"
check "a DNSKEY that is known to be large is asked over TCP at once" \
	"$(python3 "$SRCDIR/tests/net/stream.py" "$W/out2" '[(f["tcp"], f["tcp-after-tc"]) for f in answers if f["fact"] == "dnskey" and f["qname"] == "x.co.uk."][-1]')" "(True, False)"
check "a new serial brings a full round by itself" "$(ask 'sum(f["fact"] == "round" and f["what"] == "full" and f["end"] for f in facts) >= 3')" True

# IPv6, as far as plain loopback goes.
if python3 -c 'import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).bind(("::1", 0))' 2>/dev/null; then
	mkdir -p "$W/nsd9"
	sed "s/127.0.0.5@/::1@/; s/nsd5/nsd9/g" "$W/nsd5/conf" >"$W/nsd9/conf"
	nsd -d -c "$W/nsd9/conf" >"$W/nsd9.out" 2>&1 & net_started $!
	net_wait ::1
	observe x.co.uk --once --server "six@[::1]:$PORT"
	check "a server at an IPv6 address answers all probes" \
		"$(ask 'sorted(set((at(f), f["nsid"]) for f in answers if f["at"]["role"] == "child")), sum(f["at"]["role"] == "child" for f in answers)')" "([('::1', 'nsd9')], 9)"
else
	echo "skip walk - no IPv6 on this machine's loopback: not shown"
fi

observe nosuch.co.uk --once
check "a name that is no zone: said, once, and no child is invented" \
	"$(ask '[f["what"] for f in facts if f["fact"] == "unknown"], sum(f["at"]["role"] == "child" for f in answers)')" "(['delegation'], 0)"
printf '. NS a.\na. A 127.0.0.9\n' >"$W/dead.hints"
timeout 20 "$UNBOGUS" observe net x.co.uk --no-own-vantages --once --root-hints "$W/dead.hints" --port "$PORT" </dev/null >"$W/out"
check "no root server answers: ends, with facts that say so" "$? $(ask 'sorted(set(f["why"] for f in silences))')" "0 ['refused']"
(timeout 20 "$UNBOGUS" observe net x.co.uk --no-own-vantages --period 1s --root-hints "$W/root.hints" --port "$PORT" </dev/null
echo $? >"$W/status") | head -n 1 >/dev/null
check "a reader that goes ends it, with 1" "$(cat "$W/status")" 1
check "hints that are missing are named" "$(timeout 5 "$UNBOGUS" observe net x.co.uk --no-own-vantages --root-hints "$W/nonexistent" 2>&1 >/dev/null </dev/null | grep -c nonexistent)" 1
check "an empty label is an error, not a crash" "$("$UNBOGUS" observe net a..b 2>/dev/null; echo $?)" 3

cat >"$W/c.yaml" <<Y
root-hints: $W/root.hints
port: $PORT
zones:
  - name: x.co.uk
    nameservers: [{name: only, address: 127.0.0.7}]
Y
timeout 20 "$UNBOGUS" observe net x.co.uk --once --no-own-vantages -c "$W/c.yaml" </dev/null >"$W/out"
check "the configuration's hints, port and name servers are what is asked" \
	"$(ask 'sorted(set((at(f), f["at"]["ns"]) for f in answers if f["at"]["role"] == "child"))')" "[('127.0.0.7', 'only.')]"
exit $bad
