#!/bin/sh
# The processes of a live console on real servers: killed, hung, babbling and stalled ones, what is
# left behind, and what each of them can do (strace). The console runs on a terminal; what becomes
# of the processes is read from what it records (facts "process").
. "$SRCDIR/tests/net/lib.sh"
net_begin supervisor
bad=0
ok() { echo "ok supervisor-$1 - $2"; }
no() { echo "not ok supervisor-$1 - $2"; bad=1; }
is() { if [ "$3" = "$4" ]; then ok "$1" "$2"; else no "$1" "$2: is '$3', should be '$4'"; fi; }
facts() { python3 "$SRCDIR/tests/net/stream.py" "$R" "$1" 2>/dev/null; }
until_fact() { # SECONDS EXPRESSION: until it is true of the recording
	for i in $(seq $(($1 * 5))); do [ "$(facts "$2")" = True ] && return 0; sleep 0.2; done
	return 1
}
net_tree
mkdir -p "$W/k" "$W/svn"
cp "$W"/keys/Kexample.org.*.key "$W/k/"

# A producer on "another machine": its stream has a host and a clock of its own.
at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.000000Z; }
there=$(($(date +%s) - 7200))
cat >"$W/good.jsonl" <<J
{"v":1,"t":"$(at $there)","by":"local","zone":"example.org.","fact":"hello","version":1,"program":"unbogus observe local","sandbox":"none","host":"ns-master","clock-offset-us":-7200000000}
{"v":1,"t":"$(at $there)","by":"local","zone":"example.org.","fact":"round","end":false,"number":1,"what":"local"}
{"v":1,"t":"$(at $there)","by":"local","zone":"example.org.","fact":"round","end":true,"number":1,"what":"local"}
J
cat >"$W/garbage" <<'S'
#!/bin/sh
head -c 3000 /dev/urandom; printf '\n{"v":1,"fact":\n\033]0;owned\007\n'; sleep 60
S
cat >"$W/dying" <<'S'
#!/bin/sh
echo '{"v":1,"t":"2026-01-01T00:00:00.000000Z","by":"local","zone":"example.org.","fa'
echo "cannot reach ns-master" >&2; exit 7
S
chmod +x "$W/garbage" "$W/dying"
cat >"$W/c.yaml" <<Y
root-hints: $W/root.hints
trust-anchor: $W/root.key
port: $PORT
period: 1s
zones:
  - name: example.org
    keys: $W/k
producers:
  - {name: good, argv: [sh, -c, "cat $W/good.jsonl; exec sleep 600"]}
  - {name: dying, argv: [$W/dying]}
  - {name: hung, argv: [sleep, "600"]}
  - {name: garbage, argv: [$W/garbage]}
Y

