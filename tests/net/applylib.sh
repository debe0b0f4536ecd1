# applylib.sh: a zone that is really changed: example.org served by NSD (.5), Knot (.6) and BIND
# (127.0.0.1) from one signed file, below a private root. Source lib.sh, net_begin, then this file.
#
#   ap_tree [ALG]       keys, zones, servers, $W/conf (the configuration)
#   ap_conf WHO         writes $W/conf.WHO: one server (nsd, knot, bind, all) and its own reload command
#   ap_plan OUT ACTION [TAG]   makes a plan (with $CONF)
#   ap_apply PLAN [PTY-OPTION]...   types the plan's phrase; output in $W/apply.out
#   ap_serial ADDRESS   what that server serves
#   ap_secure           a fresh validator says secure (unbogus diagnose)
AP_Z=example.org.
AP_SRC=$SRCDIR/tests/net

ap_start_named() { # with rndc
	ap_d=$W/named1; mkdir -p "$ap_d"
	{
		echo 'key "k" { algorithm hmac-sha256; secret "dGVzdHRlc3R0ZXN0dGVzdA=="; };'
		echo "options { directory \"$ap_d\"; pid-file \"$ap_d/pid\"; session-keyfile \"$ap_d/session\";"
		echo "  listen-on port $PORT { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;"
		echo "  dnssec-validation no; notify no; };"
		echo "controls { inet 127.0.0.1 port $RNDC allow { 127.0.0.1; } keys { k; }; };"
		echo "zone \"example.org\" { type primary; file \"$W/zone/example.org.signed\"; };"
	} >"$ap_d/conf"
	{
		echo 'key "k" { algorithm hmac-sha256; secret "dGVzdHRlc3R0ZXN0dGVzdA=="; };'
		echo "options { default-key \"k\"; default-server 127.0.0.1; default-port $RNDC; };"
	} >"$ap_d/rndc.conf"
	named -g -n 1 -c "$ap_d/conf" >"$ap_d.log" 2>&1 &
	net_started $!
	net_wait 127.0.0.1
}

ap_start_knot() {
	ap_d=$W/knot6; mkdir -p "$ap_d"
	{
		echo "server:"; echo "  rundir: $ap_d"; echo "  listen: 127.0.0.6@$PORT"
		echo "database:"; echo "  storage: $ap_d"
		echo "log:"; echo "  - target: $ap_d.log"; echo "    any: info"
		echo "zone:"; echo "  - domain: example.org."; echo "    file: $W/zone/example.org.signed"
		echo "    zonefile-load: whole"; echo "    journal-content: none"
	} >"$ap_d/conf"
	knotd -c "$ap_d/conf" >"$ap_d.out" 2>&1 &
	net_started $!
	net_wait 127.0.0.6
}

ap_start_nsd() {
	ap_d=$W/nsd5; mkdir -p "$ap_d"
	{
		echo "server:"; echo "  ip-address: 127.0.0.5@$PORT"
		echo "  username: \"\""; echo "  chroot: \"\""; echo "  zonesdir: \"$W\""; echo "  database: \"\""
		echo "  pidfile: \"$ap_d/pid\""; echo "  xfrdfile: \"$ap_d/xfrd\""
		echo "  zonelistfile: \"$ap_d/zones\""; echo "  xfrdir: \"$ap_d\""
		echo "  logfile: \"$ap_d.log\""; echo "  server-count: 1"; echo "  rrl-ratelimit: 0"
		echo "remote-control:"; echo "  control-enable: yes"; echo "  control-interface: \"$ap_d/ctl\""
		echo "zone:"; echo "  name: example.org."; echo "  zonefile: \"$W/zone/example.org.signed\""
	} >"$ap_d/conf"
	nsd -d -c "$ap_d/conf" >"$ap_d.out" 2>&1 &
	net_started $!
	net_wait 127.0.0.5
}

ap_reload_words() { # SERVER: as a YAML list
	case $1 in
	nsd) echo "[$(command -v nsd-control), -c, $W/nsd5/conf, reload, example.org]" ;;
	knot) echo "[$(command -v knotc), -b, -c, $W/knot6/conf, zone-reload, example.org]" ;;
	bind) echo "[$(command -v rndc), -c, $W/named1/rndc.conf, reload, example.org]" ;;
	all) echo "[$W/reload-all]" ;;
	esac
}

ap_conf() { # WHO [SIGNER-TYPE]
	{
		echo "root-hints: $W/root.hints"; echo "trust-anchor: $W/root.key"; echo "port: $PORT"
		echo "period: 2s"; echo "known-good: []"
		echo "zones:"; echo "  - name: example.org"
		echo "    keys: $W/zkeys"; echo "    zone-file: $W/zone/example.org"
		echo "    signed-file: $W/zone/example.org.signed"
		echo "    nameservers:"
		case $1 in nsd|all) echo "      - {name: ns1.example.org, address: 127.0.0.5, port: $PORT}" ;; esac
		case $1 in knot|all) echo "      - {name: ns2.example.org, address: 127.0.0.6, port: $PORT}" ;; esac
		case $1 in bind|all) echo "      - {name: ns3.example.org, address: 127.0.0.1, port: $PORT}" ;; esac
		echo "    parents:"; echo "      - {name: a.org, address: 127.0.0.3, port: $PORT}"
		echo "      - {name: b.org, address: 127.0.0.4, port: $PORT}"
		echo "    signer: {type: ${2:-built-in}, timeout: 30s, reload: $(ap_reload_words "$1")${AP_SIGNER:-}}"
		[ -n "${AP_HOLD:-}" ] && echo "    hold: $AP_HOLD"
	} >"$W/conf.$1"
	CONF=$W/conf.$1
}

