# lib.sh: real name servers for the tests, as ordinary processes on loopback addresses.
# Source it; then net_begin, zones, servers, and net_end runs by itself at exit.
#
#   net_begin NAME               a folder $W, a free port $PORT (the same on every address)
#   net_zone ZONE [ALG]          keys (KSK + ZSK) for ZONE in $W/keys; alg ECDSAP256SHA256
#   net_sign ZONE                $W/ZONE.zone -> $W/ZONE.signed (dnssec-signzone; +SIGN_OPTS)
#   net_ds ZONE                  prints its DS records (SHA-256)
#   net_nsd N ZONE...            NSD number N on 127.0.0.N serves $W/ZONE.signed
#   net_knot N ZONE..., net_named N ZONE..., net_unbound N, net_named_resolver N
#                                the same by others; named only knows 127.0.0.1 (N = 1) unless
#                                net_namespace was used
#   net_tree                     root, org and example.org: 1 root, 2 org, 3 leaf servers (NSD)
#   net_wait ADDR [PORT]         until it answers over UDP (5 s)
#   net_count N                  queries that NSD number N has counted
#   net_end                      ends what was started, by process id
# Everything is bounded in time. SKIP lines say which server is missing.

net_need() { # PROGRAM...: or skip the whole test
	for net_p; do
		command -v "$net_p" >/dev/null 2>&1 || {
			echo "skip $NET_NAME - $net_p is not installed (./configure --with-test-deps)"; exit 0; }
	done
}

net_free_port() { # a UDP and TCP port that is free on every loopback address we use
	python3 - <<'PY'
import random, socket
for _ in range(200):
    p = random.randrange(20000, 32000)
    try:
        held = []
        for n in range(1, 12):
            for k in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                s = socket.socket(socket.AF_INET, k)
                held.append(s)
                s.bind(("127.0.0.%d" % n, p))
        print(p)
        break
    except OSError:
        pass
    finally:
        for s in held:
            s.close()
PY
}

net_begin() {
	NET_NAME=$1
	PATH=$PATH:/usr/sbin:/sbin
	net_need nsd dnssec-keygen dnssec-signzone dig python3
	W=$(mktemp -d "${TMPDIR:-/tmp}/ubg-$1.XXXXXX") || exit 1
	NET_PIDS=
	trap net_end EXIT
	trap 'exit 1' INT TERM HUP
	PORT=$(net_free_port)
	[ -n "$PORT" ] || { echo "not ok $1 - no free port"; exit 1; }
	mkdir "$W/keys"
}

net_started() { NET_PIDS="$NET_PIDS $1"; }

net_stop() { # PID: ends one of ours, with what it started
	net_kids=$(pgrep -P "$1")
	kill "$1" 2>/dev/null
	for net_i in 1 2 3 4 5 6 7 8 9 10 1 2 3 4 5 6 7 8 9 20; do
		kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
	kill -KILL "$1" $net_kids 2>/dev/null
	return 0
}

net_end() {
	for net_p in $NET_PIDS; do kill "$net_p" 2>/dev/null; done
	for net_p in $NET_PIDS; do net_stop "$net_p"; done
	NET_PIDS=
	[ -n "${NET_KEEP:-}" ] && { echo "kept $W"; return; }
	[ -n "${W:-}" ] && rm -rf "$W"
}

