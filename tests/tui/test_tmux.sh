#!/bin/sh
# The console in a true terminal: tmux on a socket of its own, and ptys for bytes, odd TERMs, a
# monkey. Everything polls for what must appear; nothing sleeps in the hope that it did.
set -u
tmp=$BUILDDIR/obj/tui-tmux; rm -rf "$tmp"; mkdir -p "$tmp"
pty=$BUILDDIR/obj/tests/tui/tool_pty
bad=0
say() { if [ "$1" = 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; bad=1; fi; }
XDG_STATE_HOME=$tmp/state "$UNBOGUS" lab mozilla-2013 --at 2013-05-15T23:44:31Z --once >"$tmp/a.jsonl" 2>"$tmp/err" || {
	cat "$tmp/err"; echo "not ok tmux - the lab gave no stream"; exit 1; }
run="$UNBOGUS console mozilla.org --replay $tmp/a.jsonl --tz America/Los_Angeles"

# 1. Bytes (DESIGN.md section 8) and a terminal that is given back.
out=$(TERM=xterm-256color "$pty" 80x24 10 0 $run); echo "$out"
set -- $out
[ "$2" -gt 500 ] && [ "$2" -le 8192 ]; say $? bytes-first "first paint at most 8 kB: $2"
[ "$4" -gt 0 ] && [ "$4" -le 300 ]; say $? bytes-move "a cursor move at most 300 B: $4"
[ "$6" -le 2048 ]; say $? bytes-idle "10 s idle at most 2 kB: $6"
[ "${10}" = yes ]; say $? restored "the terminal is given back at the end"

# 2. Terminals that can little, or nothing.
for t in vt100 linux screen xterm nonsense-term; do
	out=$(TERM=$t "$pty" 80x24 0 0 $run); set -- $out
	[ "$2" -gt 500 ] && [ "$8" = 0 -o "$8" = 130 ] && [ "${10}" = yes ]
	say $? "term-$t" "TERM=$t works and leaves cleanly ($out)"
done
for t in dumb ""; do
	TERM=$t $run >"$tmp/plain" 2>/dev/null </dev/null
	grep -q 'Cause: .*25548' "$tmp/plain" && ! LC_ALL=C grep -q "$(printf '\033')" "$tmp/plain"
	say $? "plain-${t:-unset}" "TERM='$t': plain text with the cause, no escapes"
done
out=$(LC_ALL=C TERM=xterm "$pty" 80x24 0 0 $run); set -- $out
[ "$2" -gt 500 ] && [ "${10}" = yes ]; say $? locale-c "locale C ($out)"
for size in 1x1 2x40 300x2; do
	out=$(TERM=xterm "$pty" $size 0 0 $run); set -- $out
	[ "$8" = 0 -o "$8" = 130 ] && [ "${10}" = yes ]; say $? "size-$size" "a window of $size ($out)"
done
out=$(TERM=xterm-256color "$pty" 80x24 0 8 $run); set -- $out
[ "$8" = 0 -o "$8" = 130 ] && [ "${10}" = yes ]; say $? monkey "8 s of random keys and sizes ($out)"

# 3. tmux: what is really on the glass.
command -v tmux >/dev/null || { echo "skip tmux - tmux is not installed"; exit $bad; }
sock=unbogus-test-$$
tm() { tmux -L "$sock" -f /dev/null "$@"; }
trap 'tmux -L "$sock" kill-server 2>/dev/null' 0 1 2 15
wait_for() { # PATTERN: at most 10 s
	i=0
	while [ $i -lt 100 ]; do
		tm capture-pane -p -t x >"$tmp/glass" 2>/dev/null && grep -q -- "$1" "$tmp/glass" && return 0
		i=$((i + 1)); sleep 0.1
	done
	echo "waited in vain for: $1"; cat "$tmp/glass"; return 1
}
tm new-session -d -s x -x 80 -y 24 "PS1='prompt> ' ENV= bash --norc --noprofile -i" || {
	echo "skip tmux - no server could be started"; exit $bad; }
tm set-option -g window-size manual 2>/dev/null
wait_for 'prompt>'
tm send-keys -t x "$run" Enter
wait_for 'INACTIVE'; say $? glass "the verdict is on the screen"
pos=$(tm display -p -t x '#{cursor_y}'); line=$(sed -n "$((pos + 1))p" "$tmp/glass")
case $line in *25548*) say 0 cursor "the hardware cursor is on the selected row" ;;
*) echo "cursor row $pos: $line"; say 1 cursor "the hardware cursor is on the selected row" ;; esac
tm capture-pane -p -e -t x | grep -q "$(printf '\033\\[[0-9;]*33m\|\033\\[[0-9;]*1m')"
say $? colour "warnings have a colour"
tm resize-window -t x -x 120 -y 40; wait_for '2 Chain.*┐\|┬─ 2 Chain'; say $? wider "120x40 has two columns"
tm resize-window -t x -x 40 -y 10; wait_for '60x16'; say $? smaller "40x10 still says the verdict"
tm resize-window -t x -x 80 -y 24; wait_for 'F1 Help'; say $? back "and back to 80x24"
tm send-keys -t x C-z; wait_for 'Stopped'; say $? suspend "^Z gives the shell"
tm send-keys -t x fg Enter; wait_for 'F1 Help'; say $? resume "fg brings the screen back"
tm send-keys -t x C-c; wait_for '\^C again leaves'; say $? interrupt "^C asks first"
tm send-keys -t x j; tm send-keys -t x T; wait_for 'times are UTC'; say $? keys "keys go on working"
tm send-keys -t x q; wait_for 'unbogus mozilla.org.*WARN'; say $? summary "three lines stay after the end"
tm send-keys -t x 'echo alive-$((6*7))' Enter; wait_for 'alive-42'; say $? shell "the shell echoes again"
tm send-keys -t x "clear; NO_COLOR=1 $run" Enter; wait_for 'INACTIVE'
tm capture-pane -p -e -t x | grep -q "$(printf '\033\\[[0-9;]*3[0-7]m')"; [ $? = 1 ]
say $? no-color "NO_COLOR leaves attributes only"
exit $bad