# The zone's source with serial $1.
ap_source() {
	cat >"$W/zone/example.org" <<Z
\$TTL 30
\$ORIGIN example.org.
@ SOA ns1 hostmaster $1 180 180 1209600 30
@ NS ns1
@ NS ns2
@ NS ns3
ns1 A 127.0.0.5
ns2 A 127.0.0.6
ns3 A 127.0.0.1
www A 192.0.2.1
*.wild TXT "a"
@ A 192.0.2.2
Z
}

ap_sign() { # SERIAL [OPTION]...: with dnssec-signzone, as the zone was before we came
	ap_source "$1"; shift
	dnssec-signzone -q -S -K "$W/zkeys" -d "$W" -o example.org "$@" -f "$W/zone/example.org.signed" \
		"$W/zone/example.org" >"$W/sign.log" 2>&1 || { echo "not ok $NET_NAME - dnssec-signzone"; cat "$W/sign.log"; exit 1; }
}

ap_tree() {
	net_need nsd nsd-control nsd-checkzone knotd knotc kzonecheck named rndc named-checkzone python3
	RNDC=$(net_free_port)
	mkdir -p "$W/zone" "$W/zkeys"; chmod 700 "$W/zkeys"
	ap_alg=${1:-RSASHA256} ap_b=
	case $ap_alg in RSA*) ap_b="-b 2048" ;; esac
	ap_k=$(dnssec-keygen -q -P now-40d -A now-40d -K "$W/zkeys" -a "$ap_alg" $ap_b -f KSK example.org) || exit 1
	ap_z=$(dnssec-keygen -q -P now-40d -A now-40d -K "$W/zkeys" -a "$ap_alg" $ap_b example.org) || exit 1
	KSK=${ap_k##*+} ZSK=${ap_z##*+} KSK_BASE=$ap_k ZSK_BASE=$ap_z
	KSK=$(printf '%s' "$KSK" | sed 's/^0*//') ZSK=$(printf '%s' "$ZSK" | sed 's/^0*//')
	ap_sign 2013051402
	net_zone .; net_zone org.
	{ echo '$TTL 30'; echo "org. SOA a.org. h.org. 1 3600 900 1209600 30"; echo "org. NS a.org."
	echo "org. NS b.org."; echo "a.org. A 127.0.0.3"; echo "b.org. A 127.0.0.4"
	for ap_i in 1 2 3; do echo "example.org. NS ns$ap_i.example.org."; done
	echo "ns1.example.org. A 127.0.0.5"; echo "ns2.example.org. A 127.0.0.6"; echo "ns3.example.org. A 127.0.0.1"
	dnssec-dsfromkey -2 "$W/zkeys/$KSK_BASE.key"; } >"$W/org.zone"
	net_sign org.
	{ echo '$TTL 30'; echo ". SOA a.root. h.root. 1 3600 900 1209600 30"; echo ". NS a.root."
	echo "a.root. A 127.0.0.2"; echo "org. NS a.org."; echo "org. NS b.org."
	echo "a.org. A 127.0.0.3"; echo "b.org. A 127.0.0.4"; net_ds org.; } >"$W/root.zone"
	net_sign .
	net_hints
	net_nsd 2 .; net_nsd 3 org.; net_nsd 4 org.
	ap_start_nsd; ap_start_knot; ap_start_named
	{ echo '#!/bin/sh'
	echo "$(command -v nsd-control) -c $W/nsd5/conf reload example.org &&"
	echo "$(command -v knotc) -b -c $W/knot6/conf zone-reload example.org &&"
	echo "$(command -v rndc) -c $W/named1/rndc.conf reload example.org"; } >"$W/reload-all"
	chmod 755 "$W/reload-all"
	ap_conf all
	ST=$W/state; mkdir -p "$ST"
}

ap_plan() { # OUT ACTION [TAG]
	ap_o=$1; shift
	timeout 100 "$UNBOGUS" plan example.org "$@" -o "$ap_o" -c "$CONF" --trust-anchor "$W/root.key" \
		>"$W/plan.out" 2>&1
}

ap_phrase() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["phrase"]["text"])' "$1"; }

ap_apply() { # PLAN [PTY-OPTION]...
	ap_p=$1; shift
	timeout 170 python3 "$AP_SRC/typeat.py" --limit 150 --when 'Type this to apply' "$(ap_phrase "$ap_p")\\n" "$@" -- \
		"$UNBOGUS" apply "$ap_p" -c "$CONF" --state "$ST" >"$W/apply.out" 2>&1
}

ap_serial() { dig +time=2 +tries=1 +short @"$1" -p "$PORT" example.org SOA 2>/dev/null | cut -d' ' -f3; }
ap_journal() { "$UNBOGUS" journal "$@" example.org --state "$ST"; }
ap_secure() {
	timeout 60 "$UNBOGUS" diagnose example.org -c "$CONF" --trust-anchor "$W/root.key" --json >"$W/diag.json" 2>"$W/diag.err"
	python3 -c 'import json,sys; sys.exit(json.load(open(sys.argv[1]))["security"] != "secure")' "$W/diag.json"
}
