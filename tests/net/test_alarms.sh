#!/bin/sh
# The three alarms that the incident report of 2013 asked for, end to end: a ZSK with six days left,
# a signer that refuses, a zone that does not validate (and one that is well), on real servers with
# real keys -> the states of a real Nagios and a real Icinga configuration, the alerts of a real
# Prometheus, the rows of the wallboard, a hook that is called once.
. "$SRCDIR/tests/net/lib.sh"
net_begin alarms
net_need dnssec-settime nsd-control curl
export XDG_CONFIG_HOME="$W/none" XDG_STATE_HOME="$W/state"
fail=0
ok() { # NAME, then a test
	n=$1; shift
	if "$@" >/dev/null 2>&1; then echo "ok alarms $n"; else echo "not ok alarms $n - $*"; fail=1; fi
}

# ---- zones ----
ZONES="soon.org. refuse.org. bogus.org. fine.org."
leaf() { # ZONE: signed for a month, keys in a folder of its own
	net_zone "$1"
	{ echo "\$TTL 300"; echo "$1 SOA ns1.$1 h.$1 2013051500 180 180 1209600 300"; echo "$1 NS ns1.$1"
	echo "ns1.$1 A 127.0.0.5"; echo "www.$1 A 192.0.2.1"; } >"$W/${1%.}.zone"
	net_sign "$1"
	mkdir "$W/keys.${1%.}"
	for k in $(cat "$W/keys/${1%.}.names"); do mv "$W/keys/$k".* "$W/keys.${1%.}/"; done
}
zsk() { cut -d' ' -f2 "$W/keys/${1%.}.names"; }
SIGN_OPTS="-e +2592000"
net_zone . ; net_zone org.
for z in $ZONES; do leaf $z; done
{ echo '$TTL 300'; echo "org. SOA a.org. h.org. 1 3600 900 1209600 300"; echo "org. NS a.org."
echo "a.org. A 127.0.0.3"
for z in $ZONES; do echo "$z NS ns1.$z"; echo "ns1.$z A 127.0.0.5"
	dnssec-dsfromkey -2 "$W/keys.${z%.}/$(cut -d' ' -f1 "$W/keys/${z%.}.names").key"; done; } >"$W/org.zone"
net_sign org.
{ echo '$TTL 300'; echo ". SOA a.root. h.root. 1 3600 900 1209600 300"; echo ". NS a.root."
echo "a.root. A 127.0.0.2"; echo "org. NS a.org."; echo "a.org. A 127.0.0.3"; net_ds org.; } >"$W/root.zone"
net_sign .
net_hints
net_nsd 2 .; net_nsd 3 org.; net_nsd 5 $ZONES
dnssec-settime -K "$W/keys.soon.org" -I now+6d "$(zsk soon.org)" >/dev/null
# the signer of refuse.org has no ZSK that is active any more, and says so itself
dnssec-settime -K "$W/keys.refuse.org" -P now-40d -A now-40d -I now-2d "$(zsk refuse.org)" >/dev/null
mkdir "$W/log"
(cd "$W/keys.refuse.org" && dnssec-signzone -S -K . -o refuse.org. -f "$W/refuse.new" "$W/refuse.org.zone" \
	>"$W/log/signer.log" 2>&1)
ok "the signer refuses: $(grep -m1 'not signed' "$W/log/signer.log")" grep -q 'SOA is not signed' "$W/log/signer.log"
cat >"$W/hook" <<H
#!/bin/sh
cat >>"$W/hook.out"
echo >>"$W/hook.out"
H
chmod 755 "$W" "$W/hook"
cat >"$W/u.yaml" <<Y
root-hints: $W/root.hints
trust-anchor: $W/root.key
port: $PORT
period: 2s
zones:
  - {name: soon.org, keys: $W/keys.soon.org}
  - name: refuse.org
    keys: $W/keys.refuse.org
    signer: {type: bind-signzone, log: $W/log/signer.log}
  - {name: bogus.org, keys: $W/keys.bogus.org}
  - {name: fine.org, keys: $W/keys.fine.org}
hooks:
  - {name: pager, argv: [$W/hook], states: [critical], per: 1h}
Y
ok "the configuration is read" "$UNBOGUS" config check -c "$W/u.yaml"
break_bogus() { # signatures that are over
	cp "$W/keys.bogus.org/"* "$W/keys/"
	SIGN_OPTS="-P -s now-864000 -e now-3600" # broken on purpose: not refused
	net_sign bogus.org.
	nsd-control -c "$W/nsd5/conf" reload >/dev/null
}
eventually() { # SECONDS, then a test
	e=$1; shift
	for i in $(seq "$e"); do "$@" >/dev/null 2>&1 && return 0; sleep 1; done
	return 1
}

