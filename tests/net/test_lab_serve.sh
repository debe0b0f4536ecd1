#!/bin/sh
# The lab's zones served to real tools and judged by real validators: dig, drill, delv, Unbound, BIND.
. "$SRCDIR/tests/net/lib.sh"
net_begin serve
net_need unbound
u=$BUILDDIR/unbogus
UBG_SHARE=$SRCDIR/share
export UBG_SHARE
status=0
say() { if [ "$1" = 0 ]; then echo "ok serve-$2 - $3"; else echo "not ok serve-$2 - $3"; status=1; fi; }
UPORT=$(net_free_port) BPORT=$(net_free_port)

lab_start() { # OPTIONS: serves on $PORT, commands through $W/cmd
	rm -f "$W/cmd"; mkfifo "$W/cmd"; : >"$W/lab.out"
	"$u" lab "$@" --dir "$W/world" --serve "127.0.0.1:$PORT" <"$W/cmd" >"$W/lab.out" 2>"$W/lab.err" &
	lab_pid=$!
	net_started $lab_pid
	exec 7>"$W/cmd"
	for i in $(seq 100); do grep -q '^serving' "$W/lab.out" && return 0; sleep 0.1; done
	cat "$W/lab.err"; return 1
}
lab_stop() { exec 7>&-; net_stop $lab_pid; rm -rf "$W/world"; }
lab_do() { # a line, and its answer
	n=$(wc -l <"$W/lab.out")
	echo "$1" >&7
	for i in $(seq 100); do [ "$(wc -l <"$W/lab.out")" -gt "$n" ] && return 0; sleep 0.1; done
	return 1
}
unbound_start() { # ZONE PARENT [SERVER_PORT]
	{
		echo "server:"
		echo "  interface: 127.0.0.1@$UPORT"; echo "  do-ip6: no"; echo "  chroot: \"\""; echo "  username: \"\""
		echo "  directory: \"$W\""; echo "  pidfile: \"$W/unbound.pid\""; echo "  use-syslog: no"
		echo "  trust-anchor-file: \"$W/world/root.key\""; echo "  module-config: \"validator iterator\""
		echo "  do-not-query-localhost: no"; echo "  val-sig-skew-min: 0"; echo "  val-sig-skew-max: 0"
		echo "  ede: yes"; echo "  local-zone: \"in-addr.arpa.\" nodefault"; echo "  qname-minimisation: no"
		echo "  local-zone: \"example.\" nodefault"
		echo "remote-control:"; echo "  control-enable: no"
		for z in . "$2." "$1."; do
			echo "stub-zone:"; echo "  name: \"$z\""; echo "  stub-prime: no"
			[ "$z" = "$1." ] && [ -n "${3:-}" ] && { for p in $3; do echo "  stub-addr: 127.0.0.1@$p"; done; continue; }
			echo "  stub-addr: 127.0.0.1@$PORT"
		done
	} >"$W/unbound.conf"
	unbound -d -c "$W/unbound.conf" >"$W/unbound.log" 2>&1 &
	upid=$!
	net_started $upid
	for i in $(seq 50); do dig +time=1 +tries=1 @127.0.0.1 -p $UPORT . SOA >/dev/null 2>&1 && break; sleep 0.1; done
}
bind_start() { # ZONE PARENT: what named asks goes to $PORT
	command -v named >/dev/null || return 1
	mkdir -p "$W/named"
	key=$(sed 's/.*DNSKEY 257 3 8 //' "$W/world/root.key")
	{
		echo "options { directory \"$W/named\"; pid-file \"$W/named/pid\"; session-keyfile \"$W/named/session\"; port $PORT;"
		echo "  listen-on port $BPORT { 127.0.0.1; }; listen-on-v6 { none; }; recursion yes; dnssec-validation yes;"
		echo "  empty-zones-enable no; notify no; };"
		echo "controls { };"
		echo "trust-anchors { . static-key 257 3 8 \"$key\"; };"
		for z in . "$2." "$1."; do echo "zone \"$z\" { type static-stub; server-addresses { 127.0.0.1; }; };"; done
	} >"$W/named/conf"
	named -g -n 1 -c "$W/named/conf" >"$W/named.log" 2>&1 &
	bpid=$!
	net_started $bpid
	for i in $(seq 50); do dig +time=1 +tries=1 @127.0.0.1 -p $BPORT . SOA >/dev/null 2>&1 && break; sleep 0.1; done
}
ask() { # PORT NAME TYPE: "NOERROR ad" or "SERVFAIL"
	dig +time=10 +tries=1 +dnssec @127.0.0.1 -p "$1" "$2" "$3" >"$W/dig" 2>&1
	r=$(sed -n 's/.*status: \([A-Z]*\),.*/\1/p' "$W/dig")
	grep -q 'flags:.* ad[ ;]' "$W/dig" && r="$r ad"
	echo "$r"
}
judged() { # NAME QNAME TYPE WANT: Unbound, then BIND
	got=$(ask $UPORT "$2" "$3")
	[ "$got" = "$4" ]
	say $? "$1-unbound" "$2 $3: $got, as the simulated validators: $4"
	[ -n "${bpid:-}" ] || { echo "skip serve-$1-bind - named is not installed"; return; }
	got=$(ask $BPORT "$2" "$3")
	[ "$got" = "$4" ]
	say $? "$1-bind" "$2 $3: $got, as the simulated validators: $4"
}
story() { # SCENARIO ZONE PARENT OPTIONS
	sc=$1 zone=$2 parent=$3
	shift 3
	bpid=
	lab_start "$sc" "$@" || { say 1 "$sc" "the lab does not serve"; return 1; }
	unbound_start "$zone" "$parent"
	bind_start "$zone" "$parent" || bpid=
}
story_end() { net_stop $upid; [ -z "${bpid:-}" ] || net_stop $bpid; lab_stop; }

