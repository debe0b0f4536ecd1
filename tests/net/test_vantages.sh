#!/bin/sh
# What vantages say, with real servers, resolvers and signatures: libunbound on a private root,
# Unbound and BIND, a resolver that does not validate, one that is silent and one that is slow.
. "$SRCDIR/tests/net/lib.sh"
. "$SRCDIR/tests/net/cases.sh"
tool=$BUILDDIR/obj/tests/net/tool_vantage
bad=0
net_begin vantages
lab_begin mozilla.org.

# run NAME ROUNDS VANTAGE...: the stream into $W/NAME; lines on standard input start rounds
run() {
	run_out=$W/$1 run_n=$2; shift 2
	timeout 60 "$tool" "$LEAF" "$W/root.key" "$run_n" ".=127.0.0.2@$PORT" "org.=127.0.0.3@$PORT" \
		"$LEAF=127.0.0.5@$PORT" "$LEAF=127.0.0.6@$PORT" "$LEAF=127.0.0.1@$PORT" -- "$@" >"$run_out" ||
		{ echo "not ok vantages-exit - the tool ended with $? on $run_out"; bad=1; }
}

# check ID TEXT STREAM 'python expression over F': F(vantage, question, cd=False) is the newest
# final resolve fact of that kind as a dict, A(...) all of them, pending ones included
check() {
	if STREAM=$3 EXPR=$4 python3 - <<'PY'
import json, os, sys
facts = [json.loads(l) for l in open(os.environ["STREAM"])]
def A(v, q, cd=False):
    return [f for f in facts if f["fact"] == "resolve" and f["vantage"] == v
            and f["question"] == q and f["cd"] == cd]
def F(v, q, cd=False):
    return [f for f in A(v, q, cd) if not f["pending"]][-1]
def tags(f):
    return [r["text"] for r in f["rrs"] if r["type"] == "DNSKEY"]
def ttls(f):
    return [r["ttl"] for r in f["rrs"] if r["type"] == "DNSKEY"]
ok = eval("(" + os.environ["EXPR"] + ")")
if not ok:
    for f in facts:
        if f["fact"] == "resolve":
            print("  ", f["vantage"], f["question"], f["cd"], f["rcode"], f["ad"], f["status"], f["why"])
sys.exit(not ok)
PY
	then echo "ok vantages-$1 - $2"
	else echo "not ok vantages-$1 - $2"; bad=1
	fi
}

lab_case a
resolvers="unbound=127.0.0.8@$PORT,isp bind=127.0.0.1@$RPORT,public"
run a 1 fresh aged $resolvers </dev/null
check a-libunbound "libunbound on a private root: the healthy zone is secure, negative answers too" "$W/a" \
	'all(F(v, q)["status"] == "secure" for v in ("fresh", "aged") for q in ("soa", "positive", "nodata", "nxdomain"))'
check a-resolvers "Unbound and BIND give AD for every question, and for the known-good name" "$W/a" \
	'all(F(v, q)["ad"] for v in ("unbound", "bind") for q in ("soa", "positive", "nodata", "nxdomain", "known-good"))'
check a-rcodes "the NXDOMAIN question gets NXDOMAIN, the NODATA question an empty NOERROR" "$W/a" \
	'F("bind", "nxdomain")["rcode"] == 3 and F("bind", "nodata")["rcode"] == 0 and
	not [r for r in F("bind", "nodata")["rrs"] if r["type"] == "SRV"]'
check a-samples "a public resolver is asked for its DNSKEY eight times, others once" "$W/a" \
	'len(A("bind", "dnskey", True)) == 8 and len(A("unbound", "dnskey", True)) == 1'

lab_case b
run b 1 fresh $resolvers </dev/null
check b "expired data signatures: bogus with its reason, SERVFAIL, and data with CD=1" "$W/b" \
	'F("fresh", "soa")["status"] == "bogus" and "expired" in F("fresh", "soa")["why"] and
	all(F(v, "soa")["rcode"] == 2 and F(v, "soa", True)["rcode"] == 0 for v in ("unbound", "bind"))'
check b-ede "Unbound says EDE 7, and its DNSKEY set is still secure" "$W/b" \
	'7 in [e["code"] for q in ("soa", "positive", "nodata", "nxdomain") for e in F("unbound", q)["ede"]] and
	F("fresh", "dnskey", True)["status"] == "secure"'

