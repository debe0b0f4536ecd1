#!/bin/sh
# Own sockets against real servers and against liars: budgets of questions and rounds, forged and
# malformed replies, dead servers. Servers are real NSD processes; counts are theirs.
. "$SRCDIR/tests/net/lib.sh"
net_begin transport
bad=0
liar=$BUILDDIR/obj/tests/net/tool_liar
check() { # WHAT IS SHOULD
	if [ "$2" = "$3" ]; then echo "ok transport - $1"
	else echo "not ok transport - $1: is '$2', should be '$3'"; bad=1; fi
}
observe() { timeout 20 "$UNBOGUS" observe net example.org --once --no-own-vantages --root-hints "$W/root.hints" --port "$PORT" "$@" </dev/null >"$W/out"; }
ask() { python3 "$SRCDIR/tests/net/stream.py" "$W/out" "$1"; }
counts() { for c_i in 2 3 4 5 6 7; do net_count $c_i; done | tr '\n' ' '; }
since() { # BEFORE AFTER: differences
	python3 -c 'import sys; a, b = (list(map(int, x.split())) for x in sys.argv[1:]); print(*(y - x for x, y in zip(a, b)))' "$1" "$2"
}

net_tree
before=$(counts)
observe
check "one complete round ends with 0" $? 0
check "cold: 3 for the root, 3 a parent, 4 + 5 a child, as the servers count" \
	"$(since "$before" "$(counts)")" "3 3 3 9 9 9"
check "every child address answered every probe" "$(ask 'sorted(set((at(f), f["fact"]) for f in answers if f["at"]["role"] == "child")).__len__()')" 27
check "all answers are authoritative, with DO, NSID and signatures" \
	"$(ask 'all(f["aa"] and f["do"] and f["nsid"].startswith("nsd") and any(r["type"] == "RRSIG" for r in f["rrs"]) for f in answers if f["at"]["role"] == "child")')" True
check "nothing was silent" "$(ask 'len(silences)')" 0

before=$(counts)
observe --parent a.org@127.0.0.3 --parent b.org@127.0.0.4 --server ns1.example.org@127.0.0.5 \
	--server ns2.example.org@127.0.0.6 --server ns3.example.org@127.0.0.7
check "addresses known: the same count" "$(since "$before" "$(counts)")" "3 3 3 9 9 9"

# Rounds: servers behind a relay that counts waves is bench's work; here the order of facts tells.
# Addresses known: every server is known before the first answer.
check "addresses known: one round (no server is found by an answer)" \
	"$(ask 'max(facts.index(f) for f in facts if f["fact"] == "server") < min(facts.index(f) for f in answers)')" True
observe
check "cold: three rounds (servers are found after root's and after the parent's referral only)" \
	"$(ask '[sorted(set(f["at"]["cut"] for f in facts[i:j] if f["fact"] == "server")) for i, j in ((0, facts.index(answers[0])), (facts.index(answers[0]), len(facts)))]')" \
	"[['.'], ['example.org.', 'org.']]"

# A dead server (a socket that never answers) and a closed port.
net_stop "$NSD_PID_6"
"$liar" 127.0.0.6 "$PORT" silent & liar_pid=$!; net_started $liar_pid
net_stop "$NSD_PID_7"
sleep 0.2
observe
check "a dead server is named within 1.2 s" \
	"$(ask 'max(t(f) - start for f in silences if at(f) == "127.0.0.6" and not f["final"]) < 1.2')" True
check "all its questions end as no-answer, final" \
	"$(ask 'len(set(f["probe"] for f in silences if at(f) == "127.0.0.6" and f["final"]))')" 9
check "nobody else waits for it" "$(ask 'max(t(f) - start for f in answers) < 0.6')" True
check "a closed port is refused at once" \
	"$(ask 'sorted(set((f["why"], f["final"]) for f in silences if at(f) == "127.0.0.7")), max(t(f) - start for f in silences if at(f) == "127.0.0.7") < 0.6')" \
	"([('refused', True)], True)"
net_stop $liar_pid

# Lies. The second server lies in every way; what the others say does not change.
lies() { # MODE WHY
	"$liar" 127.0.0.6 "$PORT" "$1" & liar_pid=$!; net_started $liar_pid
	sleep 0.1
	observe
	check "lie $1: final $2, and nothing taken from it" \
		"$(ask 'sorted(set(f["why"] for f in silences if at(f) == "127.0.0.6" and f["final"])), sum(at(f) == "127.0.0.6" for f in answers)')" \
		"(['$2'], 0)"
	check "lie $1: the picture from others is unharmed" \
		"$(ask 'sum(at(f) == "127.0.0.5" for f in answers), max(t(f) - start for f in answers) < 0.6')" "(9, True)"
	net_stop $liar_pid
}
for m in truncated loop many option; do lies $m malformed; done
lies cut-question malformed
for m in id question port; do
	"$liar" 127.0.0.6 "$PORT" $m & liar_pid=$!; net_started $liar_pid
	sleep 0.1
	observe
	check "lie $m: not taken, final no-answer" \
		"$(ask 'sum(at(f) == "127.0.0.6" for f in answers), all(f["why"] in ("timeout", "tcp-refused", "tcp-timeout") for f in silences if at(f) == "127.0.0.6" and f["final"])')" "(0, True)"
	[ $m = port ] || check "lie $m: counted as possible spoofing" \
		"$(ask 'max(f["mismatched"] for f in silences if at(f) == "127.0.0.6") > 0')" True
	net_stop $liar_pid
done
for m in chain escape; do
	"$liar" 127.0.0.6 "$PORT" $m & liar_pid=$!; net_started $liar_pid
	sleep 0.1
	observe
	check "EDNS lie $m: read without harm" "$(ask 'sum(at(f) == "127.0.0.6" for f in answers)')" 9
	check "EDNS lie $m: no control byte in the stream" "$(LC_ALL=C tr -d '\n' <"$W/out" | LC_ALL=C grep -c '[[:cntrl:]]')" 0
	net_stop $liar_pid
done

# Five forged replies before each true one: the true one is taken.
NSD_PORT=$((PORT + 1)) net_nsd 8 example.org.
"$liar" 127.0.0.6 "$PORT" id 127.0.0.8 $((PORT + 1)) & liar_pid=$!; net_started $liar_pid
sleep 0.1
observe
check "after five forged replies the true one is taken, and they are counted" \
	"$(ask 'sorted(set((f["nsid"], f["mismatched"]) for f in answers if at(f) == "127.0.0.6"))')" "[('nsd8', 5)]"
exit $bad