net_wait() {
	for net_i in $(seq 50); do
		dig +time=1 +tries=1 +norec @"$1" -p "${2:-$PORT}" . SOA >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "not ok $NET_NAME - the server at $1 does not answer"; cat "$W"/*.log 2>/dev/null | tail -n 20
	exit 1
}

# 0 from dnssec-keygen's own answer; the file names are kept in keys.ZONE
net_zone() {
	net_a=${2:-ECDSAP256SHA256} net_b=
	case $net_a in RSA*) net_b="-b 2048" ;; esac
	net_k=$(dnssec-keygen -q -K "$W/keys" -a "$net_a" $net_b -f KSK "$1") || exit 1
	net_z=$(dnssec-keygen -q -K "$W/keys" -a "$net_a" $net_b "$1") || exit 1
	echo "$net_k $net_z" >"$W/keys/$(net_file "$1").names"
}
net_file() { [ "$1" = . ] && echo root || echo "${1%.}"; }

net_sign() {
	net_f=$(net_file "$1")
	{ cat "$W/$net_f.zone"
	for net_k in $(cat "$W/keys/$net_f.names"); do cat "$W/keys/$net_k.key"; done; } >"$W/$net_f.in"
	(cd "$W/keys" && dnssec-signzone -q -o "$1" -K "$W/keys" ${SIGN_OPTS:--e +864000} -f "$W/$net_f.signed" \
		"$W/$net_f.in" $(cat "$W/keys/$net_f.names") >"$W/sign.log" 2>&1) || {
		echo "not ok $NET_NAME - signing $1"; cat "$W/sign.log"; exit 1; }
}

net_ds() {
	net_f=$(net_file "$1")
	dnssec-dsfromkey -2 "$W/keys/$(cut -d' ' -f1 "$W/keys/$net_f.names").key"
}

net_nsd() {
	net_n=$1; shift
	net_d=$W/nsd$net_n; mkdir -p "$net_d"
	{
		echo "server:"
		echo "  ip-address: 127.0.0.$net_n@${NSD_PORT:-$PORT}"
		[ -n "${NSD_EXTRA:-}" ] && echo "  $NSD_EXTRA"
		echo "  username: \"\""; echo "  chroot: \"\""; echo "  zonesdir: \"$W\""; echo "  database: \"\""
		echo "  pidfile: \"$net_d/pid\""; echo "  xfrdfile: \"$net_d/xfrd\""
		echo "  zonelistfile: \"$net_d/zones\""; echo "  xfrdir: \"$net_d\""
		echo "  logfile: \"$net_d.log\""; echo "  nsid: \"ascii_nsd$net_n\""; echo "  server-count: 1"
		echo "  rrl-ratelimit: 0"
		echo "remote-control:"; echo "  control-enable: yes"; echo "  control-interface: \"$net_d/ctl\""
		for net_z; do
			echo "zone:"; echo "  name: \"$net_z\""; echo "  zonefile: \"$W/$(net_file "$net_z").signed${NSD_SUFFIX:-}\""
		done
	} >"$net_d/conf"
	nsd -d -c "$net_d/conf" >"$net_d.out" 2>&1 &
	net_started $!
	eval "NSD_PID_$net_n=$!"
	net_wait "127.0.0.$net_n" "${NSD_PORT:-$PORT}"
}

net_count() { # stats_noreset counts what NSD answered, ours from net_wait included
	nsd-control -c "$W/nsd$1/conf" stats_noreset 2>/dev/null | sed -n 's/^num.queries=//p'
}

net_knot() {
	net_need knotd
	net_n=$1; shift
	net_d=$W/knot$net_n; mkdir -p "$net_d"
	{
		echo "server:"; echo "  rundir: $net_d"; echo "  listen: 127.0.0.$net_n@$PORT"; echo "  nsid: knot$net_n"
		echo "database:"; echo "  storage: $net_d"
		echo "log:"; echo "  - target: $net_d.log"; echo "    any: info"
		echo "zone:"
		for net_z; do
			echo "  - domain: $net_z"; echo "    file: $W/$(net_file "$net_z").signed"
			echo "    zonefile-load: whole"; echo "    journal-content: none"
		done
	} >"$net_d/conf"
	knotd -c "$net_d/conf" >"$net_d.out" 2>&1 &
	net_started $!
	net_wait "127.0.0.$net_n"
}

net_named() {
	net_need named
	net_n=$1; shift
	net_d=$W/named$net_n; mkdir -p "$net_d"
	{
		echo "options { directory \"$net_d\"; pid-file \"$net_d/pid\"; session-keyfile \"$net_d/session\";"
		echo "  listen-on port $PORT { 127.0.0.$net_n; }; listen-on-v6 { none; }; recursion no;"
		echo "  server-id \"named$net_n\"; dnssec-validation no; notify no; };"
		echo "controls { };"
		for net_z; do echo "zone \"$net_z\" { type primary; file \"$W/$(net_file "$net_z").signed\"; };"; done
	} >"$net_d/conf"
	named -g -n 1 -c "$net_d/conf" >"$net_d.log" 2>&1 &
	net_started $!
	net_wait "127.0.0.$net_n"
}

net_hints() { # the private root's hints and anchor: $W/root.hints, $W/root.key
	{ echo ". 3600000 NS a.root."; echo "a.root. 3600000 A 127.0.0.2"; } >"$W/root.hints"
	cat "$W/keys/$(cut -d' ' -f1 "$W/keys/root.names").key" >"$W/root.key"
}

# Root on .2, org on .3 and .4, example.org on .5, .6 and .7, all NSD, ECDSA keys.
net_tree_zones() {
	net_zone . ; net_zone org. ; net_zone example.org.
	cat >"$W/example.org.zone" <<'Z'
$TTL 300
$ORIGIN example.org.
@ SOA ns1 hostmaster 2013051500 180 180 1209600 300
@ NS ns1
@ NS ns2
@ NS ns3
ns1 A 127.0.0.5
ns2 A 127.0.0.6
ns3 A 127.0.0.7
www A 192.0.2.1
@ A 192.0.2.2
Z
	net_sign example.org.
	{ echo '$TTL 300'; echo "org. SOA a.org. h.org. 1 3600 900 1209600 300"; echo "org. NS a.org."
	echo "org. NS b.org."; echo "a.org. A 127.0.0.3"; echo "b.org. A 127.0.0.4"
	for net_i in 1 2 3; do
		echo "example.org. NS ns$net_i.example.org."; echo "ns$net_i.example.org. A 127.0.0.$((net_i + 4))"; done
	net_ds example.org.; } >"$W/org.zone"
	net_sign org.
	{ echo '$TTL 300'; echo ". SOA a.root. h.root. 1 3600 900 1209600 300"; echo ". NS a.root."
	echo "a.root. A 127.0.0.2"; echo "org. NS a.org."; echo "org. NS b.org."
	echo "a.org. A 127.0.0.3"; echo "b.org. A 127.0.0.4"; net_ds org.; } >"$W/root.zone"
	net_sign .
	net_hints
}
net_tree() {
	net_tree_zones
	net_nsd 2 .; net_nsd 3 org.; net_nsd 4 org.
	for net_i in 5 6 7; do net_nsd $net_i example.org.; done
}
