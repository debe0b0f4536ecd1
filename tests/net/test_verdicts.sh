#!/bin/sh
# The table of verdicts (34 cases) as real zones: what Algorithm A says of each is what Unbound, BIND
# and a hardened Unbound answer. Zones cNN.vt are built and signed by the test's own tool.
. "$SRCDIR/tests/net/lib.sh"
net_begin verdicts
net_need named unbound
tool=$BUILDDIR/obj/tests/net/tool_verdicts
"$tool" "$W" 127.0.0.1 >"$W/expected" || { echo "not ok verdicts-zones - the tool ended with $?"; exit 1; }
n=$(wc -l <"$W/expected")
net_zone vt.
{ echo '$TTL 300'; echo "vt. SOA ns.vt. h.vt. 1 3600 900 1209600 300"; echo "vt. NS ns.vt."
echo "ns.vt. A 127.0.0.1"; cat "$W/vt.ds"; } >"$W/vt.zone"
net_sign vt.
NSD_SUFFIX=
zones=vt.
for i in $(cut -d' ' -f1 "$W/expected"); do zones="$zones c$i.vt."; done
net_nsd 1 $zones
key=$(grep -v '^;' "$W/keys/$(cut -d' ' -f1 "$W/keys/vt.names").key" | sed 's/.*DNSKEY //')

unbound_on() { # ADDRESS NAME OPTION...
	d=$W/$2; mkdir -p "$d"; address=$1 name=$2; shift 2
	{
		echo "server:"; echo "  interface: $address@$PORT"; echo "  do-ip6: no"; echo "  username: \"\""
		echo "  chroot: \"\""; echo "  directory: \"$d\""; echo "  pidfile: \"$d/pid\""; echo "  use-syslog: no"
		echo "  logfile: \"$d.log\""; echo "  do-daemonize: no"; echo "  do-not-query-localhost: no"
		echo "  access-control: 127.0.0.0/8 allow"; echo "  num-threads: 1"; echo "  trust-anchor: \"vt. DNSKEY $key\""
		echo "  discard-timeout: 12000"
		for o; do echo "  $o"; done
		for z in $zones; do
			echo "stub-zone:"; echo "  name: \"$z\""; echo "  stub-addr: 127.0.0.1@$PORT"
		done
	} >"$d/conf"
	unbound-checkconf "$d/conf" >/dev/null 2>&1 || sed -i '/discard-timeout/d' "$d/conf"
	unbound -d -c "$d/conf" >"$d.out" 2>&1 &
	net_started $!
}
unbound_on 127.0.0.2 unbound
unbound_on 127.0.0.3 hardened "harden-algo-downgrade: yes"
# BIND asks every server on the port of its options, and listens on another one
RPORT=$(net_free_port)
mkdir -p "$W/bind"
cat >"$W/bind/conf" <<END2
options { directory "$W/bind"; pid-file "$W/bind/pid"; session-keyfile "$W/bind/session";
  listen-on port $RPORT { 127.0.0.1; }; listen-on-v6 { none; }; port $PORT; recursion yes;
  allow-recursion { 127.0.0.0/8; }; dnssec-validation yes; empty-zones-enable no; };
controls { };
trust-anchors { vt. static-key $(echo "$key" | awk '{ printf "%s %s %s \"", $1, $2, $3; for (i = 4; i <= NF; i++) printf "%s", $i; print "\"" }'); };
zone "vt" { type static-stub; server-addresses { 127.0.0.1; }; };
END2
named -g -n 1 -c "$W/bind/conf" >"$W/bind.log" 2>&1 &
net_started $!
for w in 127.0.0.2:$PORT 127.0.0.3:$PORT 127.0.0.1:$RPORT; do
	for i in $(seq 60); do
		dig +time=2 +tries=1 @"${w%:*}" -p "${w#*:}" ns.vt. A 2>/dev/null | grep -q NOERROR && break
		sleep 0.2
	done
done

says() { # ADDRESS PORT NAME: secure, insecure, bogus
	answer=$(timeout 20 dig +dnssec +time=14 +tries=1 @"$1" -p "$2" "$3" A 2>&1)
	case $answer in
	*SERVFAIL*) echo bogus ;;
	*"flags: qr rd ra ad"*) echo secure ;;
	*NOERROR*) echo insecure ;;
	*) echo "nothing" ;;
	esac
}
bad=0 equal=0 asked=0 hard=0 hard_equal=0
compare() { # CASE WHO EXPECTED SEEN WORDS
	if [ "$3" = "$4" ]; then
		echo "ok verdicts-$1-$2 - $3: $5"
	else
		echo "not ok verdicts-$1-$2 - computed $3, $2 says $4: $5"; bad=1; return 1
	fi
}
while read -r c u s h words; do
	name=www.c$c.vt.
	seen_u=$(says 127.0.0.2 "$PORT" "$name"); seen_b=$(says 127.0.0.1 "$RPORT" "$name")
	asked=$((asked + 2))
	compare "$c" unbound "$u" "$seen_u" "$words" && equal=$((equal + 1))
	compare "$c" bind "$s" "$seen_b" "$words" && equal=$((equal + 1))
	[ "$h" = - ] && continue
	hard=$((hard + 1))
	compare "$c" hardened "$h" "$(says 127.0.0.3 "$PORT" "$name")" "$words" && hard_equal=$((hard_equal + 1))
done <"$W/expected"
echo "# $equal of $asked verdicts equal, hardened $hard_equal of $hard"
if [ "$asked" = 68 ] && [ "$hard" = 6 ] && [ "$n" = 34 ]; then
	echo "ok verdicts-count - 34 cases, 68 verdicts, 6 hardened"
else
	echo "not ok verdicts-count - $n cases, $asked verdicts, $hard hardened"; bad=1
fi
exit $bad