# ---- metrics, a hook, and Prometheus: all is well before bogus.org breaks ----
MPORT=$((PORT + 2)) PPORT=$((PORT + 3))
"$UNBOGUS" metrics -c "$W/u.yaml" --listen "127.0.0.1:$MPORT" >"$W/metrics.log" 2>&1 &
METRICS=$!
net_started $METRICS
get() { curl -s -m 10 "http://127.0.0.1:$MPORT$1"; }
state_is() { get /metrics | grep -q "^unbogus_zone_state{zone=\"$1\",unbogus_zone_state=\"$2\"} 1$"; }
ok "metrics: fine.org is ok" eventually 60 state_is fine.org ok
ok "metrics: bogus.org is still ok" eventually 20 state_is bogus.org ok
if command -v prometheus >/dev/null; then
	mkdir "$W/prom"
	sed -e 's/for: [0-9]*m/for: 0s/' "$SRCDIR/share/prometheus/unbogus.rules.yml" >"$W/prom/rules.yml"
	cat >"$W/prom/p.yml" <<Y
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: unbogus
    static_configs: [{targets: ["127.0.0.1:$MPORT"]}]
Y
	prometheus --config.file="$W/prom/p.yml" --storage.tsdb.path="$W/prom/data" \
		--web.listen-address="127.0.0.1:$PPORT" >"$W/prom/log" 2>&1 &
	net_started $!
