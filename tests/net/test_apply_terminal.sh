#!/bin/sh
# Two operators at once; the terminal lost at each step; act killed, and what recovery says.
. "$SRCDIR/tests/net/lib.sh"
net_begin terminal
. "$SRCDIR/tests/net/applylib.sh"
bad=0
ok() { echo "ok $1 - $2"; }
no() { echo "not ok $1 - $2"; bad=1; grep -hv "^[-+~ ] " "$W/plan.out" "$W"/apply*.out | tail -n 25; }

ap_tree ECDSAP256SHA256
AP_HOLD='[[/bin/sleep, "3"], [/bin/true]]' ap_conf nsd
ap_plan "$W/plan" resign

# ---- two operators with the same plan, and one with another state folder
for n in 1 2 3; do
	[ $n = 3 ] && s=$W/state3 || s=$ST
	timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 --when 'Type this to apply' 'example.org\n' -- \
		"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$s" >"$W/apply$n.out" 2>&1 &
	eval "p$n=$!"
done
won=0 lost=0
for n in 1 2 3; do
	eval "wait \$p$n"; rc=$?
	[ $rc = 0 ] && won=$((won + 1))
	[ $rc = 4 ] && grep -q 'one change at a time.*process' "$W/apply$n.out" && lost=$((lost + 1))
done
[ $won = 1 ] && [ $lost = 2 ] && ok two-operators "of three at once exactly one wins, the others are told who" ||
	no two-operators "won $won, told $lost"

# ---- who follows a run reads of that run, not of somebody who was refused meanwhile
AP_HOLD='[[/bin/sleep, "8"], [/bin/true]]' ap_conf nsd
ap_plan "$W/plan" resign
ap_apply "$W/plan" & first=$!
for i in $(seq 150); do [ -s "$W/zone/.example.org.unbogus-lock" ] && break; sleep 0.1; done
timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 --when 'Type this to apply' 'example.org\n' -- \
	"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply2.out" 2>&1; second=$?
wait $first; first=$?
"$UNBOGUS" attach example.org --state "$ST" >"$W/attach.out" 2>&1; rc=$?
[ $first = 0 ] && [ $second = 4 ] && [ $rc = 0 ] && grep -q '^outcome *ok' "$W/attach.out" &&
	ok progress-of-one "the refused second does not write into what the first one's followers read" ||
	{ no progress-of-one "first $first, second $second, attach $rc"; cat "$W/attach.out"; }
AP_HOLD='[[/bin/sleep, "3"], [/bin/true]]' ap_conf nsd

# ---- the terminal goes away at each step
stages='world     begin|hold      note|sign      begin|verify    begin|replace   begin|reload    note'
IFS='|'
for stage in $stages; do
	unset IFS
	ap_plan "$W/plan" resign
	before=$(ap_serial 127.0.0.5)
	timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 --when 'Type this to apply' 'example.org\n' --at "$stage" hangup -- \
		"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1
	"$UNBOGUS" attach example.org --state "$ST" >"$W/attach.out" 2>&1; rc=$?
	[ $rc = 0 ] && grep -q '^outcome *ok' "$W/attach.out" && [ "$(ap_serial 127.0.0.5)" -gt "$before" ] &&
		ap_journal list | tail -n 1 | grep -q 'outcome: done' &&
		ok "lost at ${stage%% *}" "terminal lost: carried out, attach shows the end, the outcome is journaled" ||
		{ no "lost at ${stage%% *}" "attach rc $rc"; cat "$W/attach.out"; }
	IFS='|'
done
unset IFS

# ---- the face is killed
ap_plan "$W/plan" resign
before=$(ap_serial 127.0.0.5)
timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 --when 'Type this to apply' 'example.org\n' --at 'sign      begin' kill -- \
	"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1
"$UNBOGUS" attach example.org --state "$ST" >"$W/attach.out" 2>&1; rc=$?
[ $rc = 0 ] && [ "$(ap_serial 127.0.0.5)" -gt "$before" ] && ok face-killed "the face killed: carried out all the same" ||
	no face-killed "attach rc $rc"

# ---- act is asked to end in the middle
touch "$W/held"
printf '#!/bin/sh\nrm -f %s/held; sleep 3\n' "$W" >"$W/stop"; chmod 755 "$W/stop"
AP_HOLD="[[$W/stop], [/bin/true]]" ap_conf nsd
ap_plan "$W/plan" resign
before=$(ap_serial 127.0.0.5)
timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 --when 'Type this to apply' 'example.org\n' -- \
	"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1 &
face=$!
for i in $(seq 200); do [ -e "$W/held" ] || break; sleep 0.1; done
holder=$(sed -n 's/.*process \([0-9]*\),.*/\1/p' "$W/zone/.example.org.unbogus-lock")
[ -n "$holder" ] && kill -TERM "$holder"
wait $face; rc=$?
[ -n "$holder" ] && [ $rc = 0 ] && [ "$(ap_serial 127.0.0.5)" -gt "$before" ] &&
	ok act-asked-to-end "SIGTERM in the middle: the change is carried out all the same" || no act-asked-to-end "rc $rc"

# ---- act itself is killed while the others are held; recovery starts them again and changes nothing
touch "$W/held"
printf '#!/bin/sh\nrm -f %s/held; sleep 20\n' "$W" >"$W/stop"; printf '#!/bin/sh\ntouch %s/held\n' "$W" >"$W/start"; chmod 755 "$W/stop" "$W/start"
AP_HOLD="[[$W/stop], [$W/start]]" ap_conf nsd
ap_plan "$W/plan" resign
sum=$(sha256sum <"$W/zone/example.org.signed")
timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 --when 'Type this to apply' 'example.org\n' -- \
	"$UNBOGUS" apply "$W/plan" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1 &
face=$!
for i in $(seq 200); do [ -e "$W/held" ] || break; sleep 0.1; done
holder=$(sed -n 's/.*process \([0-9]*\),.*/\1/p' "$W/zone/.example.org.unbogus-lock")
[ -n "$holder" ] && kill -KILL "$holder"
wait $face
timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 -- "$UNBOGUS" apply --recover example.org -c "$CONF" --state "$ST" \
	>"$W/apply2.out" 2>&1; rc=$?
[ $rc = 0 ] && [ -e "$W/held" ] && [ "$(sha256sum <"$W/zone/example.org.signed")" = "$sum" ] &&
	grep -q 'started again' "$W/apply2.out" &&
	ok act-killed "act killed while it held the re-signer: recovery starts it again, the zone is untouched" ||
	no act-killed "recover rc $rc"
timeout 60 python3 "$AP_SRC/typeat.py" --limit 50 -- "$UNBOGUS" apply --recover example.org -c "$CONF" --state "$ST" \
	>"$W/apply2.out" 2>&1; rc=$?
[ $rc = 0 ] && grep -q 'nothing was cut off' "$W/apply2.out" && ok recover-twice "a second recovery finds nothing" ||
	no recover-twice "rc $rc"
exit $bad
