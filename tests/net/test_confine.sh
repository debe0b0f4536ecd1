#!/bin/sh
# The profile of `observe net` is tight enough for strangers' bytes and wide enough for libunbound:
# real validation, in a thread, against a real server; and no other call gets through.
set -u
bad=0
ok() { echo "ok confine-$1 - $2"; }
no() { echo "not ok confine-$1 - $2"; bad=1; }
for p in nsd ldns-keygen ldns-signzone strace; do
	command -v $p >/dev/null || { echo "skip confine-net - $p is not installed"; exit 0; }
done
tool=$BUILDDIR/obj/tests/net/tool_confine
dir=$(mktemp -d /tmp/ubg-confine.XXXXXX) || exit 1
nsd=
stop() { [ -z "$nsd" ] || kill "$nsd" 2>/dev/null; rm -rf "$dir"; }
trap stop EXIT
cd "$dir" || exit 1
port=$((17100 + $$ % 400))

cat >zone <<'Z'
$TTL 300
. SOA ns. host. 1 3600 600 86400 60
. NS ns.
ns A 127.0.0.1
www A 192.0.2.1
bad A 192.0.2.2
Z
ksk=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k .) || exit 1
ldns-signzone -n -o . -f signed zone "$ksk" || exit 1
sed -i 's/192\.0\.2\.2/192.0.2.3/' signed # after signing: a signature that cannot verify
cat >nsd.conf <<C
server:
	ip-address: 127.0.0.1@$port
	username: ""
	chroot: ""
	zonesdir: "$dir"
	pidfile: "$dir/nsd.pid"
	xfrdfile: "$dir/xfrd"
	zonelistfile: "$dir/list"
	database: ""
	xfrdir: "$dir"
	server-count: 1
remote-control:
	control-enable: no
zone:
	name: "."
	zonefile: signed
C
nsd -d -c nsd.conf >nsd.log 2>&1 & nsd=$!
i=0
while [ $i -lt 50 ]; do
	grep -q 'nsd started' nsd.log && break
	sleep 0.1; i=$((i + 1))
done
anchor=$(grep -v '^;' "$ksk.key" | head -n 1)
validate() { timeout 30 "$tool" "127.0.0.1@$port" "$anchor" "$1" 2>&1; }
out=$(validate www.)
case $out in *secure) ok secure "a confined libunbound validates over its own sockets and threads" ;;
*) no secure "expected secure, got: $out"; cat nsd.log ;; esac
out=$(validate bad.)
case $out in *bogus*) ok bogus "and calls a broken signature bogus" ;;
*) no bogus "expected bogus, got: $out" ;; esac
case $(validate www. | head -n 1) in
*landlock*seccomp*denied*) ok described "the level of confinement is said" ;;
*seccomp*|*landlock*) echo "skip confine-described - this kernel offers only: $(validate www. | head -n 1)" ;;
*) no described "$(validate www. | head -n 1)" ;;
esac

timeout 60 strace -f -qq -o trace "$tool" "127.0.0.1@$port" "$anchor" www. >/dev/null 2>&1
if grep -q 'seccomp' trace; then
	sed '1,/PR_SET_NO_NEW_PRIVS/d' trace >after
	hits=$(grep -vE ' = -1 |resumed|unfinished' after | grep -E ' (execve|fork|vfork|unlink|rename|chmod|ptrace|mount)[a-z0-9]*\(' ; \
		grep -E 'open(at)?\(.*O_(WRONLY|RDWR|CREAT)' after | grep -v ' = -1 ')
	[ -z "$hits" ] && ok trace "strace: after confinement nothing is executed, written or renamed" ||
		no trace "got through: $hits"
else
	echo "skip confine-trace - strace cannot trace here"
fi
exit $bad
