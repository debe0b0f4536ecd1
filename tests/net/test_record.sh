#!/bin/sh
# record on real servers: what was served when, over two changes of the keys, seen later by who
# attaches and by who starts after it; killed in the middle of writing; observers killed; the
# socket, the lock and what others see of them.
. "$SRCDIR/tests/net/lib.sh"
net_begin record
bad=0
ok() { echo "ok record-$1 - $2"; }
no() { echo "not ok record-$1 - $2"; bad=1; }
is() { if [ "$3" = "$4" ]; then ok "$1" "$2"; else no "$1" "$2: is '$3', should be '$4'"; fi; }
S=$W/state
J() { # FILE EXPRESSION of d
	python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2" 2>&1; }
hist() { "$UNBOGUS" history example.org --state "$S" --json >"$W/h.json" 2>/dev/null; J "$W/h.json" "$1"; }
until_hist() { # SECONDS EXPRESSION: until it is true of the history
	for i in $(seq $(($1 * 4))); do [ "$(hist "$2")" = True ] && return 0; sleep 0.25; done
	return 1
}
sets='[v["value"] for v in d["versions"] if v["of"]=="dnskey"]'
resign() { # SERIAL KEY...: example.org with these keys, on all its servers
	serial=$1; shift
	echo "$*" >"$W/keys/example.org.names"
	sed -i "s/hostmaster [0-9]*/hostmaster $serial/" "$W/example.org.zone"
	net_sign example.org.
	for n in 5 6 7; do nsd-control -c "$W/nsd$n/conf" reload >/dev/null 2>&1; done
}
tag() { echo "$1" | sed 's/.*+0*\([0-9]\)/\1/'; }
record() { # starts it; $REC is its supervisor, $WRITER the process that writes
	"$UNBOGUS" record example.org -c "$W/c.yaml" --state "$S" >"$W/record.out" 2>&1 &
	REC=$!
	net_started $REC
	WRITER=
	for i in $(seq 100); do
		"$UNBOGUS" attach example.org --state "$S" --json >"$W/a.json" 2>/dev/null &&
			WRITER=$(J "$W/a.json" 'd["running"][0]["pid"]') && return 0
		sleep 0.1
	done
	no start "record does not start: $(cat "$W/record.out")"
	exit 1
}
gone() { # PID SECONDS
	for i in $(seq $(($2 * 10))); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
	return 1
}

net_tree
read -r K1 Z1 <"$W/keys/example.org.names"
Z2=$(dnssec-keygen -q -K "$W/keys" -a ECDSAP256SHA256 example.org.)
cat >"$W/c.yaml" <<Y
root-hints: $W/root.hints
trust-anchor: $W/root.key
port: $PORT
period: 1s
zones:
  - name: example.org
Y

# ---- two changes of the keys, watched
record
until_hist 20 "len($sets)==1" || no first "no DNSKEY set after 20 s: $(cat "$W/h.json" "$W/record.out")"
resign 2013051501 "$K1" "$Z1" "$Z2"
until_hist 40 "len($sets)==2" || no second "the second set is not seen: $(cat "$W/h.json")"
resign 2013051502 "$K1" "$Z2"
until_hist 40 "len($sets)==3 and [v['off'] for v in d['versions'] if v['of']=='dnskey'][1]!=None" ||
	no third "the third set is not seen: $(cat "$W/h.json")"
want=$(for k in "$K1 $Z1" "$K1 $Z1 $Z2" "$K1 $Z2"; do for i in $k; do tag "$i"; done | sort -n | tr '\n' ' '; done | sed 's/ $//')
is sets "three DNSKEY sets, in order" \
	"$(hist "' '.join(' '.join(sorted(v['value'].split(),key=int)) for v in d['versions'] if v['of']=='dnskey')")" "$want"
is serials "three serials, one served" "$(hist "[(v['value'],v['off']!=None) for v in d['versions'] if v['of']=='serial']")" \
	"[('2013051500', True), ('2013051501', True), ('2013051502', False)]"
is signers "the signers follow" "$(hist "[v['value'] for v in d['versions'] if v['of']=='signers'][-1]")" "13/$(tag "$Z2")"
is held "every address holds the last set" "$(hist "[v['held'] for v in d['versions'] if v['of']=='dnskey'][-1].count(',')")" 2
is ds "one DS set" "$(hist "[v['value'] for v in d['versions'] if v['of']=='ds']")" "['$(tag "$K1")']"

# ---- the lock, the socket and their modes
"$UNBOGUS" record example.org -c "$W/c.yaml" --state "$S" >"$W/second.out" 2>&1
status=$?
is second-record "a second record is refused" $status 3
grep -q "process $WRITER records it already" "$W/second.out" && ok second-pid "and names the first's process" ||
	no second-pid "$(cat "$W/second.out"), should name $WRITER"
is modes "folder, file and socket are the user's alone" \
	"$(stat -c '%a' "$S/example.org" "$S/example.org/history.db" "$S/example.org/record.sock" | tr '\n' ' ')" "700 600 600 "
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$W" "$S"; chmod 755 "$S/example.org" # even so
	setpriv --reuid=65534 --clear-groups "$UNBOGUS" attach example.org --state "$S" --stream >"$W/other.out" 2>&1 </dev/null
	is other-user "another user is not let in" $? 1
	chmod 700 "$S" "$S/example.org"
fi

# ---- who comes later: attached, and after it has gone
"$UNBOGUS" diagnose example.org -c "$W/c.yaml" --state "$S" --json --record "$W/live.rec" >"$W/attached.json" 2>"$W/attached.err"
known='[(v["tags"],v["inferred"],v["off"]!=None) for v in d["history"]["dnskey"]]'
T() { for i; do tag "$i"; done | sort -n | tr '\n' ',' | sed 's/,$//; s/,/, /g'; }
all="[([$(T "$K1" "$Z1")], False, True), ([$(T "$K1" "$Z1" "$Z2")], False, True), ([$(T "$K1" "$Z2")], False, False)]"
is attached "diagnose attaches and knows the past sets, seen and not inferred" "$(J "$W/attached.json" "$known")" "$all"
is attached-cause "and that the last change left caches behind" "$(J "$W/attached.json" 'd["findings"][0]["id"]')" cache-holds-old-dnskey
[ -s "$W/attached.err" ] && no attached-err "$(cat "$W/attached.err")"
grep -q '"by":"record"' "$W/live.rec" && ok attached-record "it was the record that told it" || no attached-record "nothing by record in the recording"
"$UNBOGUS" diagnose example.org --replay "$W/live.rec" --anchors "$W/root.key" --json >"$W/replayed.json" 2>"$W/replayed.err"
cmp -s "$W/attached.json" "$W/replayed.json" && ok replay "its recording gives the very same diagnosis" ||
	no replay "$(diff "$W/attached.json" "$W/replayed.json" | head -n 10)"

# ---- observers die, the record lives on
"$UNBOGUS" attach example.org --state "$S" --stream >"$W/follow" 2>/dev/null </dev/null &
FOLLOW=$!; net_started $FOLLOW
sleep 1
OBS=$(python3 "$SRCDIR/tests/net/stream.py" "$W/follow" '[o["pid"] for o in facts if o["fact"]=="process" and o["name"]=="net"][-1]' 2>/dev/null)
[ -n "$OBS" ] && kill -STOP "$OBS" # hung: what the record holds grows old
"$UNBOGUS" check example.org --config "$W/c.yaml" --state "$S" --timeout 4s >"$W/hung.out" 2>"$W/hung.err"
grep -q 'finished no new look in 3 s: this stands on older answers' "$W/hung.err" &&
	ok hung "who attaches is told that nothing new came" || no hung "$(cat "$W/hung.out" "$W/hung.err")"
[ -n "$OBS" ] && kill -KILL "$OBS"
for i in $(seq 50); do grep -q '"name":"net","state":"crashed"' "$W/follow" && break; sleep 0.2; done
grep -q '"name":"net","state":"crashed"' "$W/follow" && ok observer "a killed observer is told to who is attached" ||
	no observer "no crash of $OBS in the stream"
n=$(wc -l <"$W/follow"); sleep 3
[ "$(wc -l <"$W/follow")" -gt "$n" ] && kill -0 "$WRITER" && ok observer-again "it is started again, and the stream goes on" ||
	no observer-again "the stream stands still"

# ---- killed in the middle of its work
resign 2013051503 "$K1" "$Z2"
sleep 2
kill -KILL "$WRITER"
gone $REC 10 && ok killed "the supervisor ends with it" || no killed "the supervisor stays"
gone $FOLLOW 5 && ok killed-attached "who was attached ends" || no killed-attached "attach hangs"
"$UNBOGUS" history example.org --state "$S" --verify >"$W/v.out"
is verify "the chain is whole after SIGKILL" $? 0
is kept "nothing is lost" "$(hist "len($sets)")" 3
"$UNBOGUS" diagnose example.org -c "$W/c.yaml" --state "$S" --json >"$W/later.json" 2>"$W/later.err"
is later "diagnose without a record knows the past sets from the file" "$(J "$W/later.json" "$known")" "$all"
record
until_hist 20 "[v['value'] for v in d['versions'] if v['of']=='serial'][-1]=='2013051503'" &&
	ok restarted "a new record goes on where it was" || no restarted "$(cat "$W/h.json")"
is restarted-sets "and opens no set twice" "$(hist "len($sets)")" 3

# ---- an end in order
kill $REC
gone $REC 5 && ok sigterm "SIGTERM ends it" || no sigterm "still there after 5 s"
wait $REC
is sigterm-status "with status 0" $? 0
"$UNBOGUS" history example.org --state "$S" --verify >"$W/v.out"
is sigterm-verify "and a whole chain" $? 0
"$UNBOGUS" attach --state "$S" >"$W/a.out"
is idle "nothing runs then" $? 1
left=$(for p in $OBS $WRITER; do kill -0 "$p" 2>/dev/null && echo "$p"; done)
is left "no process is left" "$left" ""

# ---- the console: one record of its own, or the one that runs, or both one after the other
facts() { python3 "$SRCDIR/tests/net/stream.py" "$W/c.rec" "$1" 2>/dev/null; }
running() { "$UNBOGUS" attach example.org --state "$S" --json >"$W/a.json" 2>/dev/null; J "$W/a.json" '[r["pid"] for r in d["running"]]'; }
console() {
	rm -f "$W/c.keys" "$W/c.rec"; mkfifo "$W/c.keys"
	timeout 200 python3 "$SRCDIR/tests/net/onpty.py" 120x40 "$W/c.out" "$UNBOGUS" example.org -c "$W/c.yaml" --state "$S" \
		--record "$W/c.rec" <"$W/c.keys" >"$W/c.pty" 2>&1 &
	PTY=$!; net_started $PTY
	exec 7>"$W/c.keys"
	for i in $(seq 150); do
		[ "$(facts 'any(f["fact"] == "round" and f["what"] == "full" and f["end"] for f in facts)')" = True ] && return 0
		sleep 0.2
	done
	no console "no complete round within 30 s"
}
leave() { printf q >&7; for i in $(seq 100); do grep -q ^exit "$W/c.pty" && break; sleep 0.1; done; exec 7>&-; wait $PTY; }
console
is console-own "a console without a record starts one, which knows the past" \
	"$(facts 'len([f for f in facts if f["fact"] == "version" and f["of"] == "dnskey"]), [f["pid"] for f in facts if f["fact"] == "history"][-1]')" "(3, $(running | tr -d '[]'))"
leave
is console-left "and takes it along when it goes" "$(running)" "[]"
record
console
is console-joins "a console joins the record that runs" "$(facts '[f["pid"] for f in facts if f["fact"] == "history"]')" "[$WRITER]"
kill $REC
for i in $(seq 100); do now=$(running); [ "$now" != "[]" ] && [ "$now" != "[$WRITER]" ] && break; sleep 0.1; done
[ "$now" != "[]" ] && [ "$now" != "[$WRITER]" ] && ok console-takes-over "when that ends, the console records" || no console-takes-over "running: $now"
leave
"$UNBOGUS" history example.org --state "$S" --verify >"$W/v.out"
is console-verify "the chain is whole over all of them" $? 0

# ---- a changed row is said
python3 - "$S/example.org/history.db" <<'P'
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("update chain set body=replace(body, '2013051501', '2013051499') where seq=(select min(seq) from chain where body like '%2013051501%')")
c.commit()
P
"$UNBOGUS" history example.org --state "$S" --verify >"$W/v.out"
is changed "a changed row is found" $? 2
grep -q 'was changed' "$W/v.out" && ok changed-said "and named" || no changed-said "$(cat "$W/v.out")"

# ---- a damaged recording
{ head -n 20 "$W/live.rec"; echo '{"v":1,"t":'; tail -n +21 "$W/live.rec"; } >"$W/damaged.rec"
"$UNBOGUS" diagnose example.org --replay "$W/damaged.rec" --anchors "$W/root.key" --json >"$W/damaged.json" 2>"$W/damaged.err"
grep -q 'line 21: .*(skipped)' "$W/damaged.err" && ok damaged "a malformed line is named by its number" || no damaged "$(cat "$W/damaged.err")"
is damaged-same "and skipped" "$(J "$W/damaged.json" "$known")" "$all"

# ---- nowhere to write: in memory, and it says so
"$UNBOGUS" record example.org -c "$W/c.yaml" --state /proc/nowhere >"$W/mem.out" 2>&1 &
MEM=$!; net_started $MEM
sleep 2
grep -q 'nothing is kept after this run' "$W/mem.out" && kill -0 $MEM && ok memory "an unwritable folder is a notice" || no memory "$(cat "$W/mem.out")"
kill $MEM
exit $bad