# 1. Tools: UDP, TCP, truncation, negative answers, referral of the parent.
lab_start mozilla-2013 || { say 1 start "$(cat "$W/lab.err")"; exit 1; }
d="dig +time=3 +tries=1 +norec @127.0.0.1 -p $PORT"
$d mozilla.org SOA >"$W/o" && grep -q 'status: NOERROR' "$W/o" && grep -q '2013051402' "$W/o" && grep -q ' aa' "$W/o"
say $? dig "dig: an authoritative SOA"
$d +tcp +dnssec mozilla.org DNSKEY >"$W/o" && grep -q 'RRSIG.*DNSKEY' "$W/o" && grep -q '(TCP)\|flags: qr aa' "$W/o"
say $? dig-tcp "dig +tcp +dnssec: DNSKEY with its signature"
$d +bufsize=512 +ignore +dnssec mozilla.org DNSKEY >"$W/o" && grep -q 'flags: qr aa tc' "$W/o"
say $? truncated "what does not fit is truncated"
$d +dnssec nosuch.mozilla.org A >"$W/o" && grep -q NXDOMAIN "$W/o" && grep -q NSEC "$W/o"
say $? nxdomain "NXDOMAIN with its proof"
$d ftp.mozilla.org A >"$W/o" && grep -q 'CNAME' "$W/o" && grep -q '63.245' "$W/o"
say $? cname "a CNAME is followed"
$d +dnssec org DNSKEY >"$W/o" && grep -q 'DNSKEY' "$W/o" && $d +dnssec mozilla.org DS >"$W/o" && grep -q '42731 8 2' "$W/o"
say $? upper "the parent's keys and the zone's DS"
if command -v drill >/dev/null; then
	drill -p $PORT -D mozilla.org @127.0.0.1 SOA >"$W/o" 2>&1 && grep -q 'RRSIG' "$W/o"
	say $? drill "drill -D: SOA and its signature"
fi
if command -v delv >/dev/null; then
	sed 's/^\. [0-9]* IN DNSKEY \(257 3 8\) \(.*\)$/trust-anchors { . static-key \1 "\2"; };/' "$W/world/root.key" >"$W/delv.key"
	delv -a "$W/delv.key" +root=. -p $PORT @127.0.0.1 mozilla.org SOA >"$W/o" 2>&1 && grep -q 'fully validated' "$W/o"
	say $? delv "delv: fully validated from the lab's own root ($(head -n 1 "$W/o"))"
fi
"$u" lab mozilla-2013 --dir "$W/x" --serve 192.0.2.1:$PORT </dev/null >/dev/null 2>&1
[ $? = 3 ]
say $? loopback "only loopback addresses"
lab_stop

# 2. Six scenarios, judged by real validators. What people did is done by the lab's hands.
if story hbonow-2015 hbonow.com com; then
	judged hbonow www.hbonow.com A SERVFAIL
	lab_do resign
	sleep 1
	net_stop $upid; unbound_start hbonow.com com
	got=$(ask $UPORT www.hbonow.com A); [ "$got" = "NOERROR ad" ]; say $? hbonow-golden "signed with the keys that the DS names: $got"
	story_end
fi
if story arin-2019 arin.net net; then
	judged arin www.arin.net A SERVFAIL
	story_end
fi
if story ripe-2023 ripe.net net --at 2023-11-01T11:05:00Z; then
	judged ripe-soa ripe.net SOA "NOERROR ad"
	judged ripe-data www.ripe.net A SERVFAIL
	story_end
fi
if story my-2018 my.example example; then
	judged my www.my.example A SERVFAIL
	story_end
fi
if story e164-2011 e164.arpa arpa --variant a; then
	judged e164 www.e164.arpa A SERVFAIL
	story_end
fi
if story mozilla-2013-day mozilla.org org --at 2013-05-16T00:26:30Z; then
	judged mozilla-before www.mozilla.org A "NOERROR ad" # both caches hold the old key set now
	lab_do "step 1m"
	judged mozilla-warm wiki.mozilla.org A SERVFAIL
	lab_do double-sign
	judged mozilla-healed bugzilla.mozilla.org A "NOERROR ad"
	story_end
fi
# one liar among three: the resolver hides it
if lab_start xfinity-2015 --variant a; then
	unbound_start xfinity.com com "$((PORT + 1)) $((PORT + 2)) $((PORT + 3))"
	bad=0
	for n in www api shop login mail; do [ "$(ask $UPORT $n.xfinity.com A)" = "NOERROR ad" ] || bad=1; done
	say $bad xfinity-hidden "ns3 has old signatures, and Unbound finds the others"
	dig +time=3 +tries=1 +norec +dnssec @127.0.0.1 -p $((PORT + 3)) xfinity.com SOA >"$W/o"
	grep -q 2015051801 "$W/o"; say $? xfinity-ns3 "asked itself, ns3 shows the old zone"
	net_stop $upid; lab_stop
fi
exit $status
