#!/bin/sh
# A training in the console, driven by keys in a true terminal from the start to a safe end; and time
# travel in a recording.
set -u
tmp=$BUILDDIR/obj/tui-training; rm -rf "$tmp"; mkdir -p "$tmp"
UNBOGUS=$BUILDDIR/unbogus
UBG_SHARE=$SRCDIR/share TZ=America/Los_Angeles
export UBG_SHARE TZ
bad=0
say() { if [ "$1" = 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; bad=1; fi; }

# 1. Time travel: the verdict of each moment, with what was known then.
timeout 60 "$UNBOGUS" lab mozilla-2013-day --at 2013-05-16T00:20:00Z --until 2013-05-16T01:10:00Z --speed 600 \
	--fast --dir "$tmp/world" >"$tmp/day.jsonl" 2>"$tmp/err"
cat >"$tmp/keys" <<'END'
expect PARTIAL OUTAGE
key 5
expect #]
key [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [ [
refuse PARTIAL OUTAGE
expect past of
refuse Comcast users report
key } } } } } } } } } } } } } } } } } } } } } } } }
expect PARTIAL OUTAGE
key :
type at 2013-05-16T00:22:00Z
key Enter
refuse PARTIAL OUTAGE
expect 17:22:00
key ]
refuse 17:22:00
dump
END
timeout 60 "$UNBOGUS" console mozilla.org --replay "$tmp/day.jsonl" --size 120x40 --script "$tmp/keys" --dump "$tmp/travel" \
	--tz America/Los_Angeles
say $? travel "[ ] { } and :at go through a recording, each moment with its own verdict $(head -n 3 "$tmp/travel" | cut -c1-200)"

# 2. A recording of a training: hidden until a cause is named.
printf 'look keys\nquit\n' | timeout 60 "$UNBOGUS" train mozilla-2013 --stream --fast --dir "$tmp/t" >"$tmp/hidden.jsonl" 2>>"$tmp/err"
cat >"$tmp/keys" <<'END'
expect Coach (coach)
expect ?????
refuse stopped signing
key 6
expect hidden until you name
key g
expect What is the cause?
key j Enter
dump
END
timeout 60 "$UNBOGUS" console mozilla.org --replay "$tmp/hidden.jsonl" --size 80x24 --script "$tmp/keys" --dump "$tmp/coach"
rc=$?
grep -q '^cause zsk-expired-signing-stopped' "$tmp/coach" || rc=1
say $rc hidden "cause and steps are hidden; g offers a list; what is chosen goes to the lab"

# 3. The whole way with keys, in tmux.
command -v tmux >/dev/null || { echo "skip training-tmux - tmux is not installed"; exit $bad; }
sock=unbogus-train-$$
tm() { tmux -L "$sock" -f /dev/null "$@"; }
trap 'tmux -L "$sock" kill-server 2>/dev/null' 0 1 2 15
wait_for() { # PATTERN: at most 60 s
	i=0
	while [ $i -lt 300 ]; do
		tm capture-pane -p -t x >"$tmp/glass" 2>/dev/null && grep -q -- "$1" "$tmp/glass" && return 0
		i=$((i + 1)); sleep 0.2
	done
	echo "never seen: $1"; cat "$tmp/glass"
	return 1
}
step() { # PATTERN KEYS...: sends keys, then waits
	want=$1; shift
	tm send-keys -t x "$@" && wait_for "$want"
}
tm new-session -d -s x -x 120 -y 40 "env UBG_SHARE=$UBG_SHARE TZ=$TZ LC_ALL=C.UTF-8 '$UNBOGUS' train mozilla-2013 --speed 60 --dir '$tmp/live' --score '$tmp/score'; echo; echo GONE \$?; sleep 100"
rc=0
wait_for 'Coach (coach)' && wait_for '?????' || rc=1
[ $rc = 1 ] || step 'paused' Space || rc=1
[ $rc = 1 ] || { tm send-keys -t x 3; tm send-keys -t x 1; tm send-keys -t x 2; } || rc=1
[ $rc = 1 ] || step 'What is the cause' g || rc=1
[ $rc = 1 ] || step 'Right: zsk-expired-signing-stopped' j Enter || rc=1
[ $rc = 1 ] || step 'Which kind of key signs the SOA' : 'new-ksk' Enter || rc=1
[ $rc = 1 ] || step 'Extend ZSK' : 'predict extend-zsk 25548' Enter || rc=1
[ $rc = 1 ] || step 'no cache learns of it' : 'extend-zsk 25548' Enter || rc=1
[ $rc = 1 ] || step 'Nobody fails and the source is served' : 'look serials' Enter || rc=1
[ $rc = 1 ] || step 'written down' : 'note the ZSK was past its Inactive date' Enter || rc=1
[ $rc = 1 ] || step 'written down' : 'tell team the registrar stays' Enter || rc=1
[ $rc = 1 ] || step 'written down' : 'until nobody' Enter || rc=1
[ $rc = 1 ] || step 'Over' : 'finish' Enter || rc=1
[ $rc = 1 ] || step 'GONE' q || rc=1
say $rc training-keys "mozilla-2013 with keys alone, from the start to a safe end"
grep -q '^Debrief' "$tmp/glass" || grep -q 'Sources' "$tmp/glass"
say $? training-debrief "the debrief is left on the terminal"
grep -q '"secure_end": true' "$tmp/score" && grep -q '"harm": 40' "$tmp/score"
say $? training-score "safe, with full marks for harm: $(grep -m 1 '"total"' "$tmp/score" 2>/dev/null)"
exit $bad
