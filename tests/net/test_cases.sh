#!/bin/sh
# The fourteen cases: a leaf zone on NSD, Knot and BIND below a private root, broken for real, seen
# by "observe net" with its own libunbound, Unbound and BIND as vantages, and diagnosed from the
# recording: the right id, key tag, server and time, and no alarm where nothing is wrong.
. "$SRCDIR/tests/net/lib.sh"
. "$SRCDIR/tests/net/cases.sh"
bad=0
net_begin cases
lab_begin mozilla.org.

# one_case ID TEXT 'python expression over j (the diagnosis), cause, notes (ids of findings that
# are no cause), server, tag, states (of the vantages by name)'
one_case() {
	lab_case "$1"
	timeout 60 "$UNBOGUS" observe net "$LEAF" --once --root-hints "$W/root.hints" --port "$PORT" \
		--trust-anchor "$W/root.key" --vantage "unbound=127.0.0.8:$PORT,kind=isp" \
		--vantage "bind=127.0.0.1:$RPORT,kind=internal" >"$W/stream.$1" 2>"$W/err.$1" </dev/null ||
		{ echo "not ok case-$1 - observe net ended with $?"; cat "$W/err.$1"; bad=1; return; }
	"$UNBOGUS" diagnose "$LEAF" --replay "$W/stream.$1" --anchors "$W/root.key" --json \
		>"$W/json.$1" 2>"$W/err.$1"
	if JSON=$W/json.$1 EXPR=$3 Z1=$(lab_tag "$Z1") K1=$(lab_tag "$K1") K2=$(lab_tag "$K2") \
		Z2=$(lab_tag "$Z2") python3 - <<'PY'
import calendar, json, os, sys, time
j = json.load(open(os.environ["JSON"]))
K1, K2, Z1, Z2 = (int(os.environ[k]) for k in ("K1", "K2", "Z1", "Z2"))
cause = j["cause"]["id"] if j["cause"] else None
n_causes = len(j["causes"])
tag = j["cause"]["keytag"] if j["cause"] else None
server = (j["cause"] or {}).get("server") or ""
notes = {f["id"]: f for f in j["findings"] if f["severity"] == "info"}
states = {v["name"]: v["state"] for v in j["vantages"]}
def seconds(t):
    return calendar.timegm(time.strptime(t, "%Y-%m-%dT%H:%M:%SZ")) - time.time()
everyone = lambda s: all(states[v] == s for v in ("own-fresh", "own-aged", "unbound", "bind"))
ok = eval("(" + os.environ["EXPR"] + ")")
if not ok:
    print("  ", j["state"], j["security"], j["headline"], states)
    for f in j["findings"]:
        print("  ", f["id"], f["severity"], f["keytag"], f["server"], f["until"], f["text"])
sys.exit(not ok)
PY
	then echo "ok case-$1 - $2"
	else echo "not ok case-$1 - $2"; cat "$W/err.$1"; bad=1
	fi
}

one_case a "healthy: no alarm, every vantage secure" \
	'j["state"] == "ok" and not j["findings"] and everyone("secure")'
one_case b "data signatures expired: rrsig-expired, the ZSK, on every server" \
	'cause == "rrsig-expired" and tag == Z1 and n_causes == 1 and everyone("bogus") and
	all(a in server for a in ("127.0.0.5", "127.0.0.6", "127.0.0.1"))'
one_case c1 "DS of an absent KSK: ds-no-matching-dnskey, that tag" \
	'cause == "ds-no-matching-dnskey" and tag == K2 and n_causes == 1 and everyone("bogus")'
one_case c2 "DS with a wrong digest: ds-digest-mismatch, the KSK" \
	'cause == "ds-digest-mismatch" and tag == K1 and n_causes == 1 and j["state"] == "critical"'
one_case d "one server is behind: serial-mismatch, that server, and nobody is bogus" \
	'cause == "serial-mismatch" and "127.0.0.6" in server and "127.0.0.5" not in server and
	j["state"] == "warning" and everyone("secure")'
one_case d2 "one server old and expired: rrsig-expired-one-server, that server and the ZSK" \
	'cause == "rrsig-expired-one-server" and "127.0.0.6" in server and "127.0.0.5" not in server and
	tag == Z1 and n_causes == 1'
one_case e "two KSKs, DS for both: no alarm" 'j["state"] == "ok" and not j["findings"] and everyone("secure")'
one_case e2 "two KSKs, DS for one: no alarm" 'j["state"] == "ok" and cause is None and everyone("secure")'
one_case e3 "a DS before its key: a note ds-stale-extra, no outage" \
	'j["state"] == "ok" and cause is None and notes["ds-stale-extra"]["keytag"] == K2 and everyone("secure")'
one_case e4 "a wrong DS beside a good one: a note ds-digest-mismatch, no outage" \
	'j["state"] == "ok" and cause is None and notes["ds-digest-mismatch"]["keytag"] == K2 and everyone("secure")'
one_case f "a silent server: unreachable-udp, that server, and nobody is bogus" \
	'cause == "unreachable-udp" and "127.0.0.6" in server and "127.0.0.5" not in server and
	n_causes == 1 and everyone("secure")'
one_case g "keys and DS swapped: cache-holds-old-dnskey, who holds it, and when it clears" \
	'cause == "cache-holds-old-dnskey" and states["own-fresh"] == "secure" and
	states["unbound"] == states["bind"] == "bogus" and "unbound" in server and "bind" in server and
	3400 < seconds(j["findings"][0]["until"]) <= 3601 and j["security"] == "secure"'
one_case h "no RRSIG of the SOA: rrsig-missing (Knot then serves no RRSIG at all)" \
	'cause == "rrsig-missing" and n_causes == 1 and "127.0.0.5" in server'
one_case i "signed by a ZSK that is not published: rrsig-unknown-key, that tag" \
	'cause == "rrsig-unknown-key" and tag == Z2 and n_causes == 1 and everyone("bogus")'
exit $bad
