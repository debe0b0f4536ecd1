#!/bin/sh
# A plan carried out from the console: in a true terminal, on NSD, Knot and BIND.
. "$SRCDIR/tests/net/lib.sh"
net_begin applycon
. "$SRCDIR/tests/net/applylib.sh"
net_need tmux
bad=0
ok() { echo "ok $1 - $2"; }
no() { echo "not ok $1 - $2"; bad=1; tm capture-pane -p | sed 's/ *$//'; }
server=0 # a new one each time: the old one may still be going
tm() { tmux -L "unbogus-applycon-$$-$server" -f /dev/null "$@" 2>/dev/null; }
trap 'tm kill-server; net_end' EXIT
shows() { # SECONDS WORDS: on the glass, within that time
	for sh_i in $(seq $((10 * $1))); do
		tm capture-pane -p | grep -qF "$2" && return 0
		sleep 0.1
	done
	return 1
}
check() { # NAME WHAT COMMAND...
	c_n=$1 c_w=$2; shift 2
	if "$@"; then ok "$c_n" "$c_w"; else no "$c_n" "$c_w"; fi
}
keys() { tm send-keys "$@"; }
console() { # OPTION...: a console of the zone, on 120x40
	tm kill-server
	server=$((server + 1))
	tm new-session -d -x 120 -y 40 "TERM=tmux-256color exec $UNBOGUS console example.org -c $CONF --state $ST --utc $*"
	# the key files are known, and the servers' answers
	for co_i in $(seq 200); do
		tm capture-pane -p >"$W/glass"
		grep -q 'KSK .* 3/3 *match' "$W/glass" && grep -q 'signed file  .* 2' "$W/glass" && return 0
		sleep 0.1
	done
	return 1
}
arm() { keys ':'; keys -l 'rw 30 a test of the console'; keys Enter; shows 5 ARMED; }
plan() { keys ':'; keys -l "plan $1"; keys Enter; shows 5 'Plan: '; }
consent() { keys A; shows 5 'CONFIRM' && sleep 1.7 && keys -l 'example.org' && keys Enter; }

ap_tree ECDSAP256SHA256
AP_HOLD='[[/bin/sleep, "2"], [/bin/true]]' ap_conf all
before=$(ap_serial 127.0.0.5)

console --readonly
arm; plan resign && keys A
check readonly "a read-only console has nobody who may, and does not ask" shows 5 READ-ONLY
acts() { pgrep -f "^$(realpath "$UNBOGUS") act" >/dev/null; }
none() { ! acts; }
gone() { # SECONDS: no act process within that time
	for g_i in $(seq $((10 * $1))); do acts || return 0; sleep 0.1; done
	return 1
}
check readonly-no-act "it has no act process" none

check started "the console shows the live zone" console
check before-rw "nothing that may change anything runs before :rw" none
arm
check at-rw "and at :rw it does" acts
plan resign && consent
check progress "what act does is on the screen" shows 20 'sign'
check outcome "and the outcome" shows 60 'Applied: every server shows it.'
after=$(ap_serial 127.0.0.5)
check served "the new serial is served by NSD, Knot and BIND" sh -c "[ '$after' -gt '$before' ] &&
	[ '$(ap_serial 127.0.0.6)' = '$after' ] && [ '$(ap_serial 127.0.0.1)' = '$after' ]"
keys Escape
keys 5
check timeline "the timeline has the outcome" shows 10 ': done'
journaled() { ap_journal list | tail -n 1 | grep -q 'outcome: done'; }
check journal "the journal too" journaled

keys Escape
keys ':'; keys -l ro; keys Enter
check at-ro "at :ro it ends" gone 5

# ---- :ro and the end of the console in the middle of it
arm && plan resign && consent && shows 20 'Applying' && shows 20 'hold ' && keys Escape && keys ':' && keys -l ro && keys Enter
check ro-in-the-middle "a plan that runs goes on" sh -c "sleep 0.7; pgrep -f '^$(realpath "$UNBOGUS") act' >/dev/null"
keys q
"$UNBOGUS" attach example.org --state "$ST" >"$W/attach.out" 2>&1; rc=$?
check left "the console left: carried out, attach shows the end" \
	sh -c "[ $rc = 0 ] && grep -q '^outcome *ok' '$W/attach.out'"
check left-served "and it is served" [ "$(ap_serial 127.0.0.5)" -gt "$after" ]
check secure "a fresh validator says secure" ap_secure
check no-act "no act process stays" gone 5

# ---- the time is over
console
keys ':'; keys -l 'rw 1 a minute'; keys Enter; shows 5 ARMED; sleep 1
check minute "armed for a minute" acts
check expiry "it is over without a key, and act with it" gone 70
check expiry-said "and it is said" shows 3 'READ-ONLY'
exit $bad
