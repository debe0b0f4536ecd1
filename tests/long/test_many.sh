#!/bin/sh
# 500 zones on loopback servers: one process, little memory, a full round within a minute at the
# default budget, and a dead server that delays nobody.
. "$SRCDIR/tests/net/lib.sh"
. "$SRCDIR/tests/net/many.sh"
net_begin long-many
many_zones 500
fail=0
ok() {
	n=$1; shift
	if "$@"; then echo "ok long-many $n"; else echo "not ok long-many $n - $*"; fail=1; fi
}
leaf0=$(net_count 5) t0=$(date +%s)
timeout 120 "$UNBOGUS" observe net --all -c "$W/many.yaml" --timeout 100s >"$W/s" 2>"$W/err" &
pid=$!
net_started $pid
own= peak=0 fds=0 # of the observer, which timeout(1) started
while kill -0 $pid 2>/dev/null; do
	n=$(grep -c '"fact":"round".*"end":true.*"what":"full"' "$W/s")
	[ "$n" = 500 ] && break
	[ -n "$own" ] || own=$(pgrep -P $pid)
	p=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$own/status" 2>/dev/null)
	d=$(ls "/proc/$own/fd" 2>/dev/null | wc -l)
	[ "${p:-0}" -gt $peak ] && peak=$p
	[ "$d" -gt $fds ] && fds=$d
	sleep 1
done
took=$(($(date +%s) - t0)) leaf=$(($(net_count 5) - leaf0))
ok "a full round of 500 zones in $took s" [ "$n" = 500 ]
ok "under a minute" [ $took -lt 60 ]
ok "one process of $peak kB" [ "$peak" -gt 4000 -a "$peak" -lt 200000 ]
ok "$fds descriptors" [ "$fds" -gt 5 -a "$fds" -lt 200 ]
ok "a steady rate: $leaf questions to one server" [ $leaf -le $((took * 100 + 24 + 10)) ]
# a zone with the dead server is complete as soon as its neighbours are
ok "the dead server delayed nobody" [ "$(grep -c '"z500.org.".*"fact":"round".*"end":true' "$W/s")" -ge 1 ]
net_stop $pid
timeout 60 "$UNBOGUS" diagnose z499.org --replay "$W/s" --anchors "$W/root.key" >"$W/out" 2>&1
ok "and the verdicts are right" grep -q '^State: OK' "$W/out"
exit $fail
