#!/bin/sh
# Predictions against reality: zones pN.vt. take their steps on a real NSD, with TTLs of seconds, while
# Unbound and BIND validate, each once with a warm cache and once with a cache that is emptied before
# every look. What they say each second is held against `unbogus worlds`.
. "$SRCDIR/tests/net/lib.sh"
net_begin predictions
net_need named rndc unbound unbound-control nsd-control dnssec-dsfromkey
CPORT=$(net_free_port) WPORT=$(net_free_port) RPORT=$(net_free_port)
net_zone vt.
python3 "$SRCDIR/tests/net/predict.py" zones "$W" "$W/keys/$(cut -d' ' -f1 "$W/keys/vt.names")" \
	"$W/keys/$(cut -d' ' -f2 "$W/keys/vt.names")" || { echo "not ok predictions-zones - signing failed"; exit 1; }
NSD_SUFFIX=
net_nsd 1 vt. $(cat "$W/zones")
key=$(grep -v '^;' "$W/keys/$(cut -d' ' -f1 "$W/keys/vt.names").key" | sed 's/.*DNSKEY //')

unbound_on() { # ADDRESS NAME
	d=$W/$2; mkdir -p "$d"
	{
		echo "server:"; echo "  interface: $1@$PORT"; echo "  do-ip6: no"; echo "  username: \"\""
		echo "  chroot: \"\""; echo "  directory: \"$d\""; echo "  pidfile: \"$d/pid\""; echo "  use-syslog: no"
		echo "  logfile: \"$d.log\""; echo "  do-daemonize: no"; echo "  do-not-query-localhost: no"
		echo "  access-control: 127.0.0.0/8 allow"; echo "  num-threads: 1"; echo "  trust-anchor: \"vt. DNSKEY $key\""
		echo "  val-bogus-ttl: 1"; echo "  aggressive-nsec: no"; echo "  discard-timeout: 12000"
		echo "remote-control:"; echo "  control-enable: yes"; echo "  control-interface: \"$d/ctl\""
		echo "  control-use-cert: no"
		echo "stub-zone:"; echo "  name: \"vt.\""; echo "  stub-addr: 127.0.0.1@$PORT"
	} >"$d/conf"
	unbound-checkconf "$d/conf" >/dev/null 2>&1 || sed -i '/discard-timeout/d' "$d/conf"
	unbound -d -c "$d/conf" >"$d.out" 2>&1 &
	net_started $!
}
bind_on() { # PORT NAME CONTROL-PORT: it asks on the port of its options and listens on another one
	d=$W/$2; mkdir -p "$d"
	cat >"$d/conf" <<END2
key "k" { algorithm hmac-sha256; secret "dGVzdHRlc3R0ZXN0dGVzdA=="; };
options { directory "$d"; pid-file "$d/pid"; session-keyfile "$d/session";
  listen-on port $1 { 127.0.0.1; }; listen-on-v6 { none; }; port $PORT; recursion yes;
  allow-recursion { 127.0.0.0/8; }; dnssec-validation yes; empty-zones-enable no; servfail-ttl 0; };
controls { inet 127.0.0.1 port $3 allow { 127.0.0.1; } keys { k; }; };
trust-anchors { vt. static-key $(echo "$key" | awk '{ printf "%s %s %s \"", $1, $2, $3; for (i = 4; i <= NF; i++) printf "%s", $i; print "\"" }'); };
zone "vt" { type static-stub; server-addresses { 127.0.0.1; }; };
END2
	{
		echo 'key "k" { algorithm hmac-sha256; secret "dGVzdHRlc3R0ZXN0dGVzdA=="; };'
		echo "options { default-key \"k\"; default-server 127.0.0.1; default-port $3; };"
	} >"$d/rndc.conf"
	named -g -n 1 -c "$d/conf" >"$d.log" 2>&1 &
	net_started $!
}
unbound_on 127.0.0.2 unbound-warm
unbound_on 127.0.0.3 unbound-cold
bind_on "$WPORT" bind-warm "$((RPORT + 1))"
bind_on "$CPORT" bind-cold "$RPORT"
for w in 127.0.0.2:$PORT 127.0.0.3:$PORT 127.0.0.1:$WPORT 127.0.0.1:$CPORT; do
	for i in $(seq 40); do
		dig +time=2 +tries=1 @"${w%:*}" -p "${w#*:}" ns.vt. A 2>/dev/null | grep -q NOERROR && break
		sleep 0.2
	done
done
timeout 90 python3 "$SRCDIR/tests/net/predict.py" run "$W" "$UNBOGUS" "$PORT" "$WPORT" "$CPORT"
