# cases.sh: root -> org -> a leaf zone on NSD, Knot and BIND at once, broken in fourteen ways, and
# Unbound and BIND as validating resolvers. Source lib.sh first, net_begin, then:
#
#   lab_begin LEAF     keys, zones, servers: root .2, org .3, LEAF on .5 (NSD), .6 (Knot), .1 (BIND)
#   lab_case ID        the zone as in case ID: a b c1 c2 d d2 e e2 e3 e4 f g h i; fresh resolvers
#                      (g: they first ask the healthy zone, then keys and DS are swapped)
#   lab_resolvers      new Unbound on 127.0.0.8 $PORT, BIND on 127.0.0.1 $RPORT, empty caches
#
# Data and DS have TTL 5, DNSKEY 3600, so that case g needs no long wait. $K1 $Z1 $K2 $Z2 are key
# file names, lab_tag gives their tags. The leaf is served from $W/leaf.signed (NSD, BIND) and
# $W/leaf.knot (Knot).

lab_tag() { echo "$1" | sed 's/.*+0*\([0-9]\)/\1/'; }

# lab_make OUT SERIAL "DNSKEYs and signers" [SIGNZONE OPTIONS]: one record a line, so that cases
# can take records out. -P: what is broken on purpose must not be refused.
lab_make() {
	lab_out=$1 lab_serial=$2 lab_keys=$3; shift 3
	{
		echo '$TTL 5'
		echo "$LEAF SOA ns1.$LEAF h.$LEAF $lab_serial 180 180 1209600 5"
		for lab_n in 1 2 3; do echo "$LEAF NS ns$lab_n.$LEAF"; done
		echo "ns1.$LEAF A 127.0.0.5"; echo "ns2.$LEAF A 127.0.0.6"; echo "ns3.$LEAF A 127.0.0.1"
		echo "$LEAF A 192.0.2.1"; echo "www.$LEAF A 192.0.2.2"
		for lab_k in $lab_keys; do sed -n 's/ IN DNSKEY / 3600 IN DNSKEY /p' "$W/keys/$lab_k.key"; done
	} >"$W/leaf.in"
	(cd "$W/keys" && dnssec-signzone -q -P -O full -o "$LEAF" "$@" -f "$lab_out" "$W/leaf.in" $lab_keys \
		>"$W/sign.log" 2>&1) || { echo "not ok $NET_NAME - signing"; cat "$W/sign.log"; exit 1; }
}
# lab_mix OUT DATA KEYS: the DNSKEY RRset and its RRSIGs from KEYS, everything else from DATA
lab_mix() {
	{ grep -vE '[[:space:]](DNSKEY|RRSIG[[:space:]]+DNSKEY)[[:space:]]' "$2"; grep -E '[[:space:]](DNSKEY|RRSIG[[:space:]]+DNSKEY)[[:space:]]' "$3"; } >"$1.new" &&
		mv "$1.new" "$1"
}

lab_ds() { dnssec-dsfromkey -2 "$W/keys/$1.key" | sed 's/ IN DS / 5 IN DS /'; }
lab_wrong_ds() { lab_ds "$1" | sed 's/[0-9A-F]\{6\}$/00DEAD/'; }

lab_parent() { # DS records on standard input
	{ echo '$TTL 300'; echo "org. SOA a.org. h.org. $(date +%s) 3600 900 1209600 5"; echo "org. NS a.org."
	echo "a.org. A 127.0.0.3"
	for lab_n in 1 2 3; do echo "$LEAF NS ns$lab_n.$LEAF"; done
	echo "ns1.$LEAF A 127.0.0.5"; echo "ns2.$LEAF A 127.0.0.6"; echo "ns3.$LEAF A 127.0.0.1"
	cat; } >"$W/org.zone"
	net_sign org.
}

lab_reload() {
	nsd-control -c "$W/nsd3/conf" reload >/dev/null
	nsd-control -c "$W/nsd5/conf" reload >/dev/null
	knotc -c "$W/knot6/conf" -b zone-reload "$LEAF" >/dev/null 2>&1
	kill -HUP "$NAMED_PID"
	for lab_i in $(seq 50); do
		[ "$(lab_serial_at 127.0.0.5)" = "$SERIAL" ] && [ "$(lab_serial_at 127.0.0.1)" = "$SERIAL" ] &&
			[ "$(lab_serial_at 127.0.0.6)" = "${KNOT_SERIAL:-$SERIAL}" ] && return 0
		sleep 0.1
	done
	echo "not ok $NET_NAME - the servers did not load serial $SERIAL: $(lab_serial_at 127.0.0.5)" \
		"$(lab_serial_at 127.0.0.6) $(lab_serial_at 127.0.0.1)"
	exit 1
}
lab_serial_at() { dig +short +time=1 +tries=1 +norec @"$1" -p "$PORT" "$LEAF" SOA | cut -d' ' -f3; }

