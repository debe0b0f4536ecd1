# many.sh: N signed zones below org. on two real servers and, for every tenth, on a dead third one.
# Source lib.sh, net_begin NAME, then:
#   many_zones N    z1.org. to zN.org. (tool_many.c) on 127.0.0.5 and .6; .7 never answers; org on
#                   .3, root on .2; a configuration with all of them: $W/many.yaml
# Zone 3 has signatures that are over, zone 4 a DS with a wrong digest.

many_zones() {
	"$BUILDDIR/obj/tests/net/tool_many" "$W" "$1" || { echo "not ok $NET_NAME - zones"; exit 1; }
	many_list=$(seq -f 'z%.0f.org.' "$1")
	net_nsd 2 .; net_nsd 3 org.
	net_nsd 5 $many_list; net_nsd 6 $many_list
	python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.7', $PORT))
t = socket.socket(); t.bind(('127.0.0.7', $PORT))
open('$W/dead', 'w').close()
time.sleep(3000)" &
	net_started $!
	for many_i in $(seq 50); do [ -e "$W/dead" ] && break; sleep 0.1; done
	{ echo "root-hints: $W/root.hints"; echo "trust-anchor: $W/root.key"; echo "port: $PORT"; echo "zones:"
	for many_z in $many_list; do echo "  - name: ${many_z%.}"; done; } >"$W/many.yaml"
}