lab_case c1
run c1 1 fresh $resolvers </dev/null
check c1 "a DS without its key: bogus for libunbound, SERVFAIL at both resolvers" "$W/c1" \
	'F("fresh", "soa")["status"] == "bogus" and all(F(v, "positive")["rcode"] == 2 for v in ("unbound", "bind"))'

# g: the aged context sees the healthy zone in round 1, the swapped keys in round 2
lab_case a
mkfifo "$W/go"
run g 2 fresh aged $resolvers <"$W/go" &
tool_pid=$!
exec 9>"$W/go"
for i in $(seq 100); do grep -q '"end":true' "$W/g" 2>/dev/null && break; sleep 0.1; done
lab_case g
echo go >&9
wait $tool_pid
exec 9>&-
old=$(sed -n 's/.*DNSKEY \([0-9]* [0-9]* [0-9]*\) \(.*\)/\2/p' "$W/keys/$K1.key" | tr -d ' ')
check g-pair "keys and DS swapped: the fresh context is secure, the aged one and both resolvers fail" "$W/g" \
	'F("fresh", "soa")["status"] == "secure" and F("aged", "soa")["status"] == "bogus" and
	all(F(v, "soa")["rcode"] == 2 for v in ("unbound", "bind"))'
export old
check g-cache "CD=1 shows the old DNSKEY and how long it stays, the served set is another" "$W/g" \
	'all(any(os.environ["old"] in t.replace(" ", "") for t in tags(F(v, "dnskey", True))) and
	0 < min(ttls(F(v, "dnskey", True))) < 3600 for v in ("unbound", "bind")) and
	not any(os.environ["old"] in t.replace(" ", "") for t in tags(F("fresh", "dnskey", True)))'

# a resolver that never answers, one that says SERVFAIL after 11 s, one that does not validate
python3 - "$PORT" "$W/dummy" <<'PY' &
import socket, sys, threading
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); silent.bind(("127.0.0.9", int(sys.argv[1])))
slow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); slow.bind(("127.0.0.10", int(sys.argv[1])))
open(sys.argv[2], "w")
while True:
    m, to = slow.recvfrom(4096)
    q = m[:12] + m[12:m.index(b"\0", 12) + 5]
    if m[3] & 0x10:  # CD: at once, NOERROR without records
        slow.sendto(q[:2] + b"\x81\x90" + b"\0\1\0\0\0\0\0\0" + q[12:], to)
    else:
        threading.Timer(11, slow.sendto, (q[:2] + b"\x81\x82" + b"\0\1\0\0\0\0\0\0" + q[12:], to)).start()
PY
net_started $!
sed -e "s/dnssec-validation yes/dnssec-validation no/" -e '/trust-anchors/d' -e "s,$W/resolver,$W/plain," \
	-e "s/port $RPORT/port $((RPORT + 1))/" "$W/resolver/conf" >"$W/plain.conf"
mkdir "$W/plain"
named -g -4 -n 1 -c "$W/plain.conf" >"$W/plain.log" 2>&1 &
net_started $!
net_wait 127.0.0.1 $((RPORT + 1))
for i in $(seq 50); do [ -e "$W/dummy" ] && break; sleep 0.1; done
run slow 1 silent=127.0.0.9@$PORT,isp slow=127.0.0.10@$PORT,isp plain=127.0.0.1@$((RPORT + 1)),isp \
	closed=127.0.0.11@$PORT,isp </dev/null
check slow "SERVFAIL after 11 s is SERVFAIL, pending until then, and no timeout" "$W/slow" \
	'F("slow", "soa")["rcode"] == 2 and A("slow", "soa")[0]["pending"] and len(A("slow", "soa")) == 2 and
	F("slow", "soa")["rtt-us"] > 9000000 and F("slow", "soa", True)["rcode"] == 0'
check silent "a silent resolver: pending at 1.2 s, no answer after 13 s" "$W/slow" \
	'A("silent", "soa")[0]["pending"] and F("silent", "soa")["rcode"] == -1 and
	F("silent", "soa")["why"].startswith("timeout 13")'
check closed "a closed port is refused, not a timeout" "$W/slow" \
	'F("closed", "soa")["rcode"] == -1 and F("closed", "soa")["why"].startswith("refused")'
check plain "a resolver that does not validate answers without AD, the known-good name too" "$W/slow" \
	'F("plain", "soa")["rcode"] == 0 and not F("plain", "soa")["ad"] and not F("plain", "known-good")["ad"]'
exit $bad