fi
break_bogus
ok "metrics: bogus.org becomes critical" eventually 40 state_is bogus.org critical
ok "metrics: soon.org warns" eventually 20 state_is soon.org warning
ok "metrics: refuse.org warns" state_is refuse.org warning
ok "metrics: fine.org stays ok" state_is fine.org ok
get /probe?zone=soon.org >"$W/probe"
ok "/probe gives one zone" grep -q 'cause="key-expiring-soon"} 1$' "$W/probe"
ok "and no other" sh -c "! grep -q bogus.org '$W/probe'"
ok "/probe of a zone that is not watched is 404" [ "$(curl -s -o "$W/x" -w '%{http_code}' \
	"http://127.0.0.1:$MPORT/probe?zone=example.net")" = 404 ]
ok "a request that would change something is refused" [ "$(curl -s -X POST -o "$W/x" -w '%{http_code}' \
	"http://127.0.0.1:$MPORT/metrics")" = 405 ]
ok "OpenMetrics where it is asked for" sh -c "curl -s -D '$W/head' -H 'Accept: application/openmetrics-text' \
	http://127.0.0.1:$MPORT/metrics | tail -n 1 | grep -qx '# EOF' && grep -q openmetrics-text '$W/head'"
ok "it listens on loopback only" sh -c "ss -ltn | grep -q '127.0.0.1:$MPORT ' && ! ss -ltn | grep -q '0.0.0.0:$MPORT '"
ok "the hook is called once for bogus.org" eventually 15 test -s "$W/hook.out"
sleep 3
ok "and not again while it stays so" [ "$(grep -c '"zone":"bogus.org."' "$W/hook.out")" = 1 ]
ok "with what happened as JSON" python3 - "$W/hook.out" <<'P'
import json, sys
o = json.loads(open(sys.argv[1]).readline())
assert o["schema"] == "unbogus.change/1" and o["state"] == "critical" and o["from"] == "ok", o
assert o["cause"] == "rrsig-expired", o
P
firing() { # ALERT ZONE
	curl -s -m 5 "http://127.0.0.1:$PPORT/api/v1/alerts" | python3 -c "
import json, sys
a = json.load(sys.stdin)['data']['alerts']
sys.exit(not any(x['state'] == 'firing' and x['labels']['alertname'] == '$1' and
    x['labels'].get('zone') == '$2' for x in a))"
}
if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
	ok "promtool: the rules" promtool check rules "$SRCDIR/share/prometheus/unbogus.rules.yml"
	sed "s,RULES,$SRCDIR/share/prometheus/unbogus.rules.yml," "$SRCDIR/tests/cases/rules_test.yml" >"$W/rt.yml"
	case $SRCDIR in /*) ;; *) sed -i "s,\[$SRCDIR,[$PWD/$SRCDIR," "$W/rt.yml" ;; esac
	ok "promtool: each alert when it should, and only then" promtool test rules "$W/rt.yml"
	ok "Prometheus: DnssecZoneBogus fires for bogus.org" eventually 30 firing DnssecZoneBogus bogus.org
	ok "Prometheus: DnssecKeyEndsSoon fires for soon.org" eventually 10 firing DnssecKeyEndsSoon soon.org
	ok "Prometheus: DnssecSignerBlocked fires for refuse.org" eventually 10 firing DnssecSignerBlocked refuse.org
	for a in DnssecZoneBogus DnssecKeyEndsSoon DnssecSignerBlocked DnssecZoneUnknown; do
		if firing $a fine.org; then echo "not ok alarms Prometheus: $a is silent for fine.org"; fail=1
		else echo "ok alarms Prometheus: $a is silent for fine.org"; fi
	done
else
	echo "skip alarms Prometheus - prometheus is not installed (./configure --with-test-deps)"
fi
kill $METRICS
wait $METRICS 2>/dev/null
ok "metrics leaves no observer behind" sh -c "sleep 1; ! pgrep -f '[o]bserve net.*$W' >/dev/null"

# ---- the plugin, as Nagios and Icinga run it ----
plugin() { # ZONE STATUS PATTERN
	timeout 20 "$UNBOGUS" check "$1" --config "$W/u.yaml" --vantage "none=127.0.0.2:$PORT" >"$W/plugin" 2>"$W/plugin.err"
	rc=$?
	if [ $rc = "$2" ] && grep -q "$3" "$W/plugin"; then echo "ok alarms check $1: $(head -c 70 "$W/plugin" | head -n 1)"
	else echo "not ok alarms check $1 - exit $rc, $(head -n 2 "$W/plugin" "$W/plugin.err")"; fail=1; fi
}
plugin soon.org 1 'key-expiring-soon'
plugin refuse.org 1 'zsk-expired-signing-stopped'
plugin bogus.org 2 'rrsig-expired'
plugin fine.org 0 '^UNBOGUS OK'

"$UNBOGUS" status -c "$W/u.yaml" >"$W/status" 2>"$W/status.err"
ok "status: exit code of the worst zone" [ $? = 2 ]
ok "status: the worst zone first" sh -c "head -n 1 '$W/status' | grep -q '^CRIT *bogus.org '"
ok "status: the last is the one that is well" sh -c "tail -n 1 '$W/status' | grep -q '^OK *fine.org '"
ok "status: both warnings" [ "$(grep -c '^WARN' "$W/status")" = 2 ]

NAGIOS=$(command -v nagios4) ICINGA=$(command -v icinga2)
mkdir -p "$W/nagios/spool/checkresults" "$W/nagios/rw" "$W/nagios/obj"
sed "s,/usr/bin/unbogus check \$ARG1\\$,$UNBOGUS check \$ARG1\$ --config $W/u.yaml,;s,/usr/bin/unbogus,$UNBOGUS," \
	"$SRCDIR/share/nagios/unbogus.cfg" >"$W/nagios/obj/unbogus.cfg"
{ cat <<C
define timeperiod {
 timeperiod_name 24x7
 alias always
 sunday 00:00-24:00
 monday 00:00-24:00
 tuesday 00:00-24:00
 wednesday 00:00-24:00
 thursday 00:00-24:00
 friday 00:00-24:00
 saturday 00:00-24:00
}
define command {
 command_name nothing
 command_line /bin/true
}
define contact {
 contact_name op
 service_notification_commands nothing
 host_notification_commands nothing
 service_notification_period 24x7
 host_notification_period 24x7
}
define host {
 host_name ns-master
 address 127.0.0.1
 max_check_attempts 1
 check_command nothing
 contacts op
}
C
for z in $ZONES; do echo "define service {
 use unbogus-zone
 host_name ns-master
 service_description DNSSEC ${z%.}
 check_command check_unbogus!${z%.}
 max_check_attempts 1
 check_interval 5
 contacts op
}"; done; } >"$W/nagios/obj/hosts.cfg"
cat >"$W/nagios/nagios.cfg" <<C
cfg_dir=$W/nagios/obj
log_file=$W/nagios/nagios.log
object_cache_file=$W/nagios/objects.cache
status_file=$W/nagios/status.dat
status_update_interval=1
state_retention_file=$W/nagios/retention.dat
lock_file=$W/nagios/pid
temp_file=$W/nagios/tmp
temp_path=$W/nagios
command_file=$W/nagios/rw/cmd
query_socket=$W/nagios/rw/q
check_result_path=$W/nagios/spool/checkresults
nagios_user=$(id -un)
nagios_group=$(id -gn)
interval_length=1
execute_service_checks=1
service_check_timeout=30
enable_environment_macros=1
C
nagios_state() { # ZONE: the number in status.dat
	awk -v s="service_description=DNSSEC $1" '/^servicestatus/ { on = 0 } index($0, s) { on = 1 }
		on && /has_been_checked=/ { sub(/.*=/, ""); seen = $0 } on && /current_state=/ { sub(/.*=/, ""); st = $0 }
		on && /^\t}/ { if (seen == 1) print st; on = 0 }' "$W/nagios/status.dat" 2>/dev/null
}
nagios_is() { [ "$(nagios_state "$1")" = "$2" ]; }
if [ -n "$NAGIOS" ]; then
	ok "nagios4 -v accepts the definitions" nagios4 -v "$W/nagios/nagios.cfg"
	nagios4 "$W/nagios/nagios.cfg" >"$W/nagios/out" 2>&1 &
	net_started $!
	ok "Nagios: soon.org is WARNING" eventually 60 nagios_is soon.org 1
	ok "Nagios: refuse.org is WARNING" eventually 30 nagios_is refuse.org 1
	ok "Nagios: bogus.org is CRITICAL" eventually 30 nagios_is bogus.org 2
	ok "Nagios: fine.org is OK" eventually 30 nagios_is fine.org 0
	ok "Nagios: performance data arrived" grep -q "performance_data='bogus'=" "$W/nagios/status.dat"
else
	echo "skip alarms Nagios - nagios4 is not installed (./configure --with-test-deps)"
fi
if [ -n "$ICINGA" ]; then
	mkdir -p "$W/icinga/log" "$W/icinga/run" "$W/icinga/data" "$W/icinga/cache" "$W/icinga/spool"
	sed "s,/usr/bin/unbogus,$UNBOGUS," "$SRCDIR/share/icinga/unbogus.conf" >"$W/icinga/unbogus.conf"
	{ echo 'include <itl>'; echo "include \"$W/icinga/unbogus.conf\""
	echo "object CheckerComponent \"checker\" { }"
	echo "object IcingaApplication \"app\" { }"
	mkdir -p "$W/icinga/perf"
	echo "object PerfdataWriter \"p\" { service_perfdata_path = \"$W/icinga/perf/s\"; service_temp_path = \"$W/icinga/perf.s\""
	echo "  host_perfdata_path = \"$W/icinga/perf/h\"; host_temp_path = \"$W/icinga/perf.h\"; rotation_interval = 1s"
	echo "  service_format_template = \"\$service.name\$ \$service.state\$\" }"
	echo "object FileLogger \"f\" { path = \"$W/icinga/log/icinga2.log\"; severity = \"notice\" }"
	echo "object Host \"ns-master\" { check_command = \"dummy\"; vars.zones = [ \"soon.org\", \"refuse.org\", \"bogus.org\", \"fine.org\" ] }"
	echo 'apply Service "dnssec " for (zone in host.vars.zones) {'
	echo "  check_command = \"unbogus\"; check_interval = 5s; retry_interval = 2s; max_check_attempts = 1"
	echo "  vars.unbogus_zone = zone; vars.unbogus_config = \"$W/u.yaml\" }"; } >"$W/icinga/icinga2.conf"
	# exec, so that the process to be ended is icinga2 and not a shell that waits for it
	icinga() { exec icinga2 "$@" -c "$W/icinga/icinga2.conf" -DRunAsUser="$(id -un)" -DRunAsGroup="$(id -gn)" \
		-DDataDir="$W/icinga/data" -DLogDir="$W/icinga/log" -DInitRunDir="$W/icinga/run" -DCacheDir="$W/icinga/cache" \
		-DSpoolDir="$W/icinga/spool" -DPidPath="$W/icinga/run/pid" -DZonesDir="$W/icinga/none"; }
	(icinga daemon -C) >"$W/icinga/check" 2>&1
	ok "icinga2 daemon -C accepts the command" [ $? = 0 ]
	icinga daemon >"$W/icinga/out" 2>&1 &
	net_started $!
	icinga_is() { cat "$W"/icinga/perf/s* 2>/dev/null | grep -q "^dnssec $1 $2"; }
	ok "Icinga: soon.org is WARNING" eventually 60 icinga_is soon.org WARNING
	ok "Icinga: refuse.org is WARNING" eventually 30 icinga_is refuse.org WARNING
	ok "Icinga: bogus.org is CRITICAL" eventually 30 icinga_is bogus.org CRITICAL
	ok "Icinga: fine.org is OK" eventually 30 icinga_is fine.org OK
else
	echo "skip alarms Icinga - icinga2 is not installed (./configure --with-test-deps)"
fi
exit $fail