begin() { # NAME [WRAPPER...]: a console on a terminal; $TOP is its supervisor
	begin_n=$1; shift
	R=$W/$begin_n.rec
	rm -f "$W/$begin_n.keys"; mkfifo "$W/$begin_n.keys"
	UBG_STATE=$W/state timeout 300 python3 "$SRCDIR/tests/net/onpty.py" 80x24 "$W/$begin_n.out" "$@" "$UNBOGUS" \
		example.org -c "$W/c.yaml" --record "$R" <"$W/$begin_n.keys" >"$W/$begin_n.pty" 2>&1 &
	PTY=$!
	net_started $PTY
	exec 7>"$W/$begin_n.keys"
	for i in $(seq 100); do TOP=$(sed -n 's/^pid //p' "$W/$begin_n.pty"); [ -n "$TOP" ] && break; sleep 0.1; done
	until_fact 40 'any(f["fact"] == "round" and f["what"] == "full" and f["end"] for f in facts) and any(f["fact"] == "round" and f["what"] == "local" and f["end"] and f["by"] == "local" for f in facts)' ||
		no "$begin_n" "no complete round within 40 s: $(facts '[f for f in facts if f["fact"] == "process"]')"
}
# every process below $1, itself included
tree() { ps -eo pid=,ppid= | awk -v top="$1" '{ up[$1] = $2 } END { for (p in up) { q = p; while (q in up && q != top && q > 1) q = up[q]; if (q == top) print p } }'; }
pid_of() { facts "[f['pid'] for f in facts if f['fact'] == 'process' and f['name'] == '$1' and f['state'] == 'started'][-1]"; }
alive() { [ -e "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
all_gone() { # PIDS: within 4 s
	for i in $(seq 40); do
		left=; for p in $1; do alive "$p" && left="$left $p"; done
		[ -z "$left" ] && return 0
		sleep 0.1
	done
	ps -o pid,ppid,args -p "$(echo $left | tr ' ' ,)"
	return 1
}

begin killed
is producer "a configured command's stream is merged, with its host and its clock's offset" \
	"$(facts '[(f["host"], f["clock-offset-us"]) for f in facts if f["fact"] == "hello" and f.get("host") == "ns-master"]')" \
	"[('ns-master', -7200000000)]"
is sandbox "observe net, observe local and record are confined, every forbidden call denied" \
	"$(facts 'sorted(set((f["by"], f["sandbox"].split(", ")[-1].split(" ")[1], len(set(f["sandbox"].split(", ")[-1].split(" ")[0].split("/")))) for f in facts if f["fact"] == "hello" and "/" in f["sandbox"]))')" \
	"[('local', 'denied', 1), ('net', 'denied', 1), ('record', 'denied', 1)]"
until_fact 10 'len([f for f in facts if f["fact"] == "process" and f["name"] == "dying" and f["state"] == "crashed"]) >= 4'
is dying "a producer that dies is shown with what it said, and started again with growing pauses" \
	"$(facts '(lambda c, s: ("cannot reach ns-master" in c[0]["why"] and "status 7" in c[0]["why"], [round(t(b) - t(a), 1) >= p for a, b, p in zip(c, s[1:], (0.2, 0.4, 0.8))]))(*[[f for f in facts if f["fact"] == "process" and f["name"] == "dying" and f["state"] == st] for st in ("crashed", "started")])')" \
	"(True, [True, True, True])"

for role in net local good; do
	before=$(pid_of $role) others=$(for o in net local good hung garbage; do [ $o = $role ] || pid_of $o; done | tr '\n' ' ')
	kill -KILL "$before"
	if until_fact 5 "[f for f in facts if f['fact'] == 'process' and f['name'] == '$role' and f['state'] == 'started'][-1]['pid'] != $before"; then
		is "kill-$role" "$role killed: said, with the signal, and running again within 1 s" \
			"$(facts "(lambda c, s: ('signal 9' in c['why'], 0.15 <= t(s) - t(c) <= 1))(*[[f for f in facts if f['fact'] == 'process' and f['name'] == '$role' and f['state'] == st][-1] for st in ('crashed', 'started')])")" "(True, True)"
	else no "kill-$role" "$role was not started again"; fi
	is "kill-$role-others" "nobody else went with it" \
		"$(for o in net local good hung garbage; do [ $o = $role ] || pid_of $o; done | tr '\n' ' ')" "$others"
done
until_fact 20 'len([f for f in facts if f["fact"] == "round" and f["what"] == "full" and f["end"]]) >= 2'; 
is again "the restarted observer looks at everything again" \
	"$(facts 'len([f for f in facts if f["fact"] == "hello" and f["by"] == "net"]), len([f for f in facts if f["fact"] == "round" and f["what"] == "full" and f["end"]]) >= 2')" "(2, True)"
LC_ALL=C grep -q "$(printf '\033]0;owned')" "$W/killed.out" && no garbage "a producer's escape sequence reached the terminal" ||
	ok garbage "garbage from a producer reaches no terminal and stops nothing"
pids=$(tree "$TOP")
printf 'q' >&7
for i in $(seq 60); do grep -q ^exit "$W/killed.pty" && break; sleep 0.1; done
is quit "q ends it with 0 and gives the terminal back" "$(sed -n 's/^exit //p' "$W/killed.pty")" "0 restored yes"
all_gone "$pids" && ok quit-orphans "q leaves no process behind" || no quit-orphans "left behind"
exec 7>&-

for how in TERM HUP close; do
	begin "end-$how"
	pids=$(tree "$TOP")
	if [ $how = close ]; then echo @close >&7; else kill -$how "$TOP"; fi
	all_gone "$pids" && ok "$how-orphans" "$how: every process ends" || no "$how-orphans" "left behind"
	[ $how = close ] || is "$how-exit" "$how to the supervisor: the terminal is given back" "$(sed -n 's/^exit [0-9-]* //p' "$W/end-$how.pty")" "restored yes"
	exec 7>&-
	wait $PTY
done
for who in supervisor face; do
	begin "kill9-$who"
	pids=$(tree "$TOP")
	victim=$TOP
	# what a producer's own shell started is beyond reach when nobody is left to end its group
	[ $who = supervisor ] && pids="$TOP $(ps -o pid= --ppid "$TOP")"
	[ $who = face ] && victim=$(for p in $pids; do [ "$p" != "$TOP" ] && [ "$(ps -o ppid= -p "$p" | tr -d ' ')" = "$TOP" ] &&
		! tr '\0' ' ' <"/proc/$p/cmdline" | grep -qE ' (observe|record) |sleep|garbage|dying|cat ' && echo "$p"; done | head -n 1)
	kill -KILL "$victim"
	all_gone "$pids" && ok "kill9-$who" "the $who killed: every process ends" || no "kill9-$who" "left behind"
	exec 7>&-
	wait $PTY
done

# A source of truth whose server hangs: the rest of observe local goes on, and its command ends with it.
python3 - "$W/hang" <<'PY' &
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(8)
open(sys.argv[1], "w").write(str(s.getsockname()[1]))
held = []; s.settimeout(60)
try:
    while True: held.append(s.accept())
except OSError: pass
PY
net_started $!
for i in $(seq 50); do [ -s "$W/hang" ] && break; sleep 0.1; done
if command -v svn >/dev/null; then
	"$UNBOGUS" observe local example.org --keys "$W/k" --source "svn:svn://127.0.0.1:$(cat "$W/hang")/repo:zone" --period 1s \
		<"$W/killed.keys" >"$W/hung.out" & local=$!
	exec 7>"$W/killed.keys"
	for i in $(seq 80); do pids=$(tree $local); [ "$(echo $pids | wc -w)" -ge 3 ] && grep -q tick "$W/hung.out" && break; sleep 0.1; done
	R=$W/hung.out
	is svn-hangs "svn hangs: key files and ticks are said meanwhile" \
		"$(facts 'any(f["fact"] == "keyfile" for f in facts), any(f["fact"] == "tick" for f in facts), any(f["fact"] == "source" for f in facts)')" "(True, True, False)"
	kill -TERM $local
	all_gone "$pids" && ok svn-ended "told to end, observe local ends the hanging svn" || no svn-ended "left behind"
	exec 7>&-
else echo "skip supervisor-svn-hangs - svn is not installed"; fi

# A reader that reads nothing for 4 s: rounds go on, and everything is there afterwards.
mkfifo "$W/slow"
timeout 60 "$UNBOGUS" observe net example.org -c "$W/c.yaml" --no-own-vantages </dev/null >"$W/slow" & net=$!
exec 6<"$W/slow"
sleep 5
timeout 3 cat <&6 >"$W/slow.out"
kill -TERM $net; wait $net; status=$?
exec 6<&-
R=$W/slow.out
is stalled "a reader that stalls holds up no round and loses nothing" \
	"$(facts '(lambda r: (len(r) >= 4, max(t(b) - t(a) for a, b in zip(r, r[1:])) < 3, all(f["v"] == 1 for f in facts)))([f for f in facts if f["fact"] == "round" and f["what"] == "soa" and f["end"]])') $status" "(True, True, True) 0"

# What they do, by strace: after its filter is in force, nobody opens a file for writing, executes,
# or opens a socket that is not its business. The face is the process that never executes.
command -v strace >/dev/null || { echo "skip supervisor-strace - strace is not installed"; exit $bad; }
begin strace strace -f -qq -o "$W/trace" -e trace=execve,clone,fork,vfork,clone3,socket,connect,bind,openat,open,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,chmod,fchmodat,prctl,seccomp
sleep 3
printf 'q' >&7
for i in $(seq 100); do grep -q ^exit "$W/strace.pty" && break; sleep 0.1; done
exec 7>&-
python3 - "$W/trace" <<'PY' && ok strace "net writes no file, local opens no socket, the console neither, record opens its database; only supervisors start programs" || no strace "see above"
import re, sys
role, parent, confined, hits, seen = {}, {}, {}, [], {}
top = None
begun = {}
for line in open(sys.argv[1], errors="replace"):
    r = re.match(r"(\d+) +<\.\.\. (\w+) resumed>(.*)", line)
    if r: line = begun.pop((r[1], r[2]), r[1] + " " + r[2] + "(") + r[3]
    m = re.match(r"(\d+) +(\w+)\((.*)", line)
    if m and line.rstrip().endswith("<unfinished ...>"):
        begun[m[1], m[2]] = line.rstrip()[:-len("<unfinished ...>")]
        continue
    if not m: continue
    pid, call, rest = m.groups()
    if top is None: top = pid
    if call in ("clone", "clone3", "fork", "vfork"):
        n = re.search(r"= (\d+)$", rest.strip())
        if n and int(n.group(1)) > 0: parent[n.group(1)] = pid
        continue
    if " = -1 " in rest: continue
    if call == "execve" and m:
        a = re.search(r'"(?:observe", ")?(net|local|record)"', rest)
        if a: role[pid] = a.group(1)
        elif pid != top: role[pid] = "program"
    if (call == "seccomp" and "SECCOMP_SET_MODE_FILTER" in rest) or (call == "prctl" and "PR_SET_SECCOMP" in rest):
        up = pid
        while up in parent and up not in role: up = parent[up]
        # record's writer is a process of its own below record's supervisor
        if pid not in role and pid != top: role[pid] = "record" if role.get(up) == "record" else "console"
        confined[pid] = True
        seen[role.get(pid)] = True
        continue
    w = pid
    while w in parent and w not in confined and w not in role: w = parent[w]
    if w not in confined: continue
    name = role.get(w)
    if name == "record" and call in ("open", "openat") and "/example.org/history.db" in rest: continue
    if call in ("execve", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "chmod", "fchmodat", "creat") or \
       (call in ("open", "openat") and re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", rest) and "/dev/pts" not in rest and "/dev/tty" not in rest) or \
       (call == "socket" and not (name == "net" and re.search(r"AF_INET6?,", rest))) or \
       (call in ("bind", "connect") and name != "net"):
        hits.append((name, line.strip()))
for h in hits: print(*h)
missing = {"net", "local", "console", "record"} - set(seen)
if missing: print("not seen confining themselves:", missing)
sys.exit(bool(hits or missing))
PY
exit $bad