lab_begin() {
	LEAF=$1
	net_need nsd nsd-control knotd knotc named unbound dnssec-dsfromkey
	RPORT=$((PORT + 1)) SERIAL=$(date +%s)
	net_zone . ; net_zone org.
	for lab_k in K1 Z1 K2 Z2; do
		case $lab_k in K*) lab_f="-f KSK" ;; *) lab_f= ;; esac
		lab_n=$(dnssec-keygen -q -K "$W/keys" -a ECDSAP256SHA256 $lab_f "$LEAF") || exit 1
		eval "$lab_k=$lab_n"
	done
	lab_file=$(net_file "$LEAF")
	lab_make "$W/$lab_file.signed" "$SERIAL" "$K1 $Z1"
	cp "$W/$lab_file.signed" "$W/leaf.healthy"
	lab_ds "$K1" | lab_parent
	{ echo '$TTL 300'; echo ". SOA a.root. h.root. 1 3600 900 1209600 300"; echo ". NS a.root."
	echo "a.root. A 127.0.0.2"; echo "org. NS a.org."; echo "a.org. A 127.0.0.3"; net_ds org.; } >"$W/root.zone"
	net_sign .
	net_hints
	net_nsd 2 .; net_nsd 3 org.; net_nsd 5 "$LEAF"
	mkdir -p "$W/k" && cp "$W/$lab_file.signed" "$W/k/"
	net_knot 6 "$LEAF"
	# Knot reads a file of its own: cases d and d2 differ there
	sed -i "s,file: $W/,file: $W/k/," "$W/knot6/conf"
	knotc -c "$W/knot6/conf" reload >/dev/null 2>&1
	net_named 1 "$LEAF"; NAMED_PID=$!
	KNOT_PID=$(cat "$W/knot6/knot.pid" 2>/dev/null)
}

lab_resolvers() {
	for lab_p in ${UNBOUND_PID:-} ${RESOLVER_PID:-}; do net_stop "$lab_p"; done
	cat >"$W/unbound.conf" <<Z
server:
  interface: 127.0.0.8
  port: $PORT
  chroot: ""
  username: ""
  directory: "$W"
  pidfile: "$W/unbound.pid"
  logfile: "$W/unbound.log"
  use-syslog: no
  do-not-query-localhost: no
  do-ip6: no
  ede: yes
  val-sig-skew-min: 0
  val-sig-skew-max: 0
  trust-anchor-file: "$W/root.key"
stub-zone:
  name: "."
  stub-addr: 127.0.0.2@$PORT
stub-zone:
  name: "org"
  stub-addr: 127.0.0.3@$PORT
stub-zone:
  name: "$LEAF"
  stub-addr: 127.0.0.5@$PORT
  stub-addr: 127.0.0.6@$PORT
  stub-addr: 127.0.0.1@$PORT
remote-control:
  control-enable: no
Z
	unbound -d -c "$W/unbound.conf" >"$W/unbound.out" 2>&1 &
	UNBOUND_PID=$!
	net_started $!
	mkdir -p "$W/resolver"
	cat >"$W/resolver/conf" <<Z
options { directory "$W/resolver"; pid-file "$W/resolver/pid"; session-keyfile "$W/resolver/session";
  port $PORT; listen-on port $RPORT { 127.0.0.1; }; listen-on-v6 { none; }; recursion yes;
  dnssec-validation yes; qname-minimization off; };
controls { };
zone "." { type hint; file "$W/root.hints"; };
trust-anchors { . static-key $(sed -n 's/.*DNSKEY \([0-9]* [0-9]* [0-9]*\) \(.*\)/\1 "\2"/p' "$W/root.key"); };
Z
	named -g -4 -n 1 -c "$W/resolver/conf" >"$W/resolver.log" 2>&1 &
	RESOLVER_PID=$!
	net_started $!
	net_wait 127.0.0.8 "$PORT"
	net_wait 127.0.0.1 "$RPORT"
}

lab_case() {
	lab_f=$W/$(net_file "$LEAF").signed lab_kf=$W/k/$(net_file "$LEAF").signed
	[ -n "${KNOT_STOPPED:-}" ] && { kill -CONT "$KNOT_PID"; KNOT_STOPPED=; }
	SERIAL=$((SERIAL + 10)) KNOT_SERIAL= lab_set="$K1 $Z1"
	case $1 in e|e2|e4) lab_set="$K1 $K2 $Z1" ;; esac
	if [ "$1" = g ]; then
		lab_case a
		for lab_q in "$LEAF SOA" "$LEAF DNSKEY" "www.$LEAF A"; do
			dig +dnssec @127.0.0.8 -p "$PORT" $lab_q >/dev/null
			dig +dnssec @127.0.0.1 -p "$RPORT" $lab_q >/dev/null
		done
		SERIAL=$((SERIAL + 10)) lab_set="$K2 $Z2"
	fi
	lab_make "$lab_f" "$SERIAL" "$lab_set"
	lab_gone="-s now-864000 -e now-3600"
	case $1 in
	b)	lab_make "$W/old" "$SERIAL" "$lab_set" $lab_gone; lab_mix "$lab_f" "$W/old" "$lab_f" ;;
	h)	grep -vE 'RRSIG[[:space:]]+SOA[[:space:]]' "$lab_f" >"$W/old"; cp "$W/old" "$lab_f" ;;
	i)	lab_make "$W/old" "$SERIAL" "$K1 $Z2"; lab_mix "$lab_f" "$W/old" "$lab_f" ;;
	esac
	cp "$lab_f" "$lab_kf"
	case $1 in
	d)	KNOT_SERIAL=$((SERIAL - 5)); lab_make "$lab_kf" $KNOT_SERIAL "$lab_set" ;;
	d2)	KNOT_SERIAL=$((SERIAL - 5)); lab_make "$W/old" $KNOT_SERIAL "$lab_set" $lab_gone
		lab_mix "$lab_kf" "$W/old" "$lab_f" ;;
	esac
	case $1 in
	c1)	lab_ds "$K2" ;;
	c2)	lab_wrong_ds "$K1" ;;
	e|e3)	lab_ds "$K1"; lab_ds "$K2" ;;
	e4)	lab_ds "$K1"; lab_wrong_ds "$K2" ;;
	g)	lab_ds "$K2" ;;
	*)	lab_ds "$K1" ;;
	esac >"$W/ds"
	lab_parent <"$W/ds"
	lab_reload
	[ "$1" = g ] || lab_resolvers
	if [ "$1" = f ]; then kill -STOP "$KNOT_PID"; KNOT_STOPPED=yes; fi
	if [ "$1" = g ]; then sleep 6; fi
}
