#!/bin/sh
# Many zones, one observer, one budget: twelve zones on real servers, one server dead.
. "$SRCDIR/tests/net/lib.sh"
. "$SRCDIR/tests/net/many.sh"
net_begin many
many_zones 12
fail=0
ok() { # NAME, then a test
	n=$1; shift
	if "$@"; then echo "ok many $n"; else echo "not ok many $n - $*"; fail=1; fi
}
look() { # OPTIONS: a full round of all zones; $took in seconds
	t0=$(date +%s)
	timeout 100 "$UNBOGUS" observe net --all -c "$W/many.yaml" --once --timeout 90s "$@" >"$W/s" 2>"$W/err"
	status=$?
	took=$(($(date +%s) - t0))
}
says() { # ZONE STATUS PATTERN
	timeout 20 "$UNBOGUS" diagnose "$1" --replay "$W/s" --anchors "$W/root.key" >"$W/out" 2>&1
	rc=$?
	if [ $rc = "$2" ] && grep -q "$3" "$W/out"; then echo "ok many verdict of $1 - $3"
	else echo "not ok many verdict of $1 - exit $rc, no $3"; head -n 4 "$W/out"; fail=1; fi
}
root0=$(net_count 2) org0=$(net_count 3) leaf0=$(net_count 5)
look
root=$(($(net_count 2) - root0)) org=$(($(net_count 3) - org0)) leaf=$(($(net_count 5) - leaf0))
ok "every zone has its round" [ "$(grep -c '"fact":"round".*"end":true' "$W/s")" = 12 ]
ok "ended by itself" [ $status = 0 ]
ok "what is alike is asked once: $root questions to the root" [ $root -le 4 ]
ok "two questions a zone to the parent, and its keys: $org" [ $org -le 26 ]
ok "nine a zone to a server: $leaf" [ $leaf -le 108 ]
ok "a dead server is asked twice, not nine times" \
	[ "$(grep -c '"no-answer".*127.0.0.7.*"final":true' "$W/s")" = 2 ]
says z1.org 0 'State: OK'
says z3.org 2 'rrsig-expired'
says z4.org 2 'ds-digest-mismatch'
says z10.org 1 'unreachable-udp'
# the budget: 108 questions to one address at 20 a second, less the burst of 24
look --rate 20
ok "the rate is kept: $took s" [ $took -ge 4 ]
ok "and every zone has its round all the same" \
	[ "$(grep -c '"fact":"round".*"end":true' "$W/s")" = 12 ]
# who reads what the observers say can do nothing else, whatever it draws on
sandbox() { # OPTION...: "Seccomp: N" of the reading process of status
	"$UNBOGUS" status -c "$W/many.yaml" --watch "$@" >"$W/st" 2>&1 </dev/null &
	top=$!
	net_started $top
	for i in $(seq 300); do [ -s "$W/st" ] && break; sleep 0.1; done
	for p in $(pgrep -P $top); do
		tr '\0' ' ' <"/proc/$p/cmdline" | grep -q ' status ' && grep '^Seccomp:' "/proc/$p/status"
	done
	net_stop $top
}
usual=$(sandbox) board=$(sandbox --wallboard)
ok "a wallboard without a terminal is confined as the lines are: $board" [ -n "$usual" -a "$board" = "$usual" ]
exit $fail
