#!/bin/sh
# Consent, and what is refused or put back: nothing is changed, and it is said why.
. "$SRCDIR/tests/net/lib.sh"
net_begin refused
. "$SRCDIR/tests/net/applylib.sh"
bad=0
ok() { echo "ok $1 - $2"; }
no() { echo "not ok $1 - $2"; bad=1; grep -hv "^[-+~ ] " "$W/plan.out" "$W/apply.out" | tail -n 12; }
is() { # NAME WANTED-RC WORDS WHAT: the last apply ended so, said so, and the zone is untouched
	if [ "$rc" = "$2" ] && grep -q -- "$3" "$W/apply.out" && [ "$(ap_serial 127.0.0.5)" = "$serial" ] &&
		[ "$(sha256sum <"$W/zone/example.org.signed")" = "$sum" ] &&
		[ "$(cat "$W"/zkeys/* | sha256sum)" = "$keysum" ]; then ok "$1" "$4"; else no "$1" "$4 (rc $rc)"; fi
}
T_LIMIT=40
type_at() { # DELAY TEXT [OPTION]...
	t_d=$1 t_t=$2; shift 2
	timeout 60 python3 "$AP_SRC/typeat.py" --limit "$T_LIMIT" --delay "$t_d" --when 'Type this to apply' "$t_t" "$@" -- \
		"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1
	rc=$?
}
remember() {
	sum=$(sha256sum <"$W/zone/example.org.signed"); keysum=$(cat "$W"/zkeys/* | sha256sum); serial=$(ap_serial 127.0.0.5)
}

ap_tree ECDSAP256SHA256
dnssec-settime -K "$W/zkeys" -I now-2d "$ZSK_BASE" >/dev/null
ap_source 2013051500
ap_conf nsd
ap_plan "$W/plan" extend-zsk "$ZSK"
remember

"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" </dev/null >"$W/apply.out" 2>&1; rc=$?
is no-terminal 4 'must be a terminal' "standard input that is no terminal is refused"
echo example.org | "$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1; rc=$?
is piped 4 'must be a terminal' "a phrase in a pipe is refused"
type_at 1.8 '\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n'
is enter 4 'nothing was changed' "Enter forty times means no"
T_LIMIT=8; type_at 0.2 'example.org\n'; first=$rc; T_LIMIT=40
type_at 1.8 '\e[200~example.org\e[201~\n'
is paste 4 'Cancelled' "a pasted phrase does not count"
type_at 1.8 'example.com\n' --when 'not the one' '\x03'
[ "$rc" != 0 ] && [ "$(ap_serial 127.0.0.5)" = "$serial" ] && ok wrong-phrase "the phrase of another zone is not accepted" ||
	no wrong-phrase "rc $rc"
# typed ahead: within 1.5 s nothing counts, so that the process still waits and is cancelled by hand
[ "$first" = 124 ] && [ "$(ap_serial 127.0.0.5)" = "$serial" ] && ok typed-ahead "what is typed in the first 1.5 s is thrown away" ||
	no typed-ahead "rc $first"

# a plan that was edited by hand: its phrase made shorter, its guard silenced
python3 - "$W/plan" "$W/plan.forged" <<'P'
import json, sys
p = json.load(open(sys.argv[1]))
p["phrase"]["text"] = "yes"
json.dump(p, open(sys.argv[2], "w"))
P
cp "$W/plan" "$W/plan.good"; cp "$W/plan.forged" "$W/plan"
type_at 1.8 'yes\n' --when 'not the one' '\x03'
[ "$rc" != 0 ] && [ "$(ap_serial 127.0.0.5)" = "$serial" ] && ok forged-phrase "a plan with another phrase written into it asks for the right one" ||
	no forged-phrase "rc $rc"
cp "$W/plan.good" "$W/plan"

# its serial lowered; a class that breaks, with the summary left as it was
forge() { # PYTHON
	python3 -c 'import json, sys; p = json.load(open(sys.argv[1])); exec(sys.argv[3]); json.dump(p, open(sys.argv[2], "w"))' \
		"$W/plan.good" "$W/plan" "$1"
}
forge '[s.update(serial=2013051402) for s in p["steps"] if s["kind"] == "sign"]'
type_at 1.8 'example.org\n'
is forged-serial 4 'G8' "a serial that does not rise is refused, whatever the plan's guards say"
forge 'p["prediction"]["classes"][0]["after"] = "bogus"'
type_at 1.8 'example.org\n'
is forged-summary 4 'do not agree' "a prediction whose parts do not agree is refused"
forge '[s.update(keys=[k for k in s["keys"] if not (k["flags"] & 1)]) for s in p["steps"] if s["kind"] == "sign"]'
type_at 1.8 'example.org\n'
[ "$rc" != 0 ] && [ "$(ap_serial 127.0.0.5)" = "$serial" ] && [ "$(cat "$W"/zkeys/* | sha256sum)" = "$keysum" ] &&
	ok forged-keys "a plan whose KSK was taken out does not get past our own verify" || no forged-keys "rc $rc"
forge 'p["parent_ds"] = []'
type_at 1.8 'example.org\n'
is forged-ds 4 'DS set of the parent' "a plan that leaves out the parent's DS is refused"
cp "$W/plan.good" "$W/plan"

"$UNBOGUS" act </dev/null >"$W/apply.out" 2>&1; rc=$?
is act-by-hand 64 'on a terminal' "the role that changes things cannot be started by hand"
python3 - "$UNBOGUS" "$W/plan" "$CONF" "$ST" >"$W/apply.out" 2>&1 <<'P'
import json, socket, subprocess, sys
a, b = socket.socketpair()
p = subprocess.Popen([sys.argv[1], "act"], stdin=b)
b.close()
try:
    a.send((json.dumps({"plan-text": open(sys.argv[2]).read(), "config": sys.argv[3], "state": sys.argv[4], "phrase": "example.org",
                        "who": "x"}) + "\n").encode())
except OSError:
    pass
sys.exit(p.wait(30))
P
rc=$?
is act-by-script 64 'on a terminal' "nor by a script that speaks its language"

# the world moves between plan and consent
echo '; edited' >>"$W/zone/example.org"
type_at 1.8 'example.org\n'
is stale-zone 4 'zone-file\|zone file' "an edited zone file makes the plan stale, and is named"
ap_source 2013051500
cp -p "$W/zkeys/$ZSK_BASE.key" "$W/k"; echo '; note' >>"$W/zkeys/$ZSK_BASE.key"; remember
type_at 1.8 'example.org\n'
is stale-key 4 "$ZSK_BASE" "an edited key file makes the plan stale, and is named"
cp -p "$W/k" "$W/zkeys/$ZSK_BASE.key"; remember

# files that cannot be replaced safely
touch "$W/zone/example.org.signed.jnl"
type_at 1.8 'example.org\n'
is dynamic 3 'dynamic zone' "a zone with a journal beside it belongs to its server"
rm "$W/zone/example.org.signed.jnl"
ln "$W/zone/example.org.signed" "$W/zone/other"
type_at 1.8 'example.org\n'
is hard-link 3 'hard links' "a file with several names is refused"
rm "$W/zone/other"
chmod 777 "$W/zone"
type_at 1.8 'example.org\n'
is open-folder 3 'lets others write' "a folder that everybody may write is refused"
chmod 755 "$W/zone"
touch "$W/zkeys/$ZSK_BASE.state"; keysum=$(cat "$W"/zkeys/* | sha256sum)
type_at 1.8 'example.org\n'
is managed 3 'dnssec-policy' "keys that dnssec-policy manages are never edited"
rm "$W/zkeys/$ZSK_BASE.state"; remember
chmod 000 "$W/zkeys/$KSK_BASE.private"
if [ "$(id -u)" != 0 ]; then
	type_at 1.8 'example.org\n'
	is unreadable 3 'ermission' "an unreadable key is said, before anything is changed"
else
	echo "skip unreadable - root reads every file"
fi
chmod 644 "$W/zkeys/$KSK_BASE.private"
type_at 1.8 'example.org\n'
is open-key 3 "$KSK_BASE" "a private key that others may read is not signed with"
chmod 600 "$W/zkeys/$KSK_BASE.private"

# failures after the swap, before any server has it
sed "s|reload: \[[^]]*\]|reload: [/bin/false]|" "$W/conf.nsd" >"$W/conf.false"; CONF=$W/conf.false
ap_plan "$W/plan" extend-zsk "$ZSK"
type_at 1.8 'example.org\n'
is reload-fails 5 'old files are in place again' "a reload that fails: the old zone and the old key dates are put back"
AP_SIGNER=', command: [/bin/sleep, "100"]' ap_conf nsd command; sed -i 's/timeout: 30s/timeout: 1s/' "$CONF"; AP_SIGNER=
ap_plan "$W/plan" extend-zsk "$ZSK"
type_at 1.8 'example.org\n'
is signer-hangs 5 'timeout' "a signer that hangs is ended, and the key dates are put back"
AP_SIGNER=', command: [/bin/echo, OK]' ap_conf nsd command; AP_SIGNER=
ap_plan "$W/plan" extend-zsk "$ZSK"
type_at 1.8 'example.org\n'
is signer-lies 5 "the plan's serial" "a signer that says OK and did nothing is found out"
# one that writes the deployed file itself ("command" without {output}), and goes wrong in the middle of it
cp -p "$W/zone/example.org.signed" "$W/whole"
for how in 'dies half-way:exit 1' 'says OK half-way:exit 0' 'hangs half-way:sleep 100'; do
	printf '#!/bin/sh\nhead -c 900 %s >%s\n%s\n' "$W/whole" "$W/zone/example.org.signed" "${how#*:}" >"$W/signer"
	chmod 755 "$W/signer"
	AP_SIGNER=", command: [$W/signer]" ap_conf nsd command; AP_SIGNER=
	case $how in hangs*) sed -i 's/timeout: 30s/timeout: 2s/' "$CONF" ;; esac
	ap_plan "$W/plan" extend-zsk "$ZSK"
	type_at 1.8 'example.org\n'
	is "signer-in-place ${how%%:*}" 5 'old files are in place again' "what it wrote into the deployed file is put back, and so are the key dates"
	cp -p "$W/whole" "$W/zone/example.org.signed"
done
# somebody else writes the zone while the run decides to go back
printf '#!/bin/sh\necho "; theirs" >>%s\nexit 1\n' "$W/zone/example.org.signed" >"$W/reload-theirs"; chmod 755 "$W/reload-theirs"
ap_conf nsd; sed -i "s|reload: \[[^]]*\]|reload: [$W/reload-theirs]|" "$CONF"
ap_plan "$W/plan" extend-zsk "$ZSK"
type_at 1.8 'example.org\n'
[ "$rc" = 7 ] && grep -q 'somebody else wrote it' "$W/apply.out" && tail -n 1 "$W/zone/example.org.signed" | grep -q theirs &&
	[ "$(cat "$W"/zkeys/* | sha256sum)" = "$keysum" ] &&
	ok rollback-theirs "a file that somebody else wrote is not overwritten by going back: it is named (7)" || no rollback-theirs "rc $rc"
cp -p "$W/whole" "$W/zone/example.org.signed"
ap_conf nsd
ap_plan "$W/plan" extend-zsk "$ZSK"
# the file becomes another one between the look and the phrase: what was shown is what runs
type_at 1.8 'example.org\n' --run 'Type this to apply' "cp '$W/conf.nsd' '$W/plan'"
cmp -s "$W/plan" "$W/conf.nsd" && [ "$rc" = 0 ] && ok shown-runs "the plan that was shown is carried out, not what its file holds by then" ||
	no shown-runs "rc $rc"
[ "$rc" = 0 ] && [ "$(ap_serial 127.0.0.5)" = 2013051500 ] && ok after-all "after all of that the plan is carried out" ||
	no after-all "rc $rc"
# all that a plan says of harm taken out: act makes it anew from what it sees
remember
ap_plan "$W/plan.good" resign-without "$KSK"
forge '[g.update(verdict="pass", reason="", allows_at=None) for g in p["guards"]]; p["prediction"].update(breaks=False); [c.update(after="secure") for c in p["prediction"]["classes"]]; p["safe_at"] = p["made"]; p["phrase"].update(text="example.org", **{k: False for k in p["phrase"] if k.startswith("long")})'
type_at 1.8 'example.org\n'
is forged-guards 4 'pass in the plan file, but' "a plan whose guards and prediction were edited away is refused, and the guard is named"
ap_journal verify >/dev/null && [ "$(ap_journal list | grep -c 'refused')" -ge 6 ] &&
	ok journal "every refusal is in the journal, whose chain is whole" || { no journal "journal"; ap_journal list; }
exit $bad
